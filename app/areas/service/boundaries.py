"""Storing areas: the file is the whole map, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.model import Area, AreaMap
from app.areas.rules.boundaries import BadBoundaries, Boundary, LeavesOut, Named, features_of, read_boundaries
from app.areas.rules.drawing import Drawing, draw
from app.areas.rules.properties import chosen
from app.areas.service.recording import Report, record

MOST_BYTES = 64 * 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_file(body: bytes, given: Named) -> tuple[Sequence[Boundary], Named]:
    """Its areas and the properties that were read; :class:`BadBoundaries` with its first faults, in one line."""
    if len(body) > MOST_BYTES:
        most = MOST_BYTES // 1024 // 1024
        raise BadBoundaries(f"it has {len(body) // 1024 // 1024} MB; {most} are the most: take a generalised version")
    try:
        document = msgspec.json.decode(body.removeprefix(_BYTE_ORDER_MARK))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as wrong:
        raise BadBoundaries(f"it is not JSON ({wrong})") from wrong
    features = features_of(document)
    named = chosen(features, given)
    found, faults = read_boundaries(features, named)
    if faults:
        more = f" … and {len(faults) - 3} more faults" if len(faults) > 3 else ""
        raise BadBoundaries("; ".join(faults[:3]) + more)
    return found, named


def store(
    db: Session,
    boundaries: Sequence[Boundary],
    *,
    layer: str,
    retire: bool,
    file: str,
    by: int | None,
    now: datetime,
) -> Report:
    """Areas that the file does not have are retired where that is meant, else :class:`LeavesOut` says which."""
    rows = {area.code: area for area in db.scalars(select(Area).order_by(Area.id).with_for_update())}
    missing = _missing(rows, boundaries)
    if missing and not retire:
        named = ", ".join(f"{area.name} ({area.code})" for area in missing[:3]) + (" …" if len(missing) > 3 else "")
        raise LeavesOut(f"it leaves out {len(missing)} of the areas there are: {named}", "--retire if they are gone")
    drawing, report = draw(boundaries), Report(retired=len(missing))
    _frame(db, drawing, layer)
    for boundary, values in zip(boundaries, _values(boundaries, drawing), strict=True):
        area = rows.get(boundary.code)
        _count(report, area, values)
        _store_one(db, area, boundary.code, values)
    for area in missing:
        area.retired_at = now
    db.flush()
    record(db, "areas", file, report, by=by, now=now)
    return report


class Compared(NamedTuple):
    """What storing a file would do, and the areas that it leaves out."""

    report: Report
    missing: Sequence[Area]


def compare(db: Session, boundaries: Sequence[Boundary]) -> Compared:
    """Nothing is changed."""
    rows = {area.code: area for area in db.scalars(select(Area).order_by(Area.id))}
    missing = _missing(rows, boundaries)
    report = Report(retired=len(missing))
    for boundary, values in zip(boundaries, _values(boundaries, draw(boundaries)), strict=True):
        _count(report, rows.get(boundary.code), values)
    return Compared(report, missing)


def _missing(rows: Mapping[str, Area], boundaries: Sequence[Boundary]) -> list[Area]:
    codes = {boundary.code for boundary in boundaries}
    return [area for code, area in rows.items() if code not in codes and area.retired_at is None]


def _frame(db: Session, drawing: Drawing, layer: str) -> None:
    frame = db.get(AreaMap, 1)
    if frame is None:
        db.add(AreaMap(id=1, layer=layer, width=drawing.width, height=drawing.height, edition=None, postcodes=0))
    else:
        frame.layer, frame.width, frame.height = layer, drawing.width, drawing.height


def _values(boundaries: Sequence[Boundary], drawing: Drawing) -> Sequence[Mapping[str, Any]]:
    return [
        {
            "name": boundary.name,
            "region_code": boundary.region_code,
            "region": boundary.region,
            "path": shape.path,
            **dict(zip(("left", "top", "width", "height"), shape.box, strict=True)),
            "retired_at": None,
        }
        for boundary, shape in zip(boundaries, drawing.shapes, strict=True)
    ]


def _count(report: Report, area: Area | None, values: Mapping[str, Any]) -> None:
    """What storing these values makes of an area, counted."""
    if area is None:
        report.created += 1
    elif all(getattr(area, name) == value for name, value in values.items()):
        report.unchanged += 1
    else:
        report.updated += 1


def _store_one(db: Session, area: Area | None, code: str, values: Mapping[str, Any]) -> None:
    if area is None:
        db.add(Area(code=code, **values))
        return
    for name, value in values.items():
        setattr(area, name, value)
