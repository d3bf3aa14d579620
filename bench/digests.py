"""A day's digest to 50,000 followers: how long it takes to queue, in how much memory, and what signing feels of it.

Half of them follow one petition, the others a department; something happened to both. :func:`measure_on` does the
same on a site that another bench has made.
"""

import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from app.core.db import Database
from app.core.ids import new_id
from app.core.people.addresses import Address
from app.core.security.keys import Keys
from app.core.settings import Settings
from app.core.subject import SubjectRef
from app.following.contribution import Tag, Told
from app.following.model import Follow, Follower, Happening, HappeningTag, Issue
from app.following.policy import FollowingPolicy
from app.following.rules.periods import Period, last_cut
from app.following.service.digests import DIGEST, SETTLED
from app.following.service.followers import seal_address
from app.following.service.noting import note
from app.mail.mailbox import mailbox_key
from app.mail.model import Letter
from bench import servers
from bench.archive import load_tables
from bench.driver import Driver, Plan, Tally
from bench.measure import Options, Report, Target, at_most, options, percentile_ms, pooled, rounded, spread
from bench.people import Crowd
from bench.subjects import Subjects

FOLLOWERS, CLIENTS, ROUNDS = 50_000, 8, 3
A_CHUNK = 5_000
SLICE = 0.5  # seconds of signing between two looks at how far the digests are
QUIET = 12  # slices of each round before they are due
PATIENCE = 180.0  # seconds for the digests to be queued
LOOK_EVERY = 0.02  # seconds
SIGNED = 303
PACE = 3_000  # forms made for each second of a slice


def targets(database: str) -> dict[str, Target]:
    return {
        f"{database}.digests.seconds": at_most(60),
        f"{database}.digests.sign_p95_ratio": at_most(1.25),
        f"{database}.digests.grew_mb": at_most(40),
    }


class Followers:
    """Many followers of one site, whose digest is due when the bench says so; all of it gone when the block ends."""

    def __init__(self, site: servers.Site, petition: int, number: int) -> None:
        load_tables()
        self._settings = Settings.from_environment(site.settings)
        self._database = Database(self._settings.database_url, pool=2)
        self._petition, self._number = petition, number
        window, zone = self._settings.news_window, self._settings.zone
        self._policy = FollowingPolicy.from_settings(self._settings.section("following"), zone, window)

    def __enter__(self) -> "Followers":
        keys, cut = Keys(self._settings.secret_key), self._cut()
        for start in range(0, self._number, A_CHUNK):
            some = range(start, min(start + A_CHUNK, self._number))
            self._database.retrying(lambda db, some=some: self._add(db, keys, some, cut))  # type: ignore[misc]
        subject = SubjectRef("petition", self._petition)
        told = Told("petitions.text-corrected", subject, cut - timedelta(hours=1), tags=[Tag("department", "leisure")])
        self._database.retrying(lambda db: note(db, told, {}))
        self._database.retrying(self._close_issues)
        return self

    def __exit__(self, *_: object) -> None:
        self._database.retrying(self._clear)
        self._database.close()

    def make_due(self) -> None:
        """As if nobody had been told yet, and the hour of digests had just come."""

        def due(db: Any) -> None:
            db.execute(delete(Letter).where(Letter.template == DIGEST))
            db.execute(update(Follower).values(told_until=None, digest_since=None, digest_until=None))
            again = {"done_at": None, "reached_id": 0, "queued": 0, "searched": ""}
            db.execute(update(Issue).where(Issue.period == Period.DAILY).values(**again))

        self._database.retrying(due)

    def wait_until_begun(self) -> None:
        """The job looks twice a second."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with self._database.reading() as db:
                if db.scalar(select(Issue.id).where(Issue.searched == "").limit(1)) is None:
                    return
            time.sleep(LOOK_EVERY)
        raise RuntimeError("the digests were not begun")

    def are_queued(self) -> bool:
        with self._database.reading() as db:
            return db.scalar(select(Issue.id).where(Issue.done_at.is_(None)).limit(1)) is None

    def queued(self) -> int:
        with self._database.reading() as db:
            return int(db.scalar(select(func.count()).where(Letter.template == DIGEST)) or 0)

    def _cut(self) -> datetime:
        return last_cut(Period.DAILY, self._policy.digest_at, self._settings.zone, datetime.now(UTC) - SETTLED)

    def _add(self, db: Any, keys: Keys, numbers: range, cut: datetime) -> None:
        before = cut - timedelta(days=1)
        people = [(new_id(), Address(address, address)) for address in (f"reader.{n}@example.org" for n in numbers)]
        boxes = {row: mailbox_key(keys, address) for row, address in people}
        common = {"period": Period.DAILY, "language": "en", "created_at": before, "confirmed_at": before}
        rows = [
            {"id": i, "mailbox": boxes[i], "sealed": seal_address(keys, boxes[i], a.canonical), **common}
            for i, a in people
        ]
        db.execute(insert(Follower), rows)
        halves = [("petition", str(self._petition)), ("department", "leisure")]
        wanted = [(i, *halves[at % 2]) for at, (i, _address) in enumerate(people)]
        times = {"asked_at": before, "confirmed_at": before}
        db.execute(
            insert(Follow),
            [{"id": new_id(), "follower_id": i, "kind": kind, "key": key, **times} for i, kind, key in wanted],
        )

    def _close_issues(self, db: Any) -> None:
        """Nothing is due until the bench says so."""
        now = datetime.now(UTC)
        for period in Period:
            until = last_cut(period, self._policy.digest_at, self._settings.zone, now - SETTLED)
            db.add(Issue(period=period, until=until, begun_at=now, searched=None, done_at=now))

    def _clear(self, db: Any) -> None:
        db.execute(delete(Letter).where(Letter.template == DIGEST))
        for table in (Follow, Follower, HappeningTag, Happening, Issue):
            db.execute(delete(table))


@dataclass(slots=True)
class Signing:
    """Strangers who sign one petition all the while."""

    driver: Driver
    site: servers.Site
    petition: int
    crowd: Crowd = field(default_factory=Crowd)

    def slice(self, seconds: float = SLICE) -> Tally:
        _, posts = self.crowd.emails_and_posts(self.site.host, self.petition, int(PACE * seconds))
        tally = self.driver.run(Plan(self.site.port, posts, CLIENTS, seconds))
        strange = sorted(set(tally.statuses) - {SIGNED, 503})
        if strange:
            raise RuntimeError(f"the site answered {strange} to signatures; see {self.site.log}")
        return tally


def measure_on(
    site: servers.Site, driver: Driver, petition: int, report: Report, database: str, *, followers: int = FOLLOWERS
) -> None:
    """All figures on a site with jobs that is not started yet, and has a petition to sign; booked in the report."""
    with Followers(site, petition, followers) as readers, servers.stopping(site):
        site.start()
        signing = Signing(driver, site, petition)
        signing.slice()
        before, seconds = servers.peak_mb(site.pid), list[float]()
        quiet, busy = list[Tally](), list[Tally]()
        for _round in range(ROUNDS):
            quiet += [signing.slice() for _ in range(QUIET)]
            readers.make_due()
            began = time.monotonic()
            readers.wait_until_begun()  # what is signed before that would only dilute the figure
            while not readers.are_queued() and time.monotonic() - began < PATIENCE:
                busy.append(signing.slice())
            seconds.append(time.monotonic() - began)
            if readers.queued() != followers:
                raise RuntimeError(f"{readers.queued()} digests were queued, not {followers}")
        p95 = [percentile_ms(pooled(tallies), 95) for tallies in (quiet, busy)]
        figures = {
            "seconds": rounded(max(seconds)),
            "sign_p95_ms": p95[0],
            "sign_p95_meanwhile_ms": p95[1],
            "sign_p95_ratio": rounded(p95[1] / p95[0]),
            "grew_mb": rounded(servers.peak_mb(site.pid) - before),
        }
        report.figures |= {f"{database}.digests.{key}": value for key, value in figures.items()}
        report.notes += [spread(f"{database} signing", quiet), spread(f"{database} signing meanwhile", busy)]


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """On a database of its own."""
    with servers.folder(f"digests-{database}") as folder, servers.database_url(database, folder) as url:
        site = servers.Site(url, folder, {"NEWS_WINDOW": a_window_to_come()}, jobs=True)
        site.run("migrate")
        with Subjects(site) as subjects:
            petition = subjects.open_petition()
        measure_on(site, driver, petition, report, database, followers=max(int(FOLLOWERS * chosen.scale), 100))


def a_window_to_come() -> str:
    """In London, far from now: what leaves, and when, is another bench's matter."""
    opens = datetime.now(UTC) + timedelta(hours=6)
    return f"{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}"


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("digests", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
