"""Discussions to moderate, and the moderators: Mia, Max and Ada."""

from __future__ import annotations

import pytest

from tests.app.comments.conftest import careful, forum
from tests.app.comments.forum import Forum
from tests.app.moderation.moderators import Moderators

__all__ = ["careful", "desk", "forum", "open_desk"]


@pytest.fixture
def desk(careful: Forum) -> Moderators:
    """Comments are checked before publication."""
    return Moderators(careful)


@pytest.fixture
def open_desk(forum: Forum) -> Moderators:
    """Comments are published at once."""
    return Moderators(forum)
