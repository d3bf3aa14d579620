"""A town whose administrator has programs elsewhere told."""

from __future__ import annotations

import pytest

from tests.app.webhooks.receivers import Programs
from tests.site import Town


@pytest.fixture
def programs(town: Town) -> Programs:
    return Programs(town)


@pytest.fixture
def sqlite_programs(sqlite_town: Town) -> Programs:
    """For what no database can make different."""
    return Programs(sqlite_town)
