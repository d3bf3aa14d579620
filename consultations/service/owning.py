"""What the owner of a response may do with it: take it back, ask for more privacy, stop the link to its receipt."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.errors import TooMany
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.files import service as files
from app.mail import service as mail
from app.mail.mailbox import address_of, mailbox_key
from consultations.identity import open_respondent
from consultations.model import LatePass, Respondent, Response, ResponseVersion
from consultations.policy import ConsultationPolicy
from consultations.rules.responses import Consent, Publishing, ResponseState, may_become
from consultations.rules.sending import (
    ConsentWeaker,
    ResponseEnded,
    ResponseLinkUnknown,
    TooLateToChange,
    may_withdraw,
)
from consultations.service.posting import CONFIRM_LETTER, RESPONSE
from consultations.service.publishing import note_changed
from consultations.service.standing import Standing, lock_standings, store_counts
from consultations.service.versions import RESPONSE_FILES


def withdraw(db: Session, response_id: int, now: datetime) -> None:
    """It counts no more, for as long as one may respond; again, it changes nothing."""
    standing, response = _locked(db, response_id)
    if response.state == ResponseState.WITHDRAWN:
        return
    if response.state != ResponseState.SUBMITTED:
        raise ResponseEnded(consultation=response.consultation_id)
    late_pass = db.get(LatePass, response.late_pass_id) if response.late_pass_id else None
    if not may_withdraw(standing, late_pass, now):
        raise TooLateToChange(consultation=response.consultation_id)
    _end(db, standing, response, "withdrawn", now)


def disown(db: Session, response_id: int, now: datetime) -> None:
    """Whoever owns the address did not send this. What waits is forgotten at once; what counts is withdrawn."""
    standing, response = _locked(db, response_id)
    if response.state == ResponseState.SUBMITTED:
        _end(db, standing, response, "not-me", now)
        db.execute(delete(Respondent).where(Respondent.response_id == response_id))
    elif response.state == ResponseState.PENDING:
        forget(db, [response_id], now)


def _end(db: Session, standing: Standing, response: Response, why: str, now: datetime) -> None:
    standing.count(late=response.late_pass_id is not None, by=-1)
    response.state, response.ended_at, response.end_reason = ResponseState.WITHDRAWN, now, why
    response.changed_at, response.publishing, response.notify = now, Publishing.WAITING, False
    db.flush()
    mail.drop_waiting(db, RESPONSE, [response.id], now)
    store_counts(db, [standing])
    note_changed(db, [response.id], now)


def ask_for_privacy(db: Session, response_id: int, wanted: Consent, now: datetime) -> None:
    """Less of it may be published from now on, at any time; what is published already goes until it is looked at."""
    _standing, response = _locked(db, response_id)
    if response.state not in (ResponseState.SUBMITTED, ResponseState.PENDING):
        raise ResponseEnded(consultation=response.consultation_id)
    if not may_become(Consent(response.consent), wanted):
        raise ConsentWeaker(consultation=response.consultation_id)
    if response.consent == wanted:
        return
    response.publishing = Publishing.WAITING
    response.consent, response.changed_at = wanted, now
    db.flush()
    note_changed(db, [response_id], now)


def choose_news(db: Session, response_id: int, *, wanted: bool) -> None:
    _standing, response = _locked(db, response_id)
    response.notify = wanted
    db.flush()


def stop_receipt(db: Session, response_id: int, now: datetime) -> None:
    """Nobody reads the receipt by its link any more, whoever has it."""
    _standing, response = _locked(db, response_id)
    response.receipt_stopped_at = response.receipt_stopped_at or now
    db.flush()


def ask_again(db: Session, keys: Keys, policy: ConsultationPolicy, response_id: int, now: datetime) -> None:
    """Another letter to confirm what waits. What does not wait gets none, and is told the same."""
    _standing, response = _locked(db, response_id)
    person = db.get(Respondent, response_id)
    if response.state != ResponseState.PENDING or person is None:
        return
    mailbox = mailbox_key(keys, address_of(open_respondent(keys, response_id, person.sealed)["email"]))
    room = mail.room_in_mailboxes(db, [mailbox], now)[mailbox]
    if response.letters >= policy.letters_a_response or room <= 0:
        raise TooMany(retry_after=86_400)
    response.letters += 1
    db.flush()
    mail.queue(db, [mail.row(CONFIRM_LETTER, (RESPONSE, response_id), now) | {"language": response.language}])
    mail.count_letters(db, {mailbox: 1}, now)


def forget(db: Session, response_ids: list[int], now: datetime) -> None:
    """Everything of responses that never counted."""
    mail.drop_waiting(db, RESPONSE, response_ids, now)
    for number in response_ids:
        files.remove_all(db, SubjectRef(RESPONSE_FILES, number), now=now)
    db.execute(delete(Respondent).where(Respondent.response_id.in_(response_ids)))
    db.execute(delete(ResponseVersion).where(ResponseVersion.response_id.in_(response_ids)))
    db.execute(delete(Response).where(Response.id.in_(response_ids)))
    db.flush()


def _locked(db: Session, response_id: int) -> tuple[Standing, Response]:
    place = db.scalar(select(Response.consultation_id).where(Response.id == response_id))
    standing = lock_standings(db, [place]).get(place) if place is not None else None
    response = db.scalars(
        select(Response)
        .where(Response.id == response_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if standing is None or response is None:
        raise ResponseLinkUnknown
    return standing, response
