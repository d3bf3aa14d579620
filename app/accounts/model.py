"""Accounts and one-time links to set a password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.rules.roles import Power, Role, may
from app.core.db import Base, BigId, Instant


class Account(Base):
    """Somebody who signs in. ``email`` is stored canonical."""

    __tablename__ = "accounts_account"
    __table_args__ = (
        CheckConstraint(
            "role IN ('citizen', 'moderator', 'official', 'department-officer', 'administrator')", name="role"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)

    def may(self, power: Power) -> bool:
        return self.disabled_at is None and may(Role(self.role), power)


class PasswordLink(Base):
    """A link that lets one account set its password once; only its digest is stored."""

    __tablename__ = "accounts_password_link"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id", ondelete="CASCADE"), index=True)
    ends_at: Mapped[datetime] = mapped_column(Instant)
