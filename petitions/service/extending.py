"""Deadlines that move while signing is stopped: one local day for each local midnight of the stop.

Every step stores how far it has come (the midnight, and the petition up to which it is made up for),
so that an interruption costs nothing and no midnight counts twice. It comes before closing: a petition
whose last day was stopped is given that day again, however late the worker looks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from app.core.batches import Prepared, insert_many
from app.core.freshness import SITE, touch
from petitions.model.operation import Stop
from petitions.model.petition import Event, Petition
from petitions.rules.closing import a_day_later, end_of_day, next_day_to_make_up
from petitions.rules.lifecycle import PetitionState
from petitions.rules.stops import StopKind
from petitions.service.stops import standing_row, unfinished

A_STEP = 500
_PETITION: Table = Petition.__table__  # type: ignore[assignment]
_PUT_OFF = Prepared(
    lambda _insert: (
        update(_PETITION)
        .where(_PETITION.c.id == bindparam("row"))
        .values(
            closes_at=bindparam("closes"),
            closes_before_election=bindparam("kept"),
            extended_days=_PETITION.c.extended_days + 1,
        )
    )
)


def extend_some(db: Session, zone: ZoneInfo, now: datetime) -> int:
    """Put off the deadlines of up to 500 petitions for one midnight; answers whether there is more to do."""
    for stop in unfinished(db, StopKind.SIGNING):
        day = next_day_to_make_up(stop.due_at, stop.extended_through, stop.ended_at or now, zone)
        if day is not None:
            _make_up(db, stop, day, zone)
            return 1
        if stop.ended_at is not None:
            stop.done_at = now
            db.flush()
    return 0


def _make_up(db: Session, stop: Stop, day: date, zone: ZoneInfo) -> None:
    """The next petitions that were open at the midnight that ended ``day``."""
    midnight = end_of_day(day, zone)
    found = _open_at(db, midnight, after=stop.reached_id)
    _put_off(db, found, zone)
    _tell(db, stop, [row.id for row in found], midnight)
    if len(found) < A_STEP:
        stop.extended_through, stop.reached_id = day, 0
    else:
        stop.reached_id = found[-1].id
    db.flush()
    if found:
        touch(db, SITE)


def _open_at(db: Session, midnight: datetime, *, after: int) -> Sequence[Any]:
    """Published before it, closing at it or later, not taken down; an import that was over stays over."""
    return db.execute(
        select(Petition.id, Petition.closes_at, Petition.closes_before_election)
        .where(
            Petition.id > after,
            Petition.state == PetitionState.OPEN,
            Petition.closes_at >= midnight,
            func.coalesce(Petition.opened_at, Petition.created_at) < midnight,
            or_(Petition.source.is_(None), Petition.closes_at > Petition.updated_at),
        )
        .order_by(Petition.id)
        .limit(A_STEP)
        .with_for_update(key_share=True)
    ).all()


def _put_off(db: Session, found: Sequence[Any], zone: ZoneInfo) -> None:
    """One day later, but never past an election's minute."""
    election = standing_row(db, StopKind.ELECTION)
    rows = []
    for row in found:
        own, kept = a_day_later(row.closes_before_election or row.closes_at, zone), None
        if election is not None and own > election.due_at:
            own, kept = election.due_at, own
        rows.append({"row": row.id, "closes": own, "kept": kept})
    _PUT_OFF.run(db, rows)


def _tell(db: Session, stop: Stop, ids: Sequence[int], midnight: datetime) -> None:
    """One entry in the trail for each petition and stop; its days grow."""
    entries = db.execute(
        select(Event.id, Event.petition_id, Event.facts).where(Event.petition_id.in_(ids), Event.kind == "extended")
    )
    told: defaultdict[int, list[Row[tuple[int, int, dict[str, Any]]]]] = defaultdict(list)
    for entry in entries:
        if entry.facts.get("stop") == stop.id:
            told[entry.facts["days"]].append(entry)
    for days, same in told.items():
        grown = (
            update(Event).where(Event.id.in_([e.id for e in same])).values(at=midnight, facts=_facts(stop, days + 1))
        )
        db.execute(grown.execution_options(synchronize_session=False))
    new = set(ids) - {e.petition_id for same in told.values() for e in same}
    rows = [{"petition_id": i, "kind": "extended", "at": midnight, "facts": _facts(stop, 1)} for i in sorted(new)]
    insert_many(db, Event.__table__, rows)  # type: ignore[arg-type]


def _facts(stop: Stop, days: int) -> dict[str, int]:
    return {"stop": stop.id, "days": days}
