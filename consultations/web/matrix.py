"""The response matrix as drafters know it: a table and data, for the department's own files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.comments.rules.quotes import PASSAGE_NAMES
from app.core.i18n import _
from app.core.text import sheet
from app.core.text.sheet import Cell
from consultations.queries import matrix
from consultations.queries.matrix import Line
from consultations.queries.reach import reach
from consultations.queries.texts import ClauseOfText
from consultations.rules.dispositions import VERDICT_NAMES, Verdict
from consultations.web.addressed import JSON

HEADINGS = (
    _("Text"),
    _("Clause"),
    _("Heading"),
    _("State of the clause"),
    _("Words of the clause"),
    _("Comment"),
    _("Answers comment"),
    _("By"),
    _("Published at"),
    _("Of version"),
    _("Quotes"),
    _("State of the passage"),
    _("What they say"),
    _("Disposition"),
    _("Reason"),
    _("Decided at"),
)


@get(
    "/desk/consultations/{consultation_id:int}/text.csv",
    name="consultations.text-matrix-csv",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def matrix_csv(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """One line a comment; a clause that nobody commented on has one of its own."""
    reach(db, account.id, consultation_id)
    body = sheet.MARK + sheet.lines([[str(h) for h in HEADINGS], *cells(matrix.lines(db, consultation_id))])
    return _file(body.encode(), sheet.CSV, f"consultation-{consultation_id}-text.csv")


@get(
    "/desk/consultations/{consultation_id:int}/text.json",
    name="consultations.text-matrix-json",
    guards=[may("consultations.read")],
    sync_to_thread=True,
)
def matrix_json(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    consultation_id: FromPath[int],
) -> Response[bytes]:
    """The same, clause by clause."""
    reach(db, account.id, consultation_id)
    clauses = [_clause_json(line) for line in matrix.lines(db, consultation_id)]
    body = msgspec.json.encode({"consultation": consultation_id, "clauses": clauses})
    return _file(body, JSON, f"consultation-{consultation_id}-text.json")


def cells(lines: Iterable[Line]) -> Iterator[Sequence[Cell]]:
    for line in lines:
        given, clause = line.disposition, line.clause
        first: list[Cell] = [line.text.title, clause.block.number, clause.block.heading, _state(clause)]
        last: list[Cell] = ["", "", ""]
        if given is not None:
            last = [str(VERDICT_NAMES[Verdict(given.verdict)]), given.reason, given.at.isoformat()]
        if not line.comments:
            yield [*first, clause.block.body, *[""] * 8, *last]
        for said in line.comments:
            about = [said.id, said.reply_to, said.by, said.at.isoformat(), said.version, said.quote]
            yield [*first, clause.block.body, *about, str(PASSAGE_NAMES[said.passage]), said.body, *last]


def _clause_json(line: Line) -> Mapping[str, Any]:
    clause, given = line.clause, line.disposition
    return {
        "text": line.text.title,
        "id": clause.id,
        "number": clause.block.number,
        "heading": clause.block.heading,
        "body": clause.block.body,
        "removed_in": clause.removed_in,
        "merged_into": clause.merged_into,
        "disposition": None
        if given is None
        else {"verdict": given.verdict, "reason": given.reason, "version": given.version, "at": given.at},
        "comments": [{**said._asdict(), "passage": str(said.passage)} for said in line.comments],
    }


def _file(body: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, media_type=media_type, headers=headers)


def _state(clause: ClauseOfText) -> str:
    if clause.removed_in is None:
        return str(_("In the text"))
    return _("Removed in version {version}").format(version=clause.removed_in)


HANDLERS = [matrix_csv, matrix_json]
