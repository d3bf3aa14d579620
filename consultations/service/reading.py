"""Reading responses one by one: read or unread, notes, and leaving out what is abuse."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exc, func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from consultations.model import Consultation, Response, ResponseNote
from consultations.queries import responses
from consultations.queries.reach import leading, reach
from consultations.rules.reading import read_note, read_reason
from consultations.rules.responses import RESPONSE_MOVES, Publishing, ResponseState


class AlreadyCounted(Conflict):
    """Its writer has another response that counts by now."""

    code = "already-counted"
    title = _("This response cannot count again")
    message = _("Its writer has sent another one since, and that one counts.")
    way_on = ("/desk/consultations", _("Back to the consultations"))


class AlreadyPublished(Conflict):
    code = "already-published"
    title = _("This response is public")
    message = _("Withhold it first, with the reason that everyone reads; then leave it out.")
    way_on = ("/desk/consultations", _("Back to the consultations"))


def mark_time(db: Session, consultation_id: int, now: datetime) -> datetime:
    """When a desk marks something: later than every mark before, whatever the clocks say."""
    last = db.scalar(select(func.max(Response.marked_at)).where(Response.consultation_id == consultation_id))
    return now if last is None else max(now, last + timedelta(microseconds=1))


def mark_read(db: Session, consultation_id: int, response_id: int, *, read: bool, by: int, now: datetime) -> None:
    """The version that stands was read, or was not after all."""
    reach(db, by, consultation_id)
    response = responses.one(db, consultation_id, response_id, lock=True)
    if read == (response.read_version == response.version):
        return
    response.read_version = response.version if read else None
    response.read_at, response.read_by_id = (now, by) if read else (None, None)
    response.marked_at = mark_time(db, consultation_id, now)


def add_note(db: Session, consultation_id: int, response_id: int, text: str, *, by: int, now: datetime) -> None:
    """Raises BadField for an empty one."""
    note = read_note(text)
    reach(db, by, consultation_id)
    response = responses.one(db, consultation_id, response_id)
    db.add(ResponseNote(response_id=response.id, text=note, at=now, by_id=by))


def remove_note(db: Session, consultation_id: int, response_id: int, note_id: int, *, by: int, now: datetime) -> None:
    """Off the page; the row stays, with who took it off."""
    reach(db, by, consultation_id)
    response = responses.one(db, consultation_id, response_id)
    note = db.get(ResponseNote, note_id)
    if note is None or note.response_id != response.id:
        raise NotFound
    if note.removed_at is None:
        note.removed_at, note.removed_by_id = now, by


def reject(db: Session, consultation_id: int, response_id: int, reason: str, *, by: int, now: datetime) -> None:
    """Leave it out of every count as abuse; it is kept, and the reason with it. The lead department alone does so."""
    why = read_reason(reason)
    consultation = leading(db, by, consultation_id, lock=True).consultation
    response = responses.one(db, consultation_id, response_id, lock=True)
    if response.state == ResponseState.REJECTED:
        return
    if response.publishing == Publishing.PUBLISHED:
        raise AlreadyPublished
    _move(db, consultation, response, ResponseState.REJECTED, now)
    response.ended_at, response.end_reason = now, why
    if response.publishing == Publishing.READY:
        response.publishing = Publishing.WAITING
    _tell(db, consultation, response, "consultations.reject", by, now)


def restore(db: Session, consultation_id: int, response_id: int, *, by: int, now: datetime) -> None:
    """It counts again; raises AlreadyCounted where its writer has another one that does."""
    consultation = leading(db, by, consultation_id, lock=True).consultation
    response = responses.one(db, consultation_id, response_id, lock=True)
    if response.state == ResponseState.SUBMITTED:
        return
    try:
        with db.begin_nested():
            response.state = ResponseState.SUBMITTED
    except exc.IntegrityError as taken:
        raise AlreadyCounted from taken
    response.state = ResponseState.REJECTED
    _move(db, consultation, response, ResponseState.SUBMITTED, now)
    response.ended_at, response.end_reason = None, ""
    _tell(db, consultation, response, "consultations.restore", by, now)


def _move(db: Session, consultation: Consultation, response: Response, state: ResponseState, now: datetime) -> None:
    assert state in RESPONSE_MOVES[ResponseState(response.state)]
    response.state = state
    response.marked_at = mark_time(db, consultation.id, now)
    response.changed_at = max(now, response.changed_at)
    by = 1 if state == ResponseState.SUBMITTED else -1
    consultation.response_count += by
    consultation.late_count += by if response.late_pass_id is not None else 0
    db.flush()


def _tell(db: Session, consultation: Consultation, response: Response, act: str, by: int, now: datetime) -> None:
    db.flush()
    facts = {"consultation": consultation.id}
    audit.record(db, act, SubjectRef("response", response.id), by=by, now=now, facts=facts)
    touch(db, f"consultation:{consultation.id}", "consultations")
