"""A strict site on each kind of database: a second factor is required, and limits are on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.site import RunningSite


@pytest.fixture(scope="module")
def sqlite_strict(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("strict")
    with databases.sqlite_copy(sqlite_template, folder) as database, _strict(database, folder) as site:
        yield site


@pytest.fixture(scope="module")
def postgres_strict(
    postgres_server: databases.Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningSite]:
    with postgres_server.copy() as database, _strict(database, tmp_path_factory.mktemp("strict")) as site:
        yield site


@pytest.fixture(params=["sqlite", "postgres"])
def strict(request: pytest.FixtureRequest) -> RunningSite:
    """Shared by the tests of a file: look only at what is your own."""
    found: RunningSite = request.getfixturevalue(f"{request.param}_strict")
    return found


def _strict(database: databases.Database, folder: Path) -> RunningSite:
    return RunningSite(database, folder, page_cache="off", rate_limits="on", staff_second_factor="required")
