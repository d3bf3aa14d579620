"""The letters that carry a one-time link: to whom, and the link itself, made when the letter leaves."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.accounts import links
from app.accounts.links import Purpose
from app.accounts.model import MailedLink
from app.core.security.keys import Keys
from app.mail.model import Letter
from app.mail.render import Composer, Envelope

#: where each kind of link leads
PATHS = {
    Purpose.SIGN_UP: "/sign-up/{}",
    Purpose.SIGN_IN: "/sign-in/link/{}",
    Purpose.ADDRESS: "/account/address/{}",
    Purpose.MINE: "/mine/{}",
}
TEMPLATES = (
    "accounts/mail/sign_up",
    "accounts/mail/no_account",
    "accounts/mail/have_account",
    "accounts/mail/sign_in",
    "accounts/mail/mine",
    "accounts/mail/change_address",
)
#: letters that tell something and open nothing
NOTICES = ("accounts/mail/address_changed", "accounts/mail/closed")


@dataclass(frozen=True)
class LinkLetters:
    """Composers for every letter with a link to an account."""

    keys: Keys
    base_url: str

    def composers(self) -> dict[str, Composer]:
        found: dict[str, Composer] = dict.fromkeys(TEMPLATES, self.with_link)
        return found | dict.fromkeys(NOTICES, self.notice)

    def with_link(self, db: Session, letter: Letter) -> Envelope | None:
        """None once the link was used or is over: there is nothing left to say."""
        link = db.get(MailedLink, letter.recipient_id)
        if link is None or link.used_at is not None:
            return None
        path = PATHS[Purpose(link.purpose)].format(links.token(self.keys, link))
        return Envelope(links.facts_of(self.keys, link)["email"], {"link": self.base_url + path})

    def notice(self, db: Session, letter: Letter) -> Envelope | None:
        """To an address that opens no account any more."""
        link = db.get(MailedLink, letter.recipient_id)
        return Envelope(links.facts_of(self.keys, link)["email"]) if link is not None else None

    def address_of(self, db: Session, link_id: int) -> str | None:
        return links.address_of(db, self.keys, link_id)
