"""What the public finds: answers, duties and promises about subjects whose text is public, page by page.

Made-up matters and withdrawn promises are in none of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.subject import SubjectRef
from app.outcomes.contribution import PublicSubjects
from app.outcomes.model import Answer, Commitment, FeedbackCount, ProgressUpdate, Referral
from app.outcomes.rules.commitments import Progress
from app.outcomes.rules.referrals import ReferralState

Subjects = Mapping[str, PublicSubjects]

ANSWERED, AWAITING, LATE, RETURNED = "answered", "awaiting", "late", "returned"
PROMISES_LATE, PROMISES_KEPT = "promises-late", "promises-kept"
#: owed and still in time; on a department's page alone
IN_TIME = "in-time"
STATES: Final = (ANSWERED, AWAITING, LATE, RETURNED, PROMISES_LATE, PROMISES_KEPT)
OF_PROMISES: Final = frozenset({PROMISES_LATE, PROMISES_KEPT})


def _one_of(column: Any, *values: str) -> ColumnElement[bool]:
    """Written out, as the partial indexes have it: with values bound later SQLite would not take them."""
    found: ColumnElement[bool] = column.in_(bindparam(None, values, expanding=True, literal_execute=True))
    return found


OWED: Final = _one_of(Referral.state, ReferralState.RECEIVED, ReferralState.ACCEPTED, ReferralState.RETURNED)
OPEN: Final = _one_of(Commitment.progress, Progress.PLANNED, Progress.UNDER_WAY)


class Wanted(NamedTuple):
    """What a reader asks for. ``kind`` of subject, ``grade`` and department are empty where any will do."""

    state: str = ANSWERED
    grade: str = ""
    department_id: int | None = None
    kind: str = ""

    @property
    def of_promises(self) -> bool:
        return self.state in OF_PROMISES


@dataclass(frozen=True)
class Moment:
    """``today`` is the deployment's day at ``now``."""

    now: datetime
    today: date


def referrals(
    db: Session, subjects: Subjects, wanted: Wanted, at: Moment, *, offset: int = 0, most: int
) -> Sequence[Referral]:
    """Answered ones: what was answered last. Owed ones: what is due first, so the latest ones are on top."""
    found = select(Referral).where(*_referrals(subjects, wanted, at))
    if index := _index_of(wanted):
        found = found.with_hint(Referral, f"INDEXED BY {index}", "sqlite")
    if wanted.state == ANSWERED:
        found = found.order_by(Referral.answered_at.desc(), Referral.id.desc())
    else:
        found = found.order_by(Referral.due_at, Referral.id)
    return db.scalars(found.offset(offset).limit(most)).all()


def _index_of(wanted: Wanted) -> str:
    """Which index SQLite reads a list along: by itself it would begin with the kind of subject, which all share."""
    if wanted.state == ANSWERED:
        return f"ix_outcomes_referral_{'newest' if wanted.department_id is None else 'answered'}"
    return "ix_outcomes_referral_owed" if wanted.department_id is None and wanted.state != RETURNED else ""


def promises(
    db: Session, subjects: Subjects, wanted: Wanted, at: Moment, *, offset: int = 0, most: int
) -> Sequence[Commitment]:
    """Late ones: what was due first. Kept ones: what was done last."""
    found = select(Commitment).where(*_promises(subjects, wanted, at))
    if wanted.state == PROMISES_KEPT:
        found = found.order_by(Commitment.ended_at.desc(), Commitment.id.desc())
    else:
        found = found.order_by(Commitment.due_on, Commitment.id)
    return db.scalars(found.offset(offset).limit(most)).all()


def newest(db: Session, subjects: Subjects, wanted: Wanted, at: Moment, *, most: int) -> Sequence[Any]:
    """What came last under a filter; for feeds."""
    if wanted.of_promises:
        row = select(Commitment).where(*_promises(subjects, wanted, at))
        order = Commitment.ended_at if wanted.state == PROMISES_KEPT else Commitment.due_on
        return db.scalars(row.order_by(order.desc(), Commitment.id.desc()).limit(most)).all()
    if wanted.state == ANSWERED:
        return referrals(db, subjects, wanted, at, most=most)
    duty = select(Referral).where(*_referrals(subjects, wanted, at))
    return db.scalars(duty.order_by(Referral.id.desc()).limit(most)).all()


def count(db: Session, subjects: Subjects, wanted: Wanted, at: Moment) -> int:
    """How many there are on all pages."""
    rows: Select[Any]
    if wanted.of_promises:
        rows = select(func.count()).select_from(Commitment).where(*_promises(subjects, wanted, at))
    else:
        rows = select(func.count()).select_from(Referral).where(*_referrals(subjects, wanted, at))
    return db.scalar(rows) or 0


def answers_after(
    db: Session, subjects: Subjects, wanted: Wanted, at: Moment, last_id: int, *, most: int
) -> Sequence[Referral]:
    """The same referrals in the order of their numbers, after one of them; for tables of all."""
    found = select(Referral).where(*_referrals(subjects, wanted, at), Referral.id > last_id)
    return db.scalars(found.order_by(Referral.id).limit(most)).all()


def promises_after(
    db: Session, subjects: Subjects, wanted: Wanted, at: Moment, last_id: int, *, most: int
) -> Sequence[Commitment]:
    found = select(Commitment).where(*_promises(subjects, wanted, at), Commitment.id > last_id)
    return db.scalars(found.order_by(Commitment.id).limit(most)).all()


def open_promises(
    db: Session, subjects: Subjects, department_id: int, today: date, *, late: bool, most: int
) -> Sequence[Commitment]:
    """A department's promises to keep, by their day: those whose day is over, or the others."""
    found = select(Commitment).where(
        Commitment.department_id == department_id,
        Commitment.progress.in_((Progress.PLANNED, Progress.UNDER_WAY)),
        Commitment.due_on < today if late else Commitment.due_on >= today,
        *_shown_promise(subjects),
    )
    return db.scalars(found.order_by(Commitment.due_on, Commitment.id).limit(most)).all()


def steps_of(
    db: Session, subjects: Subjects, department_id: int, *, most: int
) -> Sequence[tuple[ProgressUpdate, Commitment]]:
    """What was noted last about a department's promises, the newest first."""
    noted = select(ProgressUpdate, Commitment).join(Commitment, Commitment.id == ProgressUpdate.commitment_id)
    noted = noted.where(Commitment.department_id == department_id, *_shown_promise(subjects))
    rows = db.execute(noted.order_by(ProgressUpdate.at.desc(), ProgressUpdate.id.desc()).limit(most))
    return [(update, commitment) for update, commitment in rows]


def newest_promises(db: Session, subjects: Subjects, at: Moment, *, most: int) -> Sequence[Commitment]:
    """What was kept last, and what is overdue, the most recent day first."""
    half = -(-most // 2)
    kept = promises(db, subjects, Wanted(PROMISES_KEPT), at, most=most)
    overdue = select(Commitment).where(*_promises(subjects, Wanted(PROMISES_LATE), at))
    late = db.scalars(overdue.order_by(Commitment.due_on.desc(), Commitment.id.desc()).limit(most)).all()
    return [*kept[: max(half, most - len(late))], *late][:most]


def promise(db: Session, subjects: Subjects, promise_id: int) -> Commitment | None:
    """One that everybody may read; a withdrawn one is none."""
    return db.scalar(select(Commitment).where(Commitment.id == promise_id, *_shown_promise(subjects)))


def referral(db: Session, subjects: Subjects, referral_id: int) -> Referral | None:
    """One about a subject that everybody may read."""
    return db.scalar(select(Referral).where(Referral.id == referral_id, *_shown(subjects)))


def answered_among(db: Session, subjects: Subjects, ids: Collection[int]) -> Sequence[Referral]:
    """Those of these that were answered, about subjects that everybody may read."""
    answered = (Referral.id.in_(ids), Referral.answered_at.is_not(None), *_shown(subjects))
    return db.scalars(select(Referral).where(*answered).order_by(Referral.id)).all()


def promises_among(db: Session, subjects: Subjects, ids: Collection[int]) -> Sequence[Commitment]:
    """Those of these that everybody may read."""
    shown = (Commitment.id.in_(ids), *_shown_promise(subjects))
    return db.scalars(select(Commitment).where(*shown).order_by(Commitment.id)).all()


def answers_standing(db: Session, referral_ids: Sequence[int]) -> Mapping[int, Answer]:
    """By referral, the newest version that stands."""
    found: dict[int, Answer] = {}
    wanted = select(Answer).where(Answer.referral_id.in_(referral_ids), Answer.withdrawn_at.is_(None))
    for answer in db.scalars(wanted.order_by(Answer.referral_id, Answer.version)) if referral_ids else ():
        found[answer.referral_id] = answer
    return found


def promises_of(db: Session, referral_ids: Sequence[int]) -> Mapping[int, Sequence[Commitment]]:
    """By referral, those that stand, by their day."""
    found: dict[int, list[Commitment]] = {}
    wanted = select(Commitment).where(Commitment.referral_id.in_(referral_ids), Commitment.withdrawn_at.is_(None))
    for row in db.scalars(wanted.order_by(Commitment.due_on, Commitment.id)) if referral_ids else ():
        found.setdefault(row.referral_id or 0, []).append(row)
    return found


def said_of(db: Session, referral_ids: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    """By referral, how many said what of its answer; those that nobody spoke of are missing."""
    found: dict[int, dict[str, int]] = {}
    wanted = select(FeedbackCount).where(FeedbackCount.referral_id.in_(referral_ids))
    for row in db.scalars(wanted) if referral_ids else ():
        found.setdefault(row.referral_id, {})[row.addressed] = row.people
    return found


def subjects_of(rows: Sequence[Referral | Commitment]) -> Sequence[SubjectRef]:
    return sorted({SubjectRef(row.subject_kind, row.subject_id) for row in rows})


def _referrals(subjects: Subjects, wanted: Wanted, at: Moment) -> list[ColumnElement[bool]]:
    where = _shown(subjects, wanted.kind)
    match wanted.state:
        case "answered":
            where.append(Referral.answered_at.is_not(None))
        case "late":
            where += [OWED, Referral.due_at <= at.now]
        case "in-time":
            where += [OWED, Referral.due_at > at.now]
        case "returned":
            where.append(Referral.state == ReferralState.RETURNED)
        case _awaiting:
            where.append(OWED)
    if wanted.department_id is not None:
        where.append(Referral.department_id == wanted.department_id)
    if wanted.grade:
        where.append(_graded(Referral.id, wanted.grade))
    return where


def _promises(subjects: Subjects, wanted: Wanted, at: Moment) -> list[ColumnElement[bool]]:
    where = _shown_promise(subjects, wanted.kind)
    if wanted.state == PROMISES_KEPT:
        where.append(Commitment.progress == Progress.DONE)
    else:
        where += [OPEN, Commitment.due_on < at.today]
    if wanted.department_id is not None:
        where.append(Commitment.department_id == wanted.department_id)
    if wanted.grade:
        where.append(_graded(Commitment.referral_id, wanted.grade))
    return where


def _graded(referral_id: Any, grade: str) -> ColumnElement[bool]:
    """Its answer as it stands has this grade."""
    newer = aliased(Answer)
    is_newest = ~exists().where(
        newer.referral_id == Answer.referral_id, newer.version > Answer.version, newer.withdrawn_at.is_(None)
    )
    return exists().where(
        Answer.referral_id == referral_id, Answer.grade == grade, Answer.withdrawn_at.is_(None), is_newest
    )


def _shown(subjects: Subjects, kind: str = "") -> list[ColumnElement[bool]]:
    return [Referral.sandbox.is_(False), readable(subjects, Referral, kind)]


def _shown_promise(subjects: Subjects, kind: str = "") -> list[ColumnElement[bool]]:
    return [
        Commitment.sandbox.is_(False),
        Commitment.withdrawn_at.is_(None),
        readable(subjects, Commitment, kind),
    ]


def readable(subjects: Subjects, row: Any, kind: str = "") -> ColumnElement[bool]:
    """Of a kind that stands on public lists, and its text public at the moment."""
    each = [
        and_(row.subject_kind == name, subject.readable(row.subject_id))
        for name, subject in sorted(subjects.items())
        if kind in ("", name)
    ]
    return or_(*each) if each else false()
