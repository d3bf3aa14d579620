"""Areas for tests: squares side by side in the sea, with people and postcodes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.areas.rules.boundaries import Named
from app.areas.service import boundaries, populations, postcodes
from app.areas.service.recording import Report
from tests.site import Town

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
BOUNDARIES, POPULATIONS = DATA / "westminster_constituencies_2024_buc.geojson", DATA / "constituency_populations.csv"
NAMES = ("Oakfield", "Millbrook", "Harbour", "Hill Top")


def square(place: int, size: float = 0.1) -> list[list[float]]:
    x, y = 1 + place * size, 54.0
    return [[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]]


def feature(place: int, name: str, **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [square(place)]}
    return {
        "type": "Feature",
        "properties": {"code": f"W{place:02}", "name": name} | properties,
        "geometry": geometry,
    }


def collection(names: Sequence[str] = NAMES, regions: Mapping[str, str] | None = None) -> dict[str, Any]:
    regions = regions or {}
    features = []
    for place, name in enumerate(names, start=1):
        of = regions.get(f"W{place:02}")
        features.append(feature(place, name, **({"region_code": of[:3], "region_name": of} if of else {})))
    return {"type": "FeatureCollection", "features": features}


def as_bytes(document: Any) -> bytes:
    return json.dumps(document).encode()


def found(town: Town, document: Any | None = None, *, retire: bool = False) -> Report:
    """An operator imports the boundaries."""
    read, _named = boundaries.read_file(as_bytes(document or collection()), Named("", ""))
    report = town.database.retrying(
        lambda db: boundaries.store(db, read, layer="ward", retire=retire, file="wards.geojson", by=None, now=town.now)
    )
    town.site.dependencies["areas"].forget()
    return report


def people(town: Town, table: Iterable[Sequence[str]]) -> Report:
    """An operator imports populations; ``table`` with its headings."""
    rows = populations.read_table(enumerate(table, start=1), populations.Columns())
    report = town.database.retrying(lambda db: populations.store(db, rows, file="people.csv", by=None, now=town.now))
    town.site.dependencies["areas"].forget()
    return report


def codes(town: Town, *pairs: tuple[str, str]) -> Report:
    """An operator imports the table of postcodes."""
    report = postcodes.import_table(
        town.database,
        enumerate([("postcode", "area code"), *pairs], start=1),
        home_country="GB",
        file="postcodes.csv",
        by=None,
        now=town.now,
    )
    town.site.dependencies["areas"].forget()
    return report
