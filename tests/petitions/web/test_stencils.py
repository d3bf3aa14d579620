"""What entries of a list have in common is rendered once, and each shows its own."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from petitions.queries.asking import Asked
from petitions.queries.filters import Search
from petitions.web.stencils import Stencils


class Line(NamedTuple):
    id: int
    action: str
    figure: str
    on_bar: int
    signatures: int
    alike: tuple[Any, ...] = ("open",)


class Macro:
    """Stands for a template's macro, and counts how often it is called."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, line: Line) -> Markup:
        self.calls += 1
        kind = "signature" if line.signatures == 1 else "signatures"
        return Markup("<li id='{}'>{}: {} {} {}/9 {}</li>").format(
            line.id, line.action, line.figure, kind, line.on_bar, line.alike[0]
        )


def test_entries_that_stand_alike_are_rendered_once_and_show_their_own():
    stencils, macro = Stencils(), Macro()
    lines = [Line(1, "Feed owls", "3", 3, 3), Line(2, "Feed bats", "1,004", 9, 1_004), Line(3, "Feed us", "5", 5, 5)]
    assert stencils.fill(lines, macro) == Markup("").join(Macro()(line) for line in lines)
    assert macro.calls == 1


def test_what_differs_in_state_or_grammatical_number_is_rendered_for_itself():
    stencils, macro = Stencils(), Macro()
    lines = [Line(1, "A", "1", 1, 1), Line(2, "B", "2", 2, 2), Line(3, "C", "2", 2, 2, ("closed",))]
    assert stencils.fill(lines, macro) == Markup("").join(Macro()(line) for line in lines)
    assert macro.calls == 3


def test_what_people_wrote_stays_text():
    stencils, macro = Stencils(), Macro()
    lines = [Line(1, "<b>%s {0} \ue000\ue001 & 'so'", "3", 3, 3), Line(2, "<script>", "4", 4, 4)]
    shown = stencils.fill(lines, macro)
    assert shown == Markup("").join(Macro()(line) for line in lines)
    assert "<script>" not in shown
    assert "<b>" not in shown


def test_links_of_all_searches_are_made_once_and_carry_the_words_of_this_one():
    words = "owls & <bats> 100% \ue000 %EE%80%80"
    asked = Asked(Search(q=words), 1, {"q": words, "state": "closed", "sort": "popular", "topic": "a/b"})
    for link in (Asked.link, lambda one: one.link(sort="recent"), lambda one: quote(one.key)):
        made = Markup("<a href='{}'>").format(link(asked.for_any_words))
        assert "owls" not in made
        assert Stencils.say(made, words) == Markup("<a href='{}'>").format(link(asked))


def test_a_list_without_words_stays_as_it_is():
    asked = Asked(Search(), 1, {"q": "", "state": "open", "sort": "popular"})
    assert asked.for_any_words is asked
    assert Stencils.say(Markup("<b>%EE%80%80</b>"), "") == "<b>%EE%80%80</b>"
