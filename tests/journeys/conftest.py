"""Each journey has a site of its own, on one of two databases that all journeys use one after another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.db import Database
from tests import databases
from tests.site import Ground


@pytest.fixture(scope="session")
def _sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with databases.sqlite_copy(sqlite_template, tmp_path_factory.mktemp("journeys")) as database:
        yield Ground(database)


@pytest.fixture(scope="session")
def _postgres(postgres_server: databases.Postgres) -> Iterator[Ground]:
    with postgres_server.copy() as database:
        yield Ground(database)


@pytest.fixture
def sqlite_database(_sqlite: Ground) -> Database:
    return _sqlite.anew()


@pytest.fixture
def postgres_database(_postgres: Ground) -> Database:
    return _postgres.anew()
