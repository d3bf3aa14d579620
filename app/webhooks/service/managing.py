"""What administrators do with receivers; each act stands on the record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.ids import new_id
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.core.text.plain import is_blank, length, tidy_line
from app.webhooks.model import Endpoint, WebhookDelivery
from app.webhooks.policy import WebhooksPolicy
from app.webhooks.rules.answers import DeliveryState, EndpointState, Fault, WhyOff
from app.webhooks.rules.signing import show_secret
from app.webhooks.rules.targets import read_target
from app.webhooks.service import secrets

KIND = "webhook"
MOST_DESCRIPTION = 200


class NotInThisState(Conflict):
    code = "webhook-changed"
    title = _("Somebody else changed this address")
    message = _("Nothing was changed. Look at how it stands now.")
    way_on = ("/admin/webhooks", _("Webhooks"))


@dataclass(frozen=True)
class Wish:
    """What a receiver is to be told. ``types`` empty: everything. ``department_id``: its matters alone."""

    description: str
    types: Sequence[str] = ()
    department_id: int | None = None


def read_wish(description: str, types: Sequence[str], known: Collection[str], department_id: int | None) -> Wish:
    """Raises :class:`Invalid`."""
    errors, words = [], tidy_line(description)
    if is_blank(words):
        errors.append(FieldError("description", str(_("Say whose address this is, and what for"))))
    elif length(words) > MOST_DESCRIPTION:
        errors.append(FieldError("description", str(_("The description must be 200 characters or fewer"))))
    if not set(types) <= set(known):
        errors.append(FieldError("types", str(_("Choose types of the list."))))
    if errors:
        raise Invalid(errors)
    return Wish(words, sorted(set(types)), department_id)


def add(
    db: Session, keys: Keys, policy: WebhooksPolicy, address: str, wish: Wish, *, by: int, now: datetime
) -> tuple[Endpoint, str]:
    """The receiver, and its secret, which nobody can read here again. Raises :class:`BadField`, :class:`Invalid`."""
    target = read_target(address, policy.ways)
    if db.scalar(select(Endpoint.id).where(Endpoint.url == target.url)) is not None:
        raise Invalid([FieldError("address", str(_("This address is on the list already")))])
    if (db.scalar(select(func.count()).select_from(Endpoint)) or 0) >= policy.most:
        raise Invalid(
            [FieldError("address", _("There can be {most} addresses. Delete one first.").format(most=policy.most))]
        )
    number, secret = new_id(), secrets.new_secret()
    made = Endpoint(
        id=number,
        url=target.url,
        description=wish.description,
        types=list(wish.types),
        department_id=wish.department_id,
        sealed=secrets.seal(keys, number, secret),
        state=EndpointState.ACTIVE,
        created_at=now,
    )
    db.add(made)
    db.flush()
    facts = {"types": list(wish.types), "department": wish.department_id, "host": target.host}
    _record(db, "add", made, by=by, now=now, **facts)
    return made, show_secret(secret)


def change(db: Session, endpoint_id: int, wish: Wish, *, reason: str, by: int, now: datetime) -> None:
    """From now on; what waits still goes."""
    endpoint = locked(db, endpoint_id)
    endpoint.description, endpoint.types, endpoint.department_id = (
        wish.description,
        list(wish.types),
        wish.department_id,
    )
    db.flush()
    facts = {"types": list(wish.types), "department": wish.department_id, "reason": reason}
    _record(db, "change", endpoint, by=by, now=now, **facts)


def pause(db: Session, endpoint_id: int, *, reason: str, by: int, now: datetime) -> None:
    """What happens from now on waits for :func:`resume`."""
    endpoint = locked(db, endpoint_id)
    if endpoint.state != EndpointState.ACTIVE:
        raise NotInThisState
    endpoint.state = EndpointState.PAUSED
    db.flush()
    _record(db, "pause", endpoint, by=by, now=now, reason=reason)


def resume(db: Session, endpoint_id: int, *, reason: str, by: int, now: datetime) -> None:
    """Whatever waits leaves; to one that was off, what it missed can be sent by :mod:`.replaying`."""
    endpoint = locked(db, endpoint_id)
    if endpoint.state == EndpointState.ACTIVE:
        raise NotInThisState
    endpoint.state, endpoint.off_at, endpoint.off_why = EndpointState.ACTIVE, None, ""
    endpoint.failures, endpoint.failing_since, endpoint.rest_until = 0, None, None
    db.flush()
    _record(db, "resume", endpoint, by=by, now=now, reason=reason)


def rotate(
    db: Session, keys: Keys, policy: WebhooksPolicy, endpoint_id: int, was: str, *, reason: str, by: int, now: datetime
) -> tuple[Endpoint, str]:
    """A new secret; the one of now signs beside it for a while, so that the receiver can change over.

    ``was``: the :func:`~.secrets.mark` of the secret to replace. A second press would end the overlap of the first.
    """
    endpoint, secret = locked(db, endpoint_id), secrets.new_secret()
    if secrets.mark(endpoint) != was:
        raise NotInThisState
    endpoint.sealed_before, endpoint.before_until = endpoint.sealed, now + policy.overlap
    endpoint.sealed = secrets.seal(keys, endpoint.id, secret)
    db.flush()
    _record(db, "rotate", endpoint, by=by, now=now, reason=reason)
    return endpoint, show_secret(secret)


def remove(db: Session, endpoint_id: int, *, reason: str, by: int, now: datetime) -> None:
    """With its log and with what waits."""
    endpoint = locked(db, endpoint_id)
    db.execute(delete(Endpoint).where(Endpoint.id == endpoint.id))
    _record(db, "delete", endpoint, by=by, now=now, reason=reason)


def switch_off(db: Session, endpoint: Endpoint, why: WhyOff, now: datetime) -> None:
    """By itself: it said that it is gone, or failed for days. The caller holds its lock."""
    endpoint.state, endpoint.off_at, endpoint.off_why, endpoint.rest_until = EndpointState.OFF, now, why, None
    db.flush()
    db.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.state == DeliveryState.WAITING)
        .values(state=DeliveryState.FAILED, settled_at=now, claimed_until=None, fault=Fault.SWITCHED_OFF)
    )


def locked(db: Session, endpoint_id: int) -> Endpoint:
    wanted = select(Endpoint).where(Endpoint.id == endpoint_id).with_for_update(key_share=True)
    endpoint = db.scalar(wanted.execution_options(populate_existing=True))
    if endpoint is None:
        raise NotFound
    return endpoint


def _record(db: Session, act: str, endpoint: Endpoint, *, by: int | None, now: datetime, **facts: Any) -> None:
    audit.record(db, f"webhooks.{act}", subject_of(endpoint.id), by=by, now=now, facts=facts)


def subject_of(endpoint_id: int) -> SubjectRef:
    return SubjectRef(KIND, endpoint_id)
