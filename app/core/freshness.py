"""Which version of a thing a cached page shows.

A transaction that changes what the public sees *touches* the keys of those pages
(``petition:17``, ``petitions``, ``site``). The versions live in the database, so every process
learns of a change within a second; the process that committed it learns at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Select, Table, Text, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import ready
from app.core.batches import Prepared
from app.core.db import Base, after_commit, before_commit

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
    """The public pages of these keys change with this transaction; their rows are locked right before its commit."""
    if not keys:
        return
    db.info.setdefault("touched", set()).update(keys)
    before_commit(db, _raise)
    hint(db, *keys)


def _raise(db: Session) -> None:
    _RAISE.run(db, [{"key": key, "version": 1} for key in sorted(db.info.pop("touched"))])


def hint(db: Session, *keys: str) -> None:
    """Tell this process alone, without a write: for lists that other processes re-read by their age."""
    for hear in db.info.get("on_touched", ()):
        after_commit(db, partial(hear, frozenset(keys)))


def versions(db: Session, keys: Iterable[str]) -> Mapping[str, int]:
    """Today's versions; a key that was never touched has none."""
    wanted = list(keys)
    if not wanted:
        return {}
    given = json.dumps(wanted) if ready.is_sqlite(db) else wanted
    return dict(ready.rows(db, "page versions", lambda: _versions(db), {"keys": given}))  # type: ignore[arg-type]


def _versions(db: Session) -> Select[*tuple[Any, ...]]:
    """However many keys: they come as one value."""
    found, name = select(_TABLE.c.key, _TABLE.c.version), "keys"
    if ready.is_sqlite(db):
        return found.where(
            _TABLE.c.key.in_(select(func.json_each(ready.given(name, Text())).table_valued("value").c.value))
        )
    return found.where(_TABLE.c.key == func.any(ready.given(name, ARRAY(Text()))))
