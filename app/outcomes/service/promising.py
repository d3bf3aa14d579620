"""A promise made after the answer it goes with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.outcomes.model import Commitment
from app.outcomes.rules.commitments import Promise
from app.outcomes.rules.referrals import WrongState
from app.outcomes.service import committing
from app.outcomes.service.answering import locked
from app.outcomes.service.drafting import refuse_alone


class PromisesChanged(Conflict):
    code = "promises-changed"
    title = _("A promise was made here in the meantime")
    message = _("Yours was not stored. Look at it first: it may be the same.")
    way_on = ("/desk/referrals/{referral}", _("Look at the matter"))


def promise_more(
    db: Session, referral_id: int, department: Department, promise: Promise, *, seen: int, by: int, now: datetime
) -> Commitment:
    """One more promise to an answer that was given; ``seen``: how many stand there already.

    Where two people release, it goes with a corrected answer: raises
    :class:`~app.outcomes.service.drafting.NeedsSecondPerson`. The caller has locked the subject's row.
    """
    referral = locked(db, referral_id, department.id)
    refuse_alone(department, referral_id)
    if referral.answered_at is None:
        raise WrongState(referral=referral_id)
    standing = select(func.count()).where(Commitment.referral_id == referral.id, Commitment.withdrawn_at.is_(None))
    if db.scalar(standing) != seen:
        raise PromisesChanged(referral=referral_id)
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    return committing.make(db, subject, department.id, promise, by=by, now=now, referral=referral)
