"""Words looked for in texts that no index has read."""

from __future__ import annotations

import pytest

from app.core.text.words import AFTER, BEFORE, MOST_WORDS, Wanted, words_of


@pytest.mark.parametrize(
    ("sought", "text"),
    [
        ("oak street", "The lights in Oak Street are broken."),
        ("mending lights", "They mended a light."),
        ("streets", "The street's end"),
        ("cafe", "The CAFÉ by the river"),
        ("Café", "a cafe"),
        ("ICE", "ice on the path"),
        ("12", "Number 12 is dark"),
        ("buses", "One bus in two is late"),
    ],
)
def test_a_text_has_a_word_in_any_form(sought: str, text: str):
    assert Wanted(sought).are_in(text)


@pytest.mark.parametrize(
    ("sought", "text"),
    [
        ("oak street", "Oak Lane"),
        ("ice", "a notice"),
        ("12", "Number 123"),
        ("art", "The artichokes of the garden"),
        ("a.b", "axb"),
    ],
)
def test_and_not_where_it_is_another_one(sought: str, text: str):
    assert not Wanted(sought).are_in(text)


def test_signs_are_no_words():
    assert not Wanted("* \" ( ) ' -- \0")
    assert words_of("Oak-Street's (north)") == ["oak", "street", "s", "north"]
    assert len(words_of("a " * 100)) == MOST_WORDS


def test_an_excerpt_stands_around_the_word_and_is_cut_between_words():
    text = "before " * 60 + "Oak Street " + "after " * 60
    shown = Wanted("oak").excerpt("Nothing here.", text)
    assert "Oak Street" in shown
    assert shown.startswith("…before")
    assert shown.endswith("after…")
    assert len(shown) <= BEFORE + AFTER + 2
    assert Wanted("oak").excerpt("", "Nothing of it.") == "Nothing of it."
    assert Wanted("oak").excerpt("", " ") == ""
    assert Wanted("oak").excerpt("x" * 500).startswith("xxx")
