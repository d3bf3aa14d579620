"""Which responses a desk's list shows, and one of them with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core import ready
from app.core.errors import NotFound
from app.core.text.plain import excerpt, fold
from app.core.text.words import Wanted, words_of
from consultations.model import LatePass, Response, ResponseNote, ResponseVersion
from consultations.queries import searching
from consultations.queries.columns import LATE, ORGANISATION, READ, Columns, Key
from consultations.rules.filtering import Filters
from consultations.rules.questionnaire import Question
from consultations.rules.responses import ResponseState

A_PAGE = 25
#: what stands on desks: responses that count, and those that were left out as abuse
ON_DESKS = frozenset({ResponseState.SUBMITTED, ResponseState.REJECTED})
_ANSWERS = msgspec.json.Decoder(dict[int, Any])
MOST_WORDS_KEPT = 1_000
BEGINNING = 240


def chosen(db: Session, consultation_id: int, columns: Columns, filters: Filters) -> int:
    """Bits of the submitted responses that meet these filters."""
    bits = columns.submitted
    for key, wanted in ((READ, filters.read), (LATE, filters.late), (ORGANISATION, filters.organisation)):
        if wanted:
            bits &= columns[key] if wanted == "yes" else ~columns[key]
    groups: list[list[Key]] = [[("channel", c) for c in filters.channels], [("consent", c) for c in filters.consents]]
    groups.append([("code", c) for c in filters.codes])
    for question, options in filters.options.items():
        groups.append([("option", question, o) if o else ("other", question) for o in options])
    for group in groups:
        if group:
            bits &= any_of(columns, group)
    return bits & _with_words(db, consultation_id, columns, filters.words) if filters.words else bits


def any_of(columns: Columns, keys: Iterable[Key]) -> int:
    found = 0
    for key in keys:
        found |= columns[key]
    return found


def _with_words(db: Session, consultation_id: int, columns: Columns, q: str) -> int:
    """Everybody who has every word; where nobody has, words that begin so. Nobody has no word at all."""
    words = words_of(q)
    if not words:
        return 0
    state = searching.state(db)
    return _have(db, consultation_id, columns, state, words) or _have(
        db, consultation_id, columns, state, words, begun=True
    )


def _have(
    db: Session, consultation_id: int, columns: Columns, state: int, words: Sequence[str], *, begun: bool = False
) -> int:
    """Each word is looked up once for as long as the index and the responses stay as they are."""
    bits = -1
    for word in words:
        key = (state, word, begun)
        found = columns.words.get(key)
        if found is None:
            found = columns.of(searching.holding(db, consultation_id, word, begun=begun))
            if len(columns.words) >= MOST_WORDS_KEPT:
                columns.words.clear()
            columns.words[key] = found
        bits &= found
    return bits


class Slice(NamedTuple):
    """One page of a list: ids in its order, and whether there is more on either side."""

    ids: Sequence[int]
    total: int
    more_before: bool
    more_after: bool


def one_page(columns: Columns, bits: int, filters: Filters, most: int = A_PAGE) -> Slice:
    """By the id that a page begins after or ends before, so that whatever comes in meanwhile moves nothing."""
    forward, backward = (columns.oldest, columns.newest) if filters.oldest_first else (columns.newest, columns.oldest)
    edge = "after" if filters.oldest_first else "before"
    other = "before" if filters.oldest_first else "after"
    if filters.before is not None:
        ids = backward(bits, **{other: filters.before}, most=most + 1)[::-1]
        return Slice(ids[-most:], bits.bit_count(), len(ids) > most, True)
    ids = forward(bits, **{edge: filters.after}, most=most + 1)
    return Slice(ids[:most], bits.bit_count(), filters.after is not None, len(ids) > most)


class Line(NamedTuple):
    """What a list shows of a response."""

    id: int
    version: int
    sent_at: datetime
    channel: str
    consent: str
    is_organisation: bool
    late: bool
    read: bool
    excerpt: str


def lines(db: Session, ids: Sequence[int], asked: Mapping[int, Question], words: str) -> list[Line]:
    """In this order. The excerpt stands around the words that were searched for, or begins the first free text."""
    wanted, found = Wanted(words), {}
    free = tuple(q.id for q in asked.values() if q.is_free_text)
    those = {"ids": ready.as_one(db, ids)}
    rows = ready.rows(db, "lines of the desk", lambda: _LINES.where(ready.among(db, R.id)), those)
    for number, version, sent_at, channel, consent, is_organisation, late_pass, read_version, answers in rows:
        said = _excerpt(wanted, _free_first(_ANSWERS.decode(answers), free))
        late, read = late_pass is not None, read_version == version
        found[number] = Line(number, version, sent_at, channel, consent, is_organisation, late, read, said)
    return [found[i] for i in ids if i in found]


def _excerpt(wanted: Wanted, texts: Sequence[str]) -> str:
    """Around the first of the words that were searched for; else how the first text begins."""
    if not texts:
        return ""
    if not wanted:
        return excerpt(texts[0][: 2 * BEGINNING], BEGINNING)
    return wanted.excerpt(next((t for t in texts if any(w in fold(t) for w in wanted.words)), texts[0]))


R, V = Response.__table__.c, ResponseVersion.__table__.c
_LINES = select(
    R.id, R.version, R.sent_at, R.channel, R.consent, R.is_organisation, R.late_pass_id, R.read_version, V.answers
).join_from(Response.__table__, ResponseVersion.__table__, (V.response_id == R.id) & (V.number == R.version))


def _with_answers(ids: Sequence[int]) -> Any:
    joined = (ResponseVersion.response_id == Response.id) & (ResponseVersion.number == Response.version)
    return select(Response, ResponseVersion.answers).join(ResponseVersion, joined).where(Response.id.in_(ids))


def _free_first(answers: Mapping[int, Any], free: Sequence[int]) -> list[str]:
    """Answers in words, those to questions for words before what was added to options."""
    texts = [answers[q] for q in free if q in answers]
    texts += [a["other"] for a in answers.values() if isinstance(a, dict) and isinstance(a.get("other"), str)]
    return [t for t in texts if t.strip()]


class Answered(NamedTuple):
    """One answer in words, of the version that stands."""

    response_id: int
    version: int
    sent_at: datetime
    channel: str
    is_organisation: bool
    late: bool
    read: bool
    text: str


def answers_to(db: Session, ids: Sequence[int], question: int) -> list[Answered]:
    found = {}
    for response, answers in db.execute(_with_answers(ids)):
        text = _ANSWERS.decode(answers).get(question)
        if isinstance(text, str):
            found[response.id] = Answered(
                response.id,
                response.version,
                response.sent_at,
                response.channel,
                response.is_organisation,
                response.late_pass_id is not None,
                response.read_version == response.version,
                text,
            )
    return [found[i] for i in ids if i in found]


def answers_of(version: ResponseVersion) -> Mapping[int, Any]:
    return _ANSWERS.decode(version.answers)


def one(db: Session, consultation_id: int, response_id: int, *, lock: bool = False) -> Response:
    """A response on this consultation's desk; raises NotFound for any other, those that never counted included."""
    wanted = select(Response).where(
        Response.id == response_id, Response.consultation_id == consultation_id, Response.state.in_(sorted(ON_DESKS))
    )
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = db.scalar(wanted)
    if found is None:
        raise NotFound
    return found


def versions(db: Session, response_id: int) -> Sequence[ResponseVersion]:
    """The first version first."""
    mine = select(ResponseVersion).where(ResponseVersion.response_id == response_id)
    return db.scalars(mine.order_by(ResponseVersion.number)).all()


def text_of(db: Session, response: Response, question: int) -> str:
    """Its newest answer to a question for words; raises NotFound where it gives none."""
    version = db.get_one(ResponseVersion, (response.id, response.version))
    text = answers_of(version).get(question)
    if not isinstance(text, str):
        raise NotFound
    return text


def late_pass(db: Session, response: Response) -> LatePass | None:
    return db.get(LatePass, response.late_pass_id) if response.late_pass_id is not None else None


def notes(db: Session, response_id: int) -> Sequence[ResponseNote]:
    mine = select(ResponseNote).where(ResponseNote.response_id == response_id, ResponseNote.removed_at.is_(None))
    return db.scalars(mine.order_by(ResponseNote.id)).all()


def names(db: Session, ids: Collection[int | None]) -> Mapping[int, str]:
    """What colleagues are called."""
    wanted = {i for i in ids if i is not None}
    found = db.execute(select(Account.id, Account.name).where(Account.id.in_(wanted))) if wanted else ()
    return {row.id: row.name for row in found}


def next_unread(columns: Columns, after: int | None = None) -> int | None:
    """The oldest unread one that came after this; else the oldest of all."""
    unread = columns.submitted & ~columns[READ]
    found = columns.oldest(unread, after=after, most=1) or columns.oldest(unread, most=1)
    return found[0] if found else None
