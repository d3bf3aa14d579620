"""Documents beside a consultation; those in easy read are an owner's of their own, so that they can stand first."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.files import service as files
from app.files.events import FileSettled
from app.files.model import StoredFile
from app.files.upload import Upload
from consultations import queries
from consultations.model import Consultation
from consultations.rules.lifecycle import EditorialState as E
from consultations.service.editing import note_author
from consultations.service.locking import KIND, must_be, owned, record, tell_pages

EASY = "consultation.easy"
#: documents may still come while people read; what they have read does not go
TAKES = frozenset({E.DRAFT, E.PUBLISHED})


class AlreadyPublic(Conflict):
    code = "document-public"
    title = _("This document is public")
    message = _("People have read it, so it stays. Add a corrected one, and say in its title what changed.")
    way_on = ("/hosting/consultations/{consultation}/documents", _("Back to the documents"))


def owners(consultation_id: int) -> tuple[SubjectRef, SubjectRef]:
    """Whose the files are: those in easy read first."""
    return SubjectRef(EASY, consultation_id), SubjectRef(KIND, consultation_id)


def attach(
    db: Session, consultation_id: int, upload: Upload, title: str, *, easy: bool, by: int, now: datetime
) -> StoredFile:
    """Of a draft, or of what is public already. The caller has checked the upload."""
    consultation = owned(db, consultation_id, by)
    must_be(consultation, TAKES)
    owner = owners(consultation_id)[0 if easy else 1]
    kept = files.keep(db, upload, owner, title=title, by=by, now=now)
    _changed(db, consultation, "attach", kept, by, now)
    return kept


def detach(db: Session, consultation_id: int, file_id: int, *, easy: bool, by: int, now: datetime) -> None:
    """From a draft alone; :class:`AlreadyPublic` later."""
    consultation = owned(db, consultation_id, by)
    if consultation.published_at is not None:
        raise AlreadyPublic(consultation=consultation_id)
    must_be(consultation, TAKES)
    gone = files.remove(db, file_id, owners(consultation_id)[0 if easy else 1], now=now)
    _changed(db, consultation, "detach", gone, by, now)


def is_public(db: Session, consultation_id: int) -> bool:
    """Whether everyone may read its documents."""
    return queries.public_consultation(db, consultation_id) is not None


def note_settled(db: Session, event: FileSettled) -> None:
    """The scanner has looked at one: the page that lists it changes."""
    if event.owner.kind in (KIND, EASY) and (found := db.get(Consultation, event.owner.id)) is not None:
        tell_pages(db, found)


def _changed(db: Session, consultation: Consultation, act: str, file: StoredFile, by: int, now: datetime) -> None:
    if consultation.state == E.DRAFT:
        note_author(db, consultation, by=by, now=now)
    record(db, consultation, act, by=by, now=now, file=file.id)
    tell_pages(db, consultation)
