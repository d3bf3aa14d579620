"""Codes, where they are, and what stands behind findings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from consultations.model import Code, Coding, Finding, FindingCode, FindingPassage, Response, ResponseVersion
from consultations.queries.columns import Columns, Key
from consultations.queries.responses import answers_of
from consultations.rules.reading import Passage
from consultations.rules.responses import ResponseState


def codes(db: Session, consultation_id: int) -> Sequence[Code]:
    """By name; those that are retired or merged last."""
    rows = db.scalars(select(Code).where(Code.consultation_id == consultation_id)).all()
    return sorted(rows, key=lambda c: (c.retired_at is not None, c.slug))


def code(db: Session, consultation_id: int, code_id: int) -> Code:
    found = db.get(Code, code_id)
    if found is None or found.consultation_id != consultation_id:
        raise NotFound
    return found


def codings(db: Session, response_ids: Collection[int], question: int | None = None) -> Mapping[int, Sequence[Coding]]:
    """That stand, by response, in the order of the text; also those on earlier versions."""
    mine = select(Coding).where(Coding.response_id.in_(response_ids), Coding.removed_at.is_(None))
    mine = mine if question is None else mine.where(Coding.question == question)
    found: dict[int, list[Coding]] = {i: [] for i in response_ids}
    for row in db.scalars(mine.order_by(Coding.question, Coding.start, Coding.id)):
        found[row.response_id].append(row)
    return found


@dataclass(frozen=True)
class Behind:
    """What stands behind a finding: the bits of its people, its codes, the passages that it quotes."""

    finding: Finding
    codes: Sequence[Code]
    questions: Sequence[int]
    bits: int
    quotes: Sequence[Quote]

    @property
    def people(self) -> int:
        return self.bits.bit_count()


class Quote(NamedTuple):
    """One passage in its writer's words. ``stands``: its response counts and says so still."""

    coding: Coding
    text: str
    stands: bool


def finding(db: Session, consultation_id: int, finding_id: int) -> Finding:
    found = db.get(Finding, finding_id)
    if found is None or found.consultation_id != consultation_id:
        raise NotFound
    return found


def findings(db: Session, consultation_id: int, *, removed: bool = False) -> Sequence[Finding]:
    """In the order in which they are told."""
    is_gone = Finding.removed_at.is_not(None) if removed else Finding.removed_at.is_(None)
    mine = select(Finding).where(Finding.consultation_id == consultation_id, is_gone)
    return db.scalars(mine.order_by(Finding.place, Finding.id)).all()


def behind(db: Session, columns: Columns, those: Sequence[Finding]) -> list[Behind]:
    """Everybody whose response counts and says, as it stands, what one of the finding's codes or quotes was put on."""
    ids = [f.id for f in those]
    linked = select(FindingCode.finding_id, Code).join(Code, Code.id == FindingCode.code_id)
    by_finding: dict[int, list[Code]] = {i: [] for i in ids}
    for number, found in db.execute(linked.where(FindingCode.finding_id.in_(ids)).order_by(Code.slug)):
        by_finding[number].append(found)
    quoted = quotes(db, ids)
    return [_behind(columns, f, by_finding[f.id], quoted[f.id]) for f in those]


def _behind(columns: Columns, one: Finding, its_codes: Sequence[Code], its_quotes: Sequence[Quote]) -> Behind:
    questions = questions_of(one)
    bits = columns.of(q.coding.response_id for q in its_quotes if q.stands)
    for found in its_codes:
        keys: list[Key] = [("code", found.id, q) for q in questions]
        for key in keys or [("code", found.id)]:
            bits |= columns[key]
    return Behind(one, its_codes, questions, bits & columns.submitted, its_quotes)


def questions_of(one: Finding) -> list[int]:
    return msgspec.json.decode(one.questions, type=list[int])


def quotes(db: Session, finding_ids: Collection[int]) -> Mapping[int, Sequence[Quote]]:
    rows = (
        select(FindingPassage.finding_id, Coding, Response)
        .join(Coding, Coding.id == FindingPassage.coding_id)
        .join(Response, Response.id == Coding.response_id)
        .where(FindingPassage.finding_id.in_(finding_ids))
        .order_by(FindingPassage.finding_id, FindingPassage.at, Coding.id)
    )
    found: dict[int, list[Quote]] = {i: [] for i in finding_ids}
    for number, coding, response in db.execute(rows):
        stands = coding.removed_at is None and response.state == ResponseState.SUBMITTED
        found[number].append(Quote(coding, passage_text(db, coding), stands and coding.version == response.version))
    return found


def passage_text(db: Session, coding: Coding) -> str:
    """What the code was put on, of the version that was coded."""
    version = db.get_one(ResponseVersion, (coding.response_id, coding.version))
    text = answers_of(version).get(coding.question)
    return Passage(coding.start, coding.end).of(text) if isinstance(text, str) else ""


def candidates(db: Session, one: Finding, its_codes: Sequence[Code], most: int) -> list[Quote]:
    """Passages with its codes that it does not quote yet: those that are shorter than an answer first."""
    taken = select(FindingPassage.coding_id).where(FindingPassage.finding_id == one.id)
    rows = (
        select(Coding)
        .join(Response, (Response.id == Coding.response_id) & (Response.version == Coding.version))
        .where(
            Coding.code_id.in_([c.id for c in its_codes]),
            Coding.removed_at.is_(None),
            Coding.id.not_in(taken),
            Response.state == ResponseState.SUBMITTED,
        )
    )
    if questions := questions_of(one):
        rows = rows.where(Coding.question.in_(questions))
    found = db.scalars(rows.order_by(Coding.group_id.is_not(None), Coding.end == 0, Coding.id.desc()).limit(most)).all()
    return [Quote(c, passage_text(db, c), True) for c in found]


def findings_of_response(db: Session, columns: Columns, consultation_id: int, response_id: int) -> list[Finding]:
    """In which findings this response was counted: the line from what somebody wrote to what was heard."""
    place = columns.places.get(response_id)
    if place is None:
        return []
    those = behind(db, columns, findings(db, consultation_id))
    return [b.finding for b in those if b.bits >> place & 1]
