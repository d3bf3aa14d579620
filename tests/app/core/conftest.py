"""The databases of these tests are shared within a file: each test begins with an empty guestbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.db import Database
from tests import databases
from tests.app.core.guestbook import room
from tests.app.core.served import Served


@pytest.fixture(scope="module")
def _sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder = tmp_path_factory.mktemp("core")
    with databases.sqlite_copy(sqlite_template, folder) as database, room.tables(database):
        yield database


@pytest.fixture(scope="module")
def _postgres(postgres_server: databases.Postgres) -> Iterator[Database]:
    with postgres_server.copy() as database, room.tables(database):
        yield database


@pytest.fixture
def sqlite_database(_sqlite: Database) -> Iterator[Database]:
    yield _sqlite
    room.empty(_sqlite)


@pytest.fixture
def postgres_database(_postgres: Database) -> Iterator[Database]:
    yield _postgres
    room.empty(_postgres)


@pytest.fixture
def served(database: Database) -> Iterator[Served]:
    with Served(database) as house:
        yield house
