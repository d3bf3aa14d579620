"""Outcomes and promises as programs, feeds and tables have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.core.i18n import _
from app.core.text.sheet import Cell
from app.core.web import atom
from app.departments.model import Department
from app.outcomes.contribution import Referred
from app.outcomes.model import Answer
from app.outcomes.queries.shown import PromiseOfSubject, ShownOutcome, ShownPromise
from app.outcomes.rules.answers import GRADE_NAMES, Addressed, Grade
from app.outcomes.rules.commitments import PROGRESS_NAMES, Progress
from app.outcomes.rules.deadlines import last_day

OUTCOME_COLUMNS = (
    "id", "subject", "url", "people", "cause", "state", "department", "received_at", "due_on", "days_late",
    "answered_at", "grade", "summary", "promises", "promises_kept", "promises_late",
    "addressed_yes", "addressed_partly", "addressed_no",
)  # fmt: skip
PROMISE_COLUMNS = (
    "id", "url", "promise", "owner", "department", "due_on", "progress", "days_late", "updated_at", "subject",
    "subject_url",
)  # fmt: skip


def outcome(found: ShownOutcome, base: str, zone: ZoneInfo) -> dict[str, Any]:
    row = found.row
    return {
        "id": row.id,
        "subject": subject(row.subject_kind, row.subject_id, found.subject, base),
        "cause": row.cause,
        "state": row.state,
        "department": department(found.department, base),
        "received_at": instant(row.received_at),
        "due_on": _due_on(found, zone),
        "days_late": found.late,
        "answered_at": instant(row.answered_at),
        "answer": answer(found.answer),
        "promises": [promised(p, base) for p in found.promises],
        "addressed": addressed(found.said),
    }


def promise(found: PromiseOfSubject, base: str) -> dict[str, Any]:
    row = found.promise.row
    return {
        **promised(found.promise, base),
        "department": department(found.promise.department, base),
        "subject": subject(row.subject_kind, row.subject_id, found.subject, base),
        "answer": answer(found.answer),
    }


def subject(kind: str, number: int, shown: Referred, base: str) -> dict[str, Any]:
    return {"kind": kind, "id": number, "title": shown.title, "url": base + shown.href, "people": shown.people}


def department(found: Department | None, base: str) -> dict[str, str] | None:
    return {"slug": found.slug, "name": found.name, "url": f"{base}/departments/{found.slug}"} if found else None


def answer(given: Answer | None) -> dict[str, Any] | None:
    if given is None:
        return None
    return {
        "grade": given.grade,
        "summary": given.summary,
        "version": given.version,
        "given_at": instant(given.at),
        "examine_by": day(given.examine_by),
    }


def promised(found: ShownPromise, base: str) -> dict[str, Any]:
    row = found.row
    return {
        "id": row.id,
        "url": f"{base}/commitments/{row.id}",
        "text": row.text,
        "owner": row.owner,
        "due_on": day(row.due_on),
        "progress": row.progress,
        "days_late": found.late,
        "updated_at": instant(row.updated_at),
    }


def addressed(said: Mapping[str, int]) -> dict[str, int]:
    counts = {str(each): said.get(each, 0) for each in Addressed}
    return {**counts, "people": sum(counts.values())}


def outcome_entry(found: ShownOutcome, base: str) -> atom.Entry:
    """One entry for each referral: it is new again with its answer."""
    row, link = found.row, base + found.subject.href
    if found.answer is not None:
        link += f"#answer-{row.id}"
    return atom.Entry(
        id=f"{base}/outcomes#{row.id}",
        title=found.subject.title,
        link=link,
        updated=found.answer.at if found.answer else row.received_at,
        published=row.received_at,
        summary=_sentence(found),
        categories=[(found.department.slug, found.department.name)] if found.department else (),
    )


def _sentence(found: ShownOutcome) -> str:
    who = found.department.name if found.department else str(_("The department"))
    if found.answer is None:
        return _("{name} owes an answer.").format(name=who)
    grade = f"{GRADE_NAMES[Grade(found.answer.grade)]}. " if found.answer.grade else ""
    return f"{who}: {grade}{found.answer.summary}"


def promise_entry(found: PromiseOfSubject, base: str) -> atom.Entry:
    row, who = found.promise.row, found.promise.department
    link = f"{base}/commitments/{row.id}"
    return atom.Entry(
        id=link,
        title=row.text,
        link=link,
        updated=row.updated_at,
        published=row.made_at,
        summary=f"{PROGRESS_NAMES[Progress(row.progress)]}. {found.subject.title}",
        categories=[(who.slug, who.name)] if who else (),
    )


def outcome_row(found: ShownOutcome, base: str, zone: ZoneInfo) -> Sequence[Cell]:
    """As :data:`OUTCOME_COLUMNS` has it."""
    row, given, said = found.row, found.answer, addressed(found.said)
    return (
        row.id,
        found.subject.title,
        base + found.subject.href,
        found.subject.people,
        row.cause,
        row.state,
        found.department.slug if found.department else None,
        instant(row.received_at),
        _due_on(found, zone),
        found.late,
        instant(row.answered_at),
        given.grade if given else None,
        given.summary if given else None,
        len(found.promises),
        sum(p.row.progress == Progress.DONE for p in found.promises),
        sum(p.late > 0 for p in found.promises),
        *(said[each] for each in Addressed),
    )


def promise_row(found: PromiseOfSubject, base: str) -> Sequence[Cell]:
    """As :data:`PROMISE_COLUMNS` has it."""
    row, who = found.promise.row, found.promise.department
    return (
        row.id,
        f"{base}/commitments/{row.id}",
        row.text,
        row.owner,
        who.slug if who else None,
        day(row.due_on),
        row.progress,
        found.promise.late,
        instant(row.updated_at),
        found.subject.title,
        base + found.subject.href,
    )


def _due_on(found: ShownOutcome, zone: ZoneInfo) -> str | None:
    """The last local day on which an answer is in time."""
    return day(last_day(found.row.due_at, zone)) if found.row.due_at else None


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def instant(value: datetime | None) -> str | None:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if value else None
