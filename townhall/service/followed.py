"""A hall as something to follow, and what those who follow are told of it.

A line is made of how things stand when its digest leaves: what changed again meanwhile has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.text.plain import excerpt
from app.departments.queries import by_ids
from app.following.contribution import Followable, Happened, Line, Tag, Teller, Titled, Told
from townhall.events import HallCancelled, HallEnded, HallMoved, HallScheduled, MinutesPublished
from townhall.model import Hall, Question
from townhall.queries import halls
from townhall.rules.lifecycle import HallState
from townhall.service.locking import subject_of

SCHEDULED, MOVED, CANCELLED = "townhalls.scheduled", "townhalls.moved", "townhalls.cancelled"
ENDED, MINUTES = "townhalls.ended", "townhalls.minutes"
MOST_QUOTED = 200


class HallFollowed(Followable):
    """By its number, while the public may read it."""

    def titled(self, db: Session, key: str) -> Titled | None:
        found = halls.readable_hall(db, int(key)) if _is_number(key) else None
        return Titled(found.title, f"/townhalls/{found.id}") if found is not None else None

    def normal(self, db: Session, key: str) -> str | None:
        return str(int(key)) if self.titled(db, key) is not None else None


def tags(db: Session, hall_id: int) -> Iterator[Tag]:
    """What else its news are found by: the departments that hold it."""
    lead = db.scalar(select(Hall.department_id).where(Hall.id == hall_id))
    named = [*by_ids(db, [lead]).values(), *halls.beside(db, hall_id)]
    return (Tag("department", department.slug) for department in named)


def _told(code: str) -> Teller:
    def tell(db: Session, event: object) -> Told:
        number: int = event.hall_id  # type: ignore[attr-defined]
        at: datetime = event.at  # type: ignore[attr-defined]
        return Told(code, subject_of(number), at, facts={"sequence": db.get_one(Hall, number).sequence})

    return tell


TELLERS: Mapping[type, Teller] = {
    HallScheduled: _told(SCHEDULED),
    HallMoved: _told(MOVED),
    HallCancelled: _told(CANCELLED),
    HallEnded: _told(ENDED),
    MinutesPublished: _told(MINUTES),
}


@dataclass(frozen=True)
class Lines:
    """Each fact in one sentence; ``say_instant`` puts an instant into words, with its zone."""

    say_instant: Callable[[datetime], str]

    def by_code(self) -> dict[str, Line]:
        return {
            SCHEDULED: self.scheduled,
            MOVED: self.moved,
            CANCELLED: self.cancelled,
            ENDED: self.ended,
            MINUTES: self.minutes,
        }

    def scheduled(self, db: Session, told: Happened) -> str | None:
        found = db.get_one(Hall, told.subject.id)
        if found.starts_at is None or found.state != HallState.SCHEDULED:
            return None
        return _("It was announced for {at}.").format(at=self.say_instant(found.starts_at))

    def moved(self, db: Session, told: Happened) -> str | None:
        """One that was moved again says so in the later line."""
        found = db.get_one(Hall, told.subject.id)
        is_news = found.state == HallState.SCHEDULED and found.sequence == told.facts["sequence"]
        if found.starts_at is None or not is_news:
            return None
        words = _("Its time, place or link changed. It begins on {at}.")
        return words.format(at=self.say_instant(found.starts_at))

    def cancelled(self, db: Session, told: Happened) -> str | None:
        reason = excerpt(db.get_one(Hall, told.subject.id).cancelled_reason, MOST_QUOTED)
        return _("It was cancelled: {reason}").format(reason=reason)

    def ended(self, db: Session, told: Happened) -> str | None:
        asked = select(func.count()).where(Question.hall_id == told.subject.id, Question.published_at.is_not(None))
        words = _("It took place. Questions asked: {count}.")
        return words.format(count=f"{db.scalar(asked) or 0:,}")

    def minutes(self, db: Session, told: Happened) -> str | None:
        return str(_("Its minutes are published."))


def _is_number(key: str) -> bool:
    return is_whole(key)
