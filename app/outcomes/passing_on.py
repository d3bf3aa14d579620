"""What one department owes becomes another's: before it is dissolved, nothing may be left that nobody answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict
from app.core.freshness import SITE, touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.outcomes.model import Commitment, Referral
from app.outcomes.rules.commitments import OPEN
from app.outcomes.rules.referrals import OWED, Move
from app.outcomes.service.referring import give


class StillOwes(Conflict):
    code = "department-still-owes"
    title = _("This department still owes answers or promises")
    message = _(
        "It owes {count} answers and promises. Choose the department that gives them instead. Nothing was changed."
    )
    way_on = ("/admin/departments", _("Back to the departments"))


def owed(db: Session) -> Mapping[int, int]:
    """How many answers and promises each department owes; those that owe none are missing."""
    counts: dict[int, int] = {}
    answers = select(Referral.department_id, func.count()).where(
        Referral.state.in_(OWED), Referral.department_id.is_not(None), Referral.sandbox.is_(False)
    )
    promises = select(Commitment.department_id, func.count()).where(*_PROMISED)
    for department, count in db.execute(answers.group_by(Referral.department_id)):
        counts[department or 0] = count
    for department, count in db.execute(promises.group_by(Commitment.department_id)):
        counts[department] = counts.get(department, 0) + count
    return counts


_PROMISED = (Commitment.progress.in_(OPEN), Commitment.withdrawn_at.is_(None), Commitment.sandbox.is_(False))


def owed_by(db: Session, department_id: int, most: int = 50) -> Sequence[Referral]:
    """The answers this department still owes, the most urgent first."""
    waiting = select(Referral).where(
        Referral.department_id == department_id, Referral.state.in_(OWED), Referral.sandbox.is_(False)
    )
    return db.scalars(waiting.order_by(Referral.due_at, Referral.id).limit(most)).all()


def promised_by(db: Session, department_id: int, most: int = 50) -> Sequence[Commitment]:
    """The promises this department has still to keep, the most urgent first."""
    open_ones = select(Commitment).where(Commitment.department_id == department_id, *_PROMISED)
    return db.scalars(open_ones.order_by(Commitment.due_on, Commitment.id).limit(most)).all()


def pass_on(db: Session, department_id: int, heir_id: int | None, *, by: int, now: datetime) -> int:
    """Every open duty and promise of a department is its heir's, with the dates as they were said; answers how many.

    Raises :class:`StillOwes` where something is owed and there is no heir.
    """
    locked = select(Referral).where(Referral.department_id == department_id, Referral.state.in_(OWED))
    duties = db.scalars(locked.order_by(Referral.id).with_for_update(key_share=True)).all()
    open_ones = select(Commitment).where(Commitment.department_id == department_id, *_PROMISED)
    promises = db.scalars(open_ones.order_by(Commitment.id).with_for_update(key_share=True)).all()
    count = len([d for d in duties if not d.sandbox]) + len(promises)
    if count and heir_id in (None, department_id):
        raise StillOwes(count=count)
    if heir_id is None:
        return 0
    for referral in duties:
        give(db, referral, heir_id, Move.PASSED_ON, now=now, by=by)
    for promise in promises:
        promise.department_id = heir_id
    db.flush()
    facts = {"to": heir_id, "duties": len(duties), "promises": len(promises)}
    audit.record(db, "outcomes.pass-on", SubjectRef("department", department_id), by=by, now=now, facts=facts)
    touch(db, SITE)
    return count
