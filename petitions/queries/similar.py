"""Petitions like the one that somebody means to start.

The database says which petitions have the request's words, in any form and in their titles (SQLite
by FTS5, PostgreSQL by tsvector), and which titles resemble a word that nobody has written yet (by
trigrams). The rule of :mod:`petitions.rules.similarity` weighs them and compares the likeliest few,
alike on both. What one request may cost is bounded, however common its words are.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from petitions.model.petition import Petition
from petitions.queries.finding import Moment, entries, in_state
from petitions.rules.lifecycle import PetitionState
from petitions.rules.similarity import IN_BACKGROUND, IN_TITLE, LEAST, Text, likeness, significant, trigrams, weights

#: a word that more petitions have is common: it tells something only beside another one
RARE = 200
MOST_PAIRED, MOST_COMPARED, MOST_NEAR = 3, 40, 10
#: longer stems stand for every word that begins with them, unless the word itself is found so often
LEAST_PREFIX, OFTEN = 5, 100
SHOWN = (PetitionState.OPEN, PetitionState.CLOSED, PetitionState.WITHDRAWN)


@dataclass(frozen=True)
class Wanted:
    """Words that a petition must all have; ``stem``: or for a single one, a word that begins so."""

    words: tuple[str, ...]
    in_title: bool = False
    stem: str = ""


def similar(db: Session, action: str, *, most: int, now: datetime) -> Sequence[Row[Any]]:
    """Published petitions that ask for much the same, the open ones first; none that was rejected or hidden."""
    words = significant(action)
    if not words:
        return ()
    search = _SQLITE if db.get_bind().dialect.name == "sqlite" else _POSTGRES
    having = dict(zip(words, search.holding(db, [Wanted((w,)) for w in words.values()]), strict=True))
    found_in = {s: len(ids) for s, ids in having.items()}
    weighed = weights(found_in, db.scalar(select(func.max(Petition.id))) or 0)
    unknown = {s for s, n in found_in.items() if n == 0}
    points = _points(search, db, words, having, weighed)
    for stem in unknown:
        for near in search.near(db, words[stem]) if len(stem) >= LEAST_PREFIX else ():
            points[near] += weighed[stem]
    candidates = sorted(points, key=lambda i: (-points[i], -i))[:MOST_COMPARED]
    return entries(db, _likest(db, candidates, lambda shown: likeness(weighed, shown, unknown), most, now))


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
            (Wanted((words[a], words[b]), in_title=title), (a, b))
            for at, a in enumerate(common)
            for b in common[at + 1 :]
            for title in (False, True)
        ),
    ]
    if not asked:
        asked = [(Wanted((words[s],), in_title=True), (s,)) for s in common]
    places: dict[tuple[int, str], float] = {(i, s): IN_BACKGROUND for s in rare for i in having[s]}
    for (wanted, stems), ids in zip(asked, search.holding(db, [w for w, _s in asked]), strict=True):
        place = IN_TITLE if wanted.in_title else IN_BACKGROUND
        for key in ((i, s) for i in ids for s in stems):
            places[key] = max(place, places.get(key, 0.0))
    points: defaultdict[int, float] = defaultdict(float)
    for (i, s), place in places.items():
        points[i] += place * weighed[s]
    return points


def _likest(db: Session, ids: Sequence[int], like: Callable[[Text], float], most: int, now: datetime) -> list[int]:
    """The ids of those that are like enough: the likest, the open ones of them first."""
    is_open = in_state("open", Moment(now, overdue=True))
    shown = (Petition.id, Petition.action, Petition.background, Petition.signature_count, is_open.label("is_open"))
    rows = db.execute(
        select(*shown)
        .with_hint(Petition, "NOT INDEXED", "sqlite")
        .where(Petition.id.in_(ids), Petition.state.in_(SHOWN), Petition.opened_at.is_not(None))
    ).all()
    compared = [(like(Text(row.action, row.background)), row) for row in rows]
    likest = sorted(
        ((share, row) for share, row in compared if share >= LEAST),
        key=lambda pair: (-round(pair[0], 2), not pair[1].is_open, -pair[1].signature_count, -pair[1].id),
    )[:most]
    return [row.id for _share, row in sorted(likest, key=lambda pair: not pair[1].is_open)]


class _Search(Protocol):
    def holding(self, db: Session, wanted: Sequence[Wanted]) -> list[list[int]]:
        """Ids of petitions for each of these, no more of them than tell a rare word from a common one."""

    def near(self, db: Session, word: str) -> list[int]:
        """Ids of petitions whose titles have a word much like this one, the likest first."""


class _Sqlite:
    """FTS5: the words of three columns, and the trigrams of titles."""

    def holding(self, db: Session, wanted: Sequence[Wanted]) -> list[list[int]]:
        one = "SELECT rowid AS id FROM petitions_search WHERE petitions_search MATCH :w{} LIMIT :most"
        return _each(db, f"SELECT json_group_array(id) AS ids FROM ({one})", [self._query(w) for w in wanted])

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

    def holding(self, db: Session, wanted: Sequence[Wanted]) -> list[list[int]]:
        one = "SELECT petition_id AS id FROM petitions_search WHERE document @@ to_tsquery('english', :w{}) LIMIT :most"
        all_of_them = f"SELECT CAST(coalesce(json_agg(id), '[]') AS text) AS ids FROM ({one}) AS some_ids"
        return _each(db, all_of_them, [self._query(w) for w in wanted])

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


def _each(db: Session, one: str, queries: Iterable[str]) -> list[list[int]]:
    """What each query finds, all of them in one round trip, and each as one value: many rows take long to fetch."""
    given = {f"w{at}": query for at, query in enumerate(queries)}
    if not given:
        return []
    parts = ", ".join(f"({one.format(at)})" for at in range(len(given)))
    row = db.execute(text(f"SELECT {parts}"), {**given, "most": RARE + 1}).one()
    return [json.loads(ids) for ids in row]
