"""What must hold of areas in every committed state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.areas.model import Area, AreaMap, AreaPostcode


def areas_lie_in_the_map(db: Session, now: datetime) -> Iterable[str]:
    """Every living area is drawn inside the one frame."""
    frame = db.get(AreaMap, 1)
    living = select(Area.code).where(Area.retired_at.is_(None)).order_by(Area.code)
    if frame is None:
        yield from (f"area {code} has no map" for code in db.scalars(living.limit(20)))
        return
    right, bottom = Area.left + Area.width, Area.top + Area.height
    outside = or_(Area.path == "", Area.left < 0, Area.top < 0, right > frame.width, bottom > frame.height)
    for code in db.scalars(living.where(outside).limit(20)):
        yield f"area {code}"


def postcodes_are_as_counted(db: Session, now: datetime) -> Iterable[str]:
    """The table in force has as many postcodes as were put in force."""
    for edition, stated in db.execute(select(AreaMap.edition, AreaMap.postcodes)):
        count = db.scalar(select(func.count()).select_from(AreaPostcode).where(AreaPostcode.edition == edition)) or 0
        if count != stated:
            yield f"{count:,} of {stated:,}"


Broken = Callable[[Session, datetime], Iterable[str]]
LINES: Mapping[str, Broken] = {
    "areas lie in the map": areas_lie_in_the_map,
    "postcodes are as counted": postcodes_are_as_counted,
}
