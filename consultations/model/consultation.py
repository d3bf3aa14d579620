"""Consultations, who wrote them, how their dates changed, and whom they admit late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from consultations.rules.lifecycle import EditorialState, Kind, Stage


def one_of(column: str, values: Any) -> str:
    """The SQL of a check that a column holds one of an enumeration's words."""
    return f"{column} IN ({', '.join(repr(str(v)) for v in values)})"


class Consultation(Base):
    """A department asks something between two instants.

    Upcoming, open, closed are not stored: :mod:`consultations.rules.lifecycle` derives them. ``salt`` keys its
    respondents' addresses; it goes when they are erased. ``response_count`` is exact in every committed state: it
    counts responses that are submitted, whatever their channel. ``revision`` grows with every change of what editors
    write, so that one does not overwrite another's.
    """

    __tablename__ = "consultations_consultation"
    __table_args__ = (
        CheckConstraint(one_of("state", EditorialState), name="state"),
        CheckConstraint(one_of("kind", Kind), name="kind"),
        CheckConstraint(one_of("stage", Stage), name="stage"),
        CheckConstraint("opens_at < closes_at", name="times"),
        CheckConstraint(
            "state IN ('draft', 'discarded') OR (opens_at IS NOT NULL AND closes_at IS NOT NULL)", name="timed"
        ),
        CheckConstraint(
            "state NOT IN ('published', 'withdrawn', 'unpublished') OR published_at IS NOT NULL", name="published"
        ),
        CheckConstraint("state <> 'withdrawn' OR withdrawn_reason <> ''", name="withdrawn"),
        CheckConstraint("response_count >= 0 AND late_count >= 0", name="count"),
        CheckConstraint("NOT forced OR forced_reason <> ''", name="forced"),
        CheckConstraint("discussion IN ('off', 'before', 'after')", name="discussion"),
        Index("ix_consultations_consultation_closing", "state", "closes_at", "id"),
        Index("ix_consultations_consultation_department", "department_id", "state", "closes_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    revision: Mapped[int] = mapped_column(default=1)
    #: the random id its form was made with: a second click creates nothing
    submission_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"))

    title: Mapped[str] = mapped_column(String(200))
    #: one sentence, for lists
    summary: Mapped[str] = mapped_column(String(400), default="")
    #: formatted text: who asks about what, and why now
    body: Mapped[str] = mapped_column(Text, default="")
    #: formatted: what can still change, and what cannot
    scope: Mapped[str] = mapped_column(Text, default="")
    #: formatted: how answers are used, and when the outcome is to be expected
    use: Mapped[str] = mapped_column(Text, default="")
    #: ways to answer beside this site: an address for paper, a telephone number, meetings
    other_ways: Mapped[str] = mapped_column(Text, default="")
    contact: Mapped[str] = mapped_column(Text, default="")
    #: whom to ask for other formats: large print, Braille, another language
    formats_contact: Mapped[str] = mapped_column(Text, default="")
    privacy_notice: Mapped[str] = mapped_column(Text, default="")
    #: formatted: the same in short sentences and plain words, where there is one
    easy_read: Mapped[str] = mapped_column(Text, default="")
    discussion: Mapped[str] = mapped_column(String(6), default="off")
    #: nothing of what was answered, not even the count, is public before it closes
    hides_results: Mapped[bool] = mapped_column(default=False, server_default=false())

    opens_at: Mapped[datetime | None] = mapped_column(Instant)
    closes_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    returned_reason: Mapped[str] = mapped_column(Text, default="")
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    #: why people have fewer days than usual, for everyone to read
    short_reason: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    forced: Mapped[bool] = mapped_column(default=False, server_default=false())
    forced_reason: Mapped[str] = mapped_column(Text, default="")
    #: somebody else looked at what was published by force
    looked_at: Mapped[datetime | None] = mapped_column(Instant)
    looked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_reason: Mapped[str] = mapped_column(Text, default="")
    unpublished_at: Mapped[datetime | None] = mapped_column(Instant)
    unpublished_reason: Mapped[str] = mapped_column(Text, default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("consultations_consultation.id"))

    #: the questionnaire that is asked now; 0: none was published
    questionnaire_version: Mapped[int] = mapped_column(default=0)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    response_count: Mapped[int] = mapped_column(default=0)
    #: of them, those that were admitted after closing
    late_count: Mapped[int] = mapped_column(default=0)
    #: set by the job that says so to whoever wants to hear
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    #: set by the job that does what closing brings: the referral, letters, the roll of digests
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    stage: Mapped[str] = mapped_column(String(12), default=Stage.WAITING, server_default=text("'waiting'"))
    has_outcome: Mapped[bool] = mapped_column(default=False, server_default=false())
    analysing_at: Mapped[datetime | None] = mapped_column(Instant)
    feedback_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)


class Supporting(Base):
    """A department that helps the lead: its officers may read and code, not publish."""

    __tablename__ = "consultations_supporting"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"), primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments_department.id"), primary_key=True, index=True)


class Authorship(Base):
    """Who wrote at it: none of them approves it, however often it goes back to draft."""

    __tablename__ = "consultations_authorship"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class DateChange(Base):
    """Another day of closing, with the reason that everyone reads. Never changed."""

    __tablename__ = "consultations_date_change"
    __table_args__ = (
        CheckConstraint("closes_after > closes_before", name="later"),
        CheckConstraint("reason <> ''", name="reason"),
        Index("ix_consultations_date_change_of", "consultation_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    #: it had closed already, and is open once more
    reopened: Mapped[bool] = mapped_column(default=False, server_default=false())
    closes_before: Mapped[datetime] = mapped_column(Instant)
    closes_after: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))


class LatePass(Base):
    """Named people may respond until a later instant. Their link is a token of its row; one response uses it up."""

    __tablename__ = "consultations_late_pass"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason"),
        Index("ix_consultations_late_pass_of", "consultation_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    #: whom: an association, a person's name as the department wrote it
    admitted: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime] = mapped_column(Instant)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class StoredQuestionnaire(Base):
    """What is asked: version 0 is what editors write at, every other was published and never changes.

    ``document`` is a :class:`consultations.rules.questionnaire.Questionnaire` as JSON. ``easy`` holds the same
    questions in plain words, by number: ``{"4": {"text": …, "help": …, "options": {"7": …}}}``.
    """

    __tablename__ = "consultations_questionnaire"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    #: grows with every change, for version 0
    revision: Mapped[int] = mapped_column(default=1)
    document: Mapped[str] = mapped_column(Text)
    easy: Mapped[str] = mapped_column(Text, default="{}")
    #: what changed against the version before, for everyone to read
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class Announcement(Base):
    """News to everyone who responded or saved a draft, put into the outbox step by step.

    ``kind``: extended, withdrawn, feedback, outcome. ``about``: the row or version that it tells of.
    """

    __tablename__ = "consultations_announcement"
    __table_args__ = (
        CheckConstraint("kind IN ('extended', 'withdrawn', 'feedback', 'outcome')", name="kind"),
        UniqueConstraint("consultation_id", "kind", "about"),
        Index("ix_consultations_announcement_undone", "done_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    kind: Mapped[str] = mapped_column(String(12))
    about: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    leaves_at: Mapped[datetime] = mapped_column(Instant)
    #: letters of it carry this number, by which they are called off
    batch: Mapped[int | None] = mapped_column(BigId)
    #: responses, then drafts, up to this row have their letter
    reached_response: Mapped[int] = mapped_column(BigId, default=0)
    reached_draft: Mapped[int] = mapped_column(BigId, default=0)
    queued: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    called_off_at: Mapped[datetime | None] = mapped_column(Instant)
