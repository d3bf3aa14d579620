"""Areas as a GeoJSON file has them: read strictly, each fault with the number of its feature."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from app.core.text.plain import tidy_line

MOST_CODE, MOST_NAME, MOST_AREAS = 20, 120, 5_000
Point = tuple[float, float]
#: the first ring is the outline, the others are holes
Polygon = Sequence[Sequence[Point]]
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_DEGREES = ("4326", "crs84")


class BadBoundaries(ValueError):
    """What is wrong with the file, in one line; ``say``: the command's options that would help."""

    def __init__(self, fault: str, say: str = "") -> None:
        super().__init__(fault)
        self.say = say


class LeavesOut(BadBoundaries):
    """The file has not all areas there are, and nobody said that the others are gone."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """One area; coordinates are longitude and latitude in degrees."""

    code: str
    name: str
    region_code: str
    region: str
    polygons: Sequence[Polygon]


@dataclass(frozen=True, slots=True)
class Named:
    """The properties that say what an area is called; those of regions may be empty."""

    code: str
    name: str
    region_code: str = ""
    region: str = ""


def features_of(document: Any) -> Sequence[Any]:
    """The file's features; :class:`BadBoundaries` where it is no collection of them in degrees, or has none."""
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        kind = document.get("type") if isinstance(document, dict) else type(document).__name__
        raise BadBoundaries(f"it is no GeoJSON FeatureCollection (its type is {_shown(kind)})")
    features = document.get("features")
    if not isinstance(features, list):
        raise BadBoundaries("it has no list of features")
    if not features:
        raise BadBoundaries("it has 0 features")
    if len(features) > MOST_AREAS:
        raise BadBoundaries(f"it has {len(features):,} features; {MOST_AREAS:,} areas are the most")
    _check_degrees(document.get("crs"))
    return features


def _check_degrees(crs: Any) -> None:
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if name and not name.lower().endswith(_DEGREES):
        raise BadBoundaries(f"its coordinates are in {_shown(name)}; export it in degrees (EPSG:4326, WGS 84)")


def read_boundaries(features: Sequence[Any], named: Named) -> tuple[list[Boundary], list[str]]:
    """Every area, and every fault: ``feature 3 (W01): …``, counted from 1."""
    found: list[Boundary] = []
    faults: list[str] = []
    for number, feature in enumerate(features, start=1):
        try:
            found.append(_boundary(feature, named))
        except BadBoundaries as wrong:
            faults.append(f"feature {number}{_called(feature, named)}: {wrong}")
    codes = Counter(boundary.code for boundary in found)
    faults += [f"the code {code} is given to {times} features" for code, times in codes.items() if times > 1]
    return found, faults


def _boundary(feature: Any, named: Named) -> Boundary:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise BadBoundaries("it is no GeoJSON Feature")
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise BadBoundaries("it has no properties")
    code = _word(properties, named.code, MOST_CODE)
    if not _CODE.match(code):
        raise BadBoundaries(f"its code {_shown(code)} has something else than letters, digits, dots and hyphens")
    return Boundary(
        code=code,
        name=_word(properties, named.name, MOST_NAME),
        region_code=_word(properties, named.region_code, MOST_CODE) if named.region_code else "",
        region=_word(properties, named.region, MOST_NAME) if named.region else "",
        polygons=list(_polygons(feature.get("geometry"))),
    )


def _word(properties: Mapping[str, Any], name: str, most: int) -> str:
    value = properties.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadBoundaries(f"it has no {name}")
    word = tidy_line(str(value))
    if not word:
        raise BadBoundaries(f"its {name} is empty")
    if len(word) > most:
        raise BadBoundaries(f"its {name} has {len(word)} characters; {most} are the most")
    return word


def _polygons(geometry: Any) -> Iterator[Polygon]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadBoundaries(f"its geometry is {_shown(kind)}; an area is a Polygon or a MultiPolygon")
    coordinates = geometry.get("coordinates")
    parts = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(parts, list) or not parts:
        raise BadBoundaries("its geometry is empty")
    for part in parts:
        if not isinstance(part, list) or not part:
            raise BadBoundaries("its geometry is empty")
        yield [_ring(ring) for ring in part]


def _ring(ring: Any) -> Sequence[Point]:
    """A closed line round something: at least four positions, the last one is the first again."""
    if not isinstance(ring, list) or len(ring) < 4:
        raise BadBoundaries("one of its rings has fewer than 4 positions")
    points = [_point(position) for position in ring]
    if points[0] != points[-1]:
        raise BadBoundaries("one of its rings does not end where it begins")
    if abs(_twice_the_area(points)) < 1e-14:
        raise BadBoundaries("one of its rings encloses nothing")
    return points


def _point(position: Any) -> Point:
    if not isinstance(position, list) or len(position) < 2:
        raise BadBoundaries("one of its positions is not a longitude and a latitude")
    x, y = position[0], position[1]
    if any(isinstance(v, bool) or not isinstance(v, int | float) or not math.isfinite(v) for v in (x, y)):
        raise BadBoundaries("one of its positions is not a longitude and a latitude")
    if abs(x) > 180 or abs(y) > 90:
        raise BadBoundaries(
            f"the position {x:.6g}, {y:.6g} is nowhere on earth: export the file in degrees (EPSG:4326)"
        )
    return float(x), float(y)


def _twice_the_area(points: Sequence[Point]) -> float:
    x0, y0 = points[0]
    pairs = pairwise(points)
    return sum((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) for (x1, y1), (x2, y2) in pairs)


def _called(feature: Any, named: Named) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get(named.code) if isinstance(properties, dict) else None
    return f" ({str(code)[:MOST_CODE]})" if isinstance(code, str | int) and str(code).strip() else ""


def _shown(value: Any) -> str:
    """What stood there, short enough for a line."""
    return repr(str(value)[:60]) if value is not None else "missing"
