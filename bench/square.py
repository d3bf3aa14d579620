"""Everything a country said, built once under `var/bench` and used again: 100,000 petitions, 2,000 consultations and
200,000 comments, all of it in the index of the search.

The petitions are those of bench/archive.py, with figures and without their signers, who are another bench's matter.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from app.accounts.model import Account
from app.comments.model import Comment, CommentRevision, Thread
from app.comments.rules.texts import body_digest, likeness
from app.core import schema
from app.core.clock import SystemClock
from app.core.db import Database
from app.core.security.keys import Keys
from app.core.settings import Settings
from app.core.text.sanitise import SANITISER_VERSION
from app.departments.model import Department
from app.floors import load_rooms
from app.search.commands import catch_up
from app.search.model import Stale
from app.search.service.indexing import Indexing
from app.site import Site
from bench import servers
from bench.archive import (
    DEPARTMENTS,
    SEED,
    Words,
    connected,
    department_rows,
    fill,
    petition_rows,
    schema_digest,
    shares,
)
from consultations.model import Consultation
from petitions.model.petition import Petition

PETITIONS, CONSULTATIONS, COMMENTS = 100_000, 2_000, 200_000
SIGNATURES = 50  # for each petition, as their figures say
DISCUSSED = 0.2  # of the petitions
VERSION = "1"  # raise it whenever the same seed gives other rows


@dataclass(frozen=True, slots=True)
class Square:
    """Where it stands, and what people look for in it, the commonest words first."""

    url: str
    words: tuple[str, ...]


@contextmanager
def square(database: str, scale: float) -> Iterator[Square]:
    """The data of this size; built where it is not there yet."""
    petitions = max(int(PETITIONS * scale), 200)
    name = f"square_{petitions}_{schema_digest()}_{VERSION}"
    folder = servers.VAR / f"{name}_{database}"
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'site.db'}" if database == "sqlite" else servers.lasting_database(name)
    done = folder / "built"
    if not done.exists():
        began = time.monotonic()
        _build(url, petitions, max(int(CONSULTATIONS * scale), 20), max(int(COMMENTS * scale), 400))
        done.write_text(f"{time.monotonic() - began:.0f} s\n")
        print(f"built {petitions:,} petitions and what was said of them in {done.read_text().strip()}", flush=True)
    yield Square(url, tuple(Words(random.Random(SEED)).all))


def _build(url: str, petitions: int, consultations: int, comments: int) -> None:
    site = _site()
    house = Database(url, pool=2)
    if schema.revision_of(house):
        raise RuntimeError(f"{url} was left half built: remove it")  # by whoever stopped the bench meanwhile
    schema.migrate(house)
    now = datetime.now(UTC).replace(microsecond=0)
    made = _Made(now, random.Random(SEED), petitions)
    with connected(url) as connection:
        fill(connection, Department.__table__, department_rows(now))
        fill(connection, Petition.__table__, petition_rows(shares(SIGNATURES * petitions, petitions), now))
        fill(connection, Account.__table__, iter([made.person()]))
        fill(connection, Consultation.__table__, (made.consultation(n) for n in range(1, consultations + 1)))
        fill(connection, Thread.__table__, made.threads())
        fill(connection, Comment.__table__, (made.comment(n) for n in range(1, comments + 1)))
        fill(connection, CommentRevision.__table__, (made.text(n) for n in range(1, comments + 1)))
        connection.execute(Stale.__table__.delete())  # type: ignore[attr-defined]  # all of it is gone through anyway
        connection.commit()
    indexing = Indexing(site.searchable)
    while house.retrying(lambda db: indexing.first_round(db, now)) is not None:
        pass
    catch_up(house, indexing, now)
    house.close()
    with connected(url, autocommit=True) as connection:
        connection.execute(text("ANALYZE" if url.startswith("sqlite") else "VACUUM ANALYZE"))


def _site() -> Site:
    settings = Settings()
    site = Site(settings=settings, keys=Keys(settings.secret_key), clock=SystemClock())
    load_rooms(site)
    return site


class _Made:
    """Rows by table."""

    def __init__(self, now: datetime, chance: random.Random, petitions: int) -> None:
        self.now, self.chance, self.words = now, chance, Words(chance)
        self.discussed = sorted(chance.sample(range(1, petitions + 1), max(1, int(petitions * DISCUSSED))))

    def person(self) -> dict[str, Any]:
        long_ago = self.now - timedelta(days=3_000)
        return {
            "id": 1, "email": "anna@example.org", "name": "Anna Reader", "role": "citizen",
            "created_at": long_ago, "email_confirmed_at": long_ago, "approved_texts": 1,
        }  # fmt: skip

    def consultation(self, number: int) -> dict[str, Any]:
        opens = self.now - timedelta(days=self.chance.uniform(1, 2_500))
        return {
            "id": number, "kind": "consultation", "state": "published", "department_id": 1 + number % DEPARTMENTS,
            "title": self.words.title(), "summary": self.words.prose(20), "body": self.words.prose(150),
            "scope": self.words.prose(40), "opens_at": opens, "closes_at": opens + timedelta(days=84),
            "created_at": opens, "updated_at": opens, "published_at": opens, "response_count": number % 700,
        }  # fmt: skip

    def threads(self) -> Iterator[dict[str, Any]]:
        for number, petition in enumerate(self.discussed, 1):
            yield {
                "id": number, "subject_kind": "petition", "subject_id": petition, "mode": "after",
                "asks_stance": False, "opened_at": self.now,
            }  # fmt: skip

    def comment(self, number: int) -> dict[str, Any]:
        at = self.now - timedelta(minutes=self.chance.uniform(1, 3_000_000))
        return {
            "id": number, "thread_id": 1 + number % len(self.discussed), "depth": 1, "author_id": 1,
            "state": "published", "language": "en", "shown_revision": 1, "likeness": likeness(str(number)),
            "created_at": at, "published_at": at, "settled_at": at,
        }  # fmt: skip

    def text(self, number: int) -> dict[str, Any]:
        body = self.words.prose(self.chance.choice((10, 20, 40, 80)))
        return {
            "comment_id": number, "number": 1, "body": body, "html": f"<p>{body}</p>", "at": self.now,
            "sanitised": SANITISER_VERSION, "digest": body_digest(body), "published_at": self.now,
        }  # fmt: skip
