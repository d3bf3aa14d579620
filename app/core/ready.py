"""Reading statements of hot paths: built and compiled once, so that a request only binds its values.

SQLAlchemy takes longer to put such a statement together, to look up how it was compiled and to dress its rows than
SQLite takes to answer it. Each is known by what its text depends on; everything else is bound by name, and the
driver is asked directly. A driver's error is told as SQLAlchemy would have told it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    String,
    bindparam,
    cast,
    exc,
    func,
    select,
)
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, manager_of_class
from sqlalchemy.types import NullType

from app.core.db import Base, Instant

MOST_KEPT = 2_000
_CURSOR = "ready"
T = TypeVar("T", bound=Base)


class _Statement(NamedTuple):
    sql: str
    names: Sequence[str] | None  # in the order of their places; none where they are bound by name
    constants: Mapping[str, Any]
    binds: Mapping[str, Callable[[Any], Any]]  # only where the driver wants another value
    reads: Sequence[tuple[int, Callable[[Any], Any]]]

    def given(self, values: Mapping[str, Any]) -> Any:
        filled = {**self.constants, **values}
        for name, bind in self.binds.items():
            filled[name] = bind(filled[name])
        return filled if self.names is None else tuple([filled[name] for name in self.names])

    def read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        made = list(row)
        for at, read in self.reads:
            if made[at] is not None:
                made[at] = read(made[at])
        return tuple(made)


_KEPT: dict[tuple[str, Hashable], _Statement] = {}


def given(name: str, kind: Any) -> BindParameter[Any]:
    """The place of a value that each request brings along."""
    return bindparam(name, None, kind)


def is_sqlite(db: Session) -> bool:
    return db.get_bind().dialect.name == "sqlite"


def among(db: Session, i: ColumnElement[int], name: str = "ids") -> ColumnElement[bool]:
    """One of many ids, as a single value of the statement: a list of 500 takes longer to write than to run."""
    if is_sqlite(db):
        return i.in_(select(func.json_each(given(name, String())).table_valued("value").c.value))
    return i == func.any(_array(name))


def not_among(db: Session, i: ColumnElement[int], name: str) -> ColumnElement[bool]:
    """None of many ids. PostgreSQL looks them up by their hash only where they come as rows."""
    return ~among(db, i, name) if is_sqlite(db) else i.not_in(select(func.unnest(_array(name))))


def _array(name: str) -> ColumnElement[Any]:
    """Sent as it was written, without a type of its own, so that PostgreSQL reads it once."""
    return cast(given(name, NullType()), ARRAY(BigInteger))


def as_one(db: Session, ids: Iterable[int]) -> str:
    """Many ids as :func:`among` takes them."""
    told = ",".join(map(str, ids))
    return f"[{told}]" if is_sqlite(db) else f"{{{told}}}"


def rows(
    db: Session, key: Hashable, build: Callable[[], Select[*tuple[Any, ...]]], values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """What the statement known as ``key`` finds; ``build`` is asked for it once in each dialect."""
    return rows_on(db.connection(), key, build, values)


def rows_on(
    connection: Connection, key: Hashable, build: Callable[[], Select[*tuple[Any, ...]]], values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """The same for those who have a connection and need no session."""
    dialect = connection.dialect
    statement = _KEPT.get((dialect.name, key))
    if statement is None:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        statement = _KEPT[dialect.name, key] = _compiled(build(), dialect)
    found = _fetched(connection, statement.sql, statement.given(values))
    return [statement.read(row) for row in found] if statement.reads else found


def fetched(db: Session, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What a statement finds that is written by hand, its ``values`` in the order of their places."""
    return _fetched(db.connection(), sql, tuple(values))


def one(db: Session, key: Hashable, build: Callable[[], Select[*tuple[Any, ...]]], values: Mapping[str, Any]) -> Any:
    """The first value of the first row; None where there is none."""
    found = rows(db, key, build, values)
    return found[0][0] if found else None


@dataclass(frozen=True, slots=True)
class OfMany:
    """The rows of many keys, wherever a batch asks for them: compiled once for each power of two of keys, where the last
    key is said again until there are so many. ``build`` is given the places of the keys, which are of that ``kind``."""

    name: str
    kind: Any
    build: Callable[[Sequence[BindParameter[Any]]], Select[*tuple[Any, ...]]]

    def rows(self, db: Session, keys: Collection[Any], **values: Any) -> list[tuple[Any, ...]]:
        """``values``: what else the statement binds."""
        if not keys:
            return []
        told = list(keys)
        width = 1 << (len(told) - 1).bit_length()
        told += told[-1:] * (width - len(told))
        names = _places(width)
        return rows(
            db,
            (self.name, width),
            lambda: self.build([given(name, self.kind) for name in names]),
            dict(zip(names, told, strict=True), **values),
        )


@lru_cache(maxsize=64)
def _places(width: int) -> Sequence[str]:
    return [f"key{number}" for number in range(width)]


def loaded(kind: type[T], names: Iterable[str], values: Iterable[Any]) -> T:
    """A row as the object it would have been read as, of no session."""
    made: T = manager_of_class(kind).new_instance()
    instance_dict(made).update(zip(names, values, strict=True))  # as its loader does: nobody listens to each attribute
    make_transient_to_detached(made)
    return made


def _fetched(connection: Connection, sql: str, values: Any) -> list[tuple[Any, ...]]:
    try:
        cursor = _cursor(connection)
        cursor.execute(sql, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    except connection.dialect.loaded_dbapi.Error as error:
        return _failed(connection, sql, values, error)
    return found


def _cursor(connection: Connection) -> Any:
    """One for all such statements of a connection: psycopg takes longer to make one than to read a row with it."""
    kept = connection.info.get(_CURSOR)
    if kept is None:
        kept = connection.info[_CURSOR] = connection.connection.cursor()
    return kept


def _failed(connection: Connection, sql: str, values: Any, error: Exception) -> list[tuple[Any, ...]]:
    """Raises what SQLAlchemy would have raised. Where the connection is gone it is asked itself, because it knows
    what to do with the others."""
    dialect = connection.dialect
    if dialect.is_disconnect(error, connection.connection.dbapi_connection, None):  # type: ignore[arg-type]
        return [tuple(row) for row in connection.exec_driver_sql(sql, values)]
    connection.info.pop(_CURSOR, None)
    raise exc.DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    ) from error


def _compiled(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> _Statement:
    compiled: Any = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    constants = {n: str(v) if isinstance(v, str) else v for n, v in compiled.params.items()}
    binds = {
        name: bind
        for name, parameter in compiled.binds.items()
        if name in constants and (bind := parameter.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    selected = statement.selected_columns
    reads = [(at, read) for at, column in enumerate(selected) if (read := _reader(column.type, dialect)) is not None]
    names = compiled.positiontup
    return _Statement(compiled.string, names, constants, binds, reads)


def _reader(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(kind, Instant):
        return _instant if dialect.name == "sqlite" else None  # PostgreSQL's sessions are in UTC
    read: Callable[[Any], Any] | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return read


@lru_cache(maxsize=16_384)  # a page of the list shows a hundred of them, and the next page many again
def _instant(stored: str) -> datetime:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)
