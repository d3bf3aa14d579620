"""A forum on each kind of database, where comments are checked after publication, unless a test says otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.comments.forum import Forum, forum_on
from tests.site import Ground


@pytest.fixture(params=["sqlite", "postgres"])
def forum(request: pytest.FixtureRequest, tmp_path: Path) -> Forum:
    ground: Ground = request.getfixturevalue(f"{request.param}_ground")
    ground.clear()
    return forum_on(ground.database, tmp_path)


@pytest.fixture
def careful(request: pytest.FixtureRequest, forum: Forum, tmp_path: Path) -> Forum:
    """Checked before publication."""
    return forum_on(forum.town.database, tmp_path, "before")
