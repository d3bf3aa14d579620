"""Readers on each kind of database, on a Tuesday evening."""

from __future__ import annotations

import pytest

from tests.app.following.readers import EVENING, Readers
from tests.site import Town


@pytest.fixture
def readers(town: Town) -> Readers:
    town.clock.set(EVENING)
    return Readers(town)


@pytest.fixture
def sqlite_readers(sqlite_town: Town) -> Readers:
    """For what no database can make different."""
    sqlite_town.clock.set(EVENING)
    return Readers(sqlite_town)
