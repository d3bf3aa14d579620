"""The life of a referral, and who may hand it on to whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from app.core.errors import BadField, Conflict
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy, tidy_line

MOST_REASON = 1_000
MOST_NOTE = 4_000


class ReferralState(StrEnum):
    """Overdue is none of them: it follows from the clock, see :func:`is_late`."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    ANSWERED = "answered"
    RETURNED = "returned"  # the committee wants a better answer; the one it has stays readable
    CLOSED = "closed"


S = ReferralState
MOVES: dict[ReferralState, set[ReferralState]] = {
    S.RECEIVED: {S.ACCEPTED, S.ANSWERED, S.CLOSED},
    S.ACCEPTED: {S.RECEIVED, S.ANSWERED, S.CLOSED},
    S.ANSWERED: {S.RECEIVED, S.RETURNED, S.CLOSED},
    S.RETURNED: {S.ANSWERED, S.CLOSED},
    S.CLOSED: set(),
}
STATE_NAMES = {
    S.RECEIVED: _("Received"),
    S.ACCEPTED: _("Accepted"),
    S.ANSWERED: _("Answered"),
    S.RETURNED: _("Sent back"),
    S.CLOSED: _("Closed"),
}
#: an answer is due
OWED = frozenset({S.RECEIVED, S.ACCEPTED, S.RETURNED})
#: nothing has been answered yet, so another department can still take it
UNANSWERED = frozenset({S.RECEIVED, S.ACCEPTED})


class ClosedWhy(StrEnum):
    """Why nothing is owed any more."""

    UNDONE = "undone"  # what had caused it fell away before anything answered it
    SETTLED = "settled"  # the committee is content with the answer
    DROPPED = "dropped"  # the committee decided that no answer is needed


CLOSED_NAMES = {
    ClosedWhy.UNDONE: _("What caused it fell away before an answer was given"),
    ClosedWhy.SETTLED: _("The committee is content with the answer"),
    ClosedWhy.DROPPED: _("The committee decided that no answer is needed"),
}


class Move(StrEnum):
    """How a referral came to a department."""

    REFERRED = "referred"
    NOT_OURS = "not-ours"  # its department handed it on
    RULED = "ruled"  # the committee decided whose it is
    PASSED_ON = "passed-on"  # its department was dissolved, or another one leads


class InACircle(Conflict):
    code = "in-a-circle"
    title = _("{department} has had this matter already")
    message = _(
        "It cannot go round in a circle. Choose another department, or ask the committee to decide whose it is."
    )
    way_on = ("/desk/referrals/{referral}", _("Back to the matter"))


class Ruled(Conflict):
    code = "ruled"
    title = _("The committee has decided that this is yours")
    message = _("It can no longer be handed on from here. Ask the committee if something has changed.")
    way_on = ("/desk/referrals/{referral}", _("Back to the matter"))


class WrongState(Conflict):
    code = "not-now"
    title = _("This matter has moved on")
    message = _("Somebody changed it in the meantime, so nothing was stored. Look at how it stands now.")
    way_on = ("/desk/referrals/{referral}", _("Look at the matter"))


def is_late(state: str, due_at: datetime | None, now: datetime) -> bool:
    """Owed, and its day has passed."""
    return state in OWED and due_at is not None and due_at <= now


def check_not_ours(referral_id: int, to: int, to_name: str, had_it: Collection[int], *, ruled: bool) -> None:
    """Whether a department may hand on to ``to``; raises :class:`Ruled` or :class:`InACircle`."""
    if ruled:
        raise Ruled(referral=referral_id)
    if to in had_it:
        raise InACircle(referral=referral_id, department=to_name)


def read_public_reason(text: str) -> str:
    """A reason that everyone can read; ``BadField`` says what is wrong."""
    text = tidy(text)
    if is_blank(text):
        raise BadField(_("Give the reason. Everyone can read it."))
    if length(text) > MOST_REASON:
        raise BadField(_("Keep the reason to 1,000 characters."))
    return text


def read_note(text: str) -> str:
    """A note among colleagues; ``BadField`` says what is wrong."""
    text = tidy(text)
    if is_blank(text):
        raise BadField(_("Write the note first."))
    if length(text) > MOST_NOTE:
        raise BadField(_("Keep the note to 4,000 characters."))
    return text


def read_title(text: str, most: int = 80) -> str:
    """A short name on one line; ``BadField`` says what is wrong."""
    text = tidy_line(text)
    if is_blank(text):
        raise BadField(_("Give it a name."))
    if length(text) > most:
        raise BadField(_("Keep the name to 80 characters."))
    return text
