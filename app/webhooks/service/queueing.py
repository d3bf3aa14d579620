"""A public fact becomes rows, one for each receiver that wants it, in the transaction of the act itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core.batches import insert_many
from app.core.db import after_commit
from app.core.ids import new_id
from app.core.subject import SubjectRef
from app.departments.queries import by_ids
from app.webhooks.contribution import Announced, Fact
from app.webhooks.model import Endpoint, WebhookDelivery, WebhookEvent
from app.webhooks.rules.answers import DeliveryState, EndpointState, Fault

PING = "ping"


class Queueing:
    """Hears one type of event. ``wake``: called once the rows are stored."""

    def __init__(self, announced: Announced, base_url: str, wake: Callable[[], None]) -> None:
        self.announced, self.base_url, self.wake = announced, base_url, wake

    def __call__(self, db: Session, event: Any) -> None:
        fact = self.announced.tell(db, event)
        if fact is None:
            return
        if self.announced.retracts:
            retract(db, fact.subject, fact.at)
        if receivers := wanting(db, self.announced.name, fact):
            queue(db, receivers, self.announced.name, fact, self.base_url)
            after_commit(db, self.wake)


def wanting(db: Session, kind: str, fact: Fact) -> Sequence[tuple[int, str]]:
    """Number and state of each receiver that wants this, paused ones and those that are off too. None is deleted
    before this transaction ends."""
    wanted = select(Endpoint.id, Endpoint.state, Endpoint.types, Endpoint.department_id).order_by(Endpoint.id)
    rows = db.execute(wanted.with_for_update(read=True, key_share=True))
    return [
        (number, state)
        for number, state, types, department in rows
        if (not types or kind in types) and (department is None or department in fact.departments)
    ]


def queue(db: Session, receivers: Sequence[tuple[int, str]], kind: str, fact: Fact, base_url: str) -> int:
    """One event and its deliveries; those of a receiver that is off wait for nobody, and can be sent by hand later."""
    event = WebhookEvent(
        id=new_id(),
        type=kind,
        subject_kind=fact.subject.kind,
        subject_id=fact.subject.id,
        at=fact.at,
        body=body_of(db, kind, fact, base_url),
    )
    db.add(event)
    db.flush()
    insert_many(db, WebhookDelivery.__table__, [_row(number, state, event) for number, state in receivers])  # type: ignore[arg-type]
    return event.id


def ping(db: Session, endpoint: Endpoint, base_url: str, now: datetime) -> int:
    """A message that tells nothing, to see whether it arrives; answers its event's number."""
    about = SubjectRef("webhook", endpoint.id)
    fact = Fact(about, now, f"/admin/webhooks/{endpoint.id}", None)
    return queue(db, [(endpoint.id, EndpointState.ACTIVE)], PING, fact, base_url)


def retract(db: Session, subject: SubjectRef, now: datetime) -> None:
    """What was told of it is forgotten, and what still waits is not sent."""
    events = select(WebhookEvent.id).where(
        WebhookEvent.subject_kind == subject.kind, WebhookEvent.subject_id == subject.id
    )
    db.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.event_id.in_(events), WebhookDelivery.state == DeliveryState.WAITING)
        .values(state=DeliveryState.DROPPED, settled_at=now, claimed_until=None)
    )
    db.execute(update(WebhookEvent).where(WebhookEvent.id.in_(events)).values(body=""))


def body_of(db: Session, kind: str, fact: Fact, base_url: str) -> str:
    """As it is sent: ``type``, ``timestamp`` and ``data``."""
    about = fact.about or fact.subject
    said: dict[str, Any] = {
        "id": about.id,
        "kind": about.kind,
        "url": base_url + fact.href,
        "api_url": base_url + fact.api_href if fact.api_href else None,
        "title": fact.title,
        "departments": [d.slug for d in sorted(by_ids(db, fact.departments).values(), key=lambda d: d.slug)],
    }
    if about != fact.subject:
        said["subject"] = {"kind": fact.subject.kind, "id": fact.subject.id}
    whole = {"type": kind, "timestamp": instant(fact.at), "data": {**said, **fact.more}}
    return msgspec.json.encode(whole).decode()


def instant(at: datetime) -> str:
    """To the second, in UTC."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _row(endpoint_id: int, state: str, event: WebhookEvent) -> dict[str, Any]:
    is_off = state == EndpointState.OFF
    return {
        "id": new_id(),
        "endpoint_id": endpoint_id,
        "event_id": event.id,
        "state": DeliveryState.FAILED if is_off else DeliveryState.WAITING,
        "queued_at": event.at,
        "due_at": event.at,
        "settled_at": event.at if is_off else None,
        "attempts": 0,
        "fault": Fault.SWITCHED_OFF if is_off else "",
    }


def forget_old(db: Session, before: datetime) -> int:
    """Facts of before, with everything that became of them; answers that nothing is left to do."""
    db.execute(delete(WebhookEvent).where(WebhookEvent.at < before))
    return 0
