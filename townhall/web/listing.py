"""The list of town halls: as a page, as JSON, as a feed and as a calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.paging import A_PAGE, Page
from app.core.web import atom, calendar
from app.core.web.calendar import CALENDAR
from app.core.web.edge import shows
from app.core.web.page import public
from app.departments.model import Department
from app.departments.queries import by_ids
from townhall.model import Hall
from townhall.queries import finding
from townhall.queries.facts import facts_of
from townhall.queries.finding import STATES_ASKED, Asked, read_asked
from townhall.rules.countdown import minutes_of
from townhall.rules.lifecycle import HALL_STATE_NAMES
from townhall.rules.places import places_left
from townhall.service.showing import HallDates
from townhall.web.addressed import JSON, OPEN_DATA

A_FEED = 50
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@shows("/townhalls", name="townhalls.list")
def hall_list(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    state = request.app.state
    now, asked = state.clock.now(), read_asked(db, request.query_params)
    rows, page = _page(db, asked, now)
    response: Response[bytes] = state.pages.public(
        "townhalls/list.html",
        keys=("townhalls",),
        fresh_for=60,
        good_until=finding.next_turn_of_any(db, now),
        rows=rows,
        paging=page,
        asked=asked,
        search=asked.search,
        states=STATES_ASKED,
        state_names=HALL_STATE_NAMES,
        counts=finding.counts(db, asked.search, now),
        leads=_leads(db, rows),
        minutes={h.id: minutes_of(h.starts_at, h.ends_at) for h in rows if h.starts_at and h.ends_at},
        places={h.id: places_left(h) for h in rows},
        departments=finding.departments(db),
    )
    return response


@get("/townhalls.json", name="townhalls.list-json", guards=[anyone], sync_to_thread=True)
def hall_list_json(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """The same page of the list for programs."""
    state = request.app.state
    now, base, asked = state.clock.now(), state.settings.base_url, read_asked(db, request.query_params)
    rows, page = _page(db, asked, now, path="/townhalls.json")
    leads = _leads(db, rows)
    body = {
        "total": page.total,
        "page": page.page,
        "pages": page.pages,
        "next": base + page.url(page.page + 1) if page.page < page.pages else None,
        "townhalls": [facts_of(hall, leads, base) for hall in rows],
    }
    return _told(db, msgspec.json.encode(body), JSON, now)


@get("/townhalls.atom", name="townhalls.list-atom", guards=[anyone], sync_to_thread=True)
def hall_list_atom(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """What was announced last under the list's filters."""
    state = request.app.state
    now, base, asked = state.clock.now(), state.settings.base_url, read_asked(db, request.query_params)
    rows = finding.newest(db, asked.search, now, most=A_FEED)
    leads = _leads(db, rows)
    feed = atom.Feed(
        id=base + asked.link("/townhalls.atom"),
        title=_("Town halls – {site}").format(site=state.settings.site_name),
        subtitle=asked.search.q,
        page=base + asked.link(),
        address=base + asked.link("/townhalls.atom"),
        author=state.settings.site_name,
        updated=_BEGINNING,
        entries=[_entry(hall, leads, base, state.pages.say_instant) for hall in rows],
    )
    return _told(db, atom.written(feed), atom.ATOM, now)


@get("/townhalls.ics", name="townhalls.list-calendar", guards=[anyone], sync_to_thread=True)
def hall_calendar(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """Every town hall that is to come or not long over, for calendars that follow it; by department and words."""
    settings, now = request.app.state.settings, request.app.state.clock.now()
    search = read_asked(db, request.query_params).search
    rows = finding.dated(db, now, search.department_id, search.q)
    name = _("Town halls – {site}").format(site=settings.site_name)
    body = calendar.written(name, settings.site_name, HallDates(settings.base_url).entries(rows))
    headers = {**OPEN_DATA, "content-disposition": 'inline; filename="townhalls.ics"'}
    return public(body, CALENDAR, keys=("townhalls",), fresh_for=600, headers=headers)


def _page(db: Session, asked: Asked, now: datetime, path: str = "/townhalls") -> tuple[Sequence[Hall], Page[Hall]]:
    rows = finding.find(db, asked.search, now, offset=asked.offset)
    total = finding.count(db, asked.search, now)
    return rows, Page(rows=rows, total=total, page=asked.page, path=path, query=asked.query(), size=A_PAGE)


def _leads(db: Session, rows: Sequence[Hall]) -> Mapping[int, Department]:
    return by_ids(db, [hall.department_id for hall in rows])


def _told(db: Session, body: bytes, kind: str, now: datetime) -> Response[bytes]:
    until = finding.next_turn_of_any(db, now)
    return public(body, kind, keys=("townhalls",), good_until=until, fresh_for=60, headers=OPEN_DATA)


def _entry(hall: Hall, leads: Mapping[int, Department], base: str, say: Any) -> atom.Entry:
    lead, link = leads[hall.department_id], f"{base}/townhalls/{hall.id}"
    when = say(hall.starts_at) if hall.starts_at else ""
    return atom.Entry(
        id=link,
        title=hall.title,
        link=link,
        updated=last_news(hall),
        published=hall.scheduled_at,
        summary=f"{when}. {hall.summary}" if when else hall.summary,
        categories=[(lead.slug, lead.name)],
    )


def last_news(hall: Hall) -> datetime:
    """When something happened to it that a reader wants to know."""
    instants = (hall.scheduled_at, hall.updated_at, hall.started_at, hall.ended_at, hall.cancelled_at)
    return max(at for at in instants if at is not None)


HANDLERS = [hall_list, hall_list_json, hall_list_atom, hall_calendar]
