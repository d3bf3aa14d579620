"""Making a backup while the site runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from msgspec import structs
from sqlalchemy import Table
from sqlalchemy.orm import Session

from app import __version__
from app.backup import contents
from app.backup.archive import BackupFailed, Manifest, new_archive, write_manifest, written
from app.backup.values import Part, Tally, be_patient, columns_of, insert_into, kind_of, quoted, rows_of, tables
from app.core import schema
from app.core.clock import SystemClock
from app.core.db import Database
from app.files.store import Store


def write_backup(database: Database, store: Store, file: Path, *, progress: Callable[[str, int], None]) -> str:
    """Copy one snapshot of everything into ``file``, which appears once every digest was read back from it.

    Nobody waits for it, but for SQLite's rollback journal (below :data:`app.core.db.SAFE_WAL`), where
    writers wait until the copy is made. Bytes of files are read after it: they stay for a day when they are
    removed. What the store has lost is said, and stops no backup of everything else.
    """
    with new_archive(file) as draft, written(draft) as out:
        with database.reading() as db:
            copied = _copy(db, out, progress)
        manifest = structs.replace(copied, files=contents.copy_in(store, out, progress))
        write_manifest(out, manifest)
    return f"Wrote and checked {manifest.extent} in {file}.{manifest.files.warning}"


def _copy(db: Session, out: Any, progress: Callable[[str, int], None]) -> Manifest:
    be_patient(db)
    revision = MigrationContext.configure(db.connection()).get_current_revision() or ""
    if revision != schema.newest_revision():
        raise BackupFailed("The database has another schema than this program: run `townsquare migrate` first.")
    created_at = SystemClock().now()
    parts = tuple(_copy_table(db, out, table, progress) for table in tables())
    return Manifest(__version__, revision, created_at, parts, contents.NONE)


def _copy_table(db: Session, out: Any, table: Table, progress: Callable[[str, int], None]) -> Part:
    kept = ", ".join(f"{quoted(column.name)} {kind_of(column)[0]}" for column in columns_of(table))
    out.execute(f"CREATE TABLE {quoted(table.name)} ({kept})")
    seen = Tally(table)
    progress(table.name, 0)
    for rows in rows_of(db, table):
        seen.add(rows)
        out.executemany(insert_into(table), rows)
        progress(table.name, seen.rows)
    return seen.part()
