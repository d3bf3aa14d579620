"""What a word that no text has was meant to be."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from app.core import ready
from app.search.rules.spelling import likeliest, may_be_wrong, parts_asked
from app.search.rules.words import stem_of

#: a word that so few texts have may be one that their writers misspelt
FEW_TEXTS = 2
#: and is taken for another one only where that is so many times as common
MUCH_COMMONER = 10


def corrections(db: Session, words: Sequence[str]) -> Mapping[str, str]:
    """For each word that is likely misspelt, the known word it is nearest to."""
    asked = [word for word in words if may_be_wrong(word)]
    known = _texts(db, asked) if asked else {}
    found: dict[str, str] = {}
    for word in asked:
        if (texts := known.get(word, 0)) > FEW_TEXTS:
            continue
        near = _near(db, word)
        if any(stem_of(right) == stem_of(word) and right != word for right, _ in near):
            continue  # another form of a word that is known
        likely = [(right, n) for right, n in near if n >= max(1, texts * MUCH_COMMONER)]
        if (right := likeliest(word, likely)) is not None:
            found[word] = right
    return found


def _texts(db: Session, words: Sequence[str]) -> Mapping[str, int]:
    if ready.is_sqlite(db):
        sql = "SELECT word, texts FROM search_word WHERE word IN (SELECT value FROM json_each(?))"
        return dict(map(tuple, db.connection().exec_driver_sql(sql, (json.dumps(words),))))
    sql = "SELECT word, texts FROM search_word WHERE word = ANY(%s)"
    return dict(map(tuple, db.connection().exec_driver_sql(sql, (list(words),))))


def _near(db: Session, word: str) -> Sequence[tuple[str, int]]:
    """Known words that have a part in common with this one."""
    parts = sorted(parts_asked(word))
    sql = "SELECT DISTINCT w.word, w.texts FROM search_word_part p JOIN search_word w ON w.word = p.word WHERE p.part "
    if ready.is_sqlite(db):
        rows = db.connection().exec_driver_sql(sql + "IN (SELECT value FROM json_each(?))", (json.dumps(parts),))
    else:
        rows = db.connection().exec_driver_sql(sql + "= ANY(%s)", (parts,))
    return [(row[0], row[1]) for row in rows]
