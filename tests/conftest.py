"""What every test may ask for: an empty, migrated database of each kind, a town, a running site; or a test on both."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from app.core.db import Database
from consultations.queries import columns
from tests import anew, databases, once
from tests.site import postgres_ground, postgres_site, site, sqlite_ground, sqlite_site, sqlite_town, town

__all__ = ["postgres_ground", "postgres_site", "site", "sqlite_ground", "sqlite_site", "sqlite_town", "town"]

once.install()
anew.install()
#: no test asserts how long anything takes, on a machine that is busy with others; the same examples each time, so that
#: a change fails for what it did; new ones are looked for with --hypothesis-profile=search
settings.register_profile("town", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", settings.get_profile("town"), derandomize=False, max_examples=2_000)
settings.load_profile("town")
columns.MOST_OLD = 0  # nor may a desk be a moment behind because looking took long


def pytest_collection() -> None:
    """Thousands of tests are made and none is given up: nobody looks for garbage meanwhile."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests tell one story on one site: they stay on one worker and in their order. Files that take long come
    first, lest one worker be left with a walk over every page when the other one has nothing to do any more."""
    tests, slow = Counter(item.path for item in items), {i.path for i in items if i.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, -tests[item.path], item.path))
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(Path(__file__).parent))))


def pytest_collection_finish() -> None:
    """Nor among them later."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def pages_are_what_they_would_be_anew() -> Iterator[None]:
    """Nothing that was kept of one page stands wrongly on another: see :mod:`tests.anew`."""
    yield
    unlike = anew.UNLIKE.copy()
    anew.UNLIKE.clear()
    assert unlike == []


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    databases.load_tables()
    return databases.migrated_sqlite(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[databases.Postgres]:
    databases.load_tables()
    try:
        with databases.postgres() as server:
            yield server
    except databases.NoPostgres as why:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(why))


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    with databases.sqlite_copy(sqlite_template, tmp_path) as database:
        yield database


@pytest.fixture
def postgres_database(postgres_server: databases.Postgres) -> Iterator[Database]:
    with postgres_server.copy() as database:
        yield database


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    """The test runs on both."""
    found: Database = request.getfixturevalue(f"{request.param}_database")
    return found
