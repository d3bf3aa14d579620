"""Polls while the hall is live: opened, closed, revealed. Answers go through the intake (:mod:`.voting`).

Nothing is worked out before the reveal, so nothing can leak; then from the answers of everyone who is not banned.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.i18n import _
from app.moderation import words
from townhall.model import Participant, Poll, PollAnswer
from townhall.rules.commands import NoSuchThing, Stale
from townhall.rules.operations import OnePoll
from townhall.rules.polls import POLL_MOVES, PollKind, PollState
from townhall.rules.tally import Results, holds_any, tally
from townhall.service.commanding import Work


class PollElsewhere(Conflict):
    """``state``: where it stands, as the protocol names it."""

    code = "poll-elsewhere"
    title = _("This poll does not stand where you think")
    message = _("Nothing was changed: it is {state} at the moment.")


def open_poll(work: Work, d: OnePoll) -> Mapping[str, Any]:
    """``poll.open``: also again, as long as its results are not shown."""
    poll = _moved(work, d, PollState.OPEN)
    poll.opened_at, poll.closed_at = poll.opened_at or work.now, None
    work.happened("poll.opened", poll.id)
    return _said(poll)


def close(work: Work, d: OnePoll) -> Mapping[str, Any]:
    """``poll.close``."""
    poll = _moved(work, d, PollState.CLOSED)
    poll.closed_at = work.now
    work.happened("poll.closed", poll.id)
    return _said(poll)


def reveal(work: Work, d: OnePoll) -> Mapping[str, Any]:
    """``poll.reveal``: its results are everyone's from now on."""
    poll = _moved(work, d, PollState.REVEALED)
    poll.revealed_at = work.now
    poll.results = results_of(work.db, poll)
    work.happened("poll.revealed", poll.id)
    return _said(poll)


def close_all(work: Work) -> None:
    """The hall ends: what is open closes."""
    here = (Poll.hall_id == work.hall.id, Poll.state == PollState.OPEN, Poll.removed_at.is_(None))
    for poll in work.db.scalars(select(Poll).where(*here).order_by(Poll.id).with_for_update(key_share=True)).all():
        poll.state, poll.closed_at = PollState.CLOSED, work.now
        poll.rev += 1
        work.happened("poll.closed", poll.id)


def results_of(db: Session, poll: Poll) -> Results:
    """From the rows as they are now."""
    answers = db.scalars(
        select(PollAnswer.answer)
        .join(Participant, Participant.id == PollAnswer.participant_id)
        .where(PollAnswer.poll_id == poll.id, Participant.banned_at.is_(None))
        .order_by(PollAnswer.participant_id)
    ).all()
    if poll.kind != PollKind.CLOUD:
        return tally(poll, answers)
    # a sign between them keeps a phrase from being found where two people's words meet
    listed = words.found_in(db, " 0x0 ".join(sorted({word for answer in answers for word in answer["words"]})))
    return tally(poll, answers, lambda word: holds_any(word, listed))


def recount(db: Session, ids: Collection[int]) -> list[Poll]:
    """Somebody's answers stopped or began to count: figures, and results that are shown, follow; by number."""
    polls = list(db.scalars(select(Poll).where(Poll.id.in_(ids)).order_by(Poll.id).with_for_update(key_share=True)))
    counts = _counts(db, [poll.id for poll in polls])
    for poll in polls:
        poll.answers = counts.get(poll.id, 0)
        if poll.state == PollState.REVEALED:
            poll.results = results_of(db, poll)
    db.flush()
    return polls


def _counts(db: Session, ids: Collection[int]) -> dict[int, int]:
    rows = (
        select(PollAnswer.poll_id, func.count())
        .join(Participant, Participant.id == PollAnswer.participant_id)
        .where(PollAnswer.poll_id.in_(ids), Participant.banned_at.is_(None))
        .group_by(PollAnswer.poll_id)
    )
    return {poll: count for poll, count in db.execute(rows)}


def _moved(work: Work, d: OnePoll, to: PollState) -> Poll:
    """The poll, locked and in its new state; a draft that was edited since is :class:`Stale`."""
    poll = work.db.get(Poll, d.poll, with_for_update={"key_share": True}, populate_existing=True)
    if poll is None or poll.hall_id != work.hall.id or poll.removed_at is not None:
        raise NoSuchThing
    if d.rev is not None and d.rev != poll.rev:
        raise Stale
    if to not in POLL_MOVES[PollState(poll.state)]:
        raise PollElsewhere(state=poll.state)
    poll.state = to
    poll.rev += 1
    return poll


def _said(poll: Poll) -> Mapping[str, Any]:
    return {"poll": poll.id, "state": poll.state, "rev": poll.rev}
