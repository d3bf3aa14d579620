"""Beside cases: the staff's own words, who stands back, who is on duty, bulk decisions, and what checks compare with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class Note(Base):
    """Moderators' words to each other. Never in a letter, never in an API."""

    __tablename__ = "moderation_note"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


class Recusal(Base):
    """A moderator who stands back from a case and from everything about its subject, and why."""

    __tablename__ = "moderation_recusal"

    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"), primary_key=True)
    why: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(Instant)


class Sketch(Base):
    """Digests of a text's trigrams: near-copies share a band. They say nothing of the text; erased with it."""

    __tablename__ = "moderation_sketch"
    __table_args__ = (Index("ix_moderation_sketch_value", "value", "band"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("moderation_case.id"), primary_key=True)
    band: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class Word(Base):
    """A word or phrase, folded, that has a text looked at by a person first; each deployment has its own."""

    __tablename__ = "moderation_word"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    word: Mapped[str] = mapped_column(String(80), unique=True)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)


class Duty(Base):
    """Whether one moderator is on duty; whoever never said so is, administrators are not."""

    __tablename__ = "moderation_duty"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"), primary_key=True, autoincrement=False)
    on_duty: Mapped[bool]
    since: Mapped[datetime] = mapped_column(Instant)


class Batch(Base):
    """One bulk decision: what was done and, of each case that was not, why."""

    __tablename__ = "moderation_batch"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    verdict: Mapped[str] = mapped_column(String(12))
    reason_code: Mapped[str | None] = mapped_column(String(40))
    done: Mapped[int]
    #: (case, why) of each that was refused
    refused: Mapped[list[list[Any]]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Instant)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
