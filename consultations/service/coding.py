"""Codes: making them, putting them on what people wrote, renaming, merging and retiring them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from app.audit import service as audit
from app.core.batches import upsert
from app.core.errors import BadField, Conflict, FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from consultations.model import Code, Coding, FindingCode, Response
from consultations.queries import responses
from consultations.queries.reach import reach
from consultations.rules.reading import WHOLE, Passage, read_code_name, read_text, slug_of
from consultations.service.reading import mark_time

MOST_CODES = 300


class AnswerChanged(Conflict):
    """Its writer changed it between the page and the form."""

    code = "answer-changed"
    title = _("This answer has changed")
    message = _("Its writer sent another version while you were reading. Nothing was stored: read it again.")
    way_on = ("/desk/consultations", _("Back to the consultations"))


def code(
    db: Session,
    consultation_id: int,
    response_id: int,
    question: int,
    passages: Sequence[Passage],
    code_id: int,
    *,
    version: int,
    by: int,
    now: datetime,
) -> int:
    """Put a code on passages of an answer, on the whole answer where none is named. What has it already keeps it,
    with whoever gave it. How many were new; raises AnswerChanged, NotFound."""
    reach(db, by, consultation_id)
    response = responses.one(db, consultation_id, response_id, lock=True)
    given = _usable(db, consultation_id, code_id)
    if response.version != version:
        raise AnswerChanged
    length = len(responses.text_of(db, response, question))
    if any(p.end > length for p in passages):
        raise NotFound
    there = _passages(db, response, question, given.id)
    new = [p for p in passages or (WHOLE,) if p not in there]
    for passage in new:
        db.add(
            Coding(
                consultation_id=consultation_id,
                response_id=response.id,
                version=response.version,
                question=question,
                code_id=given.id,
                start=passage.start,
                end=passage.end,
                at=now,
                by_id=by,
            )
        )
    if new:
        response.marked_at = mark_time(db, consultation_id, now)
    db.flush()
    return len(new)


def _passages(db: Session, response: Response, question: int, code_id: int) -> set[Passage]:
    rows = select(Coding.start, Coding.end).where(
        Coding.response_id == response.id,
        Coding.question == question,
        Coding.code_id == code_id,
        Coding.version == response.version,
        Coding.removed_at.is_(None),
    )
    return {Passage(*row) for row in db.execute(rows)}


def remove(db: Session, consultation_id: int, coding_id: int, *, by: int, now: datetime) -> Coding:
    """Take a code off again; who had given it stays on record, and who took it off."""
    reach(db, by, consultation_id)
    coding = db.get(Coding, coding_id)
    if coding is None or coding.consultation_id != consultation_id:
        raise NotFound
    response = responses.one(db, consultation_id, coding.response_id, lock=True)
    db.refresh(coding)
    if coding.removed_at is None:
        coding.removed_at, coding.removed_by_id = now, by
        response.marked_at = mark_time(db, consultation_id, now)
        db.flush()
    return coding


def make(db: Session, consultation_id: int, name: str, description: str = "", *, by: int, now: datetime) -> Code:
    """A new code, or the one of that name that there is already; a retired one of that name raises Invalid."""
    reach(db, by, consultation_id)
    try:
        read, told = read_code_name(name), read_text(description)
    except BadField as wrong:
        raise Invalid([FieldError("name", wrong.message)]) from wrong
    known = _called(db, consultation_id, read)
    if known is not None:
        return _not_retired(known)
    if (db.scalar(select(func.count()).where(Code.consultation_id == consultation_id)) or 0) >= MOST_CODES:
        raise Invalid(
            [FieldError("name", str(_("There are {most} codes already; use one of them")).format(most=MOST_CODES))]
        )
    row = {"consultation_id": consultation_id, "name": read, "slug": slug_of(read), "description": told}
    added = upsert(db, Code.__table__).values(**row, at=now, by_id=by)  # type: ignore[arg-type]
    db.execute(added.on_conflict_do_nothing(index_elements=["consultation_id", "slug"]))
    made = _called(db, consultation_id, read)
    assert made is not None  # by us, or by somebody who was faster
    _record(db, "consultations.code-make", made, by, now)
    return made


def change(
    db: Session, consultation_id: int, code_id: int, name: str, description: str, *, by: int, now: datetime
) -> None:
    """Another name or description; raises Invalid where another code has the name."""
    reach(db, by, consultation_id)
    row = _locked(db, consultation_id, code_id)
    try:
        read, told = read_code_name(name), read_text(description)
    except BadField as wrong:
        raise Invalid([FieldError("name", wrong.message)]) from wrong
    other = _called(db, consultation_id, read)
    if other is not None and other.id != row.id:
        raise Invalid([FieldError("name", str(_("Another code has this name. Merge the two instead.")))])
    if (row.name, row.description) == (read, told):
        return
    row.name, row.slug, row.description = read, slug_of(read), told
    _record(db, "consultations.code-change", row, by, now)


def retire(db: Session, consultation_id: int, code_id: int, *, retired: bool, by: int, now: datetime) -> None:
    """Nothing newly gets it, what has it keeps it; or the other way. One that was merged stays so."""
    reach(db, by, consultation_id)
    row = _locked(db, consultation_id, code_id)
    if row.merged_into_id is not None or retired == (row.retired_at is not None):
        return
    row.retired_at, row.retired_by_id = (now, by) if retired else (None, None)
    _record(db, "consultations.code-retire" if retired else "consultations.code-bring-back", row, by, now)


def merge(db: Session, consultation_id: int, code_id: int, into_id: int, *, by: int, now: datetime) -> int:
    """Everything that has the one code has the other instead; findings, too. How many passages moved."""
    reach(db, by, consultation_id)
    if code_id == into_id:
        raise NotFound
    rows = {number: _locked(db, consultation_id, number) for number in sorted((code_id, into_id))}
    old, new = rows[code_id], rows[into_id]
    if old.merged_into_id is not None:
        raise NotFound
    _not_retired(new)
    _mark_all(db, consultation_id, old.id, now)
    moved = _move(db, old.id, new.id, by, now)
    _move_findings(db, old.id, new.id, by, now)
    old.retired_at, old.retired_by_id, old.merged_into_id = old.retired_at or now, old.retired_by_id or by, new.id
    _record(db, "consultations.code-merge", old, by, now, into=new.id, moved=moved)
    return moved


def _mark_all(db: Session, consultation_id: int, code_id: int, now: datetime) -> None:
    """In the order in which every writer goes through responses."""
    has = select(Coding.response_id).where(Coding.code_id == code_id, Coding.removed_at.is_(None))
    ids = db.scalars(
        select(Response.id).where(Response.id.in_(has)).order_by(Response.id).with_for_update(key_share=True)
    )
    ids.all()
    at = mark_time(db, consultation_id, now)
    db.execute(update(Response).where(Response.id.in_(has)).values(marked_at=at))


def _move(db: Session, old: int, new: int, by: int, now: datetime) -> int:
    """What has both keeps the new one; the old one's row ends."""
    other = aliased(Coding)
    same = and_(
        other.code_id == new,
        other.removed_at.is_(None),
        other.response_id == Coding.response_id,
        other.question == Coding.question,
        other.version == Coding.version,
        other.start == Coding.start,
        other.end == Coding.end,
    )
    live = (Coding.code_id == old, Coding.removed_at.is_(None))
    db.execute(update(Coding).where(*live, exists().where(same)).values(removed_at=now, removed_by_id=by))
    moved = db.execute(update(Coding).where(*live).values(code_id=new))
    return int(moved.rowcount)  # type: ignore[attr-defined]


def _move_findings(db: Session, old: int, new: int, by: int, now: datetime) -> None:
    for link in db.scalars(select(FindingCode).where(FindingCode.code_id == old)).all():
        if db.get(FindingCode, (link.finding_id, new)) is None:
            db.add(FindingCode(finding_id=link.finding_id, code_id=new, at=now, by_id=by))
        db.delete(link)
    db.flush()


def _usable(db: Session, consultation_id: int, code_id: int) -> Code:
    found = db.get(Code, code_id)
    if found is None or found.consultation_id != consultation_id:
        raise NotFound
    return _not_retired(found)


def _not_retired(found: Code) -> Code:
    if found.retired_at is not None:
        raise Invalid([FieldError("code", str(_("This code is retired: bring it back first, or choose another")))])
    return found


def _locked(db: Session, consultation_id: int, code_id: int) -> Code:
    wanted = select(Code).where(Code.id == code_id, Code.consultation_id == consultation_id).with_for_update()
    found = db.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def _called(db: Session, consultation_id: int, name: str) -> Code | None:
    return db.scalar(select(Code).where(Code.consultation_id == consultation_id, Code.slug == slug_of(name)))


def _record(db: Session, act: str, row: Code, by: int, now: datetime, **facts: int) -> None:
    db.flush()
    about = SubjectRef("consultation", row.consultation_id)
    audit.record(db, act, about, by=by, now=now, facts={"code": row.id} | facts)
