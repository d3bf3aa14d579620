"""What the officials' room asks: lists of every state, who wrote, how many questions there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from app.core.paging import A_PAGE
from consultations.model import Authorship, Consultation
from consultations.model.text import DraftText
from consultations.rules.lifecycle import EditorialState as E


class Wanted(NamedTuple):
    """``whose``: ``mine`` (they wrote at it), ``department`` or ``all``; ``state`` as in :data:`STATES`."""

    whose: str = "department"
    state: str = "now"
    account_id: int = 0
    department_id: int | None = None


WHOSE = ("mine", "department", "all")
#: state of a list -> its editorial states
STATES: dict[str, tuple[E, ...]] = {
    "now": (E.DRAFT, E.IN_REVIEW, E.APPROVED, E.PUBLISHED),
    "draft": (E.DRAFT,),
    "in_review": (E.IN_REVIEW,),
    "approved": (E.APPROVED,),
    "published": (E.PUBLISHED,),
    "second-look": (E.PUBLISHED, E.WITHDRAWN),
    "ended": (E.WITHDRAWN, E.UNPUBLISHED, E.DISCARDED),
}


def listed(db: Session, wanted: Wanted, page: int) -> Sequence[Consultation]:
    """What was changed last is on top."""
    rows = select(Consultation).where(_matches(wanted)).order_by(Consultation.updated_at.desc(), Consultation.id.desc())
    return db.scalars(rows.offset((page - 1) * A_PAGE).limit(A_PAGE)).all()


def count(db: Session, wanted: Wanted) -> int:
    return db.scalar(select(func.count()).select_from(Consultation).where(_matches(wanted))) or 0


def _matches(wanted: Wanted) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = [Consultation.state.in_(STATES[wanted.state])]
    if wanted.state == "second-look":
        found.append(wants_second_look())
    if wanted.whose == "department":
        found.append(Consultation.department_id == (wanted.department_id or 0))
    if wanted.whose == "mine":
        wrote = (Authorship.consultation_id == Consultation.id) & (Authorship.account_id == wanted.account_id)
        found.append(exists().where(wrote))
    return and_(*found)


def wants_second_look() -> ColumnElement[bool]:
    """Published by force, and nobody else has looked at it since."""
    return Consultation.forced.is_(True) & Consultation.looked_at.is_(None)


def waiting_for_a_look(db: Session) -> int:
    """How many were published by force and not looked at."""
    rows = select(func.count()).select_from(Consultation).where(wants_second_look())
    return db.scalar(rows.where(Consultation.state.in_(STATES["second-look"]))) or 0


def waiting_for_review(db: Session) -> int:
    rows = select(func.count()).select_from(Consultation).where(Consultation.state == E.IN_REVIEW)
    return db.scalar(rows) or 0


def authors(db: Session, consultation_id: int) -> set[int]:
    """The accounts that wrote anything of it."""
    return set(db.scalars(select(Authorship.account_id).where(Authorship.consultation_id == consultation_id)))


def has_text(db: Session, consultation_id: int) -> bool:
    """Whether there is a draft text that people may comment on."""
    return bool(db.scalar(select(exists().where(DraftText.consultation_id == consultation_id))))
