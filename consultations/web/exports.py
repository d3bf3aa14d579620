"""Responses as tables: for the desk all that count, for everybody those that are published. However many there are."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import IO, Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.guards import anyone, may
from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.text import sheet
from app.core.text.plain import csv_cell
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
from consultations.web.addressed import JSON, OPEN_DATA, readable
from consultations.web.desk_frame import Asking, desk_of

A_STEP, A_CHUNK = 500, 65_536
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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


def _steps(state: Any, consultation_id: int) -> Step:
    """(facts, answers) of all that count, five hundred at a time, each step in a read session of its own."""
    last = 0
    while True:
        with state.database.reading() as db:
            found = db.execute(_next(consultation_id, last)).all()
            rows = [(_facts(state, r, v), _ANSWERS.decode(v.answers)) for r, v in found]
        if not found:
            return
        last = found[-1][0].id
        yield rows


def _next(consultation_id: int, after: int) -> Any:
    of = (ResponseVersion.response_id == Row.id) & (ResponseVersion.number == Row.version)
    counts = (Row.consultation_id == consultation_id, Row.state == ResponseState.SUBMITTED, Row.id > after)
    return select(Row, ResponseVersion).join(ResponseVersion, of).where(*counts).order_by(Row.id).limit(A_STEP)


def _facts(state: Any, row: Row, version: ResponseVersion) -> Sequence[Cell]:
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
        version.questionnaire_version,
    )


def _asked(db: Session, account: Account, consultation_id: int) -> tuple[Any, Questionnaire]:
    """For officers of the lead department."""
    consultation = leading(db, account.id, consultation_id).consultation
    return consultation, questionnaire(db, consultation.id, consultation.questionnaire_version)


@get(PATH, name="consultations.export", guards=[may("consultations.read")], sync_to_thread=True)
def export_page(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    leading(db, account.id, consultation_id)
    return desk_of(request, db, account, consultation_id).page("consultations/publish/export.html")


@get(f"{PATH}/responses.csv", name="consultations.export.csv", guards=[may("consultations.read")], sync_to_thread=True)
def export_csv(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Stream:
    _consultation, asked = _asked(db, account, consultation_id)
    return _stream(
        _csv_parts(request.app.state, consultation_id, asked), CSV, f"consultation-{consultation_id}.csv", request
    )


def _csv_parts(state: Any, consultation_id: int, asked: Questionnaire) -> Iterator[bytes]:
    among = columns(asked)
    head = [(*FACTS, *(c.key for c in among)), (*("" for _fact in FACTS), *(c.title for c in among))]
    yield (sheet.MARK + sheet.lines(head)).encode()
    for rows in _steps(state, consultation_id):
        yield sheet.lines([[*facts, *cells(asked, among, answers)] for facts, answers in rows]).encode()


@get(
    f"{PATH}/responses.json", name="consultations.export.json", guards=[may("consultations.read")], sync_to_thread=True
)
def export_json(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Stream:
    """The questionnaire, then each response as it is stored."""
    consultation, asked = _asked(db, account, consultation_id)
    parts = _json_parts(request.app.state, consultation.id, asked)
    return _stream(parts, JSON, f"consultation-{consultation_id}.json", request)


def _json_parts(state: Any, consultation_id: int, asked: Questionnaire) -> Iterator[bytes]:
    yield b'{"consultation":%d,"questionnaire":%s,"responses":[' % (consultation_id, msgspec.json.encode(asked))
    first = True
    for rows in _steps(state, consultation_id):
        made = [
            msgspec.json.encode(
                {**dict(zip(FACTS, facts, strict=True)), "answers": {str(n): a for n, a in answers.items()}}
            )
            for facts, answers in rows
        ]
        yield (b"" if first else b",") + b",".join(made)
        first = False
    yield b"]}"


@get(
    f"{PATH}/responses.xlsx", name="consultations.export.xlsx", guards=[may("consultations.read")], sync_to_thread=True
)
def export_xlsx(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Stream:
    """Two sheets: responses, and what their columns mean. Written to disk row by row, then sent."""
    _consultation, asked = _asked(db, account, consultation_id)
    parts = _xlsx_parts(request.app.state, consultation_id, asked)
    return _stream(parts, XLSX, f"consultation-{consultation_id}.xlsx", request)


def _xlsx_parts(state: Any, consultation_id: int, asked: Questionnaire) -> Iterator[bytes]:
    among, book = columns(asked), Workbook(write_only=True)
    data = book.create_sheet("Responses")
    data.append([_guarded(c) for c in (*FACTS, *(c.key for c in among))])
    for rows in _steps(state, consultation_id):
        for facts, answers in rows:
            data.append([_guarded(c) for c in (*facts, *cells(asked, among, answers))])
    about = book.create_sheet("Columns")
    for line in (DICTIONARY, *dictionary(asked)):
        about.append([_guarded(c) for c in line])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        yield from _chunks(file)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(A_CHUNK):
        yield chunk


def _guarded(cell: Cell) -> Cell:
    """Nothing in it computes, and nothing in it breaks the file."""
    return csv_cell(ILLEGAL_CHARACTERS_RE.sub("", cell))[:32_000] if isinstance(cell, str) else cell


@get(
    f"{PATH}/columns.csv", name="consultations.export.columns", guards=[may("consultations.read")], sync_to_thread=True
)
def export_columns(
    request: Asking, db: NamedDependency[Session], account: NamedDependency[Account], consultation_id: FromPath[int]
) -> Response[bytes]:
    """What each column means."""
    _consultation, asked = _asked(db, account, consultation_id)
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
    """A slow reader holds nothing but a connection; parts are made in the exports' own threads."""
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
    book = Workbook(write_only=True)
    data = book.create_sheet("Responses")
    for line in template_rows(asked, list(facts)):
        data.append([_guarded(c) for c in line])
    about = book.create_sheet("Columns")
    about.append(list(DICTIONARY))
    for name, words in facts.items():
        about.append([name, "", str(words), ""])
    for row in dictionary(asked):
        about.append([_guarded(c) for c in row])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


HANDLERS = [export_page, export_csv, export_json, export_xlsx, export_columns, public_csv]
