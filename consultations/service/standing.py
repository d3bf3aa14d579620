"""A batch's consultations, locked and kept in step with what the batch does to them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from app.core.batches import Prepared
from app.core.freshness import hint, touch
from consultations.model import Consultation

_CONSULTATION: Table = Consultation.__table__  # type: ignore[assignment]
_LOCK = (
    select(
        *(
            _CONSULTATION.c[name]
            for name in (
                "id",
                "state",
                "opens_at",
                "closes_at",
                "has_outcome",
                "salt",
                "questionnaire_version",
                "response_count",
                "late_count",
            )
        )
    )
    .where(_CONSULTATION.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_CONSULTATION.c.id)
    .with_for_update(key_share=True)
)
_STORE = Prepared(
    lambda _insert: (
        update(_CONSULTATION)
        .where(_CONSULTATION.c.id == bindparam("row"))
        .values(response_count=bindparam("count"), late_count=bindparam("late"))
    )
)


@dataclass(slots=True)
class Standing:
    """One locked consultation; its counts move with the batch."""

    id: int
    state: str
    opens_at: datetime | None
    closes_at: datetime | None
    has_outcome: bool
    salt: bytes | None
    questionnaire_version: int
    response_count: int
    late_count: int
    before: tuple[int, int] = (0, 0)

    def count(self, *, late: bool, by: int = 1) -> None:
        self.response_count += by
        self.late_count += by if late else 0

    @property
    def moved(self) -> bool:
        return self.before != (self.response_count, self.late_count)


def lock_standings(db: Session, ids: Collection[int]) -> dict[int, Standing]:
    """Lock these consultations in the order every writer locks them; unknown ids are left out."""
    if not ids:
        return {}
    found = {row.id: Standing(*row) for row in db.connection().execute(_LOCK, {"ids": list(ids)})}
    for standing in found.values():
        standing.before = (standing.response_count, standing.late_count)
    return found


def store_counts(db: Session, standings: Collection[Standing], *, also: Collection[int] = ()) -> None:
    """Write the counts that moved, and have their pages made anew, and those of ``also``. Last of all: it locks shared
    rows."""
    moved = [s for s in standings if s.moved]
    _STORE.run(db, [{"row": s.id, "count": s.response_count, "late": s.late_count} for s in moved])
    if moved or also:
        touch(db, *(f"consultation:{number}" for number in {*also, *(s.id for s in moved)}))
        hint(db, "consultations")
