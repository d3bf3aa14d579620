"""The reading desk: the consultations of an officer's department, and one of them at a glance."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.paging import Page, read_page
from app.core.web.page import see_other
from app.departments.acting import department_of
from consultations.model import Consultation
from consultations.queries.columns import ORGANISATION, READ, REJECTED, columns
from consultations.queries.reach import within
from consultations.queries.responses import next_unread
from consultations.rules.lifecycle import PHASE_NAMES, STAGE_NAMES, Phase, Stage, phase_of
from consultations.rules.questionnaire import Question
from consultations.service import ending
from consultations.web.desk_frame import Asking, Desk, desk_of, share

A_PAGE = 20


class Line(NamedTuple):
    """One consultation of the list."""

    consultation: Consultation
    phase: str
    people: int
    read_share: int
    due_at: datetime | None
    leads: bool


@get("/desk/consultations", name="consultations.desk", guards=[may("consultations.read")], sync_to_thread=True)
def consultations_of_mine(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """What this department leads or supports; what closes last comes first."""
    state, department = request.app.state, department_of(db, account)
    now, mine = state.clock.now(), within(department.id)
    total = db.scalar(select(func.count()).select_from(Consultation).where(mine)) or 0
    page = read_page(request.query_params.get("page", ""))
    ordered = select(Consultation).where(mine).order_by(Consultation.closes_at.desc(), Consultation.id.desc())
    rows = db.scalars(ordered.offset((page - 1) * A_PAGE).limit(A_PAGE)).all()
    days = int(state.settings.section("outcomes").get("days_consultation", "84"))
    response: Response[bytes] = state.pages.personal(
        "consultations/desk/list.html",
        staff=account,
        department=department,
        lines=[_line(db, row, department.id, now, timedelta(days=days)) for row in rows],
        paging=Page(rows, total, page, "/desk/consultations", {}, A_PAGE),
        now=now,
    )
    return response


def _line(db: Session, row: Consultation, department_id: int, now: datetime, owed: timedelta) -> Line:
    phase = phase_of(row, now)
    closed = phase is Phase.CLOSED and row.closes_at is not None
    people, read = row.response_count, 0
    if people:
        read = columns(db, row.id).count(READ)
    due = row.closes_at + owed if closed and row.closes_at is not None else None
    return Line(row, _phase(row, phase), people, share(read, people), due, row.department_id == department_id)


def _phase(row: Consultation, phase: Phase | None) -> str:
    if phase is Phase.CLOSED:
        return str(STAGE_NAMES[Stage(row.stage)])
    return str(PHASE_NAMES[phase]) if phase is not None else ""


class Progress(NamedTuple):
    """How far one question is read: of those who answered it in words so many have a code."""

    question: Question
    number: int
    answered: int
    coded: int
    share: int


@get(
    "/desk/consultations/{consultation_id:int}",
    name="consultations.desk.one",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def one(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    desk = desk_of(request, db, account, consultation_id)
    now = request.app.state.clock.now()
    phase = phase_of(desk.consultation, now)
    return desk.page(
        "consultations/desk/one.html",
        phase=_phase(desk.consultation, phase),
        may_begin=desk.reach.leads
        and phase is Phase.CLOSED
        and desk.consultation.stage == Stage.WAITING
        and desk.consultation.state == "published",
        read_share=share(desk.read, desk.people),
        progress_of=_progress(desk),
        organisations=desk.columns.count(ORGANISATION),
        rejected=desk.columns[REJECTED].bit_count(),
        next_unread=next_unread(desk.columns),
    )


def _progress(desk: Desk) -> list[Progress]:
    found = []
    for question in desk.questions.values():
        answered = desk.columns.count(("answered", question.id))
        coded = desk.columns.count(("answered", question.id), ("coded", question.id))
        number = desk.numbers.get(question.id, 0)
        found.append(Progress(question, number, answered, coded, share(coded, answered)))
    return found


@post(
    "/desk/consultations/{consultation_id:int}/begin",
    name="consultations.desk.begin",
    guards=[may("consultations.code")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def begin(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """The public page says from now on that it is being read."""
    ending.begin_analysis(db, consultation_id, by=account.id, now=request.app.state.clock.now())
    return see_other(f"/desk/consultations/{consultation_id}?done=begun")


HANDLERS = [consultations_of_mine, one, begin]
