"""Findings: what was heard, built from codes and passages that people put there, in the order it is told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import BadField, Conflict, FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from consultations.model import Code, Coding, Finding, FindingCode, FindingPassage
from consultations.queries.reach import reach
from consultations.rules.reading import read_text, read_title

MOST_FINDINGS, MOST_QUOTES = 100, 20


class FindingChanged(Conflict):
    """A colleague saved between this form's page and its sending."""

    code = "finding-changed"
    title = _("A colleague changed this finding while you were writing")
    message = _("Nothing was stored. Open the finding again, compare, and save your text.")
    way_on = ("/desk/consultations", _("Back to the consultations"))


def add(
    db: Session,
    consultation_id: int,
    title: str,
    text: str,
    *,
    codes: Collection[int],
    questions: Collection[int] = (),
    by: int,
    now: datetime,
) -> Finding:
    """A finding at the end; raises Invalid for a missing title, or without a code behind it."""
    reach(db, by, consultation_id, lock=True)
    read, told = _words(title, text)
    behind = _codes(db, consultation_id, codes)
    there = select(func.count(), func.coalesce(func.max(Finding.place), 0)).where(
        Finding.consultation_id == consultation_id, Finding.removed_at.is_(None)
    )
    count, last = db.execute(there).one()
    if count >= MOST_FINDINGS:
        raise Invalid([FieldError("title", str(_("There are {most} findings already")).format(most=MOST_FINDINGS))])
    made = Finding(
        consultation_id=consultation_id,
        title=read,
        text=told,
        questions=_numbers(questions),
        place=last + 1,
        at=now,
        by_id=by,
        changed_at=now,
        changed_by_id=by,
    )
    db.add(made)
    db.flush()
    _set_codes(db, made, behind, by, now)
    _record(db, "consultations.finding-add", made, by, now)
    return made


def change(
    db: Session,
    consultation_id: int,
    finding_id: int,
    title: str,
    text: str,
    *,
    codes: Collection[int],
    questions: Collection[int] = (),
    seen: int,
    by: int,
    now: datetime,
) -> None:
    """``seen``: the revision that its writer had before them; raises FindingChanged for another."""
    finding = locked(db, consultation_id, finding_id, by)
    read, told = _words(title, text)
    behind = _codes(db, consultation_id, codes)
    if finding.revision != seen:
        raise FindingChanged
    finding.title, finding.text, finding.questions = read, told, _numbers(questions)
    _set_codes(db, finding, behind, by, now)
    _touch(finding, by, now)
    _record(db, "consultations.finding-change", finding, by, now)


def move(db: Session, consultation_id: int, finding_id: int, *, up: bool, by: int, now: datetime) -> None:
    """One place up or down among those that stand."""
    finding = locked(db, consultation_id, finding_id, by)
    rows = list(standing(db, consultation_id))
    here = next(i for i, row in enumerate(rows) if row.id == finding.id)
    there = here - 1 if up else here + 1
    if 0 <= there < len(rows):
        rows[here], rows[there] = rows[there], rows[here]
        for place, row in enumerate(rows, start=1):
            row.place = place
    db.flush()


def remove(db: Session, consultation_id: int, finding_id: int, *, removed: bool, by: int, now: datetime) -> None:
    """Off the list, or back at its end; nothing of it is lost."""
    finding = locked(db, consultation_id, finding_id, by)
    if removed == (finding.removed_at is not None):
        return
    if not removed:
        last = db.scalar(select(func.max(Finding.place)).where(Finding.consultation_id == consultation_id)) or 0
        finding.place = last + 1
    finding.removed_at, finding.removed_by_id = (now, by) if removed else (None, None)
    _record(db, "consultations.finding-remove" if removed else "consultations.finding-put-back", finding, by, now)


def quote(db: Session, consultation_id: int, finding_id: int, coding_id: int, *, by: int, now: datetime) -> None:
    """Show this passage with the finding; raises Invalid once it has enough of them."""
    finding = locked(db, consultation_id, finding_id, by)
    coding = db.get(Coding, coding_id)
    if coding is None or coding.consultation_id != consultation_id or coding.removed_at is not None:
        raise NotFound
    if db.get(FindingPassage, (finding.id, coding.id)) is not None:
        return
    mine = select(func.count()).where(FindingPassage.finding_id == finding.id)
    if (db.scalar(mine) or 0) >= MOST_QUOTES:
        raise Invalid(
            [FieldError("quote", str(_("A finding quotes {most} passages at most")).format(most=MOST_QUOTES))]
        )
    db.add(FindingPassage(finding_id=finding.id, coding_id=coding.id, at=now, by_id=by))
    _touch(finding, by, now)


def unquote(db: Session, consultation_id: int, finding_id: int, coding_id: int, *, by: int, now: datetime) -> None:
    finding = locked(db, consultation_id, finding_id, by)
    link = db.get(FindingPassage, (finding.id, coding_id))
    if link is not None:
        db.delete(link)
        _touch(finding, by, now)


def standing(db: Session, consultation_id: int) -> list[Finding]:
    """In the order in which they are told."""
    mine = select(Finding).where(Finding.consultation_id == consultation_id, Finding.removed_at.is_(None))
    return list(db.scalars(mine.order_by(Finding.place, Finding.id)))


def locked(db: Session, consultation_id: int, finding_id: int, by: int) -> Finding:
    """Under the lock of its consultation, so that places are given one after another."""
    reach(db, by, consultation_id, lock=True)
    found = db.get(Finding, finding_id, populate_existing=True)
    if found is None or found.consultation_id != consultation_id:
        raise NotFound
    return found


def _words(title: str, text: str) -> tuple[str, str]:
    errors, read, told = [], "", ""
    try:
        read = read_title(title)
    except BadField as wrong:
        errors.append(FieldError("title", wrong.message))
    try:
        told = read_text(text)
    except BadField as wrong:
        errors.append(FieldError("text", wrong.message))
    if errors:
        raise Invalid(errors)
    return read, told


def _codes(db: Session, consultation_id: int, codes: Collection[int]) -> set[int]:
    known = select(Code.id).where(
        Code.id.in_(codes), Code.consultation_id == consultation_id, Code.merged_into_id.is_(None)
    )
    found = set(db.scalars(known))
    if not found or found != set(codes):
        raise Invalid([FieldError("codes", str(_("Choose the codes that stand behind this finding")))])
    return found


def _set_codes(db: Session, finding: Finding, wanted: set[int], by: int, now: datetime) -> None:
    stands = set(db.scalars(select(FindingCode.code_id).where(FindingCode.finding_id == finding.id)))
    gone = FindingCode.code_id.in_(stands - wanted)
    db.execute(delete(FindingCode).where(FindingCode.finding_id == finding.id, gone))
    db.add_all(FindingCode(finding_id=finding.id, code_id=c, at=now, by_id=by) for c in sorted(wanted - stands))
    db.flush()


def _numbers(questions: Collection[int]) -> str:
    return msgspec.json.encode(sorted(set(questions))).decode()


def _touch(finding: Finding, by: int, now: datetime) -> None:
    finding.revision += 1
    finding.changed_at, finding.changed_by_id = now, by


def _record(db: Session, act: str, finding: Finding, by: int, now: datetime) -> None:
    db.flush()
    about = SubjectRef("consultation", finding.consultation_id)
    audit.record(db, act, about, by=by, now=now, facts={"finding": finding.id})
