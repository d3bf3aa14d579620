"""Reports: readers say that something published breaks a rule, and moderators look at each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exc, false, func, or_, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.db import rows_changed
from app.core.errors import BadField, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import length, tidy
from app.moderation import queries
from app.moderation.model import Report

MOST_WORDS = 500
SORTS = ("most", "newest")
SHOWN_WORDS = 20
REMEMBERED = timedelta(days=7)
_SUBMISSION = re.compile(r"[\w-]{16,64}\Z", re.ASCII)


@dataclass(frozen=True)
class Reported:
    """Everything that waits about one subject. ``newest`` is the id of its latest report."""

    subject: SubjectRef
    count: int
    first_at: datetime
    last_at: datetime
    newest: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    words: Sequence[Report] = ()


@dataclass(frozen=True)
class Handled:
    """Reports about one subject that were marked at one moment; ``newest`` names them."""

    subject: SubjectRef
    count: int
    at: datetime
    by_id: int | None
    newest: int


def read_reason(db: Session, code: str) -> str:
    """The code of a rule that is in force; ``BadField`` asks for one."""
    if code not in {reason.code for reason in queries.reasons(db)}:
        raise BadField(_("Choose the rule that you think it breaks."))
    return code


def read_words(text: str) -> str:
    """What the reader wants to say beside it; may be empty."""
    text = tidy(text)
    if length(text) > MOST_WORDS:
        raise BadField(_("Keep your words to 500 characters."))
    return text


def report(
    db: Session,
    subject: SubjectRef,
    reason_code: str,
    words: str,
    *,
    submission: str = "",
    reporter_id: int | None = None,
    reporter_key: bytes | None = None,
    trusted: bool = False,
    digest: bytes | None = None,
    now: datetime,
) -> Report:
    """Store one report; the same form sent again, from a second click or another tab, is one.

    So is the same person's about the same revision. See :func:`app.moderation.hiding.receive`, which
    puts it before the moderators too.
    """
    submission_id = submission if _SUBMISSION.match(submission) else None
    twins = [Report.submission_id == submission_id] if submission_id is not None else []
    about = and_(_about(subject), Report.digest == digest)
    if reporter_id is not None:
        twins.append(and_(about, Report.reporter_id == reporter_id))
    if reporter_key is not None:
        twins.append(and_(about, Report.reporter_key == reporter_key))
    same = select(Report).where(or_(false(), *twins)).order_by(Report.id).limit(1)
    if twins and (twin := db.scalar(same)) is not None:
        return twin
    new = Report(
        subject_kind=subject.kind,
        subject_id=subject.id,
        reason_code=reason_code,
        words=words,
        at=now,
        state="waiting",
        submission_id=submission_id,
        reporter_id=reporter_id,
        reporter_key=reporter_key,
        trusted=trusted,
        digest=digest,
    )
    try:
        with db.begin_nested():
            db.add(new)
    except exc.IntegrityError:  # the other click was stored in between
        return db.scalars(same).one()
    return new


def handle(db: Session, subject: SubjectRef, *, up_to: int | None, by: int | None, now: datetime) -> int:
    """Mark what waits about a subject, up to the newest report that its reader saw (None: all); answers how many.

    ``by`` nobody: its author took it back, and nothing is left to look at.
    """
    seen = and_(_about(subject), Report.state == "waiting")
    if up_to is not None:
        seen = and_(seen, Report.id <= up_to)
    marked = update(Report).where(seen).values(state="handled", handled_at=now, handled_by_id=by)
    count = rows_changed(db.execute(marked.execution_options(synchronize_session=False)))
    if count:
        facts = {"reports": count, "newest": up_to}
        audit.record(db, "moderation.reports.handle", subject, by=by, now=now, facts=facts)
    return count


def wait_again(db: Session, report_id: int, *, by: int, now: datetime) -> int:
    """Undo the marking that this report was part of; answers how many wait again."""
    found = db.get(Report, report_id)
    if found is None:
        raise NotFound
    subject = SubjectRef(found.subject_kind, found.subject_id)
    together = and_(_about(subject), Report.state == "handled", Report.handled_at == found.handled_at)
    count = _reopen(db, together)
    if count:
        facts = {"reports": count, "newest": report_id}
        audit.record(db, "moderation.reports.undo", subject, by=by, now=now, facts=facts)
    return count


def newest_waiting(db: Session, subject: SubjectRef) -> int:
    """The newest report about one subject that waits; 0 without one."""
    return db.scalar(select(func.max(Report.id)).where(_about(subject), Report.state == "waiting")) or 0


def reopen(db: Session, subject: SubjectRef, handled_at: datetime) -> int:
    """Those that a decision at this instant answered wait again."""
    return _reopen(db, and_(_about(subject), Report.state == "handled", Report.handled_at == handled_at))


def _reopen(db: Session, which: ColumnElement[bool]) -> int:
    undone = update(Report).where(which).values(state="waiting", handled_at=None, handled_by_id=None)
    return rows_changed(db.execute(undone.execution_options(synchronize_session=False)))


def count_waiting(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(Report).where(Report.state == "waiting")) or 0


def count_about(db: Session, subject: SubjectRef) -> int:
    """How many reports about one subject wait."""
    return db.scalar(select(func.count()).where(_about(subject), Report.state == "waiting")) or 0


def count_ever(db: Session, subject: SubjectRef) -> int:
    """How many reports there were about one subject, handled ones counted."""
    return db.scalar(select(func.count()).where(_about(subject))) or 0


def reported(
    db: Session, *, sort: str = "most", about: SubjectRef | None = None, offset: int = 0, most: int = 25
) -> tuple[list[Reported], int]:
    """What waits, by subject: most reported or newest first; and of how many subjects in all."""
    waits = Report.state == "waiting" if about is None else and_(_about(about), Report.state == "waiting")
    count, last = func.count().label("reports"), func.max(Report.at).label("last_at")
    newest = func.max(Report.id).label("newest")
    grouped = (
        select(Report.subject_kind, Report.subject_id, count, func.min(Report.at).label("first_at"), last, newest)
        .where(waits)
        .group_by(Report.subject_kind, Report.subject_id)
    )
    total = db.scalar(select(func.count()).select_from(grouped.subquery())) or 0
    order = (last.desc(), count.desc()) if sort == "newest" else (count.desc(), last.desc())
    rows = db.execute(grouped.order_by(*order, Report.subject_kind, Report.subject_id).offset(offset).limit(most)).all()
    subjects = [SubjectRef(row.subject_kind, row.subject_id) for row in rows]
    reasons, words = _reasons(db, subjects), _words(db, subjects)
    return [
        Reported(s, r.reports, r.first_at, r.last_at, r.newest, reasons.get(s, {}), words.get(s, ()))
        for s, r in zip(subjects, rows, strict=True)
    ], total


def handled_lately(db: Session, now: datetime, most: int = 10) -> list[Handled]:
    """What was marked within a week, the latest first."""
    marked = (
        select(
            Report.subject_kind,
            Report.subject_id,
            Report.handled_at,
            Report.handled_by_id,
            func.count().label("reports"),
            func.max(Report.id).label("newest"),
        )
        .where(Report.state == "handled", Report.handled_at >= now - REMEMBERED)
        .group_by(Report.subject_kind, Report.subject_id, Report.handled_at, Report.handled_by_id)
        .order_by(Report.handled_at.desc(), Report.subject_id)
        .limit(most)
    )
    return [
        Handled(SubjectRef(r.subject_kind, r.subject_id), r.reports, r.handled_at, r.handled_by_id, r.newest)
        for r in db.execute(marked)
    ]


def _about(subject: SubjectRef) -> ColumnElement[bool]:
    return and_(Report.subject_kind == subject.kind, Report.subject_id == subject.id)


def _waiting_about(subjects: Sequence[SubjectRef]) -> ColumnElement[bool]:
    return and_(Report.state == "waiting", or_(*(_about(s) for s in subjects)))


def _reasons(db: Session, subjects: Sequence[SubjectRef]) -> dict[SubjectRef, dict[str, int]]:
    """How many reports name each rule, the commonest first."""
    if not subjects:
        return {}
    counted = (
        select(Report.subject_kind, Report.subject_id, Report.reason_code, func.count().label("count"))
        .where(_waiting_about(subjects))
        .group_by(Report.subject_kind, Report.subject_id, Report.reason_code)
        .order_by(func.count().desc(), Report.reason_code)
    )
    found: dict[SubjectRef, dict[str, int]] = {}
    for kind, subject_id, code, count in db.execute(counted):
        found.setdefault(SubjectRef(kind, subject_id), {})[code] = count
    return found


def _words(db: Session, subjects: Sequence[SubjectRef]) -> dict[SubjectRef, list[Report]]:
    """The newest words about each."""
    if not subjects:
        return {}
    place: Any = func.row_number().over(
        partition_by=(Report.subject_kind, Report.subject_id), order_by=(Report.at.desc(), Report.id.desc())
    )
    ranked = select(Report.id, place.label("place")).where(_waiting_about(subjects), Report.words != "").subquery()
    wanted = select(Report).join(ranked, ranked.c.id == Report.id).where(ranked.c.place <= SHOWN_WORDS)
    found: dict[SubjectRef, list[Report]] = {}
    for row in db.scalars(wanted.order_by(Report.at.desc(), Report.id.desc())):
        found.setdefault(SubjectRef(row.subject_kind, row.subject_id), []).append(row)
    return found
