"""Who may answer whom, and what a discussion refuses, in words that say why."""

from __future__ import annotations

from typing import NamedTuple

from app.comments.rules.lifecycle import ANSWERABLE, CommentState
from app.core.errors import Conflict, Forbidden, Gone, NotFound, Refusal, TooMany
from app.core.i18n import _

MOST_DEPTH = 3


class DiscussionUnknown(NotFound):
    code = "discussion-unknown"
    title = _("There is no discussion here")
    message = _("Not everything on this site has one. If you typed the address, check it is correct.")


class CommentUnknown(NotFound):
    code = "comment-unknown"
    title = _("There is no such comment")
    message = _("Nothing was stored. If you typed the address, check it is correct.")


class DiscussionClosed(Conflict):
    code = "discussion-closed"
    title = _("This discussion is closed")
    message = _("Nothing was stored. What was said stays here to read.")
    way_on = ("{href}", _("Back to the discussion"))


class CannotReply(Conflict):
    code = "cannot-reply"
    title = _("This comment cannot be answered any more")
    message = _("It was withdrawn or removed, or it is being checked. Nothing was stored.")
    way_on = ("{href}", _("Back to the discussion"))


class ReplyElsewhere(Conflict):
    code = "reply-elsewhere"
    title = _("That comment belongs to another discussion")
    message = _("A reply stands in the same discussion as what it answers. Nothing was stored.")
    way_on = ("{href}", _("Back to the discussion"))


class TooDeep(Conflict):
    code = "too-deep"
    title = _("Replies end here")
    message = _("A reply to a reply is the last step. Answer the comment above it instead. Nothing was stored.")
    way_on = ("{href}", _("Back to the discussion"))


class SaidAlready(Conflict):
    code = "said-already"
    title = _("You have said this already")
    message = _("The same words of yours stand in this discussion, so nothing was stored a second time.")
    way_on = ("/comments/{comment}", _("Look at your comment"))


class OwnVote(Forbidden):
    code = "own-vote"
    title = _("You cannot vote on your own comment")
    message = _("Others decide how useful it is. Nothing was changed.")
    way_on = ("/comments/{comment}", _("Back to the comment"))


class CannotVote(Conflict):
    code = "cannot-vote"
    title = _("Nobody can vote on this comment")
    message = _("It is not public at the moment. Nothing was changed.")
    way_on = ("{href}", _("Back to the discussion"))


class NotYours(Forbidden):
    code = "not-yours"
    title = _("This is not your comment")
    message = _("Only whoever wrote it can change it. Nothing was changed.")
    way_on = ("/comments/{comment}", _("Back to the comment"))


class CannotChange(Conflict):
    code = "cannot-change"
    title = _("This comment cannot be changed any more")
    message = _("It was withdrawn or removed, or it is being checked again. Nothing was stored.")
    way_on = ("/account/comments", _("Your comments"))


class ChangedMeanwhile(Conflict):
    code = "changed-meanwhile"
    title = _("You have changed this comment elsewhere")
    message = _("Another tab or device of yours stored a newer text. Nothing was stored here; copy your words first.")
    way_on = ("/comments/{comment}/edit", _("Start from the newer text"))


class CommentGone(Gone):
    code = "comment-gone"
    title = _("This comment is not public")
    message = _("It was withdrawn or removed, or it has not been checked yet.")


class SignInFirst(Refusal):
    """A program speaks for nobody."""

    status = 401
    code = "sign-in-first"
    title = _("Sign in first")
    message = _("Comments and votes need an account. Nothing was stored.")
    way_on = ("/sign-in", _("Sign in"))


class TooFast(TooMany):
    """``retry_after`` is said in seconds: whoever writes often wants to know exactly."""

    code = "too-fast"
    title = _("You are writing very fast")
    message = _("Nothing was stored. Others want to be heard too: send this again in {seconds}.")

    def __init__(self, *, retry_after: int) -> None:
        seconds = max(1, retry_after)
        super().__init__(retry_after=seconds, seconds=_said(seconds))


class Answered(NamedTuple):
    """The comment that a reply answers, as far as the rules look at it."""

    thread_id: int
    depth: int
    state: str


def refusal_to_reply(parent: Answered | None, thread_id: int, href: str) -> Refusal | None:
    """Why this comment cannot be answered in this thread."""
    if parent is None:
        return CommentUnknown()
    if parent.thread_id != thread_id:
        return ReplyElsewhere(href=href)
    if CommentState(parent.state) not in ANSWERABLE:
        return CannotReply(href=href)
    return TooDeep(href=href) if parent.depth >= MOST_DEPTH else None


def _said(seconds: int) -> str:
    if seconds < 90:
        return str(_("1 second")) if seconds == 1 else _("{n} seconds").format(n=seconds)
    return _("{n} minutes").format(n=-(-seconds // 60))
