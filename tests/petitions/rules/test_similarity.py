"""Which words of a request say something, and how like two requests are."""

from __future__ import annotations

import pytest

from petitions.rules.similarity import MOST_WORDS, Text, likeness, significant, stem, weights


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("buses", "bus"),
        ("parking", "parked"),
        ("swimming", "swim"),
        ("pharmacist", "pharmacies"),
        ("council", "councillors"),
        ("houses", "house"),
        ("libraries", "library"),
        ("stopped", "stops"),
        ("classes", "class"),
    ],
)
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"), [("bus", "business"), ("car", "care"), ("rent", "renew"), ("tram", "trams2")]
)
def test_other_words_have_another(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_small_words_and_signs_say_nothing() -> None:
    assert list(significant("Stop the closing of our Library, please!").values()) == ["closing", "library"]
    assert significant("the of and — … 🦉 \u200b") == {}
    assert list(significant("Vote at 16").values()) == ["vote", "16"]


def test_a_word_is_named_once_and_no_more_than_some_are_named() -> None:
    assert list(significant("Buses, buses, BUS").values()) == ["buses"]
    assert len(significant(" ".join(f"word{n}x" for n in "abcdefghijklmnop"))) == MOST_WORDS


def test_rare_words_weigh_more_than_common_ones() -> None:
    weighed = weights({"rare": 1, "common": 900}, 1_000)
    assert weighed["rare"] > 5 * weighed["common"] > 0


def test_a_title_counts_more_than_the_background() -> None:
    weighed = weights({"owl": 3, "barn": 3}, 100)
    in_title, behind, half = Text("Barn owls", ""), Text("Birds", "Owls need a barn."), Text("Owls", "")
    assert likeness(weighed, in_title) == 1.0
    assert likeness(weighed, in_title) > likeness(weighed, behind) > 0.5
    assert likeness(weighed, half) == pytest.approx(0.5)
    assert likeness(weighed, Text("Trams", "Rails")) == 0.0
    assert likeness({}, in_title) == 0.0


def test_only_a_word_that_nobody_wrote_may_be_misspelt() -> None:
    weighed = weights({stem("swimmming"): 0}, 100)
    title = Text("Allow swimming", "")
    assert likeness(weighed, title) == 0.0
    assert likeness(weighed, title, unknown=weighed) == pytest.approx(0.7)
