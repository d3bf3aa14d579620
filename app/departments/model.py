"""Departments and their officers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class Department(Base):
    __tablename__ = "departments_department"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant)
    dissolved_at: Mapped[datetime | None] = mapped_column(Instant)
    #: nobody publishes alone what they wrote: a second officer releases it
    two_person: Mapped[bool] = mapped_column(default=False, server_default=false())


class Officer(Base):
    """An account that acts for one department."""

    __tablename__ = "departments_officer"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"), primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"), index=True)
