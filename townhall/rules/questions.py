"""A question's life. What is public of it follows from its state alone."""

from __future__ import annotations

from enum import StrEnum

from app.core.i18n import _


class QuestionState(StrEnum):
    """``waiting`` for screening; ``open``: everyone reads and upvotes it; ``answered`` in the hall or in writing;
    ``archived``: put away by staff, readable in the archive; ``merged`` into another, which shows its words."""

    WAITING = "waiting"
    OPEN = "open"
    ANSWERED = "answered"
    ARCHIVED = "archived"
    MERGED = "merged"
    REJECTED = "rejected"
    HIDDEN = "hidden"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"


Q = QuestionState
QUESTION_MOVES: dict[QuestionState, frozenset[QuestionState]] = {
    Q.WAITING: frozenset({Q.OPEN, Q.ANSWERED, Q.REJECTED, Q.HIDDEN, Q.WITHDRAWN, Q.REMOVED, Q.MERGED}),
    Q.OPEN: frozenset({Q.ANSWERED, Q.ARCHIVED, Q.MERGED, Q.HIDDEN, Q.REJECTED, Q.WITHDRAWN, Q.REMOVED, Q.WAITING}),
    Q.ANSWERED: frozenset({Q.OPEN, Q.ARCHIVED, Q.HIDDEN, Q.REJECTED, Q.REMOVED, Q.WAITING, Q.WITHDRAWN}),
    Q.ARCHIVED: frozenset({Q.OPEN, Q.ANSWERED, Q.HIDDEN, Q.REJECTED, Q.REMOVED, Q.WITHDRAWN}),
    Q.MERGED: frozenset({Q.OPEN, Q.ANSWERED, Q.HIDDEN, Q.REJECTED, Q.WITHDRAWN, Q.REMOVED}),
    Q.REJECTED: frozenset({Q.OPEN, Q.ANSWERED, Q.ARCHIVED, Q.WAITING, Q.HIDDEN, Q.REMOVED}),
    Q.HIDDEN: frozenset({Q.OPEN, Q.ANSWERED, Q.ARCHIVED, Q.WAITING, Q.REJECTED, Q.REMOVED}),
    Q.WITHDRAWN: frozenset(),
    Q.REMOVED: frozenset(),
}
#: whose words the public reads
PUBLIC = frozenset({Q.OPEN, Q.ANSWERED, Q.ARCHIVED, Q.MERGED})
#: that the crowd may upvote
TAKES_VOTES = frozenset({Q.OPEN, Q.MERGED})

QUESTION_STATE_NAMES = {
    Q.WAITING: _("Waiting to be checked"),
    Q.OPEN: _("Open"),
    Q.ANSWERED: _("Answered"),
    Q.ARCHIVED: _("Put away"),
    Q.MERGED: _("Joined to another question"),
    Q.REJECTED: _("Not accepted"),
    Q.HIDDEN: _("Hidden by a moderator"),
    Q.WITHDRAWN: _("Taken back by who asked it"),
    Q.REMOVED: _("Removed"),
}


class Origin(StrEnum):
    """How a question came. All but ``web`` were entered by a clerk, and say so."""

    WEB = "web"
    PHONE = "phone"
    PAPER = "paper"
    ROOM = "room"


ORIGIN_NAMES = {
    Origin.WEB: _("Asked here"),
    Origin.PHONE: _("Asked by telephone"),
    Origin.PAPER: _("Asked on paper"),
    Origin.ROOM: _("Asked in the room"),
}
