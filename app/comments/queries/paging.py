"""Pages of a discussion that hold still while others write and vote: nobody sees a comment twice or misses one.

A reader's pages are *as of* the instant of the first one: what became public later is on none of
them. By date the next page begins behind the last comment shown. The orders that votes and replies
change are written down for a while: all pages of one reader come from the same list.
"""

from __future__ import annotations

import threading
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, select, tuple_
from sqlalchemy.orm import Session

from app.comments.queries import standing
from app.comments.queries.standing import BEGINNING, Standing
from app.comments.queries.threads import C, entries
from app.core.text.figures import is_whole

SORTS = ("newest", "oldest", "best", "discussed")
#: comments on a page, replies among them, and replies shown with the comment that they answer
A_PAGE, FIRST_REPLIES = 50, 3
_MOST_ROOTS = 20_000
_MICROSECOND = timedelta(microseconds=1)


class Place(NamedTuple):
    """Where a page begins: behind comment ``id``, on the pages as of ``as_of``."""

    as_of: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.as_of - BEGINNING) // _MICROSECOND}-{self.id}"


def read_place(text: str, now: datetime) -> Place | None:
    """From an address; None for the first page, and for anything odd."""
    when, _dash, behind = text.partition("-")
    if not all(is_whole(part) for part in (when, behind)):
        return None
    try:
        as_of = BEGINNING + int(when) * _MICROSECOND
    except OverflowError:
        return None
    return Place(as_of, int(behind)) if as_of <= now else None


@dataclass(frozen=True)
class ThreadPage:
    """``rows``: how the comments stand, in their order on the page. ``next``: where the page behind begins."""

    rows: Sequence[Standing] | Sequence[Row[Any]]
    next: Place | None


class Orders:
    """Lists of a thread's comments by votes or replies, as they were at an instant. Safe between threads."""

    FRESH_FOR = timedelta(seconds=10)
    MOST_LISTS = 200

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, str, datetime], array[int]] = OrderedDict()
        self._newest: dict[tuple[int, str], datetime] = {}
        self._lock = threading.Lock()

    def list(
        self, db: Session, thread_id: int, sort: str, as_of: datetime | None, now: datetime
    ) -> tuple[datetime, array[int]]:
        """The list that pages as of this instant are cut from; a first page may be of one made seconds ago."""
        with self._lock:
            if as_of is None:
                newest = self._newest.get((thread_id, sort))
                as_of = newest if newest is not None and BEGINNING <= now - self.FRESH_FOR < newest <= now else now
            found = self._kept.get((thread_id, sort, as_of))
        if found is None:
            found = _ordered(db, thread_id, sort, as_of)
            self._keep((thread_id, sort, as_of), found)
        return as_of, found

    def _keep(self, key: tuple[int, str, datetime], ids: array[int]) -> None:
        with self._lock:
            self._kept[key] = ids
            newest = self._newest.get(key[:2])
            self._newest[key[:2]] = max(newest, key[2]) if newest else key[2]
            while len(self._kept) > self.MOST_LISTS:
                oldest, _ids = self._kept.popitem(last=False)
                if self._newest.get(oldest[:2]) == oldest[2]:
                    del self._newest[oldest[:2]]


def _ordered(db: Session, thread_id: int, sort: str, as_of: datetime) -> array[int]:
    by = C.best if sort == "best" else C.replies
    wanted = select(C.id).where(*_tops(thread_id, as_of)).order_by(by.desc(), C.id.desc()).limit(_MOST_ROOTS)
    return array("q", db.scalars(wanted))


def thread_page(
    db: Session, orders: Orders, thread_id: int, sort: str, place: Place | None, now: datetime
) -> ThreadPage:
    """One page in this order, behind ``place``; at most :data:`A_PAGE` comments, without their words."""
    if sort in ("best", "discussed"):
        as_of, ids = orders.list(db, thread_id, sort, place.as_of if place else None, now)
        start = _behind(ids, place)
        tops = standing.numbered(db, ids[start : start + A_PAGE + 1])
    else:
        as_of = place.as_of if place else now
        tops = _by_date(db, thread_id, sort, place, as_of)
    shown, more = _fitting(tops)
    return ThreadPage(_with_replies(db, shown, as_of), Place(as_of, shown[-1].id) if more else None)


def _behind(ids: array[int], place: Place | None) -> int:
    """Where the list goes on; at its beginning where the place is not on it."""
    try:
        return ids.index(place.id) + 1 if place else 0
    except ValueError:
        return 0


def _tops(thread_id: int, as_of: datetime) -> tuple[Any, ...]:
    return (C.thread_id == thread_id, C.parent_id.is_(None), C.published_at.is_not(None), C.published_at <= as_of)


def _by_date(db: Session, thread_id: int, sort: str, place: Place | None, as_of: datetime) -> list[Standing]:
    last = (standing.public_since(db, thread_id, place.id) or BEGINNING, place.id) if place else None
    dated = standing.newest_first if sort == "newest" else standing.oldest_first
    return dated(db, thread_id, as_of, last, A_PAGE + 1)


def _fitting(tops: Sequence[Standing]) -> tuple[Sequence[Standing], bool]:
    """As many as fill a page with their first replies, and whether there are more."""
    room = A_PAGE
    for at, top in enumerate(tops):
        room -= 1 + min(top.replies_numbered, FIRST_REPLIES)
        if room < 0:
            return tops[:at], True
    return tops, False


def _with_replies(db: Session, tops: Sequence[Standing], as_of: datetime) -> Sequence[Standing]:
    """The comments at the top in their order, each followed by its first replies in theirs."""
    families = {top.id: [top] for top in tops}
    answered = [top.id for top in tops if top.replies_numbered]
    for reply in standing.first_replies(db, answered, FIRST_REPLIES, as_of):
        families[reply.root_id or 0].append(reply)
    return [one for family in families.values() for one in family]


def reply_page(db: Session, entry: Row[Any], place: Place | None, now: datetime) -> ThreadPage:
    """The replies beneath one comment, each above what answers it, oldest first."""
    as_of = place.as_of if place else now
    beneath = (
        (C.root_id == entry.id,)
        if entry.depth == 1
        else (C.root_id == entry.root_id, C.branch_id == entry.id, C.id != entry.id)
    )
    wanted = entries().where(*beneath, C.published_at <= as_of)
    if place is not None:
        branch = db.scalar(select(C.branch_id).where(C.id == place.id)) or 0
        wanted = wanted.where(tuple_(C.branch_id, C.id) > (branch, place.id))
    rows = db.execute(wanted.order_by(C.branch_id, C.id).limit(A_PAGE + 1)).all()
    more = len(rows) > A_PAGE
    shown = rows[:A_PAGE]
    return ThreadPage(shown, Place(as_of, shown[-1].id) if more else None)
