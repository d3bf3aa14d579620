"""A country's petitions, built once under `var/bench` and used again: 100,000 of them with 5 million signatures.

Rows go in beside the product's services, in bulk and by the databases' own means, with indexes made afterwards.
Words are drawn as in real texts: few very often, most hardly ever; so a search meets both.
"""

import hashlib
import math
import random
import time
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Index, create_engine, insert, text

from app.core import schema
from app.core.db import Database
from app.departments.model import Department
from app.floors import load_rooms
from bench import servers
from petitions.model.petition import MinuteCount, Petition
from petitions.model.signature import Household, Signature
from petitions.model.sorting import PetitionTopic, Topic

PETITIONS, SIGNATURES = 100_000, 5_000_000
VOCABULARY, RARE_FROM = 20_000, 20
DEPARTMENTS, TOPICS = 20, 15
ACTIVE_A_MINUTE = 2_000  # petitions that gain signatures in each minute of the last hour
OPTED_IN_OF = 3  # every third signer wants news
SEED = 2026
VERSION = "3"  # raise it whenever the same seed gives other rows
A_CHUNK = 5_000
SYLLABLES = [c + v for c in "bcdfghklmnprstvw" for v in ("a", "e", "i", "o", "u", "ai", "ou")]
SMALL_WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "for",
    "that",
    "is",
    "on",
    "with",
    "by",
    "it",
    "as",
    "at",
    "are",
    "be",
    "this",
    "from",
    "not",
    "have",
    "we",
    "should",
    "people",
    "who",
]


@dataclass(frozen=True, slots=True)
class Archive:
    """Where it stands, and what a bench asks it for."""

    url: str
    folder: Path
    petitions: int
    signatures: int

    @property
    def crowded(self) -> int:
        """The petition that most people signed."""
        return 1

    def titles(self, number: int) -> list[str]:
        """Titles of random petitions: their words are what people look for."""
        chance = random.Random(SEED + 1)
        wanted = [chance.randint(1, self.petitions) for _ in range(number)]
        with connected(self.url) as connection:
            return [
                str(
                    connection.execute(text("SELECT action FROM petitions_petition WHERE id = :id"), {"id": i}).scalar()
                )
                for i in wanted
            ]


@contextmanager
def archive(database: str, scale: float) -> Iterator[Archive]:
    """The archive of this size, with signatures within the last hour; built where it is not there yet."""
    petitions, signatures = max(int(PETITIONS * scale), 100), max(int(SIGNATURES * scale), 5_000)
    name = f"archive_{petitions}_{schema_digest()}_{VERSION}"
    folder = servers.VAR / f"{name}_{database}"
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'site.db'}" if database == "sqlite" else servers.lasting_database(name)
    done = folder / "built"
    if not done.exists():
        began = time.monotonic()
        _build(url, petitions, signatures)
        done.write_text(f"{time.monotonic() - began:.0f} s\n")
        print(f"built {petitions:,} petitions and {signatures:,} signatures in {done.read_text().strip()}", flush=True)
    _live_through_an_hour(url, petitions)
    yield Archive(url, folder, petitions, signatures)


def schema_digest() -> str:
    """Another schema needs another archive."""
    files = sorted((schema.MIGRATIONS / "versions").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]


def _build(url: str, petitions: int, signatures: int) -> None:
    load_tables()
    house = Database(url, pool=2)
    with house.engine.connect() as connection:
        begun = house.is_sqlite or connection.execute(text("SELECT to_regclass('alembic_version')")).scalar()
    if begun and schema.revision_of(house):
        raise RuntimeError(f"{url} was left half built: remove it")  # by whoever stopped the bench meanwhile
    schema.migrate(house)
    house.close()
    sizes = shares(signatures, petitions)
    now = datetime.now(UTC).replace(microsecond=0)
    with connected(url) as connection:
        fill(connection, Department.__table__, department_rows(now))
        fill(connection, Topic.__table__, _topics())
        fill(connection, Petition.__table__, petition_rows(sizes, now))
        fill(connection, PetitionTopic.__table__, _sorted_by_topic(petitions))
        _sign(connection)
        connection.commit()
    with connected(url, autocommit=True) as connection:
        connection.execute(text("ANALYZE" if url.startswith("sqlite") else "VACUUM ANALYZE"))


def load_tables() -> None:
    """Map every table, as the programs do."""
    from app.core.clock import SystemClock
    from app.core.security.keys import Keys
    from app.core.settings import Settings
    from app.site import Site

    settings = Settings()
    load_rooms(Site(settings=settings, keys=Keys(settings.secret_key), clock=SystemClock()))


def shares(signatures: int, petitions: int) -> list[int]:
    """How many signed each: a few petitions have most, every one has its five supporters and creator."""
    least = min(6, signatures // petitions)
    weights = [1 / rank for rank in range(1, petitions + 1)]
    unit = (signatures - least * petitions) / sum(weights)
    return [least + round(unit * weight) for weight in weights]


def petition_rows(sizes: Sequence[int], now: datetime) -> Iterator[dict[str, Any]]:
    chance = random.Random(SEED)
    words = Words(chance)
    places = chance.sample(range(len(sizes)), len(sizes))  # who signed first says nothing of how many signed
    places[places.index(0)], places[0] = places[0], 0  # but the first is the largest
    for number, place in enumerate(places, 1):
        yield _petition(number, sizes[place], chance, words, now)


def _petition(number: int, size: int, chance: random.Random, words: "Words", now: datetime) -> dict[str, Any]:
    draw = 0.0 if number == 1 else chance.random()
    state = "open" if draw < 0.4 else "closed" if draw < 0.75 else "rejected"
    age = timedelta(days=chance.uniform(1, 178) if state == "open" else chance.uniform(185, 3_000))
    opened = now - age
    closes = opened + timedelta(days=182)
    answered = size >= 10_000 and chance.random() < 0.7
    return {
        "id": number,
        "state": state,
        "action": words.title(),
        "background": words.prose(40),
        "additional_details": words.prose(90),
        # the signers of what has ended are forgotten already: erasing them is another bench's matter
        "creator_name": "Amina Ahmed" if state == "open" else None,
        "creator_signature_id": None,
        "salt": hashlib.sha256(str(number).encode()).digest()[:16] if state == "open" else None,
        "imported_count": 0,
        "signature_count": size,
        "last_number": size,
        "sponsors_needed": 5,
        "sponsors_most": 20,
        "response_threshold": 10_000,
        "debate_threshold": 100_000,
        "created_at": opened - timedelta(days=12),
        "opened_at": None if state == "rejected" else opened,
        "closes_at": None if state == "rejected" else closes,
        "closed_at": closes if state == "closed" else None,
        "rejected_at": opened if state == "rejected" else None,
        "response_reached_at": opened if size >= 10_000 else None,
        "debate_reached_at": opened if size >= 100_000 else None,
        "answered_at": opened if answered else None,
        "updated_at": opened,
        "extended_days": 0,
        "keep_signers": False,
        "staff_note": "",
        "public_note": "",
        "text_version": 1,
        "lead_department_id": chance.randint(1, DEPARTMENTS),
        "rejection_code": "irrelevant" if state == "rejected" else None,
    }


class Words:
    """A vocabulary of its own, drawn from as people write: rank 21 comes twice as often as rank 62."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        letters = random.Random(SEED)
        made = {"".join(letters.choices(SYLLABLES, k=letters.choice((2, 2, 3)))) for _ in range(VOCABULARY * 2)}
        self._words = sorted(made)[:VOCABULARY]
        letters.shuffle(self._words)
        self._up_to = list(accumulate(1 / (rank + RARE_FROM) for rank in range(1, len(self._words) + 1)))

    @property
    def all(self) -> list[str]:
        """The commonest first."""
        return self._words

    def one(self) -> str:
        return self._words[bisect(self._up_to, self._chance.random() * self._up_to[-1])]

    def title(self) -> str:
        told = f"{self.one()} {self.one()} {self._small()} {self.one()} {self._small()} {self.one()} {self.one()}"
        return told.capitalize()[:80]

    def prose(self, words: int) -> str:
        """Sentences in which every second word means something."""
        told = [self.one() if at % 2 else self._small() for at in range(words)]
        return " ".join(" ".join(told[at : at + 10]).capitalize() + "." for at in range(0, words, 10))

    def _small(self) -> str:
        return self._chance.choice(SMALL_WORDS)


def department_rows(now: datetime) -> Iterator[dict[str, Any]]:
    for number in range(1, DEPARTMENTS + 1):
        yield {"id": number, "slug": f"department-{number}", "name": f"Department {number}", "created_at": now}


def _topics() -> Iterator[dict[str, Any]]:
    for number in range(1, TOPICS + 1):
        yield {"id": number, "slug": f"topic-{number}", "name": f"Topic {number}"}


def _sorted_by_topic(petitions: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(SEED)
    for petition in range(1, petitions + 1):
        for topic in sorted(chance.sample(range(1, TOPICS + 1), chance.choice((0, 1, 1, 2)))):
            yield {"petition_id": petition, "topic_id": topic}


def fill(connection: Connection, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    while some := list(islice(rows, A_CHUNK)):
        connection.execute(insert(table), some)
    _set_counter(connection, table)


def _set_counter(connection: Connection, table: Any) -> None:
    """PostgreSQL counts on from where the rows end only if it is told."""
    if connection.dialect.name == "postgresql" and "id" in table.c:
        connection.execute(
            text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), (SELECT max(id) FROM {table.name}))")
        )


#: one row for each signer: the number among the petition's, and an id and a key that grow with it
SIGNERS = {
    "sqlite": """
        SELECT p.id AS petition_id, one.n AS n, p.id * 10000000 + one.n AS id, p.created_at AS at,
               CAST(printf('%016d', p.id * 10000000 + one.n) AS BLOB) AS address
        FROM petitions_petition p CROSS JOIN bench_number one ON one.n <= p.signature_count""",
    "postgresql": """
        SELECT p.id AS petition_id, one.n AS n, p.id * 10000000 + one.n AS id, p.created_at AS at,
               lpad((p.id * 10000000 + one.n)::text, 16, '0')::bytea AS address
        FROM petitions_petition p CROSS JOIN LATERAL generate_series(1, p.signature_count) AS one(n)""",
}
NUMBERS = """
    INSERT INTO bench_number
    WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < :most) SELECT n FROM one"""
HOUSEHOLDS = """
    INSERT INTO petitions_household (petition_id, address_key, postcode_key)
    SELECT petition_id, address, address FROM ({signers}) s"""
SIGNATURES_OF = """
    INSERT INTO petitions_signature (id, petition_id, state, kind, address_key, name_key, postcode_key, country,
        notify, privacy, requested_at, asked_at, letters, slot, household, number, validated_at)
    SELECT id, petition_id, 'validated', 'public', address, address, address, 'GB',
        n % {of} = 0, '1', at, at, 1, 1, address, n, at FROM ({signers}) s"""


def _sign(connection: Connection) -> None:
    """All signatures by one statement, without the keys' checks, and with indexes made in one go afterwards."""
    dialect = connection.dialect.name
    signers = SIGNERS[dialect]
    most = connection.execute(text("SELECT max(signature_count) FROM petitions_petition")).scalar()
    if dialect == "sqlite":
        connection.commit()
        connection.execute(text("PRAGMA foreign_keys = OFF"))
        connection.execute(text("CREATE TEMP TABLE bench_number (n INTEGER PRIMARY KEY)"))
        connection.execute(text(NUMBERS), {"most": most})
    else:
        connection.execute(text("SET session_replication_role = replica"))
    with _without_indexes(connection, Signature.__table__), _without_indexes(connection, Household.__table__):
        connection.execute(text(HOUSEHOLDS.format(signers=signers)))
        connection.execute(text(SIGNATURES_OF.format(signers=signers, of=OPTED_IN_OF)))


@contextmanager
def _without_indexes(connection: Connection, table: Any) -> Iterator[None]:
    indexes: list[Index] = sorted(table.indexes, key=lambda index: str(index.name))
    for index in indexes:
        if index.name != "uq_petitions_household_postcode" or connection.dialect.name == "sqlite":
            index.drop(connection)
    yield
    for index in indexes:
        index.create(connection, checkfirst=True)


def _live_through_an_hour(url: str, petitions: int) -> None:
    """Signatures in each of the last 60 minutes, so that something trends whenever the bench runs."""
    chance = random.Random(SEED)
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    active = min(ACTIVE_A_MINUTE, petitions // 3)
    with connected(url) as connection:
        connection.execute(MinuteCount.__table__.delete())  # type: ignore[attr-defined]
        for back in range(60):
            some = {1 + math.floor(petitions * chance.random() ** 2) % petitions for _ in range(active)}
            rows = [
                {"minute": minute - timedelta(minutes=back), "petition_id": p, "validated": chance.randint(1, 40)}
                for p in sorted(some)
            ]
            connection.execute(insert(MinuteCount), rows)
        connection.commit()


@contextmanager
def connected(url: str, *, autocommit: bool = False) -> Iterator[Connection]:
    from app.core.db import normal_url, sqlite_module

    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if autocommit else {}
    if url.startswith("sqlite"):
        options["module"] = sqlite_module()
    engine = create_engine(normal_url(url), **options)
    try:
        with engine.connect() as connection:
            if url.startswith("sqlite"):
                connection.exec_driver_sql("PRAGMA synchronous = OFF")
            yield connection
    finally:
        engine.dispose()
