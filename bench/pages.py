"""The pages everyone reads: one petition from the cache beside the ceiling, and petitions and lists rendered anew."""

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass

from bench import library, servers
from bench.driver import Driver, Plan, Tally
from bench.measure import (
    Options,
    Report,
    Target,
    at_least,
    at_most,
    interleave,
    median_rate,
    options,
    per_cpu_second,
    percentile_ms,
    pooled,
    rounded,
    spread,
)
from bench.subjects import Subjects
from bench.wire import get

READERS = 64  # of the cached page
OTHERS = 8  # of pages rendered anew
WARM_UP = 0.5  # seconds
PETITIONS = 1000
A_PAGE = 25
OK = 200
SORTS = ("popular", "recent", "closing")
AS_BROWSERS = {"Accept-Encoding": "gzip", "Accept": "text/html"}


def targets(database: str) -> dict[str, Target]:
    return {f"{database}.cached.ratio": at_least(0.70), f"{database}.uncached.p95_ms": at_most(50)}


@dataclass(slots=True)
class Reading:
    """Readers of one site full of petitions; books what they find in the report."""

    database: str
    driver: Driver
    site: servers.Site
    seconds: float  # of a slice
    report: Report

    def cached(self, page: str) -> None:
        """One page, again and again, as a link shared widely brings it about."""
        with self.site, servers.ceiling() as ceiling, servers.null() as null:
            self._read_one(self.site, page, WARM_UP)
            self._read_one(ceiling, page, WARM_UP)
            tallies = interleave(
                {
                    "cached": lambda: self._read_one(self.site, page, self.seconds),
                    "ceiling": lambda: self._read_one(ceiling, page, self.seconds),
                    "null": lambda: self._read_one(null, page, self.seconds / 4),
                }
            )
            self._book("cached.peak_mb", rounded(servers.peak_mb(self.site.pid)))
        self._book_cached(tallies)

    def uncached(self, pages: list[str]) -> None:
        """Petitions and lists in random order with the page cache off: what the first reader of a page waits for."""
        self.site.tell(PAGE_CACHE="off")
        lanes = {"petition": self._lane(shuffled(pages)), "list": self._lane(lists(len(pages)))}
        with self.site:
            for warm_up in lanes.values():
                warm_up()
            tallies = interleave(lanes)
            self._book("uncached.peak_mb", rounded(servers.peak_mb(self.site.pid)))
        self._book_uncached(tallies)

    def _read_one(self, server: servers.Server, page: str, seconds: float) -> Tally:
        plan = Plan(server.port, [get(page, server.host, AS_BROWSERS)], READERS, seconds, cycle=True)
        return server.metered(lambda: self.driver.run(plan))

    def _lane(self, paths: list[str]) -> Callable[[], Tally]:
        requests = [get(path, self.site.host, AS_BROWSERS) for path in paths]
        plan = Plan(self.site.port, requests, OTHERS, self.seconds, cycle=True)
        return lambda: self.site.metered(lambda: self.driver.run(plan))

    def _book_cached(self, tallies: dict[str, list[Tally]]) -> None:
        cached, ceiling = median_rate(tallies["cached"], OK), median_rate(tallies["ceiling"], OK)
        self._book("cached.ratio", rounded(cached / ceiling))
        self._book(
            "cached.cpu_ratio", rounded(per_cpu_second(tallies["cached"], OK) / per_cpu_second(tallies["ceiling"], OK))
        )
        self._book("cached.per_second", rounded(cached))
        self._book("cached.p99_ms", percentile_ms(pooled(tallies["cached"]), 99))
        self._note(tallies)
        self.report.judge_driver(median_rate(tallies["null"], OK), ceiling)

    def _book_uncached(self, tallies: dict[str, list[Tally]]) -> None:
        """A figure for each kind of page; the one with the target is the slower of them."""
        each = {kind: percentile_ms(pooled(slices), 95) for kind, slices in tallies.items()}
        for kind, figure in each.items():
            self._book(f"uncached.{kind}.p95_ms", figure)
            self._book(f"uncached.{kind}.cpu_ms", rounded(1000 / per_cpu_second(tallies[kind], OK)))
        self._book("uncached.p95_ms", max(each.values()))
        self._note(tallies)

    def _book(self, key: str, value: float) -> None:
        self.report.figures[f"{self.database}.{key}"] = value

    def _note(self, tallies: dict[str, list[Tally]]) -> None:
        """Tell what each lane did; pages that were not served are not what was meant to be measured."""
        self.report.notes += [spread(f"{self.database} {lane}", slices) for lane, slices in tallies.items()]
        wrong = sum(slice_.statuses.total() - slice_.statuses[OK] for slices in tallies.values() for slice_ in slices)
        if wrong:
            raise RuntimeError(f"{wrong} pages did not answer {OK}:\n" + "\n".join(self.report.notes))


def shuffled(pages: list[str]) -> list[str]:
    return random.Random(library.SEED).sample(pages, len(pages))


def lists(number: int) -> list[str]:
    """Addresses of list pages, the later ones too, in every order there is."""
    chance, last = random.Random(library.SEED), max(number // A_PAGE, 1)
    return [f"/petitions?state=all&sort={chance.choice(SORTS)}&page={chance.randint(1, last)}" for _ in range(number)]


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """All figures of one database."""
    with servers.site(database, "pages") as site:
        petitions = library.write(site.folder / "petitions.json", max(int(PETITIONS * chosen.scale), A_PAGE))
        site.run("import", "uk-petitions", str(petitions))
        with Subjects(site) as subjects:
            pages = [f"/petitions/{petition}" for petition in subjects.readable()]
        reading = Reading(database, driver, site, chosen.slice_seconds, report)
        reading.cached(pages[0])
        reading.uncached(pages)


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("pages", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
