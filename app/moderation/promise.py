"""What people are told about how long checking takes: the promise, holidays, and a queue that is long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.remember import Remembered
from app.core.settings import Settings, civic_number
from app.core.subject import SubjectRef
from app.moderation.model import Case, Holiday
from app.moderation.rules.promise import FreeDays, Promised, promised_by
from app.moderation.rules.verdicts import OF_TEXTS

#: how long a figure of the queue may be old, and how long a public page that says it stays fresh
SECONDS = 5


@dataclass(frozen=True)
class Outlook:
    """How long a text of one kind waits. ``by`` and ``because`` only where a holiday falls inside;
    ``waiting`` is how many wait, only while checking takes longer than usual."""

    days: int
    by: date | None = None
    because: str = ""
    waiting: int | None = None


class Promising:
    """One deployment's promise. Its figure of the queue is worked out every few seconds for all who ask."""

    def __init__(self, days: int, delay_at: int, zone: ZoneInfo) -> None:
        self.days, self.delay_at, self.zone = days, delay_at, zone
        self._waiting: Remembered[Mapping[str, int]] = Remembered(SECONDS)

    @classmethod
    def from_settings(cls, settings: Settings) -> Promising:
        """Read ``TOWNSQUARE_MODERATION_PROMISE_DAYS`` and ``…_DELAY_AT``; ValueError names the wrong one."""
        section = settings.section("moderation")
        days = civic_number("moderation", section, "promise_days", 7)
        return cls(days, civic_number("moderation", section, "delay_at", 500), settings.zone)

    def outlook(self, db: Session, kind: str, since: datetime | None) -> Outlook:
        """For a text of this kind that came in, or would come in, at ``since``."""
        waiting = self._waiting.get(partial(waiting_by_kind, db)).get(kind, 0)
        delayed = waiting if waiting >= self.delay_at else None
        promised = self.promised(db)(since) if since else None
        if promised is None or not promised.because:
            return Outlook(self.days, waiting=delayed)
        return Outlook(self.days, promised.by, in_a_row(promised.because), delayed)

    def promised(self, db: Session) -> Callable[[datetime], Promised]:
        """Answers of any instant by which day what came in then is decided."""
        holidays = free_days(db)
        return lambda since: promised_by(since, self.days, holidays, self.zone)

    def today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def forget(self) -> None:
        """Count the queue anew when next asked."""
        self._waiting.forget()


def free_days(db: Session) -> list[FreeDays]:
    """Every holiday, the earliest first."""
    rows = select(Holiday).where(Holiday.removed_at.is_(None)).order_by(Holiday.starts_on, Holiday.id)
    return [FreeDays(h.name, h.starts_on, h.ends_on) for h in db.scalars(rows)]


def waiting_by_kind(db: Session) -> Mapping[str, int]:
    """How many texts of each kind wait for a decision; reports and appeals are counted elsewhere."""
    texts = (Case.state == "waiting", Case.origin.in_(OF_TEXTS))
    counted = select(Case.subject_kind, func.count()).where(*texts).group_by(Case.subject_kind)
    return {kind: count for kind, count in db.execute(counted)}


def waiting_since(db: Session, subject: SubjectRef) -> datetime | None:
    """When the subject's waiting text came in; None without one."""
    about = (Case.subject_kind == subject.kind, Case.subject_id == subject.id)
    return db.scalar(select(Case.opened_at).where(*about, Case.state == "waiting", Case.origin.in_(OF_TEXTS)))


def in_a_row(names: tuple[str, ...]) -> str:
    """ "Christmas", "Christmas and New Year", "Christmas, New Year and Easter"."""
    if len(names) < 2:
        return "".join(names)
    return _("{some} and {last}").format(some=", ".join(names[:-1]), last=names[-1])
