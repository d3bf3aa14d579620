"""Tables of counts in which nobody can be found: small cells are left out, and others with them.

A count of fewer people than the deployment's ``small_cell`` is not shown (nobody at all may be: a zero tells of no
one). Totals would give it away, so further cells are left out until no cell that is left out can be worked out by
subtracting, whichever way somebody goes: what is left out in a row or a column comes to at least ``small_cell``
people, and every one of those cells could be larger or smaller than it is with everything that is shown unchanged.

A table is seen as a circulation: people go from the whole to their row, from there through a cell to their column, and
back to the whole; each total is such a way, too. A cell can be another one exactly if people can be led round in a
circle over ways that are not shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import ulp
from typing import NamedTuple


class Cell(NamedTuple):
    """A count, and whether it may be shown."""

    count: int  # type: ignore[assignment]  # a tuple has a method of this name, and nobody needs it here
    shown: bool = True

    @property
    def public(self) -> int | None:
        """None where it is left out."""
        return self.count if self.shown else None


Way = tuple[str, str]
WHOLE_OUT, WHOLE_IN = "out", "in"


@dataclass(frozen=True)
class Protected:
    """A table as it may leave the desk. ``rows``: a list of cells each; totals are None where the table has none."""

    rows: Sequence[Sequence[Cell]]
    row_totals: Sequence[Cell]
    column_totals: Sequence[Cell]
    total: Cell

    @property
    def is_whole(self) -> bool:
        """Whether everything is shown."""
        cells = [c for row in self.rows for c in row]
        return all(c.shown for c in (*cells, *self.row_totals, *self.column_totals, self.total))

    @property
    def shows_nothing(self) -> bool:
        return not self.total.shown


def protect(counts: Sequence[Sequence[int]], small: int, *, column_totals: bool = True) -> Protected:
    """A table of counts whose rows and columns add up; ``column_totals`` False: it shows none."""
    return _Table(counts, small, column_totals).protected()


def protect_line(counts: Sequence[int], small: int) -> Protected:
    """One question's answers, with the number of people who gave one of them."""
    return protect([counts], small, column_totals=False)


@dataclass
class _Table:
    counts: Sequence[Sequence[int]]
    small: int
    has_column_totals: bool
    values: dict[Way, int] = field(default_factory=dict)
    hidden: set[Way] = field(default_factory=set)
    #: what the table does not have, and so nobody sees, and nothing has to be kept from being worked out
    absent: set[Way] = field(default_factory=set)

    def __post_init__(self) -> None:
        width = len(self.counts[0]) if self.counts else 0
        for i, row in enumerate(self.counts):
            self.values[WHOLE_OUT, f"r{i}"] = sum(row)
            for j, count in enumerate(row):
                self.values[f"r{i}", f"c{j}"] = count
        for j in range(width):
            self.values[f"c{j}", WHOLE_IN] = sum(row[j] for row in self.counts)
            if not self.has_column_totals:
                self.absent.add((f"c{j}", WHOLE_IN))
        self.values[WHOLE_IN, WHOLE_OUT] = sum(map(sum, self.counts))

    def protected(self) -> Protected:
        self._hide_small()
        while (further := self._next()) is not None:
            self.hidden.add(further)
        width = len(self.counts[0]) if self.counts else 0
        return Protected(
            [[self._cell((f"r{i}", f"c{j}")) for j in range(width)] for i in range(len(self.counts))],
            [self._cell((WHOLE_OUT, f"r{i}")) for i in range(len(self.counts))],
            [self._cell((f"c{j}", WHOLE_IN)) for j in range(width)] if self.has_column_totals else [],
            self._cell((WHOLE_IN, WHOLE_OUT)),
        )

    def _cell(self, way: Way) -> Cell:
        return Cell(self.values[way], way not in self.hidden)

    def _hide_small(self) -> None:
        self.hidden = {w for w, count in self.values.items() if 0 < count < self.small and w not in self.absent}
        if (WHOLE_IN, WHOLE_OUT) in self.hidden:
            self.hidden = set(self.values) - self.absent

    def _next(self) -> Way | None:
        """What has to be left out next, None once nothing has."""
        for place in self._places():
            if self._is_thin(place) and (further := self._cheapest(place)) is not None:
                return further
        for way in sorted(self.hidden):
            if not self._is_safe(way):
                further = self._cheapest(way[0]) or self._cheapest(way[1]) or self._cheapest_of_all()
                if further is not None:
                    return further
        return None

    def _places(self) -> list[str]:
        return sorted({end for way in self.hidden for end in way})

    def _ways_at(self, place: str) -> list[Way]:
        return [w for w in self.values if place in w]

    def _is_thin(self, place: str) -> bool:
        """Whether what is left out at a row, a column or the whole comes to too few people, or is one cell alone."""
        out = [w for w in self._ways_at(place) if w in self.hidden or w in self.absent]
        cells = [w for w in out if w in self.hidden]
        if not cells or len(out) != len(cells):
            return False  # something beside them is never told
        return len(cells) < 2 or sum(self.values[w] for w in self._parts(cells, place)) < self.small

    def _parts(self, ways: Sequence[Way], place: str) -> Sequence[Way]:
        """Of what meets here, the parts rather than the sum, where both are left out."""
        ins, outs = [w for w in ways if w[1] == place], [w for w in ways if w[0] == place]
        return max((ins, outs), key=len)

    def _cheapest(self, place: str) -> Way | None:
        """What costs least to leave out: the smallest count, nobody's only where there is no other."""
        ways = [w for w in self._ways_at(place) if w not in self.hidden and w not in self.absent]
        return min(ways, key=self._cost, default=None)

    def _cheapest_of_all(self) -> Way | None:
        ways = [w for w in self.values if w not in self.hidden and w not in self.absent]
        return min(ways, key=self._cost, default=None)

    def _cost(self, way: Way) -> tuple[bool, bool, int, Way]:
        is_total = WHOLE_IN in way or WHOLE_OUT in way
        return is_total, not self.values[way], self.values[way], way

    def _is_safe(self, way: Way) -> bool:
        """Whether one person more, or fewer, could go this way with everything shown as it is."""
        return self._leads(way[1], way[0], but=way) or (self.values[way] > 0 and self._leads(way[0], way[1], but=way))

    def _leads(self, start: str, end: str, *, but: Way) -> bool:
        unseen = (self.hidden | self.absent) - {but}
        onward: dict[str, list[str]] = {}
        for one, other in unseen:
            onward.setdefault(one, []).append(other)
            if self.values[one, other] > 0:
                onward.setdefault(other, []).append(one)
        seen, line = {start}, deque([start])
        while line:
            at = line.popleft()
            if at == end:
                return True
            fresh = [p for p in onward.get(at, ()) if p not in seen]
            seen.update(fresh)
            line.extend(fresh)
        return False


def shares(counts: Sequence[int], whole: int) -> list[int]:
    """Per cent of ``whole``, rounded; 0 of nobody."""
    return [round(100 * count / whole) if whole else 0 for count in counts]


class Range(NamedTuple):
    """Numbers from ``low`` up to, not including, ``high``; the last of several includes its end."""

    low: float
    high: float


_STEPS = (1, 2, 5)
MOST_RANGES = 8


def ranges(values: Collection[float]) -> list[Range]:
    """At most :data:`MOST_RANGES` of the same round width that hold all values; none of no values."""
    if not values:
        return []
    low, high = min(values), max(values)
    if low == high:
        return [Range(low, high)]
    # of numbers that hardly differ from each other a narrower range would have no end
    finest = 4 * ulp(max(abs(low), abs(high)))
    width = _round_width(max((high - low) / MOST_RANGES, finest))
    begin = width * (low // width)
    found: list[Range] = []
    while not found or begin <= high:
        found.append(Range(begin, begin + width))
        begin += width
    return found


def _round_width(least: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 … that is at least so wide."""
    power = 1.0
    while power * 5 < least:
        power *= 10
    while power / 2 >= least:
        power /= 10
    return next((power * step for step in _STEPS if power * step >= least), power * 10)


def place_in(value: float, those: Sequence[Range]) -> int:
    """Which of the ranges a value is in."""
    return next((i for i, r in enumerate(those) if r.low <= value < r.high), len(those) - 1)


def mean_of(counts: Mapping[int, int]) -> float | None:
    """Of points by how often they were given; None of nobody's."""
    people = sum(counts.values())
    return sum(point * n for point, n in counts.items()) / people if people else None
