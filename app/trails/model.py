"""Links: one thing led to another."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant
from app.core.subject import SubjectRef
from app.trails.rules.links import MOST_NOTE, MOST_REASON, Edge

_STANDS = text("withdrawn_at IS NULL")
_UNTOLD = text("withdrawn_at IS NULL AND told_at IS NULL")


class Link(Base):
    """Made by staff. One that was taken back stays for the record, and may be made anew."""

    __tablename__ = "trails_link"
    __table_args__ = (
        CheckConstraint("from_kind <> to_kind OR from_id <> to_id", name="itself"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="reason"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn"),
        Index(
            "uq_trails_link_pair", "from_kind", "from_id", "to_kind", "to_id",
            unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS,
        ),
        Index("ix_trails_link_to", "to_kind", "to_id"),
        Index("ix_trails_link_untold", "id", sqlite_where=_UNTOLD, postgresql_where=_UNTOLD),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    from_kind: Mapped[str] = mapped_column(String(40))
    from_id: Mapped[int] = mapped_column(BigInteger)
    to_kind: Mapped[str] = mapped_column(String(40))
    to_id: Mapped[int] = mapped_column(BigInteger)
    #: public words, or none
    note: Mapped[str] = mapped_column(String(MOST_NOTE), default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts_account.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    #: when both ends were first public and everybody who follows was told
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts_account.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    withdrawn_reason: Mapped[str] = mapped_column(String(MOST_REASON), default="")

    @property
    def before(self) -> SubjectRef:
        return SubjectRef(self.from_kind, self.from_id)

    @property
    def after(self) -> SubjectRef:
        return SubjectRef(self.to_kind, self.to_id)

    @property
    def edge(self) -> Edge:
        return Edge(self.before, self.after)
