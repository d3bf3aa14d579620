"""Confirming signatures: slots, numbers and households for a whole batch at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from app.core import ready
from app.core.batches import Prepared
from app.core.errors import Refusal
from petitions.model.signature import Household, Signature
from petitions.policy import PetitionPolicy
from petitions.rules.eligibility import (
    AlreadySigned,
    ConfirmationUnknown,
    OtherPostcode,
    TwoAlready,
    refusal_to_confirm,
)
from petitions.rules.lifecycle import PetitionState, SignatureState
from petitions.service.acts import Confirmed, SignatureConfirmation
from petitions.service.standing import Standing

_SIGNATURE: Table = Signature.__table__  # type: ignore[assignment]
_PLACES = ready.OfMany(
    "petitions.places",
    _SIGNATURE.c.id.type,
    lambda ids: select(_SIGNATURE.c.id, _SIGNATURE.c.petition_id).where(_SIGNATURE.c.id.in_(ids)),
)
_LOCK = (
    select(
        *(
            _SIGNATURE.c[name]
            for name in (
                "id",
                "petition_id",
                "state",
                "kind",
                "number",
                "address_key",
                "name_key",
                "postcode_key",
                "country",
                "area",
                "requested_at",
                "asked_at",
            )
        )
    )
    .where(_SIGNATURE.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_SIGNATURE.c.id)
    .with_for_update(key_share=True)
)
_COUNTED_HERE = ready.OfMany(
    "petitions.counted_here",
    _SIGNATURE.c.address_key.type,
    lambda addresses: select(
        _SIGNATURE.c.address_key, _SIGNATURE.c.slot, _SIGNATURE.c.name_key, _SIGNATURE.c.household
    ).where(_SIGNATURE.c.address_key.in_(addresses), _SIGNATURE.c.state == SignatureState.VALIDATED),
)
_HOUSEHOLD: Table = Household.__table__  # type: ignore[assignment]
_HOUSEHOLDS = Prepared(
    lambda insert: (
        one := insert(_HOUSEHOLD).values({c.name: bindparam(c.name) for c in _HOUSEHOLD.c})
    ).on_conflict_do_update(
        index_elements=["petition_id", "address_key"],
        set_={"postcode_key": one.excluded.postcode_key},
        where=_HOUSEHOLD.c.postcode_key != one.excluded.postcode_key,
    )
)
_VALIDATE = Prepared(
    lambda _insert: (
        update(_SIGNATURE)
        .where(_SIGNATURE.c.id == bindparam("row"))
        .values(
            state=str(SignatureState.VALIDATED),
            slot=bindparam("place"),
            household=bindparam("postcode"),
            number=bindparam("count"),
            validated_at=bindparam("at"),
            confirmed_by=bindparam("by"),
        )
    )
)


@dataclass(frozen=True, slots=True)
class Counted:
    """One newly validated signature."""

    petition_id: int
    signature_id: int
    kind: str
    country: str
    area: str | None
    at: datetime
    count: int  # the petition's count with it
    #: when it was first asked for
    requested_at: datetime


@dataclass(slots=True)
class _Address:
    """What counts already under one address of one petition."""

    slots: set[int] = field(default_factory=set)
    names: set[bytes] = field(default_factory=set)
    postcode: bytes | None = None


def petitions_of(db: Session, signature_ids: Sequence[int]) -> dict[int, int]:
    """Which petition each signature belongs to; that never changes, so no lock is needed."""
    return {row[0]: row[1] for row in _PLACES.rows(db, set(signature_ids))}


def confirm(
    db: Session,
    policy: PetitionPolicy,
    standings: Mapping[int, Standing],
    places: Mapping[int, int],
    acts: Sequence[SignatureConfirmation],
    proofs: Sequence[int],
    answers: dict[int, Any],
    now: datetime,
) -> list[Counted]:
    """Validate what the acts ask for, and the creators whom sponsors proved; answers what was counted."""
    for act in acts:
        if act.signature_id not in places:
            answers[act.id] = ConfirmationUnknown()
    acts = [a for a in acts if a.signature_id in places]
    if not acts and not proofs:
        return []
    rows = _lock_signatures(db, {a.signature_id for a in acts} | set(proofs))
    addresses = _addresses(db, {row.address_key for row in rows.values()})
    batch = _Confirmations(policy, standings, addresses, now)
    for signature_id in proofs:
        batch.prove_creator(rows.get(signature_id))
    for act in acts:
        row = rows.get(act.signature_id)
        answers[act.id] = ConfirmationUnknown() if row is None else batch.confirm(act, row)  # erased meanwhile
    batch.store(db)
    return batch.counted


class _Confirmations:
    """Walks a batch in order and keeps addresses and petitions in step with what it decides."""

    def __init__(
        self,
        policy: PetitionPolicy,
        standings: Mapping[int, Standing],
        addresses: defaultdict[bytes, _Address],
        now: datetime,
    ) -> None:
        self.policy, self.standings, self.addresses, self.now = policy, standings, addresses, now
        self.counted: list[Counted] = []
        self.updates: dict[int, dict[str, Any]] = {}
        self.households: dict[tuple[int, bytes], bytes] = {}

    def prove_creator(self, row: Any) -> None:
        """A supporter came by the secret link, so its owner reads the creator's letters."""
        if row is not None and row.state == SignatureState.PENDING:
            self._take(row, row.id, self.now)
            standing = self.standings[row.petition_id]
            if standing.state == PetitionState.PENDING:
                standing.state = PetitionState.COLLECTING

    def confirm(self, act: SignatureConfirmation, row: Any) -> Any:
        """The answer to one act: a counted signature, or why it does not count."""
        standing = self.standings[row.petition_id]
        if row.state == SignatureState.VALIDATED:
            return Confirmed(row.petition_id, row.number)
        if (done := self.updates.get(row.id)) is not None:  # two clicks in one batch
            return Confirmed(row.petition_id, done["count"])
        refusal = refusal_to_confirm(
            standing,
            state=row.state,
            requested_at=row.requested_at,
            asked_at=row.asked_at,
            at=act.at,
            confirm_days=self.policy.confirm_days,
            grace_hours=self.policy.grace_hours,
        ) or self._refusal_at_address(row)
        if refusal is not None:
            return refusal
        return Confirmed(row.petition_id, self._take(row, act.id, act.at))

    def _refusal_at_address(self, row: Any) -> Refusal | None:
        here = self.addresses[row.address_key]
        if row.name_key in here.names:
            return AlreadySigned(petition=row.petition_id)
        if len(here.slots) >= 2:
            return TwoAlready(petition=row.petition_id)
        if here.slots and here.postcode != row.postcode_key:
            return OtherPostcode(petition=row.petition_id)
        return None

    def _take(self, row: Any, act_id: int, at: datetime) -> int:
        """Give a signature its slot, household and number."""
        standing, here = self.standings[row.petition_id], self.addresses[row.address_key]
        slot = 1 if 1 not in here.slots else 2
        here.slots.add(slot)
        here.names.add(row.name_key)
        here.postcode = row.postcode_key
        standing.last_number += 1
        standing.signature_count += 1
        self.households[row.petition_id, row.address_key] = row.postcode_key
        self.updates[row.id] = {
            "row": row.id,
            "place": slot,
            "postcode": row.postcode_key,
            "count": standing.last_number,
            "at": at,
            "by": act_id,
        }
        count = standing.signature_count
        self.counted.append(Counted(standing.id, row.id, row.kind, row.country, row.area, at, count, row.requested_at))
        return standing.last_number

    def store(self, db: Session) -> None:
        if not self.updates:
            return
        lived_in = sorted(self.households.items())
        _HOUSEHOLDS.run(db, [{"petition_id": p, "address_key": a, "postcode_key": code} for (p, a), code in lived_in])
        _VALIDATE.run(db, sorted(self.updates.values(), key=lambda u: int(u["row"])))


def _lock_signatures(db: Session, ids: set[int]) -> dict[int, Any]:
    rows = db.connection().execute(_LOCK, {"ids": list(ids)})
    return {row.id: row for row in rows}


def _addresses(db: Session, keys: set[bytes]) -> defaultdict[bytes, _Address]:
    found: defaultdict[bytes, _Address] = defaultdict(_Address)
    for key, slot, name, postcode in _COUNTED_HERE.rows(db, keys):
        here = found[key]
        here.slots.add(slot or 0)
        here.names.add(name)
        here.postcode = postcode
    return found
