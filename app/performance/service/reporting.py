"""Administrators record who tested how accessible the site is, what did not work, and when it was mended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.service import record as record_act
from app.core.errors import BadField, Conflict, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.performance.model import Problem, Report
from app.performance.queries.figures import PERFORMANCE
from app.performance.rules.reports import Recorded

SUBJECT = "accessibility-report"


class TakenBack(Conflict):
    code = "report-taken-back"
    title = _("This report has been taken back")
    message = _("Nothing was changed. Record the test anew if it was taken back by mistake.")
    way_on = ("/admin/accessibility", _("Back to the reports"))


def record(db: Session, tested: Recorded, *, by: int, now: datetime) -> Report:
    """A new report; the same one sent twice is one."""
    if (twin := _twin(db, tested)) is not None:
        return twin
    report = Report(
        tested_on=tested.tested_on,
        standard=tested.standard,
        tested_by=tested.tested_by,
        how=tested.how,
        passed=tested.passed,
        failed=tested.failed,
        link=tested.link,
        recorded_at=now,
        by_id=by,
        taken_back_reason="",
    )
    db.add(report)
    db.flush()
    db.add_all([Problem(report_id=report.id, words=words) for words in tested.problems])
    db.flush()
    _record(db, "performance.report.record", report, by, now)
    return report


def mend(db: Session, report_id: int, problem_id: int, mended_on: date, *, by: int, today: date, now: datetime) -> None:
    """What did not work does since a day. ``BadField`` where that day cannot be."""
    report = _standing(db, report_id)
    problem = db.get(Problem, problem_id)
    if problem is None or problem.report_id != report.id:
        raise NotFound
    if not report.tested_on <= mended_on <= today:
        raise BadField(_("Enter a day from the day of the test to today."))
    if problem.mended_on != mended_on:
        problem.mended_on, problem.by_id = mended_on, by
        _record(db, "performance.report.mend", report, by, now)


def take_back(db: Session, report_id: int, reason: str, *, by: int, now: datetime) -> None:
    """It was recorded by mistake: it stays on record, and nobody is shown it any more."""
    report = _standing(db, report_id)
    report.taken_back_at, report.taken_back_reason = now, reason
    _record(db, "performance.report.take-back", report, by, now)


def problems_of(db: Session, report_id: int) -> Sequence[Problem]:
    return db.scalars(select(Problem).where(Problem.report_id == report_id).order_by(Problem.id)).all()


def one(db: Session, report_id: int) -> Report:
    report = db.get(Report, report_id)
    if report is None:
        raise NotFound
    return report


def _twin(db: Session, tested: Recorded) -> Report | None:
    same = select(Report).where(
        Report.tested_on == tested.tested_on,
        Report.standard == tested.standard,
        Report.tested_by == tested.tested_by,
        Report.passed == tested.passed,
        Report.failed == tested.failed,
        Report.taken_back_at.is_(None),
    )
    return db.scalar(same.limit(1))


def _standing(db: Session, report_id: int) -> Report:
    locked = select(Report).where(Report.id == report_id).with_for_update(key_share=True)
    report = db.scalar(locked.execution_options(populate_existing=True))
    if report is None:
        raise NotFound
    if report.taken_back_at is not None:
        raise TakenBack
    return report


def _record(db: Session, act: str, report: Report, by: int, now: datetime) -> None:
    db.flush()
    facts = {"tested_on": report.tested_on.isoformat()}
    record_act(db, act, SubjectRef(SUBJECT, report.id), by=by, now=now, facts=facts)
    touch(db, PERFORMANCE)
