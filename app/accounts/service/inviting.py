"""Letters that invite staff to set their password. The link's token is made when the letter leaves."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.model import Account, PasswordLink
from app.accounts.service.passwords import LINK_LIVES
from app.audit import service as audit
from app.core.ids import new_id
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.mail import service as mail
from app.mail.model import Letter, LetterState

INVITATION = "accounts/mail/invitation"
_PURPOSE = "accounts.invitation"


def invite(db: Session, keys: Keys, account: Account, *, by: int | None, now: datetime, reason: str = "") -> None:
    """Mail a link that works once, for three days. Earlier links of the account end."""
    db.execute(delete(PasswordLink).where(PasswordLink.account_id == account.id))
    letter_id = new_id()
    _store(db, keys, letter_id, account.id, now)
    db.flush()
    mail.queue(db, [mail.row(INVITATION, ("account", account.id), now, letter_id=letter_id)])
    facts = {"reason": reason} if reason else {}
    audit.record(db, "accounts.invite", SubjectRef("account", account.id), by=by, now=now, facts=facts)


def make_void(db: Session, fresh: Keys) -> None:
    """With a rotation of the keys every link to set a password ends; letters that still wait get another one."""
    db.execute(delete(PasswordLink))
    waiting = select(Letter).where(Letter.template == INVITATION, Letter.state == str(LetterState.WAITING))
    for letter in db.scalars(waiting):
        _store(db, fresh, letter.id, letter.recipient_id, letter.created_at)
    db.flush()


def token(keys: Keys, letter_id: int) -> str:
    """What stands in the letter's link."""
    return keys.token(_PURPOSE, letter_id)


def _store(db: Session, keys: Keys, letter_id: int, account_id: int, since: datetime) -> None:
    digest = hashlib.sha256(token(keys, letter_id).encode()).digest()
    db.add(PasswordLink(id=digest, account_id=account_id, ends_at=since + LINK_LIVES))
