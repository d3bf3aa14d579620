"""Polls that are prepared: created, edited, put in another order, removed, until they are first opened.

Who may, their pages ask; each call is one act in its transaction and tells the staff who follow the hall.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.core.i18n import _
from townhall.model import Poll
from townhall.rules.commands import Stale
from townhall.rules.lifecycle import HallState
from townhall.rules.polls import PollDraft, PollState
from townhall.service import locking, log
from townhall.service.log import Happening

#: of halls in which polls can still be prepared
_OPEN_TO_CHANGE = frozenset({HallState.DRAFT, HallState.SCHEDULED, HallState.LIVE})


class PollInUse(Conflict):
    code = "poll-in-use"
    title = _("This poll has been opened")
    message = _("People have seen it, so it can no longer be changed or removed. Nothing was stored.")


def create(db: Session, hall_id: int, draft: PollDraft, *, by: int, now: datetime) -> Poll:
    """At the end of the list."""
    _changeable(db, hall_id)
    last = db.scalar(select(func.max(Poll.position)).where(Poll.hall_id == hall_id)) or 0
    poll = Poll(hall_id=hall_id, position=last + 1, state=PollState.DRAFT, created_at=now, **_words(draft))
    db.add(poll)
    db.flush()
    _tell(db, poll, by, now)
    return poll


def edit(db: Session, hall_id: int, poll_id: int, draft: PollDraft, *, rev: int, by: int, now: datetime) -> Poll:
    """``rev``: the one that was edited; raises :class:`Stale` where somebody changed it since."""
    poll = _draft(db, hall_id, poll_id)
    if poll.rev != rev:
        raise Stale
    for column, value in _words(draft).items():
        setattr(poll, column, value)
    poll.rev += 1
    _tell(db, poll, by, now)
    return poll


def remove(db: Session, hall_id: int, poll_id: int, *, by: int, now: datetime) -> None:
    """The row stays and says when; nobody is shown it any more."""
    poll = _draft(db, hall_id, poll_id)
    poll.removed_at = now
    _tell(db, poll, by, now)


def reorder(db: Session, hall_id: int, ids: Sequence[int], *, by: int, now: datetime) -> None:
    """All polls of the hall in their new order; raises :class:`Stale` where these are not all of them."""
    _changeable(db, hall_id)
    polls = {poll.id: poll for poll in listed(db, hall_id)}
    if len(ids) != len(polls) or set(ids) != set(polls):
        raise Stale
    for position, one in enumerate(ids, 1):
        polls[one].position = position
    db.flush()
    log.append(db, hall_id, [Happening("poll.changed", None, public=False, by_id=by)], now)


def listed(db: Session, hall_id: int) -> Sequence[Poll]:
    """A hall's polls in their order, drafts too, without the removed ones."""
    here = (Poll.hall_id == hall_id, Poll.removed_at.is_(None))
    return db.scalars(select(Poll).where(*here).order_by(Poll.position, Poll.id)).all()


def _changeable(db: Session, hall_id: int) -> None:
    """The hall held alone; raises :class:`HallMovedOn` once it is over."""
    if HallState(locking.locked(db, hall_id).state) not in _OPEN_TO_CHANGE:
        raise locking.HallMovedOn(hall=hall_id)


def _draft(db: Session, hall_id: int, poll_id: int) -> Poll:
    _changeable(db, hall_id)
    poll = db.get(Poll, poll_id, with_for_update={"key_share": True}, populate_existing=True)
    if poll is None or poll.hall_id != hall_id or poll.removed_at is not None:
        raise NotFound
    if poll.state != PollState.DRAFT:
        raise PollInUse
    return poll


def _words(draft: PollDraft) -> dict[str, object]:
    return {"kind": draft.kind, "question": draft.question, "options": draft.numbered, "most": draft.most}


def _tell(db: Session, poll: Poll, by: int, now: datetime) -> None:
    db.flush()
    log.append(db, poll.hall_id, [Happening("poll.changed", poll.id, public=False, by_id=by)], now)
