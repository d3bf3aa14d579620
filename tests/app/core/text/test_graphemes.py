"""Characters as a person counts them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text.graphemes import grapheme_count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Apples", 6),
        ("a\r\nb", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY}", 1),
        ("\N{WAVING HAND SIGN}\U0001f3fd", 1),
        ("\N{HEAVY BLACK HEART}\ufe0f", 1),
        ("\U0001f1ec\U0001f1e7\U0001f1eb\U0001f1f7", 2),
        ("\U0001f1ec\U0001f1e7\U0001f1eb", 2),
        ("\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f", 1),
        ("1\ufe0f\u20e3", 1),
        ("한국", 2),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", 2),
        ("நி", 1),
        ("שָׁלוֹם", 4),
        ("語彙", 2),
        ("a\u0301\u0302\u0303b", 2),
    ],
)
def test_one_thing_to_see_is_one(text: str, count: int):
    assert grapheme_count(text) == count


@given(st.text())
def test_never_more_than_there_are_code_points(text: str):
    assert grapheme_count(text) <= len(text)
    assert (grapheme_count(text) == 0) == (text == "")


@given(st.text(alphabet=st.characters(max_codepoint=0x7F)))
def test_a_line_break_is_one(text: str):
    assert grapheme_count(text) == len(text.replace("\r\n", "\n"))


@pytest.mark.parametrize("piece", ["\u200d", "\N{MAN}\u200d", "\u1100", "\u0301", "\U0001f1ec", "\N{MAN}\ufe0f"])
def test_long_texts_take_time_in_proportion(piece: str):
    short, long = (_processor_time(piece * n) for n in (2_000, 40_000))
    assert long < 200 * max(short, 1e-4)


def _processor_time(text: str) -> float:
    began = time.thread_time()
    grapheme_count(text)
    return time.thread_time() - began
