"""What of a database is kept, in which form, and its digest.

The form is what SQLite stores and what PostgreSQL's COPY reads: instants as UTC
``YYYY-MM-DD HH:MM:SS.ffffff``, truth values as 0 and 1, JSON as the text that was stored.
A table's digest is SHA-256 over MessagePack arrays: its name and the names of its columns, then
each row in the byte order of the primary key. Columns go by name; the keys of JSON are sorted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    Text,
    cast,
    select,
    text,
)
from sqlalchemy.orm import Session

from app.core.db import Base, Instant

CHUNK = 1_000

Values = tuple[Any, ...]
#: some rows of a table
Chunk = Sequence[Values]
#: the change by which a column's value becomes a value to keep; None where it is one already
Change = Callable[[Any], Any] | None


class Part(msgspec.Struct, frozen=True):
    """One table as it was kept."""

    table: str
    rows: int
    sha256: str


class Tally:
    """Counts and digests rows as they pass."""

    def __init__(self, table: Table) -> None:
        columns = columns_of(table)
        self.rows = 0
        self._table = str(table.name)
        self._encode = msgspec.msgpack.Encoder().encode
        self._sha = hashlib.sha256(self._encode([str(table.name), *(str(c.name) for c in columns)]))
        self._changes = [(place, _with_sorted_keys) for place, c in enumerate(columns) if isinstance(c.type, JSON)]

    def add(self, rows: Chunk) -> None:
        self.rows += len(rows)
        same = [_changed(row, self._changes) for row in rows] if self._changes else rows
        self._sha.update(b"".join(map(self._encode, same)))

    def part(self) -> Part:
        return Part(self._table, self.rows, self._sha.hexdigest())


def tally(table: Table, chunks: Iterable[Chunk]) -> Part:
    seen = Tally(table)
    for rows in chunks:
        seen.add(rows)
    return seen.part()


def tables() -> Sequence[Table]:
    """Every mapped table that is kept, those that are referred to first."""
    return [table for table in Base.metadata.sorted_tables if not table.info.get("made_again")]


def made_again() -> Sequence[Table]:
    """Tables that the site fills by itself from the others."""
    return [table for table in Base.metadata.sorted_tables if table.info.get("made_again")]


def columns_of(table: Table) -> list[Column[Any]]:
    """By name: the order in which a class lists them may change without a migration."""
    return sorted(table.columns, key=lambda column: column.name)


def rows_of(db: Session, table: Table) -> Iterator[Chunk]:
    """A table of the database as values to keep, in the byte order of its primary key, never all at once."""
    changes = [(place, change) for place, c in enumerate(columns_of(table)) if (change := kind_of(c)[1])]
    for rows in db.execute(_in_order(table, is_sqlite(db)), execution_options={"yield_per": CHUNK}).partitions():
        yield [_changed(row, changes) for row in rows]


def kind_of(column: Column[Any]) -> tuple[str, Change]:
    """How a column is kept: SQLite's word for it, and the change; a type we do not know is a fault of ours."""
    for known, kind in KINDS.items():
        if isinstance(column.type, known) and not isinstance(column.type, Enum):
            return kind
    raise TypeError(f"a backup does not know how to keep {column} ({column.type!r})")


def insert_into(table: Table) -> str:
    """SQLite's INSERT of one row of values."""
    columns = columns_of(table)
    names, marks = ", ".join(quoted(c.name) for c in columns), ", ".join("?" * len(columns))
    return f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({marks})"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def is_sqlite(db: Session) -> bool:
    return db.get_bind().dialect.name == "sqlite"


def be_patient(db: Session) -> None:
    """PostgreSQL's time limits are for pages; a large table takes longer. And instants are written in UTC."""
    if is_sqlite(db):
        return
    for setting in ("statement_timeout = 0", "idle_in_transaction_session_timeout = 0", "timezone = 'UTC'"):
        db.execute(text(f"SET LOCAL {setting}"))


def _in_order(table: Table, sqlite: bool) -> Select[*tuple[Any, ...]]:
    columns = [cast(c, Text).label(c.name) if isinstance(c.type, JSON) else c for c in columns_of(table)]
    keys = [c if sqlite or not isinstance(c.type, String) else c.collate("C") for c in table.primary_key]
    return select(*columns).order_by(*keys)


def _changed(row: Sequence[Any], changes: Sequence[tuple[int, Callable[[Any], Any]]]) -> Values:
    values = list(row)
    for place, change in changes:
        if values[place] is not None:
            values[place] = change(values[place])
    return tuple(values)


def _as_utc(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _with_sorted_keys(value: str) -> str:
    return json.dumps(json.loads(value), sort_keys=True, separators=(",", ":"))


def _no_negative_zero(value: float) -> float:
    return value + 0.0  # SQLite forgets the sign


#: by type of column; JSON is read as text
KINDS: dict[type[Any], tuple[str, Change]] = {
    Boolean: ("INTEGER", int),
    Integer: ("INTEGER", None),
    Float: ("REAL", _no_negative_zero),
    String: ("TEXT", None),
    LargeBinary: ("BLOB", None),
    Instant: ("TEXT", _as_utc),
    Date: ("TEXT", date.isoformat),
    JSON: ("TEXT", None),
}
