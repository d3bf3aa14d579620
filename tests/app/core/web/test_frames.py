"""Pages that are kept but for their entries: what each reader has of their own is theirs, and nothing of it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from os import utime
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from app.core.settings import Settings
from app.core.web import page
from app.core.web.assets import Assets
from app.core.web.page import Pages
from app.core.web.stencils import stencil
from app.core.web.stencils.fragments import Fragments
from app.core.web.stencils.frames import Entries, Frames
from app.main import STATIC


def macro(word: str) -> Markup:
    return Markup("<li>{}</li>").format(word)


macro.name = "macro"  # type: ignore[attr-defined]


class Rendering:
    """A page's template, and how often it was rendered."""

    def __init__(self, before: str = "") -> None:
        self.before, self.times = before, 0

    def __call__(self, given: Mapping[str, Any]) -> str:
        self.times += 1
        listed = given["entries"].here(macro) if given["entries"] else "none"
        more = f'<a href="{given["more"]}">more</a>' if given["more"] else ""
        return f"{self.before}<ol>{listed}</ol>{more}"


def listed(*words: str) -> Entries[str]:
    return Entries(words, words)


@pytest.fixture
def kept() -> Frames:
    return Frames(Fragments().each)


def test_a_frame_is_rendered_once_and_filled_for_each_reader(kept: Frames) -> None:
    render = Rendering()
    first = kept.filled(("a",), render, listed("one", "<two>"), {"more": "/?a=1&b=2"})
    second = kept.filled(("a",), render, listed("three", "four"), {"more": "/?a=3"})
    assert first == '<ol><li>one</li>\n<li>&lt;two&gt;</li></ol><a href="/?a=1&amp;b=2">more</a>'
    assert second == '<ol><li>three</li>\n<li>four</li></ol><a href="/?a=3">more</a>'
    assert render.times == 1


def test_a_page_that_has_something_more_or_less_has_another_frame(kept: Frames) -> None:
    render = Rendering()
    assert kept.filled(("a",), render, listed("one"), {"more": ""}) == "<ol><li>one</li></ol>"
    assert kept.filled(("a",), render, listed("one"), {"more": "/2"}).endswith('<a href="/2">more</a>')
    assert kept.filled(("a",), render, listed(), {"more": ""}) == "<ol>none</ol>"
    assert kept.filled(("b",), render, listed("one"), {"more": ""}) == "<ol><li>one</li></ol>"
    assert render.times == 4


def test_without_a_key_nothing_is_kept(kept: Frames) -> None:
    render = Rendering()
    for _again in range(2):
        assert kept.filled(None, render, listed("one"), {"more": ""}) == "<ol><li>one</li></ol>"
    assert render.times == 2


def test_nobody_can_write_a_hole_into_a_text(kept: Frames, monkeypatch: pytest.MonkeyPatch) -> None:
    written = stencil.hole("entries")
    monkeypatch.setattr(stencil, "_MARK", "of another process")
    monkeypatch.setattr(stencil, "_CUT", re.compile(r"\[of another process:(\w+)\]"))
    text = f"{written} [entries] {{entries}} %s"
    assert kept.filled(("a",), Rendering(text), listed("one"), {"more": ""}) == f"{text}<ol><li>one</li></ol>"


def test_frames_that_were_asked_for_lately_stay(kept: Frames, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 8)
    often, seldom = Rendering(), Rendering()
    kept.filled(("seldom",), seldom, listed("one"), {"more": ""})
    for other in range(40):
        kept.filled(("often",), often, listed("one"), {"more": ""})
        kept.filled((other,), Rendering(), listed("one"), {"more": ""})
    kept.filled(("seldom",), seldom, listed("one"), {"more": ""})
    assert (often.times, seldom.times) == (1, 2)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """Writes a template, as a developer does."""
    monkeypatch.setattr(page, "TEMPLATES", tmp_path)

    def write(name: str, text: str) -> None:
        made = (tmp_path / name).exists()
        (tmp_path / name).write_text(text)
        if made:
            utime(tmp_path / name, (1, 1))

    return write


def test_a_template_that_a_frame_was_made_of_is_looked_at_once_a_second(
    written: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = [100.0]
    monkeypatch.setattr(page.time, "monotonic", lambda: watch[0])
    written("base.html", "old {% block main %}{% endblock %}")
    written("whole.html", "{% extends 'base.html' %}{% block main %}{{ word }}{% endblock %}")
    developing = Pages(Settings.from_environment({}), Assets(STATIC))

    def said(word: str = "x") -> bytes:
        return developing.framed("whole.html", (), listed(), {}, word=word)

    assert (said(), said("y")) == (b"old x", b"old x")
    written("base.html", "new {% block main %}{% endblock %}")
    assert said() == b"old x"
    watch[0] += 1
    assert (said(), said("y")) == (b"new x", b"new x")
    watch[0] += 1
    assert said("y") == b"new x"


def test_a_notice_stands_on_the_next_page_at_once() -> None:
    pages = Pages(Settings.from_environment({}), Assets(STATIC))
    notices: Sequence[str] = ()
    pages.jinja.globals["notices"] = lambda: notices

    def shown() -> bytes:
        return pages.framed("front/contact.html", (), listed(), {})

    assert b"We are back" not in shown()
    notices = ("We are back at noon.",)
    assert b"We are back at noon." in shown()


def test_a_part_that_changed_while_it_was_looked_up_is_kept_as_what_it_is_now() -> None:
    fragments, made = Fragments(), []

    def told(word: str) -> str:
        made.append(word)
        return word

    told.name = "told"  # type: ignore[attr-defined]
    keys = ["old", "same"]

    def find(places: Sequence[int]) -> list[str]:
        keys[0] = "new"
        return [["now new", "same"][at] for at in places]

    assert fragments.each(keys, told, find) == "now new\nsame"
    assert fragments.each(["new", "same"], told, lambda _places: []) == "now new\nsame"
    assert fragments.each(["old"], told, lambda _places: ["old again"]) == "old again"
    assert made == ["now new", "same", "old again"]
