"""No more news: of one petition, or of every petition that an address has signed; and news again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.people.addresses import read_address
from app.core.security.keys import Keys
from app.mail import service as mail
from petitions.identity import address_key, open_signer
from petitions.model.petition import Announcement, Petition
from petitions.model.signature import Signature, Signer
from petitions.rules.lifecycle import SignatureState

#: what a letter's row says when its reader wanted no more
UNSUBSCRIBED = "unsubscribed"
#: petitions looked at in one question, and signatures that one press of the undo button brings back
A_STEP, MOST_UNDONE = 500, 1_000
_LIVES = (SignatureState.PENDING, SignatureState.HELD, SignatureState.VALIDATED)


def stop_news(db: Session, signature_ids: Collection[int], now: datetime) -> list[int]:
    """These signers get no more news, nor what waits to be sent; answers which of them had wanted any."""
    wanted = _locked(db, signature_ids, notify=True)
    _wish(db, wanted, notify=False)
    mail.drop_unwanted(db, _waiting_news(db, wanted), UNSUBSCRIBED, now)
    return wanted


def send_news_again(db: Session, signature_ids: Collection[int]) -> None:
    """The undo of :func:`stop_news`; a signature that ended, or whose signer was forgotten, stays silent."""
    silent = _locked(db, signature_ids, notify=False)
    known = set(db.scalars(select(Signer.signature_id).where(Signer.signature_id.in_(silent))))
    again = [row for row in silent if row in known]
    _wish(db, again, notify=True)
    mail.want_again(db, _waiting_news(db, again), UNSUBSCRIBED)


def signed_with_the_address_of(db: Session, keys: Keys, signature_id: int) -> list[int]:
    """Every living signature under this one's address that wants news, the newest first; itself among them.

    Signatures are kept under keys of their petitions' own, so each petition that still knows its
    signers is asked. Empty where this one's signer was forgotten.
    """
    signature, signer = db.get(Signature, signature_id), db.get(Signer, signature_id)
    if signature is None or signer is None:
        return []
    words = open_signer(keys, signature.petition_id, signature.address_key, signer.sealed)
    canonical = read_address(words["email"]).canonical
    found: list[int] = []
    for salts in _salts(db):
        under = [address_key(keys, salt, canonical) for salt in salts]
        living = select(Signature.id).where(
            Signature.address_key.in_(under), Signature.notify, Signature.state.in_(_LIVES)
        )
        found += db.scalars(living)
    return sorted(found, reverse=True)


def _salts(db: Session) -> Iterator[Sequence[bytes]]:
    rows = db.scalars(select(Petition.salt).where(Petition.salt.is_not(None)).execution_options(yield_per=A_STEP))
    for some in rows.partitions():
        yield [salt for salt in some if salt is not None]


def _locked(db: Session, signature_ids: Collection[int], *, notify: bool) -> list[int]:
    """Those that live and have this wish, in a steady order so that nobody waits in a circle."""
    rows = (
        select(Signature.id)
        .where(Signature.id.in_(signature_ids), Signature.notify.is_(notify), Signature.state.in_(_LIVES))
        .order_by(Signature.id)
        .with_for_update(key_share=True)
    )
    return list(db.scalars(rows))


def _wish(db: Session, signature_ids: Sequence[int], *, notify: bool) -> None:
    db.execute(update(Signature).where(Signature.id.in_(signature_ids)).values(notify=notify))


def _waiting_news(db: Session, signature_ids: Sequence[int]) -> list[str]:
    """By what the outbox calls each letter of these signers' petitions."""
    rows = (
        select(Announcement.id, Signature.id)
        .join(Signature, Signature.petition_id == Announcement.petition_id)
        .where(Signature.id.in_(signature_ids), Announcement.cancelled_at.is_(None))
    )
    return [f"petition-news:{news}:{signature}" for news, signature in db.execute(rows)]
