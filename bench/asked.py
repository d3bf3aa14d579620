"""A consultation that 50,000 people answered, 20 questions each, built once under `var/bench` and used again.

Words are drawn as people use them: a few everywhere, thousands seldom. One response in three is read, some answers
have codes; the words are in the index.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Any

import msgspec
from sqlalchemy import text

from app.accounts.model import Account
from app.core import schema
from app.core.db import Database
from app.departments.model import Department, Officer
from bench import library, servers
from bench.archive import connected, fill, load_tables, schema_digest
from consultations.model import Code, Coding, Consultation, Response, ResponseVersion, StoredQuestionnaire
from consultations.rules.questionnaire import Option, Page, Question, QuestionKind, Questionnaire
from consultations.service.indexing import Indexing

RESPONSES, OFFICERS, CODES = 50_000, 8, 12
VERSION = "1"  # raise it whenever the same seed gives other rows
A_DAY = timedelta(days=1)
K = QuestionKind


def _options(first: int, count: int) -> tuple[Option, ...]:
    return tuple(Option(first + n, f"Answer number {n + 1}") for n in range(count))


#: 8 of one choice, 3 of several, 3 scales, a grid, a ranking, 4 in words
QUESTIONS = (
    *(Question(n, K.SINGLE, f"What of these is so for you, {n}?", options=_options(100 * n, 5)) for n in range(1, 9)),
    *(Question(n, K.MULTIPLE, f"Which of these, {n}?", options=_options(100 * n, 6), other=True) for n in range(9, 12)),
    *(Question(n, K.SCALE, f"How content are you, {n}?") for n in range(12, 15)),
    Question(15, K.MATRIX, "How often?", options=_options(1500, 4), rows=_options(1550, 4)),
    Question(16, K.RANKING, "What matters most?", options=_options(1600, 4)),
    *(Question(n, K.LONG, f"What do you say, {n}?") for n in range(17, 21)),
)
ASKED = Questionnaire(pages=(Page(1, "All of it", questions=QUESTIONS),), next_id=9_000)


class Vocabulary:
    """6,000 invented words, the n-th as often as one over n."""

    def __init__(self, chance: random.Random) -> None:
        syllables = [a + b for a in "bcdfglmnprstvw" for b in "aeiou"]
        words: dict[str, None] = dict.fromkeys(library.WORDS)
        while len(words) < 6_000:
            words["".join(chance.choices(syllables, k=chance.randint(2, 4)))] = None
        self.words = list(words)

    @cached_property
    def weights(self) -> list[float]:
        return list(accumulate(1 / n for n in range(1, len(self.words) + 1)))

    def prose(self, chance: random.Random, count: int) -> str:
        picked = chance.choices(self.words, cum_weights=self.weights, k=count)
        return " ".join(" ".join(picked[at : at + 10]).capitalize() + "." for at in range(0, count, 10))


@dataclass(frozen=True, slots=True)
class Asked:
    url: str
    consultation: int
    officers: tuple[int, ...]


@contextmanager
def asked(database: str, scale: float) -> Iterator[Asked]:
    """The consultation of this size; built where it is not there yet."""
    many = max(int(RESPONSES * scale), 500)
    name = f"asked_{many}_{schema_digest()}_{VERSION}"
    folder = servers.VAR / f"{name}_{database}"
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'site.db'}" if database == "sqlite" else servers.lasting_database(name)
    done = folder / "built"
    load_tables()
    if not done.exists():
        began = time.monotonic()
        _build(url, many)
        done.write_text(f"{time.monotonic() - began:.0f} s\n")
        print(f"built {many:,} responses in {done.read_text().strip()}", flush=True)
    yield Asked(url, 1, tuple(range(1, OFFICERS + 1)))


def _build(url: str, many: int) -> None:
    house = Database(url, pool=2)
    if schema.revision_of(house):
        raise RuntimeError(f"{url} was left half built: remove it")  # by whoever stopped the bench meanwhile
    schema.migrate(house)
    made = _Made(datetime.now(UTC).replace(microsecond=0), random.Random(library.SEED), many)
    with connected(url) as connection:
        for table, rows in made.tables():
            fill(connection, table.__table__, rows)
        connection.commit()
    index = Indexing()
    while house.retrying(lambda db: index.step(db, made.now)):
        pass
    house.close()
    with connected(url, autocommit=True) as connection:
        connection.execute(text("ANALYZE" if url.startswith("sqlite") else "VACUUM ANALYZE"))


class _Made:
    """Rows by table, in the order in which they refer to one another."""

    def __init__(self, now: datetime, chance: random.Random, many: int) -> None:
        self.now, self.chance, self.many = now, chance, many
        self.words = Vocabulary(chance)

    def tables(self) -> Iterator[tuple[Any, Iterator[dict[str, Any]]]]:
        long_ago, officers = self.now - 90 * A_DAY, range(1, OFFICERS + 1)
        yield Department, iter([{"id": 1, "slug": "transport", "name": "Transport", "created_at": long_ago}])
        yield Account, (self._officer(n, long_ago) for n in officers)
        yield Officer, ({"account_id": n, "department_id": 1} for n in officers)
        yield Consultation, iter([self._consultation(long_ago)])
        document = msgspec.json.encode(ASKED).decode()
        yield StoredQuestionnaire, (
            {"consultation_id": 1, "version": v, "revision": 1, "document": document, "easy": "{}", "note": "",
             "at": long_ago, "by_id": None}
            for v in (0, 1)
        )  # fmt: skip
        yield Response, (self._response(n) for n in range(1, self.many + 1))
        yield ResponseVersion, (self._version(n) for n in range(1, self.many + 1))
        yield Code, (
            {"id": n, "consultation_id": 1, "name": f"Point {n}", "slug": f"point {n}", "description": "",
             "at": long_ago, "by_id": 1, "retired_at": None, "retired_by_id": None, "merged_into_id": None}
            for n in range(1, CODES + 1)
        )  # fmt: skip
        yield Coding, (self._coding(n) for n in range(1, self.many + 1, 3))

    def _id(self, number: int) -> int:
        """As acts number what they store: growing with time."""
        return (200_000_000_000 + number * 40) << 22

    def _response(self, n: int) -> dict[str, Any]:
        at = self.now - 30 * A_DAY + n * timedelta(seconds=40)
        return {
            "id": self._id(n), "consultation_id": 1, "state": "submitted",
            "channel": "web" if n % 12 else "paper", "form_key": None, "address_key": None, "account_id": None,
            "is_organisation": n % 20 == 0, "easy_read": n % 30 == 0,
            "consent": ("named", "anonymous", "anonymous", "none")[n % 4], "notify": True, "language": "en",
            "privacy": "1", "version": 1, "salt": n.to_bytes(16, "big"), "digest": n.to_bytes(32, "big"),
            "late_pass_id": None, "sent_at": at, "asked_at": at, "letters": 1, "submitted_at": at, "changed_at": at,
            "ended_at": None, "end_reason": "", "source_ref": None, "transcriber_id": None if n % 12 else 1,
            "checker_id": None, "checked_at": None, "read_at": at if n % 3 == 0 else None,
            "read_by_id": 1 if n % 3 == 0 else None, "read_version": 1 if n % 3 == 0 else None, "marked_at": None,
            "publishing": "waiting", "published_at": None, "withheld_reason": "",
        }  # fmt: skip

    def _version(self, n: int) -> dict[str, Any]:
        answers = {str(q.id): self._answer(q) for q in QUESTIONS if self.chance.random() < 0.92}
        return {
            "response_id": self._id(n), "number": 1, "questionnaire_version": 1,
            "answers": msgspec.json.encode(answers).decode(), "at": self.now, "act_id": self._id(n),
        }  # fmt: skip

    def _answer(self, question: Question) -> Any:
        options = [o.id for o in question.options]
        match question.kind:
            case K.SINGLE:
                return {"options": [self.chance.choices(options, (8, 5, 3, 2, 1))[0]]}
            case K.MULTIPLE:
                chosen = sorted(self.chance.sample(options, self.chance.randint(1, 4)))
                return {"options": chosen, "other": "Something"} if self.chance.random() < 0.05 else {"options": chosen}
            case K.SCALE:
                return self.chance.randint(1, 5)
            case K.MATRIX:
                return {str(row.id): self.chance.choice(options) for row in question.rows}
            case K.RANKING:
                return self.chance.sample(options, len(options))
            case _:
                return self.words.prose(self.chance, self.chance.randint(10, 90))

    def _coding(self, n: int) -> dict[str, Any]:
        return {
            "id": n, "consultation_id": 1, "response_id": self._id(n), "version": 1, "question": 17 + n % 4,
            "code_id": 1 + n % CODES, "start": 0, "end": 0, "group_id": None, "at": self.now, "by_id": 1,
            "removed_at": None, "removed_by_id": None,
        }  # fmt: skip

    def _consultation(self, long_ago: datetime) -> dict[str, Any]:
        opens = self.now - 30 * A_DAY
        texts = dict.fromkeys(
            ("body", "scope", "use", "other_ways", "contact", "formats_contact", "privacy_notice"), "As it is."
        )
        empty = dict.fromkeys(
            ("easy_read", "returned_reason", "forced_reason", "withdrawn_reason", "unpublished_reason"), ""
        )
        return texts | empty | {
            "id": 1, "kind": "consultation", "state": "published", "revision": 1, "department_id": 1,
            "title": "Harbour Bridge toll", "summary": "Whether it should cost something.", "discussion": "off",
            "hides_results": False, "opens_at": opens, "closes_at": self.now - A_DAY, "created_at": long_ago,
            "updated_at": long_ago, "published_at": opens, "forced": False, "questionnaire_version": 1,
            "salt": b"s" * 16, "response_count": self.many, "late_count": 0, "stage": "waiting",
            "has_outcome": False, "closed_at": self.now - A_DAY,
        }  # fmt: skip

    def _officer(self, number: int, long_ago: datetime) -> dict[str, Any]:
        return {
            "id": number, "email": f"officer{number}@example.org", "name": f"Officer Number {number}",
            "role": "department-officer", "created_at": long_ago, "email_confirmed_at": long_ago,
        }  # fmt: skip
