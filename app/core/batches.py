"""Writing many rows at once: statements compiled once, rows bound cheaply, as many rows a statement as pays."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

import msgspec
from sqlalchemy import JSON, Boolean, Date, Dialect, Enum, Integer, LargeBinary, String, Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.core.db import Instant

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler

Processor = Callable[[Any], Any]


def upsert(db: Session, table: Table) -> Any:
    """An INSERT of this session's dialect that knows ``on_conflict_do_update`` and ``…_nothing``."""
    return (sqlite if db.get_bind().dialect.name == "sqlite" else postgresql).insert(table)


class Prepared:
    """A writing statement of a hot path: compiled once for each dialect, so that a batch only binds its rows.

    SQLAlchemy's own executemany works some 30 microseconds on every row before the driver sees it;
    a fifth of a signature's cost. ``build(insert)`` answers the statement, given its dialect's
    ``insert`` function; its bound names are the rows' keys.

    SQLite gets up to 64 inserted rows in one statement. Its driver lets go of the interpreter for each
    statement, and to get it back from a busy event loop takes longer than a row: so it works on many
    rows meanwhile. PostgreSQL gets all of them as one value, which costs it and the driver a third of so many
    statements.

    ``distinct``: no two rows of one run have the same key. PostgreSQL needs to know where rows that are there
    already are changed.
    """

    def __init__(self, build: Callable[[Callable[[Table], Any]], Any], *, distinct: bool = False) -> None:
        self._build, self._distinct = build, distinct
        self._ready: dict[str, _Ready] = {}

    def run(self, db: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows all have the same keys, in the order in which every writer goes through them."""
        if not rows:
            return
        connection = db.connection()
        dialect = connection.dialect
        if dialect.name not in self._ready:
            self._ready[dialect.name] = self._prepare(dialect)
        ready = self._ready[dialect.name]
        if ready.as_one is not None and len(rows) > 1 and (value := ready.as_one.encoded(rows)) is not None:
            connection.exec_driver_sql(ready.as_one.sql, (value,))
            return
        bound = [ready.bind(row) for row in rows]
        if not ready.width or any(values[0] is None for values in bound):  # by its first value a row is told from none
            connection.exec_driver_sql(ready.sql, bound)
            return
        for some in _in_powers_of_two(bound, (None,) * ready.width):
            sql = _for_many_rows(ready.sql, ready.width, len(some), filled=some[-1][0] is None)
            connection.exec_driver_sql(sql, tuple(chain.from_iterable(some)))

    def _prepare(self, dialect: Dialect) -> _Ready:
        insert = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
        compiled = cast("SQLCompiler", self._build(insert).compile(dialect=dialect))
        constants = {k: v for k, v in compiled.params.items() if v is not None}
        if compiled.positiontup is None:
            plan = [(name, _processor(bound.type, dialect)) for bound, name in compiled.bind_names.items()]
            as_one = _as_one_value(compiled, constants, distinct=self._distinct)
            return _Ready(compiled.string, partial(_by_name, constants, plan), as_one=as_one)
        names, sql = compiled.positiontup, compiled.string
        processors = [(at, _processor(compiled.binds[name].type, dialect)) for at, name in enumerate(names)]
        needed = [(at, process) for at, process in processors if process]
        all_are_values = _one_row(len(names)) in sql and sql.count("?") == len(names)
        return _Ready(sql, partial(_by_place, constants, names, needed), len(names) if all_are_values else 0)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A compiled statement, and how a row is bound; ``width``: the values of a row that many may be given of."""

    sql: str
    bind: Callable[[Mapping[str, Any]], Any]
    width: int = 0
    as_one: _AsOne | None = None


@dataclass(frozen=True, slots=True)
class _AsOne:
    """An INSERT that takes its rows from one JSON value: the column and the bound name of each of its values."""

    sql: str
    names: Sequence[tuple[str, str]]
    constants: Mapping[str, Any]
    binary: Sequence[str]
    instants: Sequence[str]
    documents: Sequence[str]

    def encoded(self, rows: Sequence[Mapping[str, Any]]) -> str | None:
        """The rows as that value; None where it cannot say what they hold."""
        made = []
        for row in rows:
            given = {**self.constants, **row} if self.constants else row
            one = {column: given[name] for column, name in self.names}
            for column in self.binary:
                if one[column] is not None:
                    one[column] = "\\x" + one[column].hex()
            if any(one[column] is None for column in self.documents):
                return None  # the null of JSON is another one than that of SQL
            if any(one[column] is not None and one[column].tzinfo is None for column in self.instants):
                raise ValueError("an instant needs a zone")
            made.append(one)
        return msgspec.json.encode(made).decode()


_PLAIN_INSERT = re.compile(r"INSERT INTO (\S+) \(([^()]+)\) VALUES \(([^()]*(?:\(\w+\)[^()]*)*)\)(.*)", re.DOTALL)
_PLAIN_VALUE = re.compile(r"%\((\w+)\)s(?:::[\w ]+)?")
_IN_JSON = (Integer, String, Boolean, LargeBinary, Instant, Date, JSON)


def _as_one_value(compiled: SQLCompiler, constants: Mapping[str, Any], *, distinct: bool) -> _AsOne | None:
    found = _PLAIN_INSERT.fullmatch(compiled.string)
    if found is None or "%(" in found[4] or ("DO UPDATE" in found[4] and not distinct):
        return None
    values = [_PLAIN_VALUE.fullmatch(value) for value in found[3].split(", ")]
    columns = [column.strip('"') for column in found[2].split(", ")]
    if len(values) != len(columns) or not all(values):
        return None
    names = [(column, value[1]) for column, value in zip(columns, values, strict=True) if value]
    kinds = {column: compiled.binds[name].type for column, name in names}
    if not all(isinstance(kind, _IN_JSON) and not isinstance(kind, Enum) for kind in kinds.values()):
        return None
    given = f"SELECT {found[2]} FROM json_populate_recordset(NULL::{found[1]}, %s::json)"
    return _AsOne(
        f"INSERT INTO {found[1]} ({found[2]}) {given}{found[4]}",
        names,
        constants,
        [column for column, kind in kinds.items() if isinstance(kind, LargeBinary)],
        [column for column, kind in kinds.items() if isinstance(kind, Instant)],
        [column for column, kind in kinds.items() if isinstance(kind, JSON)],
    )


def _by_name(
    constants: Mapping[str, Any], plan: Sequence[tuple[str, Processor | None]], row: Mapping[str, Any]
) -> dict[str, Any]:
    given = {**constants, **row}
    return {name: process(given[name]) if process else given[name] for name, process in plan}


def _by_place(
    constants: Mapping[str, Any], names: Sequence[str], needed: Sequence[tuple[int, Processor]], row: Mapping[str, Any]
) -> tuple[Any, ...]:
    given = {**constants, **row} if constants else row
    values = [given[name] for name in names]
    for at, process in needed:
        values[at] = process(values[at])
    return tuple(values)


def _in_powers_of_two(rows: list[tuple[Any, ...]], nothing: tuple[Any, ...], most: int = 64) -> Iterator[list[Any]]:
    """64, 32, 16 … rows at a time; what is left after the first of them filled up to a power of two with rows that the
    statement passes over. So the driver meets few different statements, keeps them prepared, and of up to 64 rows is
    asked twice at most. Filling up all of them instead took twice as long for 20 rows, four times for 33."""
    for start in range(0, len(rows), most):
        some = rows[start : start + most]
        whole = 1 << (len(some).bit_length() - 1)
        yield some[:whole]
        if rest := some[whole:]:
            yield rest + [nothing] * ((1 << (len(rest) - 1).bit_length()) - len(rest))


@lru_cache(maxsize=512)
def _for_many_rows(sql: str, width: int, rows: int, *, filled: bool) -> str:
    """``filled``: rows of nothing stand at the end, and are passed over."""
    one = _one_row(width)
    many = one + f", ({', '.join('?' * width)})" * (rows - 1)
    return sql.replace(one, f"SELECT * FROM ({many}) WHERE column1 IS NOT NULL" if filled else many)


def _one_row(width: int) -> str:
    return f"VALUES ({', '.join('?' * width)})"


def _processor(kind: TypeEngine[Any], dialect: Dialect) -> Processor | None:
    """What turns a value into what the driver takes; the commonest without SQLAlchemy's detour."""
    if isinstance(kind, LargeBinary):
        return None
    if isinstance(kind, Instant) and dialect.name == "sqlite":
        return _sqlite_instant
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    return partial(_json, process) if isinstance(kind, JSON) and dialect.name == "sqlite" and process else process


def _json(process: Processor, value: Any) -> Any:
    return "{}" if value == {} else process(value)  # most letters have no facts of their own


@lru_cache(maxsize=512)  # one act writes its instant four times
def _sqlite_instant(value: datetime | None) -> str | None:
    """As SQLAlchemy writes it: ``2026-11-21 22:22:06.000000``, in UTC."""
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        value = value.astimezone(UTC)
    return value.replace(tzinfo=None).isoformat(" ", "microseconds")


def insert_new(db: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows that all have the same keys; whichever of them are there already stay as they are.

    PostgreSQL gets them as one value of one statement: a thousand of their own take it, and the driver, ten
    times as long, for which everybody else waits. Their values must be such as JSON has, or instants.
    """
    if not rows:
        return
    names = tuple(rows[0])
    if db.get_bind().dialect.name == "sqlite":
        _insert_new_into(table, names).run(db, rows)
        return
    columns = ", ".join(names)
    sql = f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{table.name}, %s::json)"
    db.connection().exec_driver_sql(f"{sql} ON CONFLICT DO NOTHING", (json.dumps(rows, default=datetime.isoformat),))


@cache
def _insert_new_into(table: Table, names: tuple[str, ...]) -> Prepared:
    return Prepared(
        lambda insert: insert(table).values({name: bindparam(name) for name in names}).on_conflict_do_nothing()
    )


def insert_many(db: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """One statement for many rows that all have the same keys; columns left out become NULL."""
    if rows:
        _insert_into(table, tuple(rows[0])).run(db, rows)


@cache
def _insert_into(table: Table, names: tuple[str, ...]) -> Prepared:
    return Prepared(lambda insert: insert(table).values({name: bindparam(name) for name in names}))
