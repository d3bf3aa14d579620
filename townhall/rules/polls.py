"""A poll's life and kinds. Results are nobody's to see before they are revealed."""

from __future__ import annotations

from enum import StrEnum

from app.core.i18n import _


class PollState(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    REVEALED = "revealed"


P = PollState
POLL_MOVES: dict[PollState, frozenset[PollState]] = {
    P.DRAFT: frozenset({P.OPEN}),
    P.OPEN: frozenset({P.CLOSED}),
    P.CLOSED: frozenset({P.OPEN, P.REVEALED}),
    P.REVEALED: frozenset(),
}
POLL_STATE_NAMES = {
    P.DRAFT: _("Draft"),
    P.OPEN: _("Open"),
    P.CLOSED: _("Closed"),
    P.REVEALED: _("Results shown"),
}


class PollKind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    RATING = "rating"
    RANKING = "ranking"
    CLOUD = "cloud"


POLL_KIND_NAMES = {
    PollKind.SINGLE: _("One answer"),
    PollKind.MULTIPLE: _("Several answers"),
    PollKind.RATING: _("Rating from 1 to 5"),
    PollKind.RANKING: _("Putting in order"),
    PollKind.CLOUD: _("Words"),
}
