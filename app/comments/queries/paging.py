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
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, select, tuple_, union_all
from sqlalchemy.orm import Session

from app.comments.queries.threads import C, entries
from app.core.db import Instant

SORTS = ("newest", "oldest", "best", "discussed")
#: comments on a page, replies among them, and replies shown with the comment that they answer
A_PAGE, FIRST_REPLIES = 50, 3
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_ROOTS = 20_000
_MICROSECOND = timedelta(microseconds=1)


class Place(NamedTuple):
    """Where a page begins: behind comment ``id``, on the pages as of ``as_of``."""

    as_of: datetime
    id: int

    def __str__(self) -> str:
        return f"{(self.as_of - _EPOCH) // _MICROSECOND}-{self.id}"


def read_place(text: str, now: datetime) -> Place | None:
    """From an address; None for the first page, and for anything odd."""
    when, _dash, behind = text.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (when, behind)):
        return None
    try:
        as_of = _EPOCH + int(when) * _MICROSECOND
    except OverflowError:
        return None
    return Place(as_of, int(behind)) if as_of <= now else None


@dataclass(frozen=True)
class ThreadPage:
    """``rows``: each comment at the top, followed by its first replies. ``next``: where the page behind begins."""

    rows: Sequence[Row[Any]]
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
                as_of = newest if newest is not None and _EPOCH <= now - self.FRESH_FOR < newest <= now else now
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
    """One page in this order, behind ``place``; at most :data:`A_PAGE` comments."""
    if sort in ("best", "discussed"):
        as_of, ids = orders.list(db, thread_id, sort, place.as_of if place else None, now)
        start = ids.index(place.id) + 1 if place and place.id in ids else 0
        tops = _numbered(db, list(ids[start : start + A_PAGE + 1]))
    else:
        as_of = place.as_of if place else now
        tops = _by_date(db, thread_id, sort, place, as_of)
    shown, more = _fitting(tops)
    rows = _with_replies(db, shown, as_of)
    return ThreadPage(rows, Place(as_of, shown[-1]) if more else None)


def _tops(thread_id: Any, as_of: Any) -> tuple[Any, ...]:
    return (C.thread_id == thread_id, C.parent_id.is_(None), C.published_at.is_not(None), C.published_at <= as_of)


def _dated(sort: str, *, behind: bool) -> Select[Any]:
    """The numbers of one page at the top by date, from the beginning or from behind another comment."""
    here, newest_first = tuple_(C.published_at, C.id), sort == "newest"
    wanted = select(C.id, C.replies_numbered).where(*_tops(bindparam("thread"), bindparam("as_of", type_=Instant)))
    if behind:
        last = tuple_(bindparam("last", type_=Instant), bindparam("id"))
        wanted = wanted.where(here < last if newest_first else here > last)
    order = (C.published_at.desc(), C.id.desc()) if newest_first else (C.published_at, C.id)
    return wanted.order_by(*order).limit(A_PAGE + 1)


#: put together once: that takes longer than their answers
_DATED = {(sort, behind): _dated(sort, behind=behind) for sort in ("newest", "oldest") for behind in (False, True)}
_NUMBERED = select(C.id, C.replies_numbered).where(
    C.id.in_(bindparam("ids", expanding=True)), C.published_at.is_not(None)
)
_LAST = select(C.published_at).where(C.id == bindparam("id"), C.thread_id == bindparam("thread"))
_WITH_REPLIES = union_all(
    entries().where(C.id.in_(bindparam("tops", expanding=True))),
    entries().where(
        C.root_id.in_(bindparam("tops", expanding=True)),
        C.reply_number <= FIRST_REPLIES,
        C.published_at <= bindparam("as_of", type_=Instant),
    ),
)


def _by_date(db: Session, thread_id: int, sort: str, place: Place | None, as_of: datetime) -> list[tuple[int, int]]:
    connection, given = db.connection(), {"thread": thread_id, "as_of": as_of}
    if place is not None:
        last = connection.scalar(_LAST, {"id": place.id, "thread": thread_id})
        given |= {"last": last or _EPOCH, "id": place.id}
    return [(row[0], row[1]) for row in connection.execute(_DATED[sort, place is not None], given)]


def _numbered(db: Session, ids: list[int]) -> list[tuple[int, int]]:
    """With how many replies each ever had, in the order given; what is public no more falls out."""
    found = {row[0]: row[1] for row in db.connection().execute(_NUMBERED, {"ids": ids})}
    return [(i, found[i]) for i in ids if i in found]


def _fitting(tops: Sequence[tuple[int, int]]) -> tuple[list[int], bool]:
    """As many as fill a page with their first replies, and whether there are more."""
    shown: list[int] = []
    room = A_PAGE
    for top, replies in tops:
        room -= 1 + min(replies, FIRST_REPLIES)
        if room < 0:
            return shown, True
        shown.append(top)
    return shown, False


def _with_replies(db: Session, tops: Sequence[int], as_of: datetime) -> Sequence[Row[Any]]:
    """The comments at the top in their order, each followed by its first replies in theirs."""
    if not tops:
        return ()
    families: dict[int, list[tuple[int, int, Row[Any]]]] = {top: [] for top in tops}
    for row in db.connection().execute(_WITH_REPLIES, {"tops": list(tops), "as_of": as_of}):
        number, root, branch = row.id, row.root_id, row.branch_id
        families[root or number].append((branch or 0, number, row))
    return [row for family in families.values() for _branch, _number, row in sorted(family, key=itemgetter(0, 1))]


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
