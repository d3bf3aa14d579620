"""Draft texts: their clauses, published versions, where clauses came from, and what the department answers to each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from consultations.model.consultation import one_of
from consultations.rules.dispositions import Verdict


class DraftText(Base):
    """A text that the department wants comments on, clause by clause.

    ``version``: the newest that everyone reads; 0: none yet. ``working`` is what officials write at, as
    :class:`consultations.rules.working.Working` in JSON; empty where nothing waits. ``revision`` grows with each change
    of it. ``comments``: whether clauses can be commented on, and when comments are checked.
    """

    __tablename__ = "consultations_text"
    __table_args__ = (
        CheckConstraint("comments IN ('off', 'before', 'after')", name="comments"),
        CheckConstraint("version >= 0 AND revision >= 1", name="numbers"),
        UniqueConstraint("consultation_id", "number"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    #: counted within its consultation
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    comments: Mapped[str] = mapped_column(String(6), default="before")
    version: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    working: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)


class Clause(Base):
    """One clause through all versions of its text: comments are about this row. Its words are in its versions."""

    __tablename__ = "consultations_clause"
    __table_args__ = (
        CheckConstraint("removed_in IS NULL OR removed_in > first_version", name="removed"),
        Index("ix_consultations_clause_of", "text_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("consultations_text.id"))
    first_version: Mapped[int]
    #: the first version without it
    removed_in: Mapped[int | None]
    #: where its words went then, if into another clause
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("consultations_clause.id"))


class TextVersion(Base):
    """A published text; never changed. ``note``: what changed, for everyone to read."""

    __tablename__ = "consultations_text_version"

    text_id: Mapped[int] = mapped_column(ForeignKey("consultations_text.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class ClauseVersion(Base):
    """A clause as it stood in one version; never changed. ``number`` is what readers see, and may be empty."""

    __tablename__ = "consultations_clause_version"
    __table_args__ = (UniqueConstraint("text_id", "version", "place"),)

    clause_id: Mapped[int] = mapped_column(ForeignKey("consultations_clause.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("consultations_text.id"))
    place: Mapped[int]
    number: Mapped[str] = mapped_column(String(12), default="")
    heading: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text)


class ClauseSource(Base):
    """From which clauses of the version before a clause came, itself among them."""

    __tablename__ = "consultations_clause_source"

    clause_id: Mapped[int] = mapped_column(ForeignKey("consultations_clause.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("consultations_clause.id"), primary_key=True, index=True)


class Disposition(Base):
    """What the department does with what was said about one clause; every change is another row."""

    __tablename__ = "consultations_disposition"
    __table_args__ = (
        CheckConstraint(one_of("verdict", Verdict), name="verdict"),
        CheckConstraint("reason <> ''", name="reason"),
        UniqueConstraint("clause_id", "version"),
        Index("ix_consultations_disposition_of", "consultation_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    clause_id: Mapped[int] = mapped_column(ForeignKey("consultations_clause.id"))
    version: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class TextAnswers(Base):
    """The dispositions as published: of each clause the newest row up to ``up_to`` counts."""

    __tablename__ = "consultations_text_answers"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    up_to: Mapped[int] = mapped_column(BigInteger)
    #: what changed against the publication before, for everyone to read
    note: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
