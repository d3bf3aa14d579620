"""Files that were sent, one row each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from app.core.subject import SubjectRef
from app.files.rules import kinds


class FileState(StrEnum):
    QUARANTINED = "quarantined"  # the scanner has yet to look at it
    CLEAN = "clean"
    REFUSED = "refused"  # its bytes are not kept


class StoredFile(Base):
    """One file of one subject. Its bytes are in the store under ``digest``, shared by all rows with the same."""

    __tablename__ = "files_file"
    __table_args__ = (
        CheckConstraint("state IN ('quarantined', 'clean', 'refused')", name="state"),
        CheckConstraint("(state = 'refused') = (reason <> '')", name="reason"),
        CheckConstraint("(state = 'quarantined') = (checked_at IS NULL)", name="checked"),
        Index("ix_files_file_subject", "subject_kind", "subject_id"),
        Index("ix_files_file_digest", "digest"),
        Index(
            "ix_files_file_quarantined",
            "tried_at",
            "id",
            sqlite_where=text("state = 'quarantined'"),
            postgresql_where=text("state = 'quarantined'"),
        ),
        Index(
            "ix_files_file_removed",
            "removed_at",
            sqlite_where=text("removed_at IS NOT NULL"),
            postgresql_where=text("removed_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    size: Mapped[int] = mapped_column(BigInteger)
    #: found by content, never by name or by what the sender says
    media_type: Mapped[str] = mapped_column(String(100))
    #: as it was sent, made harmless
    name: Mapped[str] = mapped_column(String(120))
    #: what people read in a list
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(20), default="")
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    #: when the scanner was asked for the last time
    tried_at: Mapped[datetime | None] = mapped_column(Instant)
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    #: gone for everyone; the row goes a while later
    removed_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def owner(self) -> SubjectRef:
        return SubjectRef(self.subject_kind, self.subject_id)

    @property
    def is_clean(self) -> bool:
        return self.state == FileState.CLEAN

    @property
    def href(self) -> str:
        """Its public address."""
        return f"/files/{self.id}/{quote(self.name)}"

    @property
    def kind_name(self) -> str:
        return kinds.name_of(self.media_type)
