"""Figures by area as the public reads them: all of one instant, renewed at most once an hour.

Somebody who could watch them after every signature would learn where each of them came from. So they stand still
until an hour has begun anew and at least five signatures came or went, or the petition takes no more; and what is too
small to be shown is decided then, with them, once for every page, table and feed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from app.areas.queries import AreaBook, Places
from app.areas.rules.withholding import SMALL, withheld_by_region
from app.core.batches import Prepared
from app.core.freshness import touch
from petitions.model.petition import AreaCount, AreaFigures, CountryCount, Petition
from petitions.rules.lifecycle import BEFORE_PUBLICATION, PetitionState

#: how many signatures came or went before figures move
A_MOVE = SMALL
_TABLE = AreaCount.__table__
_SHOW = Prepared(
    lambda _insert: (
        update(_TABLE)  # type: ignore[arg-type]
        .where(_TABLE.c.petition_id == bindparam("petition"), _TABLE.c.code == bindparam("area"))
        .values(seen=bindparam("count"), withheld=bindparam("kept_back"))
    )
)


def figures_key(petition_id: int) -> str:
    """What pages with figures by area are kept under."""
    return f"areas-of:{petition_id}"


def show_some(db: Session, book: AreaBook, home_country: str, now: datetime) -> int:
    """Renew the figures of one petition whose hour has come; answers whether there was one."""
    petition_id = _due(db, now)
    if petition_id is None:
        return 0
    show(db, book.now(db), petition_id, home_country, now)
    return 1


def show(db: Session, places: Places, petition_id: int, home_country: str, now: datetime) -> None:
    """The petition's figures as they are now, with what is kept back of them."""
    db.execute(select(Petition.id).where(Petition.id == petition_id).with_for_update(key_share=True))
    rows = db.execute(
        select(AreaCount.code, AreaCount.validated).where(AreaCount.petition_id == petition_id).order_by(AreaCount.code)
    ).all()
    counts = {code: count for code, count in rows}
    hidden = withheld_by_region(all_counts(places, counts), places.regions).areas
    shown = [{"petition": petition_id, "area": c, "count": n, "kept_back": c in hidden} for c, n in rows]
    _SHOW.run(db, shown)
    _date(db, petition_id, sum(counts.values()), home_country, now)
    touch(db, figures_key(petition_id))


def all_counts(places: Places, counts: Mapping[str, int]) -> dict[str, int]:
    """With the areas from which nobody has signed: their nought must not tell them from those with few."""
    return dict.fromkeys(places.codes, 0) | dict(counts)


def _date(db: Session, petition_id: int, placed: int, home_country: str, now: datetime) -> None:
    at_home = select(CountryCount.validated).where(
        CountryCount.petition_id == petition_id, CountryCount.country == home_country
    )
    unplaced = (db.scalar(at_home) or 0) - placed
    db.merge(AreaFigures(petition_id=petition_id, at=now, placed=placed, unplaced=unplaced))
    db.flush()


def _due(db: Session, now: datetime) -> int | None:
    """A published petition whose figures are of an earlier hour and no longer true."""
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    moved = func.sum(func.abs(AreaCount.validated - AreaCount.seen))
    due = (
        select(AreaCount.petition_id)
        .join(Petition, Petition.id == AreaCount.petition_id)
        .outerjoin(AreaFigures, AreaFigures.petition_id == AreaCount.petition_id)
        .where(AreaCount.validated != AreaCount.seen, Petition.state.not_in(BEFORE_PUBLICATION))
        .where(or_(AreaFigures.at.is_(None), AreaFigures.at < this_hour))
        .group_by(AreaCount.petition_id, Petition.state)
        .having(or_(moved >= A_MOVE, Petition.state != PetitionState.OPEN))
        .order_by(AreaCount.petition_id)
        .limit(1)
    )
    return db.scalar(due)
