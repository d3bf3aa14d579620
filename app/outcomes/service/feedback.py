"""Those who asked say once whether the answer addresses what they asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.core.batches import upsert
from app.core.errors import Conflict, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.outcomes.model import FeedbackCount, FeedbackGiven, Referral
from app.outcomes.queries.public import said_of
from app.outcomes.rules.answers import Addressed

__all__ = ["NothingToSay", "SaidAlready", "has_said", "said_of", "say"]

_GIVEN: Table = FeedbackGiven.__table__  # type: ignore[assignment]
_COUNT: Table = FeedbackCount.__table__  # type: ignore[assignment]


class SaidAlready(Conflict):
    code = "said-already"
    title = _("You have said what you think of this answer")
    message = _("Everyone is asked once. What you said is counted and cannot be changed.")
    way_on = ("{href}", _("See what people said"))


class NothingToSay(Conflict):
    code = "no-answer-yet"
    title = _("There is no answer at the moment")
    message = _("It was taken back or sent back. You get another letter when there is one. Nothing was stored.")
    way_on = ("{href}", _("See how it stands"))


def say(db: Session, referral_id: int, person: int, addressed: Addressed, now: datetime, *, href: str = "/") -> None:
    """Count it. The room has checked that this person asked. Who said what is not stored anywhere."""
    wanted = select(Referral).where(Referral.id == referral_id, Referral.sandbox.is_(False))
    referral = db.scalar(wanted.with_for_update(key_share=True))
    if referral is None:
        raise NotFound
    if referral.answered_at is None:
        raise NothingToSay(href=href)
    if db.get(FeedbackGiven, (referral_id, person)) is not None:
        raise SaidAlready(href=href)
    db.execute(_GIVEN.insert().values(referral_id=referral_id, person=person))
    counted = upsert(db, _COUNT).values(referral_id=referral_id, addressed=addressed, people=1)
    db.execute(
        counted.on_conflict_do_update(index_elements=["referral_id", "addressed"], set_={"people": _COUNT.c.people + 1})
    )
    touch(db, str(SubjectRef(referral.subject_kind, referral.subject_id)), "outcomes")


def has_said(db: Session, referral_id: int, person: int) -> bool:
    return db.get(FeedbackGiven, (referral_id, person)) is not None
