"""What people look for they find, however they spell it: the same on both databases."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.db import Database
from app.search.queries.finding import A_PAGE, MOST_PAGES
from app.search.queries.matching import MOST
from tests.app.search.shelves import NOW, Shelves

THINGS = tomllib.loads((Path(__file__).parent / "queries.toml").read_text(encoding="utf-8"))["thing"]
GOAL = 0.8


@pytest.fixture
def shelves(database: Database) -> Shelves:
    return Shelves(database)


@pytest.fixture
def town_of_things(shelves: Shelves) -> Shelves:
    for thing in THINGS:
        shelves.put("petition", thing["id"], thing["title"], thing["body"])
        shelves.put("comment", thing["id"], thing["title"], f"I have thought so for years, number {thing['id']}.")
    shelves.index()
    return shelves


def test_what_people_type_finds_what_they_mean(town_of_things: Shelves):
    asked = [(query, f"petition:{thing['id']}") for thing in THINGS for query in thing["asked"]]
    missed = [query for query, meant in asked if meant not in town_of_things.found(query)[:5]]
    assert len(asked) >= 40
    assert len(missed) <= len(asked) * (1 - GOAL), missed
    assert missed == []  # today; the goal leaves room for another rule


def test_a_word_in_the_title_comes_first_and_what_many_signed_before_the_rest(shelves: Shelves):
    shelves.put("petition", 1, "Mend the footbridge", "It is old.", weight=0.5)
    shelves.put("petition", 2, "Dredge the harbour", "The footbridge is in the way.", weight=2.0)
    shelves.put("petition", 3, "Dredge the river", "The footbridge is in the way.", weight=0.1)
    shelves.index()
    assert shelves.found("footbridge") == ["petition:1", "petition:2", "petition:3"]


def test_all_words_must_be_there_unless_nothing_has_them(shelves: Shelves):
    shelves.put("petition", 1, "Lamps for the harbour wall")
    shelves.put("petition", 2, "Lamps for the market")
    shelves.index()
    assert shelves.found("lamps harbour") == ["petition:1"]
    some = shelves.find("lamps market trampoline")
    assert some.in_part
    assert [row.ref for row in some.rows] == ["petition:2"]
    assert not shelves.find("trampoline unicycle").rows


def test_a_passage_stands_word_for_word_and_unwanted_words_do_not(shelves: Shelves):
    shelves.put("petition", 1, "Longer opening hours at the museum")
    shelves.put("petition", 2, "Hours of queueing at the opening of the museum")
    shelves.index()
    assert shelves.found('"opening hours" museum') == ["petition:1"]
    assert shelves.found('"Opening: Hours') == ["petition:1"]
    assert shelves.found("museum -queueing") == ["petition:1"]
    assert shelves.found("museum -opening") == []
    assert shelves.found('"hours opening"') == []


def test_the_last_word_may_only_be_begun(shelves: Shelves):
    shelves.put("petition", 1, "A trampoline park")
    shelves.index()
    found = shelves.find("park tramp")
    assert found.begun
    assert [row.ref for row in found.rows] == ["petition:1"]


def test_other_words_are_shown_as_such_and_the_typed_ones_can_be_insisted_on(town_of_things: Shelves):
    found = town_of_things.find("libary")
    assert (found.is_corrected, found.query.text) == (True, "library")
    typed = town_of_things.find("libary", as_typed=True)
    assert not typed.rows
    assert not typed.is_corrected


def test_a_rare_slip_of_a_writer_is_found_and_the_usual_word_offered(shelves: Shelves):
    for i in range(1, 25):
        shelves.put("petition", i, f"A playground for quarter {i}")
    shelves.put("petition", 99, "A palyground for us")
    shelves.index()
    found = shelves.find("palyground")
    assert [row.ref for row in found.rows] == ["petition:99"]
    assert found.nearer is not None
    assert found.nearer.text == "playground"


def test_a_word_is_not_corrected_to_another_form_of_itself(shelves: Shelves):
    shelves.put("petition", 1, "Crossings for everybody")
    shelves.index()
    assert not shelves.find("crossing zzyzx").is_corrected


def test_finds_are_narrowed_by_kind_department_and_day(shelves: Shelves):
    days = {1: datetime(2026, 3, 28, 23, 30, tzinfo=UTC), 2: datetime(2026, 3, 29, 23, 30, tzinfo=UTC)}
    shelves.put("petition", 1, "Weir", at=days[1], departments=[7, 8])
    shelves.put("petition", 2, "Weir", at=days[2], departments=[8])  # half past midnight on the 30th in London
    shelves.put("comment", 1, "Weir", at=days[1])
    shelves.index()
    assert shelves.found("weir", kind="comment") == ["comment:1"]
    assert shelves.found("weir", department_id=7) == ["petition:1"]
    assert sorted(shelves.found("weir", department_id=8)) == ["petition:1", "petition:2"]
    assert shelves.found("weir", first=date(2026, 3, 30)) == ["petition:2"]
    assert sorted(shelves.found("weir", last=date(2026, 3, 29))) == ["comment:1", "petition:1"]
    assert shelves.found("weir", first=date(2026, 3, 29), last=date(2026, 3, 29)) == []
    found = shelves.find("weir", kind="comment")
    assert (found.total, found.kinds) == (1, {"petition": 2, "comment": 1})


def test_too_many_finds_are_said_to_be_more_and_pages_stay_the_same(shelves: Shelves):
    for i in range(1, MOST + 40):
        shelves.lay("petition", i, f"Ferry number {i}", at=NOW - timedelta(days=i % 700))
    shelves.lay("comment", 1, "Ferry")
    shelves.fill()
    found = shelves.find("ferry")
    assert (found.total, found.is_more) == (MOST, True)
    seen = [ref for page in range(1, MOST_PAGES + 1) for ref in shelves.found("ferry", page=page)]
    assert len(seen) == len(set(seen)) == MOST
    assert shelves.found("ferry", page=MOST_PAGES + 1) == []
    assert shelves.found("ferry", page=2) == seen[A_PAGE : 2 * A_PAGE]
    assert shelves.found("ferry", kind="comment") == ["comment:1"]
    of_kind = [ref for page in range(1, MOST_PAGES + 1) for ref in shelves.found("ferry", page=page, kind="petition")]
    assert of_kind == seen


def test_all_of_a_kind_are_found_where_too_many_of_other_kinds_have_the_word(shelves: Shelves):
    for i in range(1, MOST // 2):
        shelves.lay("petition", i, f"Ferry number {i}")
        shelves.lay("comment", i, "We need a ferry")
        shelves.lay("comment", MOST + i, "No ferry please")
    shelves.fill()
    assert shelves.find("ferry").is_more
    found = shelves.find("ferry", kind="petition")
    assert (found.total, found.is_more) == (MOST // 2 - 1, False)


AWKWARD = st.one_of(
    st.text(max_size=500),
    st.lists(st.sampled_from(['"', "-", "*", "%", "_", "(", ")", "NEAR", "OR", "AND", "NOT", ":", "'", "\\", "library",
                              "bench", "مكتبة", "ספרייה", "😀", "\0", "ß", "é", "&", "|", "!", "<->", "wlibrari", "{", "^"]), max_size=14).map(" ".join),
)  # fmt: skip


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(typed=AWKWARD, page=st.integers(1, 60), kind=st.sampled_from(["", "comment"]))
def test_no_query_is_an_error(town_of_things: Shelves, typed: str, page: int, kind: str):
    found = town_of_things.find(typed, page=page, kind=kind)
    assert len(found.rows) <= A_PAGE
