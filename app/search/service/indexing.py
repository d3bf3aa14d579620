"""The index follows the rooms: what was marked at once, what the clock turned, and everything there is, in rounds.

Each step is one short transaction, so that nobody who signs waits for it.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, cast, delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.core import ready
from app.core.subject import SubjectRef
from app.search.contribution import Searchable
from app.search.model import FoundDocument, Round, Stale
from app.search.service.storing import Store

#: documents of one step
A_STEP = 60
#: seconds between two steps of a round that only mends
REST = 20.0
_S, _D = Stale.__table__.c, FoundDocument.__table__.c


class Progress(NamedTuple):
    """How far a round is with one kind: the number of the last thing gone through, and how many the step took."""

    kind: str
    upto: int
    things: int


class Indexing:
    """One deployment's. ``searchable``: how each kind is read; the rooms may still be added to it."""

    def __init__(self, searchable: Mapping[str, Searchable]) -> None:
        self.searchable = searchable
        self._rests_until = 0.0

    def catch_up(self, db: Session, now: datetime) -> int:
        """Some of what was marked; answers whether more may be."""
        rows = db.execute(select(_S.id, _S.ref, _S.child, _S.after).order_by(_S.id).limit(A_STEP)).all()
        if not rows:
            return self._turn(db, now)
        later = next((at for at, row in enumerate(rows) if row.child), len(rows))
        some = rows[: later or 1]  # what belongs to something is a step of its own
        db.execute(delete(Stale).where(ready.among(db, _S.id)), {"ids": ready.as_one(db, [row.id for row in some])})
        if some[0].child:
            self._go_on_beneath(db, some[0].ref, some[0].child, some[0].after, now)
        else:
            self._renew(db, [row.ref for row in some], now)
        return len(some)

    def walk(self, db: Session, now: datetime) -> int:
        """A step of the round through everything; answers whether the next one is due at once."""
        if time.monotonic() < self._rests_until:
            return 0
        if self.first_round(db, now) is not None:
            return 1
        self._rests_until = time.monotonic() + REST
        oldest = select(Round).where(Round.kind.in_(self.searchable)).order_by(Round.begun_at, Round.kind).limit(1)
        if (mended := db.scalar(oldest)) is not None:
            self._go_through(db, mended, now)
        return 0

    def first_round(self, db: Session, now: datetime) -> Progress | None:
        """A step of the first kind that was not gone through yet; None where all were."""
        known = {found.kind: found for found in db.scalars(select(Round))}
        for kind in self.searchable:
            if kind not in known:
                db.add(found := Round(kind=kind, upto=0, begun_at=now, filled_at=None))
                return self._go_through(db, found, now)
            if known[kind].filled_at is None:
                return self._go_through(db, known[kind], now)
        return None

    def is_filled(self, db: Session) -> bool:
        """Whether everything was looked at once."""
        filled = select(func.count()).where(Round.kind.in_(self.searchable), Round.filled_at.is_not(None))
        return db.scalar(filled) == len(self.searchable)

    def differing(self, db: Session, now: datetime) -> Iterator[str]:
        """Things of which the index knows something else than their room, though nothing says that they changed."""
        for kind, searchable in self.searchable.items():
            upto, store = 0, self._store(kind)
            while some := sorted({*searchable.ids(db, upto, A_STEP), *store.numbered(db, upto, A_STEP)})[:A_STEP]:
                yield from store.differing(db, some, now)
                upto = some[-1]

    def begin_anew(self, db: Session, now: datetime) -> None:
        """Everything is indexed again, as by another version of the rules; what there is stays found meanwhile."""
        db.execute(update(Round).values(upto=0, begun_at=now, filled_at=None))

    def _go_through(self, db: Session, round_: Round, now: datetime) -> Progress:
        kind, store = round_.kind, self._store(round_.kind)
        there = list(self.searchable[kind].ids(db, round_.upto, A_STEP))
        known = store.numbered(db, round_.upto, A_STEP)
        ends = [numbers[-1] for numbers in (there, known) if len(numbers) == A_STEP]
        some = sorted(i for i in {*there, *known} if not ends or i <= min(ends))
        store.renew(db, some, now, anew=round_.filled_at is None)
        round_.upto = max([round_.upto, *some])
        progress = Progress(kind, round_.upto, len(some))
        if not ends:
            round_.upto, round_.begun_at, round_.filled_at = 0, now, round_.filled_at or now
        return progress

    def _turn(self, db: Session, now: datetime) -> int:
        """Documents of which the clock made others."""
        due = select(_D.kind, _D.subject_id).where(_D.turns_at.is_not(None), _D.turns_at <= now)
        refs = [f"{kind}:{i}" for kind, i in db.execute(due.order_by(_D.turns_at).limit(A_STEP))]
        self._renew(db, refs, now)
        return len(refs) if len(refs) == A_STEP else 0

    def _renew(self, db: Session, refs: Iterable[str], now: datetime) -> None:
        for kind, ids in _by_kind(refs).items():
            if kind in self.searchable:
                changed = self._store(kind).renew(db, ids, now)
                self._tell_beneath(db, [SubjectRef(kind, i) for i in changed])

    def _tell_beneath(self, db: Session, owners: Sequence[SubjectRef]) -> None:
        """What belongs to these is due, too."""
        rows = [
            {"ref": str(owner), "child": kind, "after": 0}
            for owner in owners
            for kind, searchable in self.searchable.items()
            if owner.kind in searchable.owners and self._beneath(db, owner, kind, 0, 1)
        ]
        if rows:
            db.execute(insert(Stale), rows)
        if owners:
            further = select(_D.kind + ":" + cast(_D.subject_id, String)).where(_D.above.in_(list(map(str, owners))))
            db.execute(insert(Stale).from_select(["ref"], further))

    def _go_on_beneath(self, db: Session, ref: str, child: str, after: int, now: datetime) -> None:
        if child not in self.searchable:
            return
        ids = self._beneath(db, _read_ref(ref), child, after, A_STEP)
        if len(ids) == A_STEP:
            db.execute(insert(Stale), [{"ref": ref, "child": child, "after": ids[-1]}])
        changed = self._store(child).renew(db, ids, now)
        self._tell_beneath(db, [SubjectRef(child, i) for i in changed])

    def _beneath(self, db: Session, owner: SubjectRef, child: str, after: int, most: int) -> list[int]:
        """The next things that belong to this one, or did when they were indexed."""
        known = select(_D.subject_id).where(_D.kind == child, _D.owner == str(owner), _D.subject_id > after)
        there = self.searchable[child].under(db, owner, after, most)
        return sorted({*there, *db.scalars(known.order_by(_D.subject_id).limit(most))})[:most]

    def _store(self, kind: str) -> Store:
        return Store(kind, self.searchable[kind])


def _by_kind(refs: Iterable[str]) -> Mapping[str, Collection[int]]:
    found: dict[str, set[int]] = {}
    for ref in map(_read_ref, refs):
        found.setdefault(ref.kind, set()).add(ref.id)
    return {kind: sorted(ids) for kind, ids in found.items()}


def _read_ref(ref: str) -> SubjectRef:
    kind, _, number = ref.partition(":")
    return SubjectRef(kind, int(number))
