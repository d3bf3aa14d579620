"""How comments stand: all that their entries on a page depend on, without their words.

Of fifty comments on a page nearly all were shown to somebody before. Their words are looked up only
where one stands otherwise than it was last shown; so these are read on every page, and made ready once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from itertools import islice, repeat
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, String, select, tuple_, type_coerce
from sqlalchemy.orm import Session

from app.comments.queries.threads import C
from app.core import ready
from app.core.db import Instant


class Standing(NamedTuple):
    """A comment that is or was public. Its instants are as the driver has them: good to be compared only."""

    id: int
    parent_id: int | None
    root_id: int | None
    branch_id: int | None
    parent_revision: int | None
    depth: int
    author_id: int | None
    state: str
    stance: str | None
    shown_revision: int
    ups: int
    downs: int
    replies: int
    replies_numbered: int
    edited_at: Hashable
    settled_at: Hashable
    reason_code: str | None
    about_version: int | None


_INSTANTS = frozenset({"edited_at", "settled_at"})
_COLUMNS = [type_coerce(C[name], String) if name in _INSTANTS else C[name] for name in Standing._fields]


def newest_first(
    db: Session, thread_id: int, as_of: datetime, last: tuple[datetime, int] | None, most: int
) -> list[Standing]:
    """Those at the top of a thread; behind the one that became public at ``last``."""
    return _dated(db, thread_id, as_of, last, most, is_newest_first=True)


def oldest_first(
    db: Session, thread_id: int, as_of: datetime, last: tuple[datetime, int] | None, most: int
) -> list[Standing]:
    return _dated(db, thread_id, as_of, last, most, is_newest_first=False)


def numbered(db: Session, ids: Sequence[int], most: int) -> list[Standing]:
    """These, at most ``most`` of them, in the order given; what is public no more falls out."""

    def build() -> Select[*tuple[Any, ...]]:
        return select(*_COLUMNS).where(C.id.in_(_places(most)), C.published_at.is_not(None))

    found = {one.id: one for one in _found(db, ("comments numbered", most), build, _filled(ids, most))} if ids else {}
    return [found[one] for one in ids if one in found]


def first_replies(db: Session, tops: Sequence[int], each: int, as_of: datetime, most: int) -> list[Standing]:
    """Of at most ``most`` comments at the top the first replies, each above what answers it."""

    def build() -> Select[*tuple[Any, ...]]:
        return select(*_COLUMNS).where(
            C.root_id.in_(_places(most)),
            C.reply_number <= ready.given("each", BigInteger()),
            C.published_at <= ready.given("as_of", Instant()),
        )

    if not tops:
        return []
    values = {**_filled(tops, most), "each": each, "as_of": as_of}
    return sorted(_found(db, ("comments first replies", most), build, values), key=_above)


def public_since(db: Session, thread_id: int, comment_id: int) -> datetime | None:
    """When a comment of this thread was first public."""

    def build() -> Select[*tuple[Any, ...]]:
        here = (C.id == ready.given("id", BigInteger()), C.thread_id == ready.given("thread", BigInteger()))
        return select(C.published_at).where(*here)

    since: datetime | None = ready.one(db, "comment public since", build, {"id": comment_id, "thread": thread_id})
    return since


def _dated(
    db: Session, thread_id: int, as_of: datetime, last: tuple[datetime, int] | None, most: int, *, is_newest_first: bool
) -> list[Standing]:
    def build() -> Select[*tuple[Any, ...]]:
        here = tuple_(C.published_at, C.id)
        wanted = select(*_COLUMNS).where(
            C.thread_id == ready.given("thread", BigInteger()),
            C.parent_id.is_(None),
            C.published_at.is_not(None),
            C.published_at <= ready.given("as_of", Instant()),
        )
        if last is not None:
            there = tuple_(ready.given("last", Instant()), ready.given("id", BigInteger()))
            wanted = wanted.where(here < there if is_newest_first else here > there)
        order = (C.published_at.desc(), C.id.desc()) if is_newest_first else (C.published_at, C.id)
        return wanted.order_by(*order).limit(most)

    values = {"thread": thread_id, "as_of": as_of}
    if last is not None:
        values |= {"last": last[0], "id": last[1]}
    return _found(db, ("comments dated", is_newest_first, last is not None, most), build, values)


def _found(
    db: Session, key: Hashable, build: Callable[[], Select[*tuple[Any, ...]]], values: Mapping[str, Any]
) -> list[Standing]:
    return [Standing._make(row) for row in ready.rows(db, key, build, values)]


def _places(most: int) -> list[Any]:
    return [ready.given(f"id{n}", BigInteger()) for n in range(most)]


def _filled(ids: Sequence[int], most: int) -> dict[str, int]:
    """As many places as the statement has: the last number stands in those that are left."""
    padded = islice([*ids, *repeat(ids[-1], most - len(ids))], most)
    return {f"id{n}": one for n, one in enumerate(padded)}


def _above(one: Standing) -> tuple[int, int]:
    return one.branch_id or 0, one.id
