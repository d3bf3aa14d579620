"""A ready statement asks the driver directly; what goes wrong is told as everything else from the database is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import column, exc, select, table, text

from app.accounts.model import Account
from app.core import ready
from app.core.db import Database, abandon, is_outage

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_a_table_that_is_not_there_is_told_in_sqlalchemys_words(database: Database) -> None:
    nowhere = table("nowhere", column("id"))
    with database.reading() as db, pytest.raises(exc.DBAPIError) as told:
        ready.rows(db, "test: nowhere", lambda: select(nowhere.c.id), {})
    assert not is_outage(told.value)
    with database.reading() as db:
        assert ready.one(db, "test: accounts", lambda: select(Account.id), {}) is None


def test_a_lost_connection_is_an_outage_and_the_next_reader_gets_another(postgres_database: Database) -> None:
    with postgres_database.reading() as db:
        assert ready.one(db, "test: accounts", lambda: select(Account.id), {}) is None
        mine = db.scalar(text("SELECT pg_backend_pid()"))
        with postgres_database.engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        with pytest.raises(exc.DBAPIError) as told:
            ready.one(db, "test: accounts", lambda: select(Account.id), {})
    assert is_outage(told.value)
    with postgres_database.reading() as db:
        assert ready.one(db, "test: accounts", lambda: select(Account.id), {}) is None


def test_a_row_becomes_the_object_that_it_would_have_been_read_as(database: Database) -> None:
    columns = Account.__table__.c
    db = database.session(writes=True)
    try:
        db.add(Account(email="ada@example.org", name="Ada", role="citizen", created_at=NOON, letters={"digest": False}))
        db.flush()
        db.expunge_all()
        (row,) = ready.rows(db, "test: all of an account", lambda: select(*columns), {})
        ada, read = ready.loaded(Account, columns.keys(), row), db.scalars(select(Account)).one()
        assert [getattr(ada, name) for name in columns.keys()] == [getattr(read, name) for name in columns.keys()]  # noqa: SIM118
        assert ada not in db
    finally:
        abandon(db)


@pytest.mark.parametrize("many", [0, 1, 3, 4, 5])
def test_the_rows_of_many_keys_are_those_of_these_keys_once_each(database: Database, many: int) -> None:
    columns = Account.__table__.c
    of_names = ready.OfMany(
        "test: of names",
        columns.name.type,
        lambda names: select(columns.name, columns.id).where(columns.name.in_(names)),
    )
    names = ["Ada", "Boris", "Carys", "Dafydd", "Eilidh"]
    db = database.session(writes=True)
    try:
        for name in [*names, "Farah"]:
            db.add(Account(email=f"{name}@example.org", name=name, role="citizen", created_at=NOON, letters={}))
        db.flush()
        found = [row[0] for row in of_names.rows(db, set(names[:many]))]
    finally:
        abandon(db)
    assert sorted(found) == names[:many]
