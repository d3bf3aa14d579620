"""What a petition may say: enough to be answered, no more than fits, nothing a spreadsheet would compute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import BadField
from petitions.rules.texts import read_action, read_background, read_details, text_digest


def test_eighty_characters_are_accepted_and_one_more_is_not():
    assert read_action("a" * 80) == "a" * 80
    with pytest.raises(BadField, match="80 characters or fewer"):
        read_action("a" * 81)


def test_characters_are_counted_as_people_see_them():
    assert len(read_action("e\u0301" * 80)) == 80
    with pytest.raises(BadField):
        read_action("🏡" * 81)


@pytest.mark.parametrize("nothing", ["", "   ", "\n\t\n", "\u200b\u200b", "\u00a0\u3164\u2800", "\u202e\u202c", "ab"])
def test_a_title_without_anything_to_read_is_refused(nothing: str):
    with pytest.raises(BadField, match="what you want somebody to do"):
        read_action(nothing)


@pytest.mark.parametrize("nothing", ["", "   ", "\u200b", "\u2060\ufeff"])
def test_a_background_without_anything_to_read_is_refused(nothing: str):
    with pytest.raises(BadField, match="why it should be done"):
        read_background(nothing)


@pytest.mark.parametrize(
    "start", ["=SUM(A1)", "+44 call us", "-1 for cuts", "@everyone sign", "＝SUM(A1)", "\u200b=A1 now"]
)
@pytest.mark.parametrize("read", [read_action, read_background, read_details])
def test_no_text_begins_like_a_formula(read, start: str):
    with pytest.raises(BadField, match="letter or a number"):
        read(start)


def test_a_title_is_one_line_with_nothing_hidden():
    assert read_action("  Open the\nlibrary \u202eon\u202c Sundays\u200b ") == "Open the library on Sundays"


def test_a_background_keeps_its_paragraphs():
    assert read_background("One.\r\n\r\n\r\n\r\nTwo.\r\n") == "One.\n\nTwo."


@pytest.mark.parametrize(("read", "most"), [(read_background, 300), (read_details, 800)])
def test_longer_texts_have_their_limit_too(read, most: int):
    assert read("b" * most) == "b" * most
    with pytest.raises(BadField, match=f"{most} characters or fewer"):
        read("b" * (most + 1))


def test_more_details_may_be_left_out():
    assert read_details("") == ""


@given(st.text(max_size=400))
def test_whatever_is_typed_is_read_or_refused_and_reading_twice_changes_nothing(text: str):
    for read in (read_action, read_background, read_details):
        try:
            once = read(text)
        except BadField:
            continue
        assert read(once) == once


def test_the_digest_tells_where_one_text_ends_and_the_next_begins():
    assert text_digest("ab", "c", "") != text_digest("a", "bc", "")
    assert text_digest("a", "b", "c") == text_digest("a", "b", "c")
