"""Who searches beside the public. What they find beyond it, each document says: see ``readers`` of a document."""

from __future__ import annotations

from app.accounts.rules.acts import MODERATORS, Allowed
from app.accounts.rules.roles import Role

ACTS = (
    Allowed("search.moderation", MODERATORS),
    Allowed("search.hosting", frozenset({Role.OFFICIAL, Role.ADMINISTRATOR})),
)
