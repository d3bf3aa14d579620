"""A subject's way through the departments as dated steps: the timeline that every room's pages stand on.

A room adds the steps of its own life and sorts them with :func:`in_order`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments import queries as departments
from app.departments.model import Department
from app.outcomes import queries
from app.outcomes.model import Answer, Commitment, DueChange, Handing, ProgressUpdate, Referral
from app.outcomes.queries import is_overdue
from app.outcomes.rules.commitments import OPEN, PROGRESS_NAMES, Progress
from app.outcomes.rules.commitments import is_overdue as is_promise_overdue
from app.outcomes.rules.referrals import CLOSED_NAMES, OWED, ClosedWhy, Move

_A_MOMENT = timedelta(microseconds=1)
#: whether it closes a consultation, and whether it corrects what was said before
_ANSWERED = {
    (False, False): _("Answered by {name}"),
    (False, True): _("Answer corrected by {name}"),
    (True, False): _("Outcome published by {name}"),
    (True, True): _("Outcome corrected by {name}"),
}


@dataclass(frozen=True)
class Step:
    """``key`` names it within its subject for good. ``state``: ``done``, ``due`` or ``late``.

    ``note`` is what whoever acted said of it; ``said`` is more of that, for feeds; ``href`` is where to read on.
    """

    at: datetime
    text: str
    key: str
    state: str = "done"
    note: str = ""
    said: str = ""
    href: str = ""


@dataclass(frozen=True)
class Duties:
    """What departments owe, answered and promised about one subject; ``answers`` have every version that stands,
    the newest first. Other rows are the oldest first."""

    answers: Sequence[tuple[Referral, Sequence[Answer]]] = ()
    departments: Mapping[int, Department] = field(default_factory=dict)
    handings: Mapping[int, Sequence[Handing]] = field(default_factory=dict)
    due_changes: Mapping[int, Sequence[DueChange]] = field(default_factory=dict)
    commitments: Sequence[Commitment] = ()
    progress: Mapping[int, Sequence[ProgressUpdate]] = field(default_factory=dict)

    def name(self, department_id: int | None) -> str:
        found = self.departments.get(department_id or 0)
        return found.name if found else str(_("the department"))

    def without_answers_to(self, *causes: str) -> Duties:
        """For a room that tells of these answers in words of its own."""
        return replace(self, answers=[(r, () if r.cause in causes else given) for r, given in self.answers])


def read_duties(db: Session, subject: SubjectRef, more_departments: Iterable[int | None] = ()) -> Duties:
    """Everything on record about one subject."""
    referrals = queries.referrals_about(db, subject)
    if not referrals:
        return Duties(departments=departments.by_ids(db, more_departments))
    ids = [r.id for r in referrals]
    handings, promises = queries.handings(db, ids), queries.commitments_about(db, subject)
    named = [r.department_id for r in referrals] + [p.department_id for p in promises]
    named += [d for steps in handings.values() for h in steps for d in (h.from_id, h.to_id)]
    return Duties(
        answers=[(r, queries.answers_to(db, r.id) if r.answered_at else ()) for r in referrals],
        departments=departments.by_ids(db, [*named, *more_departments]),
        handings=handings,
        due_changes=queries.due_changes(db, ids),
        commitments=promises,
        progress=queries.progress_of(db, [p.id for p in promises if p.updates]),
    )


def is_waited_for(duties: Duties) -> bool:
    """A day is still to come, or over: at midnight the same is said in other words."""
    return any(r.state in OWED for r, _given in duties.answers) or any(p.progress in OPEN for p in duties.commitments)


class Says(Protocol):
    """How pages put days into words."""

    def say_date(self, value: datetime | date) -> str: ...

    def say_last_day(self, closes_at: datetime) -> str: ...


def steps_of(duties: Duties, says: Says, now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    """In no order; see :func:`in_order`."""
    for referral, given in duties.answers:
        yield from _of_referral(duties, referral, given, says, now)
    for promise in duties.commitments:
        yield from _of_promise(duties, promise, says, now, zone)


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Oldest first, causes before what they bring; what is still to come after what happened."""
    return sorted(steps, key=lambda s: (s.state != "done", s.at))


def _of_referral(
    duties: Duties, referral: Referral, given: Sequence[Answer], says: Says, now: datetime
) -> Iterator[Step]:
    handings = duties.handings.get(referral.id, ())
    first = handings[0].to_id if handings else referral.department_id
    if first is not None:
        text = _("Referred to {name} for a debate") if referral.cause == "debate" else _("Referred to {name}")
        if referral.cause != "consultation":  # its own department asked
            yield Step(referral.received_at, text.format(name=duties.name(first)), f"referral-{referral.id}")
    for handing in handings:
        if handing.move != Move.REFERRED:
            yield _of_handing(duties, handing)
    for change in duties.due_changes.get(referral.id, ()):
        yield _of_due_change(change, says)
    for place, answer in enumerate(reversed(given)):
        text = _ANSWERED[referral.cause == "consultation", place > 0]
        who, key = duties.name(referral.department_id), f"answer-{referral.id}-{answer.version}"
        yield Step(answer.at, text.format(name=who), key, said=answer.summary, href=f"#answer-{referral.id}")
    if referral.closed_at and referral.closed_why in (ClosedWhy.SETTLED, ClosedWhy.DROPPED):
        words = str(CLOSED_NAMES[ClosedWhy(referral.closed_why)])
        yield Step(referral.closed_at, words, f"closed-{referral.id}", note=referral.closed_reason)
    if referral.state in OWED and referral.due_at:
        yield _duty(duties, referral, referral.due_at, now)


def _of_handing(duties: Duties, handing: Handing) -> Step:
    before, to = duties.name(handing.from_id), duties.name(handing.to_id)
    match handing.move:
        case Move.NOT_OURS:
            text = _("{before} said that it is not theirs: handed to {to}")
        case Move.RULED if handing.from_id == handing.to_id:
            text = _("The committee decided that {to} answers")
        case Move.RULED:
            text = _("The committee decided that {to} answers, not {before}")
        case _passed_on:
            text = _("{to} answers in the place of {before}")
    return Step(handing.at, text.format(before=before, to=to), f"handing-{handing.id}", note=handing.reason)


def _of_due_change(change: DueChange, says: Says) -> Step:
    day = says.say_last_day(change.after_at)
    if change.kind == "returned":
        text = _("The committee sent the answer back: a better one is due on {day}")
    else:
        text = _("Answer put off to {day}")
    return Step(change.at, text.format(day=day), f"due-change-{change.id}", note=change.reason)


def _duty(duties: Duties, referral: Referral, due_at: datetime, now: datetime) -> Step:
    late, name = is_overdue(referral, now), duties.name(referral.department_id)
    if referral.cause == "debate":
        text = _("Debate: reply from {name} was due") if late else _("Debate: reply from {name} is due")
    elif referral.cause == "consultation":
        text = _("Outcome from {name} was due") if late else _("Outcome from {name} is due")
    else:
        text = _("Answer from {name} was due") if late else _("Answer from {name} is due")
    return Step(due_at - _A_MOMENT, text.format(name=name), f"due-{referral.id}", "late" if late else "due")


def _of_promise(duties: Duties, promise: Commitment, says: Says, now: datetime, zone: ZoneInfo) -> Iterator[Step]:
    key, href, who = f"promise-{promise.id}", f"/commitments/{promise.id}", duties.name(promise.department_id)
    yield Step(promise.made_at, _("{name} promised: {text}").format(name=who, text=promise.text), key, href=href)
    for update in duties.progress.get(promise.id, ()):
        words = str(PROGRESS_NAMES[Progress(update.progress)])
        text = _("Promise “{text}”: {progress}").format(text=promise.text, progress=words.lower())
        if update.due_after:
            text = _("Promise “{text}” put off to {day}").format(text=promise.text, day=says.say_date(update.due_after))
        yield Step(update.at, text, f"{key}-{update.number}", note=update.note, href=href)
    if promise.progress in OPEN:
        late = is_promise_overdue(promise.progress, promise.due_on, now.astimezone(zone).date())
        text = _("Promise “{text}” was due") if late else _("Promise “{text}” is due")
        noon = datetime.combine(promise.due_on, time(12), zone)
        yield Step(noon, text.format(text=promise.text), f"{key}-due", "late" if late else "due", href=href)
