"""Which version of a thing a cached page shows.

A transaction that changes what the public sees *touches* the keys of those pages
(``petition:17``, ``petitions``, ``site``). The versions live in the database, so every process
learns of a change within a second; the process that committed it learns at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from sqlalchemy import BigInteger, Table, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.batches import Prepared
from app.core.db import Base, after_commit

SITE = "site"


class PageVersion(Base):
    """How often the pages of a key have changed."""

    __tablename__ = "core_page_version"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)


_TABLE: Table = PageVersion.__table__  # type: ignore[assignment]
_RAISE = Prepared(
    lambda insert: (
        insert(_TABLE)
        .values(key=bindparam("key"), version=bindparam("version"))
        .on_conflict_do_update(index_elements=["key"], set_={"version": _TABLE.c.version + 1})
    )
)


def touch(db: Session, *keys: str) -> None:
    """The public pages of these keys change with this transaction. Call it last: it locks shared rows."""
    _RAISE.run(db, [{"key": key, "version": 1} for key in sorted(set(keys))])
    hint(db, *keys)


def hint(db: Session, *keys: str) -> None:
    """Tell this process alone, without a write: for lists that other processes re-read by their age."""
    for hear in db.info.get("on_touched", ()):
        after_commit(db, partial(hear, frozenset(keys)))


def versions(db: Session, keys: Iterable[str]) -> Mapping[str, int]:
    """Today's versions; a key that was never touched has none."""
    wanted = list(keys)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        rows = db.execute(
            select(PageVersion.key, PageVersion.version).where(PageVersion.key.in_(wanted[start : start + 500]))
        )
        found.update({key: version for key, version in rows})
    return found
