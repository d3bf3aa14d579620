"""Names: whatever a person is called, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.people.names import BadName, read_name
from app.core.text.plain import starts_like_formula, tidy_line


@pytest.mark.parametrize(
    "name",
    [
        "Amina Okafor",
        "O'Brien",
        "Siobhán O’Súilleabháin",
        "Jean-Luc Martin-Dupont",
        "Dr. J. R. Smith",
        "St.John Smythe",
        "Madonna",
        "Ng",
        "X Æ A-12",
        "李小龙",
        "محمد الأحمد",
        "เกษม",
        "Ελένη",
        "राम",
        "Henry VIII",
        "John Smith (chair)",
        "Å",
        "a" * 80,
    ],
)
def test_people_are_called_many_things(name):
    assert read_name(name) == name


def test_spaces_and_hidden_characters_are_tidied_away():
    assert read_name("  Sam \u00a0 Wong\u200b\n") == "Sam Wong"
    assert read_name("\u202eSam\u202c") == "Sam"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Enter your name"),
        (" \u3164\u200b", "Enter your name"),
        ("a" * 81, "80 characters or fewer"),
        ("=HYPERLINK(A1)", "must not start with"),
        ("+Sam", "must not start with"),
        ("-Sam", "must not start with"),
        ("@sam", "must not start with"),
        ("＝Sam", "must not start with"),
        ("\u200b=Sam", "must not start with"),
        ("Cheap pills www.pills.example", "web or email address"),
        ("Sam https://pills.example", "web or email address"),
        ("pills.example/buy", "web or email address"),
        ("pills.com", "web or email address"),
        ("sam@example.org", "web or email address"),
        ("1234", "include a letter"),
        ("...", "include a letter"),
        ("👍", "include a letter"),
        ("\u31641", "include a letter"),
    ],
)
def test_what_is_not_a_name_is_refused_with_a_reason(typed, words):
    with pytest.raises(BadName) as refused:
        read_name(typed)
    assert words in str(refused.value.message)


def test_eighty_characters_are_counted_as_a_reader_counts_them():
    assert len(read_name("e\u0301" * 80)) == 80


@given(st.text() | st.text(st.sampled_from("aé. '-=+@\u200b\u0301字/w:"), max_size=90))
def test_a_name_once_read_stays_as_it_is(text):
    try:
        name = read_name(text)
    except BadName:
        return
    assert read_name(name) == name == tidy_line(text)
    assert 1 <= len(name) <= 80
    assert name.isprintable() or "\u200c" in name or "\u200d" in name or not name.isascii()
    assert not starts_like_formula(name)
