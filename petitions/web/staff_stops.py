"""What administrators stop and let go on: new petitions, signing, and everything before an election.

Each switch has a page of its own. What changes every petition's deadline is shown with its effects
first and done at the second press; each change has its reason on record, and each has its way back.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField, NotFound
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from petitions.model.operation import Stop
from petitions.queries import stops as found
from petitions.rules.stops import StopKind, local_minute, read_day, read_message, read_reason, read_time
from petitions.service import stops
from petitions.service.stops import Switchboard

FIELDS = ("act", "stop", "message", "reason", "day", "time")
ACTS = ("stop", "reword", "resume")


@get("/admin/petitions", name="petitions.stops", guards=[may("petitions.stops")], sync_to_thread=True)
def overview(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """The three switches as they stand, and what was stopped before."""
    standing, ended = found.standing_stops(db), found.ended_stops(db)
    people = [s.by_id for s in (*standing.values(), *ended)] + [s.ended_by_id for s in ended]
    response: Response[bytes] = request.app.state.pages.personal(
        "petitions/staff/stops.html",
        staff=account,
        kinds=[str(k) for k in StopKind],
        standing=standing,
        ended=ended,
        names=found.names(db, people),
        now=request.app.state.clock.now(),
    )
    return response


@get("/admin/petitions/stops/{kind:str}", name="petitions.stop", guards=[may("petitions.stops")], sync_to_thread=True)
def switch(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    kind: FromPath[str],
) -> Response[bytes]:
    """One switch: its effects, and the form that changes it."""
    which = _kind(kind)
    row = stops.standing_row(db, which)
    return _page(request, db, account, which, Form(values={"message": row.message if row else ""}))


@post(
    "/admin/petitions/stops/{kind:str}",
    name="petitions.stop.post",
    guards=[may("petitions.stop")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    switchboard: NamedDependency[Switchboard],
    form: NamedDependency[Sent],
    kind: FromPath[str],
) -> Response[Any]:
    """Stop, say it in other words, or let it go on; grave changes are shown before they are made."""
    which, state = _kind(kind), request.app.state
    asked = Form(values={name: form.get(name, "") for name in FIELDS})
    if form.get("step") == "edit":
        return _page(request, db, account, which, asked)
    if asked.get("act") not in ACTS:
        asked.refuse("act", _("Choose what should change."))
    message, reason = asked.read("message", read_message), asked.read("reason", read_reason)
    due_at = _due_at(asked, which, state)
    if asked.errors or message is None or reason is None or due_at is None:
        return _page(request, db, account, which, asked, status=422)
    if which is not StopKind.CREATING and asked.get("act") != "reword" and form.get("step") != "sure":
        return _page(request, db, account, which, asked, template="petitions/staff/stops_check.html", due_at=due_at)
    by, now = account.id, state.clock.now()
    match asked.get("act"):
        case "stop":
            stops.stop(db, switchboard, which, message=message, reason=reason, due_at=due_at, by=by, now=now)
        case "reword":
            row = _row_id(asked)
            stops.reword(db, switchboard, which, row, message=message, reason=reason, by=by, now=now)
        case _resume:
            stops.let_go_on(db, switchboard, which, _row_id(asked), reason=reason, by=by, now=now)
    return see_other("/admin/petitions")


def _kind(text: str) -> StopKind:
    try:
        return StopKind(text)
    except ValueError as wrong:
        raise NotFound from wrong


def _row_id(form: Form) -> int:
    """The stop that the page was about: another that stands by now is another decision."""
    text = form.get("stop")
    return int(text) if is_whole(text) else 0


def _due_at(form: Form, kind: StopKind, state: Any) -> datetime | None:
    """When it begins to hold: at once, or an election's local minute; None with the faults in the form."""
    now: datetime = state.clock.now()
    if kind is not StopKind.ELECTION or form.get("act") != "stop":
        return now
    day, at = form.read("day", read_day), form.read("time", read_time)
    if day is None or at is None:
        return None
    try:
        return local_minute(day, at, state.settings.zone, now)
    except BadField as wrong:
        form.refuse("time" if day >= _today(state) else "day", wrong.message)
    return None


def _days_made_up(row: Stop, zone: ZoneInfo) -> int:
    """Midnights of a stop of signing that have moved deadlines so far."""
    first = row.due_at.astimezone(zone).date()
    return (row.extended_through - first).days + 1 if row.extended_through else 0


def _today(state: Any) -> date:
    today: date = state.clock.now().astimezone(state.settings.zone).date()
    return today


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    kind: StopKind,
    form: Form,
    *,
    status: int = 200,
    template: str = "petitions/staff/stops_change.html",
    due_at: datetime | None = None,
) -> Response[bytes]:
    state = request.app.state
    now, row = state.clock.now(), stops.standing_row(db, kind)
    response: Response[bytes] = state.pages.personal(
        template,
        status=status,
        staff=account,
        kind=str(kind),
        row=row,
        form=form,
        fields=FIELDS,
        due_at=due_at,
        by=found.names(db, [row.by_id]).get(row.by_id or 0, "") if row else "",
        open=found.count_open(db, now),
        closing=found.count_open(db, now, later_than=due_at) if due_at else 0,
        closing_early=found.count_closing_early(db, row) if row and kind is StopKind.ELECTION else 0,
        gathering=found.count_gathering(db),
        days=_days_made_up(row, state.settings.zone) if row else 0,
        zone=state.settings.zone.key,
        now=now,
    )
    return response


HANDLERS = [overview, switch, change]
