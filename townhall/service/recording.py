"""After a hall: where its recording is, and lines of captions put right. What a line said before is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import NotFound
from app.core.freshness import touch
from app.departments.queries import of_officer
from townhall.model import Caption, CaptionText, Hall
from townhall.rules.lifecycle import HallState
from townhall.service import log
from townhall.service.locking import HallMovedOn, locked, parts_of, subject_of
from townhall.service.log import Happening
from townhall.service.scheduling import ChangedMeanwhile, NotYours, owned


def may_correct(db: Session, hall: Hall, account_id: int) -> bool:
    """Officials of the department that leads it, and whoever hosted or moderated it."""
    department = of_officer(db, account_id)
    leads = department is not None and department.id == hall.department_id
    return leads or bool(parts_of(db, hall.id, account_id))


def correct_line(db: Session, hall_id: int, number: int, text: str, *, rev: int, by: int, now: datetime) -> Caption:
    """Whoever corrects a line answers for it. Raises ChangedMeanwhile where somebody else was faster."""
    hall = locked(db, hall_id)
    if not may_correct(db, hall, by):
        raise NotYours(hall=hall_id)
    if hall.state != HallState.ENDED:
        raise HallMovedOn(hall=hall_id)
    line = db.get(Caption, (hall_id, number), populate_existing=True)
    if line is None:
        raise NotFound
    if line.rev != rev:
        raise ChangedMeanwhile(hall=hall_id)
    if line.text == text and not line.automatic:
        return line
    db.add(CaptionText(hall_id=hall_id, number=number, rev=line.rev, text=line.text, at=line.at, by_id=line.by_id))
    line.text, line.rev, line.automatic, line.at, line.by_id = text, line.rev + 1, False, now, by
    db.flush()
    log.note(db, hall_id, Happening("caption.line", number, facts={"rev": line.rev}, by_id=by), now)
    return line


def place_recording(db: Session, hall_id: int, url: str, offset: int, *, revision: int, by: int, now: datetime) -> None:
    """Every moment of the archive leads there from now on; an empty address takes it away."""
    hall = owned(db, hall_id, by, [HallState.ENDED])
    if hall.revision != revision:
        raise ChangedMeanwhile(hall=hall_id)
    hall.recording_url, hall.recording_offset = url, offset if url else 0
    hall.revision, hall.updated_at = hall.revision + 1, now
    db.flush()
    audit.record(db, "townhalls.recording", subject_of(hall_id), by=by, now=now, facts={"offset": offset})
    touch(db, f"townhall:{hall_id}")
