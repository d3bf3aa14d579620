"""The public lists for programs: JSON, Atom and a table, under the filters of the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Stream
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.i18n import _
from app.core.paging import A_PAGE, Page
from app.core.text import sheet
from app.core.text.sheet import CSV
from app.core.web import atom
from app.core.web.page import public as public_page
from app.outcomes.queries import public, shown
from app.outcomes.queries.public import Moment, Wanted
from app.outcomes.web import records
from app.outcomes.web.asked import FRESH_FOR, JSON, OPEN_DATA, midnight, moment, read_asked

A_FEED, A_STEP = 50, 500
#: when an empty feed last changed
_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


@get("/outcomes.json", name="outcomes.list-json", guards=[anyone], sync_to_thread=True)
def outcome_list_json(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """25 a page: ``outcomes``, or ``promises`` where the address asks for those."""
    state = request.app.state
    asked, at, base = read_asked(request, db), moment(request), state.settings.base_url
    rows, total = state.site.outcome_totals.find(db, asked.wanted, at, offset=asked.offset, most=A_PAGE)
    page = Page(rows=rows, total=total, page=asked.page, path="/outcomes.json", query=asked.link_query)
    found = told(state, db, asked.wanted, rows, at)
    facts = {
        "links": {
            "self": base + page.url(page.page),
            "next": base + page.url(page.page + 1) if page.page < page.pages else None,
            "prev": base + page.url(page.page - 1) if page.page > 1 else None,
        },
        "total": total,
        "promises" if asked.wanted.of_promises else "outcomes": found,
    }
    return public_page(
        msgspec.json.encode(facts),
        JSON,
        keys=("outcomes", *map(str, public.subjects_of(rows))),
        fresh_for=FRESH_FOR,
        good_until=midnight(request, at),
        headers=OPEN_DATA,
    )


def told(state: Any, db: Session, wanted: Wanted, rows: Sequence[Any], at: Moment) -> list[dict[str, Any]]:
    """Rows as programs read them."""
    subjects, zone, base = state.site.subjects, state.settings.zone, state.settings.base_url
    if wanted.of_promises:
        return [records.promise(p, base) for p in shown.promises(db, subjects, rows, at)]
    return [records.outcome(o, base, zone) for o in shown.outcomes(db, subjects, rows, at, zone)]


@get("/outcomes.atom", name="outcomes.list-atom", guards=[anyone], sync_to_thread=True)
def outcome_list_atom(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    """What came last under the page's filters."""
    state = request.app.state
    asked, at, base = read_asked(request, db), moment(request), state.settings.base_url
    subjects = state.site.subjects
    rows = public.newest(db, subjects, asked.wanted, at, most=A_FEED)
    if asked.wanted.of_promises:
        entries = [records.promise_entry(p, base) for p in shown.promises(db, subjects, rows, at)]
    else:
        entries = [records.outcome_entry(o, base) for o in shown.outcomes(db, subjects, rows, at, state.settings.zone)]
    address = base + asked.link("/outcomes.atom")
    feed = atom.Feed(
        id=address,
        title=_("Outcomes – {site}").format(site=state.settings.site_name),
        subtitle=str(_("What people asked, what was answered and what was promised")),
        page=base + asked.link(),
        address=address,
        author=state.settings.site_name,
        updated=_BEGINNING,
        entries=entries,
    )
    keys = ("outcomes", *map(str, public.subjects_of(rows)))
    until = midnight(request, at)
    body = atom.written(feed)
    return public_page(body, atom.ATOM, keys=keys, fresh_for=FRESH_FOR, good_until=until, headers=OPEN_DATA)


@get("/outcomes.csv", name="outcomes.list-csv", guards=[anyone], sync_to_thread=True)
def outcome_list_csv(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Stream:
    """Everything under the page's filters, by number, however much there is."""
    wanted, at = read_asked(request, db).wanted, moment(request)
    headers = {
        **OPEN_DATA,
        "content-disposition": 'attachment; filename="outcomes.csv"',
        "cache-control": "public, max-age=60",
    }
    return Stream(_steps(request.app.state, wanted, at), media_type=CSV, headers=headers)


async def _steps(state: Any, wanted: Wanted, at: Moment) -> AsyncIterator[bytes]:
    """500 rows at a time, each step in a session of its own: a slow reader holds nothing but a connection."""
    loop = asyncio.get_running_loop()
    columns = records.PROMISE_COLUMNS if wanted.of_promises else records.OUTCOME_COLUMNS
    yield (sheet.MARK + sheet.lines([columns])).encode()
    last_id: int | None = 0
    while last_id is not None:
        body, last_id = await loop.run_in_executor(state.exports, _step, state, wanted, at, last_id)
        if body:
            yield body


def _step(state: Any, wanted: Wanted, at: Moment, last_id: int) -> tuple[bytes, int | None]:
    """The next lines, and the number of the last row in them; None when there are no more."""
    subjects, zone, base = state.site.subjects, state.settings.zone, state.settings.base_url
    with state.database.reading() as db:
        if wanted.of_promises:
            promises = public.promises_after(db, subjects, wanted, at, last_id, most=A_STEP)
            rows = [records.promise_row(p, base) for p in shown.promises(db, subjects, promises, at)]
            return sheet.lines(rows).encode(), promises[-1].id if promises else None
        referrals = public.answers_after(db, subjects, wanted, at, last_id, most=A_STEP)
        rows = [records.outcome_row(o, base, zone) for o in shown.outcomes(db, subjects, referrals, at, zone)]
        return sheet.lines(rows).encode(), referrals[-1].id if referrals else None


HANDLERS = [outcome_list_json, outcome_list_atom, outcome_list_csv]
