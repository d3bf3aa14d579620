"""From degrees to the whole numbers of a drawing: an equal-area projection, a grid, and short paths.

An equal-area one because colours weigh by surface. Points that fall on one place of the grid become one; as borders
that two areas share are made of the same points, both drop the same ones, and no gap opens between them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.areas.rules.boundaries import Boundary, Point

#: the longer side of a drawing: the first with which its paths stay short enough is taken
SIDES = (4_000, 3_000, 2_000, 1_500, 1_000, 700)
#: characters of all paths together; digits pack to less than half
MOST_CHARACTERS = 260_000
Project = Callable[[Point], Point]
Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shape:
    """One area's path, and the box round it: left, top, width and height."""

    path: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Drawing:
    """All areas in one frame, in the order they were given."""

    width: int
    height: int
    shapes: Sequence[Shape]


def draw(boundaries: Sequence[Boundary]) -> Drawing:
    """As fine as is small enough to send to everybody."""
    flat = _projected(boundaries)
    for side in SIDES:
        drawing = _drawn(flat, side)
        if sum(len(shape.path) for shape in drawing.shapes) <= MOST_CHARACTERS:
            break
    return drawing


def _projected(boundaries: Sequence[Boundary]) -> list[list[Sequence[Point]]]:
    """Every ring of every area, on a plane of no particular unit."""
    project = _projection([point for b in boundaries for part in b.polygons for ring in part for point in ring])
    return [[[project(point) for point in ring] for part in b.polygons for ring in part] for b in boundaries]


def _projection(points: Sequence[Point]) -> Project:
    """Albers' conic projection between the parallels that fit these places; cylindrical on both sides of the equator."""
    east = _across(points)
    longitudes = [math.radians(east(x)) for x, _y in points]
    south, north = math.radians(min(y for _x, y in points)), math.radians(max(y for _x, y in points))
    middle, reach = (min(longitudes) + max(longitudes)) / 2, (north - south) / 6
    first, second = south + reach, north - reach
    bend = (math.sin(first) + math.sin(second)) / 2
    if abs(bend) < 0.02:
        wide = math.cos(first)
        return lambda p: ((math.radians(east(p[0])) - middle) * wide, -math.sin(math.radians(p[1])) / wide)
    constant = math.cos(first) ** 2 + 2 * bend * math.sin(first)

    def project(point: Point) -> Point:
        away = math.sqrt(max(0.0, constant - 2 * bend * math.sin(math.radians(point[1])))) / bend
        turn = bend * (math.radians(east(point[0])) - middle)
        return away * math.sin(turn), away * math.cos(turn)

    return project


def _across(points: Sequence[Point]) -> Callable[[float], float]:
    """Places on both sides of the 180th meridian lie beside each other."""
    longitudes = [x for x, _y in points]
    if max(longitudes) - min(longitudes) <= 180:
        return lambda x: x
    return lambda x: x + 360 if x < 0 else x


def _drawn(areas: Sequence[Sequence[Sequence[Point]]], side: int) -> Drawing:
    points = [point for rings in areas for ring in rings for point in ring]
    left, right = min(x for x, _y in points), max(x for x, _y in points)
    top, bottom = min(y for _x, y in points), max(y for _x, y in points)
    scale = (side - 2) / (max(right - left, bottom - top) or 1)

    def cell(point: Point) -> Cell:
        return 1 + round((point[0] - left) * scale), 1 + round((point[1] - top) * scale)

    width, height = cell((right, bottom))
    return Drawing(width + 1, height + 1, [_shape([[cell(p) for p in ring] for ring in rings]) for rings in areas])


def _shape(rings: Sequence[Sequence[Cell]]) -> Shape:
    kept = [ring for ring in map(_simpler, rings) if len(ring) > 2]
    if not kept:  # too small for the grid: it stays to be seen
        x, y = rings[0][0]
        kept = [[(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)]]
    path = "".join(_path(ring) for ring in kept)
    xs, ys = [x for ring in kept for x, _y in ring], [y for ring in kept for _x, y in ring]
    return Shape(path, (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)))


def _simpler(ring: Sequence[Cell]) -> list[Cell]:
    """Without its closing point, without what repeats, and without what lies on the way from one point to the next."""
    kept: list[Cell] = []
    for point in ring[:-1]:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and _on_the_way(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    while len(kept) > 1 and kept[-1] == kept[0]:
        kept.pop()
    return kept


def _on_the_way(before: Cell, point: Cell, after: Cell) -> bool:
    (ax, ay), (bx, by), (cx, cy) = before, point, after
    straight = (bx - ax) * (cy - by) == (by - ay) * (cx - bx)
    return straight and (bx - ax) * (cx - bx) >= 0 and (by - ay) * (cy - by) >= 0


def _path(ring: Sequence[Cell]) -> str:
    """``M12 34l5-6 7 8z``: where it begins, then how far each point is from the one before."""
    (x, y), *_rest = ring
    return f"M{x} {y}l{''.join(_steps(ring))}z"


def _steps(ring: Sequence[Cell]) -> Iterator[str]:
    for place, ((ax, ay), (bx, by)) in enumerate(pairwise(ring)):
        across, down = str(bx - ax), str(by - ay)
        yield (" " if place and across[0] != "-" else "") + across + ("" if down[0] == "-" else " ") + down
