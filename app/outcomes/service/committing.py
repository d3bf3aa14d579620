"""Promises: made with an answer, after one, or in a live hall; and how far they come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.outcomes.events import CommitmentMade, CommitmentProgressed
from app.outcomes.model import Commitment, ProgressUpdate, Referral
from app.outcomes.rules.commitments import OPEN, PROGRESS_MOVES, Progress, Promise, Update


class ProgressChanged(Conflict):
    code = "progress-changed"
    title = _("Somebody else noted progress while you were writing")
    message = _("Your note was not stored. Read theirs first, then add yours.")
    way_on = ("/desk/commitments/{commitment}", _("Look at the promise"))


def make(
    db: Session,
    subject: SubjectRef,
    department_id: int,
    promise: Promise,
    *,
    by: int | None,
    now: datetime,
    referral: Referral | None = None,
) -> Commitment:
    """A department promises something about a subject. The caller has locked the subject's row."""
    commitment = Commitment(
        subject_kind=subject.kind,
        subject_id=subject.id,
        referral_id=referral.id if referral else None,
        department_id=department_id,
        text=promise.text,
        owner=promise.owner,
        due_on=promise.due_on,
        progress=Progress.PLANNED,
        sandbox=referral.sandbox if referral else False,
        made_at=now,
        by_id=by,
        updated_at=now,
    )
    db.add(commitment)
    db.flush()
    facts = {"commitment": commitment.id}
    audit.record(db, "outcomes.commit", subject, by=by, now=now, facts=facts)
    if not commitment.sandbox:
        announce(db, CommitmentMade(subject, commitment.id, department_id, now))
    _tell_pages(db, commitment)
    return commitment


def commit_all(db: Session, referral: Referral, promises: Iterable[Promise], *, by: int | None, now: datetime) -> None:
    """Those of an answer."""
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    for promise in promises:
        make(db, subject, referral.department_id or 0, promise, by=by, now=now, referral=referral)


def take_back(db: Session, referral: Referral, now: datetime) -> None:
    """Promises of an answer that nobody was told of."""
    db.execute(
        update(Commitment)
        .where(Commitment.referral_id == referral.id, Commitment.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    db.expire_all()


def report_progress(
    db: Session,
    commitment_id: int,
    department_id: int,
    said: Update,
    *,
    after: int,
    by: int | None,
    now: datetime,
    token: int | None = None,
) -> ProgressUpdate:
    """A dated note that everyone reads. ``after`` is how many updates its writer had seen; ``token``: of the program
    that notes it, in nobody's name.

    A promise of another department is as good as none.
    """
    commitment = locked(db, commitment_id, department_id)
    if commitment.updates != after:
        raise ProgressChanged(commitment=commitment_id)
    _check_move(commitment, said)
    update_ = ProgressUpdate(
        commitment_id=commitment.id,
        number=commitment.updates + 1,
        progress=said.progress,
        note=said.note,
        links=list(said.links),
        due_before=commitment.due_on if said.due_on else None,
        due_after=said.due_on,
        at=now,
        by_id=by,
    )
    db.add(update_)
    commitment.progress, commitment.updated_at, commitment.updates = said.progress, now, update_.number
    commitment.due_on = said.due_on or commitment.due_on
    commitment.ended_at = None if said.progress in OPEN else (commitment.ended_at or now)
    db.flush()
    subject = SubjectRef(commitment.subject_kind, commitment.subject_id)
    facts: dict[str, object] = {"commitment": commitment.id, "update": update_.number, "progress": str(said.progress)}
    facts |= {} if token is None else {"token": token}
    audit.record(db, "outcomes.progress", subject, by=by, now=now, facts=facts)
    if not commitment.sandbox:
        announce(db, CommitmentProgressed(subject, commitment.id, department_id, said.progress, update_.id, now))
    _tell_pages(db, commitment)
    return update_


def _check_move(commitment: Commitment, said: Update) -> None:
    """A note without a step is welcome; a step must be one of the life, and what has ended has no new date."""
    before = Progress(commitment.progress)
    if said.progress != before and said.progress not in PROGRESS_MOVES[before]:
        raise Invalid([FieldError("progress", _("It cannot go from there to that."))])
    if said.due_on is not None and said.progress not in OPEN:
        raise Invalid([FieldError("due", _("What is done or dropped has no new date."))])
    if said.due_on is not None and said.due_on <= commitment.due_on:
        raise Invalid([FieldError("due", _("Choose a day later than the one that stands."))])


def locked(db: Session, commitment_id: int, department_id: int | None) -> Commitment:
    """A standing promise of this department (None: of any), its row locked; :class:`NotFound`."""
    wanted = select(Commitment).where(Commitment.id == commitment_id, Commitment.withdrawn_at.is_(None))
    if department_id is not None:
        wanted = wanted.where(Commitment.department_id == department_id)
    found = db.scalar(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def _tell_pages(db: Session, commitment: Commitment) -> None:
    if not commitment.sandbox:
        subject = SubjectRef(commitment.subject_kind, commitment.subject_id)
        touch(db, "outcomes", str(subject), f"department:{commitment.department_id}")
