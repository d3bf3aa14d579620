"""Holidays: the days on which nobody moderates, kept by administrators."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import BadField
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.moderation import holidays


@get("/admin/holidays", name="moderation.holidays", guards=[may("moderation.holidays")], sync_to_thread=True)
def holiday_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _page(request, db, account, Form())


@post(
    "/admin/holidays",
    name="moderation.holidays.add",
    guards=[may("moderation.holidays")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def add_holiday(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    shown = Form(values=form)
    name = shown.read("name", holidays.read_name)
    first, last = shown.read("first", holidays.read_day), shown.read("last", holidays.read_day)
    if first is not None and last is not None:
        try:
            holidays.check_span(first, last)
        except BadField as wrong:
            shown.refuse("last", wrong.message)
    if shown.errors or name is None or first is None or last is None:
        return _page(request, db, account, shown, status=422)
    holidays.add(db, name, first, last, by=account.id, now=request.app.state.clock.now())
    return see_other("/admin/holidays")


@post(
    "/admin/holidays/{holiday_id:int}/remove",
    name="moderation.holidays.remove",
    guards=[may("moderation.holidays")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def remove_holiday(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    holiday_id: FromPath[int],
) -> Response[Any]:
    holidays.remove(db, holiday_id, by=account.id, now=request.app.state.clock.now())
    return see_other("/admin/holidays")


@post(
    "/admin/holidays/{holiday_id:int}/put-back",
    name="moderation.holidays.put-back",
    guards=[may("moderation.holidays")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def put_back_holiday(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    holiday_id: FromPath[int],
) -> Response[Any]:
    holidays.put_back(db, holiday_id, by=account.id, now=request.app.state.clock.now())
    return see_other("/admin/holidays")


def _page(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    state = request.app.state
    now, promising = state.clock.now(), state.site.promising
    today = promising.today(now)
    response: Response[bytes] = state.pages.personal(
        "moderation/holidays.html",
        status=status,
        staff=account,
        form=form,
        today=today,
        coming=holidays.coming(db, today),
        past=holidays.past(db, today),
        removed=holidays.removed_lately(db, now),
        promise_days=promising.days,
        promised=promising.promised(db)(now),
    )
    return response


HANDLERS = [holiday_list, add_holiday, remove_holiday, put_back_holiday]
