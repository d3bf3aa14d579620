"""Key generations: random bytes that everything mailed out or put into a cookie hangs on beside the secret."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import Base, BigId, Instant

GENERATION_BYTES = 32


class KeyGeneration(Base):
    """One rotation. ``salt``: 32 random bytes; without the site's secret they are of no use."""

    __tablename__ = "core_key_generation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(GENERATION_BYTES))
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)


def newest(db: Session) -> KeyGeneration | None:
    """The generation in force; None before the first rotation."""
    return db.scalar(select(KeyGeneration).order_by(KeyGeneration.id.desc()).limit(1))


def newest_salt(db: Session) -> bytes:
    """Its random bytes; empty before the first rotation."""
    return db.scalar(select(KeyGeneration.salt).order_by(KeyGeneration.id.desc()).limit(1)) or b""


def begin(db: Session, *, by: int | None, reason: str, now: datetime) -> KeyGeneration:
    """A new generation with this transaction."""
    made = KeyGeneration(salt=secrets.token_bytes(GENERATION_BYTES), at=now, by_id=by, reason=reason)
    db.add(made)
    db.flush()
    return made
