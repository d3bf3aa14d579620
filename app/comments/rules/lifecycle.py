"""A comment's life in one table, the smaller life of an edit, and sets of states with names."""

from __future__ import annotations

from enum import StrEnum

from app.core.i18n import _


class CommentState(StrEnum):
    #: waits to be checked
    PENDING = "pending"
    #: waits because an automatic signal asked a person to look
    HELD = "held"
    PUBLISHED = "published"
    #: hidden for the moment: several trusted people reported it
    PROVISIONAL = "provisional"
    #: back with its author, who may change it and send it in again
    RETURNED = "returned"
    REJECTED = "rejected"
    HIDDEN = "hidden"
    #: taken away as illegal, by two people
    REMOVED = "removed"
    WITHDRAWN = "withdrawn"


class EditState(StrEnum):
    """Of a newer text while the text before it stays public."""

    PENDING = "pending"
    HELD = "held"
    RETURNED = "returned"
    REJECTED = "rejected"


class Mode(StrEnum):
    """When the comments of a thread are checked."""

    BEFORE = "before"
    AFTER = "after"


S = CommentState
MOVES: dict[CommentState, frozenset[CommentState]] = {
    S.PENDING: frozenset({S.HELD, S.PUBLISHED, S.RETURNED, S.REJECTED, S.HIDDEN, S.REMOVED, S.WITHDRAWN}),
    S.HELD: frozenset({S.PENDING, S.PUBLISHED, S.RETURNED, S.REJECTED, S.HIDDEN, S.REMOVED, S.WITHDRAWN}),
    # back to pending or held where a decision is undone
    S.PUBLISHED: frozenset(
        {S.PENDING, S.HELD, S.PROVISIONAL, S.RETURNED, S.REJECTED, S.HIDDEN, S.REMOVED, S.WITHDRAWN}
    ),
    S.PROVISIONAL: frozenset({S.PUBLISHED, S.RETURNED, S.REJECTED, S.HIDDEN, S.REMOVED, S.WITHDRAWN}),
    S.RETURNED: frozenset({S.PENDING, S.HELD, S.PUBLISHED, S.PROVISIONAL, S.REMOVED, S.WITHDRAWN}),
    S.REJECTED: frozenset({S.PENDING, S.HELD, S.PUBLISHED, S.PROVISIONAL, S.HIDDEN, S.REMOVED}),
    S.HIDDEN: frozenset({S.PENDING, S.HELD, S.PUBLISHED, S.PROVISIONAL, S.REJECTED, S.REMOVED}),
    S.REMOVED: frozenset(),  # its words are gone
    S.WITHDRAWN: frozenset({S.REMOVED}),
}

#: wait for a moderator
WAITING = frozenset({S.PENDING, S.HELD})
#: whose text everyone reads, and which every figure of a discussion counts
COUNTED = frozenset({S.PUBLISHED})
#: a moderator refused them
REFUSED = frozenset({S.REJECTED, S.HIDDEN, S.REMOVED})
ANSWERABLE = COUNTED
EDITABLE = WAITING | COUNTED | {S.RETURNED}
#: not what was refused: why it was removed stays to be read
WITHDRAWABLE = WAITING | COUNTED | {S.RETURNED, S.PROVISIONAL}

STATE_NAMES = {
    S.PENDING: _("Waiting to be checked"),
    S.HELD: _("Being checked"),
    S.PUBLISHED: _("Published"),
    S.PROVISIONAL: _("Being checked again"),
    S.RETURNED: _("Needs a change"),
    S.REJECTED: _("Not published"),
    S.HIDDEN: _("Removed"),
    S.REMOVED: _("Removed"),
    S.WITHDRAWN: _("Withdrawn"),
}
EDIT_NAMES = {
    EditState.PENDING: _("Your change is waiting to be checked; the text before it stays public."),
    EditState.HELD: _("Your change is being checked; the text before it stays public."),
    EditState.RETURNED: _("Your change needs another change; the text before it stays public."),
    EditState.REJECTED: _("Your change was not published; the text before it stays public."),
}


def may_move(old: CommentState, new: CommentState) -> bool:
    return new in MOVES[old]


def first_state(mode: Mode, *, is_new: bool, is_held: bool) -> CommentState:
    """Of what somebody says now: ``is_new`` where nothing of theirs was published yet."""
    if is_held:
        return S.HELD
    return S.PENDING if is_new or mode is Mode.BEFORE else S.PUBLISHED
