"""Sending again by hand: one message, or all that failed since a time. Each keeps its id, so that a receiver that
had it after all can tell."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.db import rows_changed
from app.core.errors import Conflict, NotFound
from app.core.i18n import _
from app.webhooks.model import Endpoint, WebhookDelivery, WebhookEvent
from app.webhooks.rules.answers import DeliveryState, EndpointState
from app.webhooks.service.managing import locked, subject_of
from app.webhooks.service.queueing import ping as queue_ping

SETTLED = (DeliveryState.DELIVERED, DeliveryState.FAILED)


class CannotSend(Conflict):
    code = "webhook-cannot-send"
    title = _("This cannot be sent")
    message = _("It waits to be sent already, or what it told of was removed. Nothing was changed.")
    way_on = ("/admin/webhooks", _("Webhooks"))


class IsOff(Conflict):
    code = "webhook-off"
    title = _("Nothing is sent to this address")
    message = _("It is paused or switched off. Resume it first. Nothing was changed.")
    way_on = ("/admin/webhooks", _("Webhooks"))


def ping(db: Session, endpoint_id: int, base_url: str, *, by: int, now: datetime) -> int:
    """A test message at once; answers its delivery's number."""
    endpoint = _sending(db, endpoint_id)
    event = queue_ping(db, endpoint, base_url, now)
    audit.record(db, "webhooks.ping", subject_of(endpoint.id), by=by, now=now)
    return db.scalars(select(WebhookDelivery.id).where(WebhookDelivery.event_id == event)).one()


def again(db: Session, endpoint_id: int, delivery_id: int, *, by: int, now: datetime) -> None:
    """One message, whether it failed or arrived."""
    _sending(db, endpoint_id)
    this = (WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint_id)
    if db.scalar(select(WebhookDelivery.id).where(*this)) is None:
        raise NotFound
    if not _wait(db, now, *this, WebhookDelivery.state.in_(SETTLED)):
        raise CannotSend
    audit.record(db, "webhooks.replay", subject_of(endpoint_id), by=by, now=now, facts={"delivery": delivery_id})


def failed_since(db: Session, endpoint_id: int, since: datetime, *, by: int, now: datetime) -> int:
    """Everything that failed and was queued at that time or later; answers how much."""
    _sending(db, endpoint_id)
    count = _wait(
        db,
        now,
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.state == DeliveryState.FAILED,
        WebhookDelivery.queued_at >= since,
    )
    facts = {"since": since.isoformat(), "count": count}
    audit.record(db, "webhooks.replay", subject_of(endpoint_id), by=by, now=now, facts=facts)
    return count


def _sending(db: Session, endpoint_id: int) -> Endpoint:
    endpoint = locked(db, endpoint_id)
    if endpoint.state != EndpointState.ACTIVE:
        raise IsOff
    endpoint.rest_until = None  # somebody wants to see it now
    return endpoint


def _wait(db: Session, now: datetime, *which: ColumnElement[bool]) -> int:
    known = WebhookDelivery.event_id.in_(select(WebhookEvent.id).where(WebhookEvent.body != ""))
    again = {"state": DeliveryState.WAITING, "due_at": now, "attempts": 0, "settled_at": None, "claimed_until": None}
    return rows_changed(db.execute(update(WebhookDelivery).where(*which, known).values(**again)))
