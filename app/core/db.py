"""The database: engine, sessions, the write gate, commit at the edge.

Two kinds of session. A *reading* one sees one snapshot and cannot write. A *writing* one reads
freely until its first write or locking read; then it passes the gate (SQLite has one writer, so
the process queues for it here, the intake first, instead of fighting over the file) and holds it
until its transaction ends. PostgreSQL queues by row locks and needs no gate.

Nothing outside this module commits.
"""

from __future__ import annotations

import importlib
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import (
    BigInteger,
    Connection,
    CursorResult,
    DateTime,
    Engine,
    Executable,
    Integer,
    MetaData,
    Result,
    create_engine,
    event,
    exc,
    make_url,
    text,
)
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

from app.core.errors import Unavailable, WriteOutsideWrites

log = logging.getLogger("townsquare.db")

#: below this, SQLite's write-ahead log can be corrupted by a rare race when it is reset
SAFE_WAL = (3, 51, 3)
READ_WORDS = ("SELECT", "WITH", "PRAGMA", "EXPLAIN", "SHOW", "VALUES")
RETRIES = 3
T = TypeVar("T")


class Base(DeclarativeBase):
    """Every mapped table, with constraint names that migrations can rely on."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases; a naive one is refused as a fault of ours."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: SQLite numbers rows by INTEGER only
BigId = BigInteger().with_variant(Integer, "sqlite")


class Gate:
    """One writer of this process at a time, in the order they came; who comes ``first`` passes everyone who waits.

    Without an order a thread that leaves and comes straight back (the postman does, letter by
    letter) is in again before another one has woken up: news took ten times as long to queue.
    """

    def __init__(self, patience: float = 10.0) -> None:
        self.patience = patience
        self._changed = threading.Condition()
        self._held = False
        self._lines: dict[bool, deque[object]] = {True: deque(), False: deque()}

    def enter(self, *, first: bool = False) -> None:
        """Wait for the turn; raises :class:`Unavailable` after ``patience`` seconds."""
        deadline, place = time.monotonic() + self.patience, object()
        with self._changed:
            self._lines[first].append(place)
            try:
                while self._held or self._next() is not place:
                    if not self._changed.wait(deadline - time.monotonic()) and time.monotonic() >= deadline:
                        raise Unavailable(retry_after=5)
                self._held = True
            except Unavailable:
                self._changed.notify_all()  # whoever stood behind may be next
                raise
            finally:
                self._lines[first].remove(place)

    def leave(self) -> None:
        with self._changed:
            self._held = False
            self._changed.notify_all()

    def _next(self) -> object:
        line = self._lines[True] or self._lines[False]
        return line[0]

    @property
    def _first_waiting(self) -> int:
        return len(self._lines[True])


class Database:
    """One deployment's database, its two kinds of session, and what hears its events."""

    def __init__(self, url: str, *, pool: int = 24, listeners: Mapping[type, Any] | None = None) -> None:
        self.url = normal_url(url)
        self.is_sqlite = self.url.startswith("sqlite")
        self.gate = Gate()
        #: who hears announced events
        self.listeners: Mapping[type, Any] = listeners if listeners is not None else {}
        #: told the page keys that a commit of this process changed
        self.on_touched: list[Callable[[frozenset[str]], None]] = []
        #: called once letters are stored
        self.postmen: list[Callable[[], None]] = []
        self.engine = _sqlite_engine(self.url, pool) if self.is_sqlite else _postgres_engine(self.url, pool)
        if self.is_sqlite:
            self._guard_sqlite()
            self._read_engine = self._look_engine = self.engine.execution_options(access="read")
            self._write_engine = self.engine.execution_options(access="write")
            self._first_engine = self.engine.execution_options(access="write", first=True)
        else:
            event.listen(self.engine, "handle_error", _say_who_wrote)
            self._read_engine = self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            self._look_engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
            self._write_engine = self._first_engine = self.engine.execution_options(isolation_level="READ COMMITTED")

    def session(self, *, writes: bool, first: bool = False) -> Session:
        """A session that its caller must finish with :func:`finish` or :func:`abandon`."""
        engine = (self._first_engine if first else self._write_engine) if writes else self._read_engine
        session = Session(engine, expire_on_commit=False, autoflush=True)
        session.info.update(listeners=self.listeners, on_touched=self.on_touched, postmen=self.postmen)
        return session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One snapshot, never a write."""
        session = self.session(writes=False)
        try:
            yield session
        finally:
            abandon(session)

    @contextmanager
    def looking(self) -> Iterator[Session]:
        """For one SELECT alone, or some that need no common snapshot: PostgreSQL has no transaction to begin and to
        end, which take longer than they."""
        session = Session(self._look_engine, expire_on_commit=False, autoflush=False)
        try:
            yield session
        finally:
            abandon(session)

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """The same for a ready statement, which needs no session."""
        with self._look_engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, first: bool = False) -> Iterator[Session]:
        """One transaction: committed when the block ends well, else nothing of it remains."""
        session = self.session(writes=True, first=first)
        try:
            yield session
        except BaseException:
            abandon(session)
            raise
        finish(session)

    def retrying(self, act: Callable[[Session], T], *, first: bool = False) -> T:
        """Run one act in a transaction, again (at most three times) after a deadlock or serialization error."""
        for attempt in range(RETRIES + 1):
            try:
                with self.writing(first=first) as db:
                    return act(db)
            except exc.DBAPIError as error:
                if attempt == RETRIES or not is_collision(error):
                    raise
                time.sleep(0.01 * 2**attempt)
        raise AssertionError("unreachable")

    def close(self) -> None:
        self.engine.dispose()

    def _guard_sqlite(self) -> None:
        event.listen(self.engine, "begin", _begin_snapshot)
        event.listen(self.engine, "before_cursor_execute", self._before_statement)
        event.listen(self.engine, "checkin", self._leave_gate)

    def _before_statement(
        self, conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        access = conn.get_execution_options().get("access")
        if access is None:
            return
        writes = not statement.lstrip()[:8].upper().startswith(READ_WORDS) or _changes_rows(context)
        if access == "read":
            if writes:
                raise WriteOutsideWrites(statement[:80])
            return
        if not (writes or _locks(context)) or conn.connection.dbapi_connection.in_transaction:
            return
        self.gate.enter(first=bool(conn.get_execution_options().get("first")))
        conn.info["gate"] = True
        cursor.execute("BEGIN IMMEDIATE")

    def _leave_gate(self, dbapi_connection: Any, record: Any) -> None:
        if dbapi_connection is not None and dbapi_connection.in_transaction:
            # a COMMIT that failed leaves the transaction open: the next user of this connection must not store it
            dbapi_connection.rollback()
        if record.info.pop("gate", False):
            self.gate.leave()


def finish(session: Session) -> None:
    """Commit, give the connection back, then do what waits for the commit."""
    try:
        do_last(session)
        session.commit()
    except BaseException:
        abandon(session)
        raise
    session.close()
    tell_of_commit(session)


def do_last(session: Session) -> None:
    """Do what had to wait until nothing else remains to be done."""
    if acts := session.info.pop("before_commit", None):
        session.flush()  # what is still unwritten has locks of its own, which come first
        for act in acts:
            act(session)


def tell_of_commit(session: Session) -> None:
    """Do what waits for the commit. What fails now cannot undo it, so nobody is told that it did."""
    for act in session.info.pop("after_commit", ()):
        try:
            act()
        except Exception:
            log.exception("a transaction is stored, but what waits for it failed")


def abandon(session: Session) -> None:
    """Undo everything; a connection that is already gone cannot make this fail."""
    session.info.pop("before_commit", None)
    session.info.pop("after_commit", None)
    try:
        session.close()  # rolls back, and leaves what was loaded readable
    except exc.DBAPIError:
        session.invalidate()


def before_commit(db: Session, act: Callable[[Session], None]) -> None:
    """Have ``act`` run once, however often it is asked for, right before this session's transaction is stored: for
    locks that many want, which are then taken in one order and held for a moment."""
    db.info.setdefault("before_commit", {})[act] = None


def after_commit(db: Session, act: Callable[[], None]) -> None:
    """Have ``act`` run once this session's transaction is stored; it never runs otherwise."""
    db.info.setdefault("after_commit", []).append(act)


def _as_it_stands(_compiler: SQLCompiler, _table: Any, hint: str) -> str:
    return hint


#: SQLite takes ``INDEXED BY`` and ``NOT INDEXED``, and SQLAlchemy does not know that it does
SQLiteCompiler.get_from_hint_text = _as_it_stands  # type: ignore[method-assign, assignment]


def rows_changed(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE touched."""
    return cast("CursorResult[Any]", result).rowcount


def is_collision(error: BaseException) -> bool:
    """A deadlock or serialization error: nothing was stored and the same act may succeed now."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state in ("40001", "40P01")


def is_outage(error: BaseException) -> bool:
    """Lost connection, full disk, time-out, locked file: the database, not the act, is at fault."""
    if isinstance(error, exc.TimeoutError):
        return True
    if not isinstance(error, exc.DBAPIError) or _is_wrong_sql(error):
        return False
    if error.connection_invalidated or isinstance(error, (exc.OperationalError, exc.InternalError, exc.InterfaceError)):
        return not is_collision(error)
    return False


def _is_wrong_sql(error: exc.DBAPIError) -> bool:
    """SQLite reports a missing table or a misspelt word as it reports a full disk, but for the code."""
    return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def normal_url(url: str) -> str:
    """SQLAlchemy's spelling of the contract's database addresses."""
    for start in ("postgresql://", "postgres://"):
        if url.startswith(start):
            return "postgresql+psycopg://" + url.removeprefix(start)
    return url


def sqlite_module() -> Any:
    """The newer SQLite of the ``pysqlite3`` wheel where it is installed, else Python's own."""
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return sqlite3


def _sqlite_engine(url: str, pool: int) -> Engine:
    module = sqlite_module()
    name = make_url(url).database
    if not name or name == ":memory:":
        raise ValueError("an in-memory database has no place here: it is lost with the process")
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        module=module,
        pool_size=pool,
        max_overflow=8,
        pool_timeout=10,
        pool_use_lifo=True,  # the warmest connection first: its statements are prepared and its pages at hand
        connect_args={"timeout": 5.0},
    )
    wal = module.sqlite_version_info >= SAFE_WAL
    if not wal:
        log.warning("SQLite %s is older than 3.51.3: using the slower rollback journal", module.sqlite_version)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA journal_mode={'WAL' if wal else 'DELETE'}")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute("PRAGMA cache_size=-4096")
        cursor.close()

    return engine


def _postgres_engine(url: str, pool: int) -> Engine:
    options = (
        "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000 -c timezone=UTC"
        " -c jit=off"  # to compile a statement takes longer than any of ours runs
    )
    return create_engine(
        url,
        hide_parameters=True,
        pool_size=pool,
        max_overflow=8,
        pool_timeout=10,
        pool_use_lifo=True,  # the warmest connection first: its statements are prepared and its pages at hand
        connect_args={"options": options, "connect_timeout": 5},
    )


def _begin_snapshot(conn: Any) -> None:
    if conn.get_execution_options().get("access") != "write":
        conn.connection.dbapi_connection.execute("BEGIN")


def _say_who_wrote(context: Any) -> None:
    """PostgreSQL finds out itself that a reading session writes; it is the same fault of ours."""
    if getattr(context.original_exception, "sqlstate", None) == "25006":
        raise WriteOutsideWrites(str(context.statement)[:80]) from context.original_exception


def _changes_rows(context: Any) -> bool:
    """A statement that begins with WITH may still end in an INSERT."""
    return bool(context and (context.isinsert or context.isupdate or context.isdelete))


def _locks(context: Any) -> bool:
    statement: Executable | None = getattr(getattr(context, "compiled", None), "statement", None)
    return getattr(statement, "_for_update_arg", None) is not None


def is_reachable(database: Database) -> bool:
    try:
        with database.reading() as db:
            db.execute(text("SELECT 1"))
    except (exc.SQLAlchemyError, OSError):
        return False
    return True
