"""Filling a database from a backup: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table, exc, func, inspect, literal, select, text
from sqlalchemy.orm import Session

from app.backup import contents
from app.backup.archive import BackupFailed, Manifest, checked, history, opened, rows_in
from app.backup.values import (
    Chunk,
    be_patient,
    columns_of,
    insert_into,
    is_sqlite,
    made_again,
    quoted,
    rows_of,
    tables,
    tally,
)
from app.core import append_only, schema
from app.core.db import Database, sqlite_module
from app.core.errors import Unavailable
from app.files.store import Store

UNCHANGED = "Nothing was restored and nothing changed"


def read_backup(
    database: Database, store: Store, file: Path, *, replace: bool, progress: Callable[[str, int], None]
) -> str:
    """Fill an empty database, or with ``replace`` any, once the file has proved to be whole and ours.

    Bytes of files go first, so that no row is without them. What is in the store already stays, and what nobody
    names afterwards the site forgets after a day.
    """
    with opened(file) as made:
        manifest = checked(made, file)
        _make_ready(database, replace)
        try:
            contents.copy_out(made, store, progress)
            with database.writing() as db:
                _take_hold(db)
                if not replace:
                    _refuse_filled(db)
                _fill(db, made, manifest, progress)
        except (Unavailable, exc.SQLAlchemyError, _driver_error(database), sqlite_module().Error, OSError) as wrong:
            raise BackupFailed(f"{UNCHANGED}: {_reason(wrong)}.") from wrong
    return f"Restored and checked {manifest.extent} from {file}.{manifest.files.warning}"


def _make_ready(database: Database, replace: bool) -> None:
    """The target at the newest schema, unless it must not be touched."""
    with database.reading() as db:
        revision = MigrationContext.configure(db.connection()).get_current_revision() or ""
        if revision and revision not in history():
            raise BackupFailed("The database has a newer schema than this program.")
        if not revision and schema.newest_revision() and inspect(db.connection()).get_table_names():
            raise BackupFailed("The database holds tables of another program.")
        if not replace:
            _refuse_filled(db)
    if revision != schema.newest_revision():
        schema.migrate(database)


def _refuse_filled(db: Session) -> None:
    filled = _filled(db)
    if filled and filled - _filled_by_migrations():
        raise BackupFailed("The database is not empty: use --replace to put the backup in the place of what it holds.")


def _filled(db: Session) -> set[str]:
    """Names of our tables that have a row."""
    there = set(inspect(db.connection()).get_table_names())
    ours = [table for table in tables() if table.name in there]
    return {table.name for table in ours if db.execute(select(literal(1)).select_from(table).limit(1)).first()}


@cache
def _filled_by_migrations() -> frozenset[str]:
    """Tables that have a row in a town where nothing has happened yet."""
    with TemporaryDirectory() as folder:
        fresh = Database(f"sqlite:///{folder}/fresh.db", pool=1)
        try:
            schema.migrate(fresh)
            with fresh.reading() as db:
                return frozenset(_filled(db))
        finally:
            fresh.close()


def _take_hold(db: Session) -> None:
    """Keep other writers out until the end, and on SQLite let rows refer to rows that come after them."""
    if is_sqlite(db):
        db.execute(select(literal(1)).with_for_update())  # passes the gate
        db.execute(text("PRAGMA defer_foreign_keys=ON"))
        return
    be_patient(db)
    db.execute(text(f"LOCK TABLE {', '.join(quoted(table.name) for table in tables())} IN EXCLUSIVE MODE"))


def _fill(db: Session, made: Any, manifest: Manifest, progress: Callable[[str, int], None]) -> None:
    """Put the file's rows in the place of all rows, and read them back."""
    with append_only.lifted(db):
        for table in reversed(tables()):
            db.execute(table.delete())
    for table, part in manifest.by_table():
        progress(table.name, 0)
        _load(db, table, _told(rows_in(made, table), table, progress))
        _renumber(db, table)
        if tally(table, rows_of(db, table)) != part:
            raise BackupFailed(f"{UNCHANGED}: {table.name} did not arrive as it was sent.")
    for table in reversed(made_again()):
        db.execute(table.delete())  # what it was made of is another now, and it is made again from the beginning
    _refuse_dangling(db)


def _refuse_dangling(db: Session) -> None:
    """PostgreSQL has refused it already; on SQLite the COMMIT would, without saying where."""
    if is_sqlite(db):
        for table, _row, other, _key in db.execute(text("PRAGMA foreign_key_check")):
            raise BackupFailed(f"{UNCHANGED}: {table} refers to a row of {other} that is not in the backup.")


def _told(chunks: Iterable[Chunk], table: Table, progress: Callable[[str, int], None]) -> Iterator[Chunk]:
    count = 0
    for rows in chunks:
        yield rows
        count += len(rows)
        progress(table.name, count)


def _load(db: Session, table: Table, chunks: Iterable[Chunk]) -> None:
    if is_sqlite(db):
        for rows in chunks:
            db.connection().exec_driver_sql(insert_into(table), list(rows))
    else:
        _copy_in(db.connection().connection.driver_connection, table, chunks)


def _copy_in(driver: Any, table: Table, chunks: Iterable[Chunk]) -> None:
    """One COPY is one statement, and PostgreSQL checks references at its end: a row may refer to a later one."""
    names = ", ".join(quoted(c.name) for c in columns_of(table))
    with driver.cursor() as cursor, cursor.copy(f"COPY {quoted(table.name)} ({names}) FROM STDIN") as copy:
        for rows in chunks:
            for row in rows:
                copy.write_row(row)


def _renumber(db: Session, table: Table) -> None:
    """PostgreSQL gives new rows numbers after the restored ones; SQLite does so by itself."""
    key = table.autoincrement_column
    if key is None or is_sqlite(db):
        return
    sequence = db.scalar(select(func.pg_get_serial_sequence(quoted(table.name), key.name)))
    if sequence:
        highest = db.scalar(select(func.max(key)))
        db.execute(select(func.setval(sequence, highest or 1, highest is not None)))


def _driver_error(database: Database) -> type[Exception]:
    """What the driver raises past SQLAlchemy, as COPY does."""
    found: type[Exception] = database.engine.dialect.loaded_dbapi.Error
    return found


def _reason(wrong: BaseException) -> str:
    if isinstance(wrong, Unavailable) or "locked" in str(wrong) or "lock timeout" in str(wrong):
        return "others are writing to the database, so stop the site first"
    said = str(getattr(wrong, "orig", None) or wrong)
    return said.strip().split("\n")[0].rstrip(".")  # the lines after it quote rows
