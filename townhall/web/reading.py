"""The public page of a hall: before, while and after it is live; its data, its calendar file, its QR code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.accounts.model import Account
from app.core.i18n import _
from app.core.web import calendar
from app.core.web.calendar import CALENDAR
from app.core.web.edge import shows
from app.core.web.page import public
from app.core.web.qr import SVG, QrCode, drawing, qr_code
from app.departments.model import Department
from app.departments.queries import by_ids
from app.files.model import StoredFile
from app.files.queries import files_of
from townhall.model import AgendaItem, Hall, Question, Speaker
from townhall.queries import halls
from townhall.queries.facts import whole_of
from townhall.rules.countdown import Left, changes_at, minutes_of, until
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, HallState, Part
from townhall.rules.places import places_left
from townhall.service.locking import subject_of
from townhall.service.showing import HallDates
from townhall.web import linked
from townhall.web.addressed import JSON, OPEN_DATA, hall_id_of, way_in
from townhall.web.hosting import ONE, SCHEDULE, seen
from townhall.web.readable import readable_hall

#: what another area puts on the page: values for its template ``townhalls/parts/NAME.html``; of them ``keys`` are
#: further keys of the page, and ``until`` is when its part changes by the clock alone
PagePart = Callable[[Request[Any, Any, Any], Session, Hall, datetime], Mapping[str, Any] | None]
TOP = 3
#: seconds that a page is good for while a hall is live
LIVE_FOR, CALM_FOR = 5.0, 600.0


@dataclass(frozen=True)
class View:
    """Everything the page shows beside the hall's own words. ``left``: until it begins; ``places``: still free."""

    lead: Department | None
    beside: Sequence[Department]
    hosts: Sequence[Account]
    speakers: Sequence[Speaker]
    agenda: Sequence[AgendaItem]
    files: Sequence[StoredFile]
    left: Left | None
    minutes: int
    places: int | None
    qr: QrCode
    way_in: str
    join_link: str
    video_host: str
    stage: Question | None = None
    top: Sequence[Question] = ()
    questions: int = 0


@shows("/townhalls/{ref:str}", name="townhalls.show")
def show(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    """A hall's page; ``/townhalls/17.json`` is its data, ``/townhalls/17.ics`` its entry in a calendar."""
    ref: str = request.path_params["ref"]
    if ref.endswith(".json"):
        return _data(request, db, readable_hall(db, hall_id_of(ref.removesuffix(".json"))))
    if ref.endswith(".ics"):
        return _calendar(request, readable_hall(db, hall_id_of(ref.removesuffix(".ics"))))
    hall = readable_hall(db, hall_id_of(ref))
    state, now = request.app.state, request.app.state.clock.now()
    more = _parts(request, db, hall, now)
    turns = [t for t in (_next_turn(hall, now), *more.pop("untils")) if t is not None]
    response: Response[bytes] = state.pages.public(
        "townhalls/page.html",
        keys=(f"townhall:{hall.id}", *more.pop("more_keys")),
        good_until=min(turns, default=None),
        fresh_for=LIVE_FOR if hall.state == HallState.LIVE else CALM_FOR,
        **_shown(state, db, hall, now),
        **more,
    )
    return response


@get(f"{ONE}/preview", name="townhalls.preview", guards=[SCHEDULE], sync_to_thread=True)
def preview(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    """As everyone will see it, with a line on top that says that nobody does yet."""
    state, hall, now = request.app.state, seen(db, hall_id), request.app.state.clock.now()
    more = _parts(request, db, hall, now)
    del more["untils"], more["more_keys"]
    response: Response[bytes] = state.pages.personal(
        "townhalls/page.html", **_shown(state, db, hall, now), **more, preview=True
    )
    return response


@get("/townhalls/{ref:str}/qr.svg", name="townhalls.qr", guards=[anyone], sync_to_thread=True)
def qr_svg(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    """The QR code as a drawing for any size: it leads to the same place as the join code."""
    hall = readable_hall(db, hall_id_of(ref))
    link = request.app.state.settings.base_url + way_in(hall)
    title = _("QR code that leads to {link}").format(link=link)
    return public(drawing(link, title), SVG, keys=(f"townhall:{hall.id}",))


def _data(request: Request[Any, Any, Any], db: Session, hall: Hall) -> Response[bytes]:
    state = request.app.state
    body = whole_of(db, hall, state.settings.base_url)
    return public(msgspec.json.encode(body), JSON, keys=(f"townhall:{hall.id}",), fresh_for=60, headers=OPEN_DATA)


def _calendar(request: Request[Any, Any, Any], hall: Hall) -> Response[bytes]:
    settings = request.app.state.settings
    body = calendar.written(hall.title, settings.site_name, HallDates(settings.base_url).entries([hall]))
    headers = {**OPEN_DATA, "content-disposition": f'attachment; filename="townhall-{hall.id}.ics"'}
    return public(body, CALENDAR, keys=(f"townhall:{hall.id}",), fresh_for=60, headers=headers)


def _next_turn(hall: Hall, now: datetime) -> datetime | None:
    """When the clock alone changes what its page says: the countdown, then whether it is late."""
    if hall.state != HallState.SCHEDULED or hall.starts_at is None:
        return None
    return changes_at(hall.starts_at, now)


def _shown(state: Any, db: Session, hall: Hall, now: datetime) -> dict[str, Any]:
    link = f"{state.settings.base_url}/townhalls/{hall.id}"
    view = _view(state, db, hall, now)
    said = linked.hall(hall, view.lead, state.settings.base_url)
    return {"hall": hall, "view": view, "now": now, "page_link": link, "canonical_url": link, "linked_data": said}


def _view(state: Any, db: Session, hall: Hall, now: datetime) -> View:
    path, live = way_in(hall), hall.state == HallState.LIVE
    link = state.settings.base_url + path
    is_open = HallState(hall.state) in OPEN_TO_PEOPLE
    timed = hall.starts_at is not None and hall.ends_at is not None
    return View(
        lead=by_ids(db, [hall.department_id]).get(hall.department_id),
        beside=halls.beside(db, hall.id),
        hosts=halls.staff_of(db, hall.id)[Part.HOST],
        speakers=halls.speakers(db, hall.id),
        agenda=halls.agenda(db, hall.id),
        files=files_of(db, subject_of(hall.id)),
        left=until(hall.starts_at, now) if hall.starts_at and hall.state == HallState.SCHEDULED else None,
        minutes=minutes_of(hall.starts_at, hall.ends_at) if timed else 0,  # type: ignore[arg-type]
        places=places_left(hall),
        qr=qr_code(link),
        way_in=path,
        join_link=f"{state.settings.base_url}/join",
        video_host=urlsplit(hall.video_url).hostname or "",
        stage=halls.on_stage(db, hall) if live else None,
        top=halls.top_questions(db, hall, TOP) if is_open else (),
        questions=halls.open_questions(db, hall.id) if is_open else 0,
    )


def _parts(request: Request[Any, Any, Any], db: Session, hall: Hall, now: datetime) -> dict[str, Any]:
    """What other areas show, as values of the one template."""
    values: dict[str, Any] = {"untils": [], "more_keys": []}
    for part in request.app.state.site.dependencies["hall_parts"]:
        found = dict(part(request, db, hall, now) or {})
        values["untils"].append(found.pop("until", None))
        values["more_keys"] += found.pop("keys", ())
        values |= found
    return values


HANDLERS = [show, preview, qr_svg]
