"""The demo's sample receiver: told of everything since the demo began, paused, with a log that looks lived in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.accounts.rules.roles import Role
from app.core.security.keys import Keys
from app.webhooks.model import Endpoint, WebhookAttempt, WebhookDelivery
from app.webhooks.policy import WebhooksPolicy
from app.webhooks.rules.answers import Answer, DeliveryState, Fault, fault_of
from app.webhooks.rules.pauses import MOST_ATTEMPTS, PAUSES
from app.webhooks.service import managing
from app.webhooks.service.managing import Wish
from app.webhooks.service.queueing import forget_old

ADDRESS = "https://cases.northmere.example/townsquare"
_STILL_WAITING = 2
_TAKES_SO_LONG = sum(PAUSES, timedelta(hours=1))
_TAKEN = Answer(200, 84, excerpt='{"case": "taken"}')
_BUSY = Answer(503, 31, fault_of(503), "Back at six: maintenance")
_SILENT = Answer(None, 15_004, Fault.SILENT)


def begin(db: Session, keys: Keys, policy: WebhooksPolicy, now: datetime) -> None:
    """Before the rooms fill the demo, so that it is told what happens there."""
    if (ada := accounts.staff_account(db, Role.ADMINISTRATOR)) is None:
        return
    wish = Wish("Case management of the town hall (a sample: nobody listens there)")
    endpoint, _secret = managing.add(db, keys, policy, ADDRESS, wish, by=ada.id, now=now)
    managing.pause(db, endpoint.id, reason="A sample has nobody who listens.", by=ada.id, now=now)


def finish(db: Session, policy: WebhooksPolicy, now: datetime) -> None:
    """What is too old is forgotten; the rest was delivered, but for one that failed and the newest, which wait."""
    forget_old(db, now - policy.keep)
    endpoint = db.scalar(select(Endpoint).where(Endpoint.url == ADDRESS))
    if endpoint is None:
        return
    wanted = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id)
    newest_first = db.scalars(wanted.order_by(WebhookDelivery.queued_at.desc(), WebhookDelivery.id.desc())).all()
    settled = newest_first[_STILL_WAITING:]
    given_up = next((d for d in settled if d.queued_at < now - _TAKES_SO_LONG), None)
    for place, delivery in enumerate(settled):
        if delivery is given_up:
            _tried(db, delivery, [_SILENT] * MOST_ATTEMPTS)
        elif place == 1:
            _tried(db, delivery, [_BUSY, _BUSY, _TAKEN])
        else:
            _tried(db, delivery, [_TAKEN])
    taken = [d.settled_at for d in newest_first if d.state == DeliveryState.DELIVERED and d.settled_at is not None]
    endpoint.delivered_at = max(taken, default=None)


def _tried(db: Session, delivery: WebhookDelivery, answers: Sequence[Answer]) -> None:
    at = delivery.queued_at + timedelta(seconds=1)
    for answer, pause in zip(answers, [*PAUSES, timedelta()], strict=False):
        db.add(
            WebhookAttempt(
                delivery_id=delivery.id,
                at=at,
                status=answer.status,
                milliseconds=answer.milliseconds,
                fault=answer.fault or "",
                excerpt=answer.excerpt,
            )
        )
        delivery.settled_at, at = at, at + pause
    delivery.attempts, delivery.fault = len(answers), answers[-1].fault or ""
    delivery.state = DeliveryState.FAILED if answers[-1].fault else DeliveryState.DELIVERED
