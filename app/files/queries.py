"""Questions about files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.files.model import FileState, StoredFile

A_CHUNK = 500


def files_of(db: Session, owner: SubjectRef) -> Sequence[StoredFile]:
    """In the order they came, whatever their state; pages say which is still being checked."""
    return db.scalars(
        _present()
        .where(StoredFile.subject_kind == owner.kind, StoredFile.subject_id == owner.id)
        .order_by(StoredFile.id)
    ).all()


def files_of_many(db: Session, owners: Iterable[SubjectRef]) -> Mapping[SubjectRef, Sequence[StoredFile]]:
    """By owner; who has none gets an empty list."""
    wanted = sorted(set(owners))
    found: dict[SubjectRef, list[StoredFile]] = defaultdict(list)
    for start in range(0, len(wanted), A_CHUNK):
        some = [(owner.kind, owner.id) for owner in wanted[start : start + A_CHUNK]]
        rows = _present().where(tuple_(StoredFile.subject_kind, StoredFile.subject_id).in_(some))
        for row in db.scalars(rows.order_by(StoredFile.id)):
            found[row.owner].append(row)
    return {owner: found[owner] for owner in wanted}


def file_called(db: Session, file_id: int, name: str) -> StoredFile | None:
    """By number and name, as its address has them."""
    return db.scalars(_present().where(StoredFile.id == file_id, StoredFile.name == name)).one_or_none()


def waits_since(db: Session) -> datetime | None:
    """Since when the file that waits longest has waited for the scanner."""
    return db.scalar(
        select(func.min(StoredFile.at)).where(
            StoredFile.state == FileState.QUARANTINED, StoredFile.removed_at.is_(None)
        )
    )


def is_stuck(db: Session, now: datetime, patience: timedelta = timedelta(minutes=5)) -> bool:
    """The scanner does not answer."""
    since = waits_since(db)
    return since is not None and since < now - patience


class Figures(NamedTuple):
    """For the operator: how many, and how many bytes without counting the same twice."""

    clean: int
    quarantined: int
    refused: int
    bytes: int


def figures(db: Session) -> Figures:
    counts = {state: count for state, count in db.execute(
        select(StoredFile.state, func.count()).where(StoredFile.removed_at.is_(None)).group_by(StoredFile.state)
    )}  # fmt: skip
    kept = select(func.max(StoredFile.size).label("size")).where(has_bytes()).group_by(StoredFile.digest).subquery()
    size = db.scalar(select(func.coalesce(func.sum(kept.c.size), 0))) or 0
    clean, waiting, refused = (counts.get(state, 0) for state in ("clean", "quarantined", "refused"))
    return Figures(clean, waiting, refused, int(size))


def has_bytes() -> ColumnElement[bool]:
    """Whose bytes must be in the store: removed ones too, until their row goes."""
    return StoredFile.state != FileState.REFUSED


def _present() -> Select[StoredFile]:
    return select(StoredFile).where(StoredFile.removed_at.is_(None))
