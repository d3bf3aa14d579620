"""A consultation as something to follow, and what those who follow are told of it.

A line is made of how things stand when its digest leaves: what changed again meanwhile has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.text.plain import excerpt
from app.departments.queries import by_ids
from app.following.contribution import Followable, Happened, Line, Tag, Teller, Titled, Told
from consultations import queries
from consultations.events import (
    ConsultationClosed,
    ConsultationExtended,
    ConsultationPublished,
    ConsultationWithdrawn,
    FeedbackPublished,
    OutcomePublished,
)
from consultations.model import Consultation
from consultations.service.locking import KIND, subject_of

PUBLISHED, EXTENDED, WITHDRAWN = "consultations.published", "consultations.extended", "consultations.withdrawn"
CLOSED, FEEDBACK, OUTCOME = "consultations.closed", "consultations.feedback", "consultations.outcome"
MOST_QUOTED = 200


class ConsultationFollowed(Followable):
    """By its number, while the public may read it."""

    def titled(self, db: Session, key: str) -> Titled | None:
        found = queries.public_consultation(db, int(key)) if _is_number(key) else None
        return Titled(found.title, f"/consultations/{found.id}") if found is not None else None

    def normal(self, db: Session, key: str) -> str | None:
        return str(int(key)) if self.titled(db, key) is not None else None


def tags(db: Session, consultation_id: int) -> Iterator[Tag]:
    """What else its news are found by: the departments that ask."""
    lead = db.scalar(select(Consultation.department_id).where(Consultation.id == consultation_id))
    for department in by_ids(db, [lead, *queries.supporting(db, consultation_id)]).values():
        yield Tag("department", department.slug)


def _told(code: str) -> Teller:
    def tell(db: Session, event: object) -> Told:
        number: int = event.consultation_id  # type: ignore[attr-defined]
        at: datetime = event.at  # type: ignore[attr-defined]
        return Told(code, subject_of(number), at, facts=_facts(event))

    return tell


def _facts(event: object) -> Mapping[str, object]:
    return {"closes_at": event.closes_after.isoformat()} if isinstance(event, ConsultationExtended) else {}


TELLERS: Mapping[type, Teller] = {
    ConsultationPublished: _told(PUBLISHED),
    ConsultationExtended: _told(EXTENDED),
    ConsultationWithdrawn: _told(WITHDRAWN),
    ConsultationClosed: _told(CLOSED),
    FeedbackPublished: _told(FEEDBACK),
    OutcomePublished: _told(OUTCOME),
}


@dataclass(frozen=True)
class Lines:
    """Each fact in one sentence; ``say_instant`` puts an instant into words, with its zone."""

    say_instant: Callable[[datetime], str]

    def by_code(self) -> dict[str, Line]:
        return {
            PUBLISHED: self.published,
            EXTENDED: self.extended,
            WITHDRAWN: self.withdrawn,
            CLOSED: self.closed,
            FEEDBACK: self.feedback,
            OUTCOME: self.outcome,
        }

    def published(self, db: Session, told: Happened) -> str | None:
        found = _found(db, told)
        if found.opens_at is None or found.closes_at is None:
            return None
        words = _("It was published: you can respond from {opens} until {closes}.")
        return words.format(opens=self.say_instant(found.opens_at), closes=self.say_instant(found.closes_at))

    def extended(self, db: Session, told: Happened) -> str | None:
        """One that was put off again says so in the later line."""
        found = _found(db, told)
        changes = queries.date_changes(db, found.id)
        if not changes or changes[-1].closes_after.isoformat() != told.facts["closes_at"]:
            return None
        words = (
            _("It was opened again, until {closes}: {reason}")
            if changes[-1].reopened
            else _("It is open for longer, until {closes}: {reason}")
        )
        reason = excerpt(changes[-1].reason, MOST_QUOTED)
        return words.format(closes=self.say_instant(changes[-1].closes_after), reason=reason)

    def withdrawn(self, db: Session, told: Happened) -> str | None:
        return _("It was withdrawn: {reason}").format(reason=excerpt(_found(db, told).withdrawn_reason, MOST_QUOTED))

    def closed(self, db: Session, told: Happened) -> str | None:
        """No news once it was opened again."""
        found = _found(db, told)
        if found.closed_at is None:
            return None
        return _("It closed with {count} responses. They are read now.").format(count=f"{found.response_count:,}")

    def feedback(self, db: Session, told: Happened) -> str | None:
        return str(_("What people said is published."))

    def outcome(self, db: Session, told: Happened) -> str | None:
        return str(_("Its outcome is published.")) if _found(db, told).has_outcome else None


def _found(db: Session, told: Happened) -> Consultation:
    return db.get_one(Consultation, told.subject.id)


def _is_number(key: str) -> bool:
    return is_whole(key)


__all__ = ["KIND", "TELLERS", "ConsultationFollowed", "Lines", "tags"]
