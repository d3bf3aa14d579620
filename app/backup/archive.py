"""The file of a backup: how it comes to be, and how it is opened and checked."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from alembic.script import ScriptDirectory
from sqlalchemy import Table

from app import __version__
from app.backup import contents
from app.backup.contents import Files
from app.backup.values import CHUNK, Chunk, Part, columns_of, quoted, tables, tally
from app.core import schema
from app.core.db import sqlite_module

#: 2: files are in it, too
FORMAT = 2
#: "TSQB" in the header: the file says what it is
APPLICATION = 0x54535142


class BackupFailed(Exception):
    """One sentence for the operator. What should have been written is as it was."""


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    program: str
    revision: str
    created_at: datetime
    parts: tuple[Part, ...]
    files: Files

    @property
    def extent(self) -> str:
        rows = sum(part.rows for part in self.parts)
        said = f"{rows:,} rows in {len(self.parts)} tables (schema {self.revision or 'none'})"
        return f"{said} and {self.files.extent}"

    def by_table(self) -> list[tuple[Table, Part]]:
        """Our tables, those that are referred to first, with what the backup says of each."""
        parts = {part.table: part for part in self.parts}
        return [(table, parts[table.name]) for table in tables()]


@contextmanager
def new_archive(file: Path) -> Iterator[Path]:
    """A draft beside ``file``, for its owner's eyes only, that takes the name once it was written and read back."""
    if os.path.lexists(file):
        raise BackupFailed(f"{file} exists already: choose another name.")
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield draft
        _to_disk(draft)
        with opened(draft) as made:
            checked(made, draft)
        _publish(draft, file)
    except (OSError, sqlite_module().Error) as wrong:
        raise BackupFailed(f"{file} could not be written: {getattr(wrong, 'strerror', None) or wrong}.") from wrong
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def written(draft: Path) -> Iterator[Any]:
    """A connection that fills the draft in one go."""
    out = sqlite_module().connect(str(draft), isolation_level=None)
    try:
        out.execute("PRAGMA journal_mode=OFF")  # a half-written draft is thrown away
        out.execute("PRAGMA synchronous=OFF")  # one fsync at the end
        out.execute("BEGIN")
        yield out
        out.execute("COMMIT")
    finally:
        out.close()


def write_manifest(out: Any, manifest: Manifest) -> None:
    document = msgspec.json.encode(manifest)
    out.execute("CREATE TABLE backup_manifest (document TEXT, sha256 TEXT)")
    out.execute("INSERT INTO backup_manifest VALUES (?, ?)", (document.decode(), hashlib.sha256(document).hexdigest()))
    out.execute(f"PRAGMA application_id={APPLICATION}")
    out.execute(f"PRAGMA user_version={FORMAT}")


@contextmanager
def opened(file: Path) -> Iterator[Any]:
    """The file for reading only; it is taken as it is, so nothing appears beside it."""
    module = sqlite_module()
    try:
        made = module.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    except module.Error as wrong:
        raise BackupFailed(f"{file} cannot be opened.") from wrong
    try:
        yield made
    finally:
        made.close()


def checked(made: Any, file: Path) -> Manifest:
    """The manifest, once everything in the file agrees with it and with this program's tables."""
    try:
        manifest = _manifest_of(made, file)
        _refuse_other_schema(manifest, file)
        _refuse_other_rooms(manifest, file)
        for table, part in manifest.by_table():
            if tally(table, rows_in(made, table)) != part:
                raise BackupFailed(f"{file} is damaged: its table {part.table} is not what was written.")
        if contents.found_in(made) != manifest.files:
            raise BackupFailed(f"{file} is damaged: the files in it are not what was written.")
    except (sqlite_module().Error, ValueError, TypeError) as wrong:
        raise BackupFailed(f"{file} is damaged, or no backup of Town Square.") from wrong
    return manifest


def rows_in(made: Any, table: Table) -> Iterator[Chunk]:
    """A table of the file, in the order in which it was written."""
    names = ", ".join(quoted(c.name) for c in columns_of(table))
    found = made.execute(f"SELECT {names} FROM {quoted(table.name)} ORDER BY rowid")
    while rows := found.fetchmany(CHUNK):
        yield rows


def history() -> frozenset[str]:
    """Every schema that this program knows."""
    return frozenset(step.revision for step in ScriptDirectory.from_config(schema.config()).walk_revisions())


def _manifest_of(made: Any, file: Path) -> Manifest:
    if made.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise BackupFailed(f"{file} is no backup of Town Square.")
    if made.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
        raise BackupFailed(f"{file} has a format that Town Square {__version__} does not know.")
    document, digest = made.execute("SELECT document, sha256 FROM backup_manifest").fetchone() or ("", "")
    body = str(document).encode()
    if hashlib.sha256(body).hexdigest() != digest:
        raise BackupFailed(f"{file} is damaged: its manifest is not what was written.")
    return msgspec.json.decode(body, type=Manifest)


def _refuse_other_schema(manifest: Manifest, file: Path) -> None:
    if manifest.revision == schema.newest_revision():
        return
    made_by = f"{file} was made by Town Square {manifest.program} with schema {manifest.revision or 'none'}"
    if manifest.revision in history():
        raise BackupFailed(f"{made_by}: restore it with that version, then update and run `townsquare migrate`.")
    raise BackupFailed(f"{made_by}, newer than Town Square {__version__} knows: restore it with that version.")


def _refuse_other_rooms(manifest: Manifest, file: Path) -> None:
    other = {part.table for part in manifest.parts} ^ {table.name for table in tables()}
    if other:
        raise BackupFailed(f"{file} was made with other rooms (TOWNSQUARE_ROOMS): {', '.join(sorted(other))} differ.")


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _publish(draft: Path, file: Path) -> None:
    """Give the finished file its name, never over another one."""
    try:
        os.link(draft, file)
    except OSError as wrong:
        if os.path.lexists(file):
            raise BackupFailed(f"{file} exists already: choose another name.") from wrong
        os.rename(draft, file)  # a file system without links
    _to_disk(file.parent)
