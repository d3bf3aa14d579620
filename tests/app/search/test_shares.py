"""PostgreSQL walks down the list for words that are common enough, and asks its index for the others."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core.db import Database
from app.search.queries.matching import PUBLIC
from app.search.queries.shares import Shares
from tests.app.search.shelves import Shelves

THINGS, A_FEW = 300, 6
#: of 300, whatever one in fifteen has is near the top of the list
MOST = 3


@pytest.fixture
def shelves(postgres_database: Database) -> Shelves:
    """A ferry in everything, a weir in every tenth thing, a mill in six."""
    shelves = Shelves(postgres_database)
    for i in range(THINGS):
        body = " ".join(["A ferry", *(["a weir"] if i % 10 == 0 else []), *(["a mill"] if i < A_FEW else [])])
        shelves.lay("petition", i + 1, f"Number {i}", body)
    shelves.fill()
    return shelves


def _analyse(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text(f"ANALYZE {PUBLIC}"))


@pytest.mark.parametrize(
    ("terms", "walks"),
    [
        ([["wferri"]], True),
        ([["wweir"]], True),
        ([["wmill"]], False),
        ([["wmill", "wferri"]], True),
        ([["wferri"], ["wweir"]], True),
        ([["wweir"], ["wmill"]], False),
        ([[("wferri", "wmill"), ("wweir", "wmill")]], False),
        ([["wnobodi"]], False),
        ([["wfer*"]], False),
    ],
)
def test_common_words_are_walked_to(shelves: Shelves, terms: list[list[str]], walks: bool) -> None:
    _analyse(shelves.database)
    with shelves.database.reading() as db:
        assert Shares(PUBLIC).walks(db, terms, MOST) is walks


def test_before_there_are_statistics_the_planner_chooses(shelves: Shelves) -> None:
    with shelves.database.reading() as db:
        assert Shares(PUBLIC).walks(db, [["wmill"]], MOST)


def test_whatever_is_chosen_the_same_is_found_in_the_same_order(shelves: Shelves) -> None:
    before = {
        typed: shelves.found(typed) for typed in ("ferry", "weir", "mill", "weir mill", "mill -weir", "mill zzyzx")
    }
    _analyse(shelves.database)
    anew = Shelves(shelves.database, **shelves.shelves)
    assert {typed: anew.found(typed) for typed in before} == before
    assert len(before["mill"]) == A_FEW
