"""How comments stand: all that their entries on a page depend on, without their words.

Of fifty comments on a page nearly all were shown to somebody before. Their words are looked up only
where one stands otherwise than it was last shown; so these are read on every page, and made ready once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Row, Select, String, Tuple, select, tuple_, type_coerce
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
    source: str | None
    source_name: str | None
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


BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: behind every comment
MOST_ID = 2**63 - 1
_INSTANTS = frozenset({"edited_at", "settled_at"})
_COLUMNS = [type_coerce(C[name], String) if name in _INSTANTS else C[name] for name in Standing._fields]


def newest_first(
    db: Session, thread_id: int, as_of: datetime, last: tuple[datetime, int] | None, most: int
) -> list[Standing]:
    """Those at the top of a thread; behind the one that became public at ``last``."""

    def build() -> Select[*tuple[Any, ...]]:
        return _tops().where(_here() < _there()).order_by(C.published_at.desc(), C.id.desc()).limit(most)

    # a single bound: of two SQLite takes the wrong one, and reads all that stands above the page
    at, comment = min(last, (as_of, MOST_ID)) if last is not None else (as_of, MOST_ID)
    return _found(db, ("comments newest", most), build, {"thread": thread_id, "at": at, "id": comment})


def oldest_first(
    db: Session, thread_id: int, as_of: datetime, last: tuple[datetime, int] | None, most: int
) -> list[Standing]:
    def build() -> Select[*tuple[Any, ...]]:
        until = C.published_at <= ready.given("as_of", Instant())
        return _tops().where(_here() > _there(), until).order_by(C.published_at, C.id).limit(most)

    at, comment = last if last is not None else (BEGINNING, 0)
    return _found(db, ("comments oldest", most), build, {"thread": thread_id, "as_of": as_of, "at": at, "id": comment})


def numbered(db: Session, ids: Sequence[int]) -> list[Standing]:
    """These in the order given; what is public no more falls out."""

    def build() -> Select[*tuple[Any, ...]]:
        return select(*_COLUMNS).where(ready.among(db, C.id), C.published_at.is_not(None))

    if not ids:
        return []
    found = {one.id: one for one in _found(db, "comments numbered", build, {"ids": ready.as_one(db, ids)})}
    return [found[one] for one in ids if one in found]


def first_replies(db: Session, tops: Sequence[int], each: int, as_of: datetime) -> list[Standing]:
    """Of some comments at the top the first replies, each above what answers it."""

    def build() -> Select[*tuple[Any, ...]]:
        return select(*_COLUMNS).where(
            ready.among(db, C.root_id),
            C.reply_number <= ready.given("each", BigInteger()),
            C.published_at <= ready.given("as_of", Instant()),
        )

    if not tops:
        return []
    values = {"ids": ready.as_one(db, tops), "each": each, "as_of": as_of}
    return sorted(_found(db, "comments first replies", build, values), key=_above)


def public_since(db: Session, thread_id: int, comment_id: int) -> datetime | None:
    """When a comment of this thread was first public."""

    def build() -> Select[*tuple[Any, ...]]:
        here = (C.id == ready.given("id", BigInteger()), C.thread_id == ready.given("thread", BigInteger()))
        return select(C.published_at).where(*here)

    since: datetime | None = ready.one(db, "comment public since", build, {"id": comment_id, "thread": thread_id})
    return since


def standing_of(row: Row[Any]) -> Standing:
    """How a comment stands that was read with its words."""
    return Standing._make(getattr(row, name) for name in Standing._fields)


def still_stands(before: Any, row: Row[Any]) -> bool:
    """Whether a row that was read with its words stands as it did ``before``. Its instants move with something else."""
    return all(getattr(before, name) == getattr(row, name) for name in Standing._fields if name not in _INSTANTS)


def _tops() -> Select[*tuple[Any, ...]]:
    here = (C.thread_id == ready.given("thread", BigInteger()), C.parent_id.is_(None), C.published_at.is_not(None))
    return select(*_COLUMNS).where(*here)


def _here() -> Tuple:
    return tuple_(C.published_at, C.id)


def _there() -> Tuple:
    return tuple_(ready.given("at", Instant()), ready.given("id", BigInteger()))


def _found(
    db: Session, key: Hashable, build: Callable[[], Select[*tuple[Any, ...]]], values: Mapping[str, Any]
) -> list[Standing]:
    return list(map(Standing._make, ready.rows(db, key, build, values)))


def _above(one: Standing) -> tuple[int, int]:
    return one.branch_id or 0, one.id
