"""Who may do what in a discussion."""

from __future__ import annotations

from app.accounts.rules.acts import EVERYONE, MODERATORS, Allowed
from app.comments.rules.lifecycle import ANSWERABLE, EDITABLE, WITHDRAWABLE

ACTS = (
    Allowed("comments.say", EVERYONE),
    Allowed("comments.reply", EVERYONE, states=ANSWERABLE),
    Allowed("comments.edit", EVERYONE, states=EDITABLE, own=True),
    Allowed("comments.withdraw", EVERYONE, states=WITHDRAWABLE, own=True),
    Allowed("comments.vote", EVERYONE, states=ANSWERABLE, own=False),
    Allowed("comments.mine", EVERYONE),
    Allowed("comments.run", MODERATORS),
)
