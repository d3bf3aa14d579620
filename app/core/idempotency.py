"""A key a caller chose makes a repeat of the same call the same answer, for a day.

The key is scoped to who calls and what is called, and stored with the body's digest and the
answer in the act's own transaction: a crash leaves both or neither.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.batches import insert_many
from app.core.db import Base, Instant
from app.core.errors import Conflict, FieldError, Invalid
from app.core.i18n import _

KEPT = timedelta(hours=24)


class IdempotentAnswer(Base):
    """What was answered to a key; gone after a day."""

    __tablename__ = "core_idempotent_answer"

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    body_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Instant, index=True)


@dataclass(frozen=True)
class Claim:
    """``key``: 32 bytes over caller, route and the header; ``body_digest``: 32 bytes over the body."""

    key: bytes
    body_digest: bytes


@dataclass(frozen=True)
class Replay:
    """An answer given before: status and exact body bytes."""

    status: int
    body: bytes


class KeyReused(Invalid):
    code = "idempotency-key-reused"
    title = _("This Idempotency-Key was used for another request")
    message = _("Nothing was stored. Use a new key for a new request.")

    def __init__(self) -> None:
        super().__init__([FieldError("Idempotency-Key", str(self.message))])


class StillRunning(Conflict):
    code = "idempotency-key-in-flight"
    title = _("The first request with this Idempotency-Key is still being worked on")
    message = _("Send the same request again in a moment to get its answer.")


def claim(caller: str, route: str, key: str, body: bytes) -> Claim | None:
    """The claim of a request, or None where no key was sent."""
    if not key:
        return None
    if len(key) > 255:
        raise Invalid([FieldError("Idempotency-Key", "Use at most 255 characters.")])
    scoped = "\0".join((caller, route, key)).encode()
    return Claim(hashlib.sha256(scoped).digest(), hashlib.sha256(body).digest())


def earlier_answers(db: Session, claims: Sequence[Claim]) -> Mapping[bytes, Replay | KeyReused]:
    """By key: the stored answer where the body is the same, the refusal where it is another."""
    if not claims:
        return {}
    digests = {c.key: c.body_digest for c in claims}
    rows = db.scalars(select(IdempotentAnswer).where(IdempotentAnswer.key.in_(digests)))
    return {
        row.key: Replay(row.status, row.body) if row.body_digest == digests[row.key] else KeyReused() for row in rows
    }


def keep(db: Session, answers: Sequence[tuple[Claim, int, bytes]], now: datetime) -> None:
    """Store answers beside the acts they belong to."""
    insert_many(
        db,
        IdempotentAnswer.__table__,  # type: ignore[arg-type]
        [{"key": c.key, "body_digest": c.body_digest, "status": s, "body": b, "at": now} for c, s, b in answers],
    )


def forget_old(db: Session, now: datetime) -> None:
    db.execute(delete(IdempotentAnswer).where(IdempotentAnswer.at < now - KEPT))


class InFlight:
    """Keys this process is working on."""

    def __init__(self) -> None:
        self._keys: set[bytes] = set()
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, wanted: Claim | None) -> Iterator[None]:
        if wanted is None:
            yield
            return
        with self._lock:
            if wanted.key in self._keys:
                raise StillRunning
            self._keys.add(wanted.key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(wanted.key)
