"""What entries of a list have in common is rendered once, and each shows its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from markupsafe import Markup

from app.core.i18n import language
from app.core.web.stencils.fragments import Fragments, plural


class Line(NamedTuple):
    id: int
    action: str | Markup
    figure: str
    signatures: int
    state: str = "open"

    @property
    def own(self) -> Sequence[str]:
        return ("id", "action", "figure")

    @property
    def alike(self) -> tuple[Any, ...]:
        return plural(self.signatures), self.state


class Macro:
    """Stands for a template's macro, and counts how often it is called."""

    name = "line"

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, line: Line) -> Markup:
        self.calls += 1
        kind = "signature" if line.signatures == 1 else "signatures"
        action = Markup("<p>{}</p>").format(line.action) if line.action else ""
        return Markup("<li id='{}'>{}{} {} ({}) {}</li>").format(
            line.id, action, line.figure, kind, line.figure, line.state
        )


def one_by_one(lines: Sequence[Line]) -> Markup:
    return Markup("").join(Macro()(line) for line in lines)


@pytest.fixture
def fragments() -> Fragments:
    return Fragments()


def test_entries_that_stand_alike_are_rendered_once_and_show_their_own(fragments: Fragments):
    macro = Macro()
    lines = [Line(1, "Feed owls", "3", 3), Line(2, "Feed bats", "1,004", 1_004), Line(3, "Feed us", "5", 5)]
    assert fragments.alike(lines, macro) == one_by_one(lines)
    assert fragments.alike(lines[::-1], macro) == one_by_one(lines[::-1])
    assert macro.calls == 1


def test_what_differs_in_state_or_grammatical_number_is_rendered_for_itself(fragments: Fragments):
    macro = Macro()
    lines = [Line(1, "A", "1", 1), Line(2, "B", "2", 2), Line(3, "C", "2", 2, "closed")]
    assert fragments.alike(lines, macro) == one_by_one(lines)
    assert macro.calls == 3


def test_what_has_nothing_of_something_is_rendered_for_itself(fragments: Fragments):
    macro = Macro()
    lines = [Line(1, "A", "3", 3), Line(2, "", "3", 3), Line(3, "", "", 3), Line(4, "", "4", 4)]
    assert fragments.alike(lines, macro) == one_by_one(lines)
    assert macro.calls == 3


def test_what_people_wrote_stays_text_and_markup_stays_markup(fragments: Fragments):
    lines = [
        Line(1, "<b>%s {0} \ue000\ue001 & 'so'", "3", 3),
        Line(2, "<script>", "4", 4),
        Line(3, Markup("<mark>owls</mark> &amp; bats"), "5", 5),
        Line(4, "a\0<i>b", "6", 6),
    ]
    for some in (lines, lines[:2], lines[2:3], lines[3:]):
        shown = fragments.alike(some, Macro())
        assert shown == one_by_one(some)
        assert "<script>" not in shown
        assert "<b>" not in shown


def test_what_the_state_says_is_never_taken_for_something_of_an_entrys_own(fragments: Fragments):
    lines = [Line(1, "A", "3", 3, "\ue000 [action] {action}")]
    assert fragments.alike(lines, Macro()) == one_by_one(lines)


def test_every_language_has_its_own(fragments: Fragments):
    macro, lines = Macro(), [Line(1, "A", "3", 3)]
    fragments.alike(lines, macro)
    token = language.set("cy")
    try:
        fragments.alike(lines, macro)
    finally:
        language.reset(token)
    assert macro.calls == 2


def test_no_entries_are_nothing(fragments: Fragments):
    assert fragments.alike([], Macro()) == Markup("")
