"""Maps as SVG: every area a path with its name and figure, one class for all that share a colour.

Written out by hand: a template takes ten times as long for 650 areas.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from markupsafe import Markup, escape

from app.areas.queries import Place, Places
from app.areas.rules.classes import MOST_CLASSES, Class, classes
from app.core.web.packing import Fixed
from app.core.web.stencils.rows import filled

#: what is said of areas, by code: of each as many words and figures, ready to be read
Told = Mapping[str, tuple[str, ...]]
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
    """``view`` is the SVG's viewBox, ``inside`` what stands in it, by the ``outlines`` that all maps have in common."""

    view: str
    outlines: Fixed
    inside: Markup
    legend: Sequence[Legend]
    #: areas without a figure
    without: int


@dataclass(frozen=True)
class Neighbourhood:
    """A map of one area: the same, with its few outlines in their places."""

    view: str
    inside: Markup


def choropleth(places: Places, figures: Mapping[str, float], told: Told, words: Callable[..., str]) -> Drawn:
    """All living areas by their figures.

    ``words`` make a line of an area's name and of what is ``told`` of it, all of which may be empty; see
    :func:`app.core.web.stencils.rows.filled` for what they may ask of it.
    """
    found = classes([figures[place.code] for place in places.living if place.code in figures])
    tops, styles = [one.most for one in found], [_style(at, found) for at in range(len(found))]
    groups: dict[str, list[Place]] = {style: [] for style in (NO_FIGURE, *styles)}
    for place in places.living:
        figure = figures.get(place.code)
        groups[NO_FIGURE if figure is None else styles[bisect_left(tops, figure)]].append(place)
    legend = [
        Legend(_style(at, found), one.least, one.most, len(groups[_style(at, found)])) for at, one in enumerate(found)
    ]
    inside = Markup("").join(_group(style, those, told, words) for style, those in groups.items() if those)
    view = f"0 0 {places.width} {places.height}"
    return Drawn(view, _OUTLINES.of(places), inside, legend, len(groups[NO_FIGURE]))


def around(places: Places, here: Place) -> Neighbourhood:
    """One area among its neighbours."""
    margin = max(20, int(AROUND * max(here.width, here.height)))
    left, top = here.left - margin, here.top - margin
    width, height = here.width + 2 * margin, here.height + 2 * margin
    near = [p for p in places.living if p is not here and _meets(p, left, top, left + width, top + height)]
    inside = Markup("").join((_shapes("beside", near), _shapes("here", [here])))
    return Neighbourhood(f"{left} {top} {width} {height}", inside)


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


def _group(style: str, places: Sequence[Place], told: Told, words: Callable[..., str]) -> Markup:
    nothing = ("",) * max(map(len, islice(told.values(), 1)), default=0)
    rows = [(place.code, place.name, *told.get(place.code, nothing)) for place in places]
    fill = ' fill="url(#hatched)"' if style == NO_FIGURE else ""
    return Markup(f'<g class="ts-map__{style}"{fill}>{filled(rows, partial(_use, words))}</g>')  # noqa: S704  all of it is escaped


def _shapes(style: str, places: Sequence[Place]) -> Markup:
    paths = filled([(p.path, p.name) for p in places], _path, ours=1)
    return Markup(f'<g class="ts-map__{style}">{paths}</g>')  # noqa: S704  paths are our own, names are escaped


def _path(path: str, name: str) -> str:
    return f'<path d="{path}"><title>{name}</title></path>'


def _use(words: Callable[..., str], code: str, *said: str) -> str:
    return f'<use href="#at-{code}"><title>{escape(words(*said))}</title></use>'


class _Outlines:
    """Of the areas as they are now; one for each process, because a new map takes the place of the last one."""

    def __init__(self) -> None:
        self._known: tuple[Places, Fixed] | None = None

    def of(self, places: Places) -> Fixed:
        known = self._known
        if known is None or known[0] is not places:
            shapes = [
                f'<path id="at-{p.code}" vector-effect="non-scaling-stroke" d="{p.path}"/>' for p in places.living
            ]
            known = self._known = (places, Fixed("".join(shapes)))
        return known[1]


_OUTLINES = _Outlines()
