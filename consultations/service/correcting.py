"""Another address for a response that waits to be confirmed, because the first one was mistyped."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import TooMany
from app.core.ids import new_id
from app.core.people.addresses import Address
from app.core.security.keys import Keys
from app.mail import service as mail
from app.mail.mailbox import mailbox_key
from consultations.identity import address_key, open_draft, open_respondent, seal_draft, seal_respondent
from consultations.model import Draft, Respondent, Response, ResponseVersion
from consultations.policy import ConsultationPolicy
from consultations.rules.responses import ResponseState
from consultations.rules.sending import ResponseLinkUnknown
from consultations.service.confirming import move_files
from consultations.service.owning import forget
from consultations.service.posting import CONFIRM_LETTER, RESPONSE
from consultations.service.standing import lock_standings


def send_elsewhere(
    db: Session, keys: Keys, policy: ConsultationPolicy, response_id: int, address: Address, now: datetime
) -> int:
    """Answers the number under which it waits from now on; what does not wait any more stays as it is.

    It is a new number, because the first letter's link, in somebody else's mailbox perhaps, confirms the old one. It
    was sent when it was sent: what came in time is in time. Raises TooMany where it has had its letters.
    """
    response, person, draft = _waiting(db, response_id)
    if response is None or person is None:
        return response_id
    salt = lock_standings(db, [response.consultation_id])[response.consultation_id].salt
    words = open_respondent(keys, response.id, person.sealed)
    if salt is None or address.canonical == _canonical(keys, draft):
        return response_id
    mailbox = mailbox_key(keys, address)
    if response.letters >= policy.letters_a_response or mail.room_in_mailboxes(db, [mailbox], now)[mailbox] <= 0:
        raise TooMany(retry_after=86_400)
    number, language = new_id(), response.language
    changes = {
        "id": number,
        "address_key": address_key(keys, salt, address.canonical),
        "asked_at": now,
        "changed_at": now,
        "letters": response.letters + 1,
    }
    _replace(db, response, changes, now)
    sealed = seal_respondent(keys, number, words["name"], address, words["organisation"])
    db.add(Respondent(response_id=number, sealed=sealed))
    if draft is not None and draft.sealed:
        facts = open_draft(keys, draft.id, draft.sealed) | {"email": address.display, "canonical": address.canonical}
        draft.sealed = seal_draft(keys, draft.id, **facts)
    db.flush()
    mail.queue(db, [mail.row(CONFIRM_LETTER, (RESPONSE, number), now) | {"language": language}])
    mail.count_letters(db, {mailbox: 1}, now)
    return number


def _waiting(db: Session, response_id: int) -> tuple[Response | None, Respondent | None, Draft | None]:
    """Locked in the order in which the intake locks them."""
    place = db.execute(
        select(Response.consultation_id, Response.form_key).where(Response.id == response_id)
    ).one_or_none()
    if place is None:
        raise ResponseLinkUnknown
    lock_standings(db, [place.consultation_id])
    mine = select(Draft).where(Draft.consultation_id == place.consultation_id, Draft.form_key == place.form_key)
    draft = db.scalars(mine.with_for_update().execution_options(populate_existing=True)).one_or_none()
    waits = select(Response).where(Response.id == response_id, Response.state == ResponseState.PENDING)
    response = db.scalars(waits.with_for_update(key_share=True).execution_options(populate_existing=True)).one_or_none()
    return response, db.get(Respondent, response_id), draft


def _canonical(keys: Keys, draft: Draft | None) -> str:
    """The address that it waits for, as far as its draft still tells."""
    return open_draft(keys, draft.id, draft.sealed)["canonical"] if draft is not None and draft.sealed else ""


def _replace(db: Session, response: Response, changes: dict[str, object], now: datetime) -> None:
    """The same words under another number; nothing is left under the old one."""
    number, before = int(str(changes["id"])), response.id
    columns = {c.key: getattr(response, c.key) for c in Response.__table__.columns}
    said = db.get_one(ResponseVersion, (before, response.version))
    version = ResponseVersion(
        response_id=number,
        number=said.number,
        questionnaire_version=said.questionnaire_version,
        answers=said.answers,
        at=said.at,
        act_id=number,
    )
    move_files(db, before, number)
    db.expunge(said)
    db.expunge(response)
    forget(db, [before], now)
    db.add(Response(**columns | changes))
    db.flush()
    db.add(version)
