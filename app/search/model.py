"""What can be found, and what of it has to be looked at again.

The words themselves stand beside: on SQLite in ``search_words_public`` and ``search_words_staff`` (FTS5, and a list
of the tokens of each, ``search_words_public_tokens``), on PostgreSQL in tables of the same names with an index of
tokens. What is not public is not in the public one.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigId, Instant

_TURNS = text("turns_at IS NOT NULL")
#: a backup leaves these out: the index fills by itself
_MADE_AGAIN = {"info": {"made_again": True}}


class FoundDocument(Base):
    """What is known of a document beside its text.

    ``ref`` is the thing itself ("petition:17"); ``owner`` and ``above`` are what it is hidden with. ``id`` begins with
    its rank, which grows with what its room says of it and with its day: see :mod:`app.search.rules.numbers`.
    """

    __tablename__ = "search_document"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        Index("ix_search_document_owner", "owner"),
        Index("ix_search_document_above", "above"),
        Index("ix_search_document_turns", "turns_at", sqlite_where=_TURNS, postgresql_where=_TURNS),
        _MADE_AGAIN,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    is_public: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(Instant)
    owner: Mapped[str] = mapped_column(String(60))
    above: Mapped[str] = mapped_column(String(60))
    turns_at: Mapped[datetime | None] = mapped_column(Instant)


class FoundText(Base):
    """What a page of results shows of a document; see :class:`app.search.contribution.Document`. Several departments,
    readers or keys stand in one line, with spaces between them."""

    __tablename__ = "search_text"
    __table_args__ = _MADE_AGAIN

    document_id: Mapped[int] = mapped_column(
        ForeignKey("search_document.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    title: Mapped[str] = mapped_column(Text)
    href: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(40))
    departments: Mapped[str] = mapped_column(Text)
    readers: Mapped[str] = mapped_column(Text)
    keys: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)


class Stale(Base):
    """Something that changed in this transaction: its document, or what belongs to it, is looked at again.

    Rows are only added and taken away, so that nobody who writes waits for the search. ``child`` is empty for the thing
    itself; else the documents of that kind that belong to it are due, from the one after ``after`` on.
    """

    __tablename__ = "search_stale"
    __table_args__ = (Index("ix_search_stale_ref", "ref"), _MADE_AGAIN)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ref: Mapped[str] = mapped_column(String(60))
    child: Mapped[str] = mapped_column(String(20), default="", server_default=text("''"))
    after: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))


class KnownWord(Base):
    """A word of public texts, as it is written there, and how many have it."""

    __tablename__ = "search_word"
    __table_args__ = _MADE_AGAIN

    word: Mapped[str] = mapped_column(String(40), primary_key=True)
    texts: Mapped[int]


class WordPart(Base):
    """A known word without one of its letters, and itself: how a word that is misspelt finds it."""

    __tablename__ = "search_word_part"
    __table_args__ = (Index("ix_search_word_part_word", "word"), _MADE_AGAIN)

    part: Mapped[str] = mapped_column(String(40), primary_key=True)
    word: Mapped[str] = mapped_column(String(40), primary_key=True)


class Round(Base):
    """How far the walk through one kind has come. The first round fills the index; later ones mend it."""

    __tablename__ = "search_round"
    __table_args__ = _MADE_AGAIN

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    upto: Mapped[int] = mapped_column(BigInteger, default=0)
    begun_at: Mapped[datetime] = mapped_column(Instant)
    #: when everything of this kind had been looked at once
    filled_at: Mapped[datetime | None] = mapped_column(Instant)
