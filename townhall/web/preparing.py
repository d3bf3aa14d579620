"""The polls of a hall, prepared: until one is opened it can be changed, moved, removed and brought back."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from townhall.model import Poll
from townhall.rules.commands import Stale
from townhall.rules.lifecycle import HallState
from townhall.rules.polls import POLL_KIND_NAMES, POLL_STATE_NAMES, PollState, read_poll
from townhall.service import polls
from townhall.service.locking import HallMovedOn
from townhall.service.scheduling import owned
from townhall.web.hosting import ONE, SCHEDULE, number_of, owns, seen

PATH = f"{ONE}/polls"
STATES = frozenset({HallState.DRAFT, HallState.SCHEDULED, HallState.LIVE})


@get(PATH, name="townhalls.polls", guards=[SCHEDULE], sync_to_thread=True)
def poll_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, hall_id)


@post(PATH, name="townhalls.polls.post", guards=[SCHEDULE], sync_to_thread=True, status_code=303, writes=True)
def change(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
) -> Response[Any]:
    """One button: ``up``, ``down`` or ``remove`` with the number of a poll."""
    owned(db, hall_id, account.id, STATES)
    now, by = request.app.state.clock.now(), account.id
    rows = polls.listed(db, hall_id)
    if number := number_of(form.get("remove", "")):
        gone = _one(rows, number)
        polls.remove(db, hall_id, number, by=by, now=now)
        return _page(request, db, account, hall_id, gone=gone, at=[p.id for p in rows].index(number))
    for name, places in (("up", -1), ("down", 1)):
        if number := number_of(form.get(name, "")):
            _one(rows, number)
            polls.reorder(db, hall_id, moved([p.id for p in rows], number, places), by=by, now=now)
            return see_other(f"/hosting/townhalls/{hall_id}/polls#poll-{number}")
    return see_other(f"/hosting/townhalls/{hall_id}/polls")


@get(f"{PATH}/new", name="townhalls.poll-new", guards=[SCHEDULE], sync_to_thread=True)
def new(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    return _poll_page(request, db, account, hall_id, None, Form(values={"kind": "single"}))


@post(
    f"{PATH}/new", name="townhalls.poll-new.post", guards=[SCHEDULE], sync_to_thread=True, status_code=303, writes=True
)
def create(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
) -> Response[Any]:
    """``at``: where one that was removed comes back to."""
    owned(db, hall_id, account.id, STATES)
    now, by = request.app.state.clock.now(), account.id
    try:
        poll = polls.create(db, hall_id, read_poll(form), by=by, now=now)
    except Invalid as wrong:
        db.rollback()
        return _poll_page(request, db, account, hall_id, None, Form.again(form, wrong), status=422)
    if at := form.get("at", ""):
        ids = [p.id for p in polls.listed(db, hall_id) if p.id != poll.id]
        ids.insert(number_of(at), poll.id)
        polls.reorder(db, hall_id, ids, by=by, now=now)
    return see_other(f"/hosting/townhalls/{hall_id}/polls#poll-{poll.id}")


@get(f"{PATH}/{{poll_id:int}}", name="townhalls.poll", guards=[SCHEDULE], sync_to_thread=True)
def one(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
    poll_id: FromPath[int],
) -> Response[bytes]:
    poll = _one(polls.listed(db, hall_id), poll_id)
    return _poll_page(request, db, account, hall_id, poll, Form(values=_fields(poll)))


@post(
    f"{PATH}/{{poll_id:int}}",
    name="townhalls.poll.post",
    guards=[SCHEDULE],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def edit(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
    poll_id: FromPath[int],
) -> Response[Any]:
    owned(db, hall_id, account.id, STATES)
    now, rev = request.app.state.clock.now(), number_of(form.get("rev", ""))
    try:
        polls.edit(db, hall_id, poll_id, read_poll(form), rev=rev, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        poll = _one(polls.listed(db, hall_id), poll_id)
        return _poll_page(request, db, account, hall_id, poll, Form.again(form, wrong), status=422)
    except Stale as late:
        db.rollback()
        poll = _one(polls.listed(db, hall_id), poll_id)
        kept = Form(values=dict(form) | {"rev": str(poll.rev)}, errors={"": late.heading})
        return _poll_page(request, db, account, hall_id, poll, kept, status=409)
    return see_other(f"/hosting/townhalls/{hall_id}/polls#poll-{poll_id}")


def moved(ids: list[int], number: int, places: int) -> list[int]:
    """These, with one of them so many places further; at an end it stays."""
    was = ids.index(number)
    others = [i for i in ids if i != number]
    others.insert(min(max(was + places, 0), len(others)), number)
    return others


def _one(rows: Any, number: int) -> Poll:
    found: Poll | None = next((p for p in rows if p.id == number), None)
    if found is None:
        raise NotFound
    return found


def _fields(poll: Poll) -> dict[str, str]:
    """The form that would be read as this poll."""
    return {
        "kind": poll.kind,
        "question": poll.question,
        "options": "\n".join(option["text"] for option in poll.options),
        "most": str(poll.most) if poll.kind in ("multiple", "cloud") else "",
        "rev": str(poll.rev),
    }


def _poll_page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    hall_id: int,
    poll: Poll | None,
    form: Form,
    status: int = 200,
) -> Response[bytes]:
    hall = seen(db, hall_id)
    if HallState(hall.state) not in STATES or (poll is not None and poll.state != PollState.DRAFT):
        raise polls.PollInUse if poll is not None and poll.state != PollState.DRAFT else HallMovedOn(hall=hall_id)
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/poll.html",
        status=status,
        staff=account,
        hall=hall,
        poll=poll,
        owns=owns(db, account, hall),
        kinds=[(str(kind), str(name)) for kind, name in POLL_KIND_NAMES.items()],
        stands=_fields(poll) if status == 409 and poll is not None else None,
        form=form,
    )
    return response


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    hall_id: int,
    *,
    gone: Poll | None = None,
    at: int = 0,
) -> Response[bytes]:
    hall = seen(db, hall_id)
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/polls.html",
        staff=account,
        hall=hall,
        editable=owns(db, account, hall) and HallState(hall.state) in STATES,
        polls=polls.listed(db, hall_id),
        kinds=POLL_KIND_NAMES,
        names=POLL_STATE_NAMES,
        gone=(_fields(gone) | {"at": str(at)}) if gone is not None else None,
    )
    return response


HANDLERS = [poll_page, change, new, create, one, edit]
