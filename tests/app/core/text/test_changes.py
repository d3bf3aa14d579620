"""Differences between two texts, as words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.core.text.changes import Part, word_changes

TEXTS = st.text(alphabet="ab ,\né", max_size=40)


def test_a_word_that_was_put_in_the_place_of_another():
    assert word_changes("Open the library on Sundays.", "Open the library on Mondays.") == [
        Part("same", "Open the library on "),
        Part("removed", "Sundays"),
        Part("added", "Mondays"),
        Part("same", "."),
    ]


def test_words_side_by_side_that_change_are_one_change():
    assert word_changes("a big red bus runs", "a small blue bus runs") == [
        Part("same", "a "),
        Part("removed", "big red"),
        Part("added", "small blue"),
        Part("same", " bus runs"),
    ]


def test_a_text_that_was_empty_or_becomes_so():
    assert word_changes("", "All new") == [Part("added", "All new")]
    assert word_changes("All gone", "") == [Part("removed", "All gone")]
    assert word_changes("", "") == []


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_from_their_difference(before: str, after: str):
    parts = word_changes(before, after)
    assert "".join(p.text for p in parts if p.kind != "added") == before
    assert "".join(p.text for p in parts if p.kind != "removed") == after
    assert all(p.text for p in parts)
    if before == after:
        assert [p.kind for p in parts] in ([], ["same"])
