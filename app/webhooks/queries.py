"""What administrators ask: which receivers there are, how they do, and what became of each message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.audit import queries as audit
from app.core.i18n import _
from app.webhooks.model import Endpoint, WebhookAttempt, WebhookDelivery, WebhookEvent
from app.webhooks.rules.answers import DeliveryState, EndpointState
from app.webhooks.service.managing import subject_of


class Counts(NamedTuple):
    """Messages of one receiver that the log still knows."""

    waiting: int = 0
    delivered: int = 0
    failed: int = 0


class Shown(NamedTuple):
    """One line of the log. ``last``: its newest try."""

    delivery: WebhookDelivery
    event: WebhookEvent
    last: WebhookAttempt | None


class Change(NamedTuple):
    """An act on the record; ``by`` is empty where the site did it by itself."""

    at: datetime
    act: str
    by: str
    reason: str


def endpoints(db: Session) -> Sequence[Endpoint]:
    """Those in trouble first, the newest before older ones."""
    rows = db.scalars(select(Endpoint).order_by(Endpoint.id.desc()))
    order = {EndpointState.OFF: 0, EndpointState.PAUSED: 2}
    return sorted(rows, key=lambda e: order.get(EndpointState(e.state), 1 if not e.failures else 0))


def counts(db: Session) -> Mapping[int, Counts]:
    """By receiver; those without a message are missing."""
    rows = select(WebhookDelivery.endpoint_id, WebhookDelivery.state, func.count()).group_by(
        WebhookDelivery.endpoint_id, WebhookDelivery.state
    )
    found = dict[int, Counts]()
    for endpoint_id, state, count in db.execute(rows):
        if state in Counts._fields:
            found[endpoint_id] = found.get(endpoint_id, Counts())._replace(**{state: count})
    return found


def log(
    db: Session, endpoint_id: int, state: str = "", *, offset: int = 0, most: int = 25
) -> tuple[Sequence[Shown], int]:
    """The newest first, and how many there are."""
    which: list[ColumnElement[bool]] = [WebhookDelivery.endpoint_id == endpoint_id]
    if state:
        which.append(WebhookDelivery.state == state)
    total = db.scalar(select(func.count()).select_from(WebhookDelivery).where(*which)) or 0
    wanted = (
        select(WebhookDelivery, WebhookEvent)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .where(*which)
        .order_by(WebhookDelivery.id.desc())
        .offset(offset)
        .limit(most)
    )
    rows = db.execute(wanted).all()
    last = _last_tries(db, [delivery.id for delivery, _event in rows])
    return [Shown(delivery, event, last.get(delivery.id)) for delivery, event in rows], total


def one(db: Session, endpoint_id: int, delivery_id: int) -> tuple[Shown, Sequence[WebhookAttempt]] | None:
    """One message with all its tries, the newest first."""
    row = db.execute(
        select(WebhookDelivery, WebhookEvent)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.endpoint_id == endpoint_id)
    ).one_or_none()
    if row is None:
        return None
    tries = db.scalars(
        select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery_id).order_by(WebhookAttempt.id.desc())
    ).all()
    return Shown(row[0], row[1], tries[0] if tries else None), tries


def changes(db: Session, endpoint_id: int, most: int = 5) -> Sequence[Change]:
    """What was done to a receiver last."""
    entries = audit.newest_on(db, subject_of(endpoint_id), most)
    ids = {entry.actor_id for entry in entries if entry.actor_id is not None}
    names = {row: name for row, name in db.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))}
    return [Change(e.at, e.act, names.get(e.actor_id or 0, ""), str(e.facts.get("reason", ""))) for e in entries]


def say(db: Session, now: datetime) -> str:
    """How they do, in one sentence."""
    off = db.scalar(select(func.count()).where(Endpoint.state == EndpointState.OFF)) or 0
    if off:
        return _("Switched off, because nothing arrived: {count}.").format(count=off)
    long_ago = now - timedelta(hours=1)
    failing = db.scalar(select(func.count()).where(Endpoint.failing_since < long_ago)) or 0
    if failing:
        return _("Addresses that nothing reaches now: {count}.").format(count=failing)
    return str(_("Other systems are told what happens here."))


def waiting(db: Session) -> int:
    wanted = select(func.count()).select_from(WebhookDelivery)
    return db.scalar(wanted.where(WebhookDelivery.state == DeliveryState.WAITING)) or 0


def _last_tries(db: Session, deliveries: Sequence[int]) -> Mapping[int, WebhookAttempt]:
    newest = (
        select(func.max(WebhookAttempt.id))
        .where(WebhookAttempt.delivery_id.in_(deliveries))
        .group_by(WebhookAttempt.delivery_id)
    )
    return {
        tried.delivery_id: tried for tried in db.scalars(select(WebhookAttempt).where(WebhookAttempt.id.in_(newest)))
    }
