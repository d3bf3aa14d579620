"""What administrators set for the whole room: blocked sources, and what is stopped."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant

_STANDS = text("ended_at IS NULL")


class Block(Base):
    """A source whose signatures and petitions are held until staff look at them.

    ``pattern``: a network such as ``203.0.113.0/24``, a domain such as ``spam.example`` or
    ``*.spam.example``, or for one address its masked form (``mailbox`` then holds its keyed digest).
    """

    __tablename__ = "petitions_block"
    __table_args__ = (CheckConstraint("kind IN ('network', 'domain', 'address')", name="kind"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    pattern: Mapped[str] = mapped_column(String(254))
    mailbox: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
    lifted_at: Mapped[datetime | None] = mapped_column(Instant)


class Stop(Base):
    """Something an administrator stopped: new petitions, signing, or everything before an election.

    At most one of a kind stands. ``due_at``: when it begins to hold (an election's announced
    minute); ``extended_through``: the last local day whose midnight has put off deadlines;
    ``reached_id``: how far the next one has come; ``done_at``: when all that it asks for was done.
    """

    __tablename__ = "petitions_stop"
    __table_args__ = (
        CheckConstraint("kind IN ('creating', 'signing', 'election')", name="kind"),
        Index("uq_petitions_stop_kind", "kind", unique=True, sqlite_where=_STANDS, postgresql_where=_STANDS),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    #: said on the pages that it concerns, in the administrator's words
    message: Mapped[str] = mapped_column(Text, default="")
    began_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    extended_through: Mapped[date | None]
    reached_id: Mapped[int] = mapped_column(BigInteger, default=0)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    ended_by_id: Mapped[int | None] = mapped_column(BigInteger)
