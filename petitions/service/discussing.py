"""How a petition is discussed: while it can be signed, by whoever has an account; read as long as its text is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, select
from sqlalchemy.orm import Session

from app.comments.contribution import About
from app.comments.rules.lifecycle import Mode
from app.core import ready
from app.core.i18n import _
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.rules.eligibility import is_signable
from petitions.rules.lifecycle import is_readable

_P = Petition.__table__.c
MOST_CRUMB = 40


class _Standing(NamedTuple):
    action: str
    state: str
    closes_at: datetime | None
    opened_at: datetime | None
    source: str | None


def _standing() -> Select[*tuple[Any, ...]]:
    wanted = select(*(_P[name] for name in _Standing._fields))
    return wanted.where(_P.id == ready.given("petition", BigInteger()))


class PetitionDiscussed:
    """The rules of one deployment."""

    asks_stance = False

    def __init__(self, policy: PetitionPolicy) -> None:
        self.mode = Mode(policy.discussion) if policy.discussion != "off" else None

    def about(self, db: Session, subject_id: int, now: datetime) -> About | None:
        found = ready.rows(db, "petition discussed", _standing, {"petition": subject_id})
        if not found:
            return None
        row = _Standing._make(found[0])
        href = f"/petitions/{subject_id}"
        was_published = row.opened_at is not None or row.source is not None
        crumb = row.action if len(row.action) <= MOST_CRUMB else row.action[: MOST_CRUMB - 1] + "…"
        return About(
            title=row.action,
            href=href,
            discussion=f"{href}/discussion",
            is_open=is_signable(row.state, row.closes_at, now),
            is_public=is_readable(row.state, was_published=was_published),
            closes_at=row.closes_at if row.closes_at is not None and row.closes_at > now else None,
            mode=self.mode,
            crumbs=(("/", str(_("Home"))), ("/petitions", str(_("Petitions"))), (href, crumb)),
            nav="petitions",
        )
