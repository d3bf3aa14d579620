"""Words are known whatever their ending, their accents and their case; misspelt ones by what they are nearest to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.rules.query import MOST_TYPED, MOST_WORDS, read_query
from app.search.rules.spelling import distance, likeliest, parts_asked, parts_kept
from app.search.rules.tokens import tokens
from app.search.rules.words import stem_of, stems_of, words_of

ALIKE = (
    "library libraries",
    "bus buses",
    "park parks parked parking",
    "child children",
    "woman women",
    "person people",
    "crossing crossings crossed",
    "cycle cycles cycling cycled",
    "swim swims swimming",
    "policy policies",
    "improve improved improvement improvements",
    "box boxes",
    "street streets",
    "fund funds funded funding",
    "week weekly",
    "modernise modernising",
    "church churches",
    "class classes",
)
APART = ("station stationery", "school schooner", "form from", "bus bust", "plan planet")


@pytest.mark.parametrize("words", ALIKE)
def test_forms_of_a_word_have_one_stem(words: str):
    assert len({stem_of(word) for word in words.split()}) == 1, {word: stem_of(word) for word in words.split()}


@pytest.mark.parametrize("words", APART)
def test_other_words_have_other_stems(words: str):
    one, other = words.split()
    assert stem_of(one) != stem_of(other)


def test_words_have_no_case_accents_or_signs():
    assert words_of("Café — the CRÈCHE's “Straße” (№ 7)!") == ["cafe", "the", "creches", "strasse", "no", "7"]
    assert list(stems_of("The libraries of our town")) == ["librari", "town"]


@given(st.text(max_size=60))
def test_stemming_a_stem_or_any_text_never_fails_and_is_short(text: str):
    for word in words_of(text):
        assert 0 < len(stem_of(word)) <= 41


def test_a_query_has_words_passages_and_words_it_does_not_want():
    query = read_query(' “opening hours”  library -mobile  -"evening class" the ')
    assert query.words == ("opening", "hours", "library")
    assert query.passages == (("opening", "hours"),)
    assert query.without == (stem_of("mobile"), stem_of("evening"), stem_of("class"))
    assert read_query("bench -benches").without == ()  # nobody wants and does not want the same


@pytest.mark.parametrize("typed", ["", "  ", "the of and", "😀 🎉", '"""', "-", "--", "-the", "\0", "…", "*:^()"])
def test_what_says_nothing_looks_for_nothing(typed: str):
    assert not read_query(typed).says_something


@given(st.text(max_size=700))
def test_whatever_is_typed_can_be_read(typed: str):
    query = read_query(typed)
    assert len(query.text) <= MOST_TYPED
    assert len(query.words) <= MOST_WORDS
    assert not any(sign in word for word in query.words for sign in '"*:^()&|!_ ')


def test_the_nearest_word_is_meant_then_the_commonest():
    known = [("library", 40), ("libraries", 12), ("binary", 3)]
    assert likeliest("libary", known) == "library"
    assert likeliest("zzyzx", known) is None
    assert likeliest("form", [("from", 3), ("farm", 9), ("firm", 2)]) == "farm"


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("libary", "library", 1),
        ("lirbary", "library", 1),
        ("labrery", "library", 2),
        ("swiming", "swimming", 1),
        ("playgruond", "playground", 1),
        ("recieve", "receive", 1),
        ("bench", "benches", 2),
        ("bus", "busy", 1),
    ],
)
def test_slips_are_counted(one: str, other: str, slips: int):
    assert distance(one, other, 2) == slips
    assert distance(one, other, slips - 1) is None


@given(st.text("abcd", min_size=4, max_size=9), st.integers(0, 8), st.sampled_from("abcd"))
def test_a_word_with_one_slip_is_met_by_its_parts(word: str, at: int, letter: str):
    at = min(at, len(word) - 1)
    swapped = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
    for wrong in (
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at:],
        word[:at] + letter + word[at + 1 :],
        swapped,
    ):
        assert parts_asked(wrong) & parts_kept(word)
        assert distance(wrong, word, 1) is not None


def test_no_word_can_be_taken_for_a_mark():
    told = tokens("Kpetition d7 vpublic", "", kind="petition", departments=[7])
    assert [t for t in told if t[0] in "kdvym"] == ["kpetition", "d7"]
