"""The page on which an official says where each clause of a new version came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from app.core.i18n import _
from app.core.text.changes import Part, word_changes
from app.core.text.figures import is_whole
from app.core.text.plain import excerpt
from app.core.web.forms import Form
from consultations.rules.clauses import Block, clause_name
from consultations.rules.mapping import Known, Mapping
from consultations.rules.working import Working

#: so many old clauses are offered for each new one: those beside its place, in texts that have more
MOST_OFFERED = 120
T = TypeVar("T")


class Choice(NamedTuple):
    value: str
    label: str


@dataclass(frozen=True)
class Row:
    """One clause of the new text. ``kind``: changed, split, new; what is word for word the same has no row."""

    place: int
    name: str
    block: Block
    kind: str
    chosen: str
    choices: Sequence[Choice]
    changes: list[Part] | None = None


@dataclass(frozen=True)
class Ending:
    """An old clause that no clause of the new text came from yet. ``chosen``: the place its words went to, or empty."""

    id: int
    name: str
    block: Block
    chosen: str
    choices: Sequence[Choice]


@dataclass(frozen=True)
class Rows:
    rows: list[Row] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)
    same: int = 0


def mapped_rows(old: Sequence[Known], new: Sequence[Block], mapping: Mapping) -> Rows:
    """Everything a person has to look at; what is word for word the same is only counted."""
    known = {k.id: k.block for k in old}
    same = {o for place, o in enumerate(mapping.origins) if o is not None and known[o].text == new[place].text}
    found = Rows(same=len(same))
    free = [k for k in old if k.id not in same]
    for place, (block, origin) in enumerate(zip(new, mapping.origins, strict=True)):
        if origin in same and origin is not None and known[origin].text == block.text:
            continue
        found.rows.append(_row(place, block, origin, known, free, mapping))
    places = [(place, block) for place, block in enumerate(new)]
    for at, (one, block) in enumerate(known.items()):
        if one not in mapping.origins:
            found.endings.append(_ending(one, block, at, places, mapping.into.get(one)))
    return found


def _row(
    place: int, block: Block, origin: int | None, known: dict[int, Block], free: Sequence[Known], mapping: Mapping
) -> Row:
    kind = "new" if origin is None else "split" if mapping.origins.count(origin) > 1 else "changed"
    offered = [Choice("", str(_("It is new")))]
    offered += [Choice(str(k.id), _called(k.block)) for k in _near(free, place)]
    if origin is not None and str(origin) not in {c.value for c in offered}:
        offered.append(Choice(str(origin), _called(known[origin])))
    changes = word_changes(known[origin].text, block.text) if origin is not None else None
    chosen = "" if origin is None else str(origin)
    return Row(place, clause_name(block.number, block.heading), block, kind, chosen, offered, changes)


def _ending(one: int, block: Block, at: int, places: Sequence[tuple[int, Block]], into: int | None) -> Ending:
    offered = [Choice("", str(_("Nowhere: it is removed")))]
    offered += [Choice(str(place), _called(b)) for place, b in _near(places, at)]
    if into is not None and str(into) not in {c.value for c in offered}:
        offered.append(Choice(str(into), _called(places[into][1])))
    chosen = "" if into is None else str(into)
    return Ending(one, clause_name(block.number, block.heading), block, chosen, offered)


def _near(them: Sequence[T], place: int) -> Sequence[T]:
    if len(them) <= MOST_OFFERED:
        return them
    first = max(0, min(place - MOST_OFFERED // 2, len(them) - MOST_OFFERED))
    return them[first : first + MOST_OFFERED]


def _called(block: Block) -> str:
    name = clause_name(block.number, block.heading)
    return _("{clause}: {words}").format(clause=name, words=excerpt(block.body, 50))


def read_mapping(form: Form, draft: Working, old: Sequence[int]) -> Mapping:
    """``from-{place}`` and ``into-{old clause}``; of what was not asked the suggestion stands."""
    suggested = draft.mapping or Mapping((None,) * len(draft.blocks))
    known = {str(one): one for one in old}
    origins = []
    for place, before in enumerate(suggested.origins):
        name = f"from-{place}"
        text = form.values.get(name)
        if text is not None and text and text not in known:
            form.refuse(name, str(_("Choose one of the clauses of the version before, or say that it is new.")))
        origins.append(before if text is None else known.get(text))
    into = {}
    for one in old:
        text = form.values.get(f"into-{one}")
        if text is None:
            at = suggested.into.get(one)
        else:
            at = int(text) if is_whole(text, figures=6) else None
        if at is not None and at < len(draft.blocks):
            into[one] = at
    return Mapping(tuple(origins), into)
