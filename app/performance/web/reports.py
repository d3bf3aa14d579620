"""Administrators keep the reports of accessibility."""

from __future__ import annotations

from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField
from app.core.local_times import read_day
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.operation.rules import read_reason
from app.performance.model import Report
from app.performance.queries import reports
from app.performance.rules.reports import (
    Recorded,
    check_day,
    read_count,
    read_how,
    read_link,
    read_problems,
    read_standard,
    read_tester,
)
from app.performance.service import reporting

ACT = "performance.accessibility"
PATH = "/admin/accessibility"
STANDARD = "WCAG 2.2 AA"


@get(PATH, name="performance.reports", guards=[may(ACT)], sync_to_thread=True)
def report_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _list(request, db, account, Form(values={"standard": STANDARD}))


@post(PATH, name="performance.reports.post", guards=[may(ACT)], sync_to_thread=True, status_code=303, writes=True)
def add_report(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    shown = Form(values=form)
    tested = _read(shown, _today(request))
    if tested is None:
        return _list(request, db, account, shown, status=422)
    report = reporting.record(db, tested, by=account.id, now=request.app.state.clock.now())
    return see_other(f"{PATH}/{report.id}?done=recorded")


@get(f"{PATH}/{{report_id:int}}", name="performance.report", guards=[may(ACT)], sync_to_thread=True)
def report_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    report_id: FromPath[int],
) -> Response[bytes]:
    return _one(request, db, account, reporting.one(db, report_id), Form())


@post(
    f"{PATH}/{{report_id:int}}/problems/{{problem_id:int}}",
    name="performance.report.mend",
    guards=[may(ACT)],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def mend(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    report_id: FromPath[int],
    problem_id: FromPath[int],
) -> Response[Any]:
    """A problem works since a day."""
    field, today = f"mended-{problem_id}", _today(request)
    shown = Form(values={field: form.get("mended_on", form.get(field, ""))})
    day = shown.read(field, read_day)
    if day is not None:
        try:
            now = request.app.state.clock.now()
            reporting.mend(db, report_id, problem_id, day, by=account.id, today=today, now=now)
        except BadField as wrong:
            shown.refuse(field, wrong.message)
    if shown.errors:
        return _one(request, db, account, reporting.one(db, report_id), shown, status=422)
    return see_other(f"{PATH}/{report_id}?done=mended")


@post(
    f"{PATH}/{{report_id:int}}/take-back",
    name="performance.report.take-back",
    guards=[may(ACT)],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def take_back(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    report_id: FromPath[int],
) -> Response[Any]:
    """It was recorded by mistake."""
    shown = Form(values=form)
    reason = shown.read("reason", read_reason)
    if reason is None:
        return _one(request, db, account, reporting.one(db, report_id), shown, status=422)
    reporting.take_back(db, report_id, reason, by=account.id, now=request.app.state.clock.now())
    return see_other(f"{PATH}?done=taken-back")


def _read(shown: Form, today: date) -> Recorded | None:
    """What was typed; None with its faults in the form."""
    day = shown.read("tested_on", lambda text: check_day(read_day(text), today))
    standard, by = shown.read("standard", read_standard), shown.read("tested_by", read_tester)
    how, link = shown.read("how", read_how), shown.read("link", read_link)
    passed, failed = shown.read("passed", read_count), shown.read("failed", read_count)
    problems = shown.read("problems", read_problems)
    if day is None or standard is None or by is None or how is None or link is None:
        return None
    if passed is None or failed is None or problems is None:
        return None
    return Recorded(day, standard, by, how, passed, failed, link, problems)


def _today(request: Request[Any, Any, Any]) -> date:
    state = request.app.state
    today: date = state.clock.now().astimezone(state.settings.zone).date()
    return today


def _list(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "performance/admin_reports.html",
        status=status,
        staff=account,
        form=form,
        newest=reports.newest(db, _today(request)),
        rows=reports.everyone(db),
        done=request.query_params.get("done", ""),
    )
    return response


def _one(
    request: Request[Any, Any, Any], db: Session, account: Account, row: Report, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "performance/admin_report.html",
        status=status,
        staff=account,
        form=form,
        tested=reports.tested(db, row, _today(request)),
        done=request.query_params.get("done", ""),
    )
    return response


HANDLERS = [report_list, add_report, report_page, mend, take_back]
