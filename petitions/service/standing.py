"""A batch's petitions, locked and kept in step with what the batch does to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from app.core.batches import Prepared
from petitions.model.petition import Petition
from petitions.rules.lifecycle import BEFORE_PUBLICATION, PetitionState
from petitions.rules.stops import kept_to_election

_PETITION: Table = Petition.__table__  # type: ignore[assignment]
_COLUMNS = tuple(
    _PETITION.c[name]
    for name in (
        "id",
        "state",
        "salt",
        "closes_at",
        "signature_count",
        "last_number",
        "sponsors_needed",
        "sponsors_most",
        "response_threshold",
        "debate_threshold",
        "creator_signature_id",
        "opened_at",
    )
)
_LOCK = (
    select(*_COLUMNS)
    .where(_PETITION.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_PETITION.c.id)
    .with_for_update(key_share=True)
)
_STORE = Prepared(
    lambda _insert: (
        update(_PETITION)
        .where(_PETITION.c.id == bindparam("row"))
        .values(
            state=bindparam("standing"),
            signature_count=bindparam("count"),
            last_number=bindparam("last"),
            updated_at=bindparam("now"),
        )
    )
)


@dataclass(slots=True)
class Standing:
    """One locked petition; ``signature_count`` and ``last_number`` move with the batch."""

    id: int
    state: PetitionState
    salt: bytes | None
    closes_at: datetime | None
    signature_count: int
    last_number: int
    sponsors_needed: int
    sponsors_most: int
    response_threshold: int
    debate_threshold: int
    creator_signature_id: int | None
    opened_at: datetime | None
    closed_on: str = ""
    before: int = 0

    @property
    def is_published(self) -> bool:
        return self.state not in BEFORE_PUBLICATION

    def keep_to_election(self, election_at: datetime | None, now: datetime) -> None:
        """What the clock is about to write down holds from its minute on; see :func:`kept_to_election`."""
        state, self.closes_at = kept_to_election(
            self.state,
            self.closes_at,
            was_published=self.opened_at is not None,
            election_at=election_at,
            now=now,
        )
        self.state = PetitionState(state)


def lock_standings(db: Session, ids: Collection[int]) -> dict[int, Standing]:
    """Lock these petitions in the order every writer locks them; unknown ids are left out."""
    if not ids:
        return {}
    rows = db.connection().execute(_LOCK, {"ids": list(ids)})
    found = {row.id: Standing(row.id, PetitionState(row.state), *row[2:]) for row in rows}
    for standing in found.values():
        standing.before = standing.signature_count
    return found


def store_counts(db: Session, standings: Collection[Standing], now: datetime) -> None:
    """Write the counts of the petitions whose count moved: one statement, one row each."""
    moved = [s for s in standings if s.signature_count != s.before]
    if moved:
        _STORE.run(
            db,
            [
                {"row": s.id, "standing": str(s.state), "count": s.signature_count, "last": s.last_number, "now": now}
                for s in moved
            ],
        )
