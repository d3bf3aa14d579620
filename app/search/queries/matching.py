"""Who has the words of a search: each database's own index asked for the first that have them, and for no more than a
reader could go through.

Documents are numbered by their rank (see :mod:`app.search.service.storing`), so those with the highest numbers are the
ones that stand first.

Tokens are letters and digits (see :mod:`app.search.rules.tokens`), so none of them can be an operator. PostgreSQL is
given them in the statement's text: it plans by how common they are, and would not for a value bound later.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.core import ready
from app.search.rules.query import LEAST_BEGUN, Query
from app.search.rules.tokens import of_kind, of_title, of_word
from app.search.rules.words import stem_of

PUBLIC, STAFF = "search_words_public", "search_words_staff"
#: so many finds are gone through, those that rank highest; what lies behind them is "more than 1,000"
MOST = 1_000
#: days are looked for among so many that have the words
MOST_WALKED = 20_000
#: of each word, where none has them all
MOST_OF_ONE = 300
#: all words in its title count as much as so many powers of ten of people
IN_TITLE = 3.0


class Narrowed(NamedTuple):
    """What else is asked for. ``marks``: tokens of which each must be there, or one of each where it is a list.

    ``readers``: tokens of staff who also see what is theirs; ``since`` and ``until``: instants, the last one not in it.
    """

    marks: Sequence[Sequence[str]] = ()
    readers: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None


class Matched(NamedTuple):
    """Ids of one page, in their order; how many were gone through of each kind, and whether there are more."""

    ids: Sequence[int]
    kinds: Mapping[str, int]
    is_more: bool

    @property
    def total(self) -> int:
        return sum(self.kinds.values())


NOTHING = Matched((), {}, is_more=False)


def match(db: Session, query: Query, narrowed: Narrowed, *, kind: str, begun: bool, offset: int, most: int) -> Matched:
    """Whatever has all words. ``kind``: of these only, though of the others it is told how many there are; where
    there are too many to tell, the first thousand of this kind are gone through instead. ``begun``: the last word may
    go on."""
    found = _ask(db, query, narrowed, kind=kind, begun=begun, offset=offset, most=most)
    if kind and found.is_more:
        of_kind_alone = narrowed._replace(marks=[*narrowed.marks, [of_kind(kind)]])
        found = _ask(db, query, of_kind_alone, kind=kind, begun=begun, offset=offset, most=most)
    return found


def having_some(db: Session, query: Query, narrowed: Narrowed) -> Sequence[tuple[int, int]]:
    """Documents that have some of the words, each with how many, the most first; of each word those that rank highest."""
    asked = [_each(db, [[of_word(stem)]], narrowed, query.without, MOST_OF_ONE) for stem in query.stems]
    lists = ", ".join(f"(SELECT {_array(db)} FROM ({sql}) AS one)" for sql, _ in asked)
    row = _one(db, f"SELECT {lists}", [value for _, values in asked for value in values])
    had: dict[int, int] = {}
    for ids in map(_loaded, row):
        for i in ids:
            had[i] = had.get(i, 0) + 1
    least = -(-len(query.stems) // 2)
    return sorted(((i, n) for i, n in had.items() if n >= least), key=lambda one: (-one[1], -one[0]))[:MOST]


def ranked(db: Session, ids: Sequence[int], *, kind: str, offset: int, most: int) -> Matched:
    """These documents, in the order in which they are given."""
    rows = _all(db, f"SELECT id, kind FROM search_document WHERE id IN ({_given(db)})", [ready.as_one(db, ids)])
    kinds, place = dict(rows), {i: at for at, i in enumerate(ids)}
    counted: dict[str, int] = {}
    for one in kinds.values():
        counted[one] = counted.get(one, 0) + 1
    stand = sorted((i for i, of in kinds.items() if kind in ("", of)), key=place.__getitem__)
    return Matched(stand[offset : offset + most], counted, is_more=False)


def _ask(db: Session, query: Query, narrowed: Narrowed, *, kind: str, begun: bool, offset: int, most: int) -> Matched:
    anywhere, anywhere_values = _each(db, _terms(query, of_word, begun=begun), narrowed, query.without, MOST + 1)
    titled, titled_values = _each(db, _terms(query, of_title, begun=begun), narrowed, query.without, MOST + 1)
    sql = f"""
        WITH anywhere(id) AS MATERIALIZED ({anywhere}), titled(id) AS MATERIALIZED ({titled}),
        found AS MATERIALIZED (
            SELECT d.id, d.kind, d.rank + {IN_TITLE} * a.titled AS score
            FROM (SELECT id, max(titled) AS titled
                FROM (SELECT id, 0 AS titled FROM anywhere UNION ALL SELECT id, 1 FROM titled) AS either
                GROUP BY id) AS a
            CROSS JOIN search_document d WHERE d.id = a.id)
        SELECT (SELECT count(*) FROM anywhere),
            (SELECT {_object(db)} FROM (SELECT kind, count(*) AS n FROM found GROUP BY kind) AS counted),
            (SELECT {_array(db)} FROM (
                SELECT id FROM found {f"WHERE kind = {_place(db)}" if kind else ""}
                ORDER BY score DESC, id DESC LIMIT {int(most)} OFFSET {int(offset)}) AS page)"""
    number, kinds, ids = _one(db, sql, [*anywhere_values, *titled_values, *([kind] if kind else [])])
    return Matched(_loaded(ids), _loaded(kinds) or {}, is_more=number > MOST)


def _terms(query: Query, token: Any, *, begun: bool) -> list[list[str]]:
    """Each of these must be there, or one of those that stand together; a star ends the beginning of a word."""
    terms = [[token(stem)] for stem in query.stems]
    if begun and query.words and len(query.words[-1]) >= LEAST_BEGUN:
        last = query.words[-1]
        at = query.stems.index(stem_of(last))
        terms[at] = [*terms[at], token(last) + "*"]
    return terms


def _each(
    db: Session, terms: Sequence[Sequence[str]], narrowed: Narrowed, without: Iterable[str], most: int
) -> tuple[str, list[str]]:
    """A statement for the first that have all terms, and its values."""
    barred, sources = list(map(of_word, without)), [(PUBLIC, terms, narrowed.marks)]
    if narrowed.readers:
        sources.append((STAFF, terms, [*narrowed.marks, narrowed.readers]))
    days, day_values = _days(db, narrowed)
    asked = [_of_one(db, words, [*terms_, *marks], barred, days, most) for words, terms_, marks in sources]
    sql = " UNION ALL ".join(f"SELECT id FROM ({one}) AS s" for one, _ in asked) if len(asked) > 1 else asked[0][0]
    return sql, [value for _, values in asked for value in (*values, *day_values)]


def _of_one(
    db: Session, words: str, terms: Sequence[Sequence[str]], without: Sequence[str], days: str, most: int
) -> tuple[str, list[str]]:
    """Of one of the two indexes. Days are asked of each that has the words: a day is no word."""
    if ready.is_sqlite(db):
        number, among, values = "rowid", f"{words} MATCH ?", [_sqlite_query(terms, without)]
    else:
        literal = _postgres_query(terms, without).replace("'", "''").replace("%", "%%")
        number, among, values = "document_id", f"tokens @@ '{literal}'::tsquery", []
    if not days:
        return f"SELECT {number} AS id FROM {words} WHERE {among} ORDER BY {number} DESC LIMIT {most}", values
    first = f"SELECT {number} AS id FROM {words} WHERE {among} ORDER BY {number} DESC LIMIT {MOST_WALKED}"
    kept = f"SELECT d.id FROM ({first}) AS w CROSS JOIN search_document d WHERE d.id = w.id AND {days}"
    return f"{kept} ORDER BY w.id DESC LIMIT {most}", values


def _sqlite_query(terms: Sequence[Sequence[str]], without: Sequence[str]) -> str:
    match_ = " AND ".join("(" + " OR ".join(map(_in_sqlite, either)) + ")" for either in terms)
    return f"({match_}) NOT ({' OR '.join(map(_in_sqlite, without))})" if without else match_


def _postgres_query(terms: Sequence[Sequence[str]], without: Sequence[str]) -> str:
    match_ = " & ".join("(" + " | ".join(map(_in_postgres, either)) + ")" for either in terms)
    return match_ + "".join(f" & !{_in_postgres(token)}" for token in without)


def _in_sqlite(token: str) -> str:
    return f'"{token[:-1]}"*' if token.endswith("*") else f'"{token}"'


def _in_postgres(token: str) -> str:
    return f"'{token[:-1]}':*" if token.endswith("*") else f"'{token}'"


def _days(db: Session, narrowed: Narrowed) -> tuple[str, list[Any]]:
    asked = [(">=", narrowed.since), ("<", narrowed.until)]
    given = [(sign, at) for sign, at in asked if at is not None]
    return " AND ".join(f"d.at {sign} {_place(db)}" for sign, _ in given), [_instant(db, at) for _, at in given]


def _instant(db: Session, at: datetime) -> Any:
    """As it is stored."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds") if ready.is_sqlite(db) else at


def _place(db: Session) -> str:
    return "?" if ready.is_sqlite(db) else "%s"


def _given(db: Session) -> str:
    return "SELECT value FROM json_each(?)" if ready.is_sqlite(db) else "SELECT unnest(%s::bigint[])"


def _array(db: Session) -> str:
    return "json_group_array(id)" if ready.is_sqlite(db) else "coalesce(json_agg(id), '[]')::text"


def _object(db: Session) -> str:
    return "json_group_object(kind, n)" if ready.is_sqlite(db) else "coalesce(json_object_agg(kind, n), '{}')::text"


def _loaded(value: str) -> Any:
    return json.loads(value)


def _one(db: Session, sql: str, values: Sequence[Any]) -> Sequence[Any]:
    return db.connection().exec_driver_sql(sql, tuple(values)).one()


def _all(db: Session, sql: str, values: Sequence[Any]) -> Sequence[Any]:
    return [tuple(row) for row in db.connection().exec_driver_sql(sql, tuple(values))]
