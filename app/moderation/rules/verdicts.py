"""Why a case is on the desk, and what may be decided on it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from app.core.i18n import _
from app.moderation.rules.standards import Verdict


class Origin(StrEnum):
    NEW = "new"
    EDIT = "edit"
    RESUBMISSION = "resubmission"
    SIGNAL = "signal"
    REPORT = "report"
    APPEAL = "appeal"
    ILLEGAL = "illegal"
    TAKE_DOWN = "take-down"  # nobody waited: a moderator saw it
    RESTORE = "restore"


#: a text waits
OF_TEXTS = frozenset({Origin.NEW, Origin.EDIT, Origin.RESUBMISSION, Origin.SIGNAL})
#: readers say that it breaks a rule
OF_REPORTS = frozenset({Origin.REPORT})
#: decided and done in one act
AT_ONCE = frozenset({Origin.TAKE_DOWN, Origin.RESTORE})
#: need a rule that the text breaks
REFUSALS = frozenset({Verdict.RETURN, Verdict.REJECT, Verdict.HIDE})
#: against which its author may appeal
APPEALABLE = REFUSALS

LEASE = timedelta(minutes=5)
UNDO_FOR = timedelta(minutes=10)

ORIGIN_NAMES = {
    Origin.NEW: _("New"),
    Origin.EDIT: _("Changed"),
    Origin.RESUBMISSION: _("Sent in again"),
    Origin.SIGNAL: _("Held by a check"),
    Origin.REPORT: _("Reported"),
    Origin.APPEAL: _("Appeal"),
    Origin.ILLEGAL: _("Said to be illegal"),
    Origin.TAKE_DOWN: _("Taken down"),
    Origin.RESTORE: _("Restored"),
}
VERDICT_NAMES = {
    Verdict.PUBLISH: _("Published"),
    Verdict.RETURN: _("Returned to its author"),
    Verdict.REJECT: _("Rejected"),
    Verdict.HIDE: _("Hidden"),
    Verdict.RESTORE: _("Restored to the queue"),
    Verdict.DISMISS: _("Let stand"),
    Verdict.UPHOLD: _("Appeal turned down"),
    Verdict.OVERTURN: _("Appeal granted"),
    Verdict.REMOVE: _("Removed as illegal"),
}


def allowed(origin: str, *, can_return: bool) -> frozenset[Verdict]:
    """What may be decided on a case of this origin; nothing where it has a track of its own."""
    match Origin(origin):
        case Origin.REPORT:
            return frozenset({Verdict.DISMISS, Verdict.REJECT, Verdict.HIDE})
        case Origin.APPEAL:
            return frozenset({Verdict.UPHOLD, Verdict.OVERTURN})
        case one if one in OF_TEXTS:
            of_texts = frozenset({Verdict.PUBLISH, Verdict.REJECT, Verdict.HIDE})
            return of_texts | {Verdict.RETURN} if can_return else of_texts
        case _other:
            return frozenset()
