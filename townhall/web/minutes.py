"""Minutes: the officials' page on which they are written and published, and the public one with every version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.web.edge import shows
from app.core.web.forms import Form, Sent
from app.core.web.page import say_instant, see_other
from townhall.model import Hall, Minutes
from townhall.queries import minutes as queries
from townhall.queries.minutes import Saying
from townhall.rules import minutes as rules
from townhall.rules.lifecycle import HallState
from townhall.service import minutes as service
from townhall.service.locking import HallMovedOn
from townhall.service.scheduling import ChangedMeanwhile
from townhall.web.addressed import hall_id_of
from townhall.web.archive import clock
from townhall.web.hosting import ONE, SCHEDULE, number_of, owns, seen
from townhall.web.readable import readable_hall

PATH = f"{ONE}/minutes"


def part(_request: Request[Any, Any, Any], db: Session, hall: Hall, _now: datetime) -> Mapping[str, Any] | None:
    """On the hall's page: whether there are minutes to read."""
    return {"minutes": bool(queries.published(db, hall.id))} if hall.state == HallState.ENDED else None


@shows("/townhalls/{ref:str}/minutes", name="townhalls.minutes")
def public_page(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    """The newest version; ``?version=`` an older one. 404 until some are published."""
    hall = readable_hall(db, hall_id_of(request.path_params["ref"]))
    versions = queries.published(db, hall.id)
    asked = request.query_params.get("version", "")
    shown = next((row for row in versions if not asked or str(row.version) == asked), None)
    if shown is None:
        raise NotFound
    response: Response[bytes] = request.app.state.pages.public(
        "townhalls/minutes.html",
        keys=(f"townhall:{hall.id}",),
        hall=hall,
        here=f"/townhalls/{hall.id}",
        shown=shown,
        body=rules.without(shown.body, queries.kept_out(db, hall.id)),
        versions=versions,
        who=_names(db, versions),
    )
    return response


@get(PATH, name="townhalls.minutes-desk", guards=[SCHEDULE], sync_to_thread=True)
def desk_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    """``?draft=anew`` fills the form from the log again; nothing is stored before somebody saves it."""
    hall = _ended(db, hall_id)
    last = queries.newest(db, hall_id)
    if last is None or request.query_params.get("draft") == "anew":
        body = _draft(request, db, hall)
    else:
        body = last.body
    note = last.note if last is not None and last.published_at is None else ""
    values = {"body": body, "note": note, "revision": str(service.revision_of(last))}
    return _page(request, db, account, hall, Form(values=values))


@post(PATH, name="townhalls.minutes-saved", guards=[SCHEDULE], sync_to_thread=True, status_code=303, writes=True)
def save(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
) -> Response[Any]:
    hall, shown, now = _ended(db, hall_id), Form(values=form), request.app.state.clock.now()
    body = shown.read("body", rules.read_body)
    corrects = bool(queries.published(db, hall_id))
    note = shown.read("note", rules.read_note) if corrects else ""
    if body is None or note is None:
        return _page(request, db, account, hall, shown, status=422)
    try:
        service.save(db, hall_id, body, note, revision=number_of(form.get("revision", "")), by=account.id, now=now)
    except ChangedMeanwhile as late:
        db.rollback()
        last = queries.newest(db, hall_id)
        again = {**form, "revision": str(service.revision_of(last))}
        late_form = Form(values=again, errors={"": late.heading})
        return _page(request, db, account, seen(db, hall_id), late_form, status=409, stands=last)
    return see_other(f"/hosting/townhalls/{hall_id}/minutes?done=saved")


@post(
    f"{PATH}/publish",
    name="townhalls.minutes-published",
    guards=[may("townhalls.minutes")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def publish(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
) -> Response[Any]:
    """As they are saved, under the name of whoever presses the button."""
    now = request.app.state.clock.now()
    try:
        service.publish(db, hall_id, revision=number_of(form.get("revision", "")), by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        last = queries.newest(db, hall_id)
        assert last is not None
        values = {"body": last.body, "note": last.note, "revision": str(last.revision)}
        return _page(request, db, account, seen(db, hall_id), Form.again(values, wrong), status=422)
    return see_other(f"/hosting/townhalls/{hall_id}/minutes?done=published")


def _ended(db: Session, hall_id: int) -> Hall:
    hall = seen(db, hall_id)
    if hall.state != HallState.ENDED:
        raise HallMovedOn(hall=hall_id)
    return hall


def _draft(request: Request[Any, Any, Any], db: Session, hall: Hall) -> str:
    state = request.app.state
    zone, now = state.settings.zone, state.clock.now()

    def time(at: datetime) -> str:
        return f"{at.astimezone(zone):%H:%M}"

    say = Saying(lambda at: say_instant(at, zone), time, state.pages.say_date, state.pages.say_last_day, clock)
    return rules.draft(queries.held(db, hall, now.astimezone(zone).date(), now, say))


def _names(db: Session, rows: Any) -> dict[int, str]:
    """Who published what, by their numbers."""
    found = (db.get(Account, row.published_by_id) for row in rows if row.published_by_id is not None)
    return {account.id: account.name for account in found if account is not None}


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    hall: Hall,
    form: Form,
    *,
    status: int = 200,
    stands: Minutes | None = None,
) -> Response[bytes]:
    versions, last = queries.published(db, hall.id), queries.newest(db, hall.id)
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/minutes.html",
        status=status,
        staff=account,
        hall=hall,
        owns=owns(db, account, hall),
        form=form,
        last=last,
        waits=last is not None and last.published_at is None,
        saver=db.get(Account, last.saved_by_id) if last and last.saved_by_id else None,
        versions=versions,
        who=_names(db, versions),
        stands=stands,
        done=request.query_params.get("done", ""),
        most=rules.MOST_BODY,
    )
    return response


HANDLERS = (public_page, desk_page, save, publish)
