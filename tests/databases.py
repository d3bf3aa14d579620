"""Empty, migrated databases of both kinds for tests, each a copy of one that was migrated once."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from app.core import schema
from app.core.clock import SystemClock
from app.core.db import Database, normal_url
from app.core.security.keys import Keys
from app.core.settings import Settings
from app.main import load_rooms
from app.site import Site

#: a server to use in the place of one of our own; its user must be allowed to create databases
SERVER = "TOWNSQUARE_TEST_POSTGRES_URL"
#: what no crash of a test run needs
CARELESS = ("fsync", "synchronous_commit", "full_page_writes")


class NoPostgres(Exception):
    """Why there is no PostgreSQL to test against."""


@cache
def load_tables() -> None:
    """Map every table, as the programs do: by installing the rooms."""
    settings = Settings()
    load_rooms(Site(settings=settings, keys=Keys(settings.secret_key), clock=SystemClock()))


def migrated_sqlite(folder: Path) -> Path:
    """A file to copy; closing the database empties its write-ahead log."""
    file = folder / "template.db"
    _migrate(f"sqlite:///{file}")
    return file


@contextmanager
def sqlite_copy(template: Path, folder: Path) -> Iterator[Database]:
    """A database of its own in ``folder``."""
    file = folder / "townsquare.db"
    shutil.copyfile(template, file)
    with _closing(f"sqlite:///{file}") as database:
        yield database


class Postgres:
    """A server, and on it a migrated database that is copied for each test."""

    def __init__(self, url: str) -> None:
        self._server = make_url(normal_url(url))
        self._admin = create_engine(self._server, isolation_level="AUTOCOMMIT")
        self._prefix = f"townsquare_test_{secrets.token_hex(4)}"
        self._count = 0
        self._template = ""

    @contextmanager
    def running(self) -> Iterator[Postgres]:
        """With the template made, until everything of ours is gone from the server again."""
        try:
            self._template = self._create("template1")
            _migrate(self._url(self._template))
            yield self
        finally:
            self._drop(self._template)
            self._admin.dispose()

    @contextmanager
    def copy(self) -> Iterator[Database]:
        """A database of its own."""
        name = self._create(self._template)
        try:
            with _closing(self._url(name)) as database:
                yield database
        finally:
            self._drop(name)

    def _create(self, template: str) -> str:
        self._count += 1
        name = f"{self._prefix}_{self._count}"
        with self._admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        return name

    def _drop(self, name: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    def _url(self, name: str) -> str:
        return self._server.set(database=name).render_as_string(hide_password=False)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """The server that the environment names, or else one of our own; raises :class:`NoPostgres`."""
    named = os.environ.get(SERVER)
    with Postgres(named).running() if named else _embedded() as server:
        yield server


@contextmanager
def _embedded() -> Iterator[Postgres]:
    """A cluster in a temporary folder, started here and gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="townsquare-postgres-"))
    try:
        url, stop = _start(folder / "data")
        try:
            with Postgres(url).running() as server:
                yield server
        finally:
            stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
