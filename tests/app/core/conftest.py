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


@pytest.fixture(scope="module")
def _sqlite_house(_sqlite: Database) -> Iterator[Served]:
    with Served(_sqlite) as house:
        yield house


@pytest.fixture(scope="module")
def _postgres_house(_postgres: Database) -> Iterator[Served]:
    with Served(_postgres) as house:
        yield house


@pytest.fixture
def sqlite_served(_sqlite_house: Served) -> Iterator[Served]:
    """An open house with an empty guestbook."""
    yield _sqlite_house
    _sqlite_house.tidy_up()


@pytest.fixture
def postgres_served(_postgres_house: Served) -> Iterator[Served]:
    yield _postgres_house
    _postgres_house.tidy_up()


@pytest.fixture(params=["sqlite", "postgres"])
def served(request: pytest.FixtureRequest) -> Served:
    """The test runs on both."""
    found: Served = request.getfixturevalue(f"{request.param}_served")
    return found
