"""Proving who one is: the password and, where the account has one, a code; counted and slowed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.service import attempts, devices, factor
from app.accounts.service.attempts import Counted
from app.accounts.service.passwords import fits
from app.accounts.service.staffing import account_with
from app.accounts.telling import LetterAbout, tell
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.people.addresses import BadAddress, read_address
from app.core.security import events
from app.core.security.keys import Keys
from app.core.security.passwords import Passwords
from app.core.security.sessions import SignedIn

#: so many wrong codes after a right password: somebody has it who should not, and its owner is told
TOLD_AFTER = 10


@dataclass(frozen=True)
class Where:
    """From where somebody tries: their network, and the cookie of a browser that signed in before."""

    network: str
    device: str = ""


class Prover:
    """One deployment's doorkeeper. ``slows``: off where limits are off."""

    def __init__(self, database: Database, keys: Keys, passwords: Passwords, *, slows: bool) -> None:
        self.database, self.keys, self.passwords, self.slows = database, keys, passwords, slows

    def owner(self, email: str, password: str, where: Where, now: datetime) -> Account | None:
        """Whose address and password these are; None alike where there is no such account. May raise ``TooSoon``."""
        account, counted = self.database.retrying(lambda db: self._let_try(db, email, where, now))
        try:
            good = self._password_fits(account, password)
        except Unavailable:
            self._give_back(counted, now)  # too busy to judge: nobody's fault
            raise
        if good:
            self._give_back(counted, now)
        else:
            events.note("sign-in: a wrong address or password")
        return account if good else None

    def code(self, account: Account, typed: str, where: Where, now: datetime) -> bool:
        """Whether the code is right; it is used up by this."""
        with self.database.reading() as db:
            known = devices.is_known(db, account.id, where.device)
        counted = self._for_code(account, typed, where, known=known)
        self._take(counted, now)
        good = self.database.retrying(lambda db: self._use(db, account.id, typed, now))
        if good:
            self._give_back(counted, now)
            return True
        events.note("sign-in: a wrong code after a right password")
        if self.slows:
            self.database.retrying(lambda db: self._tell_owner(db, account.id, counted, now))
        return False

    def again(self, account: Account, session: SignedIn, password: str, code: str, now: datetime) -> bool:
        """Somebody who is signed in proves once more who they are."""
        counted = [attempts.under(self.keys, "again", attempts.DEVICE, session.id)]
        self._take(counted, now)
        try:
            fits = self._password_fits(account, password)
        except Unavailable:
            self._give_back(counted, now)
            raise
        good = fits and (
            not account.has_factor or self.database.retrying(lambda db: self._use(db, account.id, code, now))
        )
        if good:
            self._give_back(counted, now)
        else:
            events.note("confirming: a wrong password or code")
        return good

    def _let_try(self, db: Session, email: str, where: Where, now: datetime) -> tuple[Account | None, list[Counted]]:
        """Looked up and counted in one transaction: of a flood of guesses, each costs what it must and no more."""
        account = account_with(db, email)
        known = account is not None and devices.is_known(db, account.id, where.device)
        counted = self._for_password(email, where, known=known)
        if self.slows:
            attempts.take(db, counted, now)
        return account, counted

    def _password_fits(self, account: Account | None, password: str) -> bool:
        """Hashing takes long: no transaction waits for it, unless a hash by older rules is renewed."""
        stored = account.password_hash if account else None
        good = self.passwords.check(stored, password)
        if good and account is not None and stored is not None and self.passwords.is_outdated(stored):
            account.password_hash = self.database.retrying(lambda db: self._renewed(db, account.id, password))
        return good

    def _renewed(self, db: Session, account_id: int, password: str) -> str | None:
        account = db.get_one(Account, account_id)
        fits(db, account, password, self.passwords)
        return account.password_hash

    def _use(self, db: Session, account_id: int, typed: str, now: datetime) -> bool:
        return factor.is_right(db, self.keys, db.get_one(Account, account_id), typed, now)

    def _tell_owner(self, db: Session, account_id: int, counted: list[Counted], now: datetime) -> None:
        if attempts.failures(db, counted[0]) == TOLD_AFTER:
            tell(db, account_id, LetterAbout.GUESSING, now)

    def _for_password(self, email: str, where: Where, *, known: bool) -> list[Counted]:
        address = _canonical(email).encode()
        if known:
            return [attempts.under(self.keys, "device", attempts.DEVICE, where.device.encode(), address)]
        return [
            attempts.under(self.keys, "account", attempts.ACCOUNT, address),
            attempts.under(self.keys, "network", attempts.NETWORK, where.network.encode()),
        ]

    def _for_code(self, account: Account, typed: str, where: Where, *, known: bool) -> list[Counted]:
        """A recovery code is too long to be guessed, so nobody's guesses stand in its way."""
        number = b"%d" % account.id
        if known:
            return [attempts.under(self.keys, "device-code", attempts.DEVICE, where.device.encode(), number)]
        if factor.looks_like_recovery(typed):
            return [attempts.under(self.keys, "recovery", attempts.NETWORK, where.network.encode(), number)]
        return [
            attempts.under(self.keys, "code", attempts.CODES, number),
            attempts.under(self.keys, "network", attempts.NETWORK, where.network.encode()),
        ]

    def _take(self, counted: list[Counted], now: datetime) -> None:
        if self.slows:
            self.database.retrying(lambda db: attempts.take(db, counted, now))

    def _give_back(self, counted: list[Counted], now: datetime) -> None:
        if self.slows:
            self.database.retrying(lambda db: attempts.give_back(db, counted, now))


def _canonical(email: str) -> str:
    """What is counted under; what is no address at all counts too, by what was typed."""
    try:
        return read_address(email).canonical
    except BadAddress:
        return email.strip().casefold()[:254]
