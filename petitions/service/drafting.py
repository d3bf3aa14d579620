"""Starting a petition: the checked draft becomes a pending petition, its creator a pending signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exc, select
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.core.people.addresses import Address
from app.core.security.keys import Keys
from app.mail import service as mail
from petitions.identity import identity_keys, mailbox_key, new_salt, seal_signer
from petitions.model.petition import Petition
from petitions.model.signature import Signature, Signer
from petitions.policy import PetitionPolicy
from petitions.rules.blocking import Blocks
from petitions.rules.lifecycle import PetitionState, SignatureState


@dataclass(frozen=True)
class Draft:
    """A checked draft. ``submission_id`` is the random id of its form."""

    action: str
    background: str
    additional_details: str
    creator_name: str
    address: Address
    country: str
    postcode: str
    notify: bool
    privacy: str
    submission_id: str
    #: the network address it came from, for blocks alone; stored nowhere
    client: str = ""
    #: code of the area the creator is counted for
    area: str | None = None


def start(
    db: Session, keys: Keys, policy: PetitionPolicy, draft: Draft, now: datetime, blocks: Blocks | None = None
) -> Petition:
    """Store the petition and its creator's signature; one letter with the secret link leaves.

    The same form sent again, from a second click or another tab, gives the same petition. What
    comes from a blocked source is held: stored, without the letter, until staff look at it.
    """
    same = select(Petition).where(Petition.submission_id == draft.submission_id)
    if (twin := db.scalar(same)) is not None:
        return twin
    petition = _petition(draft, policy, now)
    try:
        with db.begin_nested():
            db.add(petition)
    except exc.IntegrityError:  # the other click was stored in between
        return db.scalars(same).one()
    mailbox = mailbox_key(keys, draft.address)
    held_by = blocks.holding(draft.client, draft.address.canonical, mailbox) if blocks else None
    signature = _sign_as_creator(db, keys, petition, draft, held_by, now)
    petition.creator_signature_id = signature.id
    db.flush()
    if held_by is None and send_secret_link(db, signature.id, mailbox, now):
        signature.letters = 1
        db.flush()
    return petition


def _petition(draft: Draft, policy: PetitionPolicy, now: datetime) -> Petition:
    return Petition(
        state=PetitionState.PENDING,
        action=draft.action,
        background=draft.background,
        additional_details=draft.additional_details,
        creator_name=draft.creator_name,
        salt=new_salt(),
        sponsors_needed=policy.sponsors_needed,
        sponsors_most=policy.sponsors_most,
        response_threshold=policy.response_at,
        debate_threshold=policy.debate_at,
        created_at=now,
        updated_at=now,
        submission_id=draft.submission_id,
    )


def _sign_as_creator(
    db: Session, keys: Keys, petition: Petition, draft: Draft, held_by: int | None, now: datetime
) -> Signature:
    assert petition.salt is not None
    ids = identity_keys(keys, petition.salt, draft.address.canonical, draft.creator_name, draft.postcode)
    signature = Signature(
        id=new_id(),
        petition_id=petition.id,
        state=SignatureState.PENDING if held_by is None else SignatureState.HELD,
        held_by=held_by,
        kind="creator",
        address_key=ids.address,
        name_key=ids.name,
        postcode_key=ids.postcode,
        country=draft.country,
        area=draft.area,
        notify=draft.notify,
        privacy=draft.privacy,
        requested_at=now,
        asked_at=now,
        letters=0,
    )
    db.add(signature)
    db.flush()
    sealed = seal_signer(keys, petition.id, ids.address, draft.creator_name, draft.address, draft.postcode)
    db.add(Signer(signature_id=signature.id, sealed=sealed))
    return signature


def send_secret_link(db: Session, creator_signature_id: int, mailbox: bytes, now: datetime) -> bool:
    """One letter to the creator, unless the mailbox (a keyed digest) has had enough of them today."""
    if mail.room_in_mailboxes(db, [mailbox], now)[mailbox] <= 0:
        return False
    mail.count_letters(db, {mailbox: 1}, now)
    mail.queue(db, [mail.row("petitions/mail/gather_support", ("petitions.signature", creator_signature_id), now)])
    return True
