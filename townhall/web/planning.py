"""The agenda of a hall before it begins: parts are added, changed, moved by buttons, removed and brought back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from townhall.queries import halls
from townhall.rules.lifecycle import HallState
from townhall.rules.writing import MOST_ITEMS, read_item, read_minutes
from townhall.service import planning
from townhall.service.locking import HallMovedOn
from townhall.service.planning import STATES, Item
from townhall.service.scheduling import ChangedMeanwhile
from townhall.web.hosting import ONE, SCHEDULE, number_of, owns, seen

PATH = f"{ONE}/agenda"


@get(PATH, name="townhalls.agenda", guards=[SCHEDULE], sync_to_thread=True)
def agenda_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, hall_id, Form())


@post(PATH, name="townhalls.agenda.post", guards=[SCHEDULE], sync_to_thread=True, status_code=303, writes=True)
def change(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
) -> Response[Any]:
    """One button: ``up``, ``down`` or ``remove`` with the number of a part; otherwise a part is added."""
    now, by, path = request.app.state.clock.now(), account.id, f"/hosting/townhalls/{hall_id}/agenda"
    for name, places in (("up", -1), ("down", 1)):
        if item := number_of(form.get(name, "")):
            planning.shift(db, hall_id, item, places, by=by, now=now)
            return see_other(f"{path}#item-{item}")
    if item := number_of(form.get("remove", "")):
        gone = planning.remove(db, hall_id, item, by=by, now=now)
        return _page(request, db, account, hall_id, Form(), gone=gone)
    shown = Form(values=form)
    try:
        planning.add(db, hall_id, _read(shown, form), by=by, now=now)
    except Invalid as wrong:
        db.rollback()
        return _page(request, db, account, hall_id, Form.again(form, wrong), status=422)
    return see_other(f"{path}#add")


@get(f"{PATH}/{{item_id:int}}", name="townhalls.agenda-item", guards=[SCHEDULE], sync_to_thread=True)
def item_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
    item_id: FromPath[int],
) -> Response[bytes]:
    return _item_page(request, db, account, hall_id, item_id, None)


@post(
    f"{PATH}/{{item_id:int}}",
    name="townhalls.agenda-item.post",
    guards=[SCHEDULE],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def rewrite(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
    item_id: FromPath[int],
) -> Response[Any]:
    now, shown = request.app.state.clock.now(), Form(values=form)
    try:
        item, revision = _read(shown, form), number_of(form.get("revision", ""))
        planning.rewrite(db, hall_id, item_id, item, revision=revision, by=account.id, now=now)
    except Invalid as wrong:
        db.rollback()
        return _item_page(request, db, account, hall_id, item_id, Form.again(form, wrong), status=422)
    except ChangedMeanwhile as late:
        db.rollback()
        kept = dict(form) | {"revision": str(seen(db, hall_id).revision)}
        form_again = Form(values=kept, errors={"": late.heading})
        return _item_page(request, db, account, hall_id, item_id, form_again, status=409)
    return see_other(f"/hosting/townhalls/{hall_id}/agenda#item-{item_id}")


def _read(shown: Form, form: Mapping[str, str]) -> Item:
    """Raises Invalid with every fault. ``at``: where one that was removed comes back to."""
    title, minutes = shown.read("title", read_item), shown.read("minutes", read_minutes)
    shown.check()
    assert title is not None
    assert minutes is not None
    at = form.get("at", "")
    return Item(title, minutes, number_of(at) if at else None)


def _item_page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    hall_id: int,
    item_id: int,
    form: Form | None,
    status: int = 200,
) -> Response[bytes]:
    hall = seen(db, hall_id)
    item = next((i for i in halls.agenda(db, hall_id) if i.id == item_id), None)
    if item is None:
        raise NotFound
    if HallState(hall.state) not in STATES:
        raise HallMovedOn(hall=hall_id)
    stands = {"title": item.title, "minutes": str(item.minutes), "revision": str(hall.revision)}
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/agenda_item.html",
        status=status,
        staff=account,
        hall=hall,
        item=item,
        owns=owns(db, account, hall),
        stands=stands if status == 409 else None,
        form=form or Form(values=stands),
    )
    return response


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    hall_id: int,
    form: Form,
    *,
    status: int = 200,
    gone: Item | None = None,
) -> Response[bytes]:
    """``gone``: a part that was removed a moment ago, with a way back."""
    hall = seen(db, hall_id)
    items = halls.agenda(db, hall_id)
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/agenda.html",
        status=status,
        staff=account,
        hall=hall,
        editable=owns(db, account, hall) and HallState(hall.state) in STATES,
        items=items,
        total=sum(i.minutes for i in items),
        is_full=len(items) >= MOST_ITEMS,
        gone=gone,
        form=form,
    )
    return response


HANDLERS = [agenda_page, change, item_page, rewrite]
