"""Tallies and crossings: what a batch of validated signatures adds up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.orm import Session

from app.core.batches import Prepared, insert_many
from petitions.model.petition import AreaCount, CountryCount, Crossing, HourCount, MinuteCount
from petitions.rules.lifecycle import BEFORE_PUBLICATION
from petitions.rules.thresholds import Threshold, crossed
from petitions.service.confirming import Counted
from petitions.service.standing import Standing


def _adding(table: Table, *key: str) -> Prepared:
    """An upsert that adds ``validated`` to what the row has."""

    def build(insert: Callable[[Table], Any]) -> Any:
        one = insert(table).values({c.name: bindparam(c.name) for c in table.c})
        return one.on_conflict_do_update(
            index_elements=list(key), set_={"validated": table.c.validated + one.excluded.validated}
        )

    return Prepared(build)


_COUNTRIES = _adding(CountryCount.__table__, "petition_id", "country")  # type: ignore[arg-type]
_AREAS = _adding(AreaCount.__table__, "petition_id", "code")  # type: ignore[arg-type]
_MINUTES = _adding(MinuteCount.__table__, "minute", "petition_id")  # type: ignore[arg-type]
_HOURS = _adding(HourCount.__table__, "petition_id", "hour")  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class NewCrossing:
    """A threshold that this batch reached."""

    petition_id: int
    threshold: Threshold
    episode: int
    count: int


@dataclass(frozen=True, slots=True)
class SponsorsJoined:
    """Supporters of an unpublished petition; the petition's count at each one's confirmation."""

    petition_id: int
    counts: tuple[int, ...]
    needed: int


@dataclass(frozen=True, slots=True)
class Counting:
    """What counting brought and somebody must be told; falsy where there is nothing."""

    crossings: list[NewCrossing]
    sponsors: list[SponsorsJoined]

    def __bool__(self) -> bool:
        return bool(self.crossings or self.sponsors)


def count(db: Session, standings: Mapping[int, Standing], counted: Sequence[Counted], now: datetime) -> Counting:
    """Raise the tallies, write the crossings; answers what there is to serve."""
    brought = Counting([], [])
    if not counted:
        return brought
    _tally(db, Counter((c.petition_id, c.country) for c in counted))
    _tally_areas(db, Counter((c.petition_id, c.area) for c in counted if c.area is not None))
    _history(db, Counter((c.petition_id, _minute(c.at)) for c in counted))
    for standing in standings.values():
        if standing.signature_count == standing.before:
            continue
        published = standing.state not in BEFORE_PUBLICATION
        for threshold in crossed(standing.before, standing.signature_count, standing, published=published):
            if episode := next_episode(db, standing.id, threshold):
                brought.crossings.append(NewCrossing(standing.id, threshold, episode, standing.signature_count))
        joined = tuple(c.count for c in counted if c.petition_id == standing.id and c.kind == "sponsor")
        if joined and not published:
            brought.sponsors.append(SponsorsJoined(standing.id, joined, standing.sponsors_needed))
    _write(db, brought.crossings, now)
    return brought


def _write(db: Session, crossings: Sequence[NewCrossing], now: datetime) -> None:
    rows = [
        {
            "petition_id": c.petition_id,
            "threshold": str(c.threshold),
            "episode": c.episode,
            "signature_count": c.count,
            "reached_at": now,
        }
        for c in crossings
    ]
    insert_many(db, Crossing.__table__, rows)  # type: ignore[arg-type]


def next_episode(db: Session, petition_id: int, threshold: Threshold) -> int | None:
    """Which time a threshold is reached now, from 1; None while an earlier time still stands."""
    earlier = select(func.max(Crossing.episode), func.count(Crossing.undone_at), func.count()).where(
        Crossing.petition_id == petition_id, Crossing.threshold == threshold
    )
    newest, undone, reached = db.execute(earlier).one()
    return (newest or 0) + 1 if undone == reached else None


def _tally(db: Session, by_country: Counter[tuple[int, str]]) -> None:
    rows = [{"petition_id": p, "country": c, "imported": 0, "validated": n} for (p, c), n in sorted(by_country.items())]
    _COUNTRIES.run(db, rows)


def _tally_areas(db: Session, by_area: Counter[tuple[int, str]]) -> None:
    """Nothing where nobody's area is known. Areas of our own have their names elsewhere."""
    new = {"name": "", "representative": None, "imported": 0, "seen": 0, "withheld": False}
    rows = [{"petition_id": p, "code": code, "validated": n, **new} for (p, code), n in sorted(by_area.items())]
    _AREAS.run(db, rows)


def _history(db: Session, by_minute: Counter[tuple[int, datetime]]) -> None:
    """Minutes for what trends, hours for ever."""
    by_hour: Counter[tuple[int, datetime]] = Counter()
    for (petition, minute), count in by_minute.items():
        by_hour[petition, minute.replace(minute=0)] += count
    _HOURS.run(db, [{"petition_id": p, "hour": h, "validated": n} for (p, h), n in sorted(by_hour.items())])
    _MINUTES.run(db, [{"petition_id": p, "minute": m, "validated": n} for (p, m), n in sorted(by_minute.items())])


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
