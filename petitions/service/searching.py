"""Staff look for the signatures of one address, each time for a purpose that goes on record.

Nothing stored names an address: its key is worked out for every petition that still knows its
signers, and the keys are looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.audit.model import AuditEntry
from app.core.errors import Conflict, NotFound
from app.core.i18n import _
from app.core.people.addresses import Address
from app.core.security.keys import CannotUnseal, Keys
from app.core.subject import SubjectRef
from app.mail.model import Letter, LetterState
from petitions.identity import address_key, open_signer
from petitions.model.petition import Petition
from petitions.model.signature import Signature, Signer
from petitions.policy import PetitionPolicy
from petitions.rules.lifecycle import SignatureState
from petitions.rules.thresholds import Threshold, fallen
from petitions.service.ending import lock_signature
from petitions.service.holding import ask_again
from petitions.service.standing import lock_standings

MOST_HITS = 200
A_CHUNK = 5_000
#: so long may staff give back news that they stopped
UNDO_FOR = timedelta(hours=1)
NEWS_STOPPED, NEWS_GIVEN_BACK = "petitions.stop-news", "petitions.give-back-news"
_PETITION: Table = Petition.__table__  # type: ignore[assignment]
_SALTS = (
    select(_PETITION.c.id, _PETITION.c.salt)
    .where(_PETITION.c.id > bindparam("after"), _PETITION.c.salt.is_not(None))
    .order_by(_PETITION.c.id)
    .limit(A_CHUNK)
)


class NotPending(Conflict):
    code = "not-pending"
    title = _("This signature needs no letter")
    message = _("Only one that waits to be confirmed gets the letter again. Nothing was sent.")
    way_on = ("/moderation/signatures/{signature}", _("Back to the signature"))


class TooLateToUndo(Conflict):
    code = "too-late-to-undo"
    title = _("News cannot be given back any more")
    message = _(
        "Only what staff stopped within the last hour. The signer can sign up for news again. Nothing was changed."
    )
    way_on = ("/moderation/signatures/{signature}", _("Back to the signature"))


@dataclass(frozen=True, slots=True)
class Hit:
    """One signature under the address; ``name`` is as signed, "" once it was erased."""

    signature: Signature
    petition: Petition
    name: str
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class Found:
    """Newest first; ``more`` where only the newest 200 are here."""

    hits: Sequence[Hit]
    more: bool


def search(
    db: Session, keys: Keys, address: Address, petition_id: int | None, purpose: str, *, by: int, now: datetime
) -> Found:
    """Every signature of an address, in any state. The record keeps who, why and how many, never the address."""
    ids = sorted(_signatures_under(db, keys, address, petition_id), reverse=True)
    hits = _hits(db, keys, ids[:MOST_HITS])
    subject = SubjectRef("petition", petition_id) if petition_id else SubjectRef("petitions.every-petition", 0)
    facts = {"purpose": purpose, "hits": len(ids)}
    audit.record(db, "petitions.search-signatures", subject, by=by, now=now, facts=facts)
    return Found(hits, len(ids) > MOST_HITS)


def _signatures_under(db: Session, keys: Keys, address: Address, petition_id: int | None) -> list[int]:
    found: list[int] = []
    chunks = [_salt_of(db, petition_id)] if petition_id is not None else _salts(db)
    for salts in chunks:
        addresses = [address_key(keys, salt, address.canonical) for salt in salts]
        found += _under(db, addresses)
    return found


def _under(db: Session, addresses: Sequence[bytes]) -> Iterable[int]:
    """Ids of the signatures under these keys, past SQLAlchemy's expanding of a list: half the time for thousands."""
    connection = db.connection()
    sign = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    wanted = ", ".join([sign] * len(addresses))
    sql = f"SELECT id FROM petitions_signature WHERE address_key IN ({wanted})"
    return connection.exec_driver_sql(sql, tuple(addresses)).scalars() if addresses else ()


def _salts(db: Session) -> Iterator[list[bytes]]:
    """Of all petitions that still know their signers, some thousands at a time."""
    after = 0
    while rows := db.connection().execute(_SALTS, {"after": after}).all():
        after = rows[-1][0]
        yield [salt for _petition, salt in rows]


def _salt_of(db: Session, petition_id: int) -> list[bytes]:
    petition = db.get(Petition, petition_id)
    if petition is None:
        raise NotFound
    return [petition.salt] if petition.salt else []


def _hits(db: Session, keys: Keys, ids: Sequence[int]) -> list[Hit]:
    letters = _letters(db, ids)
    rows = (
        select(Signature, Petition, Signer.sealed)
        .join(Petition, Petition.id == Signature.petition_id)
        .outerjoin(Signer, Signer.signature_id == Signature.id)
        .where(Signature.id.in_(ids))
        .order_by(Signature.id.desc())
    )
    return [
        Hit(
            signature,
            petition,
            _name(keys, signature, sealed),
            letters.get((signature.id, LetterState.WAITING), 0),
            letters.get((signature.id, LetterState.DEAD), 0),
        )
        for signature, petition, sealed in db.execute(rows)
    ]


def _letters(db: Session, ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """How many letters of each wait or were given up; each state has an index of its own."""
    found = {}
    for state in (LetterState.WAITING, LetterState.DEAD):
        rows = (
            select(Letter.recipient_id, func.count())
            .where(Letter.state == state, Letter.recipient_kind == "petitions.signature", Letter.recipient_id.in_(ids))
            .group_by(Letter.recipient_id)
        )
        found.update({(signature, str(state)): n for signature, n in db.execute(rows)})
    return found


def _name(keys: Keys, signature: Signature, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    try:
        return open_signer(keys, signature.petition_id, signature.address_key, sealed)["name"]
    except CannotUnseal:
        return ""


# one signature


@dataclass(frozen=True, slots=True)
class Effect:
    """What ending a signature would do to its petition's public count and to what that count had reached."""

    count: int
    after: int
    undone: Sequence[Threshold]


def effect_of_ending(signature: Signature, petition: Petition) -> Effect:
    """As things stand: only a counted signature changes anything."""
    count = petition.signature_count
    if signature.state != SignatureState.VALIDATED:
        return Effect(count, count, ())
    awaiting = {
        Threshold.RESPONSE: petition.response_reached_at is not None and petition.answered_at is None,
        Threshold.DEBATE: petition.debate_reached_at is not None and petition.debate_state is None,
    }
    return Effect(count, count - 1, [t for t in fallen(count - 1, petition) if awaiting[t]])


def signature_and_petition(db: Session, signature_id: int) -> tuple[Signature, Petition]:
    """Raises NotFound."""
    signature = db.get(Signature, signature_id)
    if signature is None:
        raise NotFound
    return signature, db.get_one(Petition, signature.petition_id)


def letters_of(db: Session, signature_id: int) -> dict[str, int]:
    """How many letters to a signer wait or were given up, by state."""
    return {state: n for (_signature, state), n in _letters(db, [signature_id]).items()}


def acts_on(db: Session, signature: Signature) -> Sequence[AuditEntry]:
    """What staff did to one signature, oldest first: the record keeps it with its petition."""
    entries = db.scalars(
        select(AuditEntry)
        .where(AuditEntry.subject_kind == "petition", AuditEntry.subject_id == signature.petition_id)
        .order_by(AuditEntry.id)
    )
    return [e for e in entries if e.facts.get("signature") == signature.id]


def send_again(
    db: Session, keys: Keys, policy: PetitionPolicy, signature_id: int, *, by: int, now: datetime
) -> Signature:
    """The letter that confirms it, within the caps; its link lives anew. Raises :class:`NotPending`, or why not."""
    petition, signature = lock_signature(db, signature_id)
    if signature.state != SignatureState.PENDING:
        raise NotPending(signature=signature_id)
    kept = ask_again(db, keys, policy, lock_standings(db, [petition.id]), [signature], now)
    if kept:
        raise kept[signature_id]
    _record(db, "petitions.send-again", signature, by=by, now=now)
    return signature


def stop_news(db: Session, signature_id: int, *, by: int, now: datetime) -> Signature:
    """No more news of this petition; letters that wait are dropped when their turn comes. Twice changes nothing."""
    _petition, signature = lock_signature(db, signature_id)
    if signature.notify:
        signature.notify = False
        db.flush()
        _record(db, NEWS_STOPPED, signature, by=by, now=now)
    return signature


def give_back_news(db: Session, signature_id: int, *, by: int, now: datetime) -> Signature:
    """Undo :func:`stop_news` within the hour: nobody gets news who did not ask. Raises :class:`TooLateToUndo`."""
    _petition, signature = lock_signature(db, signature_id)
    if signature.notify:
        return signature
    if not may_give_back_news(acts_on(db, signature), now):
        raise TooLateToUndo(signature=signature_id)
    signature.notify = True
    db.flush()
    _record(db, NEWS_GIVEN_BACK, signature, by=by, now=now)
    return signature


def may_give_back_news(acts: Sequence[AuditEntry], now: datetime) -> bool:
    """Whether the newest act on a signature's news was staff stopping it, less than an hour ago."""
    about_news = [a for a in acts if a.act in (NEWS_STOPPED, NEWS_GIVEN_BACK)]
    return bool(about_news) and about_news[-1].act == NEWS_STOPPED and about_news[-1].at > now - UNDO_FOR


def _record(db: Session, act: str, signature: Signature, *, by: int, now: datetime) -> None:
    facts = {"signature": signature.id}
    audit.record(db, act, SubjectRef("petition", signature.petition_id), by=by, now=now, facts=facts)
