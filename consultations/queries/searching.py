"""Words of answers: SQLite by FTS5, PostgreSQL by tsvector; folded by us, so that no language is taken for granted.

The index follows what is stored by a second or so: submitting a response waits for nothing.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import ready
from app.core.text.plain import fold

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_ANSWERS = msgspec.json.Decoder(dict[str, Any])
_MARK = "ofc{}"


def words_in(answers: str) -> str:
    """Every word of a response's answers, folded, as the index has it."""
    return " ".join(w for said in texts_of(_ANSWERS.decode(answers)) for w in _WORD.findall(fold(said)))


def texts_of(answers: Any) -> list[str]:
    """What was written, wherever it stands in answers."""
    if isinstance(answers, str):
        return [answers]
    parts = answers.values() if isinstance(answers, dict) else answers if isinstance(answers, list) else ()
    return [said for part in parts for said in texts_of(part)]


def holding(db: Session, consultation_id: int, word: str, *, begun: bool = False) -> Sequence[int]:
    """Ids of responses whose newest version has this folded word; ``begun``: or one that begins so."""
    mark = _MARK.format(consultation_id)
    if ready.is_sqlite(db):
        query = f'words : "{word}"{"*" if begun else ""} AND marks : "{mark}"'
        gathered = text(
            "SELECT json_group_array(rowid) FROM consultations_words WHERE consultations_words MATCH :query"
        )
        return msgspec.json.decode(db.scalar(gathered, {"query": query}) or "[]", type=list[int])
    gathered = text(
        "SELECT string_agg(int8send(response_id), '') FROM consultations_words "
        "WHERE document @@ CAST(:query AS tsquery)"
    )
    # its planner takes no account of what it costs to fetch the words of every response for a word that most have
    db.execute(text("SET LOCAL enable_seqscan TO off"))
    found = db.scalar(gathered, {"query": f"'{word}'{':*' if begun else ''} & '={mark}'"})
    db.execute(text("SET LOCAL enable_seqscan TO DEFAULT"))
    ids = array("q", found or b"")  # as the network has them: reading 50,000 from words takes ten times as long
    if sys.byteorder == "little":
        ids.byteswap()
    return ids


def state(db: Session) -> int:
    """Another number after every change of the index."""
    return db.scalar(text("SELECT version FROM consultations_words_of WHERE response_id = 0")) or 0


def store_words(db: Session, rows: Sequence[Any]) -> None:
    """``rows`` of (response, consultation, version, answers): their words replace what the index had of them."""
    if ready.is_sqlite(db):
        db.execute(
            text("DELETE FROM consultations_words WHERE rowid = :id"),
            [{"id": r} for r, _c, version, _a in rows if version > 1] or [{"id": -1}],
        )
        db.execute(
            text("INSERT INTO consultations_words (rowid, words, marks) VALUES (:id, :words, :mark)"),
            [{"id": r, "words": words_in(a), "mark": _MARK.format(c)} for r, c, _v, a in rows],
        )
    else:
        db.execute(
            text(
                "INSERT INTO consultations_words (response_id, document) VALUES "
                "(:id, to_tsvector('simple', :words) || array_to_tsvector(ARRAY[CAST(:mark AS text)])) "
                "ON CONFLICT (response_id) DO UPDATE SET document = excluded.document"
            ),
            [{"id": r, "words": words_in(a), "mark": "=" + _MARK.format(c)} for r, c, _v, a in rows],
        )
    db.execute(
        text(
            "INSERT INTO consultations_words_of (response_id, version) VALUES (:id, :version) "
            "ON CONFLICT (response_id) DO UPDATE SET version = excluded.version"
        ),
        [{"id": r, "version": v} for r, _c, v, _a in rows],
    )
    db.execute(
        text(
            "INSERT INTO consultations_words_of (response_id, version) VALUES (0, 1) "
            "ON CONFLICT (response_id) DO UPDATE SET version = consultations_words_of.version + 1"
        )
    )
