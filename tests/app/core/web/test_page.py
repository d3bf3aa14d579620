"""What pages say about dates and numbers, and where they may send a reader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from os import utime
from pathlib import Path

import pytest
from jinja2 import StrictUndefined

from app.core.settings import Settings
from app.core.web import page
from app.core.web.assets import Assets
from app.core.web.forms import Form
from app.core.web.packing import Fixed
from app.core.web.page import Pages, SeeOther, day_count, number, see_other
from app.core.web.stencils.fragments import Fragments
from app.main import STATIC

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(Settings.from_environment({}), Assets(STATIC), undefined=StrictUndefined)


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (datetime(2026, 11, 21, 16, 5, tzinfo=UTC), "21 November 2026, 4:05 pm GMT"),
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), "2 July 2026, 12:30 am BST"),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), "29 March 2026, 12:59 am GMT"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "29 March 2026, 2:00 am BST"),
    ],
)
def test_an_instant_is_said_in_the_towns_time(pages: Pages, instant: datetime, words: str) -> None:
    assert pages.say_instant(instant) == words


def test_a_date_is_the_towns_date(pages: Pages) -> None:
    assert pages.say_date(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == "2 July 2026"
    assert pages.say_date(date(2026, 7, 1)) == "1 July 2026"


def test_what_closes_at_midnight_was_open_until_the_day_before(pages: Pages) -> None:
    assert pages.say_last_day(datetime(2026, 7, 1, 23, 0, tzinfo=UTC)) == "1 July 2026"
    assert pages.say_last_day(datetime(2026, 7, 2, 11, 0, tzinfo=UTC)) == "2 July 2026"


@pytest.mark.parametrize(("value", "words"), [(0, "0"), (999, "999"), (1023, "1,023"), (4_150_262, "4,150,262")])
def test_numbers_are_grouped(value: int, words: str) -> None:
    assert number(value) == words


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=-1), 0),
        (timedelta(0), 0),
        (timedelta(hours=1), 1),
        (timedelta(days=1), 1),
        (timedelta(days=1, hours=1), 2),
    ],
)
def test_a_started_day_counts(left: timedelta, days: int) -> None:
    assert day_count(NOON + left, NOON) == days


@pytest.mark.parametrize(
    "path", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "javascript:x"]
)
def test_nobody_is_sent_to_another_site(path: str) -> None:
    with pytest.raises(ValueError, match="stay on this site"):
        see_other(path)


def test_both_ways_of_sending_somebody_on_say_the_same() -> None:
    slow, quick = see_other("/petitions/1/sign/sent"), SeeOther("/petitions/1/sign/sent")
    headers = {k.decode(): v.decode() for k, v in quick._start["headers"]}
    assert (slow.status_code, quick._start["status"]) == (303, 303)
    assert headers["location"] == slow.url
    assert headers["cache-control"] == slow.headers["cache-control"] == "no-store"


def test_a_page_for_one_reader_is_kept_by_nobody(pages: Pages) -> None:
    answer = pages.personal("front/contact.html", status=422)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.status_code == 422
    assert b"<title>Error: " in answer.content


def test_a_zero_character_stands_in_no_page(pages: Pages) -> None:
    form = Form(values={"email": "ana\0@example.org"}, errors={"email": "Not\0 so."})
    answer = pages.personal("accounts/sign_in.html", status=422, form=form, busy=None)
    assert b"\0" not in answer.content
    assert b'value="ana@example.org"' in answer.content


def test_what_a_phrase_is_filled_with_is_escaped_and_its_own_signs_stay(pages: Pages) -> None:
    said = pages.jinja.from_string(
        "{% trans name=name %}By {{ name }}, 50% of it{% endtrans %} {{ _('100%% <b>ours</b>') }}"
    )
    assert said.render(name="<i>Boris</i>") == "By &lt;i&gt;Boris&lt;/i&gt;, 50% of it 100% <b>ours</b>"


def test_a_changed_template_is_read_again_and_so_are_the_parts_kept_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(page, "TEMPLATES", tmp_path)
    monkeypatch.setattr(page.time, "monotonic", lambda: watch[0])
    watch, part, whole = [100.0], tmp_path / "part.html", tmp_path / "whole.html"
    part.write_text("{% macro sign() %}open{% endmacro %}")
    whole.write_text("{% from 'part.html' import sign %}{{ once((1,), sign) }}")
    developing = Pages(Settings.from_environment({}), Assets(STATIC))
    assert developing.text("whole.html") == "open"
    part.write_text("{% macro sign() %}closed{% endmacro %}")
    utime(part, (1, 1))
    assert developing.text("whole.html") == "open", "it does not look at every page"
    watch[0] += 1
    assert developing.text("whole.html") == "closed"


def test_parts_that_were_asked_for_lately_stay() -> None:
    fragments, made = Fragments(), []

    def macro(number: int) -> str:
        made.append(number)
        return str(number)

    macro.name = "macro"  # type: ignore[attr-defined]
    fragments.MOST = 8  # type: ignore[misc]
    for other in range(1, 40):
        fragments.once((0,), macro, 0)
        fragments.once((other,), macro, other)
    fragments.once((1,), macro, 1)
    assert made.count(0) == 1  # it was asked for all the time
    assert made.count(1) == 2  # long ago


def test_of_parts_that_stand_together_only_those_are_looked_up_that_nobody_made() -> None:
    fragments, sought = Fragments(), []

    def macro(word: str) -> str:
        return word

    def find(places: Sequence[int]) -> list[str]:
        sought.extend(places)
        return ["abc"[at] for at in places]

    macro.name = "macro"  # type: ignore[attr-defined]
    assert fragments.each([1, 2], macro, find) == "a\nb"
    assert fragments.each([1, 2, 3], macro, find) == "a\nb\nc"
    assert sought == [0, 1, 2]


def test_what_is_nobodys_markup_is_escaped_and_a_caller_is_called(pages: Pages) -> None:
    source = "{% macro box(x) %}<b>{{ x }}{{ caller() }}</b>{% endmacro %}{% call box(name) %}{{ 7 }}&amp;{{ name }}{% endcall %}"
    told = pages.jinja.from_string(source).render(name="<Ada>")
    assert told == "<b>&lt;Ada&gt;7&amp;&lt;Ada&gt;</b>"


def test_a_plural_is_said_with_its_figure(pages: Pages) -> None:
    source = "{% for n in many %}{% trans count=n %}{{ count }} text{% pluralize %}{{ count }} texts{% endtrans %} {% endfor %}"
    assert pages.jinja.from_string(source).render(many=[1, 2]) == "1 text 2 texts "


def test_a_fixed_part_stands_in_its_place_and_nobodys_text_is_taken_for_it(pages: Pages) -> None:
    shown = pages.jinja.from_string("<h1>{{ title }}</h1><svg>{{ outlines }}</svg>")
    outlines = Fixed("<path/>")
    body = shown.render(title="I wrote <fixed/>", outlines=outlines).encode()
    assert outlines.within(body) == b"<h1>I wrote &lt;fixed/&gt;</h1><svg><path/></svg>"
