"""Maps as SVG: every area a path with its name and figure, one class for all that share a colour.

Written out by hand: a template takes ten times as long for 650 areas.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from app.areas.queries import Place, Places
from app.areas.rules.classes import MOST_CLASSES, Class, classes

#: of areas without a figure
NO_FIGURE = "none"
#: how much of its surroundings a map of one area shows, as a part of its longer side
AROUND = 0.6


@dataclass(frozen=True)
class Legend:
    """One line beside a map: the class of its areas, from which figure to which, and how many areas."""

    style: str
    least: float
    most: float
    areas: int


@dataclass(frozen=True)
class Drawn:
    """``view`` is the SVG's viewBox, ``inside`` what stands in it."""

    view: str
    inside: Markup
    legend: Sequence[Legend]
    #: areas without a figure
    without: int


def choropleth(places: Places, figures: Mapping[str, float], words: Callable[[Place], str]) -> Drawn:
    """All living areas by their figures; ``words`` say each one's in a line."""
    found = classes([figures[place.code] for place in places.living if place.code in figures])
    tops, styles = [one.most for one in found], [_style(at, found) for at in range(len(found))]
    groups: dict[str, list[Place]] = {style: [] for style in (NO_FIGURE, *styles)}
    for place in places.living:
        figure = figures.get(place.code)
        groups[NO_FIGURE if figure is None else styles[bisect_left(tops, figure)]].append(place)
    legend = [
        Legend(_style(at, found), one.least, one.most, len(groups[_style(at, found)])) for at, one in enumerate(found)
    ]
    inside = Markup("").join(_group(style, those, words) for style, those in groups.items() if those)
    return Drawn(f"0 0 {places.width} {places.height}", inside, legend, len(groups[NO_FIGURE]))


def around(places: Places, here: Place) -> Drawn:
    """One area among its neighbours."""
    margin = max(20, int(AROUND * max(here.width, here.height)))
    left, top = here.left - margin, here.top - margin
    width, height = here.width + 2 * margin, here.height + 2 * margin
    near = [p for p in places.living if p is not here and _meets(p, left, top, left + width, top + height)]
    name = lambda place: place.name
    inside = Markup("").join((_group("beside", near, name), _group("here", [here], name)))
    return Drawn(f"{left} {top} {width} {height}", inside, (), 0)


def _style(at: int, among: Sequence[Class]) -> str:
    """Darker upwards: the last of few classes is as dark as the last of many."""
    return str(MOST_CLASSES - len(among) + at + 1)


def _meets(place: Place, left: int, top: int, right: int, bottom: int) -> bool:
    return (
        place.left <= right
        and place.left + place.width >= left
        and place.top <= bottom
        and place.top + place.height >= top
    )


def _group(style: str, places: Iterable[Place], words: Callable[[Place], str]) -> Markup:
    paths = "".join([f'<path d="{p.path}"><title>{escape(words(p))}</title></path>' for p in places])
    fill = ' fill="url(#hatched)"' if style == NO_FIGURE else ""
    return Markup(f'<g class="ts-map__{style}"{fill}>{paths}</g>')  # noqa: S704  paths are our own, words are escaped
