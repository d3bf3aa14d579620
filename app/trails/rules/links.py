"""How links hang together: none leads back to where it began, and those through hidden things are closed over them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from app.core.errors import BadField
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import has_link, is_blank, length, tidy_line

MOST_NOTE = 300
MOST_REASON = 500
#: more than these and nobody reads it as one story
MOST_MEMBERS = 40


class Edge(NamedTuple):
    """One thing led to another."""

    before: SubjectRef
    after: SubjectRef


def leads_to(edges: Iterable[Edge], start: SubjectRef, end: SubjectRef) -> bool:
    """Whether one comes from ``start`` to ``end`` along the links."""
    onward = _onward(edges)
    reached, waiting = {start}, [start]
    while waiting:
        for after in onward.get(waiting.pop(), ()):
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    return end in reached


def makes_circle(edges: Iterable[Edge], new: Edge) -> bool:
    """Whether something would have led to itself."""
    return leads_to(edges, new.after, new.before)


def closed_over(edges: Collection[Edge], shown: Collection[SubjectRef]) -> list[Edge]:
    """The links between what is shown; where only hidden things lie between two, one link takes their place."""
    onward, seen = _onward(edges), set(shown)
    found: dict[Edge, None] = {}
    for before in sorted(seen):
        for after in _next_shown(onward, before, seen):
            found[Edge(before, after)] = None
    return list(found)


def _next_shown(
    onward: Mapping[SubjectRef, Sequence[SubjectRef]], start: SubjectRef, shown: set[SubjectRef]
) -> list[SubjectRef]:
    reached, passed, waiting = [], {start}, list(onward.get(start, ()))
    while waiting:
        here = waiting.pop(0)
        if here in passed:
            continue
        passed.add(here)
        if here in shown:
            reached.append(here)
        else:
            waiting += onward.get(here, ())
    return reached


def together(edges: Iterable[Edge], start: SubjectRef) -> set[SubjectRef]:
    """Everything that hangs together with ``start``, itself included."""
    beside: dict[SubjectRef, set[SubjectRef]] = {}
    for edge in edges:
        beside.setdefault(edge.before, set()).add(edge.after)
        beside.setdefault(edge.after, set()).add(edge.before)
    found, waiting = {start}, [start]
    while waiting:
        new = beside.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def depths(edges: Collection[Edge], members: Collection[SubjectRef]) -> dict[SubjectRef, int]:
    """How many links the longest way to each has; 0 for what began it. Circles, which there are none of, end."""
    found = dict.fromkeys(members, 0)
    for _round in range(len(found)):
        for before, after in edges:
            if before in found and after in found:
                found[after] = max(found[after], min(found[before] + 1, len(found)))
    return found


def _onward(edges: Iterable[Edge]) -> dict[SubjectRef, list[SubjectRef]]:
    found: dict[SubjectRef, list[SubjectRef]] = {}
    for before, after in edges:
        found.setdefault(before, []).append(after)
    return found


def read_note(text: str) -> str:
    """Public words beside a link, or none; raises :class:`BadField`."""
    line = tidy_line(text)
    if length(line) > MOST_NOTE:
        raise BadField(_("Say it in at most {most} characters.").format(most=MOST_NOTE))
    if has_link(line):
        raise BadField(str(_("Leave out addresses: the note is plain words.")))
    return line


def read_reason(text: str) -> str:
    """Why a link is taken back, for the record; raises :class:`BadField`."""
    line = tidy_line(text)
    if is_blank(line):
        raise BadField(str(_("Say why the link is taken back.")))
    if length(line) > MOST_REASON:
        raise BadField(_("Say it in at most {most} characters.").format(most=MOST_REASON))
    return line
