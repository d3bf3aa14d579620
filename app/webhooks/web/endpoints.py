"""Receivers: which there are, adding one, changing what it is told, its secret, pausing, deleting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.db import after_commit
from app.core.errors import BadField, FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.paging import A_PAGE, Page, read_page
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments import queries as departments
from app.departments.model import Department
from app.operation.rules import read_reason
from app.webhooks import queries
from app.webhooks.model import Endpoint
from app.webhooks.rules.answers import DeliveryState
from app.webhooks.service import managing
from app.webhooks.service.managing import Wish, read_wish
from app.webhooks.service.secrets import mark
from app.webhooks.web.words import AFTER, FAULTS, STATES

LIST = "/admin/webhooks"
ACTS = frozenset({"pause", "resume", "rotate", "delete"})
SHOWN = frozenset(DeliveryState)


@get(LIST, name="webhooks.list", guards=[may("webhooks.see")], sync_to_thread=True)
def endpoint_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Those in trouble first."""
    response: Response[bytes] = request.app.state.pages.personal(
        "webhooks/list.html",
        staff=account,
        endpoints=queries.endpoints(db),
        counts=queries.counts(db),
        deleted="deleted" in request.query_params,
        keep_days=request.app.state.site.webhooks.keep.days,
    )
    return response


@get(f"{LIST}/new", name="webhooks.new", guards=[may("webhooks.see")], sync_to_thread=True)
def new_endpoint(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _form(request, db, account, Form(values={"which": "all"}), [])


@post(
    f"{LIST}/new",
    name="webhooks.new.post",
    guards=[may("webhooks.change")],
    sync_to_thread=True,
    status_code=200,
    writes=True,
)
def add_endpoint(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[bytes]:
    """Its secret is shown on the page that answers, and nowhere else."""
    state = request.app.state
    try:
        wish = _wish(request, db, form)
        endpoint, secret = managing.add(
            db,
            state.keyring,
            state.site.webhooks,
            form.get("address", ""),
            wish,
            by=account.id,
            now=state.clock.now(),
        )
    except BadField as wrong:
        return _form(request, db, account, Form(form, {"address": wrong.message}), form.all("types"), status=422)
    except Invalid as wrong:
        return _form(request, db, account, Form.again(form, wrong), form.all("types"), status=422)
    return _secret(request, account, endpoint, secret, is_new=True)


@get(LIST + "/{endpoint_id:int}", name="webhooks.endpoint", guards=[may("webhooks.see")], sync_to_thread=True)
def one_endpoint(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    endpoint_id: FromPath[int],
) -> Response[bytes]:
    return shown(request, db, account, _found(db, endpoint_id), Form())


@post(
    LIST + "/{endpoint_id:int}",
    name="webhooks.endpoint.post",
    guards=[may("webhooks.change")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def change_endpoint(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    webhooks_called: NamedDependency[Event],
    form: NamedDependency[Sent],
    endpoint_id: FromPath[int],
) -> Response[Any]:
    """``act`` says what; each takes a reason. A new secret is shown on the page that answers."""
    asked, act = Form(values=form), form.get("act", "")
    reason = asked.read("reason", read_reason)
    if act not in ACTS:
        asked.refuse("act", str(_("Choose what should change.")))
    if asked.errors or reason is None:
        return shown(request, db, account, _found(db, endpoint_id), asked, status=422)
    state = request.app.state
    said: dict[str, Any] = {"reason": reason, "by": account.id, "now": state.clock.now()}
    match act:
        case "pause":
            managing.pause(db, endpoint_id, **said)
        case "resume":
            managing.resume(db, endpoint_id, **said)
            after_commit(db, webhooks_called.set)
        case "rotate":
            made = managing.rotate(db, state.keyring, state.site.webhooks, endpoint_id, form.get("was", ""), **said)
            answer = _secret(request, account, *made, is_new=False)
            answer.status_code = 200
            return answer
        case _delete:
            managing.remove(db, endpoint_id, **said)
            return see_other(f"{LIST}?deleted")
    return see_other(f"{LIST}/{endpoint_id}?done={act}")


@get(LIST + "/{endpoint_id:int}/edit", name="webhooks.edit", guards=[may("webhooks.see")], sync_to_thread=True)
def edit_endpoint(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    endpoint_id: FromPath[int],
) -> Response[bytes]:
    endpoint = _found(db, endpoint_id)
    office = departments.by_ids(db, [endpoint.department_id]).get(endpoint.department_id or 0)
    values = {
        "description": endpoint.description,
        "which": "some" if endpoint.types else "all",
        "department": office.slug if office else "",
    }
    return _form(request, db, account, Form(values=values), endpoint.types, endpoint)


@post(
    LIST + "/{endpoint_id:int}/edit",
    name="webhooks.edit.post",
    guards=[may("webhooks.change")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def save_endpoint(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    endpoint_id: FromPath[int],
) -> Response[Any]:
    endpoint, asked = _found(db, endpoint_id), Form(values=form)
    reason = asked.read("reason", read_reason)
    try:
        wish = _wish(request, db, form, endpoint)
    except Invalid as wrong:
        asked.errors.update(Form.again(form, wrong).errors)
        wish = None
    if wish is None or reason is None:
        return _form(request, db, account, asked, form.all("types"), endpoint, status=422)
    managing.change(db, endpoint_id, wish, reason=reason, by=account.id, now=request.app.state.clock.now())
    return see_other(f"{LIST}/{endpoint_id}?done=change")


def shown(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    endpoint: Endpoint,
    form: Form,
    *,
    since: Form | None = None,
    status: int = 200,
) -> Response[bytes]:
    """One receiver's page: how it does, its log, what can be done with it."""
    state, query = request.app.state, request.query_params
    which = query.get("show", "") if query.get("show", "") in SHOWN else ""
    page, now = read_page(query.get("page", "")), state.clock.now()
    rows, total = queries.log(db, endpoint.id, which, offset=(page - 1) * A_PAGE, most=A_PAGE)
    count = query.get("count", "")
    response: Response[bytes] = state.pages.personal(
        "webhooks/endpoint.html",
        status=status,
        staff=account,
        endpoint=endpoint,
        office=departments.by_ids(db, [endpoint.department_id]).get(endpoint.department_id or 0),
        counts=queries.counts(db).get(endpoint.id, queries.Counts()),
        paging=Page(rows, total, page, f"{LIST}/{endpoint.id}", {"show": which}),
        which=which,
        both_sign=endpoint.before_until is not None and now < endpoint.before_until,
        changes=queries.changes(db, endpoint.id),
        form=form,
        since=since or Form(),
        done=query.get("done", "") if query.get("done", "") in AFTER and status == 200 else "",
        count=int(count) if is_whole(count, figures=9) else 0,
        after=AFTER,
        faults=FAULTS,
        states=STATES,
        policy=state.site.webhooks,
        mark=mark(endpoint),
    )
    return response


def _wish(request: Request[Any, Any, Any], db: Session, form: Sent, endpoint: Endpoint | None = None) -> Wish:
    """What the form says it is to be told; raises :class:`Invalid`. What it is told already may stay."""
    types, slug = form.all("types"), form.get("department", "")
    some = form.get("which") == "some"
    if some and not types:
        raise Invalid([FieldError("types", str(_("Choose at least one type, or everything.")))])
    office = departments.by_slug(db, slug) if slug else None
    if slug and office is None:
        raise Invalid([FieldError("department", str(_("Choose one of the departments, or all.")))])
    known = {one.name for one in request.app.state.site.announced} | set(endpoint.types if endpoint else ())
    return read_wish(form.get("description", ""), types if some else [], known, office.id if office else None)


def _form(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    form: Form,
    chosen: Sequence[str],
    endpoint: Endpoint | None = None,
    status: int = 200,
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "webhooks/form.html",
        status=status,
        staff=account,
        endpoint=endpoint,
        form=form,
        chosen=frozenset(chosen),
        types=_types(request),
        departments=_offered(db, endpoint),
        needs_https=state.site.webhooks.ways.needs_encryption,
    )
    return response


def _offered(db: Session, endpoint: Endpoint | None) -> Sequence[Department]:
    """Those that can be given something; the one it has may be dissolved."""
    own = departments.by_ids(db, [endpoint.department_id if endpoint else None])
    return [*departments.active(db), *(d for d in own.values() if d.dissolved_at is not None)]


def _types(request: Request[Any, Any, Any]) -> Mapping[str, str]:
    """Each type with its sentence, by name."""
    return dict(sorted((one.name, one.about) for one in request.app.state.site.announced))


def _secret(
    request: Request[Any, Any, Any], account: Account, endpoint: Endpoint, secret: str, *, is_new: bool
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "webhooks/secret.html", staff=account, endpoint=endpoint, secret=secret, is_new=is_new
    )
    return response


def _found(db: Session, endpoint_id: int) -> Endpoint:
    endpoint = db.get(Endpoint, endpoint_id) if endpoint_id < 2**63 else None
    if endpoint is None:
        raise NotFound
    return endpoint


HANDLERS = [endpoint_list, new_endpoint, add_endpoint, one_endpoint, change_endpoint, edit_endpoint, save_endpoint]
