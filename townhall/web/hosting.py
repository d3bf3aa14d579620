"""The officials' room: their town halls, a new one, one of them with what it lacks and what can be done with it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.ids import new_id
from app.core.paging import Page, read_page
from app.core.text.figures import is_whole
from app.core.text.sections import read_reason, read_title
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments.queries import by_ids, of_officer
from app.files.queries import files_of
from townhall.model import Hall
from townhall.queries import halls
from townhall.queries import hosting as lists
from townhall.rules import writing
from townhall.rules.lifecycle import ENTRY_NAMES, HALL_STATE_NAMES, HallState
from townhall.rules.polls import POLL_KIND_NAMES
from townhall.rules.writing import SECTIONS, VIDEO_NAMES
from townhall.service import scheduling
from townhall.service.locking import HallMovedOn, subject_of
from townhall.service.scheduling import Begun

ONE = "/hosting/townhalls/{hall_id:int}"
SCHEDULE = may("townhalls.schedule")


@get("/hosting/townhalls", name="townhalls.hosting", guards=[SCHEDULE], sync_to_thread=True)
def hosting(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    asked, department = request.query_params, of_officer(db, account.id)
    usual = "department" if department else "all"
    whose = asked.get("whose", usual) if asked.get("whose", usual) in lists.WHOSE else usual
    shown = asked.get("state", "now") if asked.get("state", "now") in lists.STATES else "now"
    wanted = lists.Wanted(whose, shown, account.id, department.id if department else None)
    number = read_page(asked.get("page", ""))
    rows = lists.listed(db, wanted, number)
    query = {"whose": whose, "state": shown}
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/list.html",
        staff=account,
        department=department,
        wanted=wanted,
        paging=Page(rows, lists.count(db, wanted), number, "/hosting/townhalls", query),
        departments=by_ids(db, [h.department_id for h in rows]),
        names=HALL_STATE_NAMES,
    )
    return response


@get("/hosting/townhalls/new", name="townhalls.new", guards=[SCHEDULE], sync_to_thread=True)
def new(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _new(request, db, account, Form(values={"submission": str(new_id())}))


@post(
    "/hosting/townhalls/new",
    name="townhalls.new.post",
    guards=[SCHEDULE],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def begin(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    shown = Form(values=form)
    title, submission = shown.read("title", read_title), form.get("submission", "")
    if title is None:
        return _new(request, db, account, shown, status=422)
    if not (0 < len(submission) <= 40 and submission.isascii()):
        submission = str(new_id())
    begun = Begun(title, f"{account.id}.{submission}")
    number = scheduling.begin(db, begun, by=account.id, now=request.app.state.clock.now())
    return see_other(f"/hosting/townhalls/{number}")


@get(ONE, name="townhalls.hosting-one", guards=[SCHEDULE], sync_to_thread=True)
def one(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    return one_page(request, db, account, seen(db, hall_id), Form())


@post(
    f"{ONE}/schedule",
    name="townhalls.schedule",
    guards=[SCHEDULE],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def schedule(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
) -> Response[Any]:
    """Public from now on; whoever looked at an older version of it looks again first."""
    now, revision = request.app.state.clock.now(), number_of(form.get("revision", ""))
    try:
        scheduling.schedule(db, hall_id, revision=revision, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        return one_page(request, db, account, seen(db, hall_id), Form.again(form, wrong), status=422)
    return see_other(f"/hosting/townhalls/{hall_id}")


@get(f"{ONE}/discard", name="townhalls.discard", guards=[SCHEDULE], sync_to_thread=True)
def discard_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    return step_page(request, account, seen(db, hall_id), "discard", Form(), state=HallState.DRAFT)


@post(
    f"{ONE}/discard",
    name="townhalls.discard.post",
    guards=[SCHEDULE],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def discard(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[Any]:
    scheduling.discard(db, hall_id, by=account.id, now=request.app.state.clock.now())
    return see_other("/hosting/townhalls")


@get(f"{ONE}/cancel", name="townhalls.cancel-hall", guards=[may("townhalls.cancel")], sync_to_thread=True)
def cancel_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    return step_page(request, account, seen(db, hall_id), "cancel", Form(), state=HallState.SCHEDULED)


@post(
    f"{ONE}/cancel",
    name="townhalls.cancel-hall.post",
    guards=[may("townhalls.cancel")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def cancel(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
) -> Response[Any]:
    shown = Form(values=form)
    reason = shown.read("reason", read_reason)
    if reason is None:
        hall = seen(db, hall_id)
        return step_page(request, account, hall, "cancel", shown, state=HallState.SCHEDULED, status=422)
    scheduling.cancel(db, hall_id, reason, by=account.id, now=request.app.state.clock.now())
    return see_other(f"/hosting/townhalls/{hall_id}")


def seen(db: Session, hall_id: int) -> Hall:
    """Any official reads any of them."""
    found = db.get(Hall, hall_id)
    if found is None:
        raise NotFound
    return found


def owns(db: Session, account: Account, hall: Hall) -> bool:
    department = of_officer(db, account.id)
    return department is not None and department.id == hall.department_id


def number_of(text: str) -> int:
    """A number that a form carries; 0 for anything else."""
    return int(text) if is_whole(text) else 0


def one_page(
    request: Request[Any, Any, Any], db: Session, account: Account, hall: Hall, form: Form, status: int = 200
) -> Response[bytes]:
    """What it lacks, what it says, what can be done with it now."""
    state, plan = request.app.state, halls.plan_of(db, hall.id)
    now, draft = state.clock.now(), hall.state == HallState.DRAFT
    response: Response[bytes] = state.pages.personal(
        "townhalls/hosting/one.html",
        status=status,
        staff=account,
        hall=hall,
        owns=owns(db, account, hall),
        lead=by_ids(db, [hall.department_id]).get(hall.department_id),
        lacks=writing.lacks(hall, plan, now) if draft else [],
        advice=writing.advice(hall, plan) if hall.state in ("draft", "scheduled") else [],
        sections=SECTIONS,
        people=halls.staff_of(db, hall.id),
        speakers=halls.speakers(db, hall.id),
        beside=halls.beside(db, hall.id),
        agenda=halls.agenda(db, hall.id),
        polls=halls.polls(db, hall.id),
        poll_kinds=POLL_KIND_NAMES,
        files=files_of(db, subject_of(hall.id)),
        names=HALL_STATE_NAMES,
        entries=ENTRY_NAMES,
        videos=VIDEO_NAMES,
        zone=state.settings.time_zone,
        form=form,
    )
    return response


def step_page(
    request: Request[Any, Any, Any],
    account: Account,
    hall: Hall,
    what: str,
    form: Form,
    *,
    state: HallState,
    status: int = 200,
) -> Response[bytes]:
    """The page before an act that cannot be undone; HallMovedOn where it can no longer be done."""
    if hall.state != state:
        raise HallMovedOn(hall=hall.id)
    response: Response[bytes] = request.app.state.pages.personal(
        f"townhalls/hosting/{what}.html", status=status, staff=account, hall=hall, form=form
    )
    return response


def _new(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/new.html", status=status, staff=account, department=of_officer(db, account.id), form=form
    )
    return response


HANDLERS = [hosting, new, begin, one, schedule, discard_page, discard, cancel_page, cancel]
