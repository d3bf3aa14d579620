"""Documents beside an answer: public while an answer stands, and nobody's business before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.files import service as files
from app.files.events import FileSettled
from app.files.model import StoredFile
from app.files.upload import Upload
from app.outcomes.model import Referral
from app.outcomes.service.answering import locked
from app.outcomes.service.drafting import refuse_alone
from app.outcomes.service.referring import tell_pages

KIND = "outcomes.referral"


def owner(referral_id: int) -> SubjectRef:
    """Whose the files are."""
    return SubjectRef(KIND, referral_id)


def add(
    db: Session, referral_id: int, department: Department, upload: Upload, title: str, *, by: int, now: datetime
) -> StoredFile:
    """Beside the answer. Where two people release, what readers see at once is nobody's alone:
    :class:`~app.outcomes.service.drafting.NeedsSecondPerson` while an answer stands. The caller has locked the
    subject's row.
    """
    referral = _open(db, referral_id, department)
    kept = files.keep(db, upload, owner(referral_id), title=title, by=by, now=now)
    _record(db, "outcomes.add-document", referral, kept, by, now)
    return kept


def remove(db: Session, referral_id: int, department: Department, file_id: int, *, by: int, now: datetime) -> None:
    """Gone for everyone at once; NotFound where the matter has no such document."""
    referral = _open(db, referral_id, department)
    gone = files.remove(db, file_id, owner(referral_id), now=now)
    _record(db, "outcomes.remove-document", referral, gone, by, now)


def is_public(db: Session, referral_id: int) -> bool:
    """Whether an answer stands beside which they are read; whether its subject is public, its room says."""
    referral = db.get(Referral, referral_id)
    return referral is not None and referral.answered_at is not None and not referral.sandbox


def note_settled(db: Session, event: FileSettled) -> None:
    """The scanner has looked at one: the pages that list it change."""
    referral = db.get(Referral, event.owner.id) if event.owner.kind == KIND else None
    if referral is not None:
        tell_pages(db, referral)


def _open(db: Session, referral_id: int, department: Department) -> Referral:
    referral = locked(db, referral_id, department.id)
    if referral.answered_at is not None:
        refuse_alone(department, referral_id)
    return referral


def _record(db: Session, act: str, referral: Referral, file: StoredFile, by: int, now: datetime) -> None:
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    audit.record(db, act, subject, by=by, now=now, facts={"referral": referral.id, "file": file.id})
    tell_pages(db, referral)
