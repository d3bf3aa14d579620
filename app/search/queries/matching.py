"""Who has the words of a search: each database's own index asked for the first that have them, and for no more than a
reader could go through.

Documents are numbered by their rank and kind (see :mod:`app.search.rules.numbers`): those with the highest numbers are
the ones that stand first, and none of them has to be looked at to be put in order and counted.

Tokens are letters and digits (see :mod:`app.search.rules.tokens`), so none of them can be an operator. PostgreSQL is
given them in the statement's text: it plans by how common they are, and would not for a value bound later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.core import ready
from app.search.queries.shares import Shares, Term
from app.search.rules.numbers import KINDS, code_of, in_order
from app.search.rules.query import LEAST_BEGUN, Query
from app.search.rules.tokens import of_kind, of_title, of_word
from app.search.rules.words import stem_of

PUBLIC, STAFF = "search_words_public", "search_words_staff"
#: so many finds are gone through, those that rank highest; what lies behind them is "more than 500"
MOST = 500
#: days are looked for among so many that have the words
MOST_WALKED = 20_000
#: of one kind, so many are looked at from the first one on before everyone is asked who has a common word
MOST_TOP = 8_000
#: words of which some are looked for, where nothing has them all: each more doubles the ways to leave some out
MOST_PARTED = 6
#: all words in its title count as much as so many powers of ten of people
IN_TITLE = 3.0
#: no letter of a token comes after it
LAST = "\U0010ffff"


class Index(NamedTuple):
    """What is asked, and what is remembered of it."""

    db: Session
    shares: Shares


class Narrowed(NamedTuple):
    """What else is asked for. ``marks``: tokens of which each must be there, or one of each where it is a list.

    ``readers``: tokens of staff who also see what is theirs; ``since`` and ``until``: instants, the last one not in it.
    """

    marks: Sequence[Sequence[str]] = ()
    readers: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None


class Page(NamedTuple):
    """Which of the finds are wanted: from ``offset`` on, at most so many. ``kind``: the code of the only one; 0 of all."""

    offset: int
    most: int
    kind: int = 0


class Matched(NamedTuple):
    """Ids of one page, in their order; how many were gone through of each kind, and whether there are more."""

    ids: Sequence[int]
    kinds: Mapping[int, int]
    is_more: bool

    @property
    def total(self) -> int:
        return sum(self.kinds.values())


NOTHING = Matched((), {}, is_more=False)


def match(
    index: Index, query: Query, narrowed: Narrowed, page: Page, kind: str = "", *, begun: bool = False
) -> Matched:
    """Whatever has all words. ``kind``: the one of the page, though of the others it is told how many there are; where
    there are too many to tell, the first ones of this kind are gone through instead. ``begun``: the last word may
    go on; nothing where no word begins so."""
    if begun and not _goes_on(index.db, query, narrowed):
        return NOTHING
    anywhere = _first(index, query, narrowed, of_word, begun=begun)
    if kind and len(anywhere) > MOST:
        is_near = sum(code_of(i) == page.kind for i in anywhere) > MOST // 4
        at_the_top = is_near and not ready.is_sqlite(index.db) and not any(narrowed)
        nearest = _at_the_top(index.db, query, page.kind, begun=begun) if at_the_top else []
        narrowed = narrowed._replace(marks=[*narrowed.marks, [of_kind(kind)]])
        anywhere = nearest or _first(index, query, narrowed, of_word, begun=begun)
    if not anywhere:
        return NOTHING  # words of titles are words of their documents
    titled = _first(index, query, narrowed, of_title, begun=begun)
    return _paged(in_order(anywhere, titled, IN_TITLE), page, is_more=len(anywhere) > MOST)


def having_most(index: Index, query: Query, narrowed: Narrowed) -> Sequence[int]:
    """Documents, the first ones first, that have as many of the words as any has, though not all: at least half."""
    words = list(map(of_word, query.stems[:MOST_PARTED]))
    for number in range(len(words) - 1, -(-len(words) // 2) - 1, -1):
        sql, values = _each(index, [list(combinations(words, number))], narrowed, query.without, MOST)
        if found := ready.fetched(index.db, sql, values):
            return sorted((i for (i,) in found), reverse=True)
    return ()


def ranked(ids: Sequence[int], page: Page) -> Matched:
    """These documents, in the order in which they are given."""
    return _paged(ids, page, is_more=False)


def _first(index: Index, query: Query, narrowed: Narrowed, token: Callable[[str], str], *, begun: bool) -> list[int]:
    sql, values = _each(index, _terms(query, token, begun=begun), narrowed, query.without, MOST + 1)
    return [i for (i,) in ready.fetched(index.db, sql, values)]


def _at_the_top(db: Session, query: Query, kind: int, *, begun: bool) -> list[int]:
    """The first of one kind that have all words, where enough of its first have; else nothing. PostgreSQL's index
    of tokens has no order: of a common word it finds everyone, while the first of the kind that have it are near."""
    has_words = _in_postgres_text(_terms(query, of_word, begun=begun), list(map(of_word, query.without)))
    of_kind = f"SELECT document_id, tokens FROM {PUBLIC} WHERE (document_id & {KINDS}) = {int(kind)}"
    first = f"{of_kind} ORDER BY document_id DESC LIMIT {MOST_TOP}"
    kept = f"SELECT document_id FROM ({first}) AS w WHERE {has_words} ORDER BY document_id DESC LIMIT {MOST + 1}"
    found = [i for (i,) in ready.fetched(db, kept, ())]
    return found if len(found) > MOST else []


def _paged(ids: Sequence[int], page: Page, *, is_more: bool) -> Matched:
    kinds = Counter(map(code_of, ids))
    wanted = [i for i in ids if code_of(i) == page.kind] if page.kind else ids
    return Matched(wanted[page.offset : page.offset + page.most], kinds, is_more)


def _goes_on(db: Session, query: Query, narrowed: Narrowed) -> bool:
    """Whether a word may begin with the last one. SQLite's index knows its tokens in their order; to ask it for
    documents costs it a walk through all words that do. PostgreSQL finds out as fast as it finds the documents."""
    if not query.words or len(query.words[-1]) < LEAST_BEGUN:
        return False
    if not ready.is_sqlite(db):
        return True
    begins = of_word(query.words[-1])
    sql = "SELECT 1 FROM {words}_tokens WHERE term > ? AND term < ? LIMIT 1"
    tables = (PUBLIC, STAFF) if narrowed.readers else (PUBLIC,)
    return any(ready.fetched(db, sql.format(words=words), (begins, begins + LAST)) for words in tables)


def _terms(query: Query, token: Any, *, begun: bool) -> list[list[str]]:
    """Each of these must be there, or one of those that stand together; a star ends the beginning of a word."""
    terms = [[token(stem)] for stem in query.stems]
    if begun:
        last = query.words[-1]
        at = query.stems.index(stem_of(last))
        terms[at] = [*terms[at], token(last) + "*"]
    return terms


def _each(
    index: Index, terms: Sequence[Sequence[Term]], narrowed: Narrowed, without: Iterable[str], most: int
) -> tuple[str, list[str]]:
    """A statement for the first that have all terms, and its values."""
    db = index.db
    barred, sources = list(map(of_word, without)), [(PUBLIC, terms, narrowed.marks)]
    if narrowed.readers:
        sources.append((STAFF, terms, [*narrowed.marks, narrowed.readers]))
    days, day_values = _days(db, narrowed)
    # what is narrowed may stand far behind: PostgreSQL would go through 100,000 for nothing
    walks = ready.is_sqlite(db) or (not narrowed.marks and index.shares.walks(db, terms, most))
    asked = [_of_one(db, words, [*terms_, *marks], barred, days, most, walks=walks) for words, terms_, marks in sources]
    sql = " UNION ALL ".join(f"SELECT id FROM ({one}) AS s" for one, _ in asked) if len(asked) > 1 else asked[0][0]
    return sql, [value for _, values in asked for value in (*values, *day_values)]


def _of_one(
    db: Session,
    words: str,
    terms: Sequence[Sequence[Term]],
    without: Sequence[str],
    days: str,
    most: int,
    *,
    walks: bool,
) -> tuple[str, list[str]]:
    """Of one of the two indexes. Days are asked of each that has the words: a day is no word. ``walks``: from the first
    document on, until enough have the words; see :mod:`app.search.queries.shares`."""
    if ready.is_sqlite(db):
        number, among, values = "rowid", f"{words} MATCH ?", [_sqlite_query(terms, without)]
    else:
        number, among, values = "document_id", _in_postgres_text(terms, without), []
    if not days:
        order = number if walks else f"{number} + 0"
        return f"SELECT {number} AS id FROM {words} WHERE {among} ORDER BY {order} DESC LIMIT {most}", values
    if not ready.is_sqlite(db):
        first = f"SELECT {number} AS id, at FROM {words} WHERE {among} ORDER BY {number} DESC LIMIT {MOST_WALKED}"
        return f"SELECT d.id FROM ({first}) AS d WHERE {days} ORDER BY d.id DESC LIMIT {most}", values
    first = f"SELECT {number} AS id FROM {words} WHERE {among} ORDER BY {number} DESC LIMIT {MOST_WALKED}"
    kept = f"SELECT d.id FROM ({first}) AS w CROSS JOIN search_document d WHERE d.id = w.id AND {days}"
    return f"{kept} ORDER BY w.id DESC LIMIT {most}", values


def _sqlite_query(terms: Sequence[Sequence[Term]], without: Sequence[str]) -> str:
    match_ = " AND ".join("(" + " OR ".join(map(_in_sqlite, either)) + ")" for either in terms)
    return f"({match_}) NOT ({' OR '.join(map(_in_sqlite, without))})" if without else match_


def _postgres_query(terms: Sequence[Sequence[Term]], without: Sequence[str]) -> str:
    match_ = " & ".join("(" + " | ".join(map(_in_postgres, either)) + ")" for either in terms)
    return match_ + "".join(f" & !{_in_postgres(token)}" for token in without)


def _in_postgres_text(terms: Sequence[Sequence[Term]], without: Sequence[str]) -> str:
    """The condition itself, which the planner can read."""
    literal = _postgres_query(terms, without).replace("'", "''").replace("%", "%%")
    return f"tokens @@ '{literal}'::tsquery"


def _in_sqlite(token: Term) -> str:
    if isinstance(token, tuple):
        return f"({' AND '.join(map(_in_sqlite, token))})"
    return f'"{token[:-1]}"*' if token.endswith("*") else f'"{token}"'


def _in_postgres(token: Term) -> str:
    if isinstance(token, tuple):
        return f"({' & '.join(map(_in_postgres, token))})"
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
