"""Sending responses: counted at once where the address is proven, else pending with a letter.

What is answered is the same whether an address is new, waits or has a response: only its owner learns more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Table, Text, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from app.core import ready
from app.core.batches import Prepared
from app.core.errors import Refusal
from app.core.security.keys import Keys
from app.mail.mailbox import mailbox_key
from consultations.identity import address_key
from consultations.model import Draft, LatePass, Response
from consultations.rules.responses import ResponseState
from consultations.rules.sending import ConsultationNotOpen, QuestionsChanged, ResponseEnded, is_late, refusal_to_send
from consultations.service.acts import SendResponse, Sent
from consultations.service.posting import Letters
from consultations.service.standing import Standing
from consultations.service.versions import COLUMNS, Known, Rows

_RESPONSE: Table = Response.__table__  # type: ignore[assignment]
_DRAFT: Table = Draft.__table__  # type: ignore[assignment]
_PASS: Table = LatePass.__table__  # type: ignore[assignment]
_KNOWN_COLUMNS = tuple(_RESPONSE.c[name] for name in COLUMNS)
_TWINS = select(*_KNOWN_COLUMNS).where(
    _RESPONSE.c.consultation_id.in_(bindparam("consultations", expanding=True)),
    _RESPONSE.c.form_key.in_(bindparam("forms", expanding=True)),
)
_SAME_PEOPLE = (
    select(*_KNOWN_COLUMNS)
    .where(
        _RESPONSE.c.consultation_id.in_(bindparam("consultations", expanding=True)),
        _RESPONSE.c.state == ResponseState.SUBMITTED,
        or_(
            _RESPONSE.c.address_key.in_(bindparam("addresses", expanding=True)),
            _RESPONSE.c.account_id.in_(bindparam("accounts", expanding=True)),
            _RESPONSE.c.id.in_(bindparam("rows", expanding=True)),
        ),
    )
    .order_by(_RESPONSE.c.id)
    .with_for_update(key_share=True)
)
_DRAFTS = (
    select(_DRAFT.c.id, _DRAFT.c.submitted_at, _DRAFT.c.amends_id, _DRAFT.c.form_key, _DRAFT.c.created_at)
    .where(_DRAFT.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_DRAFT.c.id)
    .with_for_update()
)
_PASSES = (
    select(_PASS.c.id, _PASS.c.consultation_id, _PASS.c.until, _PASS.c.revoked_at, _PASS.c.used_at)
    .where(_PASS.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_PASS.c.id)
    .with_for_update(key_share=True)
)
_USED = Prepared(lambda _insert: update(_PASS).where(_PASS.c.id == bindparam("row")).values(used_at=bindparam("at")))


@dataclass(slots=True)
class Pass:
    """A late pass, used up once a response that counts came with it."""

    id: int
    consultation_id: int
    until: datetime
    revoked_at: datetime | None
    used_at: datetime | None


def lock_passes(db: Session, ids: Collection[int]) -> dict[int, Pass]:
    if not ids:
        return {}
    return {row.id: Pass(*row) for row in db.connection().execute(_PASSES, {"ids": sorted(ids)})}


def use_up(db: Session, passes: Collection[int], at: datetime) -> None:
    _USED.run(db, [{"row": row, "at": at} for row in sorted(passes)])


def send(
    db: Session,
    keys: Keys,
    standings: Mapping[int, Standing],
    rows: Rows,
    acts: Sequence[SendResponse],
    answers: dict[int, Any],
    now: datetime,
) -> Letters:
    """Decide about each act in turn; what is to be stored gathers in ``rows``."""
    if not acts:
        return Letters()
    batch = _Batch(db, keys, standings, rows, acts)
    for act in acts:
        answers[act.id] = batch.settle(act)
    use_up(db, batch.used, now)
    return batch.letters


@dataclass
class _Batch:
    """What stands in the way of this batch's acts, and what they add up to."""

    db: Session
    keys: Keys
    standings: Mapping[int, Standing]
    rows: Rows
    acts: Sequence[SendResponse]
    letters: Letters = field(default_factory=Letters)
    used: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.passes = lock_passes(self.db, {a.late_pass_id for a in self.acts if a.late_pass_id is not None})
        self.drafts = self._drafts()
        self.addresses = {a.id: self._address(a) for a in self.acts}
        self.twins: dict[tuple[int, str], Known] = {
            (known.consultation_id, known.form_key or ""): known for known in self._known(self._of_the_same_forms())
        }
        self.people: list[Known] = self._known(self._of_the_same_people()) if self._any_proven() else []

    def settle(self, act: SendResponse) -> Sent | Refusal:
        """What one act is answered."""
        if (twin := self._stored_already(act)) is not None:
            return Sent(twin.id, twin.state != ResponseState.PENDING)
        standing, late_pass = self.standings.get(act.consultation_id), self.passes.get(act.late_pass_id or 0)
        refusal = refusal_to_send(standing, late_pass, act.at)
        if refusal is not None or standing is None or standing.salt is None:
            return refusal or ConsultationNotOpen(consultation=act.consultation_id)
        if act.questionnaire_version != standing.questionnaire_version:
            return QuestionsChanged(consultation=act.consultation_id)
        late = is_late(standing, act.at)
        answer = self._take(act, standing, late_pass if late else None)
        if isinstance(answer, Sent):
            self._note_begun(act)
        return answer

    def _note_begun(self, act: SendResponse) -> None:
        draft = self.drafts.get(act.draft_id or 0)
        if draft is not None and draft.submitted_at is None and draft.amends_id is None:
            self.rows.begun.append(draft.created_at)

    def _take(self, act: SendResponse, standing: Standing, late_pass: Pass | None) -> Sent | Refusal:
        key, pass_id = self.addresses[act.id], late_pass.id if late_pass else None
        if not act.proven:
            known = self._add(act, key, ResponseState.PENDING, pass_id)
            self.letters.confirm(mailbox_key(self.keys, act.address), known.id, act.at, act.language)
            return Sent(known.id, counts=False)
        first = self._first(act, key)
        if first is None and act.amends is not None:
            return ResponseEnded(consultation=act.consultation_id)
        if first is None:
            first = self._add(act, key, ResponseState.SUBMITTED, pass_id)
            self.people.append(first)
            standing.count(late=pass_id is not None)
        else:
            if pass_id is not None and first.late_pass_id is None:
                standing.late_count += 1
            self.rows.amend(first, act, pass_id)
            self.rows.known[first.id] = first
            self.twins[act.consultation_id, act.form_key] = first
        if late_pass is not None:
            late_pass.used_at = act.at
            self.used.add(late_pass.id)
        self.letters.receipt(first.id, first.version, act.at, act.language)
        return Sent(first.id, counts=True)

    def _add(self, act: SendResponse, key: bytes, state: ResponseState, pass_id: int | None) -> Known:
        known = self.rows.add(act, key, state, pass_id)
        self.twins[act.consultation_id, act.form_key] = known
        return known

    def _stored_already(self, act: SendResponse) -> Known | None:
        """The response that this form, or this draft, became before."""
        twin = self.twins.get((act.consultation_id, act.form_key))
        if twin is not None:
            return twin
        draft = self.drafts.get(act.draft_id or 0)
        if draft is None or draft.submitted_at is None or draft.amends_id is None:
            return None
        return next((k for k in self.people if k.id == draft.amends_id), None)

    def _first(self, act: SendResponse, key: bytes) -> Known | None:
        """The response of the same people that counts already."""
        here = [k for k in self.people if k.consultation_id == act.consultation_id and k.counts]
        if act.amends is not None:
            return next((k for k in here if k.id == act.amends), None)
        return next(
            (k for k in here if k.address_key == key or (k.account_id and k.account_id == act.account_id)), None
        )

    def _address(self, act: SendResponse) -> bytes:
        standing = self.standings.get(act.consultation_id)
        if standing is None or standing.salt is None:
            return b""
        return address_key(self.keys, standing.salt, act.address.canonical)

    def _any_proven(self) -> bool:
        return any(a.proven for a in self.acts)

    def _drafts(self) -> dict[int, Any]:
        ids = sorted({a.draft_id for a in self.acts if a.draft_id is not None})
        return {row.id: row for row in self.db.connection().execute(_DRAFTS, {"ids": ids})} if ids else {}

    def _of_the_same_forms(self) -> Iterable[Sequence[Any]]:
        """PostgreSQL gets the forms as one value: with as many places as there are forms a statement is another one for
        each batch. SQLite would read every response then, instead of looking for each form in its index."""
        forms, consultations = list({a.form_key for a in self.acts}), {a.consultation_id for a in self.acts}
        if ready.is_sqlite(self.db):
            return self.db.connection().execute(_TWINS, {"consultations": list(consultations), "forms": forms})
        given = {"consultations": ready.as_one(self.db, consultations), "forms": forms}
        return ready.rows(self.db, "responses of these forms", lambda: _twins(self.db), given)

    def _of_the_same_people(self) -> Iterable[Sequence[Any]]:
        proven = [a for a in self.acts if a.proven]
        rows = {a.amends for a in proven if a.amends is not None}
        rows |= {d.amends_id for d in self.drafts.values() if d.amends_id is not None}
        given = {
            "consultations": list({a.consultation_id for a in proven}),
            "addresses": list({self.addresses[a.id] for a in proven}),
            "accounts": list({a.account_id for a in proven if a.account_id is not None}),
            "rows": list(rows),
        }
        return self.db.connection().execute(_SAME_PEOPLE, given)

    def _known(self, found: Iterable[Sequence[Any]]) -> list[Known]:
        return [self.rows.known.setdefault(known.id, known) for known in (Known(*row) for row in found)]


def _twins(db: Session) -> Any:
    """As :data:`_TWINS`, for PostgreSQL."""
    same = _RESPONSE.c.form_key == func.any(ready.given("forms", ARRAY(Text())))
    return select(*_KNOWN_COLUMNS).where(ready.among(db, _RESPONSE.c.consultation_id, "consultations"), same)
