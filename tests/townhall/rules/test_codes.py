"""A join code is read off a wall and typed on a phone."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import BadField
from townhall.rules import codes


@pytest.mark.parametrize("typed", ["WARD4", "ward 4", "  Ward-4 ", "w.a.r.d 4", "ＷＡＲＤ４", "ward_4"])
def test_a_code_is_one_however_it_is_typed(typed: str) -> None:
    assert codes.read_code(typed) == "WARD4"


@pytest.mark.parametrize("typed", ["", "abc", "thirteenchars", "ward#4", "wärd4", "вард4"])
def test_what_cannot_be_typed_by_everyone_is_no_code(typed: str) -> None:
    with pytest.raises(BadField):
        codes.read_code(typed)


@given(st.text(alphabet="ward4WARD \u00df\u00e4\uff11-_.", max_size=14))
def test_whatever_is_typed_is_a_code_that_anybody_can_type_or_none(typed: str) -> None:
    try:
        code = codes.read_code(typed)
    except BadField:
        assert not re.fullmatch(r"[A-Za-z0-9]{4,12}", typed)
    else:
        assert re.fullmatch(r"[A-Z0-9]{4,12}", code)
        assert codes.read_code(code.lower()) == code


def test_what_is_made_is_a_code_without_signs_that_look_like_others() -> None:
    chance = random.Random(4)
    made = {codes.made(chance.choice) for _one in range(500)}
    assert len(made) > 490
    assert all(codes.read_code(code) == code for code in made)
    assert not set("".join(made)) & set("0O1IL2Z5S8BUV")
