"""Responses as tables: for the desk all that count, for everybody those that are published. However many there are.

A file leaves while it is made, some rows at a time, each step in a read session of its own: the first bytes come at
once, and a slow reader holds nothing but a connection. Every file of what is not published has a line in the record.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.guards import anyone, may
from app.accounts.model import Account
from app.core.errors import Conflict, NotFound
from app.core.i18n import _
from app.core.text import sheet
from app.core.text.sheet import CSV, Cell
from consultations import identity
from consultations.model import Response as Row
from consultations.model import ResponseVersion
from consultations.queries import published as queries
from consultations.queries.published import results_are_public
from consultations.queries.questionnaires import questionnaire
from consultations.queries.reach import leading
from consultations.rules.questionnaire import Questionnaire
from consultations.rules.responses import ResponseState
from consultations.rules.sheets import cells, columns, dictionary
from consultations.service import exporting
from consultations.service.exporting import Taken
from consultations.web.addressed import JSON, OPEN_DATA, readable
from consultations.web.desk_frame import Asking, desk_of
from consultations.web.workbook import MOST_ROWS, XLSX, guarded, workbook

A_STEP = 500
_ANSWERS = msgspec.json.Decoder(dict[int, Any])
#: of a response, beside its answers; who wrote it is on the desk, never in a file
FACTS = (
    "response",
    "submitted_at",
    "channel",
    "source_ref",
    "late",
    "organisation",
    "easy_read",
    "consent",
    "publishing",
    "questionnaire_version",
)
DICTIONARY = ("column", "kind", "question", "may hold")
PATH = "/desk/consultations/{consultation_id:int}/export"
Step = Iterator[Sequence[tuple[Sequence[Cell], Mapping[int, Any]]]]
R, V = Row.__table__.c, ResponseVersion.__table__.c
_ROWS = select(
    R.id, R.submitted_at, R.channel, R.source_ref, R.late_pass_id, R.is_organisation, R.easy_read, R.consent,
    R.publishing, V.questionnaire_version, V.answers,
).join_from(Row.__table__, ResponseVersion.__table__, (V.response_id == R.id) & (V.number == R.version))  # fmt: skip


class TooManyForASheet(Conflict):
    code = "too-many-for-a-sheet"
    title = _("These are more responses than a spreadsheet has rows")
    message = _("Take them as CSV or JSON, which have no such limit.")


def _steps(state: Any, taken: Taken) -> Step:
    """(facts, answers) of all that count, five hundred at a time."""
    last = 0
    counting = (R.consultation_id == taken.consultation_id, R.state == ResponseState.SUBMITTED, R.id <= taken.last)
    while True:
        with state.database.reading() as db:
            found = db.execute(_ROWS.where(*counting, R.id > last).order_by(R.id).limit(A_STEP)).all()
        if not found:
            return
        last = found[-1].id
        yield [(_facts(state, row), _ANSWERS.decode(row.answers)) for row in found]


def _facts(state: Any, row: Any) -> Sequence[Cell]:
    """As :data:`FACTS` has it."""
    return (
        identity.receipt_number(state.keyring, row.id),
        f"{row.submitted_at:%Y-%m-%dT%H:%M:%SZ}" if row.submitted_at else "",
        row.channel,
        row.source_ref or "",
        "yes" if row.late_pass_id else "",
        "yes" if row.is_organisation else "",
        "yes" if row.easy_read else "",
        row.consent,
        row.publishing,
        row.questionnaire_version,
    )


@get(PATH, name="consultations.export", guards=[may("consultations.read")], sync_to_thread=True)
def export_page(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    """A button for each file."""
    leading(db, account.id, consultation_id)
    return desk_of(request, db, account, consultation_id).page("consultations/publish/export.html")


@get(f"{PATH}/{{name:str}}", name="consultations.export.file", guards=[may("consultations.read")], sync_to_thread=True)
def file_page(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    name: FromPath[str],
) -> Response[bytes]:
    """The same buttons: a file's address alone takes nothing away."""
    leading(db, account.id, consultation_id)
    if name not in FILES:
        raise NotFound
    return desk_of(request, db, account, consultation_id).page("consultations/publish/export.html")


@post(
    f"{PATH}/{{name:str}}",
    name="consultations.exported",
    guards=[may("consultations.export")],
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def export(
    request: Asking,
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
    name: FromPath[str],
) -> Stream:
    """One of :data:`FILES`; who took it is stored before its first byte leaves."""
    state = request.app.state
    if name not in FILES:
        raise NotFound
    kind, parts = FILES[name]
    taken = exporting.take(db, consultation_id, name, by=account.id, now=state.clock.now())
    if kind == XLSX and taken.count >= MOST_ROWS:
        raise TooManyForASheet
    called = f"consultation-{consultation_id}.{name.rpartition('.')[2]}"
    return _stream(parts(state, taken), kind, called, request)


def _csv_parts(state: Any, taken: Taken) -> Iterator[bytes]:
    among = columns(taken.asked)
    head = [(*FACTS, *(c.key for c in among)), (*("" for _fact in FACTS), *(c.title for c in among))]
    yield (sheet.MARK + sheet.lines(head)).encode()
    for rows in _steps(state, taken):
        yield sheet.lines([[*facts, *cells(taken.asked, among, answers)] for facts, answers in rows]).encode()


def _json_parts(state: Any, taken: Taken) -> Iterator[bytes]:
    """The questionnaire, then each response as it is stored."""
    asked = msgspec.json.encode(taken.asked)
    yield b'{"consultation":%d,"questionnaire":%s,"responses":[' % (taken.consultation_id, asked)
    first = True
    for rows in _steps(state, taken):
        made = [
            msgspec.json.encode(
                {**dict(zip(FACTS, facts, strict=True)), "answers": {str(n): a for n, a in answers.items()}}
            )
            for facts, answers in rows
        ]
        yield (b"" if first else b",") + b",".join(made)
        first = False
    yield b"]}"


def _xlsx_parts(state: Any, taken: Taken) -> Iterator[bytes]:
    """Two sheets: responses, and what their columns mean."""
    among = columns(taken.asked)

    def responses() -> Iterator[Sequence[Sequence[Cell]]]:
        yield [(*FACTS, *(c.key for c in among))]
        for rows in _steps(state, taken):
            yield [(*facts, *cells(taken.asked, among, answers)) for facts, answers in rows]

    return workbook([("Responses", responses()), ("Columns", [[DICTIONARY, *dictionary(taken.asked)]])])


class File(NamedTuple):
    """How one file of all responses is made."""

    kind: str
    parts: Callable[[Any, Taken], Iterator[bytes]]


FILES = {
    "responses.xlsx": File(XLSX, _xlsx_parts),
    "responses.csv": File(CSV, _csv_parts),
    "responses.json": File(JSON, _json_parts),
}


@get(
    f"{PATH}/columns.csv", name="consultations.export.columns", guards=[may("consultations.read")], sync_to_thread=True
)
def export_columns(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    """What each column means; there is nobody's answer in it."""
    consultation = leading(db, account.id, consultation_id).consultation
    asked = questionnaire(db, consultation.id, consultation.questionnaire_version)
    body = (sheet.MARK + sheet.lines([DICTIONARY, *dictionary(asked)])).encode()
    return Response(body, media_type=CSV, headers=_as_file(f"consultation-{consultation_id}-columns.csv"))


@get("/consultations/{ref:str}/responses.csv", name="consultations.responses-csv", guards=[anyone], sync_to_thread=True)
def public_csv(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Stream:
    """What is published, as it is published; hidden results have no such file."""
    state = request.app.state
    consultation = readable(db, ref)
    if not results_are_public(consultation, state.clock.now()):
        raise NotFound
    asked = questionnaire(db, consultation.id, consultation.questionnaire_version)
    parts = _public_parts(state, consultation.id, asked)
    return _stream(parts, CSV, f"consultation-{consultation.id}-responses.csv", request, OPEN_DATA)


def _public_parts(state: Any, consultation_id: int, asked: Questionnaire) -> Iterator[bytes]:
    open_ones = {q.id for q in asked.questions() if not q.confidential and q.kind != "file"}
    among, last = [c for c in columns(asked) if c.question in open_ones], 0
    yield (sheet.MARK + sheet.lines([("number", "name", "published_at", *(c.key for c in among))])).encode()
    while True:
        with state.database.reading() as db:
            found = queries.published(db, state.keyring, consultation_id, after=last, most=A_STEP)
        if not found:
            return
        last = found[-1].number
        rows: list[list[Cell]] = [
            [f.number, f.who, f"{f.at:%Y-%m-%dT%H:%M:%SZ}", *cells(asked, among, f.answers)] for f in found
        ]
        yield sheet.lines(rows).encode()


def _as_file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}


def _stream(
    parts: Iterator[bytes], kind: str, name: str, request: Asking, headers: Mapping[str, str] | None = None
) -> Stream:
    """Parts are made in the exports' own threads."""
    return Stream(_sent(request.app.state, parts), media_type=kind, headers={**_as_file(name), **(headers or {})})


async def _sent(state: Any, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    while (part := await loop.run_in_executor(state.exports, next, parts, None)) is not None:
        yield part


def template_rows(asked: Questionnaire, facts: Sequence[str]) -> list[Sequence[str]]:
    """The header of a sheet for paper."""
    return [[*facts, *(c.key for c in columns(asked) if c.kind != "file")]]


def workbook_bytes(asked: Questionnaire, facts: Mapping[str, str]) -> bytes:
    """An empty sheet for paper, and beside it what may stand in each column."""
    from openpyxl import Workbook  # 8 MB of a process, which most never need

    book = Workbook(write_only=True)
    data = book.create_sheet("Responses")
    for line in template_rows(asked, list(facts)):
        data.append([guarded(c) for c in line])
    about = book.create_sheet("Columns")
    about.append(list(DICTIONARY))
    for name, words in facts.items():
        about.append([name, "", str(words), ""])
    for row in dictionary(asked):
        about.append([guarded(c) for c in row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


HANDLERS = [export_page, file_page, export, export_columns, public_csv]
