"""What must be true of webhooks; one line of ``townsquare verify`` each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.core.security.keys import Keys
from app.webhooks.model import Endpoint, WebhookAttempt, WebhookDelivery, WebhookEvent
from app.webhooks.policy import WebhooksPolicy
from app.webhooks.rekeying import WebhooksRekeyer
from app.webhooks.rules.answers import DeliveryState, EndpointState
from app.webhooks.service.claiming import CLAIM

Broken = Callable[[Session, datetime], Iterable[str]]


def bodies_say_what_they_are(db: Session, now: datetime) -> Iterable[str]:
    """A message's body is JSON of its own type and instant; one that was removed has none, and does not wait."""
    rows = select(WebhookEvent.id, WebhookEvent.type, WebhookEvent.body).execution_options(yield_per=1_000)
    for number, kind, body in db.execute(rows):
        try:
            said = msgspec.json.decode(body, type=dict[str, object]) if body else {"type": kind}
        except msgspec.DecodeError:
            said = {}
        if said.get("type") != kind:
            yield f"message {number}"


def what_was_removed_does_not_wait(db: Session, now: datetime) -> Iterable[str]:
    wrong = (
        select(WebhookDelivery.id)
        .join(WebhookEvent, WebhookEvent.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.state == DeliveryState.WAITING, WebhookEvent.body == "")
    )
    for row in db.scalars(wrong):
        yield f"delivery {row}"


def delivered_ones_were_answered(db: Session, now: datetime) -> Iterable[str]:
    """Each that counts as delivered has a try that was taken."""
    taken = exists().where(WebhookAttempt.delivery_id == WebhookDelivery.id, WebhookAttempt.fault == "")
    wrong = select(WebhookDelivery.id).where(WebhookDelivery.state == DeliveryState.DELIVERED, ~taken)
    for row in db.scalars(wrong):
        yield f"delivery {row}"


def nothing_waits_for_who_is_off(db: Session, now: datetime) -> Iterable[str]:
    wrong = (
        select(WebhookDelivery.id)
        .join(Endpoint, Endpoint.id == WebhookDelivery.endpoint_id)
        .where(Endpoint.state == EndpointState.OFF, WebhookDelivery.state == DeliveryState.WAITING)
    )
    for row in db.scalars(wrong):
        yield f"delivery {row}"


def no_claim_outlives_its_time(db: Session, now: datetime) -> Iterable[str]:
    for row in db.scalars(select(WebhookDelivery.id).where(WebhookDelivery.claimed_until > now + CLAIM)):
        yield f"delivery {row}"


def lines(keys: Keys, policy: WebhooksPolicy) -> dict[str, Broken]:
    """Name -> what finds the faults."""

    def secrets_open(db: Session, now: datetime) -> Iterable[str]:
        return WebhooksRekeyer().unreadable(db, keys)

    def log_is_forgotten(db: Session, now: datetime) -> Iterable[str]:
        """A day's grace: the job may have stood still."""
        before = now - policy.keep - timedelta(days=1)
        for row in db.scalars(select(WebhookEvent.id).where(WebhookEvent.at < before)):
            yield f"message {row}"

    return {
        "secrets open": secrets_open,
        "messages say what they are": bodies_say_what_they_are,
        "what was removed does not wait": what_was_removed_does_not_wait,
        "what counts as delivered was taken": delivered_ones_were_answered,
        "nothing waits for an address that is off": nothing_waits_for_who_is_off,
        "nobody holds a message for ever": no_claim_outlives_its_time,
        "the log is forgotten in time": log_is_forgotten,
    }
