"""A petition's life in one table, and sets of states with names."""

from __future__ import annotations

from enum import StrEnum

from app.core.i18n import _


class PetitionState(StrEnum):
    PENDING = "pending"
    COLLECTING = "collecting"
    IN_MODERATION = "in_moderation"
    OPEN = "open"
    CLOSED = "closed"
    REJECTED = "rejected"
    HIDDEN = "hidden"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"


class SignatureState(StrEnum):
    PENDING = "pending"
    VALIDATED = "validated"
    HELD = "held"
    INVALIDATED = "invalidated"
    WITHDRAWN = "withdrawn"


S = PetitionState
MOVES: dict[PetitionState, frozenset[PetitionState]] = {
    S.PENDING: frozenset({S.COLLECTING, S.WITHDRAWN, S.STOPPED}),
    S.COLLECTING: frozenset({S.IN_MODERATION, S.WITHDRAWN, S.STOPPED}),
    S.IN_MODERATION: frozenset({S.OPEN, S.CLOSED, S.REJECTED, S.HIDDEN, S.WITHDRAWN, S.STOPPED}),
    S.OPEN: frozenset({S.CLOSED, S.REJECTED, S.HIDDEN, S.WITHDRAWN}),
    S.REJECTED: frozenset({S.IN_MODERATION, S.HIDDEN}),  # hidden: its text turned out to be illegal
    S.HIDDEN: frozenset({S.IN_MODERATION}),
    S.CLOSED: frozenset({S.REJECTED, S.HIDDEN}),
    S.WITHDRAWN: frozenset({S.REJECTED, S.HIDDEN}),  # where it had been published: its text can still be read
    S.STOPPED: frozenset(),
}

#: whose text the public may read
VISIBLE = frozenset({S.OPEN, S.CLOSED, S.REJECTED, S.WITHDRAWN})
#: known to exist, without their text
BEFORE_PUBLICATION = frozenset({S.PENDING, S.COLLECTING, S.IN_MODERATION})
#: where the secret link still takes supporters
TAKES_SPONSORS = BEFORE_PUBLICATION

STATE_NAMES = {
    S.PENDING: _("Not yet confirmed"),
    S.COLLECTING: _("Gathering support"),
    S.IN_MODERATION: _("Being checked"),
    S.OPEN: _("Open"),
    S.CLOSED: _("Closed"),
    S.REJECTED: _("Rejected"),
    S.HIDDEN: _("Hidden"),
    S.WITHDRAWN: _("Withdrawn"),
    S.STOPPED: _("Stopped"),
}


def is_readable(state: str, *, was_published: bool) -> bool:
    """Whether everyone may read the text: not of what was withdrawn before it was published."""
    return state in VISIBLE and (was_published or state != PetitionState.WITHDRAWN)


def may_move(old: PetitionState, new: PetitionState) -> bool:
    return new in MOVES[old]
