"""Which messages leave next: a few of one receiver at a time, held for a while by whoever took them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, exists, or_, select, update
from sqlalchemy.orm import Session

from app.core.security.keys import Keys
from app.webhooks.model import Endpoint, WebhookDelivery, WebhookEvent
from app.webhooks.rules.answers import DeliveryState, EndpointState
from app.webhooks.service.secrets import signing

CLAIM = timedelta(minutes=3)
A_RUN = 20  # messages
_Delivery = WebhookDelivery


class Run(NamedTuple):
    """What one receiver is sent in a row. ``is_ailing``: its last try failed."""

    endpoint_id: int
    is_ailing: bool
    deliveries: Sequence[int]


class Message(NamedTuple):
    """One message as it is stored."""

    delivery_id: int
    event_id: int
    body: str


class Loaded(NamedTuple):
    """What a run needs to be sent."""

    url: str
    secrets: Sequence[bytes]
    messages: Sequence[Message]


def due(now: datetime, *, most: int, most_ailing: int, but: Collection[int]) -> Select[int, bool]:
    """Receivers with something due, sound ones first, of which nobody holds anything."""
    ready = (_Delivery.endpoint_id == Endpoint.id, _Delivery.state == DeliveryState.WAITING)
    waiting = exists().where(*ready, _Delivery.due_at <= now)
    held = exists().where(*ready, _Delivery.claimed_until >= now)
    ailing = Endpoint.failures > 0
    wanted = select(Endpoint.id, ailing.label("ailing")).where(
        Endpoint.state == EndpointState.ACTIVE,
        or_(Endpoint.rest_until.is_(None), Endpoint.rest_until <= now),
        Endpoint.id.not_in(but),
        waiting,
        ~held,
    )
    if most_ailing <= 0:
        wanted = wanted.where(~ailing)
    return wanted.order_by(ailing, Endpoint.rest_until, Endpoint.id).limit(most)


def claim(db: Session, now: datetime, *, most: int, most_ailing: int, but: Collection[int], locks: bool) -> list[Run]:
    """At most one run a receiver. ``locks``: others may claim at the same time, on their machines."""
    wanted = due(now, most=most, most_ailing=most_ailing, but=but)
    if locks:
        wanted = wanted.with_for_update(of=Endpoint, key_share=True, skip_locked=True)
    runs = list[Run]()
    for endpoint_id, is_ailing in db.execute(wanted).all():
        if is_ailing and sum(run.is_ailing for run in runs) >= most_ailing:
            continue
        if ids := _take(db, endpoint_id, now, 1 if is_ailing else A_RUN):
            runs.append(Run(endpoint_id, bool(is_ailing), ids))
    return runs


def load(db: Session, keys: Keys, run: Run, now: datetime) -> Loaded | None:
    """None where the receiver was deleted, paused or switched off meanwhile."""
    endpoint = db.get(Endpoint, run.endpoint_id)
    if endpoint is None or endpoint.state != EndpointState.ACTIVE:
        return None
    rows = db.execute(
        select(_Delivery.id, WebhookEvent.id, WebhookEvent.body)
        .join(WebhookEvent, WebhookEvent.id == _Delivery.event_id)
        .where(_Delivery.id.in_(run.deliveries), _Delivery.state == DeliveryState.WAITING)
        .order_by(_Delivery.due_at, _Delivery.id)
    )
    return Loaded(endpoint.url, signing(keys, endpoint, now), [Message(*row) for row in rows])


def free_claims(db: Session) -> None:
    """At the start of the only process: whatever a crashed one held is free again."""
    db.execute(update(_Delivery).where(_Delivery.claimed_until.is_not(None)).values(claimed_until=None))


def _take(db: Session, endpoint_id: int, now: datetime, most: int) -> list[int]:
    free = or_(_Delivery.claimed_until.is_(None), _Delivery.claimed_until < now)
    ready = (_Delivery.endpoint_id == endpoint_id, _Delivery.state == DeliveryState.WAITING, _Delivery.due_at <= now)
    ids = list(
        db.scalars(select(_Delivery.id).where(*ready, free).order_by(_Delivery.due_at, _Delivery.id).limit(most))
    )
    if ids:
        db.execute(update(_Delivery).where(_Delivery.id.in_(ids)).values(claimed_until=now + CLAIM))
    return ids
