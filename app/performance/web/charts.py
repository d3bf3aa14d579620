"""Charts drawn here, each beside the table of its figures: bars, and a strip of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.performance.rules.periods import days_between, lately
from app.performance.rules.uptime import Light, Uptime

WIDTH, HEIGHT, FEWEST = 600, 140, 6
#: a day on which a minute was missed is seen as such
STRIP, LEAST_DOWN, LEAST_MARK = 40, 8.0, 3.0
UNKNOWN = Uptime()


@dataclass(frozen=True)
class Bar:
    """One bar, in the chart's own units; ``light`` ones stand behind."""

    x: float
    y: float
    width: float
    height: float
    kind: str = ""


@dataclass(frozen=True)
class Chart:
    """Bars that fill ``width`` × ``height``; ``top``: what the highest could be."""

    bars: Sequence[Bar]
    top: float
    width: int = WIDTH
    height: int = HEIGHT


def bars(values: Sequence[float | None], top: float, behind: Sequence[float | None] = ()) -> Chart:
    """A bar for each value that there is; ``behind`` each a lighter one. Few of them stay narrow."""
    room = WIDTH / max(len(values), FEWEST)
    drawn = [
        _bar(at, value, top, room, kind)
        for kind, those in (("light", behind), ("", values))
        for at, value in enumerate(those)
        if value is not None
    ]
    return Chart(drawn, top)


def strip(days: Mapping[date, Uptime], today: date) -> Chart:
    """The last ninety days, one beside the other: what was down hangs from the top, what was read only stands below."""
    shown = days_between(*lately(today))
    room = WIDTH / len(shown)
    drawn: list[Bar] = []
    for at, day in enumerate(shown):
        drawn += _day(round(at * room, 2), round(room - 1, 2), days.get(day, UNKNOWN))
    return Chart(drawn, 100, WIDTH, STRIP)


def _bar(at: int, value: float, top: float, room: float, kind: str) -> Bar:
    height = round(HEIGHT * value / (top or 1), 1)
    return Bar(round(at * room, 1), round(HEIGHT - height, 1), round(room * 0.8, 1), height, kind)


def _day(x: float, width: float, up: Uptime) -> list[Bar]:
    if up.light is Light.UNKNOWN:
        return [Bar(x, STRIP - LEAST_MARK, width, LEAST_MARK, "unknown")]
    drawn = [Bar(x, 0, width, STRIP, "up")]
    if up.read_only:
        height = max(LEAST_DOWN, round(STRIP * up.read_only / up.minutes, 1))
        drawn.append(Bar(x, STRIP - height, width, height, "read-only"))
    if up.down:
        drawn.append(Bar(x, 0, width, max(LEAST_DOWN, round(STRIP * up.down / up.minutes, 1)), "down"))
    return drawn
