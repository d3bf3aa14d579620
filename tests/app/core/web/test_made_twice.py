"""Every house of a test makes anew what a page kept from the one before it. Here keys forget something, and it is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from app import main
from app.core.settings import Settings
from app.core.web import page
from app.core.web.assets import Assets
from app.core.web.stencils.frames import Entries
from app.main import STATIC
from tests import anew
from tests.anew import MadeTwice

DESK = """{% macro line(word) %}<li>{{ word }}, {{ day }}</li>{% endmacro %}
<h1>{{ name }}</h1><ol>{{ entries.here(line) }}</ol>{% if more %}<a href="{{ more }}">more</a>{% endif %}"""
LIST = """{% macro line(word) %}<li>{{ word }}, {{ day }}</li>{% endmacro %}{{ once_each(listed.keys, line, listed.find) }}"""
PART = """{% macro strip(name) %}<p>{{ name }}</p>{% endmacro %}{{ once(key, strip, name) }}"""
ALIKE = """{% macro line(one) %}<li>{{ one.name }} {{ one.state }}</li>{% endmacro %}{{ alike(lines, line) }}"""


class Line(NamedTuple):
    """Forgets its ``state`` in what it has alike with others."""

    name: str
    state: str
    own: Sequence[str] = ("name",)
    alike: str = ""


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], MadeTwice]:
    """The pages of a house that has this template alone."""
    monkeypatch.setattr(page, "TEMPLATES", tmp_path)

    def write(text: str) -> MadeTwice:
        (tmp_path / "one.html").write_text(text)
        return MadeTwice(Settings.from_environment({}), Assets(STATIC))

    return write


@pytest.fixture
def seen() -> Iterator[Callable[[], list[str]]]:
    """What was not as it should be, up to now."""

    def take() -> list[str]:
        found = anew.UNLIKE.copy()
        anew.UNLIKE.clear()
        return found

    yield take
    anew.UNLIKE.clear()


def desk(pages: MadeTwice, key: tuple[str, ...], name: str, *words: str, day: str = "Monday", more: str = "") -> str:
    body = pages.framed("one.html", key, Entries(words, words), {"more": more}, name=name, day=day)
    return body.decode()


def test_a_house_in_a_test_makes_its_pages_twice() -> None:
    assert main.Pages is MadeTwice


def test_a_frame_that_forgets_whose_desk_it_is_is_seen(
    written: Callable[[str], MadeTwice], seen: Callable[[], list[str]]
) -> None:
    pages = written(DESK)
    assert "Maureen" in desk(pages, (), "Maureen", "lime trees")
    assert seen() == []
    assert "Maureen" in desk(pages, (), "Mia", "lime trees")
    (fault,) = seen()
    assert "one.html shows" in fault
    assert "Maureen" in fault
    assert "Mia" in fault


def test_an_entry_that_shows_something_of_the_page_beside_its_key_is_seen(
    written: Callable[[str], MadeTwice], seen: Callable[[], list[str]]
) -> None:
    pages = written(DESK)
    desk(pages, ("Monday",), "Mia", "lime trees")
    desk(pages, ("Tuesday",), "Mia", "lime trees", day="Tuesday")
    (fault,) = seen()
    assert "Monday" in fault


def test_a_new_entry_made_by_the_macro_of_the_first_reader_is_seen(
    written: Callable[[str], MadeTwice], seen: Callable[[], list[str]]
) -> None:
    pages = written(DESK)
    desk(pages, (), "Mia", "lime trees")
    desk(pages, (), "Mia", "a bench", day="Tuesday")
    (fault,) = seen()
    assert "a bench, Tuesday" in fault


def test_a_frame_whose_key_holds_everything_is_filled_in_peace(
    written: Callable[[str], MadeTwice], seen: Callable[[], list[str]]
) -> None:
    pages = written(DESK)
    for name, word, more in (("Mia", "<b>", ""), ("Maureen", "a bench", "/?a=1&b=2"), ("Mia", "lime", "/?c='")):
        assert f"<h1>{name}</h1>" in desk(pages, (name,), name, word, more=more)
    assert seen() == []


def test_a_part_an_entry_and_a_stencil_that_forget_something_are_seen(
    written: Callable[[str], MadeTwice], seen: Callable[[], list[str]]
) -> None:
    part = written(PART)
    for name in ("Maureen", "Mia"):
        part.render("one.html", key=(), name=name)
    assert len(seen()) == 1
    listed = written(LIST)
    for day in ("Monday", "Tuesday"):
        listed.render("one.html", listed=Entries(["lime"], ["lime"]), day=day)
    assert len(seen()) == 1
    alike = written(ALIKE)
    for state in ("open", "closed"):
        alike.render("one.html", lines=[Line("lime", state)])
    assert len(seen()) == 1
