"""What the desk refuses, in words that a moderator, an author or a reader understands."""

from __future__ import annotations

from app.core.errors import Conflict, Forbidden
from app.core.i18n import _

_QUEUE = ("/moderation", _("Back to the queue"))


class AlreadyDecided(Conflict):
    """``by`` and ``what``: whose decision stands, and which."""

    code = "already-decided"
    title = _("Somebody has decided this already")
    message = _("Your decision was not stored. {by} decided: {what}.")
    way_on = ("/moderation/{case}", _("Look at that decision"))


class CaseClosed(Conflict):
    code = "case-closed"
    title = _("There is nothing left to decide")
    message = _("The text was withdrawn or taken away while you were reading. Nothing was stored.")
    way_on = _QUEUE


class OutdatedRevision(Conflict):
    code = "outdated-revision"
    title = _("The text changed while you were reading")
    message = _("Your decision was not stored. Read the new text and decide again.")
    way_on = ("/moderation/{case}", _("Read the new text"))


class HeldByAnother(Conflict):
    """``by``: who has it open."""

    code = "held-by-another"
    title = _("Somebody else is deciding this")
    message = _(
        "{by} has it open at the moment. Nothing was stored. It is free again five minutes after they leave it."
    )
    way_on = _QUEUE


class OwnText(Forbidden):
    code = "own-text"
    title = _("This text is your own")
    message = _("Nobody judges their own text. It stays in the queue for somebody else; nothing was stored.")
    way_on = _QUEUE


class SteppedBack(Forbidden):
    code = "stepped-back"
    title = _("You stepped back from this")
    message = _("You said that this is not for you to decide, so somebody else does. Nothing was stored.")
    way_on = _QUEUE


class OwnDecision(Forbidden):
    """An appeal against one's own decision; ``others`` says whether somebody else is on duty."""

    code = "own-decision"
    title = _("This appeal is against your own decision")
    message = _("Somebody else has to hear it. {others} Nothing was stored.")
    way_on = _QUEUE


class WrongVerdict(Conflict):
    code = "wrong-verdict"
    title = _("That cannot be decided here")
    message = _("This case asks for another kind of decision. Nothing was stored.")
    way_on = ("/moderation/{case}", _("Back to the case"))


class NotPublic(Conflict):
    code = "not-public"
    title = _("There is nothing to take down")
    message = _("It is not published at the moment: somebody may have taken it down already. Nothing was changed.")
    way_on = _QUEUE


class NotRefused(Conflict):
    code = "not-refused"
    title = _("There is nothing to restore")
    message = _("It is neither rejected nor hidden: somebody may have restored it already. Nothing was changed.")
    way_on = _QUEUE


class NotReportable(Conflict):
    code = "not-reportable"
    title = _("This cannot be reported")
    message = _("It is not public at the moment, so there is nothing that others could read. Nothing was stored.")
    way_on = ("/standards", _("Read the standards"))


class CannotAppeal(Conflict):
    code = "cannot-appeal"
    title = _("There is nothing to appeal against")
    message = _("This decision no longer stands, it took nothing away, or its text was taken back. Nothing was stored.")
    way_on = ("/standards", _("Read the standards"))


class TooLateToAppeal(Conflict):
    code = "too-late-to-appeal"
    title = _("It is too late to appeal")
    message = _("An appeal is possible for {days} days after the decision. Nothing was stored.")
    way_on = ("/standards", _("Read the standards"))


class AppealedAlready(Conflict):
    code = "appealed-already"
    title = _("You have appealed already")
    message = _("An appeal is heard once. We write to you as soon as somebody has decided it. Nothing was stored.")
    way_on = ("/standards", _("Read the standards"))


class UndoTooLate(Conflict):
    code = "undo-too-late"
    title = _("This can no longer be undone")
    message = _("A bulk decision can be undone for ten minutes; after that its letters have left. Nothing was changed.")
    way_on = _QUEUE


class NothingToUndo(Conflict):
    """Reports were set aside, and then the text went away."""

    code = "nothing-to-undo"
    title = _("This can no longer be undone")
    message = _("It was withdrawn or removed meanwhile, so there is nothing left to look at. Nothing was changed.")
    way_on = _QUEUE


class AuthorLeft(Conflict):
    """With the account went every trace of which line of the public log is about this text."""

    code = "author-left"
    title = _("Its author has left")
    message = _("Their account was erased since, so this decision stands. Nothing was changed.")
    way_on = _QUEUE


class UndoneMeanwhile(Conflict):
    code = "undone-meanwhile"
    title = _("You have undone this already")
    message = _("You undid the bulk decision before it came to this text. Nothing was changed.")
    way_on = _QUEUE


class NotYourBatch(Forbidden):
    code = "not-your-batch"
    title = _("Somebody else decided these")
    message = _("A bulk decision is undone by whoever made it. Nothing was changed.")
    way_on = _QUEUE


class SecondPersonNeeded(Forbidden):
    code = "second-person-needed"
    title = _("A second person has to confirm this")
    message = _("You proposed this removal, so somebody else has to look at it and confirm. Nothing was changed.")
    way_on = ("/moderation/illegal", _("Back to the list"))
