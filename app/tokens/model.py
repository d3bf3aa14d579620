"""A department's tokens. What a program shows is not stored, its digest is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class Token(Base):
    """What one program may do in one department's name, and until when. Expired is derived from the clock."""

    __tablename__ = "tokens_token"
    __table_args__ = (
        CheckConstraint(
            "ended_why IS NULL OR ended_why IN ('revoked', 'dissolved', 'erased', 'rotated')", name="ended_why"
        ),
        CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended"),
        CheckConstraint("expires_at > created_at", name="expires"),
        Index("ix_tokens_token_department", "department_id", "id"),
        Index("ix_tokens_token_expires", "expires_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"))
    #: what the program is called, for colleagues
    name: Mapped[str] = mapped_column(String(80))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    #: SHA-256 of its whole text
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    #: how its text begins, to know it again
    prefix: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    #: written at most once a minute
    last_used_at: Mapped[datetime | None] = mapped_column(Instant)
    #: its department has been told that it expires soon
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_why: Mapped[str | None] = mapped_column(String(12))
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))

    def is_living(self, now: datetime) -> bool:
        """Whether a program may still show it."""
        return self.ended_at is None and now < self.expires_at
