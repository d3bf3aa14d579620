"""Responses, their versions, who sent them, and drafts that were saved to go on later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Instant
from consultations.model.consultation import one_of
from consultations.rules.responses import Channel, Consent, Publishing, ResponseState

_SUBMITTED = text("state = 'submitted'")
_COUNTS_ADDRESS = text("state = 'submitted' AND address_key IS NOT NULL")
_IMPORTED = text("source_ref IS NOT NULL")
_MARKED = text("marked_at IS NOT NULL")


class Response(Base):
    """One respondent's whole submission. What it says is in its versions, who it is from is sealed beside it.

    ``pending`` until the address is confirmed; ``submitted`` counts. Per consultation an address has one that counts,
    an account one, a source reference one: as constraints. The id is that of the act that stored it; the receipt's
    number is made of it. ``digest`` is of the newest version and the row's own ``salt``, for the roll of digests.
    """

    __tablename__ = "consultations_response"
    __table_args__ = (
        CheckConstraint(one_of("state", ResponseState), name="state"),
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint(one_of("consent", Consent), name="consent"),
        CheckConstraint(one_of("publishing", Publishing), name="publishing"),
        CheckConstraint("state <> 'submitted' OR submitted_at IS NOT NULL", name="submitted"),
        CheckConstraint("channel = 'web' OR transcriber_id IS NOT NULL", name="transcribed"),
        CheckConstraint("checker_id IS NULL OR checker_id <> transcriber_id", name="checked"),
        CheckConstraint("publishing <> 'published' OR consent <> 'none'", name="consented"),
        UniqueConstraint("consultation_id", "form_key"),
        Index(
            "uq_consultations_response_address",
            "consultation_id",
            "address_key",
            unique=True,
            sqlite_where=_COUNTS_ADDRESS,
            postgresql_where=_COUNTS_ADDRESS,
        ),
        Index(
            "uq_consultations_response_source",
            "consultation_id",
            "source_ref",
            unique=True,
            sqlite_where=_IMPORTED,
            postgresql_where=_IMPORTED,
        ),
        Index(
            "ix_consultations_response_list",
            "consultation_id",
            "id",
            sqlite_where=_SUBMITTED,
            postgresql_where=_SUBMITTED,
        ),
        Index("ix_consultations_response_read", "consultation_id", "state", "read_at", "id"),
        Index("ix_consultations_response_publishing", "consultation_id", "publishing", "id"),
        Index("ix_consultations_response_account", "account_id"),
        Index("ix_consultations_response_changed", "consultation_id", "changed_at", "id"),
        Index(
            "ix_consultations_response_marked",
            "consultation_id",
            "marked_at",
            "id",
            sqlite_where=_MARKED,
            postgresql_where=_MARKED,
        ),
        Index("ix_consultations_response_state", "state", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    state: Mapped[str] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(8), default=Channel.WEB)
    #: the random key its form was made with: two tabs and fifty clicks store one
    form_key: Mapped[str | None] = mapped_column(String(64))
    address_key: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    is_organisation: Mapped[bool] = mapped_column(default=False, server_default=false())
    easy_read: Mapped[bool] = mapped_column(default=False, server_default=false())
    consent: Mapped[str] = mapped_column(String(10))
    #: wants to be told of what comes of it
    notify: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str] = mapped_column(String(12))
    privacy: Mapped[str] = mapped_column(String(12), default="")
    version: Mapped[int] = mapped_column(default=1)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    late_pass_id: Mapped[int | None] = mapped_column(ForeignKey("consultations_late_pass.id"))
    #: when it was sent (or, of paper, received): what decides whether it was in time
    sent_at: Mapped[datetime] = mapped_column(Instant)
    #: the newest letter asking to confirm
    asked_at: Mapped[datetime] = mapped_column(Instant)
    letters: Mapped[int] = mapped_column(default=0)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    end_reason: Mapped[str] = mapped_column(Text, default="")
    #: its owner asked that the link to the receipt work no more
    receipt_stopped_at: Mapped[datetime | None] = mapped_column(Instant)

    #: of what came on paper, by post, by telephone
    source_ref: Mapped[str | None] = mapped_column(String(80))
    transcriber_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    checker_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    checked_at: Mapped[datetime | None] = mapped_column(Instant)

    read_at: Mapped[datetime | None] = mapped_column(Instant)
    read_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    #: which version was read: after an amendment it is unread
    read_version: Mapped[int | None]
    #: when a desk last marked, coded or judged it; figures are brought up to date by it
    marked_at: Mapped[datetime | None] = mapped_column(Instant)
    publishing: Mapped[str] = mapped_column(String(10), default=Publishing.WAITING)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    #: which version an officer read and found fit to be published
    approved_version: Mapped[int | None]
    #: why it is not to be published though its writer agreed
    withheld_reason: Mapped[str] = mapped_column(Text, default="")


class ResponseVersion(Base):
    """What a response said from an instant on; never changed, never deleted. ``answers`` is JSON as
    :mod:`consultations.rules.answers` tells, by question number as text."""

    __tablename__ = "consultations_response_version"

    response_id: Mapped[int] = mapped_column(ForeignKey("consultations_response.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_version: Mapped[int]
    answers: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    #: the act that stored it
    act_id: Mapped[int] = mapped_column(BigInteger, unique=True)


class Respondent(Base):
    """Name, address and organisation of one response, sealed; deleted when respondents are erased."""

    __tablename__ = "consultations_respondent"

    response_id: Mapped[int] = mapped_column(
        ForeignKey("consultations_response.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Draft(Base):
    """A response that was saved to go on later, by a link; of an organisation several people hold links to it.

    The lead's link may submit, colleagues' links may write. ``sealed``: name, address and organisation as they were
    typed, see :func:`consultations.identity.seal_draft`. Each page has a revision of its own, so that nobody overwrites what they have not seen.
    """

    __tablename__ = "consultations_draft"
    __table_args__ = (
        UniqueConstraint("consultation_id", "form_key"),
        Index("ix_consultations_draft_of", "consultation_id", "id"),
        Index("ix_consultations_draft_account", "account_id"),
    )

    #: never given twice: links in letters are made of it
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    form_key: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: whoever opened the lead's link from the letter has proven the address
    proven_at: Mapped[datetime | None] = mapped_column(Instant)
    is_organisation: Mapped[bool] = mapped_column(default=False, server_default=false())
    easy_read: Mapped[bool] = mapped_column(default=False, server_default=false())
    language: Mapped[str] = mapped_column(String(12))
    late_pass_id: Mapped[int | None] = mapped_column(ForeignKey("consultations_late_pass.id"))
    questionnaire_version: Mapped[int]
    #: the response that it changes, where that was sent already; and the one that it became a version of
    amends_id: Mapped[int | None] = mapped_column(ForeignKey("consultations_response.id"))
    letters: Mapped[int] = mapped_column(default=0)
    #: wants to be told when the dates change
    notify: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(Instant)
    saved_at: Mapped[datetime] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)


class DraftPage(Base):
    """What a draft says on one page of the questionnaire. ``answers`` as typed, by name of the field, as JSON: what
    is not complete is kept too. ``by``: which of the links wrote it last, in words its people know."""

    __tablename__ = "consultations_draft_page"

    draft_id: Mapped[int] = mapped_column(ForeignKey("consultations_draft.id", ondelete="CASCADE"), primary_key=True)
    page: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(default=1)
    answers: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime] = mapped_column(Instant)
