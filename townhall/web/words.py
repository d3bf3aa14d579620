"""What the script says, and what a page says after a form."""

from __future__ import annotations

from app.core.i18n import _

DONE = {
    "question.ask": _("Your question was sent."),
    "question.withdraw": _("Your question was taken back."),
    "upvote.set": _("Your vote is counted."),
    "poll.answer": _("Your answer is counted. You can change it until the poll closes."),
    "react": _("Sent."),
    "hand.set": _("Done."),
    "review.ask": _("Another moderator will look at it."),
    "question.publish": _("Published."),
    "question.reject": _("Rejected. Who asked is told why."),
    "question.hide": _("Hidden."),
    "question.merge": _("Joined. Both askers are told."),
    "question.unmerge": _("It stands alone again."),
    "question.shortlist": _("The shortlist was changed."),
    "question.enter": _("The question was entered."),
    "question.archive": _("Put away."),
    "question.stage": _("The stage was changed."),
    "question.answered": _("Marked as answered."),
    "question.answer": _("The answer was published."),
    "poll.open": _("The poll is open."),
    "poll.close": _("The poll is closed."),
    "poll.reveal": _("Everyone sees the results."),
    "announce": _("Everyone was told."),
    "agenda.move": _("The agenda moved on."),
    "slow.set": _("The pace was set."),
    "ban.set": _("Done. It can be undone."),
    "commitment.add": _("The promise was recorded."),
    "caption.write": _("The line was added."),
    "hall.start": _("The hall is live."),
    "hall.end": _("The hall has ended."),
    "hosting.take": _("You have the controls."),
}

_SCRIPT = {
    "live": _("Live"),
    "loaded": _("as of when this page was loaded"),
    "catching up": _("Catching up"),
    "offline, retrying": _("Offline, trying again"),
    "every 10 seconds": _("Live, updated every 10 seconds"),
    "ended": _("The hall has ended"),
    "stopped": _("Updates have stopped: load the page again"),
    "banned": _("You were excluded from this hall"),
    "reload": _("This page is too old: load it again"),
    "tabs": _("This hall is open in too many tabs"),
    "signed out": _("You are signed out. What you typed is still here."),
    "poll opened": _("A poll was opened."),
    "waiting questions": _("Waiting for a moderator: {n} more."),
    "minutes left": _("{n} min left"),
    "minutes over": _("{n} min over"),
    "refused": _("This was not accepted. Load the page again."),
    "on stage now": _("Being answered now: {text}"),
    "new questions": _("New questions: {n}."),
    "points": _("{points} points, place {place}"),
    "done": _("Done."),
}


def words_for_script() -> dict[str, str]:
    """By what the script calls them, in the reader's language."""
    return {code: str(text) for code, text in _SCRIPT.items()} | {f"done {op}": str(text) for op, text in DONE.items()}
