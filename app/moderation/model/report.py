"""What readers report, and the revisions that earlier reports can no longer touch."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant


class Report(Base):
    """A reader says that something published breaks a rule. Nobody's name is asked.

    Somebody known, by account or by a keyed address, reports one revision once.
    """

    __tablename__ = "moderation_report"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'handled')", name="state"),
        Index("ix_moderation_report_queue", "state", "at"),
        Index("ix_moderation_report_subject", "subject_kind", "subject_id"),
        *(
            Index(
                f"uq_moderation_report_{person}",
                "subject_kind",
                "subject_id",
                "digest",
                person,
                unique=True,
                sqlite_where=text(f"{person} IS NOT NULL"),
                postgresql_where=text(f"{person} IS NOT NULL"),
            )
            for person in ("reporter_id", "reporter_key")
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    reason_code: Mapped[str] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    handled_at: Mapped[datetime | None] = mapped_column(Instant)
    handled_by_id: Mapped[int | None] = mapped_column(BigInteger)
    #: the random id its form was made with: a second click reports nothing twice
    submission_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    reporter_id: Mapped[int | None] = mapped_column(BigInteger)
    reporter_key: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    #: whether its reporter counts towards hiding the text until a moderator has looked
    trusted: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: of the revision that was read
    digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))


class Immunity(Base):
    """A revision that a moderator let stand: reports up to ``up_to`` do not count again, and hiding it takes
    as many more reporters as it was let stand ``times``."""

    __tablename__ = "moderation_immunity"

    subject_kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    times: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    #: the newest report that it answers
    up_to: Mapped[int] = mapped_column(BigInteger)
