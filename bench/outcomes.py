"""The desk of a department with 20,000 matters, among 25,000 of 40 departments (see bench/duties.py): what its eight
officers wait for, every part of the list and pages further on included; the public page of a department; and then
what stands in files of their own: digests, webhooks, maps, the figures of the service, the nightly dump."""

import random
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.core.db import Database
from app.core.security import sessions
from bench import digests, drains, dumps, figures, finding, library, maps, servers
from bench.driver import Driver, Plan
from bench.duties import Duties, duties
from bench.measure import (
    SLICES,
    Options,
    Report,
    Target,
    at_most,
    interleave,
    options,
    per_cpu_second,
    percentile_ms,
    pooled,
    rounded,
    spread,
)
from bench.wire import get

CLIENTS = 8
REQUESTS = 400
OK = 200
COOKIE = "townsquare"  # over plain http
AS_BROWSERS = {"Accept-Encoding": "gzip", "Accept": "text/html"}
PARTS = ("week", "late", "new", "mine", "mine", "nobody", "returned", "waiting", "supporting")
LANES = {"desk": 80, "department": 80}  # milliseconds
MOST_PAGES = {"all": 50, "answered": 250, "closed": 50}


#: measured after the desk, each with a server of its own
OTHERS = (digests, drains, figures, maps, dumps, finding)


def targets(database: str) -> dict[str, Target]:
    lanes = {f"{database}.{lane}.p95_ms": at_most(most) for lane, most in LANES.items()}
    for other in OTHERS:
        lanes |= other.targets(database)
    return lanes


@dataclass(slots=True)
class Asking:
    """Request bytes, drawn at random but the same in every run."""

    host: str
    duties: Duties
    scale: float
    chance: random.Random = field(default_factory=lambda: random.Random(library.SEED))

    def desk(self, cookies: list[str]) -> list[bytes]:
        """Every second one is the desk as it opens; the others are parts of it and pages further on."""
        paths = ["/desk" if n % 2 else self._part(n) for n in range(REQUESTS)]
        return [
            get(path, self.host, AS_BROWSERS | {"Cookie": f"{COOKIE}={self.chance.choice(cookies)}"}) for path in paths
        ]

    def department(self) -> list[bytes]:
        """The first, which has most, every second time."""
        slugs = [self.duties.slugs[0] if n % 2 else self.chance.choice(self.duties.slugs) for n in range(REQUESTS)]
        return [get(f"/departments/{slug}", self.host, AS_BROWSERS) for slug in slugs]

    def _part(self, number: int) -> str:
        if number % 4:
            return f"/desk?show={self.chance.choice(PARTS)}"
        show, most = self.chance.choice(list(MOST_PAGES.items()))
        return f"/desk?show={show}&page={self.chance.randint(1, max(1, int(most * self.scale)))}"


def signed_in(made: Duties) -> list[str]:
    """A cookie for each officer."""
    database, now = Database(made.url, pool=2), datetime.now(UTC)
    try:
        with database.writing() as db:
            return [sessions.begin(db, one, sessions.STAFF, now, strong=True) for one in made.officers]
    finally:
        database.close()


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """Both lanes of one database."""
    settings = {"PAGE_CACHE": "off", "STAFF_SECOND_FACTOR": "off"}
    with duties(database, chosen.scale) as made, servers.folder(f"outcomes-{database}") as folder:
        site = servers.Site(made.url, folder, settings)
        asking = Asking(site.host, made, chosen.scale)
        requests = {"desk": asking.desk(signed_in(made)), "department": asking.department()}
        plans = {
            lane: Plan(site.port, asked, CLIENTS, chosen.slice_seconds, cycle=True) for lane, asked in requests.items()
        }
        with servers.stopping(site):
            site.start()
            lanes = {
                lane: (lambda plan=plan: site.metered(lambda: driver.run(plan)))  # type: ignore[misc]
                for lane, plan in plans.items()
                if lane != "department" or site.get(f"/departments/{made.slugs[0]}")[0] == OK
            }
            for warm_up in lanes.values():
                warm_up()
            for lane, slices in interleave(lanes, SLICES).items():
                report.figures[f"{database}.{lane}.p95_ms"] = percentile_ms(pooled(slices), 95)
                report.figures[f"{database}.{lane}.cpu_ms"] = rounded(1000 / per_cpu_second(slices, OK))
                report.notes.append(spread(f"{database} {lane}", slices))
                if wrong := sum(one.statuses.total() - one.statuses[OK] for one in slices):
                    raise RuntimeError(f"{wrong} pages did not answer {OK}:\n" + "\n".join(report.notes))
            report.figures[f"{database}.peak_mb"] = rounded(servers.peak_mb(site.pid))


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("outcomes", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
            for other in OTHERS:
                other.measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
