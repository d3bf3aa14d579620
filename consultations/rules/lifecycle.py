"""A consultation's life: what its editors decide is stored, where it stands in time is derived.

Three axes. *Editorial*: draft to published, stored. *Phase*: upcoming, open, closed, outcome, worked out from the
instants by the functions here and by nothing else; they take an object or a mapped class alike, so that pages, feeds,
the API and SQL ask the same question. *Stage*: what its department has done since it closed, stored.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from app.core.i18n import _


class EditorialState(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    UNPUBLISHED = "unpublished"
    DISCARDED = "discarded"


E = EditorialState
EDITORIAL_MOVES: dict[EditorialState, frozenset[EditorialState]] = {
    E.DRAFT: frozenset({E.IN_REVIEW, E.PUBLISHED, E.DISCARDED}),  # published at once: by force, with a reason
    E.IN_REVIEW: frozenset({E.DRAFT, E.APPROVED, E.PUBLISHED, E.DISCARDED}),
    E.APPROVED: frozenset({E.DRAFT, E.PUBLISHED, E.DISCARDED}),
    E.PUBLISHED: frozenset({E.WITHDRAWN, E.UNPUBLISHED}),
    E.WITHDRAWN: frozenset({E.UNPUBLISHED}),
    E.UNPUBLISHED: frozenset(),
    E.DISCARDED: frozenset(),
}
#: whose page the public may read
READABLE = frozenset({E.PUBLISHED, E.WITHDRAWN})
#: whose text may be written
EDITABLE = frozenset({E.DRAFT})

EDITORIAL_NAMES = {
    E.DRAFT: _("Draft"),
    E.IN_REVIEW: _("In review"),
    E.APPROVED: _("Approved"),
    E.PUBLISHED: _("Published"),
    E.WITHDRAWN: _("Withdrawn"),
    E.UNPUBLISHED: _("Unpublished"),
    E.DISCARDED: _("Discarded"),
}


class Kind(StrEnum):
    CONSULTATION = "consultation"
    CALL = "call"


KIND_NAMES = {Kind.CONSULTATION: _("Consultation"), Kind.CALL: _("Call for evidence")}


class Phase(StrEnum):
    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"
    OUTCOME = "outcome"


class Stage(StrEnum):
    """After closing. ``feedback``: "you said" is public; ``outcome``: "we did", too; ``completed``: every action ended."""

    WAITING = "waiting"
    ANALYSING = "analysing"
    FEEDBACK = "feedback"
    OUTCOME = "outcome"
    COMPLETED = "completed"


S = Stage
STAGE_MOVES: dict[Stage, frozenset[Stage]] = {
    S.WAITING: frozenset({S.ANALYSING, S.FEEDBACK, S.OUTCOME}),
    S.ANALYSING: frozenset({S.FEEDBACK, S.OUTCOME}),
    S.FEEDBACK: frozenset({S.OUTCOME}),
    S.OUTCOME: frozenset({S.COMPLETED}),
    S.COMPLETED: frozenset({S.OUTCOME}),  # a promise was made, or taken up, later
}
STAGE_NAMES = {
    S.WAITING: _("Closed, waiting to be read"),
    S.ANALYSING: _("Being read"),
    S.FEEDBACK: _("What people said is published"),
    S.OUTCOME: _("Outcome published"),
    S.COMPLETED: _("Completed"),
}

PHASE_NAMES = {
    Phase.UPCOMING: _("Not yet open"),
    Phase.OPEN: _("Open"),
    Phase.CLOSED: _("Closed"),
    Phase.OUTCOME: _("Outcome published"),
}


# Comparisons and ``&`` alone: Python's ``and``, ``not`` and ``in`` do not reach into SQL. Each answers a bool for an
# object and a condition for a mapped class. Both instants stand in whatever was submitted for review, so none is asked
# whether it is there: a draft without them has no phase.


def is_upcoming(times: Any, now: datetime) -> Any:
    return times.opens_at > now


def is_open(times: Any, now: datetime) -> Any:
    """Half open: from the instant it opens until just before the instant it closes."""
    return (times.opens_at <= now) & (times.closes_at > now)


def is_closed(times: Any, now: datetime) -> Any:
    return (times.closes_at <= now) & (times.has_outcome == False)  # noqa: E712


def has_outcome(times: Any, now: datetime) -> Any:
    return (times.closes_at <= now) & (times.has_outcome == True)  # noqa: E712


PHASES = {Phase.UPCOMING: is_upcoming, Phase.OPEN: is_open, Phase.CLOSED: is_closed, Phase.OUTCOME: has_outcome}


def phase_of(times: Any, now: datetime) -> Phase | None:
    """None where it has no instants yet."""
    if times.opens_at is None or times.closes_at is None:
        return None
    return next(phase for phase, holds in PHASES.items() if holds(times, now))


def next_turn(times: Any, now: datetime) -> datetime | None:
    """When the clock alone changes what its page says; None where it does not any more."""
    return min((t for t in (times.opens_at, times.closes_at) if t is not None and t > now), default=None)


def takes_responses(consultation: Any, now: datetime) -> bool:
    """Whether anyone may respond now, without a late pass."""
    return consultation.state == EditorialState.PUBLISHED and phase_of(consultation, now) is Phase.OPEN


def may_move(old: EditorialState, new: EditorialState) -> bool:
    return new in EDITORIAL_MOVES[old]
