"""What must be true of the index: it has what the public may read, and of nothing else that it is public."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from itertools import islice

from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from app.core import ready
from app.search.model import FoundDocument, KnownWord, WordPart
from app.search.queries.matching import PUBLIC, STAFF
from app.search.service.indexing import Indexing

Broken = Callable[[Session, datetime], Iterable[str]]
MOST_TOLD = 20
#: tables whose changes are marked by triggers; a table that is made anew on SQLite loses them
MARKED = (
    "petitions_petition",
    "consultations_consultation",
    "townhall_hall",
    "townhall_question",
    "comments_comment",
    "comments_revision",
    "outcomes_referral",
    "outcomes_support",
    "outcomes_answer",
    "outcomes_commitment",
    "departments_department",
)
_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger",
}


def is_up_to_date(indexing: Indexing, db: Session, now: datetime) -> Iterable[str]:
    """What the rooms tell of everything there is stands in the index, but for what is marked or was not reached yet."""
    if indexing.is_filled(db):
        yield from islice(indexing.differing(db, now), MOST_TOLD)


def words_stand_where_they_may(db: Session, now: datetime) -> Iterable[str]:
    """What is not for everyone has no words among those that everyone searches."""
    number = "rowid" if ready.is_sqlite(db) else "document_id"
    for words, wrong in ((PUBLIC, "NOT d.is_public"), (STAFF, "d.is_public")):
        sql = f"SELECT d.kind, d.subject_id FROM search_document d JOIN {words} w ON w.{number} = d.id WHERE {wrong}"
        for kind, i in db.execute(text(f"{sql} ORDER BY d.id LIMIT {MOST_TOLD}")):
            yield f"{kind} {i}"


def documents_have_words(db: Session, now: datetime) -> Iterable[str]:
    """Each of them in one of the two indexes, and nothing else is there."""
    documents = db.scalar(select(func.count()).select_from(FoundDocument)) or 0
    worded = sum(db.scalar(text(f"SELECT count(*) FROM {words}")) or 0 for words in (PUBLIC, STAFF))
    if documents != worded:
        yield f"{documents} documents, words of {worded}"


def changes_are_marked(db: Session, now: datetime) -> Iterable[str]:
    """The triggers are there."""
    dialect = db.get_bind().dialect.name
    there = set(db.scalars(text(_TRIGGERS[dialect])))
    endings = ("insert", "update", "delete") if dialect == "sqlite" else ("either", "update")
    yield from sorted({f"{table}_search_{ending}" for table in MARKED for ending in endings} - there)


def known_words_are_in_texts(db: Session, now: datetime) -> Iterable[str]:
    """No word is offered that no text has any more."""
    yield from db.scalars(select(KnownWord.word).where(KnownWord.texts <= 0).limit(MOST_TOLD))
    yield from db.scalars(
        select(WordPart.part).where(~exists().where(KnownWord.word == WordPart.word)).limit(MOST_TOLD)
    )


def lines(indexing: Indexing) -> Mapping[str, Broken]:
    return {
        "the index has what may be found": partial(is_up_to_date, indexing),
        "what is not public is in no public index": words_stand_where_they_may,
        "documents have words": documents_have_words,
        "changes are marked": changes_are_marked,
        "known words stand in texts": known_words_are_in_texts,
    }
