"""Responses that came on paper, by post, by telephone: sheets read row by row, and one at a time.

A row is stored whole or not at all. Its source's own number is unique in a consultation, so a sheet that comes again
stores only what is new in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.ids import new_id
from app.core.security.keys import CannotUnseal, Keys
from app.core.subject import SubjectRef
from consultations.identity import address_key, new_salt, seal_respondent
from consultations.model import Consultation, Respondent, Response, ResponseVersion, Sheet, SheetRow
from consultations.policy import ConsultationPolicy
from consultations.queries.questionnaires import questionnaire
from consultations.rules.importing import Came, Fault, RowState, SheetState, read_row
from consultations.rules.responses import Channel, ResponseState
from consultations.service.tables import Table

A_STEP = 100
#: columns that say who somebody is: never kept beside an answer
PERSONAL = frozenset({"name", "organisation", "email"})


class AlreadyThere(Conflict):
    code = "already-imported"
    title = _("A response with this number is here already")
    message = _("Nothing was stored. Look it up, or give this one its own number.")
    way_on = ("/desk/consultations/{consultation}/paper", _("Back to paper responses"))


class OwnTranscription(Conflict):
    code = "own-transcription"
    title = _("Somebody else has to check this")
    message = _("You typed it in. A colleague compares it with the paper.")
    way_on = ("/desk/consultations/{consultation}/paper", _("Back to paper responses"))


@dataclass(frozen=True)
class Importing:
    """``zone``: whose days count."""

    keys: Keys
    policy: ConsultationPolicy
    zone: ZoneInfo

    def begin(
        self, db: Session, consultation: Consultation, name: str, table: Table, *, by: int, now: datetime
    ) -> Sheet:
        """Keep the rows; a job reads them."""
        sheet = Sheet(
            consultation_id=consultation.id, state=SheetState.READING, name=name[:200],
            header=msgspec.json.encode(table.header).decode(), rows=len(table.rows), at=now, by_id=by,
        )  # fmt: skip
        db.add(sheet)
        db.flush()
        for number, cells in table.rows:
            sealed = self.keys.seal(cells, bound_to=_bound(sheet.id, number))
            db.add(SheetRow(sheet_id=sheet.id, number=number, state=RowState.WAITING, sealed=sealed))
        db.flush()
        _record(db, "consultations.import", consultation.id, by, now, {"sheet": sheet.id, "rows": sheet.rows})
        return sheet

    def read_some(self, db: Session, now: datetime) -> int:
        """A job: the next hundred rows of the oldest sheet that is not read; answers how many there were."""
        oldest = select(Sheet.id, Sheet.consultation_id).where(Sheet.state == SheetState.READING).order_by(Sheet.id)
        found = db.execute(oldest.limit(1)).first()
        if found is None:
            return 0
        consultation = _locked(db, found.consultation_id)
        sheet = db.get_one(Sheet, found.id, with_for_update=True)
        waiting = select(SheetRow).where(SheetRow.sheet_id == sheet.id, SheetRow.state == RowState.WAITING)
        rows = db.scalars(waiting.order_by(SheetRow.number).limit(A_STEP)).all()
        stored = sum(self._read(db, consultation, sheet, row, now) for row in rows)
        sheet.read += len(rows)
        if len(rows) < A_STEP:
            sheet.state, sheet.done_at = SheetState.DONE, now
        _count(db, consultation, stored)
        return max(1, len(rows))

    def _read(self, db: Session, consultation: Consultation, sheet: Sheet, row: SheetRow, now: datetime) -> bool:
        """Whether a response was stored."""
        asked = questionnaire(db, consultation.id, consultation.questionnaire_version)
        try:
            cells = self.keys.unseal(row.sealed or b"", bound_to=_bound(sheet.id, row.number))
        except CannotUnseal:
            return _wrong(row, {}, [Fault("", str(_("Send the sheet again: this row could not be read.")))])
        came = read_row(cells, asked, self.policy, latest=latest_day(consultation, now, self.zone))
        row.sealed, row.cells = None, _kept(cells)
        if not isinstance(came, Came):
            return _wrong(row, cells, came)
        if is_there(db, consultation.id, came.source_ref):
            row.state = RowState.ALREADY
            return False
        if fault := self._taken(db, consultation, came):
            return _wrong(row, cells, [fault])
        row.response_id = self._store(db, consultation, came, sheet.by_id, now)
        row.state = RowState.STORED
        return True

    def _taken(self, db: Session, consultation: Consultation, came: Came) -> Fault | None:
        key = self._key(consultation, came)
        taken = select(Response.id).where(
            Response.consultation_id == consultation.id,
            Response.address_key == key,
            Response.state == ResponseState.SUBMITTED,
        )
        if key is None or db.scalar(taken.limit(1)) is None:
            return None
        return Fault(
            "email",
            str(_("A response with this address counts already. Leave the address out, if it is another person's.")),
        )

    def _key(self, consultation: Consultation, came: Came) -> bytes | None:
        if came.address is None or consultation.salt is None:
            return None
        return address_key(self.keys, consultation.salt, came.address.canonical)

    def enter(self, db: Session, consultation_id: int, came: Came, *, by: int, now: datetime) -> int:
        """One response that a clerk typed in; :class:`AlreadyThere` where its number is known."""
        consultation = _locked(db, consultation_id)
        if is_there(db, consultation_id, came.source_ref) or self._taken(db, consultation, came):
            raise AlreadyThere(consultation=consultation_id)
        stored = self._store(db, consultation, came, by, now)
        _record(db, "consultations.enter", consultation_id, by, now, {"response": stored})
        _count(db, consultation, 1)
        return stored

    def _store(self, db: Session, consultation: Consultation, came: Came, by: int, now: datetime) -> int:
        number, salt = new_id(), new_salt()
        answers = msgspec.json.encode({str(n): a for n, a in came.answers.items()})
        response = Response(
            id=number, consultation_id=consultation.id, state=ResponseState.SUBMITTED, channel=came.channel,
            address_key=self._key(consultation, came), is_organisation=bool(came.organisation), consent=came.consent,
            notify=came.notify and came.address is not None, language="en", salt=salt,
            digest=hashlib.sha256(salt + answers).digest(), sent_at=came.received_at(self.zone), asked_at=now,
            submitted_at=now, changed_at=now, source_ref=came.source_ref, transcriber_id=by,
        )  # fmt: skip
        db.add(response)
        db.flush()
        db.add(
            ResponseVersion(
                response_id=number, number=1, questionnaire_version=consultation.questionnaire_version,
                answers=answers.decode(), at=now, act_id=number,
            )
        )  # fmt: skip
        sealed = seal_respondent(self.keys, number, came.name, came.address, came.organisation)
        db.add(Respondent(response_id=number, sealed=sealed))
        db.flush()
        return number


def latest_day(consultation: Consultation, now: datetime, zone: ZoneInfo) -> date:
    """The last day on which something can have come in time: today, or the day it closed."""
    closes = (consultation.closes_at or now) - timedelta(microseconds=1)
    return min(now, closes).astimezone(zone).date()


def is_there(db: Session, consultation_id: int, source_ref: str) -> bool:
    known = select(Response.id).where(Response.consultation_id == consultation_id, Response.source_ref == source_ref)
    return db.scalar(known.limit(1)) is not None


def check(db: Session, consultation_id: int, response_id: int, *, by: int, now: datetime) -> None:
    """A colleague has compared it with the paper."""
    wanted = select(Response).where(Response.id == response_id, Response.consultation_id == consultation_id)
    found = db.scalar(wanted.with_for_update())
    if found is None or found.channel == Channel.WEB:
        raise NotFound
    if found.transcriber_id == by:
        raise OwnTranscription(consultation=consultation_id)
    if found.checker_id is None:
        found.checker_id, found.checked_at = by, now
        db.flush()
        _record(db, "consultations.check", consultation_id, by, now, {"response": response_id})


def unchecked(consultation_id: int) -> Any:
    return select(Response).where(
        Response.consultation_id == consultation_id,
        Response.state == ResponseState.SUBMITTED,
        Response.channel != Channel.WEB,
        Response.checker_id.is_(None),
    )


def row_figures(db: Session, sheet_id: int) -> dict[str, int]:
    """How many rows are in each state."""
    counted = select(SheetRow.state, func.count()).where(SheetRow.sheet_id == sheet_id).group_by(SheetRow.state)
    return {str(s): 0 for s in RowState} | {state: count for state, count in db.execute(counted)}


def sheets_of(db: Session, consultation_id: int, most: int = 20) -> Sequence[Sheet]:
    """The newest first."""
    wanted = select(Sheet).where(Sheet.consultation_id == consultation_id).order_by(Sheet.id.desc())
    return db.scalars(wanted.limit(most)).all()


def _wrong(row: SheetRow, cells: Mapping[str, str], faults: Sequence[Fault]) -> bool:
    row.state, row.sealed, row.cells = RowState.WRONG, None, _kept(cells)
    row.problems = msgspec.json.encode([f._asdict() for f in faults]).decode()
    return False


def _kept(cells: Mapping[str, str]) -> str:
    return msgspec.json.encode({name: text for name, text in cells.items() if name not in PERSONAL}).decode()


def _locked(db: Session, consultation_id: int) -> Consultation:
    wanted = select(Consultation).where(Consultation.id == consultation_id)
    return db.scalars(wanted.with_for_update(key_share=True).execution_options(populate_existing=True)).one()


def _count(db: Session, consultation: Consultation, stored: int) -> None:
    """The public count moves with the rows, in the same transaction."""
    db.flush()
    if not stored:
        return
    more = Consultation.response_count + stored
    db.execute(update(Consultation).where(Consultation.id == consultation.id).values(response_count=more))
    touch(db, f"consultation:{consultation.id}")


def _bound(sheet_id: int, row: int) -> bytes:
    return b"consultations.sheet" + sheet_id.to_bytes(8, "big") + row.to_bytes(4, "big")


def _record(db: Session, act: str, consultation_id: int, by: int, now: datetime, facts: dict[str, Any]) -> None:
    audit.record(db, act, SubjectRef("consultation", consultation_id), by=by, now=now, facts=facts)
