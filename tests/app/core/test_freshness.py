"""A page's version rises with each transaction that changes what the public sees, and with no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen

from app.core import freshness
from app.core.db import Database
from petitions.model.sorting import Topic


@pytest.fixture
def heard(database: Database) -> Iterator[list[frozenset[str]]]:
    """What this process is told."""
    told: list[frozenset[str]] = []
    database.on_touched.append(told.append)
    yield told
    database.on_touched.remove(told.append)


def version(database: Database, *keys: str) -> dict[str, int]:
    with database.reading() as db:
        return dict(freshness.versions(db, keys))


def test_touched_pages_have_a_new_version(database: Database) -> None:
    assert version(database, "petition:1") == {}
    for expected in (1, 2, 3):
        with database.writing() as db:
            freshness.touch(db, "petition:1", "petitions", "petition:1")
        assert version(database, "petition:1", "petitions", "petition:2") == {
            "petition:1": expected,
            "petitions": expected,
        }


def test_this_process_is_told_once_it_is_stored(database: Database, heard: list[frozenset[str]]) -> None:
    with database.writing() as db:
        freshness.touch(db, "petition:1", "petitions")
        freshness.hint(db, "home")
        assert heard == []
    assert heard == [frozenset({"petition:1", "petitions"}), frozenset({"home"})]


def test_nobody_is_told_of_what_was_undone(database: Database, heard: list[frozenset[str]]) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as db:
        freshness.touch(db, "petition:1")
        raise ZeroDivisionError
    assert heard == []
    assert version(database, "petition:1") == {}


def test_a_hint_writes_nothing(database: Database, heard: list[frozenset[str]]) -> None:
    with database.writing() as db:
        freshness.hint(db, "petitions")
    assert heard == [frozenset({"petitions"})]
    assert version(database, "petitions") == {}


def test_a_thousand_keys_are_read_at_once(database: Database) -> None:
    keys = [f"petition:{n}" for n in range(1_200)]
    with database.writing() as db:
        freshness.touch(db, *keys)
    assert version(database, *keys, "petition:none") == dict.fromkeys(keys, 1)
    assert version(database) == {}


def test_whoever_touches_a_page_holds_nobody_up_until_the_commit(postgres_database: Database) -> None:
    """Ada hides a petition, and a department answers one before she is done: neither waits for the other."""
    with postgres_database.writing() as ada:
        freshness.touch(ada, "petitions", "outcomes")
        with postgres_database.writing() as office:
            office.execute(text("SET LOCAL lock_timeout = '2s'"))
            freshness.touch(office, "outcomes")
            freshness.touch(office, "petitions", "outcomes")
    with postgres_database.reading() as db:
        assert freshness.versions(db, ["petitions", "outcomes"]) == {"petitions": 2, "outcomes": 2}


def test_what_is_unwritten_is_written_before_a_page_is_locked(database: Database) -> None:
    said: list[str] = []
    with database.writing() as db:
        listen(database.engine, "before_cursor_execute", lambda _c, _cur, sql, *_more: said.append(sql))
        freshness.touch(db, "petitions")
        db.add(Topic(slug="ferries", name="Ferries"))
    written = [sql for sql in said if sql.startswith("INSERT")]
    assert ["core_page_version" in sql for sql in written] == [False, True]
