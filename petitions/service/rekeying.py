"""Signers moved to a new secret: their sealed words, and the keys under which their address signed.

In the order of the signatures' own numbers, which no secret changes. Where the words were erased
nothing can be worked out anew, and nothing needs to be: nobody can sign under those keys any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Table, bindparam, delete, exists, select, tuple_, update
from sqlalchemy.orm import Session

from app.core.batches import upsert
from app.core.i18n import _
from app.core.security.keys import CannotUnseal, Keys
from app.core.security.rekeying import Step
from app.mail.mailbox import address_of
from petitions.identity import IdentityKeys, identity_keys, open_signer, seal_signer
from petitions.model.operation import Block
from petitions.model.petition import Petition
from petitions.model.signature import Household, Signature, Signer

A_STEP = 500
_SIGNATURE: Table = Signature.__table__  # type: ignore[assignment]
_SIGNER: Table = Signer.__table__  # type: ignore[assignment]
_HOUSEHOLD: Table = Household.__table__  # type: ignore[assignment]
_NEW_KEYS = (
    update(_SIGNATURE)
    .where(_SIGNATURE.c.id == bindparam("row"))
    .values({name: bindparam(f"new_{name}") for name in ("address_key", "name_key", "postcode_key", "household")})
)
_NEW_WORDS = update(_SIGNER).where(_SIGNER.c.signature_id == bindparam("row")).values(sealed=bindparam("words"))


@dataclass(frozen=True)
class _Moved:
    """A signature as it was, with the keys it gets and its words sealed anew."""

    row: Row[Signature, bytes | None, bytes]
    keys: IdentityKeys | None
    sealed: bytes

    @property
    def signature(self) -> Signature:
        return self.row[0]

    @property
    def home(self) -> tuple[int, bytes] | None:
        """Petition and old address key of the household it lives in."""
        return (self.signature.petition_id, self.signature.address_key) if self.signature.household else None


class PetitionRekeyer:
    """Signatures with their signers and households."""

    def step(self, db: Session, old: Keys, new: Keys, after: int) -> Step:
        rows = _rows(db, after)
        moved = [m for row in rows if (m := _move(row, old, new)) is not None]
        with_keys = [m for m in moved if m.keys is not None]
        _open_households(db, with_keys)
        if with_keys:
            db.execute(_NEW_KEYS, [_columns(m) for m in with_keys])
        if moved:
            db.execute(_NEW_WORDS, [{"row": m.signature.id, "words": m.sealed} for m in moved])
        _leave_households(db, with_keys)
        db.expire_all()
        reached = rows[-1][0].id if rows else after
        return Step(reached, len(moved), len(rows) - len(moved), is_last=len(rows) < A_STEP)

    def unreadable(self, db: Session, keys: Keys) -> Iterator[str]:
        rows = select(Signature, Petition.salt, Signer.sealed).join(Signer, Signer.signature_id == Signature.id)
        rows = rows.join(Petition, Petition.id == Signature.petition_id)
        for signature, salt, sealed in db.execute(rows.execution_options(yield_per=1_000)):
            try:
                words = open_signer(keys, signature.petition_id, signature.address_key, sealed)
            except CannotUnseal:
                yield f"the signer of signature {signature.id} cannot be opened"
                continue
            if salt is not None and not _fits(signature, _identity(keys, salt, words)):
                yield f"signature {signature.id} has other keys than its signer"
            db.expunge(signature)

    def left_to_do(self, db: Session) -> Iterable[str]:
        """A blocked address was kept as a digest alone."""
        blocks = select(Block).where(Block.mailbox.is_not(None), Block.lifted_at.is_(None)).order_by(Block.id)
        for block in db.scalars(blocks):
            yield str(_("Block {address} again at /admin/blocks: only its digest was stored.")).format(
                address=block.pattern
            )


def _rows(db: Session, after: int) -> Sequence[Row[Signature, bytes | None, bytes]]:
    return db.execute(
        select(Signature, Petition.salt, Signer.sealed)
        .join(Signer, Signer.signature_id == Signature.id)
        .join(Petition, Petition.id == Signature.petition_id)
        .where(Signature.id > after)
        .order_by(Signature.id)
        .limit(A_STEP)
        .execution_options(populate_existing=True)
    ).all()


def _move(row: Row[Signature, bytes | None, bytes], old: Keys, new: Keys) -> _Moved | None:
    """None where the words do not open: they stay as they are, and the check afterwards names them."""
    signature, salt, sealed = row
    try:
        words = open_signer(old, signature.petition_id, signature.address_key, sealed)
    except CannotUnseal:
        return None
    keys = _identity(new, salt, words) if salt is not None else None
    under = keys.address if keys else signature.address_key
    address = address_of(words["email"])
    return _Moved(row, keys, seal_signer(new, signature.petition_id, under, words["name"], address, words["postcode"]))


def _identity(keys: Keys, salt: bytes, words: dict[str, str]) -> IdentityKeys:
    return identity_keys(keys, salt, address_of(words["email"]).canonical, words["name"], words["postcode"])


def _fits(signature: Signature, keys: IdentityKeys) -> bool:
    household_fits = signature.household is None or signature.household == keys.postcode
    stored = (signature.address_key, signature.name_key, signature.postcode_key)
    return household_fits and stored == (keys.address, keys.name, keys.postcode)


def _columns(moved: _Moved) -> dict[str, object]:
    keys = moved.keys
    assert keys is not None
    return {
        "row": moved.signature.id,
        "new_address_key": keys.address,
        "new_name_key": keys.name,
        "new_postcode_key": keys.postcode,
        "new_household": keys.postcode if moved.home else None,
    }


def _open_households(db: Session, moved: Sequence[_Moved]) -> None:
    """Those under the new keys, before the signatures move in."""
    new = {(m.signature.petition_id, m.keys.address): m.keys.postcode for m in moved if m.keys is not None and m.home}
    if new:
        insert = upsert(db, _HOUSEHOLD).on_conflict_do_nothing()
        rows = [{"petition_id": p, "address_key": a, "postcode_key": code} for (p, a), code in sorted(new.items())]
        db.execute(insert, rows)


def _leave_households(db: Session, moved: Sequence[_Moved]) -> None:
    """Old ones that nobody lives in any more; two signatures of one may move in different steps."""
    homes = {m.home for m in moved if m.home}
    if not homes:
        return
    lived_in = exists().where(
        _SIGNATURE.c.petition_id == _HOUSEHOLD.c.petition_id,
        _SIGNATURE.c.address_key == _HOUSEHOLD.c.address_key,
        _SIGNATURE.c.household.is_not(None),
    )
    left = tuple_(_HOUSEHOLD.c.petition_id, _HOUSEHOLD.c.address_key).in_(sorted(homes))
    db.execute(delete(_HOUSEHOLD).where(left, ~lived_in))
