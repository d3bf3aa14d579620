"""With thousands of matters of one department, what its page asks for is found by an index, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from sqlalchemy import event, text

from app.outcomes.queries import public
from app.outcomes.queries.public import Moment, Wanted
from app.outcomes.queries.standing import median_took
from tests.app.outcomes.owing import department, petition_of
from tests.site import Town

DAY = timedelta(days=1)
MANY = 4_000
#: half of them answered, in turn by two departments: one has 7 of 8
FILL = (
    "INSERT INTO outcomes_referral (subject_kind, subject_id, cause, episode, department_id, state, imported, received_at,"
    " due_at, answered_at, took) SELECT 'petition', {petition}, 'response', n, CASE WHEN n % 8 = 0 THEN {few} ELSE {many} END,"
    " CASE WHEN n % 2 = 0 THEN 'answered' ELSE 'received' END, {no}, {at}, {at},"
    " CASE WHEN n % 2 = 0 THEN {at} END, CASE WHEN n % 2 = 0 THEN n END FROM ({numbers}) AS numbers"
)
NUMBERS = {
    True: f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {MANY}) SELECT n FROM c",
    False: f"SELECT generate_series(1, {MANY}) AS n",
}


@pytest.fixture
def crowded(town: Town) -> Town:
    petition, lite = petition_of(town), town.database.is_sqlite
    at = "'2026-02-01 00:00:00.000000'" if lite else "timestamptz '2026-02-01 00:00:00+00'"
    with town.database.writing() as db:
        many, few = department(db), department(db, "buses")
        values = {"petition": petition, "many": many, "few": few, "at": at, "no": "0" if lite else "false"}
        db.execute(text(FILL.format(numbers=NUMBERS[lite], **values)))
    with town.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(
            text("ANALYZE" if lite else "VACUUM ANALYZE")
        )
    return town


@contextmanager
def asked(town: Town) -> Iterator[list[tuple[str, Any]]]:
    """Every statement with its values, as the driver gets them."""
    heard: list[tuple[str, Any]] = []

    def hear(_conn: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        heard.append((statement, values))

    event.listen(town.database.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(town.database.engine, "before_cursor_execute", hear)


def plans(town: Town, ask: Any, *, whole: bool = True) -> list[str]:
    """How the database finds what ``ask`` asks for; ``whole``: it may read a table whole, as it likes to while that
    is small and was vacuumed beside other work."""
    explain = "EXPLAIN QUERY PLAN " if town.database.is_sqlite else "EXPLAIN "
    with town.database.reading() as db:
        with asked(town) as heard:
            ask(db)
        if not whole and not town.database.is_sqlite:
            db.execute(text("SET LOCAL enable_seqscan = off"))
        answers = [db.connection().exec_driver_sql(explain + said, values).all() for said, values in heard]
    return ["\n".join(str(row[-1]) for row in answer) for answer in answers]


@pytest.mark.parametrize("state", ["answered", "late", "in-time"])
def test_a_departments_lists_read_no_other_rows(crowded: Town, state: str):
    at = Moment(crowded.now, crowded.now.date())
    with crowded.database.reading() as db:
        owner = department(db)
    wanted = Wanted(state=state, department_id=owner)
    (found,) = plans(crowded, lambda db: public.referrals(db, crowded.site.subjects, wanted, at, most=10))
    assert "ix_outcomes_referral" in found, found
    assert "Seq Scan on outcomes_referral" not in found and "SCAN outcomes_referral\n" not in found, found


def test_what_is_owed_by_all_is_found_by_the_index_of_what_is_owed(crowded: Town):
    at = Moment(crowded.now, crowded.now.date())
    (found,) = plans(crowded, lambda db: public.referrals(db, crowded.site.subjects, Wanted(state="late"), at, most=10))
    assert "ix_outcomes_referral_owed" in found, found
    assert "Sort" not in found and "TEMP B-TREE" not in found, found


def test_the_median_is_read_from_the_index_of_times(crowded: Town):
    with crowded.database.reading() as db:
        owner = department(db)
        assert median_took(db, owner) == median(n for n in range(2, MANY + 1, 2) if n % 8)
    for found in plans(crowded, lambda db: median_took(db, owner), whole=False):
        assert "ix_outcomes_referral_took" in found, found
        assert "TEMP B-TREE" not in found, found
