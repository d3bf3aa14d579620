"""Documents beside a hall."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.freshness import touch
from app.core.i18n import _
from app.files import service as files
from app.files.events import FileSettled
from app.files.model import StoredFile
from app.files.upload import Upload
from townhall.model import Hall
from townhall.queries import halls
from townhall.rules.lifecycle import HallState as S
from townhall.service.locking import KIND, subject_of
from townhall.service.scheduling import noted, owned, record, tell_pages

#: slides come in while people listen, and what was shown comes in after
TAKES = frozenset({S.DRAFT, S.SCHEDULED, S.LIVE, S.ENDED})


class AlreadyPublic(Conflict):
    code = "townhall-document-public"
    title = _("This document is public")
    message = _("People have read it, so it stays. Add a corrected one, and say in its title what changed.")
    way_on = ("/hosting/townhalls/{hall}/documents", _("Back to the documents"))


def attach(db: Session, hall_id: int, upload: Upload, title: str, *, by: int, now: datetime) -> StoredFile:
    """The caller has checked the upload."""
    hall = owned(db, hall_id, by, TAKES)
    kept = files.keep(db, upload, subject_of(hall.id), title=title, by=by, now=now)
    _changed(db, hall, "attach", kept, by, now)
    return kept


def detach(db: Session, hall_id: int, file_id: int, *, by: int, now: datetime) -> None:
    """From a draft alone; :class:`AlreadyPublic` later."""
    hall = owned(db, hall_id, by, TAKES)
    if hall.scheduled_at is not None:
        raise AlreadyPublic(hall=hall_id)
    gone = files.remove(db, file_id, subject_of(hall.id), now=now)
    _changed(db, hall, "detach", gone, by, now)


def is_public(db: Session, hall_id: int) -> bool:
    """Whether everyone may read its documents."""
    return halls.readable_hall(db, hall_id) is not None


def note_settled(db: Session, event: FileSettled) -> None:
    """The scanner has looked at one: the page that lists it changes."""
    if event.owner.kind == KIND and is_public(db, event.owner.id):
        touch(db, f"townhall:{event.owner.id}")


def _changed(db: Session, hall: Hall, act: str, file: StoredFile, by: int, now: datetime) -> None:
    if hall.state == S.DRAFT:
        noted(db, hall, act, by=by, now=now, file=file.id)
        return
    record(db, hall, act, by=by, now=now, file=file.id)
    tell_pages(db, hall, now, by=by)
