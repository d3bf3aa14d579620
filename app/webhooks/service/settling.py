"""What became of a try: noted on the message and on its receiver, which may be switched off for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.audit import service as audit
from app.mail import service as mail
from app.webhooks.model import Endpoint, WebhookAttempt, WebhookDelivery
from app.webhooks.rules.answers import Answer, DeliveryState, EndpointState, Fault, WhyOff
from app.webhooks.rules.pauses import pause_after, rest_after
from app.webhooks.service.managing import subject_of, switch_off

SWITCHED_OFF = "webhooks/mail/switched_off"


@dataclass(frozen=True)
class Tried:
    """One try. ``draw`` in [0, 1): see :func:`app.webhooks.rules.pauses.pause_after`."""

    delivery_id: int
    at: datetime
    answer: Answer
    draw: float = 0.0


def settle(
    db: Session, endpoint_id: int, tried: Sequence[Tried], unsent: Sequence[int], off_after: timedelta, now: datetime
) -> None:
    """Note these tries in their order; ``unsent`` are free again. Locks the receiver before its messages."""
    wanted = select(Endpoint).where(Endpoint.id == endpoint_id).with_for_update(key_share=True)
    endpoint = db.scalar(wanted.execution_options(populate_existing=True))
    if endpoint is None:
        return  # deleted meanwhile
    if unsent:
        db.execute(update(WebhookDelivery).where(WebhookDelivery.id.in_(unsent)).values(claimed_until=None))
    ids = [one.delivery_id for one in tried]
    rows = select(WebhookDelivery).where(WebhookDelivery.id.in_(ids)).order_by(WebhookDelivery.id).with_for_update()
    deliveries = {d.id: d for d in db.scalars(rows.execution_options(populate_existing=True))}
    for one in tried:
        if one.delivery_id in deliveries:
            _note(db, endpoint, deliveries[one.delivery_id], one)
    db.flush()
    _switch_off_where_hopeless(db, endpoint, tried, off_after, now)


def _note(db: Session, endpoint: Endpoint, delivery: WebhookDelivery, tried: Tried) -> None:
    answer = tried.answer
    db.add(
        WebhookAttempt(
            delivery_id=delivery.id,
            at=tried.at,
            status=answer.status,
            milliseconds=answer.milliseconds,
            fault=answer.fault or "",
            excerpt=answer.excerpt,
        )
    )
    if answer.fault is None:
        endpoint.failures, endpoint.failing_since, endpoint.rest_until = 0, None, None
        endpoint.delivered_at = tried.at
    else:
        endpoint.failures += 1
        endpoint.failing_since = endpoint.failing_since or tried.at
        endpoint.rest_until = tried.at + rest_after(endpoint.failures, answer.wish)
    if delivery.state == DeliveryState.WAITING:  # else it was dropped meanwhile
        _note_on_delivery(delivery, tried)


def _note_on_delivery(delivery: WebhookDelivery, tried: Tried) -> None:
    answer = tried.answer
    delivery.attempts += 1
    delivery.claimed_until, delivery.fault = None, answer.fault or ""
    if answer.fault is None:
        delivery.state, delivery.settled_at = DeliveryState.DELIVERED, tried.at
        return
    pause = pause_after(delivery.attempts, tried.draw, answer.wish)
    if pause is None or answer.fault is Fault.GONE:
        delivery.state, delivery.settled_at = DeliveryState.FAILED, tried.at
    else:
        delivery.due_at = tried.at + pause


def _switch_off_where_hopeless(
    db: Session, endpoint: Endpoint, tried: Sequence[Tried], off_after: timedelta, now: datetime
) -> None:
    if endpoint.state == EndpointState.OFF:
        return
    is_gone = any(one.answer.fault is Fault.GONE for one in tried)
    for_days = endpoint.failing_since is not None and now - endpoint.failing_since >= off_after
    if not (is_gone or for_days):
        return
    why = WhyOff.GONE if is_gone else WhyOff.FAILING
    switch_off(db, endpoint, why, now)
    mail.queue(
        db,
        [mail.row(SWITCHED_OFF, ("account", who), now, facts={"endpoint": endpoint.id}) for who in _administrators(db)],
    )
    audit.record(db, "webhooks.switched-off", subject_of(endpoint.id), by=None, now=now, facts={"why": str(why)})


def _administrators(db: Session) -> Sequence[int]:
    working = (Account.disabled_at.is_(None), Account.erased_at.is_(None), Account.email.is_not(None))
    wanted = select(Account.id).where(Account.role == str(Role.ADMINISTRATOR), *working)
    return db.scalars(wanted.order_by(Account.id)).all()
