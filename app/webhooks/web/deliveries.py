"""The log: one message with its tries; sending again, one or all that failed; the test message."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Event
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.db import after_commit
from app.core.errors import BadField, NotFound
from app.core.i18n import _
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.operation.rules import read_instant
from app.webhooks import queries
from app.webhooks.courier import message_name
from app.webhooks.model import Endpoint
from app.webhooks.rules.answers import DeliveryState, EndpointState
from app.webhooks.service import replaying
from app.webhooks.web.endpoints import LIST, shown
from app.webhooks.web.words import FAULTS, STATES


@post(
    LIST + "/{endpoint_id:int}/ping",
    name="webhooks.ping",
    guards=[may("webhooks.send")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def ping(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    webhooks_called: NamedDependency[Event],
    endpoint_id: FromPath[int],
) -> Response[Any]:
    state = request.app.state
    delivery = replaying.ping(db, endpoint_id, state.settings.base_url, by=account.id, now=state.clock.now())
    after_commit(db, webhooks_called.set)
    return see_other(f"{LIST}/{endpoint_id}/deliveries/{delivery}")


@post(
    LIST + "/{endpoint_id:int}/replay",
    name="webhooks.replay",
    guards=[may("webhooks.send")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def replay_failed(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    webhooks_called: NamedDependency[Event],
    form: NamedDependency[Sent],
    endpoint_id: FromPath[int],
) -> Response[Any]:
    """Everything that failed since the minute the form says."""
    state, asked = request.app.state, Form(values=form)
    endpoint = db.get(Endpoint, endpoint_id) if endpoint_id < 2**63 else None
    if endpoint is None:
        raise NotFound
    since = asked.read("since", lambda text: _read_since(text, request))
    if since is None:
        return shown(request, db, account, endpoint, Form(), since=asked, status=422)
    count = replaying.failed_since(db, endpoint_id, since, by=account.id, now=state.clock.now())
    after_commit(db, webhooks_called.set)
    return see_other(f"{LIST}/{endpoint_id}?done=replay&count={count}")


@get(
    LIST + "/{endpoint_id:int}/deliveries/{delivery_id:int}",
    name="webhooks.delivery",
    guards=[may("webhooks.see")],
    sync_to_thread=True,
)
def one_delivery(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    endpoint_id: FromPath[int],
    delivery_id: FromPath[int],
) -> Response[bytes]:
    """What was sent, byte for byte, and what each try brought."""
    endpoint = db.get(Endpoint, endpoint_id) if endpoint_id < 2**63 else None
    found = queries.one(db, endpoint_id, delivery_id) if endpoint is not None and delivery_id < 2**63 else None
    if endpoint is None or found is None:
        raise NotFound
    line, tries = found
    response: Response[bytes] = request.app.state.pages.personal(
        "webhooks/delivery.html",
        staff=account,
        endpoint=endpoint,
        delivery=line.delivery,
        event=line.event,
        name=message_name(line.event.id),
        body=_indented(line.event.body),
        tries=tries,
        can_send=endpoint.state == EndpointState.ACTIVE
        and line.delivery.state in replaying.SETTLED
        and bool(line.event.body),
        is_waiting=line.delivery.state == DeliveryState.WAITING,
        again="again" in request.query_params,
        faults=FAULTS,
        states=STATES,
    )
    return response


@post(
    LIST + "/{endpoint_id:int}/deliveries/{delivery_id:int}/replay",
    name="webhooks.delivery.replay",
    guards=[may("webhooks.send")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def replay_one(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    webhooks_called: NamedDependency[Event],
    endpoint_id: FromPath[int],
    delivery_id: FromPath[int],
) -> Response[Any]:
    if max(endpoint_id, delivery_id) >= 2**63:
        raise NotFound
    replaying.again(db, endpoint_id, delivery_id, by=account.id, now=request.app.state.clock.now())
    after_commit(db, webhooks_called.set)
    return see_other(f"{LIST}/{endpoint_id}/deliveries/{delivery_id}?again")


def _read_since(text: str, request: Request[Any, Any, Any]) -> datetime:
    """A minute of the site's zone, within the log; raises :class:`BadField`."""
    state = request.app.state
    since, now = read_instant(text, state.settings.zone), state.clock.now()
    if since is None:
        raise BadField(str(_("Enter a day and a time, such as 2026-03-04 09:30")))
    if since > now:
        raise BadField(str(_("Enter a time that is over")))
    return max(since, now - state.site.webhooks.keep - timedelta(days=1))


def _indented(body: str) -> str:
    """For people's eyes; empty where it was removed."""
    return msgspec.json.format(body, indent=2) if body else ""


HANDLERS = [ping, replay_failed, one_delivery, replay_one]
