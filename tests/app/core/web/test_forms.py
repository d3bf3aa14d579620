"""What a browser sends is read as it was typed, and shown again with what is wrong."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import BadField, Invalid
from app.core.web.forms import MOST_FIELDS, Form, NotAForm, chosen, read_form

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def test_a_form_is_read() -> None:
    sent = read_form(b"name=Zo%C3%AB+%26+Bob&notify=true&empty=&bare&name%5B%5D=1")
    assert dict(sent) == {"name": "Zoë & Bob", "notify": "true", "empty": "", "bare": "", "name[]": "1"}


def test_the_last_of_a_repeated_field_counts_and_all_are_known() -> None:
    sent = read_form(b"topic=a&topic=b&other=c")
    assert sent["topic"] == "b"
    assert sent.all("topic") == ["a", "b"]
    assert sent.all("nothing") == []


@pytest.mark.parametrize(
    ("body", "value"),
    [(b"v=%", "%"), (b"v=%zz", "%zz"), (b"v=a=b", "a=b"), (b"&&v=1&", "1"), (b"v=%00", "\0"), (b"v=%2B+", "+ ")],
)
def test_odd_spellings_are_taken_as_browsers_mean_them(body: bytes, value: str) -> None:
    assert read_form(body)["v"] == value


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), max_size=30))
def test_whatever_is_typed_comes_back(pairs: list[tuple[str, str]]) -> None:
    assert read_form(urlencode(pairs).encode()).pairs == pairs


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        pairs = read_form(body).pairs
    except NotAForm:
        return
    words = [tuple(part.partition(b"=")[::2]) for part in body.split(b"&") if part]
    assert pairs == [tuple(unquote_to_bytes(word.replace(b"+", b" ")).decode() for word in pair) for pair in words]


def test_a_form_of_too_many_fields_is_refused() -> None:
    assert len(read_form(b"&".join(b"f%d=1" % n for n in range(MOST_FIELDS)))) == MOST_FIELDS
    with pytest.raises(NotAForm):
        read_form(b"&".join(b"f%d=1" % n for n in range(MOST_FIELDS + 1)))


@pytest.mark.parametrize("body", [b"name=\xff", b"name=%ff", b"%c3=1", b"name=%ED%A0%80"])
def test_what_is_not_utf_8_is_no_form(body: bytes) -> None:
    with pytest.raises(NotAForm):
        read_form(body)


def read_age(text: str) -> int:
    if not text.isdigit():
        raise BadField("Enter your age in years.")
    return int(text)


def test_every_wrong_field_is_named_once_in_order() -> None:
    form = Form(values={"age": "old", "colour": "red"})
    assert form.read("age", read_age) is None
    assert form.read("colour", chosen("colour", {"green", "blue"})) is None
    form.refuse("age", "A second message for the same field")
    assert [(e.field, e.message) for e in form.summary] == [
        ("age", "Enter your age in years."),
        ("colour", "Choose one of the answers."),
    ]
    assert form.get("age") == "old", "what was typed is kept"
    with pytest.raises(Invalid) as refused:
        form.check()
    assert [e.field for e in refused.value.errors] == ["age", "colour"]


def test_a_right_form_passes() -> None:
    form = Form(values={"age": "42", "colour": "blue"})
    assert form.read("age", read_age) == 42
    assert form.read("colour", chosen("colour", {"green", "blue"})) == "blue"
    form.check()


def test_an_error_can_stand_at_another_field() -> None:
    form = Form(values={})
    form.read("year", read_age, field="birthday")
    assert list(form.errors) == ["birthday"]
