"""Paper, post, telephone: sheets with their reports, one response at a time, and a colleague's check."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, Invalid, NotFound
from app.core.i18n import _
from app.core.text import sheet as sheets
from app.core.text.figures import is_whole
from app.core.text.sheet import CSV
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.files.receiving import Posted
from app.files.rules.kinds import Kind
from consultations import forms
from consultations.forms import QuestionForm
from consultations.model import Response as Row
from consultations.model import Sheet, SheetRow
from consultations.policy import ConsultationPolicy
from consultations.queries.questionnaires import questionnaire
from consultations.queries.reach import leading, reach
from consultations.rules.importing import FACTS, ROW_NAMES, Came, Fault, RowState, header_faults, read_row
from consultations.rules.questionnaire import Questionnaire
from consultations.rules.responses import CHANNEL_NAMES, CONSENT_NAMES
from consultations.rules.saying import said
from consultations.rules.sheets import cells, columns
from consultations.service import importing
from consultations.service.importing import Importing
from consultations.service.redacting import answers_of
from consultations.service.tables import read_table
from consultations.web.desk_frame import Asking, Desk, desk_of
from consultations.web.exports import template_rows, workbook_bytes
from consultations.web.workbook import XLSX

PATH = "/desk/consultations/{consultation_id:int}/paper"
SHEETS = frozenset({Kind.XLSX, Kind.CSV})
A_PAGE = 100
_GUARDS = [may("consultations.transcribe")]


def _asked(desk: Desk) -> Questionnaire:
    return questionnaire(desk.db, desk.id, desk.consultation.questionnaire_version)


@get(PATH, name="consultations.paper", guards=_GUARDS, sync_to_thread=True)
def paper_page(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    return _paper(desk_of(request, db, account, consultation_id), Form())


def _paper(desk: Desk, form: Form, status: int = 200) -> Response[bytes]:
    waiting = importing.unchecked(desk.id)
    count = desk.db.scalar(select(func.count()).select_from(waiting.subquery()))
    found = importing.sheets_of(desk.db, desk.id)
    return desk.page(
        "consultations/publish/paper.html",
        status=status,
        form=form,
        sheets=[(s, importing.row_figures(desk.db, s.id)) for s in found],
        unchecked=count,
        to_check=desk.db.scalars(waiting.order_by(Row.id).limit(50)).all(),
        kinds=SHEETS,
        leads=desk.reach.leads,
    )


@get(f"{PATH}/template.csv", name="consultations.paper.template-csv", guards=_GUARDS, sync_to_thread=True)
def template_csv(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    asked = _asked(desk_of(request, db, account, consultation_id))
    body = (sheets.MARK + sheets.lines(template_rows(asked, list(FACTS)))).encode()
    return _file(body, CSV, f"paper-{consultation_id}.csv")


@get(f"{PATH}/template.xlsx", name="consultations.paper.template-xlsx", guards=_GUARDS, sync_to_thread=True)
def template_xlsx(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    asked = _asked(desk_of(request, db, account, consultation_id))
    return _file(workbook_bytes(asked, FACTS), XLSX, f"paper-{consultation_id}.xlsx")


def _file(body: bytes, kind: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, media_type=kind, headers=headers)


@post(PATH, name="consultations.paper.send", guards=_GUARDS, sync_to_thread=True, status_code=303, writes=True)
def send(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    posted: NamedDependency[Posted],
    paper: NamedDependency[Importing],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """The table is looked at as a whole; its rows are read by a job, whose report the next page is."""
    form, found = Form(values=posted), leading(db, account.id, consultation_id)
    asked = questionnaire(db, consultation_id, found.consultation.questionnaire_version)
    try:
        upload = posted.upload("sheet")
        if upload is None:
            raise BadField(_("Choose a file."))
        table = read_table(upload.file, upload.check(SHEETS).kind)
        if faults := header_faults(table.header, asked):
            raise BadField(" ".join(faults))
        now = request.app.state.clock.now()
        stored = paper.begin(db, found.consultation, upload.name, table, by=account.id, now=now)
    except (BadField, Invalid) as wrong:
        db.rollback()
        message = wrong.errors[0].message if isinstance(wrong, Invalid) else wrong.message
        form.refuse("sheet", str(message))
        return _paper(desk_of(request, db, account, consultation_id), form, 422)
    return see_other(f"/desk/consultations/{consultation_id}/paper/{stored.id}")


@get(PATH + "/{sheet_id:int}", name="consultations.paper.report", guards=_GUARDS, sync_to_thread=True)
def report(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    sheet_id: FromPath[int],
) -> Response[bytes]:
    """Row by row: what was imported before, and what is wrong; how far it has come."""
    desk = desk_of(request, db, account, consultation_id)
    found = db.get(Sheet, sheet_id)
    if found is None or found.consultation_id != consultation_id:
        raise NotFound
    query = request.query_params
    state = query.get("state", RowState.WRONG)
    asked = query.get("after", "")
    after = int(asked) if is_whole(asked, figures=8) else 0
    rows = select(SheetRow).where(SheetRow.sheet_id == sheet_id, SheetRow.state == state, SheetRow.number > after)
    shown = db.scalars(rows.order_by(SheetRow.number).limit(A_PAGE + 1)).all()
    return desk.page(
        "consultations/publish/sheet.html",
        sheet=found,
        figures=importing.row_figures(db, sheet_id),
        state=state,
        rows=[(r, msgspec.json.decode(r.cells), msgspec.json.decode(r.problems)) for r in shown[:A_PAGE]],
        more=shown[A_PAGE - 1].number if len(shown) > A_PAGE else None,
        names=ROW_NAMES,
    )


@get(
    "/desk/consultations/{consultation_id:int}/check/{response_id:int}",
    name="consultations.paper.check",
    guards=_GUARDS,
    sync_to_thread=True,
)
def check_page(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    response_id: FromPath[int],
) -> Response[bytes]:
    """What was stored, beside the row of the sheet that it came from."""
    desk = desk_of(request, db, account, consultation_id)
    row = db.get(Row, response_id)
    if row is None or row.consultation_id != consultation_id or row.transcriber_id is None:
        raise NotFound
    asked, answers, _version = answers_of(db, row)
    from_row = db.scalar(select(SheetRow).where(SheetRow.response_id == response_id))
    return desk.page(
        "consultations/publish/check_paper.html",
        row=row,
        answers=[(q, said(q, answers[q.id])) for q in asked.questions() if q.id in answers],
        cells=msgspec.json.decode(from_row.cells) if from_row else {},
        titles={c.key: c.title for c in columns(asked)} | {k: str(v) for k, v in FACTS.items()},
        from_row=from_row,
        channels=CHANNEL_NAMES,
        consents=CONSENT_NAMES,
        own=row.transcriber_id == account.id,
    )


@post(
    "/desk/consultations/{consultation_id:int}/check/{response_id:int}",
    name="consultations.paper.checked",
    guards=_GUARDS,
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def checked(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    response_id: FromPath[int],
) -> Response[Any]:
    reach(db, account.id, consultation_id, lock=True)
    importing.check(db, consultation_id, response_id, by=account.id, now=request.app.state.clock.now())
    return see_other(f"/desk/consultations/{consultation_id}/paper?done=checked")


ENTER = "/desk/consultations/{consultation_id:int}/enter"


@get(ENTER, name="consultations.enter", guards=_GUARDS, sync_to_thread=True)
def enter_page(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    leading(db, account.id, consultation_id)
    return _enter(desk_of(request, db, account, consultation_id), Form(), QuestionForm())


def _enter(desk: Desk, form: Form, questions: QuestionForm, status: int = 200) -> Response[bytes]:
    asked = _asked(desk)
    return desk.page(
        "consultations/publish/enter.html",
        status=status,
        form=form,
        questions=questions,
        asked=asked,
        channels=[(str(c), str(n)) for c, n in CHANNEL_NAMES.items() if c != "web"],
        consents=[(str(c), str(n)) for c, n in CONSENT_NAMES.items()],
    )


@post(ENTER, name="consultations.enter.post", guards=_GUARDS, sync_to_thread=True, status_code=303, writes=True)
def enter(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    consulting: NamedDependency[ConsultationPolicy],
    paper: NamedDependency[Importing],
    consultation_id: FromPath[int],
) -> Response[Any]:
    """The same checks as a row of a sheet has."""
    state, found = request.app.state, leading(db, account.id, consultation_id)
    desk = desk_of(request, db, account, consultation_id)
    asked, now = _asked(desk), state.clock.now()
    typed = forms.typed_in(asked.questions(), form)
    answered = forms.check(asked, typed, consulting)
    came = _came(form, asked, answered.answers, consulting, importing.latest_day(found.consultation, now, paper.zone))
    if answered.problems or not isinstance(came, Came):
        shown = Form(values=form)
        for fault in came if not isinstance(came, Came) else ():
            shown.refuse(fault.column, fault.message)
        questions = QuestionForm.with_problems(asked, typed, answered.problems, {})
        return _enter(desk, shown, questions, 422)
    paper.enter(db, consultation_id, came, by=account.id, now=now)
    return see_other(f"/desk/consultations/{consultation_id}/paper?done=entered")


def _came(
    form: Sent, asked: Questionnaire, answers: Any, policy: ConsultationPolicy, latest: Any
) -> Came | list[Fault]:
    """Its facts as they were typed; answers were checked before."""
    among = columns(asked)
    facts = {name: form.get(name, "") for name in FACTS}
    row = facts | dict(zip((c.key for c in among), cells(asked, among, answers), strict=True))
    came = read_row(row, asked, policy, latest=latest)
    if isinstance(came, Came):
        return came._replace(answers=answers)
    return [fault for fault in came if fault.column in FACTS]


HANDLERS = [paper_page, template_csv, template_xlsx, send, report, check_page, checked, enter_page, enter]
