"""What a token looks like, and what only looks like one."""

from __future__ import annotations

import re
import string

from hypothesis import given
from hypothesis import strategies as st

from app.tokens.rules import texts
from tests.site import another

FORM = re.compile(r"tsq_[0-9A-Za-z]{38}")


def test_a_scanner_knows_one_by_its_beginning_and_its_checksum() -> None:
    made = {texts.new_text() for _each in range(200)}
    assert len(made) == 200
    assert all(FORM.fullmatch(text) and texts.is_well_formed(text) for text in made)


@given(st.integers(0, 41), st.sampled_from(string.ascii_letters + string.digits + " é"))
def test_one_letter_that_is_another_is_no_token(place: int, letter: str) -> None:
    text = texts.new_text()
    changed = text[:place] + letter + text[place + 1 :]
    assert texts.is_well_formed(changed) is (changed == text)


@given(st.text())
def test_what_people_type_is_none(text: str) -> None:
    assert not texts.is_well_formed(text)


def test_digests_differ_with_the_text() -> None:
    text = texts.new_text()
    assert texts.digest(text) == texts.digest(text) != texts.digest(another(text))
    assert len(texts.digest(text)) == 32
