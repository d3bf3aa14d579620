"""The second factor: codes of an authenticator app, and ten recovery codes for the day it is lost."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.accounts.model import SEALED_TOTP, Account, RecoveryCode
from app.accounts.service import devices
from app.accounts.telling import LetterAbout, tell
from app.audit import service as audit
from app.core.db import rows_changed
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.security import sessions, totp
from app.core.security.keys import CannotUnseal, Keys
from app.core.subject import SubjectRef

CODES = 10
OFFER_LIVES = timedelta(hours=1)
#: 80 bits: without letters and digits that look alike
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 16


class OfferOver(Conflict):
    code = "factor-offer-over"
    title = _("This page was open for too long")
    message = _("Your second factor was not changed. Open the page again and scan the new picture.")
    way_on = ("/account/factor", _("Back to your second factor"))


def offer(keys: Keys, account: Account, now: datetime) -> tuple[str, str]:
    """A new secret for an app, and the same sealed for the form's own field: nothing is stored before a code proves it."""
    secret = totp.new_secret()
    facts = {"secret": secret, "ends": str(int((now + OFFER_LIVES).timestamp()))}
    sealed = keys.seal(facts, _bound("offer", account.id), passing=True)
    return secret, base64.urlsafe_b64encode(sealed).decode()


def offered(keys: Keys, account: Account, sealed: str, now: datetime) -> str:
    """The secret that was offered to this account; raises :class:`OfferOver`."""
    try:
        raw = base64.urlsafe_b64decode(sealed.encode("ascii"))
        facts = keys.unseal(raw, _bound("offer", account.id), passing=True)
    except (CannotUnseal, binascii.Error, UnicodeEncodeError, ValueError) as wrong:
        raise OfferOver from wrong
    if now >= datetime.fromtimestamp(int(facts["ends"]), UTC):
        raise OfferOver
    return facts["secret"]


def turn_on(db: Session, keys: Keys, account: Account, secret: str, code: str, now: datetime) -> list[str]:
    """From now on this app's codes are asked for; answers ten new recovery codes. Every session of the account ends."""
    step = totp.step_of(secret, code, now)
    if step is None:
        raise Invalid(
            [FieldError("code", _("This is not the code that the app shows now. Check your device's clock."))]
        )
    had_one = account.has_factor
    sealed = keys.seal({"secret": secret}, _bound("totp", account.id))
    values = {"totp_sealed": sealed, "totp_step": step, "factor_at": now}
    db.execute(update(Account).where(Account.id == account.id).values(values))
    codes = _new_codes(db, account.id)
    sessions.end_all(db, account.id)
    tell(db, account.id, LetterAbout.FACTOR, now, {"what": "changed" if had_one else "on"})
    _record(db, "accounts.factor", account.id, account.id, now)
    return codes


def renew_codes(db: Session, account: Account, now: datetime) -> list[str]:
    """Ten others; the old ones are void."""
    codes = _new_codes(db, account.id)
    tell(db, account.id, LetterAbout.FACTOR, now, {"what": "codes"})
    _record(db, "accounts.recovery-codes", account.id, account.id, now)
    return codes


def reset(db: Session, account_id: int, *, by: int, now: datetime, reason: str = "") -> None:
    """An administrator takes a lost factor away: whoever signs in next sets a new one. Never one's own."""
    account = db.get(Account, account_id)
    if account is None:
        raise NotFound
    if account_id == by:
        raise Conflict
    values = {"totp_sealed": None, "totp_step": 0, "factor_at": None}
    db.execute(update(Account).where(Account.id == account_id).values(values))
    db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    sessions.end_all(db, account_id)
    devices.forget(db, account_id)
    tell(db, account_id, LetterAbout.FACTOR, now, {"what": "reset"})
    _record(db, "accounts.factor-reset", account_id, by, now, **({"reason": reason} if reason else {}))


def is_right(db: Session, keys: Keys, account: Account, typed: str, now: datetime) -> bool:
    """A code of the app or a recovery code, used up by this: the same one never works again."""
    return _use_app_code(db, keys, account, typed, now) or _use_recovery_code(db, account, typed, now)


def looks_like_recovery(typed: str) -> bool:
    return len(_plain(typed)) == _LENGTH


def codes_left(db: Session, account_id: int) -> int:
    unused = RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)
    return db.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0


def _use_app_code(db: Session, keys: Keys, account: Account, typed: str, now: datetime) -> bool:
    if account.totp_sealed is None:
        return False
    secret = keys.unseal(account.totp_sealed, _bound("totp", account.id))["secret"]
    step = totp.step_of(secret, typed, now, after=account.totp_step)
    if step is None:
        return False
    later = update(Account).where(Account.id == account.id, Account.totp_step < step).values(totp_step=step)
    return rows_changed(db.execute(later.execution_options(synchronize_session=False))) == 1


def _use_recovery_code(db: Session, account: Account, typed: str, now: datetime) -> bool:
    if account.totp_sealed is None or not looks_like_recovery(typed):
        return False
    mine = RecoveryCode.id == _code_digest(account.id, _plain(typed)), RecoveryCode.account_id == account.id
    used = update(RecoveryCode).where(*mine, RecoveryCode.used_at.is_(None)).values(used_at=now)
    if rows_changed(db.execute(used)) != 1:
        return False
    tell(db, account.id, LetterAbout.RECOVERY, now, {"left": codes_left(db, account.id)})
    return True


def _new_codes(db: Session, account_id: int) -> list[str]:
    db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = ["".join(secrets.choice(_SIGNS) for _sign in range(_LENGTH)) for _code in range(CODES)]
    db.add_all(RecoveryCode(id=_code_digest(account_id, code), account_id=account_id) for code in codes)
    db.flush()
    return [_in_groups(code) for code in codes]


def _in_groups(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, _LENGTH, 4))


def _plain(typed: str) -> str:
    return "".join(sign for sign in typed.lower() if sign.isalnum())


def _code_digest(account_id: int, code: str) -> bytes:
    return hashlib.sha256(b"recovery code:%d:" % account_id + code.encode()).digest()


def _bound(what: str, account_id: int) -> bytes:
    return SEALED_TOTP + what.encode() + b":%d" % account_id


def _record(db: Session, act: str, account_id: int, by: int, now: datetime, **facts: str) -> None:
    audit.record(db, act, SubjectRef("account", account_id), by=by, now=now, facts=facts)
