"""Named questions about cases and reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.subject import SubjectRef
from app.moderation.model import Case, Decision, Reason, Report, Revision
from app.moderation.rules.standards import STANDARDS_VERSION, Verdict


def waiting_cases(db: Session, most: int = 100) -> Sequence[Case]:
    """The queue, longest wait first."""
    return db.scalars(select(Case).where(*_IN_QUEUE).order_by(Case.opened_at, Case.id).limit(most)).all()


#: illegal content has a track of its own
_IN_QUEUE = (Case.state == "waiting", Case.origin != "illegal")


def count_waiting(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Case).where(*_IN_QUEUE)) or 0


def oldest_waiting(db: Session) -> datetime | None:
    """Since when the oldest case waits; None for an empty queue."""
    return db.scalar(select(func.min(Case.opened_at)).where(*_IN_QUEUE))


def decided_lately(db: Session, most: int = 10) -> Sequence[tuple[Case, Decision]]:
    rows = db.execute(
        select(Case, Decision).join(Decision, Decision.case_id == Case.id).order_by(Decision.id.desc()).limit(most)
    )
    return [(case, decision) for case, decision in rows]


def decided_by(db: Session, account_id: int, most: int = 20) -> Sequence[tuple[Case, Decision]]:
    """What one moderator decided lately, the newest first."""
    rows = db.execute(
        select(Case, Decision)
        .join(Decision, Decision.case_id == Case.id)
        .where(Decision.by_id == account_id)
        .order_by(Decision.at.desc(), Decision.id.desc())
        .limit(most)
    )
    return [(case, decision) for case, decision in rows]


def newest_revision(db: Session, case_id: int) -> Revision | None:
    return db.scalar(select(Revision).where(Revision.case_id == case_id).order_by(Revision.id.desc()).limit(1))


class Decided(NamedTuple):
    """One decision about a subject: by whom, and the rule it names in the words it had."""

    decision: Decision
    by: str
    reason: Reason | None


def history(db: Session, subject: SubjectRef) -> Sequence[Decided]:
    """Everything that was ever decided about a subject, in whichever case, the newest first."""
    rows = db.execute(
        select(Decision, Account.name, Reason)
        .join(Case, Case.id == Decision.case_id)
        .join(Account, Account.id == Decision.by_id)
        .outerjoin(
            Reason, (Reason.code == Decision.reason_code) & (Reason.standards_version == Decision.standards_version)
        )
        .where(Case.subject_kind == subject.kind, Case.subject_id == subject.id)
        .order_by(Decision.id.desc())
    )
    return [Decided(decision, name, reason) for decision, name, reason in rows]


def decision_that_stands(db: Session, case_id: int) -> Decided | None:
    """What was decided on one case and not undone since."""
    row = db.execute(
        select(Decision, Account.name, Reason)
        .join(Account, Account.id == Decision.by_id)
        .outerjoin(
            Reason, (Reason.code == Decision.reason_code) & (Reason.standards_version == Decision.standards_version)
        )
        .where(Decision.case_id == case_id, Decision.undone_at.is_(None))
        .order_by(Decision.id.desc())
        .limit(1)
    ).first()
    return Decided(*row) if row else None


def newest_case(db: Session, subject: SubjectRef) -> Case | None:
    return db.get(Case, newest_cases(db, subject.kind, [subject.id]).get(subject.id, 0))


def newest_cases(db: Session, kind: str, ids: Collection[int]) -> Mapping[int, int]:
    """The newest case of each of these subjects that ever had one."""
    rows = (
        select(Case.subject_id, func.max(Case.id))
        .where(Case.subject_kind == kind, Case.subject_id.in_(ids))
        .group_by(Case.subject_id)
    )
    return {subject_id: case_id for subject_id, case_id in db.execute(rows)}


def latest_decision(db: Session, subject: SubjectRef, *, but: Collection[Verdict] = frozenset()) -> Decision | None:
    """What was last decided about a subject and not undone since, ``but`` for these verdicts."""
    return db.scalar(
        select(Decision)
        .join(Case, Case.id == Decision.case_id)
        .where(Case.subject_kind == subject.kind, Case.subject_id == subject.id, Decision.undone_at.is_(None))
        .where(Decision.verdict.not_in([str(verdict) for verdict in but]))
        .order_by(Decision.id.desc())
        .limit(1)
    )


#: of the rules as they are worded now
_NEWEST = select(func.max(Reason.standards_version)).scalar_subquery()


def standards_version(db: Session) -> int:
    """The version of the standards in force; each change of a wording makes a new one."""
    return db.scalar(select(func.max(Reason.standards_version))) or STANDARDS_VERSION


def reasons(db: Session) -> Sequence[Reason]:
    """The rules in force, in their published order."""
    return db.scalars(
        select(Reason).where(Reason.standards_version == _NEWEST, Reason.retired_at.is_(None)).order_by(Reason.place)
    ).all()


def all_reasons(db: Session) -> Sequence[Reason]:
    """Of these standards, in their published order, the retired ones last."""
    return db.scalars(
        select(Reason).where(Reason.standards_version == _NEWEST).order_by(Reason.retired_at.is_not(None), Reason.place)
    ).all()


def uses_of_reasons(db: Session) -> Counter[str]:
    """How many decisions and readers' reports ever named each."""
    named: Counter[str] = Counter()
    for column in (Decision.reason_code, Report.reason_code):
        counts = select(column, func.count()).where(column.is_not(None)).group_by(column)
        named.update({code: times for code, times in db.execute(counts) if code})
    return named


def reason(db: Session, code: str, version: int) -> Reason | None:
    return db.get(Reason, (code, version))


def reason_given(db: Session, subject: SubjectRef, code: str) -> Reason | None:
    """A rule in the words it had when it was last named for this subject; else as it is worded now."""
    given = (
        select(Decision.standards_version)
        .join(Case, Case.id == Decision.case_id)
        .where(Case.subject_kind == subject.kind, Case.subject_id == subject.id, Decision.reason_code == code)
        .order_by(Decision.id.desc())
        .limit(1)
    )
    return reason(db, code, db.scalar(given) or standards_version(db)) if code else None
