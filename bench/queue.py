"""The moderators' queue with 5,000 texts waiting and 50,000 decided: what eight moderators wait for, filters and search included."""

import random
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from app.accounts import service as accounts
from app.core.db import Base, Database
from app.core.security import sessions
from app.moderation.model import Case, Decision, Revision
from bench import library, servers
from bench.driver import Driver, Plan, Tally
from bench.measure import (
    SLICES,
    Options,
    Report,
    Target,
    at_most,
    options,
    per_cpu_second,
    percentile_ms,
    pooled,
    rounded,
    spread,
)
from bench.wire import get

WAITING, DECIDED = 5_000, 50_000
MODERATORS = 8
REQUESTS = 400
OK = 200
COOKIE = "townsquare"  # over plain http
A_CHUNK = 5_000
SIGNALS = (
    [{"code": "listed-words", "score": 0.9, "cause": "Words on this site's list: cheap.", "holds": True}],
    [{"code": "burst", "score": 0.6, "cause": "6 texts of this author within ten minutes.", "holds": False}],
)


def targets(database: str) -> dict[str, Target]:
    return {f"{database}.queue.p95_ms": at_most(60)}


@dataclass(slots=True)
class Desk:
    """The cases of one site, and the moderators in front of them."""

    database: Database
    waiting: int
    decided: int
    chance: random.Random
    now: datetime

    def fill(self) -> list[str]:
        """Cases beside the services, in bulk; answers the cookie of each moderator."""
        with self.database.writing() as db:
            people = [
                accounts.add_staff(db, f"m{n}@example.org", "moderator", f"Moderator {n}", by=None, now=self.now)
                for n in range(1, MODERATORS + 1)
            ]
            db.flush()
            ids = [person.id for person in people]
            cookies = [sessions.begin(db, one, sessions.STAFF, self.now, strong=True) for one in ids]
        self._insert(Case, [self._waiting(n, ids) for n in range(1, self.waiting + 1)])
        last = self.waiting + self.decided
        self._insert(Case, [self._decided(n) for n in range(self.waiting + 1, last + 1)])
        first = {"number": 1, "digest": b"\0" * 32, "at": self.now}
        self._insert(Revision, [{"id": n, "case_id": n, **first} for n in range(1, last + 1)])
        self._insert(Decision, [self._decision(n, ids) for n in range(self.waiting + 1, last + 1)])
        if not self.database.is_sqlite:  # as its own upkeep would have done long before there were so many
            with self.database.writing() as db:
                db.execute(text("ANALYZE"))
        return cookies

    def _case(self, number: int) -> dict[str, Any]:
        kind = "comment" if number % 4 else "petition"
        words = library.prose(self.chance, 24)[:199]
        of_a_check = SIGNALS[number % 2] if number % 11 == 0 else None
        return {
            "id": number, "subject_kind": kind, "subject_id": number, "origin": "new", "excerpt": words,
            "signals": of_a_check, "author_id": None, "weight": 0, "claimed_by_id": None, "claimed_since": None,
            "claimed_until": None, "decided_at": None,
        }  # fmt: skip

    def _waiting(self, number: int, moderators: list[int]) -> dict[str, Any]:
        case = self._case(number) | {"state": "waiting", "opened_at": self.now - timedelta(minutes=3 * number)}
        if number % 40 == 0:
            case["claimed_by_id"], case["claimed_since"] = self.chance.choice(moderators), self.now
            case["claimed_until"] = self.now + timedelta(hours=1)
        if number % 30 == 0:
            case["origin"] = "report"
        return case

    def _decided(self, number: int) -> dict[str, Any]:
        opened = self.now - timedelta(days=14, minutes=5 * number)
        return self._case(number) | {"state": "decided", "opened_at": opened, "decided_at": opened + timedelta(days=2)}

    def _decision(self, number: int, moderators: list[int]) -> dict[str, Any]:
        refused = number % 7 == 0
        return {
            "case_id": number, "revision_id": number, "verdict": "reject" if refused else "publish",
            "reason_code": "spam" if refused else None, "standards_version": 1, "note": "",
            "by_id": self.chance.choice(moderators), "at": self.now,
        }  # fmt: skip

    def _insert(self, table: type[Base], rows: list[dict[str, Any]]) -> None:
        for start in range(0, len(rows), A_CHUNK):
            with self.database.writing() as db:
                db.connection().execute(
                    insert(Base.metadata.tables[table.__tablename__]), rows[start : start + A_CHUNK]
                )


def asked_for(host: str, cookies: list[str], chance: random.Random) -> list[bytes]:
    """Mostly the queue itself and its filters; some search, some look at what was decided."""
    paths = [
        "/moderation",
        "/moderation",
        "/moderation",
        "/moderation?state=held",
        "/moderation?state=reported",
        "/moderation?state=mine",
        "/moderation?kind=petition&age=late",
        "/moderation?who=nobody&size=50",
        "/moderation?signal=listed-words",
        "/moderation?state=decided",
    ]
    found = []
    for number in range(REQUESTS):
        path = paths[number % len(paths)]
        if number % 12 == 0:
            path = f"/moderation?q={chance.choice(library.WORDS)}+{chance.choice(library.WORDS)}"
        headers = {"Accept-Encoding": "gzip", "Accept": "text/html", "Cookie": f"{COOKIE}={chance.choice(cookies)}"}
        found.append(get(path, host, headers))
    return found


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """The lane ``queue`` of one database."""
    with servers.site(database, "queue", {"PAGE_CACHE": "off", "STAFF_SECOND_FACTOR": "off"}) as site:
        url = site.settings["TOWNSQUARE_DATABASE_URL"]
        desk = Desk(
            Database(url),
            max(int(WAITING * chosen.scale), 50),
            max(int(DECIDED * chosen.scale), 100),
            random.Random(library.SEED),
            datetime.now(UTC),
        )
        cookies = desk.fill()
        desk.database.close()
        with site:
            plan = Plan(
                site.port, asked_for(site.host, cookies, desk.chance), MODERATORS, chosen.slice_seconds, cycle=True
            )
            site.metered(lambda: driver.run(plan))
            slices: list[Tally] = [site.metered(lambda: driver.run(plan)) for _slice in range(SLICES)]
        report.figures[f"{database}.queue.p95_ms"] = percentile_ms(pooled(slices), 95)
        report.figures[f"{database}.queue.cpu_ms"] = rounded(1000 / per_cpu_second(slices, OK))
        report.notes.append(spread(f"{database} queue", slices))
        if wrong := sum(one.statuses.total() - one.statuses[OK] for one in slices):
            raise RuntimeError(f"{wrong} pages did not answer {OK}:\n" + "\n".join(report.notes))


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("queue", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
