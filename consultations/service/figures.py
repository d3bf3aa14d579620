"""Freezing the figures of closed questions when "you said" is first released.

They count whoever the published roll of digests names, and are never counted again: a second table, of the same people
and one who was let in late, would tell what that one answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from consultations.model import Consultation, Figures, Response, Roll
from consultations.queries.columns import Columns, columns, questions
from consultations.queries.questionnaires import questionnaire
from consultations.queries.tables import Table, is_counted, tables_of
from consultations.rules.figures import Count, ShownQuestion, ShownTable, those_who_count
from consultations.rules.questionnaire import Question
from consultations.rules.responses import Consent, ResponseState
from consultations.rules.rolls import unpack
from consultations.rules.tables import Cell
from consultations.service.roll import newest_roll, write_roll


def freeze(db: Session, consultation: Consultation, small: int, now: datetime) -> None:
    """Once for each consultation that asks closed questions; the caller holds its lock."""
    asked = questions(db, consultation.id)
    if db.get(Figures, consultation.id) is not None or not any(map(_is_public, asked.values())):
        return
    roll = newest_roll(db, consultation.id) or write_roll(db, consultation, now)
    among, left_out = those_who_count(*_on_the_roll(db, consultation.id, roll), small)
    stands = columns(db, consultation.id)
    bits = stands.of(among) & stands.submitted
    numbers = questionnaire(db, consultation.id, consultation.questionnaire_version).numbers
    made = [_shown(stands, q, numbers, bits, small) for q in _in_order(asked, numbers)]
    frozen = Figures(
        consultation_id=consultation.id, roll_id=roll.id, responses=bits.bit_count(), left_out=left_out, small=small,
        questions=msgspec.json.encode(made).decode(), at=now,
    )  # fmt: skip
    db.add(frozen)
    db.flush()


def _is_public(question: Question) -> bool:
    return is_counted(question) and not question.confidential


def _in_order(asked: Mapping[int, Question], numbers: Mapping[int, int]) -> list[Question]:
    """As they are asked now; what is asked no more comes last."""
    public = [q for q in asked.values() if _is_public(q)]
    return sorted(public, key=lambda q: (not numbers.get(q.id), numbers.get(q.id, 0), q.id))


def _on_the_roll(db: Session, consultation_id: int, roll: Roll) -> tuple[set[int], set[int]]:
    """Whose digest the roll has, and who of them wants nothing published."""
    counts = select(Response.id, Response.digest, Response.consent).where(
        Response.consultation_id == consultation_id, Response.state == ResponseState.SUBMITTED
    )
    named = set(unpack(roll.digests))
    rows = [row for row in db.execute(counts) if row.digest in named]
    return {row.id for row in rows}, {row.id for row in rows if row.consent == Consent.NONE}


def _shown(stands: Columns, question: Question, numbers: Mapping[int, int], among: int, small: int) -> ShownQuestion:
    """One table of all of them, and no second one of the same people, by which the two could be compared."""
    tables = [_without_small(t) for t in tables_of(stands, question, among, small=small)]
    return ShownQuestion(question.id, numbers.get(question.id, 0), question.text, tables)


def _without_small(table: Table) -> ShownTable:
    return ShownTable(
        caption=table.caption,
        rows=list(table.rows),
        columns=list(table.columns),
        cells=[_public(row) for row in table.cells],
        row_people=_public(table.row_people),
        people=table.people.public,
        mean=table.mean,
    )


def _public(cells: Sequence[Cell]) -> list[Count]:
    return [cell.public for cell in cells]
