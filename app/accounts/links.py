"""One-time links in letters: to sign up, to sign in, to change an address, to see what one signed.

The token follows from the row by the site's keys and is made when the letter leaves; neither the
outbox nor the table holds one. Opening a link shows a button; pressing it uses the link.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account, MailedLink
from app.core.errors import Gone, NotFound
from app.core.i18n import _
from app.core.ids import new_id
from app.core.people.addresses import Address
from app.core.security.keys import Keys
from app.mail import mailbox
from app.mail import service as mail

#: who gets a letter that carries a link
RECIPIENT = "accounts.link"
#: letters that one mailbox may get from these forms in an hour: more help nobody
MOST_AN_HOUR = 5


class Purpose(StrEnum):
    SIGN_UP = "sign-up"
    SIGN_IN = "sign-in"
    ADDRESS = "change-address"
    MINE = "mine"
    #: no link at all: a notice to an address that the account has left
    NOTICE = "notice"


LIVES = {
    Purpose.SIGN_UP: timedelta(hours=24),
    Purpose.SIGN_IN: timedelta(hours=1),
    Purpose.ADDRESS: timedelta(hours=24),
    Purpose.MINE: timedelta(hours=1),
    Purpose.NOTICE: timedelta(days=7),
}


#: the form that sends another letter with a link of each kind
ASKED_FOR_AT = {
    Purpose.SIGN_UP: "/sign-up",
    Purpose.SIGN_IN: "/sign-in/link",
    Purpose.ADDRESS: "/account/details",
    Purpose.MINE: "/mine",
    Purpose.NOTICE: "/sign-in",
}


class LinkOver(Gone):
    """``form``: where another one is asked for."""

    code = "link-over"
    title = _("This link no longer works")
    message = _("It was used, or its time is over. You can ask for a new one; nothing was changed.")
    way_on = ("{form}", _("Ask for a new link"))

    def __init__(self, purpose: str) -> None:
        super().__init__(form=ASKED_FOR_AT[Purpose(purpose)])


class LinkUnknown(NotFound):
    """Copied in part, or from before the site's keys were rotated."""

    code = "link-unknown"
    title = _("We do not know this link")
    message = _("Check that you copied the whole link from the letter. If you did, ask for a new one.")
    way_on = ("{form}", _("Ask for a new link"))

    def __init__(self, purpose: str) -> None:
        super().__init__(form=ASKED_FOR_AT[Purpose(purpose)])


def write(
    db: Session,
    keys: Keys,
    purpose: Purpose,
    template: str,
    address: Address,
    now: datetime,
    *,
    account_id: int | None = None,
    facts: Mapping[str, str] | None = None,
    always: bool = False,
) -> None:
    """Queue a letter with a link to this address. A mailbox that got too many today, or this hour, gets none.

    It goes to the canonical form of the address, as that is the mailbox whose account and signatures are opened.
    ``always``: what strangers asked for stands in nobody's way who is known to be its owner.
    """
    box = mailbox.mailbox_key(keys, address)
    if not always and (mail.room_in_mailboxes(db, [box], now)[box] <= 0 or _lately(db, box, now) >= MOST_AN_HOUR):
        return
    link = MailedLink(
        id=new_id(), purpose=purpose, account_id=account_id, mailbox=box, created_at=now, ends_at=now + LIVES[purpose]
    )
    link.sealed = keys.seal({"email": address.canonical, **(facts or {})}, _bound(link.id))
    db.add(link)
    db.flush()
    mail.count_letters(db, {box: 1}, now)
    mail.queue(db, [mail.row(template, (RECIPIENT, link.id), now)])


def token(keys: Keys, link: MailedLink) -> str:
    """What stands in the letter's link."""
    return keys.token(f"accounts.{link.purpose}", link.id)


def opened(db: Session, keys: Keys, purpose: Purpose, text: str, now: datetime, *, to_use: bool = False) -> MailedLink:
    """The link behind a token. :class:`LinkUnknown` where it was not made here, :class:`LinkOver` once it is over.

    ``to_use``: whoever presses the button twice, or on two letters at once, waits for the first.
    """
    row = keys.read_token(f"accounts.{purpose}", text)
    if row is None:
        raise LinkUnknown(purpose)
    link = db.get(MailedLink, row, populate_existing=True)
    if link is not None and to_use:
        link = _locked_with_sisters(db, link)
    if link is None or link.used_at is not None or link.ends_at <= now:
        raise LinkOver(purpose)
    return link


def facts_of(keys: Keys, link: MailedLink) -> dict[str, str]:
    """What was sealed with it, ``email`` among it."""
    return keys.unseal(link.sealed, _bound(link.id))


def use(db: Session, link: MailedLink, now: datetime) -> None:
    """It works no more; nor do its sisters of the same purpose, which went to the same mailbox."""
    sisters = (MailedLink.mailbox == link.mailbox, MailedLink.purpose == link.purpose)
    db.execute(update(MailedLink).where(*sisters, MailedLink.used_at.is_(None)).values(used_at=now))


def has_living(db: Session, keys: Keys, purpose: Purpose, address: Address, now: datetime) -> bool:
    """Whether a letter to this mailbox holds a link of this kind that still works."""
    box = mailbox.mailbox_key(keys, address)
    living = select(MailedLink.id).where(
        MailedLink.mailbox == box,
        MailedLink.purpose == purpose,
        MailedLink.used_at.is_(None),
        MailedLink.ends_at > now,
    )
    return db.scalar(living.limit(1)) is not None


def void(db: Session, account_id: int, now: datetime) -> None:
    """No letter that was written to this account opens it any more."""
    waiting = (MailedLink.account_id == account_id, MailedLink.used_at.is_(None))
    db.execute(update(MailedLink).where(*waiting).values(used_at=now))


def forget_mailbox(db: Session, keys: Keys, address: Address) -> None:
    """Nothing that was ever sent from here to this mailbox works any more, or says to whom it went."""
    db.execute(delete(MailedLink).where(MailedLink.mailbox == mailbox.mailbox_key(keys, address)))


def address_of(db: Session, keys: Keys, link_id: int) -> str | None:
    """Where the link's letter goes; None once it is over."""
    link = db.get(MailedLink, link_id)
    return facts_of(keys, link)["email"] if link is not None and link.used_at is None else None


def holder(db: Session, link: MailedLink) -> Account | None:
    """The account that it signs in, where it still may."""
    account = db.get(Account, link.account_id) if link.account_id is not None else None
    return account if account is not None and account.disabled_at is None and account.erased_at is None else None


def forget_old(db: Session, now: datetime) -> None:
    """The addresses in links go with them, a day after their time."""
    db.execute(delete(MailedLink).where(MailedLink.ends_at <= now - timedelta(days=1)))


def _locked_with_sisters(db: Session, link: MailedLink) -> MailedLink | None:
    """In the order in which everyone locks them, so that no two who press at once wait for each other."""
    family = (MailedLink.mailbox == link.mailbox, MailedLink.purpose == link.purpose)
    wanted = select(MailedLink).where(*family, or_(MailedLink.used_at.is_(None), MailedLink.id == link.id))
    locked = wanted.order_by(MailedLink.id).with_for_update(key_share=True).execution_options(populate_existing=True)
    return next((one for one in db.scalars(locked).all() if one.id == link.id), None)


def _lately(db: Session, box: bytes, now: datetime) -> int:
    recent = select(MailedLink.id).where(MailedLink.mailbox == box, MailedLink.created_at > now - timedelta(hours=1))
    return len(db.scalars(recent.limit(MOST_AN_HOUR)).all())


def _bound(link_id: int) -> bytes:
    return b"accounts.link" + link_id.to_bytes(8, "big")
