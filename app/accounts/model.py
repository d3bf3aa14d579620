"""Accounts and what belongs to one: links, recovery codes, known devices, drafts, failed attempts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.rules.roles import STAFF_ROLES
from app.core.db import Base, BigId, Instant

#: what a sealed second factor is bound to, beside the account's number
SEALED_TOTP = b"accounts.totp:"


class Account(Base):
    """Somebody who signs in. ``email`` is stored canonical; an erased account has none."""

    __tablename__ = "accounts_account"
    __table_args__ = (
        CheckConstraint(
            "role IN ('citizen', 'moderator', 'official', 'department-officer', 'administrator')", name="role"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    #: shown as "Name withheld" wherever the public reads
    name_withheld: Mapped[bool] = mapped_column(default=False, server_default=false())
    email_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    #: how many texts of this account were published; with none its texts always wait
    approved_texts: Mapped[int] = mapped_column(default=0, server_default="0")
    #: the shared secret of the second factor; None while there is no factor
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: the last time step whose code was used: each step counts once
    totp_step: Mapped[int] = mapped_column(default=0, server_default="0")
    factor_at: Mapped[datetime | None] = mapped_column(Instant)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(Instant)
    #: kind of letter -> whether this account gets it; what is not named, it gets
    letters: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF_ROLES

    @property
    def has_factor(self) -> bool:
        return self.totp_sealed is not None


class PasswordLink(Base):
    """A link that lets one account set its password once; only its digest is stored."""

    __tablename__ = "accounts_password_link"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id", ondelete="CASCADE"), index=True)
    ends_at: Mapped[datetime] = mapped_column(Instant)


class RecoveryCode(Base):
    """Stands for a lost second factor, once. Only a keyed digest is stored."""

    __tablename__ = "accounts_recovery_code"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id", ondelete="CASCADE"), index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class KnownDevice(Base):
    """A browser that signed in to this account before, known by the digest of a cookie of its own."""

    __tablename__ = "accounts_device"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts_account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    label: Mapped[str] = mapped_column(String(80))
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant, index=True)


class MailedLink(Base):
    """A one-time link in a letter; its token follows from the row and is made when the letter leaves.

    ``sealed``: the address it goes to, and facts for when it is opened.
    """

    __tablename__ = "accounts_mailed_link"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    purpose: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id", ondelete="CASCADE"), index=True)
    #: whose it is, under a keyed digest
    mailbox: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Draft(Base):
    """A form that somebody sent before signing in, sealed until they have."""

    __tablename__ = "accounts_draft"

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    path: Mapped[str] = mapped_column(String(400))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)


class Attempts(Base):
    """Failed attempts under one keyed digest: of an account's address, a network, or an account's codes.

    ``wait_until``: nobody without a known device is let try before it.
    """

    __tablename__ = "accounts_attempts"
    __table_args__ = (Index("ix_accounts_attempts_last_at", "last_at"),)

    id: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int]
    began_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)
    wait_until: Mapped[datetime] = mapped_column(Instant)
