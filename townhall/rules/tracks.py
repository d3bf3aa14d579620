"""Captions as files: plain text with moments, and WebVTT for a player of the recording."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple

#: seconds that a line stays, where nothing follows it sooner
LONGEST = 8


class Line(NamedTuple):
    """``second`` counts from the start of the hall."""

    number: int
    second: int
    text: str


def plain_track(lines: Iterable[Line], clock: Callable[[int], str]) -> str:
    """``[42:10] We will repair it.``, a line each."""
    return "".join(f"[{clock(line.second)}] {line.text}\n" for line in lines)


def web_track(lines: Sequence[Line], offset: int = 0) -> str:
    """WebVTT; ``offset``: seconds of the recording at which the hall began. What was said before it begins is left out."""
    cues = ["WEBVTT\n"]
    for line, after in zip_longest(lines, lines[1:]):
        begins = line.second + offset
        follows = after.second + offset if after is not None and after.second > line.second else begins + LONGEST
        if begins >= 0:
            ends = min(follows, begins + LONGEST)
            cues.append(f"{line.number}\n{_time(begins)} --> {_time(ends)}\n{_escaped(line.text)}\n")
    return "\n".join(cues)


def _time(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.000"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
