"""What departments do, as those are told who follow a subject or a department.

It stands here because what is owed and what is followed are neighbours that do not know each other. A line is
made of how things stand when its letter leaves: what was undone or replaced meanwhile has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt
from app.departments.queries import by_ids
from app.following.contribution import Happened, Line, Tag, Teller, Told
from app.following.departments import DEPARTMENT
from app.outcomes.events import (
    AnswerLate,
    CommitmentMade,
    CommitmentProgressed,
    DueDayChanged,
    PromiseLate,
    ReferralHandedOn,
)
from app.outcomes.model import Commitment, DueChange, ProgressUpdate, Referral
from app.outcomes.queries import due_changes
from app.outcomes.rules.commitments import OPEN, Progress
from app.outcomes.rules.referrals import OWED

HANDED_ON, DUE_CHANGED, LATE = "outcomes.handed-on", "outcomes.due-changed", "outcomes.answer-late"
PROMISED, PROGRESS, PROMISE_LATE = "outcomes.promised", "outcomes.progress", "outcomes.promise-late"
MOST_QUOTED = 200


def _handed_on(db: Session, event: ReferralHandedOn) -> Told:
    facts = {"referral": event.referral_id, "from": event.from_id, "to": event.to_id}
    return Told(HANDED_ON, event.subject, event.at, _tags(db, event.from_id, event.to_id), facts)


def _due_changed(db: Session, event: DueDayChanged) -> Told | None:
    changes = due_changes(db, [event.referral_id]).get(event.referral_id, ())
    if not changes:
        return None
    facts = {"referral": event.referral_id, "change": changes[-1].id}
    return Told(DUE_CHANGED, event.subject, event.at, _tags(db, event.department_id), facts)


def _late(db: Session, event: AnswerLate) -> Told:
    facts = {"referral": event.referral_id, "department": event.department_id}
    return Told(LATE, event.subject, event.at, _tags(db, event.department_id), facts)


def _promised(db: Session, event: CommitmentMade) -> Told:
    return _of_promise(db, PROMISED, event.subject, event.commitment_id, event.department_id, event.at)


def _progress(db: Session, event: CommitmentProgressed) -> Told:
    subject, promise = event.subject, event.commitment_id
    return _of_promise(db, PROGRESS, subject, promise, event.department_id, event.at, update=event.update_id)


def _promise_late(db: Session, event: PromiseLate) -> Told:
    return _of_promise(db, PROMISE_LATE, event.subject, event.commitment_id, event.department_id, event.at)


def _of_promise(
    db: Session, code: str, subject: SubjectRef, promise: int, department: int, at: datetime, **facts: object
) -> Told:
    tags = _tags(db, department)
    return Told(code, subject, at, tags, {"commitment": promise, **facts}, f"/commitments/{promise}")


def _tags(db: Session, *departments: int | None) -> list[Tag]:
    return [Tag(DEPARTMENT, d.slug) for d in by_ids(db, departments).values()]


TELLERS: Mapping[type, Teller] = {
    ReferralHandedOn: _handed_on,
    DueDayChanged: _due_changed,
    AnswerLate: _late,
    CommitmentMade: _promised,
    CommitmentProgressed: _progress,
    PromiseLate: _promise_late,
}


@dataclass(frozen=True)
class Lines:
    """Each fact in one sentence; ``say_day`` puts a day into words, ``say_last_day`` the last day before an instant."""

    say_day: Callable[[date], str]
    say_last_day: Callable[[datetime], str]

    def by_code(self) -> dict[str, Line]:
        return {
            HANDED_ON: self.handed_on,
            DUE_CHANGED: self.due_changed,
            LATE: self.late,
            PROMISED: self.promised,
            PROGRESS: self.progress,
            PROMISE_LATE: self.promise_late,
        }

    def handed_on(self, db: Session, told: Happened) -> str | None:
        names = by_ids(db, (told.facts["from"], told.facts["to"]))
        before, to = names.get(told.facts["from"] or 0), names.get(told.facts["to"])
        if before is None or to is None:
            return None
        return _("{to} answers now, not {before}.").format(to=to.name, before=before.name)

    def due_changed(self, db: Session, told: Happened) -> str | None:
        change = db.get(DueChange, told.facts["change"])
        if change is None:
            return None
        if change.kind == "returned":
            words = _("The committee sent the answer back; a better one is due on {day}.")
        else:
            words = _("The answer was put off to {day}.")
        return words.format(day=self.say_last_day(change.after_at))

    def late(self, db: Session, told: Happened) -> str | None:
        """No news once it came."""
        referral = db.get(Referral, told.facts["referral"])
        if referral is None or referral.state not in OWED or referral.due_at is None or referral.due_at > told.at:
            return None
        return _("The answer was due on {day}, and is late.").format(day=self.say_last_day(referral.due_at))

    def promised(self, db: Session, told: Happened) -> str | None:
        promise = self._promise(db, told)
        if promise is None:
            return None
        words = _("Promised by {day}: {text}")
        return words.format(day=self.say_day(promise.due_on), text=excerpt(promise.text, MOST_QUOTED))

    def progress(self, db: Session, told: Happened) -> str | None:
        promise, update = self._promise(db, told), db.get(ProgressUpdate, told.facts["update"])
        if promise is None or update is None:
            return None
        text = excerpt(promise.text, MOST_QUOTED)
        if update.due_after is not None:
            return _("A promise was put off to {day}: {text}").format(day=self.say_day(update.due_after), text=text)
        return self._step(Progress(update.progress)).format(text=text)

    def _step(self, progress: Progress) -> str:
        match progress:
            case Progress.DONE:
                return _("A promise was kept: {text}")
            case Progress.DROPPED:
                return _("A promise was dropped: {text}")
            case Progress.UNDER_WAY:
                return _("A promise is under way: {text}")
            case _planned:
                return _("There is news of a promise: {text}")

    def promise_late(self, db: Session, told: Happened) -> str | None:
        """No news once it was kept, dropped or put off."""
        promise = self._promise(db, told)
        if promise is None or promise.progress not in OPEN or promise.due_on > told.at.date():
            return None
        text = excerpt(promise.text, MOST_QUOTED)
        return _("A promise was due on {day}, and is late: {text}").format(day=self.say_day(promise.due_on), text=text)

    def _promise(self, db: Session, told: Happened) -> Commitment | None:
        found = db.get(Commitment, told.facts["commitment"])
        return None if found is None or found.withdrawn_at is not None else found
