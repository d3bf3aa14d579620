"""What the officials' room asks: lists of halls in every state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core.paging import A_PAGE
from townhall.model import Hall, HallStaff
from townhall.rules.lifecycle import HallState as S


class Wanted(NamedTuple):
    """``whose``: ``mine`` (they host or moderate it, or began it), ``department`` or ``all``; ``state`` as in :data:`STATES`."""

    whose: str = "department"
    state: str = "now"
    account_id: int = 0
    department_id: int | None = None


WHOSE = ("mine", "department", "all")
STATES: dict[str, tuple[S, ...]] = {
    "now": (S.LIVE, S.SCHEDULED, S.DRAFT),
    "draft": (S.DRAFT,),
    "scheduled": (S.SCHEDULED,),
    "live": (S.LIVE,),
    "ended": (S.ENDED,),
    "gone": (S.CANCELLED, S.DISCARDED),
}


def listed(db: Session, wanted: Wanted, page: int) -> Sequence[Hall]:
    """What is live first, then what comes next; drafts without a day after them. What is over: the newest first."""
    rows = select(Hall).where(_matches(wanted))
    if wanted.state in ("ended", "gone"):
        rows = rows.order_by(Hall.updated_at.desc(), Hall.id.desc())
    else:
        first = case((Hall.state == S.LIVE, 0), (Hall.starts_at.is_not(None), 1), else_=2)
        rows = rows.order_by(first, Hall.starts_at, Hall.id)
    return db.scalars(rows.offset((page - 1) * A_PAGE).limit(A_PAGE)).all()


def count(db: Session, wanted: Wanted) -> int:
    return db.scalar(select(func.count()).select_from(Hall).where(_matches(wanted))) or 0


def _matches(wanted: Wanted) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = [Hall.state.in_(STATES[wanted.state])]
    if wanted.whose == "department":
        found.append(Hall.department_id == (wanted.department_id or 0))
    if wanted.whose == "mine":
        named = exists().where(HallStaff.hall_id == Hall.id, HallStaff.account_id == wanted.account_id)
        found.append(or_(Hall.created_by_id == wanted.account_id, named))
    return and_(*found)
