"""Words and small rules of the reading desk."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import fold, length, tidy, tidy_line

MOST_NAME, MOST_TITLE, MOST_TEXT = 100, 200, 10_000


class RunState(StrEnum):
    WAITING = "waiting"
    READING = "reading"
    DONE = "done"


class GroupState(StrEnum):
    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    DISSOLVED = "dissolved"


GROUP_NAMES = {
    GroupState.SUGGESTED: _("Suggested"),
    GroupState.CONFIRMED: _("Confirmed"),
    GroupState.DISSOLVED: _("Dissolved"),
}


class Passage(NamedTuple):
    """Characters ``start`` to ``end`` of an answer; both 0: the whole answer."""

    start: int
    end: int

    @property
    def is_whole(self) -> bool:
        return self.end == 0

    def of(self, text: str) -> str:
        return text if self.is_whole else text[self.start : self.end]


WHOLE = Passage(0, 0)
#: a sentence ends at these, and whatever closes it, before a space; or where a line does
_END = re.compile(r"[.!?…。！？؟]+[\"'”’»)\]]*(?=\s)|\n+|[。！？]")
_ABBREVIATED = re.compile(r"(?:\b(?:[A-Za-z]|e\.g|i\.e|etc|Mr|Mrs|Ms|Dr|St|No|vs|approx)\.)\Z")


def sentences(text: str) -> list[Passage]:
    """Where its sentences stand, in any language that ends them with a sign; together they cover every word."""
    found: list[Passage] = []
    begin = 0
    for end in _END.finditer(text):
        upto = end.end()
        if end[0].startswith(".") and _ABBREVIATED.search(text, begin, end.start() + 1):
            continue
        _note(text, begin, upto, found)
        begin = upto
    _note(text, begin, len(text), found)
    return found


def _note(text: str, begin: int, end: int, found: list[Passage]) -> None:
    part = text[begin:end]
    inner = part.strip()
    if inner:
        start = begin + part.index(inner[0])
        found.append(Passage(start, start + len(inner)))


def joined(chosen: list[Passage], text: str) -> list[Passage]:
    """Passages in their order; those with nothing but space between them are one."""
    runs: list[Passage] = []
    for one in sorted(set(chosen)):
        if runs and one.start <= runs[-1].end:
            runs[-1] = Passage(runs[-1].start, max(runs[-1].end, one.end))
        elif runs and not text[runs[-1].end : one.start].strip():
            runs[-1] = Passage(runs[-1].start, one.end)
        else:
            runs.append(one)
    return runs


def read_passage(start: str, end: str, text: str) -> Passage:
    """A passage as a form sends it; raises BadField where the answer has no such place, or it is empty."""
    wrong = BadField(_("Choose a passage of this answer"))
    if not (start.isascii() and start.isdigit() and end.isascii() and end.isdigit() and len(start + end) < 16):
        raise wrong
    passage = Passage(int(start), int(end))
    if not 0 <= passage.start < passage.end <= len(text):
        raise wrong
    words = passage.of(text)
    inner = words.strip()
    if not inner:
        raise wrong
    begin = passage.start + words.index(inner[0])
    return Passage(begin, begin + len(inner))


class Segment(NamedTuple):
    """A stretch of an answer that the same codes are on; together they spell the answer."""

    text: str
    codes: tuple[int, ...]


def segments(text: str, coded: list[tuple[Passage, int]]) -> list[Segment]:
    """``coded``: passages with their codes, which may overlap; whole answers are left out."""
    passages = [(p, code) for p, code in coded if not p.is_whole]
    edges = sorted({0, len(text), *(p.start for p, _code in passages), *(p.end for p, _code in passages)})
    found = []
    for begin, end in pairwise(edges):
        codes = {code for p, code in passages if p.start <= begin and end <= p.end}
        found.append(Segment(text[begin:end], tuple(sorted(codes))))
    return [s for s in found if s.text]


def read_code_name(text: str) -> str:
    """The name of a code: one line of words."""
    name = tidy_line(text)
    if not slug_of(name):
        raise BadField(_("Enter a name for the code"))
    if length(name) > MOST_NAME:
        raise BadField(_("The name of a code must be {most} characters or fewer").format(most=MOST_NAME))
    return name


def slug_of(name: str) -> str:
    """Equal for names that look alike; empty for one without a letter or digit."""
    return " ".join(re.findall(r"[^\W_]+", fold(name)))[:120]


def read_title(text: str) -> str:
    title = tidy_line(text)
    if not title:
        raise BadField(_("Enter a title: what people said, in one sentence"))
    if length(title) > MOST_TITLE:
        raise BadField(_("The title must be {most} characters or fewer").format(most=MOST_TITLE))
    return title


def read_text(text: str) -> str:
    """May be empty."""
    said = tidy(text)
    if length(said) > MOST_TEXT:
        raise BadField(_("The text must be {most} characters or fewer").format(most=MOST_TEXT))
    return said


def read_note(text: str) -> str:
    note = read_text(text)
    if not note:
        raise BadField(_("Write the note"))
    return note


def read_reason(text: str) -> str:
    reason = read_text(text)
    if not reason:
        raise BadField(_("Say why, for colleagues and for the record"))
    return reason
