"""What everybody may read after closing: single responses, "you said", "we did", the roll of digests; and paper."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from consultations.model.consultation import one_of
from consultations.rules.importing import RowState, SheetState
from consultations.rules.publishing import RedactionReason


class Redaction(Base):
    """A passage of one version of a response that nobody outside the department reads.

    ``start`` and ``end`` count characters of the words in the answer to ``question``. Taken back: ``undone_at``.
    """

    __tablename__ = "consultations_redaction"
    __table_args__ = (
        CheckConstraint(one_of("reason", RedactionReason), name="reason"),
        CheckConstraint('start >= 0 AND "end" > start', name="passage"),
        Index("ix_consultations_redaction_of", "response_id", "version", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("consultations_response.id"))
    version: Mapped[int]
    question: Mapped[int]
    start: Mapped[int]
    end: Mapped[int]
    reason: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class PublishedBatch(Base):
    """Responses that became public by one press; they can be taken back together for ten minutes."""

    __tablename__ = "consultations_published_batch"
    __table_args__ = (Index("ix_consultations_published_batch_of", "consultation_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    count: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class PublishedResponse(Base):
    """A response as everybody reads it. ``answers``: JSON of what :func:`consultations.rules.publishing.public_answers`
    left of that version; no page looks at the version itself. Empty once it was taken down; its number stays its own.

    Names are not here: pages open the sealed one where the writer agreed to it, so whoever is erased is gone here too.
    """

    __tablename__ = "consultations_published_response"
    __table_args__ = (
        UniqueConstraint("consultation_id", "number"),
        CheckConstraint("consent IN ('named', 'anonymous')", name="consent"),
        CheckConstraint("ended_at IS NULL OR answers = '{}'", name="ended"),
        Index("ix_consultations_published_response_batch", "batch_id"),
    )

    response_id: Mapped[int] = mapped_column(
        ForeignKey("consultations_response.id"), primary_key=True, autoincrement=False
    )
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    number: Mapped[int]
    batch_id: Mapped[int] = mapped_column(ForeignKey("consultations_published_batch.id"))
    version: Mapped[int]
    questionnaire_version: Mapped[int]
    consent: Mapped[str] = mapped_column(String(10))
    answers: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class FeedbackDraft(Base):
    """ "You said", being written: one for a consultation. ``findings``: ``[{"id": 3, "quotes": [{…}]}]`` as JSON.

    While ``waits_since`` is set it waits for a second person, who must not be the one who wrote last.
    """

    __tablename__ = "consultations_feedback_draft"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("consultations_consultation.id"), primary_key=True, autoincrement=False
    )
    summary: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    findings: Mapped[str] = mapped_column(Text, default="[]")
    #: what is corrected, where a version is public already
    note: Mapped[str] = mapped_column(Text, default="")
    after_version: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    waits_since: Mapped[datetime | None] = mapped_column(Instant)


class Feedback(Base):
    """One version of "you said"; never changed.

    ``findings`` is JSON as :class:`consultations.rules.findings.ShownFinding` has it: words, counts and quotations as
    they stood when it was released.
    """

    __tablename__ = "consultations_feedback"
    __table_args__ = (
        UniqueConstraint("consultation_id", "version"),
        CheckConstraint("version = 1 OR note <> ''", name="note"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    version: Mapped[int]
    summary: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    findings: Mapped[str] = mapped_column(Text)
    #: responses that counted then
    responses: Mapped[int]
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))


class FindingAnswer(Base):
    """What the department does about one finding. Versions are never changed; public with the outcome."""

    __tablename__ = "consultations_finding_answer"
    __table_args__ = (
        UniqueConstraint("consultation_id", "finding_id", "version", name="uq_consultations_finding_answer_version"),
        CheckConstraint("text <> ''", name="text"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    finding_id: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    #: why it was changed, for everyone to read, once it was public
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))


class OutcomeRecord(Base):
    """The findings' own answers as they stood when an answer of the referral was released; ``answers`` is JSON, by
    finding's number. Taken back with its answer."""

    __tablename__ = "consultations_outcome"
    __table_args__ = (UniqueConstraint("answer_id"), Index("ix_consultations_outcome_of", "consultation_id", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    answer_id: Mapped[int] = mapped_column(ForeignKey("outcomes_answer.id"))
    answers: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class Roll(Base):
    """The digests of all responses that counted at an instant, 32 bytes each, in their order; never changed.

    ``digest`` is the SHA-256 of the published list. ``added`` and ``ended``: against the version before.
    """

    __tablename__ = "consultations_roll"
    __table_args__ = (UniqueConstraint("consultation_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    version: Mapped[int]
    total: Mapped[int]
    digests: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    added: Mapped[int] = mapped_column(default=0)
    ended: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)


class Figures(Base):
    """What closed questions came to, as it was published beside the first "you said"; never changed, never counted again.

    ``questions`` is JSON as :class:`consultations.rules.figures.ShownQuestion` has it: what is left out is not in it.
    """

    __tablename__ = "consultations_figures"

    consultation_id: Mapped[int] = mapped_column(
        ForeignKey("consultations_consultation.id"), primary_key=True, autoincrement=False
    )
    #: who was counted
    roll_id: Mapped[int] = mapped_column(ForeignKey("consultations_roll.id"))
    responses: Mapped[int]
    #: so few who wanted nothing published that they could be made out
    left_out: Mapped[int] = mapped_column(default=0)
    #: figures of fewer people are not in it
    small: Mapped[int]
    questions: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)


class Sheet(Base):
    """A table of responses that came on paper, by post, by telephone, at meetings; read row by row."""

    __tablename__ = "consultations_sheet"
    __table_args__ = (
        CheckConstraint(one_of("state", SheetState), name="state"),
        Index("ix_consultations_sheet_of", "consultation_id", "id"),
        Index("ix_consultations_sheet_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultations_consultation.id"))
    state: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(200))
    #: names of columns, as JSON
    header: Mapped[str] = mapped_column(Text)
    rows: Mapped[int]
    read: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    done_at: Mapped[datetime | None] = mapped_column(Instant)


class SheetRow(Base):
    """One row as it was written; ``problems`` as JSON: ``[{"column": …, "message": …}]``.

    ``sealed``: all of it, until it is read. ``cells``: after that, as JSON, without names and addresses: those of a
    response that was stored are sealed beside it, those of one that was not are gone."""

    __tablename__ = "consultations_sheet_row"
    __table_args__ = (
        CheckConstraint(one_of("state", RowState), name="state"),
        Index("ix_consultations_sheet_row_state", "sheet_id", "state", "number"),
        Index("ix_consultations_sheet_row_response", "response_id"),
    )

    sheet_id: Mapped[int] = mapped_column(ForeignKey("consultations_sheet.id"), primary_key=True)
    #: as the spreadsheet counts: the header is row 1
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    cells: Mapped[str] = mapped_column(Text, default="{}")
    state: Mapped[str] = mapped_column(String(8))
    problems: Mapped[str] = mapped_column(Text, default="[]")
    response_id: Mapped[int | None] = mapped_column(ForeignKey("consultations_response.id"))
