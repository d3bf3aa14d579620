"""Asking for signatures: new pending rows, or another letter to whoever asked before.

The answer is the same whatever is found; only the letter differs, and only the mailbox's owner
reads it. What comes from a blocked source is held: stored, without a letter, until staff look.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from app.core import ready
from app.core.batches import Prepared, insert_many
from app.core.db import rows_changed
from app.core.errors import Refusal
from app.core.security.keys import Keys
from app.mail import service as mail
from petitions.identity import IdentityKeys, identity_keys, mailbox_key, seal_signer
from petitions.model.signature import Signature, Signer
from petitions.policy import PetitionPolicy
from petitions.rules.blocking import Blocks
from petitions.rules.eligibility import NotOpen, refusal_to_request
from petitions.rules.lifecycle import PetitionState, SignatureState
from petitions.rules.stops import Stopped, refusal_while_stopped
from petitions.service.acts import Requested, SignatureRequest
from petitions.service.standing import Standing

CONFIRM_LETTER = "petitions/mail/confirm"
SIGNED_LETTER = "petitions/mail/already_signed"
_SIGNATURE: Table = Signature.__table__  # type: ignore[assignment]
_SIGNER: Table = Signer.__table__  # type: ignore[assignment]
_KNOWN = ready.OfMany(
    "petitions.known",
    _SIGNATURE.c.address_key.type,
    lambda addresses: (
        select(
            _SIGNATURE.c.address_key,
            _SIGNATURE.c.id,
            _SIGNATURE.c.name_key,
            _SIGNATURE.c.postcode_key,
            _SIGNATURE.c.country,
            _SIGNATURE.c.state,
            _SIGNATURE.c.letters,
            _SIGNATURE.c.notify,
            _SIGNATURE.c.area,
        )
        .where(
            _SIGNATURE.c.address_key.in_(addresses),
            _SIGNATURE.c.state.in_((SignatureState.PENDING, SignatureState.HELD, SignatureState.VALIDATED)),
        )
        .order_by(_SIGNATURE.c.id)
    ),
)
_ASKED_AGAIN = Prepared(
    lambda _insert: (
        update(_SIGNATURE)
        .where(_SIGNATURE.c.id == bindparam("row"))
        .values(letters=bindparam("sent"), asked_at=bindparam("at"), notify=bindparam("news"), area=bindparam("place"))
    )
)


@dataclass(slots=True)
class Known:
    """A signature that this address has, or gets in this batch."""

    id: int
    name_key: bytes
    postcode_key: bytes
    country: str
    state: str
    letters: int
    notify: bool
    area: str | None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Hindrances:
    """What stands in the way of requests at the moment: blocked sources; what is stopped, and since which day."""

    blocks: Blocks = field(default_factory=Blocks)
    stopped: Stopped = field(default_factory=Stopped)
    since: str = ""

    def refusal(self, petition_id: int) -> Refusal | None:
        return refusal_while_stopped(self.stopped, petition_id, since=self.since)


@dataclass(frozen=True, slots=True)
class Asked:
    """What requests brought beside their letters: the creators' signatures that sponsors proved, and when each of those
    that are new, and not held, was asked for by the public form."""

    proofs: list[int]
    new: list[datetime]


class _Requests:
    """What one batch of requests adds up to."""

    def __init__(self) -> None:
        self.signatures: list[tuple[dict[str, Any], Known]] = []
        self.replaced: set[int] = set()
        self.signers: list[dict[str, Any]] = []
        self.repeats: dict[int, tuple[int, datetime, bool, str | None]] = {}
        self.letters: list[dict[str, Any]] = []
        self.mailboxes: Counter[bytes] = Counter()
        self.proofs: list[int] = []
        self.asked: list[datetime] = []


def request(
    db: Session,
    keys: Keys,
    policy: PetitionPolicy,
    hindrances: Hindrances,
    standings: Mapping[int, Standing],
    acts: Sequence[SignatureRequest],
    answers: dict[int, Any],
    now: datetime,
) -> Asked:
    """Store the requests and their letters."""
    admitted: list[tuple[SignatureRequest, Standing, IdentityKeys, bytes]] = []
    for act in acts:
        standing = standings.get(act.petition_id)
        refusal = refusal_to_request(standing, sponsor=act.sponsor, at=act.at) or hindrances.refusal(act.petition_id)
        if refusal is not None or standing is None or standing.salt is None:
            answers[act.id] = refusal or NotOpen(petition=act.petition_id)
            continue
        answers[act.id] = Requested(act.petition_id)
        ids = identity_keys(keys, standing.salt, act.address.canonical, act.name, act.postcode)
        admitted.append((act, standing, ids, mailbox_key(keys, act.address)))
    if not admitted:
        return Asked([], [])
    known = _known(db, {ids.address for _a, _s, ids, _m in admitted})
    room = mail.room_in_mailboxes(db, [mailbox for *_rest, mailbox in admitted], now)
    todo = _Requests()
    for act, standing, ids, mailbox in admitted:
        held_by = hindrances.blocks.holding(act.client, act.address.canonical, mailbox) if hindrances.blocks else None
        if held_by is not None:
            _hold(todo, keys, act, standing, ids, known[ids.address], held_by)
            continue
        if act.sponsor and standing.state == PetitionState.PENDING and standing.creator_signature_id:
            todo.proofs.append(standing.creator_signature_id)
        _settle(todo, keys, policy, act, standing, ids, mailbox, known[ids.address], room)
        if act.replaces is not None:
            todo.replaced.add(act.replaces)
    _store(db, todo, now)
    return Asked(sorted(set(todo.proofs)), todo.asked)


def _settle(
    todo: _Requests,
    keys: Keys,
    policy: PetitionPolicy,
    act: SignatureRequest,
    standing: Standing,
    ids: IdentityKeys,
    mailbox: bytes,
    known: list[Known],
    room: dict[bytes, int],
) -> None:
    """One request: a letter about a signature that stands, a repeat, or a new pending row."""
    counted = [k for k in known if k.state == SignatureState.VALIDATED]
    standing_one = _in_its_way(counted, ids)
    if standing_one is not None:
        facts = {"same": standing_one.name_key == ids.name, "full": len(counted) > 1}
        _letter(todo, policy, act, SIGNED_LETTER, standing_one, mailbox, room, facts)
        return
    asked = next((k for k in known if _is_same_request(k, ids, act.country)), None)
    if asked is None:
        asked = _new(todo, keys, act, standing, ids, known, SignatureState.PENDING)
        if not act.sponsor:
            todo.asked.append(act.at)
    asked.notify, asked.area = act.notify, act.area or None  # the newest wish counts, until it is confirmed
    _letter(todo, policy, act, CONFIRM_LETTER, asked, mailbox, room, {})


def _hold(
    todo: _Requests,
    keys: Keys,
    act: SignatureRequest,
    standing: Standing,
    ids: IdentityKeys,
    known: list[Known],
    held_by: int,
) -> None:
    """A blocked source: kept for staff, once; what it asked before or has signed stays as it is."""
    counted = [k for k in known if k.state == SignatureState.VALIDATED]
    if _in_its_way(counted, ids) or any(_is_same_request(k, ids, act.country) for k in known):
        return
    if any(_is_same_request(k, ids, act.country, SignatureState.HELD) for k in known):
        return
    _new(todo, keys, act, standing, ids, known, SignatureState.HELD, held_by)


def _in_its_way(counted: Sequence[Known], ids: IdentityKeys) -> Known | None:
    """The counted signature that this one would repeat, or that leaves it no room at its address."""
    same = next((k for k in counted if k.name_key == ids.name), None)
    if same is None and (len(counted) > 1 or any(k.postcode_key != ids.postcode for k in counted)):
        return counted[0]
    return same


def _new(
    todo: _Requests,
    keys: Keys,
    act: SignatureRequest,
    standing: Standing,
    ids: IdentityKeys,
    known: list[Known],
    state: SignatureState,
    held_by: int | None = None,
) -> Known:
    """A new row with the signer's words sealed beside it."""
    made = Known(act.id, ids.name, ids.postcode, act.country, state, 0, act.notify, act.area or None, is_new=True)
    known.append(made)
    todo.signatures.append((_row(act, standing, ids, state, held_by), made))
    sealed = seal_signer(keys, standing.id, ids.address, act.name, act.address, act.postcode)
    todo.signers.append({"signature_id": act.id, "sealed": sealed})
    return made


def _letter(
    todo: _Requests,
    policy: PetitionPolicy,
    act: SignatureRequest,
    template: str,
    signature: Known,
    mailbox: bytes,
    room: dict[bytes, int],
    facts: dict[str, Any],
) -> None:
    """One more letter, unless this signature or this mailbox has had enough of them."""
    if signature.letters < policy.letters_a_signature and room[mailbox] > 0:
        signature.letters += 1
        room[mailbox] -= 1
        todo.mailboxes[mailbox] += 1
        recipient = ("petitions.signature", signature.id)
        todo.letters.append(mail.row(template, recipient, act.at, letter_id=act.id, facts=facts))
    if not signature.is_new:
        todo.repeats[signature.id] = (signature.letters, act.at, signature.notify, signature.area)


def _known(db: Session, addresses: set[bytes]) -> defaultdict[bytes, list[Known]]:
    """Signatures that pend or count, by address key (which already names its petition)."""
    found: defaultdict[bytes, list[Known]] = defaultdict(list)
    for row in _KNOWN.rows(db, addresses):
        found[row[0]].append(Known(*row[1:]))
    return found


def _is_same_request(
    known: Known, ids: IdentityKeys, country: str, state: SignatureState = SignatureState.PENDING
) -> bool:
    return (
        known.state == state
        and known.name_key == ids.name
        and known.postcode_key == ids.postcode
        and known.country == country
    )


def _row(
    act: SignatureRequest, standing: Standing, ids: IdentityKeys, state: SignatureState, held_by: int | None
) -> dict[str, Any]:
    return {
        "id": act.id,
        "petition_id": standing.id,
        "state": str(state),
        "kind": "sponsor" if act.sponsor and not standing.is_published else "public",
        "address_key": ids.address,
        "name_key": ids.name,
        "postcode_key": ids.postcode,
        "country": act.country,
        "area": act.area or None,
        "notify": act.notify,
        "privacy": act.privacy,
        "requested_at": act.at,
        "asked_at": act.at,
        "letters": 0,
        "held_by": held_by,
    }


def _store(db: Session, todo: _Requests, now: datetime) -> None:
    for row, made in todo.signatures:
        row["letters"], row["notify"], row["area"] = made.letters, made.notify, made.area
    insert_many(db, _SIGNATURE, [row for row, _made in todo.signatures])
    insert_many(db, _SIGNER, todo.signers)
    _lapse(db, todo, now)
    if todo.repeats:
        rows = [
            {"row": i, "sent": n, "at": at, "news": news, "place": area}
            for i, (n, at, news, area) in sorted(todo.repeats.items())
        ]
        _ASKED_AGAIN.run(db, rows)
    mail.count_letters(db, todo.mailboxes, now)
    mail.queue(db, todo.letters)


def _lapse(db: Session, todo: _Requests, now: datetime) -> None:
    """Requests whose address was corrected: their links are dead, their words are gone.

    One that another request joined in between (somebody asked again in the same words) stays.
    """
    for signature_id in sorted(todo.replaced - todo.repeats.keys()):
        lapsed = db.execute(
            update(_SIGNATURE)
            .where(_SIGNATURE.c.id == signature_id, _SIGNATURE.c.state == str(SignatureState.PENDING))
            .values(state=str(SignatureState.WITHDRAWN), ended_at=now, end_reason="corrected")
        )
        if rows_changed(lapsed):
            db.execute(delete(_SIGNER).where(_SIGNER.c.signature_id == signature_id))
