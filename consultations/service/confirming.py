"""Confirming responses: they count, or become the next version of the one that their address has already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, bindparam, select, tuple_
from sqlalchemy.orm import Session

from app.core.errors import Refusal
from app.core.people.addresses import read_address
from app.core.security.keys import Keys
from app.files.model import StoredFile
from consultations.identity import open_respondent, seal_respondent
from consultations.model import Respondent, Response, ResponseVersion
from consultations.policy import ConsultationPolicy
from consultations.rules.responses import ResponseState
from consultations.rules.sending import ResponseLinkUnknown, refusal_to_confirm
from consultations.service.acts import ConfirmResponse, Counted
from consultations.service.posting import Letters
from consultations.service.sending import lock_passes, use_up
from consultations.service.standing import Standing
from consultations.service.versions import COLUMNS, RESPONSE_FILES, Known, Rows

_RESPONSE: Table = Response.__table__  # type: ignore[assignment]
_VERSION: Table = ResponseVersion.__table__  # type: ignore[assignment]
_RESPONDENT: Table = Respondent.__table__  # type: ignore[assignment]
_KNOWN_COLUMNS = tuple(_RESPONSE.c[name] for name in COLUMNS)
_PLACES = select(_RESPONSE.c.id, _RESPONSE.c.consultation_id).where(
    _RESPONSE.c.id.in_(bindparam("ids", expanding=True))
)
_LOCK = (
    select(*_KNOWN_COLUMNS)
    .where(_RESPONSE.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_RESPONSE.c.id)
    .with_for_update(key_share=True)
)
_FIRSTS = (
    select(*_KNOWN_COLUMNS)
    .where(
        _RESPONSE.c.state == ResponseState.SUBMITTED,
        _RESPONSE.c.consultation_id.in_(bindparam("consultations", expanding=True)),
        _RESPONSE.c.address_key.in_(bindparam("addresses", expanding=True)),
    )
    .order_by(_RESPONSE.c.id)
    .with_for_update(key_share=True)
)


def places_of(db: Session, response_ids: Sequence[int]) -> dict[int, int]:
    """Which consultation each response is for; that never changes, so no lock is needed."""
    if not response_ids:
        return {}
    return {row[0]: row[1] for row in db.connection().execute(_PLACES, {"ids": list(set(response_ids))})}


def confirm(
    db: Session,
    keys: Keys,
    policy: ConsultationPolicy,
    standings: Mapping[int, Standing],
    rows: Rows,
    places: Mapping[int, int],
    acts: Sequence[ConfirmResponse],
    answers: dict[int, Any],
) -> Letters:
    """Count what the acts ask for."""
    if not acts:
        return Letters()
    batch = _Confirmations(db, keys, policy, standings, rows, [a for a in acts if a.response_id in places])
    for act in acts:
        answers[act.id] = batch.settle(act) if act.response_id in places else ResponseLinkUnknown()
    use_up(db, batch.used, rows.now)
    return batch.letters


@dataclass
class _Confirmations:
    """Walks a batch in order and keeps addresses and counts in step with what it decides."""

    db: Session
    keys: Keys
    policy: ConsultationPolicy
    standings: Mapping[int, Standing]
    rows: Rows
    acts: Sequence[ConfirmResponse]
    letters: Letters = field(default_factory=Letters)
    used: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        found = self._read(_LOCK, {"ids": sorted({a.response_id for a in self.acts})})
        self.mine = {known.id: known for known in found}
        addresses = {k.address_key for k in found if k.address_key is not None}
        wanted = {"consultations": list({k.consultation_id for k in found}), "addresses": list(addresses)}
        firsts = self._read(_FIRSTS, wanted) if addresses else []
        self.firsts = {(k.consultation_id, k.address_key): k for k in firsts if k.counts}
        # one that this very batch stored, of a proven address
        self.firsts |= {(k.consultation_id, k.address_key): k for k in self.rows.known.values() if k.counts}
        self.passes = lock_passes(self.db, {k.late_pass_id for k in found if k.late_pass_id is not None})
        self.texts, self.sealed = self._texts(found), self._sealed(found)

    def settle(self, act: ConfirmResponse) -> Counted | Refusal:
        known = self.mine.get(act.response_id)
        if known is None:
            return ResponseLinkUnknown()  # erased meanwhile
        if known.counts:
            return Counted(known.id)
        first = self.firsts.get((known.consultation_id, known.address_key))
        if known.state == ResponseState.REPLACED and first is not None:
            return Counted(first.id, joined=True)
        standing = self.standings[known.consultation_id]
        late_pass = self.passes.get(known.late_pass_id or 0)
        refusal = refusal_to_confirm(known, standing, late_pass, act.at, self.policy.confirm_days)
        if refusal is not None:
            return refusal
        return self._join(known, first, act) if first is not None else self._count(known, act)

    def _count(self, known: Known, act: ConfirmResponse) -> Counted:
        known.state, known.submitted_at, known.changed = ResponseState.SUBMITTED, act.at, True
        self.firsts[known.consultation_id, known.address_key] = known
        self.standings[known.consultation_id].count(late=known.late_pass_id is not None)
        self._use_pass(known, act)
        self.letters.receipt(known.id, known.version, act.at, known.language)
        return Counted(known.id)

    def _join(self, known: Known, first: Known, act: ConfirmResponse) -> Counted:
        if known.late_pass_id is not None and first.late_pass_id is None:
            self.standings[known.consultation_id].late_count += 1
        self.rows.join(first, known, self.texts[known.id], self._for(first, known), act.id, act.at)
        self._use_pass(known, act)
        move_files(self.db, known.id, first.id)
        self.letters.receipt(first.id, first.version, act.at, known.language)
        return Counted(first.id, joined=True)

    def _use_pass(self, known: Known, act: ConfirmResponse) -> None:
        if (late_pass := self.passes.get(known.late_pass_id or 0)) is not None:
            late_pass.used_at = act.at
            self.used.add(late_pass.id)

    def _for(self, first: Known, known: Known) -> bytes:
        """The sender's words, sealed for the response that they belong to from now on."""
        facts = open_respondent(self.keys, known.id, self.sealed[known.id])
        address = read_address(facts["email"]) if facts["email"] else None
        return seal_respondent(self.keys, first.id, facts["name"], address, facts["organisation"])

    def _texts(self, found: Sequence[Known]) -> dict[int, Any]:
        pending = [(k.id, k.version) for k in found if k.state == ResponseState.PENDING]
        if not pending:
            return {}
        rows = select(_VERSION).where(tuple_(_VERSION.c.response_id, _VERSION.c.number).in_(pending))
        return {row.response_id: row for row in self.db.connection().execute(rows)}

    def _sealed(self, found: Sequence[Known]) -> dict[int, bytes]:
        pending = [k.id for k in found if k.state == ResponseState.PENDING]
        rows = select(_RESPONDENT).where(_RESPONDENT.c.response_id.in_(pending))
        return {row.response_id: row.sealed for row in self.db.connection().execute(rows)} if pending else {}

    def _read(self, statement: Any, given: dict[str, Any]) -> list[Known]:
        found = [Known(*row) for row in self.db.connection().execute(statement, given)]
        return [self.rows.known.setdefault(known.id, known) for known in found]


def move_files(db: Session, pending: int, first: int) -> None:
    """Few responses have files, and fewer of those are the second of their address."""
    files = StoredFile.__table__
    db.execute(
        files.update()  # type: ignore[attr-defined]
        .where(files.c.subject_kind == RESPONSE_FILES, files.c.subject_id == pending)
        .values(subject_id=first)
    )
