"""Petitions like the one that somebody means to start.

The database says which petitions have the request's words, in any form and in their titles (SQLite
by FTS5, PostgreSQL by tsvector), and which titles resemble a word that nobody has written yet (by
trigrams). The rule of :mod:`petitions.rules.similarity` weighs them and compares the likeliest few,
alike on both. What one request may cost is bounded, however common its words are.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from app.core import ready
from app.core.ready import among, as_one
from petitions.queries.filters import P, Shape, in_state
from petitions.queries.finding import ENTRY, Entry
from petitions.rules.lifecycle import PetitionState
from petitions.rules.similarity import (
    IN_BACKGROUND,
    IN_TITLE,
    LEAST,
    Likeness,
    Text,
    significant,
    trigrams,
    weights,
)

#: a word that more petitions have is common: it tells something only beside another one
RARE = 200
MOST_PAIRED, MOST_COMPARED, MOST_NEAR = 3, 40, 10
#: longer stems stand for every word that begins with them, unless the word itself is found so often
LEAST_PREFIX, OFTEN = 5, 100
#: letters that an index of trigrams can look for
LEAST_TRIGRAM = 3
#: so long a word that is common stays so
COMMON_FOR, MOST_COMMON = 60.0, 20_000
_COMMON = range(RARE + 1)
SHOWN = (PetitionState.OPEN, PetitionState.CLOSED, PetitionState.WITHDRAWN)


@dataclass(frozen=True)
class Wanted:
    """Words that a petition must all have; ``stem``: or for a single one, a word that begins so."""

    words: tuple[str, ...]
    in_title: bool = False
    stem: str = ""
    begin: tuple[str, ...] = ()  # what these words begin with in all their forms


def similar(db: Session, action: str, *, most: int, now: datetime) -> Sequence[Entry]:
    """Published petitions that ask for much the same, the open ones first; none that was rejected or hidden."""
    words = significant(action)
    if not words:
        return ()
    search = _SQLITE if ready.is_sqlite(db) else _POSTGRES
    having = _having(search, db, words)
    found_in = {s: len(ids) for s, ids in having.items()}
    newest = ready.one(db, "newest", lambda: select(func.max(P.id)), {})
    weighed = weights(found_in, newest or 0)
    unknown = {s for s, n in found_in.items() if n == 0}
    points = _points(search, db, words, having, weighed)
    for stem in unknown:
        for near in search.near(db, words[stem]) if len(stem) >= LEAST_PREFIX else ():
            points[near] += weighed[stem]
    candidates = sorted(points, key=lambda i: (-points[i], -i))[:MOST_COMPARED]
    return _likest(db, candidates, Likeness(weighed, unknown), most, now)


def _having(search: _Search, db: Session, words: Mapping[str, str]) -> dict[str, Sequence[int]]:
    """By stem, who has the word. Which words are common is remembered: who has them is of no use."""
    known = {s: _COMMON for s, word in words.items() if search.common.has(word)}
    asked = {s: word for s, word in words.items() if s not in known}
    found = dict(zip(asked, search.holding(db, [Wanted((w,)) for w in asked.values()]), strict=True))
    for s, ids in found.items():
        if len(ids) > RARE:
            search.common.add(asked[s])
    return {s: known[s] if s in known else found[s] for s in words}


def _points(
    search: _Search,
    db: Session,
    words: Mapping[str, str],
    having: Mapping[str, Sequence[int]],
    weighed: Mapping[str, float],
) -> defaultdict[int, float]:
    """What the request's words give each petition that has them: rare ones alone, common ones in pairs."""
    rare = [s for s, ids in having.items() if len(ids) <= RARE]
    common = [s for s, ids in having.items() if len(ids) > RARE][:MOST_PAIRED]
    asked = [
        *((Wanted((words[s],), in_title=True), (s,)) for s in rare if having[s]),
        *((Wanted((words[s],), stem=s), (s,)) for s in rare if len(s) >= LEAST_PREFIX and len(having[s]) <= OFTEN),
        *(
            (Wanted((words[a], words[b]), in_title=title, begin=(a, b)), (a, b))
            for at, a in enumerate(common)
            for b in common[at + 1 :]
            for title in (False, True)
        ),
    ]
    if not asked:
        asked = [(Wanted((words[s],), in_title=True), (s,)) for s in common]
    places = {s: dict.fromkeys(having[s] if s in rare else (), IN_BACKGROUND) for s in having}
    for (wanted, stems), ids in zip(asked, search.holding(db, [w for w, _s in asked]), strict=True):
        for s in stems:  # what has a word in its title is put over what has it anywhere
            if wanted.in_title:
                places[s].update(dict.fromkeys(ids, IN_TITLE))
            else:
                places[s] = {**dict.fromkeys(ids, IN_BACKGROUND), **places[s]}
    points: defaultdict[int, float] = defaultdict(float)
    for s, where in places.items():
        weight = weighed[s]
        for i, place in where.items():
            points[i] += place * weight
    return points


def _likest(db: Session, ids: Sequence[int], like: Likeness, most: int, now: datetime) -> list[Entry]:
    """Those that are like enough: the likest, the open ones of them first."""
    values = {"ids": as_one(db, ids), "now": now}
    rows = ready.rows(db, "compared", lambda: _compared(db), values) if ids else []
    compared = [(like.share(Text(row[1], row[-2])), Entry._make(row[:-2]), row[-1]) for row in rows]
    likest = sorted(
        ((share, entry, is_open) for share, entry, is_open in compared if share >= LEAST),
        key=lambda found: (-round(found[0], 2), not found[2], -found[1].signature_count, -found[1].id),
    )[:most]
    return [entry for _share, entry, _open in sorted(likest, key=lambda found: not found[2])]


def _compared(db: Session) -> Select[*tuple[Any, ...]]:
    """What is shown of petitions, their background, and whether they are open."""
    is_open = in_state("open", Shape("open", "", overdue=True, by_department=False, by_topic=False, words=""))
    found = select(*ENTRY, P.background, is_open).with_hint(P.id.table, "NOT INDEXED", "sqlite")
    return found.where(among(db, P.id), P.state.in_(SHOWN), P.opened_at.is_not(None))


class _Common:
    """Words that many petitions have, for a minute."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def has(self, word: str) -> bool:
        return time.monotonic() < self._until.get(word, 0.0)

    def add(self, word: str) -> None:
        if len(self._until) >= MOST_COMMON:
            self._until.clear()
        self._until[word] = time.monotonic() + COMMON_FOR


class _Search(Protocol):
    common: _Common

    def holding(self, db: Session, wanted: Sequence[Wanted]) -> list[list[int]]:
        """Ids of petitions for each of these, no more of them than tell a rare word from a common one."""

    def near(self, db: Session, word: str) -> list[int]:
        """Ids of petitions whose titles have a word much like this one, the likest first."""


class _Sqlite:
    """FTS5: the words of three columns, and the trigrams of titles."""

    def __init__(self) -> None:
        self.common = _Common()

    def holding(self, db: Session, wanted: Sequence[Wanted]) -> list[list[int]]:
        one = f"SELECT rowid AS id FROM petitions_search WHERE petitions_search MATCH ? LIMIT {RARE + 1}"
        one = f"(SELECT json_group_array(id) FROM ({one}))"
        return _each(db, [one] * len(wanted), [self._query(w) for w in wanted])

    def _query(self, wanted: Wanted) -> str:
        words = " AND ".join(f'"{w}"' for w in wanted.words)
        if wanted.stem:
            words = f'"{wanted.stem}"*'
        return f"{{action}} : ({words})" if wanted.in_title else words

    def near(self, db: Session, word: str) -> list[int]:
        query = " OR ".join(f'"{t}"' for t in sorted(trigrams(word)))
        found = text(
            "SELECT rowid FROM petitions_search_trigram WHERE petitions_search_trigram MATCH :query"
            " ORDER BY rank LIMIT :most"
        )
        return list(db.scalars(found, {"query": query, "most": MOST_NEAR}))


class _Postgres:
    """tsvector, whose weight A marks the title, and pg_trgm on titles."""

    def __init__(self) -> None:
        self.common = _Common()

    def holding(self, db: Session, wanted: Sequence[Wanted]) -> list[list[int]]:
        given: list[str] = []
        asked = [self._asked(w, given) for w in wanted]
        return _each(db, asked, given)

    def _asked(self, wanted: Wanted, given: list[str]) -> str:
        among_all = "petitions_search"
        if wanted.in_title and all(len(b) >= LEAST_TRIGRAM for b in wanted.begin) and wanted.begin:
            # the index of words does not know titles: it would fetch whoever has two common ones anywhere
            likely = " AND ".join("title LIKE %s" for _ in wanted.begin)
            among_all = f"(SELECT petition_id, document FROM petitions_search WHERE {likely} OFFSET 0) AS likely"
            given += [f"%{b}%" for b in wanted.begin]
        given.append(self._query(wanted))
        found = f"SELECT petition_id AS id FROM {among_all} WHERE document @@ to_tsquery('english', %s)"
        return f"(SELECT coalesce(json_agg(id), '[]')::text FROM ({found} LIMIT {RARE + 1}) AS some_ids)"

    def _query(self, wanted: Wanted) -> str:
        if wanted.stem:
            return f"{wanted.stem}:*"
        return " & ".join(f"{w}:A" if wanted.in_title else w for w in wanted.words)

    def near(self, db: Session, word: str) -> list[int]:
        found = text(
            "SELECT petition_id FROM petitions_search WHERE :word <% title"
            " ORDER BY word_similarity(:word, title) DESC, petition_id DESC LIMIT :most"
        )
        return list(db.scalars(found, {"word": word, "most": MOST_NEAR}))


_SQLITE, _POSTGRES = _Sqlite(), _Postgres()


def _each(db: Session, asked: Sequence[str], given: Sequence[str]) -> list[list[int]]:
    """What each query finds, all of them in one round trip, and each as one value: many rows take long to fetch."""
    if not asked:
        return []
    row = db.connection().exec_driver_sql(f"SELECT {', '.join(asked)}", tuple(given)).one()
    return [json.loads(ids) for ids in row]
