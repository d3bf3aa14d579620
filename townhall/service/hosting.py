"""Running a hall: it starts and ends, its agenda moves, something is announced, slow mode, and who has the controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from app.audit import service as audit
from app.core.errors import FieldError, Invalid
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.text.graphemes import grapheme_count
from app.core.text.plain import is_blank, tidy
from townhall.events import HallEnded, HallStarted
from townhall.model import AgendaItem, Hand, Notice
from townhall.rules.commands import NoSuchThing
from townhall.rules.lifecycle import HallState
from townhall.rules.operations import Announce, MoveAgenda, Nothing, SetSlow
from townhall.service import locking, moving, polling
from townhall.service.commanding import Work

#: the key of the pages that list halls
LISTS = "townhalls"


def start(work: Work, d: Nothing) -> Mapping[str, Any]:
    """``hall.start``: whoever starts it has the controls. Also before its hour, and after."""
    locking.move(work.hall, HallState.LIVE)
    work.hall.started_at = work.now
    work.hall.host_id, work.hall.host_seen_at = work.account_id, work.now
    work.happened("hall.started")
    announce(work.db, HallStarted(work.hall.id, work.now))
    _record(work, "townhalls.start")
    return {"state": work.hall.state}


def end(work: Work, d: Nothing) -> Mapping[str, Any]:
    """``hall.end``: polls close, the stage and the agenda come to their end; from now on it is its archive."""
    moving.clear_stage(work.db, work.hall, work.now, by=work.account_id)
    _end_item(work)
    polling.close_all(work)
    raised = update(Hand).where(Hand.hall_id == work.hall.id, Hand.lowered_at.is_(None))
    work.db.execute(raised.values(lowered_at=work.now))
    locking.move(work.hall, HallState.ENDED)
    work.hall.ended_at = work.now
    work.happened("hall.ended")
    work.db.flush()
    announce(work.db, HallEnded(work.hall.id, work.now))
    _record(work, "townhalls.end")
    return {"state": work.hall.state}


def take(work: Work, d: Nothing) -> Mapping[str, Any]:
    """``hosting.take``: the controls are the sender's; they can be taken back."""
    if work.hall.host_id != work.account_id:
        work.hall.host_id = work.account_id
        work.happened("hosting.taken")
        _record(work, "townhalls.take")
    work.hall.host_seen_at = work.now
    return {"host": work.account_id}


def move_agenda(work: Work, d: MoveAgenda) -> Mapping[str, Any]:
    """``agenda.move``: to an item, also back to an earlier one; none: between items."""
    if d.item == work.hall.item_id:
        return {"item": d.item}
    if d.item is not None:
        item = work.db.get(AgendaItem, d.item)
        if item is None or item.hall_id != work.hall.id:
            raise NoSuchThing
        _end_item(work)
        item.began_at, item.ended_at = item.began_at or work.now, None
        work.hall.item_id = item.id
    else:
        _end_item(work)
    work.happened("agenda.moved", d.item)
    return {"item": d.item}


def say(work: Work, d: Announce) -> Mapping[str, Any]:
    """``announce``: instead of what was announced before; empty: that goes."""
    text, most = tidy(d.text), work.means.policy.announcement_most
    if (count := grapheme_count(text)) > most:
        too_long = str(_("Keep the announcement to {most} characters: it has {count}."))
        raise Invalid([FieldError("text", too_long.format(most=most, count=count))])
    shown = (Notice.hall_id == work.hall.id, Notice.removed_at.is_(None))
    for old in work.db.scalars(select(Notice).where(*shown)).all():
        old.removed_at = work.now
    new = None
    if not is_blank(text):
        new = Notice(hall_id=work.hall.id, text=text, at=work.now, by_id=work.account_id)
        work.db.add(new)
        work.db.flush()
    work.happened("announced", new.id if new else None)
    return {"notice": new.id if new else None}


def set_slow(work: Work, d: SetSlow) -> Mapping[str, Any]:
    """``slow.set``: seconds between two questions of one person."""
    if work.hall.slow_seconds != d.seconds:
        work.hall.slow_seconds = d.seconds
        work.happened("slow.set", seconds=d.seconds)
    return {"seconds": d.seconds}


def _end_item(work: Work) -> None:
    item = work.db.get(AgendaItem, work.hall.item_id) if work.hall.item_id is not None else None
    if item is not None:
        item.ended_at = work.now
    work.hall.item_id = None


def _record(work: Work, act: str) -> None:
    """On record, and on the pages that list halls."""
    work.db.flush()
    audit.record(work.db, act, locking.subject_of(work.hall.id), by=work.account_id, now=work.now)
    touch(work.db, LISTS)
