"""Documents as a page of results shows them: as the index has them, or where that may be behind, as their room does."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, String, cast, exists, or_, select
from sqlalchemy.orm import Session

from app.core import ready
from app.search.contribution import Document, Searchable
from app.search.model import FoundDocument, FoundText, Stale

_D, _T, _S = FoundDocument.__table__.c, FoundText.__table__.c, Stale.__table__.c


class Result(NamedTuple):
    """One find. ``is_public``: everybody may read it; ``owner``: what it belongs to, or empty."""

    kind: str
    subject_id: int
    is_public: bool
    at: datetime
    owner: str
    turns_at: datetime | None
    title: str
    href: str
    state: str
    departments: str
    readers: str
    keys: str
    body: str

    @property
    def ref(self) -> str:
        return f"{self.kind}:{self.subject_id}"

    @property
    def department_id(self) -> int | None:
        first = self.departments.partition(" ")[0]
        return int(first) if first else None

    def is_for(self, readers: Collection[str]) -> bool:
        """Whether somebody may read it who reads what is for these, beside what is for everyone."""
        return self.is_public or not set(self.readers.split()).isdisjoint(readers)


def results(
    db: Session, searchable: Mapping[str, Searchable], ids: Sequence[int], readers: Collection[str], now: datetime
) -> list[Result]:
    """These documents in their order, without those that are not to be read any more."""
    if not ids:
        return []
    rows = ready.rows(db, "search results", lambda: _by_id(db), {"ids": ready.as_one(db, ids)})
    known = {row[0]: (Result._make(row[2:]), bool(row[1])) for row in rows}
    fresh = _as_their_rooms_tell(db, searchable, [found for found, is_stale in known.values() if is_stale], now)
    shown = [fresh.get(found.ref) if is_stale else found for found, is_stale in (known[i] for i in ids if i in known)]
    return [one for one in shown if one is not None and one.kind in searchable and one.is_for(readers)]


def _by_id(db: Session) -> Select[*tuple[Any, ...]]:
    ref = _D.kind + ":" + cast(_D.subject_id, String)
    is_stale = exists().where(or_(_S.ref == ref, _S.ref == _D.owner, _S.ref == _D.above)).correlate(FoundDocument)
    columns = [(_D if name in _D else _T)[name] for name in Result._fields]
    joined = FoundDocument.__table__.join(FoundText.__table__, _T.document_id == _D.id)
    return select(_D.id, is_stale, *columns).select_from(joined).where(ready.among(db, _D.id))


def _as_their_rooms_tell(
    db: Session, searchable: Mapping[str, Searchable], found: Sequence[Result], now: datetime
) -> Mapping[str, Result]:
    told: dict[str, Result] = {}
    for kind in {one.kind for one in found} & searchable.keys():
        ids = [one.subject_id for one in found if one.kind == kind]
        led = {one.subject_id: one.departments for one in found if one.kind == kind}
        for document in searchable[kind].read(db, ids, now):
            told[f"{kind}:{document.id}"] = _told(kind, document, led.get(document.id, ""))
    return told


def _told(kind: str, one: Document, departments: str) -> Result:
    return Result(
        kind=kind,
        subject_id=one.id,
        is_public=one.is_public,
        at=one.at,
        owner=str(one.under[0]) if one.under else "",
        turns_at=one.turns_at,
        title=one.title,
        href=one.href,
        state=one.state,
        departments=" ".join(map(str, one.departments)) or departments,
        readers=" ".join(one.readers),
        keys=" ".join(one.keys),
        body=one.body,
    )
