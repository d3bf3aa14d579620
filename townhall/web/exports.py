"""A hall's questions, polls, captions and log as files: for the staff with a line in the record, the public part for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone, may
from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.audit import service as audit
from app.core.errors import NotFound
from app.core.text import sheet
from app.core.web.page import public
from townhall.model import Hall
from townhall.queries import archive, exporting
from townhall.queries.exporting import TABLES, Row
from townhall.rules.lifecycle import HallState
from townhall.rules.tracks import plain_track, web_track
from townhall.service.locking import HallMovedOn, subject_of
from townhall.web.addressed import JSON, OPEN_DATA, hall_id_of
from townhall.web.archive import clock
from townhall.web.hosting import ONE, seen
from townhall.web.readable import readable_hall

PATH = f"{ONE}/export"
EXPORT = may("townhalls.export")
FRESH = 60.0
NAMES = tuple(f"{name}.{kind}" for name in TABLES for kind in ("csv", "json"))


@get(PATH, name="townhalls.export", guards=[EXPORT], sync_to_thread=True)
def export_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    """A button for each file, and how many rows each has."""
    hall, now = _ended(db, hall_id), request.app.state.clock.now()
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/export.html",
        staff=account,
        official=account.role == Role.OFFICIAL,
        hall=hall,
        turnout=archive.turnout(db, hall),
        counts={name: len(rows(db, hall, now)) for name, rows in TABLES.items()},
    )
    return response


@post(
    f"{PATH}/{{name:str}}",
    name="townhalls.exported",
    guards=[EXPORT],
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def export(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
    name: FromPath[str],
) -> Response[bytes]:
    """One of :data:`NAMES`; who took it is stored with it."""
    if name not in NAMES:
        raise NotFound
    hall, now = _ended(db, hall_id), request.app.state.clock.now()
    what, _dot, kind = name.partition(".")
    rows = TABLES[what](db, hall, now)
    facts = {"file": name, "rows": len(rows)}
    audit.record(db, "townhalls.export", subject_of(hall.id), by=account.id, now=now, facts=facts)
    headers = {**_as_file(hall, name), "cache-control": "no-store"}
    if kind == "json":
        return Response(_json(hall, what, rows), media_type=JSON, headers=headers)
    lines = exporting.poll_lines(rows) if what == "polls" else rows
    return Response(_csv(lines), media_type=sheet.CSV, headers=headers)


@get("/townhalls/{ref:str}/questions.csv", name="townhalls.questions-csv", guards=[anyone], sync_to_thread=True)
def questions_csv(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """Every question that was published, with its answer."""
    hall = _archived(db, ref)
    rows = exporting.public_questions(db, hall, request.app.state.clock.now())
    return _open(hall, _csv(rows), sheet.CSV, "questions.csv")


@get("/townhalls/{ref:str}/questions.json", name="townhalls.questions-json", guards=[anyone], sync_to_thread=True)
def questions_json(
    request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]
) -> Response[bytes]:
    hall = _archived(db, ref)
    rows = exporting.public_questions(db, hall, request.app.state.clock.now())
    return _open(hall, _json(hall, "questions", rows), JSON)


@get("/townhalls/{ref:str}/captions.txt", name="townhalls.captions-txt", guards=[anyone], sync_to_thread=True)
def captions_txt(db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """What was said, with its moments."""
    hall = _archived(db, ref)
    body = plain_track(exporting.caption_lines(db, hall.id), clock).encode()
    return _open(hall, body, "text/plain", "captions.txt")


@get("/townhalls/{ref:str}/captions.vtt", name="townhalls.captions-vtt", guards=[anyone], sync_to_thread=True)
def captions_vtt(db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """For a player of the recording."""
    hall = _archived(db, ref)
    offset = hall.recording_offset if hall.recording_url else 0
    body = web_track(exporting.caption_lines(db, hall.id), offset).encode()
    return _open(hall, body, "text/vtt", "captions.vtt")


def _ended(db: Session, hall_id: int) -> Hall:
    hall = seen(db, hall_id)
    if hall.state != HallState.ENDED:
        raise HallMovedOn(hall=hall_id)
    return hall


def _archived(db: Session, ref: str) -> Hall:
    """404 before its end: while it lasts its page and its state say more."""
    hall = readable_hall(db, hall_id_of(ref))
    if hall.state != HallState.ENDED:
        raise NotFound
    return hall


def _csv(rows: Sequence[Row]) -> bytes:
    return (sheet.MARK + sheet.lines(exporting.table(rows))).encode()


def _json(hall: Hall, what: str, rows: Sequence[Row]) -> bytes:
    return msgspec.json.encode({"townhall": hall.id, "title": hall.title, "count": len(rows), what: rows})


def _as_file(hall: Hall, name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="townhall-{hall.id}-{name}"'}


def _open(hall: Hall, body: bytes, kind: str, name: str = "") -> Response[bytes]:
    headers = {**OPEN_DATA, **(_as_file(hall, name) if name else {})}
    return public(body, kind, keys=(f"townhall:{hall.id}", "outcomes"), fresh_for=FRESH, headers=headers)


HANDLERS = (export_page, export, questions_csv, questions_json, captions_txt, captions_vtt)
