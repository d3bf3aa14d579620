"""Published figures of closed questions: as a page with bars beside the tables, as a table for spreadsheets, as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import NotFound
from app.core.text import sheet
from app.core.text.sheet import CSV, Cell
from app.core.web.page import public
from consultations.model import Consultation
from consultations.queries.figures import Frozen, frozen_figures
from consultations.rules.figures import ShownQuestion
from consultations.rules.lifecycle import next_turn
from consultations.web.addressed import JSON, OPEN_DATA, readable
from consultations.web.published import Asking

HEADER = ("question_number", "question_id", "question", "table", "row", "column", "people")


@get("/consultations/{ref:str}/figures", name="consultations.figures", guards=[anyone], sync_to_thread=True)
def figures_page(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    state, now = request.app.state, request.app.state.clock.now()
    consultation, frozen = _published(db, ref)
    response: Response[bytes] = state.pages.public(
        "consultations/publish/figures.html",
        keys=(f"consultation:{consultation.id}",),
        good_until=next_turn(consultation, now),
        consultation=consultation,
        frozen=frozen,
    )
    return response


@get("/consultations/{ref:str}/figures.csv", name="consultations.figures-csv", guards=[anyone], sync_to_thread=True)
def figures_csv(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """A line for each figure; what is left out is empty."""
    consultation, frozen = _published(db, ref)
    lines = [line for question in frozen.questions for line in _lines(question)]
    body = (sheet.MARK + sheet.lines([HEADER, *lines])).encode()
    named = {"content-disposition": f'attachment; filename="consultation-{consultation.id}-figures.csv"'}
    return _kept(body, CSV, consultation, request.app.state.clock.now(), named)


@get("/consultations/{ref:str}/figures.json", name="consultations.figures-json", guards=[anyone], sync_to_thread=True)
def figures_json(request: Asking, db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    consultation, frozen = _published(db, ref)
    facts = {
        "consultation": consultation.id,
        "at": f"{frozen.at:%Y-%m-%dT%H:%M:%SZ}",
        "responses": frozen.responses,
        "left_out": frozen.left_out,
        "roll_version": frozen.roll_version,
        "left_out_below": frozen.small,
        "questions": frozen.questions,
    }
    return _kept(msgspec.json.encode(facts), JSON, consultation, request.app.state.clock.now())


def _published(db: Session, ref: str) -> tuple[Consultation, Frozen]:
    """Raises NotFound while there are none, as where there is no such consultation."""
    consultation = readable(db, ref)
    frozen = frozen_figures(db, consultation.id)
    if frozen is None:
        raise NotFound
    return consultation, frozen


def _lines(question: ShownQuestion) -> Iterator[Sequence[Cell]]:
    begin = (question.number or None, question.id, question.text)
    for table in question.tables:
        for row, cells in zip(table.rows, table.cells, strict=True):
            for column, count in zip(table.columns or [""], cells, strict=True):
                yield (*begin, table.caption, row, column, count)
        yield (*begin, table.caption, "", "", table.people)


def _kept(
    body: bytes, kind: str, consultation: Consultation, now: datetime, headers: dict[str, str] | None = None
) -> Response[bytes]:
    keys, until = (f"consultation:{consultation.id}",), next_turn(consultation, now)
    return public(body, kind, keys=keys, good_until=until, headers={**OPEN_DATA, **(headers or {})})


HANDLERS = [figures_page, figures_csv, figures_json]
