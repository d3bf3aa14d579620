"""Why something was found is marked: in titles, and in a passage around the first of the words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.rules.marking import Marker, Piece, has_passages
from app.search.rules.query import read_query


def marked(typed: str, line: str, *, begun: bool = False) -> str:
    return _shown(Marker(read_query(typed), begun=begun).pieces(line))


def excerpt(typed: str, text: str) -> str:
    return _shown(Marker(read_query(typed)).excerpt(text))


def _shown(pieces: list[Piece]) -> str:
    return "".join(f"[{text}]" if is_meant else text for text, is_meant in pieces)


@pytest.mark.parametrize(
    ("typed", "line", "shown"),
    [
        ("library", "Libraries, library; a librarian's LIBRARY", "[Libraries], [library]; a librarian's [LIBRARY]"),
        ("bus", "The bus, the buses and a busy business", "The [bus], the [buses] and a busy business"),
        ("cafe", "Das Café — café!", "Das [Café] — [café]!"),
        ("strasse", "Straße", "[Straße]"),
        ("zabka", "Żabka", "[Żabka]"),
        ("creches", "The crèche's garden", "The [crèche's] garden"),
        ("مكتبة", "افتحوا مكتبة الحي", "افتحوا [مكتبة] الحي"),
        ("oak street", "Oak Street, not oakum", "[Oak] [Street], not oakum"),
    ],
)
def test_words_are_marked_in_any_of_their_forms(typed: str, line: str, shown: str):
    assert marked(typed, line) == shown


def test_a_word_that_was_begun_is_marked_to_its_end():
    assert marked("tramp", "A trampoline", begun=True) == "A [trampoline]"
    assert marked("tramp", "A trampoline") == "A trampoline"


def test_an_excerpt_stands_around_the_first_word_and_says_that_there_is_more():
    text = "Nothing here. " * 30 + "The towpath floods. " + "Nothing there. " * 30
    found = excerpt("flooding towpath", text)
    assert found.startswith("…")
    assert found.endswith("…")
    assert "The [towpath] [floods]." in found
    assert len(found) < 320
    assert excerpt("zzyzx", "It floods.") == "It floods."


def test_signs_that_format_a_text_are_left_out():
    text = "# Plan\n\nWe open **eleven more hours**, see [the library](https://example.org/x)."
    assert excerpt("library", text) == "Plan We open eleven more hours, see the [library]."


def test_passages_stand_word_for_word():
    assert has_passages(read_query('"opening hours"'), "Longer Opening, hours!")
    assert not has_passages(read_query('"opening hours"'), "opening of hours")


@given(st.text(max_size=80), st.text(max_size=400))
def test_marking_loses_nothing_of_a_title_and_never_fails(typed: str, line: str):
    marker = Marker(read_query(typed), begun=True)
    assert "".join(piece.text for piece in marker.pieces(line)) == line
    marker.excerpt(line)
