"""What officers make of responses: codes on what people wrote, notes, findings, and letters that are nearly alike.

Everything here was put there by a person, and says by whom and when; what is taken away again is kept with who took
it. Judgements point at the version of the response that was judged.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from consultations.model.consultation import one_of
from consultations.rules.likeness import Own
from consultations.rules.reading import GroupState, RunState

_STANDS = text("removed_at IS NULL")


class Code(Base):
    """A word for a point that people make. Retired: nothing newly gets it. Merged: its codings went to another."""

    __tablename__ = "consultations_code"
    __table_args__ = (
        UniqueConstraint("consultation_id", "slug"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("merged_into_id IS NULL OR retired_at IS NOT NULL", name="merged"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    name: Mapped[str] = mapped_column(String(100))
    #: its name folded: two that look alike are one
    slug: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
    retired_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("consultations_code.id"))


class Coding(Base):
    """A person said that this passage of an answer makes this point.

    ``start`` and ``end`` count characters of the answer's text as it is stored; both 0: the whole answer.
    ``group_id``: it was given to every letter of a campaign at once.
    """

    __tablename__ = "consultations_coding"
    __table_args__ = (
        CheckConstraint('(start = 0 AND "end" = 0) OR (start >= 0 AND "end" > start)', name="passage"),
        Index(
            "uq_consultations_coding_once",
            "response_id",
            "question",
            "code_id",
            "version",
            "start",
            "end",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        Index("ix_consultations_coding_code", "code_id", "response_id"),
        Index("ix_consultations_coding_of", "consultation_id", "question", "response_id"),
        Index("ix_consultations_coding_group", "group_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    response_id: Mapped[int] = mapped_column(ForeignKey("consultations_response.id"))
    version: Mapped[int]
    question: Mapped[int]
    code_id: Mapped[int] = mapped_column(ForeignKey("consultations_code.id"))
    start: Mapped[int] = mapped_column(default=0)
    end: Mapped[int] = mapped_column(default=0)
    group_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))

    @property
    def is_whole(self) -> bool:
        return self.end == 0


class ResponseNote(Base):
    """What an officer tells colleagues about a response; never public."""

    __tablename__ = "consultations_response_note"
    __table_args__ = (
        CheckConstraint("text <> ''", name="text"),
        Index("ix_consultations_response_note_of", "response_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("consultations_response.id"))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class Finding(Base):
    """What the department heard: its own words over codes and passages that people put there.

    ``questions``: the numbers of the questions that it is about, as JSON; of none it is about all.
    """

    __tablename__ = "consultations_finding"
    __table_args__ = (
        CheckConstraint("title <> ''", name="title"),
        Index("ix_consultations_finding_of", "consultation_id", "place", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text, default="")
    questions: Mapped[str] = mapped_column(Text, default="[]")
    #: 1 is read first
    place: Mapped[int]
    #: grows with every change of its words
    revision: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class FindingCode(Base):
    """Everybody who made this point stands behind the finding."""

    __tablename__ = "consultations_finding_code"

    finding_id: Mapped[int] = mapped_column(ForeignKey("consultations_finding.id"), primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("consultations_code.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))


class FindingPassage(Base):
    """A passage that the finding quotes."""

    __tablename__ = "consultations_finding_passage"

    finding_id: Mapped[int] = mapped_column(ForeignKey("consultations_finding.id"), primary_key=True)
    coding_id: Mapped[int] = mapped_column(ForeignKey("consultations_coding.id"), primary_key=True, index=True)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))


class LikenessRun(Base):
    """Looking for letters that are nearly alike, step by step. ``question`` 0: everything a response says in words.

    ``read`` of ``total`` texts are compared. A process that stops begins its run anew.
    """

    __tablename__ = "consultations_likeness_run"
    __table_args__ = (
        CheckConstraint(one_of("state", RunState), name="state"),
        Index("ix_consultations_likeness_run_of", "consultation_id", "question", "id"),
        Index("ix_consultations_likeness_run_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    question: Mapped[int]
    state: Mapped[str] = mapped_column(String(8))
    total: Mapped[int] = mapped_column(default=0)
    read: Mapped[int] = mapped_column(default=0)
    groups: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    done_at: Mapped[datetime | None] = mapped_column(Instant)


class Group(Base):
    """Letters that are nearly alike: suggested by comparing, confirmed or dissolved by a person. A layer over the
    responses: whoever is in it is counted as everybody is. ``template``: what they have in common, as one of them
    has it."""

    __tablename__ = "consultations_group"
    __table_args__ = (
        CheckConstraint(one_of("state", GroupState), name="state"),
        CheckConstraint("state = 'suggested' OR decided_by_id IS NOT NULL", name="decided"),
        Index("ix_consultations_group_of", "consultation_id", "question", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("consultations_likeness_run.id"), index=True)
    question: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(100), default="")
    template: Mapped[str] = mapped_column(Text)
    size: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class GroupMember(Base):
    """One letter of a group, and what is its own in it.

    ``apart``: it is not read with the others: it turns a sentence round, or somebody set it apart. ``added``: its own
    sentences, ``changed``: pairs of the common sentence and its own, both as JSON; ``missing``: how many of the common
    sentences it leaves out.
    """

    __tablename__ = "consultations_group_member"
    __table_args__ = (
        CheckConstraint(one_of("own", Own), name="own"),
        Index("ix_consultations_group_member_own", "group_id", "own", "response_id"),
        Index("ix_consultations_group_member_response", "response_id"),
    )

    group_id: Mapped[int] = mapped_column(ForeignKey("consultations_group.id"), primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("consultations_response.id"), primary_key=True)
    version: Mapped[int]
    own: Mapped[str] = mapped_column(String(8))
    apart: Mapped[bool] = mapped_column(default=False, server_default=false())
    added: Mapped[str] = mapped_column(Text, default="[]")
    changed: Mapped[str] = mapped_column(Text, default="[]")
    missing: Mapped[int] = mapped_column(default=0)
    #: who set it apart, or put it back
    judged_at: Mapped[datetime | None] = mapped_column(Instant)
    judged_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
