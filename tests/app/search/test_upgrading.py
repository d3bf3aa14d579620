"""A site whose index has numbers of before fills it anew by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.event import listen

from app.core import schema
from app.core.db import Database
from app.search.rules import numbers
from tests import databases
from tests.app.search.shelves import Shelves

BEFORE = "0036_trails"
OLD = (1234567, "petition", 1, True, 12.5, "2026-05-01", "", "", None)
TABLES = ("search_document", "search_text", "search_words_public", "search_word", "search_word_part", "search_round")

#: an upgrade that changes this table takes a second
LARGE = """
CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;
CREATE TRIGGER large BEFORE UPDATE ON search_words_public FOR EACH STATEMENT EXECUTE FUNCTION take_long();
"""


@pytest.fixture(params=["sqlite", "postgres"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """One that was left at the revision before."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'old.db'}")
        _to(database, BEFORE)
        yield database
        database.close()
        return
    server: databases.Postgres = request.getfixturevalue("postgres_server")
    with server.empty() as database:
        _to(database, BEFORE)
        yield database


def _to(database: Database, revision: str) -> None:
    made = schema.config()
    with database.engine.begin() as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, revision)


def _fill_as_before(database: Database) -> None:
    words = "'wferri'" if database.is_sqlite else "array_to_tsvector(array['wferri'])"
    number = "rowid" if database.is_sqlite else "document_id"
    with database.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO search_document VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i)"),
            dict(zip("abcdefghi", OLD, strict=True)),
        )
        connection.execute(text("INSERT INTO search_text VALUES (1234567, 'Ferry', '/', 'open', '', '', '', '')"))
        connection.execute(text(f"INSERT INTO search_words_public ({number}, tokens) VALUES (1234567, {words})"))
        connection.execute(text("INSERT INTO search_word VALUES ('ferry', 1)"))
        connection.execute(text("INSERT INTO search_word_part VALUES ('erry', 'ferry')"))
        connection.execute(text("INSERT INTO search_round VALUES ('petition', 9, '2026-05-01', '2026-05-01')"))


def test_an_index_of_before_is_emptied_and_fills_again(old: Database):
    _fill_as_before(old)
    schema.migrate(old)
    with old.engine.connect() as connection:
        assert [connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in TABLES] == [0] * len(TABLES)
    shelves = Shelves(old)
    shelves.lay("petition", 1, "Ferries at night")
    shelves.fill()
    assert shelves.found("ferry") == ["petition:1"]


def test_a_document_of_before_is_found_by_its_day_and_kind(old: Database):
    """PostgreSQL keeps the day beside the words; what was indexed before gets it."""
    _to(old, "0037_search_by_number")
    number = numbers.number(12.5, 1)
    words = "'wferri'" if old.is_sqlite else "array_to_tsvector(array['wferri', 'kpetition'])"
    name = "rowid" if old.is_sqlite else "document_id"
    with old.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO search_document VALUES (:a, :b, :c, :d, :e, :f, :g, :h)"),
            dict(zip("abcdefgh", (number, *OLD[1:4], "2026-05-01 00:00:00+00:00", *OLD[6:]), strict=True)),
        )
        connection.execute(
            text("INSERT INTO search_text VALUES (:id, 'Ferry', '/', 'open', '', '', '', '')"), {"id": number}
        )
        connection.execute(text(f"INSERT INTO search_words_public ({name}, tokens) VALUES ({number}, {words})"))
    schema.migrate(old)
    shelves = Shelves(old)
    assert shelves.found("ferry", first=date(2026, 4, 30)) == ["petition:1"]
    assert shelves.found("ferry", first=date(2026, 5, 2)) == []


def test_a_large_table_may_take_longer_to_upgrade_than_a_page_may_wait(postgres_server: databases.Postgres):
    """SQLite has no such limit."""
    with postgres_server.empty() as old:
        _to(old, BEFORE)
        with old.engine.begin() as connection:
            connection.exec_driver_sql(LARGE)
        listen(old.engine, "begin", lambda c: c.exec_driver_sql("SET LOCAL statement_timeout = '500ms'"))
        schema.migrate(old)
        assert schema.revision_of(old) == schema.newest_revision()
