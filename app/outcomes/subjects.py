"""What was referred, as lists show many of it at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol, runtime_checkable

from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.outcomes.contribution import Referred, ShowReferred


@runtime_checkable
class ShowsMany(Protocol):
    """What a room's :data:`ShowReferred` may do besides, so that a list costs one question."""

    def many(self, db: Session, ids: Collection[int]) -> Mapping[int, Referred]:
        """By id, those that are there; without their paragraphs."""
        ...


def shown(
    referred: Mapping[str, ShowReferred], db: Session, subjects: Iterable[SubjectRef]
) -> Mapping[SubjectRef, Referred]:
    """As lists show them; those that are gone are missing."""
    by_kind: dict[str, set[int]] = {}
    for subject in subjects:
        by_kind.setdefault(subject.kind, set()).add(subject.id)
    return {
        SubjectRef(kind, i): found
        for kind, ids in by_kind.items()
        if kind in referred
        for i, found in _of_kind(referred[kind], db, ids).items()
    }


def _of_kind(show: ShowReferred, db: Session, ids: Collection[int]) -> Mapping[int, Referred]:
    if isinstance(show, ShowsMany):
        return show.many(db, ids)
    return {i: found for i in sorted(ids) if (found := show(db, i)) is not None}
