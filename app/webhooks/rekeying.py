"""Secrets of webhooks moved to a new secret of the site: receivers notice nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.security.keys import CannotUnseal, Keys
from app.core.security.rekeying import Step
from app.webhooks.model import Endpoint
from app.webhooks.service.secrets import seal, unseal


class WebhooksRekeyer:
    """All in one step: a site has few receivers."""

    def step(self, db: Session, old: Keys, new: Keys, after: int) -> Step:
        endpoints = db.scalars(select(Endpoint).where(Endpoint.id > after).order_by(Endpoint.id)).all()
        moved = sum(_move(endpoint, old, new) for endpoint in endpoints)
        db.flush()
        return Step(endpoints[-1].id if endpoints else after, moved, len(endpoints) - moved, is_last=True)

    def unreadable(self, db: Session, keys: Keys) -> Iterator[str]:
        for endpoint in db.scalars(select(Endpoint).order_by(Endpoint.id)):
            try:
                for sealed in _sealed(endpoint):
                    unseal(keys, endpoint.id, sealed)
            except CannotUnseal:
                yield f"the secret of webhook {endpoint.id} cannot be opened"

    def left_to_do(self, db: Session) -> Iterable[str]:
        return ()


def _sealed(endpoint: Endpoint) -> list[bytes]:
    return [endpoint.sealed, *([endpoint.sealed_before] if endpoint.sealed_before is not None else [])]


def _move(endpoint: Endpoint, old: Keys, new: Keys) -> bool:
    try:
        opened = [unseal(old, endpoint.id, sealed) for sealed in _sealed(endpoint)]
    except CannotUnseal:
        return False
    endpoint.sealed, *before = [seal(new, endpoint.id, secret) for secret in opened]
    endpoint.sealed_before = before[0] if before else None
    return True
