"""What departments owe, built once under `var/bench` and used again: 20,000 matters of the first of 40 departments,
and 5,000 of the other 39 together, each about a petition of its own; answers, promises and notes of progress on them.

Three in twenty are owed, of which some are late, some sent back and some wait for a second person; seven in ten are
answered, the others closed. Days are counted from when it was built: later runs find more of what is owed late.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from app.accounts.model import Account
from app.core import schema
from app.core.db import Database
from app.departments.model import Department, Officer
from app.outcomes.model import Answer, AnswerDraft, Commitment, Handing, ProgressUpdate, Referral, Support
from bench import library, servers
from bench.archive import connected, fill, load_tables, schema_digest
from petitions.model.petition import Petition

DEPARTMENTS, OFFICERS = 40, 8
FIRST, OTHERS = 20_000, 5_000
VERSION = "1"  # raise it whenever the same seed gives other rows
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Duties:
    """Where they stand; ``first`` is the department with most of them, ``officers`` the accounts that act for it."""

    url: str
    first: int
    officers: tuple[int, ...]
    slugs: tuple[str, ...]


@contextmanager
def duties(database: str, scale: float) -> Iterator[Duties]:
    """The matters of this size; built where they are not there yet."""
    first, others = max(int(FIRST * scale), 200), max(int(OTHERS * scale), 80)
    name = f"duties_{first}_{schema_digest()}_{VERSION}"
    folder = servers.VAR / f"{name}_{database}"
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'site.db'}" if database == "sqlite" else servers.lasting_database(name)
    done = folder / "built"
    load_tables()
    if not done.exists():
        began = time.monotonic()
        _build(url, first, others)
        done.write_text(f"{time.monotonic() - began:.0f} s\n")
        print(f"built {first + others:,} matters in {done.read_text().strip()}", flush=True)
    slugs = tuple(f"department-{n}" for n in range(1, DEPARTMENTS + 1))
    yield Duties(url, 1, tuple(range(1, OFFICERS + 1)), slugs)


def _build(url: str, first: int, others: int) -> None:
    house = Database(url, pool=2)
    with house.engine.connect() as connection:
        begun = house.is_sqlite or connection.execute(text("SELECT to_regclass('alembic_version')")).scalar()
    if begun and schema.revision_of(house):
        raise RuntimeError(f"{url} was left half built: remove it")  # by whoever stopped the bench meanwhile
    schema.migrate(house)
    house.close()
    made = _Made(datetime.now(UTC).replace(microsecond=0), random.Random(library.SEED))
    for number in range(1, first + others + 1):
        made.matter(number, 1 if number <= first else 2 + number % (DEPARTMENTS - 1))
    with connected(url) as connection:
        made.store(connection)
        connection.commit()
    with connected(url, autocommit=True) as connection:
        connection.execute(text("ANALYZE" if url.startswith("sqlite") else "VACUUM ANALYZE"))


class _Made:
    """Rows by table, in the order in which they refer to one another."""

    def __init__(self, now: datetime, chance: random.Random) -> None:
        self.now, self.chance = now, chance
        self.rows: dict[Any, list[dict[str, Any]]] = {
            Department: [self._department(n) for n in range(1, DEPARTMENTS + 1)],
            Account: [self._officer(n) for n in range(1, OFFICERS + 1)],
            Officer: [{"account_id": n, "department_id": 1} for n in range(1, OFFICERS + 1)],
        }
        for table in (Petition, Referral, Handing, Support, Answer, AnswerDraft, Commitment, ProgressUpdate):
            self.rows[table] = []

    def store(self, connection: Connection) -> None:
        for table, rows in self.rows.items():
            fill(connection, table.__table__, iter(rows))

    def matter(self, number: int, department: int) -> None:
        draw = number % 20
        state = "answered" if draw < 14 else "closed" if draw < 17 else "received" if draw < 19 else "accepted"
        state = "returned" if state == "accepted" and number % 100 == 39 else state
        owed = state in ("received", "accepted", "returned")
        age = self.chance.uniform(0, 35) if owed else self.chance.uniform(35, 1_500)
        received = self.now - age * A_DAY
        answered = received + self.chance.uniform(3, 40) * A_DAY if state in ("answered", "returned") else None
        if state == "returned":
            received, answered = received - 60 * A_DAY, received - 20 * A_DAY
        self._refer(number, department, state, received, answered)
        if answered is not None:
            self._answer(number, department, answered)
        elif owed and number % 40 == 17:
            self._draft(number)
        if number % 50 == 0:
            helper = 1 if department != 1 else 2
            self.rows[Support].append({"referral_id": number, "department_id": helper, "since": received})

    def _refer(self, number: int, department: int, state: str, received: datetime, answered: datetime | None) -> None:
        due = received + 28 * A_DAY + (60 * A_DAY if state == "returned" else 0 * A_DAY)
        self.rows[Petition].append(self._petition(number, department, received, answered))
        self.rows[Referral].append(
            {
                "id": number, "subject_kind": "petition", "subject_id": number, "cause": "response", "episode": 1,
                "department_id": department, "state": state, "imported": False, "sandbox": False,
                "received_at": received, "accepted_at": None, "due_at": due, "answered_at": answered,
                "took": int((answered - received).total_seconds()) if answered else None,
                "closed_at": received + 20 * A_DAY if state == "closed" else None,
                "closed_why": "undone" if state == "closed" else None, "closed_reason": "",
                "assignee_id": self.chance.randint(1, OFFICERS) if department == 1 and number % 3 else None,
                "reminded": None, "ruled": number % 70 == 0,
            }
        )  # fmt: skip
        self.rows[Handing].append(
            {
                "id": number, "referral_id": number, "move": "referred", "from_id": None, "to_id": department,
                "reason": "", "at": received, "by_id": None,
            }
        )  # fmt: skip

    def _answer(self, number: int, department: int, at: datetime) -> None:
        grade = self.chance.choice(("will-do", "in-part", "examine", "already-done", "no"))
        self.rows[Answer].append(
            {
                "id": number, "referral_id": number, "version": 1, "grade": grade,
                "summary": library.prose(self.chance, 16)[:200], "details": library.prose(self.chance, 120),
                "examine_by": None, "by_id": None, "released_by_id": None, "at": at,
                "withdrawn_at": None, "withdrawn_by_id": None,
            }
        )  # fmt: skip
        if number % 3 == 0:
            self._promise(number, department, at)

    def _promise(self, number: int, department: int, at: datetime) -> None:
        progress = self.chance.choice(("planned", "under-way", "done", "done"))
        moved = progress != "planned"
        ended = at + 90 * A_DAY if progress == "done" else None
        self.rows[Commitment].append(
            {
                "id": number, "subject_kind": "petition", "subject_id": number, "referral_id": number,
                "department_id": department, "text": library.prose(self.chance, 20)[:300], "owner": "Head of Parks",
                "due_on": (at + 180 * A_DAY).date(), "progress": progress, "sandbox": False, "updates": int(moved),
                "made_at": at, "by_id": None, "updated_at": at, "ended_at": ended, "reminded": None,
                "withdrawn_at": None,
            }
        )  # fmt: skip
        if moved:
            self.rows[ProgressUpdate].append(
                {
                    "id": number, "commitment_id": number, "number": 1, "progress": progress,
                    "note": library.prose(self.chance, 30), "links": [], "due_before": None, "due_after": None,
                    "at": ended or at + 30 * A_DAY, "by_id": None,
                }
            )  # fmt: skip

    def _draft(self, number: int) -> None:
        self.rows[AnswerDraft].append(
            {
                "referral_id": number, "grade": "will-do", "summary": library.prose(self.chance, 16)[:200],
                "details": library.prose(self.chance, 80), "examine_by": "", "promises": [], "send_news": True,
                "after_version": 0, "revision": 1, "by_id": 1 + number % OFFICERS, "at": self.now,
                "waits_since": self.now,
            }
        )  # fmt: skip

    def _petition(self, number: int, department: int, received: datetime, answered: datetime | None) -> dict[str, Any]:
        opened = received - 60 * A_DAY
        title = (
            f"{self.chance.choice(library.VERBS)} {self.chance.choice(library.THINGS)} "
            f"{self.chance.choice(library.PLACES)} ({number})"
        )
        return {
            "id": number, "state": "closed", "action": title, "background": library.prose(self.chance, 45),
            "additional_details": library.prose(self.chance, 110), "creator_name": None, "creator_signature_id": None,
            "salt": None, "imported_count": 0, "signature_count": (count := self.chance.randint(10_000, 90_000)),
            "last_number": count, "sponsors_needed": 5, "sponsors_most": 20, "response_threshold": 10_000,
            "debate_threshold": 100_000, "created_at": opened - 12 * A_DAY, "opened_at": opened,
            "closes_at": opened + 182 * A_DAY, "closed_at": opened + 182 * A_DAY, "rejected_at": None,
            "response_reached_at": received, "debate_reached_at": None, "answered_at": answered,
            "updated_at": received, "extended_days": 0, "keep_signers": False, "staff_note": "", "public_note": "",
            "text_version": 1, "lead_department_id": department, "rejection_code": None,
        }  # fmt: skip

    def _department(self, number: int) -> dict[str, Any]:
        return {"id": number, "slug": f"department-{number}", "name": f"Department {number}", "created_at": self.now}

    def _officer(self, number: int) -> dict[str, Any]:
        long_ago = self.now - 90 * A_DAY
        return {
            "id": number, "email": f"officer{number}@example.org", "name": f"Officer Number {number}",
            "role": "department-officer", "created_at": long_ago, "email_confirmed_at": long_ago,
        }  # fmt: skip
