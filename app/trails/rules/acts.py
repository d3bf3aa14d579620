"""Who may say what led to what; whose subject it is, the rooms say."""

from __future__ import annotations

from app.accounts.rules.acts import Allowed
from app.accounts.rules.roles import Role

ACTS = (Allowed("trails.link", frozenset({Role.OFFICIAL, Role.OFFICER})),)
