"""Counted steps become sums of a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Table, bindparam
from sqlalchemy.orm import Session

from app.core.batches import Prepared
from app.core.tally import Step, Tally
from app.performance.model import StepCount

_STEP: Table = StepCount.__table__  # type: ignore[assignment]


def _adding() -> Prepared:
    def build(insert: Callable[[Table], Any]) -> Any:
        one = insert(_STEP).values({c.name: bindparam(c.name) for c in _STEP.c})
        return one.on_conflict_do_update(
            index_elements=["journey", "day", "step"], set_={"times": _STEP.c.times + one.excluded.times}
        )

    return Prepared(build, distinct=True)


_ADD = _adding()


def store(db: Session, counted: Mapping[Step, int]) -> None:
    """Add these sums to what their days have."""
    rows = [
        {"journey": s.journey, "day": s.day, "step": s.step, "times": n}
        for s, n in sorted(counted.items(), key=lambda pair: (pair[0].journey, pair[0].day, pair[0].step))
        if n > 0
    ]
    _ADD.run(db, rows)


def empty(db: Session, tally: Tally) -> None:
    """Store what a process has counted; where that fails it goes on holding it."""
    taken = tally.take()
    try:
        store(db, taken)
    except BaseException:
        tally.give_back(taken)
        raise
