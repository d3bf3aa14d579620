"""Finding petitions among 100,000 with 5 million signatures, and telling 100,000 signers of one of them."""

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench import servers
from bench.archive import DEPARTMENTS, SEED, TOPICS, Archive, archive
from bench.driver import Driver, Plan, Tally
from bench.letters import News
from bench.measure import (
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
from bench.people import signature
from bench.wire import get, post_form

CLIENTS = 8
REQUESTS = 2_000  # of each lane, round and round
OK = 200
AS_BROWSERS = {"Accept-Encoding": "gzip", "Accept": "text/html"}
STATES = ("open", "open", "open", "closed", "rejected", "awaiting_response", "with_response", "awaiting_debate", "all")
LONG = frozenset({"open", "closed", "rejected", "all"})
SORTS = ("popular", "popular", "recent", "closing")
A_PAGE = 25
LONG_WORD = 4  # letters; shorter ones are in nearly every petition
PATIENCE = 120.0  # seconds for the news to be queued
LANES = {"list": 50, "search": 50, "similar": 100, "trending": 50}  # milliseconds


def targets(database: str) -> dict[str, Target]:
    lanes = {f"{database}.{lane}.p95_ms": at_most(most) for lane, most in LANES.items()}
    letters = {"letters.seconds": at_most(20), "letters.confirmation_s": at_most(2)}
    return lanes | {f"{database}.{key}": target for key, target in letters.items()}


@dataclass(slots=True)
class Asking:
    """Request bytes of one site's archive, drawn at random but the same in every run."""

    host: str
    archive: Archive
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))

    def lists(self) -> list[bytes]:
        """Every filter and order; half of the readers stay on the first pages, the others are anywhere."""
        filters = [self._filter() for _ in range(REQUESTS)]
        return [self._get("/petitions", **chosen, page=str(self._page(chosen["state"]))) for chosen in filters]

    def trending(self) -> list[bytes]:
        states = [self.chance.choice(STATES) for _ in range(REQUESTS)]
        return [self._get("/petitions", state=s, sort="trending", page=str(self._page(s))) for s in states]

    def searches(self) -> list[bytes]:
        """One to three words of some petition's title, as somebody would look for it."""
        asked = []
        for title in self.archive.titles(REQUESTS):
            words = [word for word in title.split() if len(word) >= LONG_WORD]
            some = self.chance.sample(words, min(len(words), self.chance.choice((1, 2, 2, 3))))
            asked.append(self._get("/petitions", q="+".join(some), **self._filter(often=3)))
        return asked

    def similar(self) -> list[bytes]:
        """The step after a title was typed: half of the words of one petition and half of another."""
        titles = self.archive.titles(REQUESTS)
        pairs = zip(titles, titles[1:] + titles[:1], strict=True)
        made = [" ".join([*one.split()[:4], *other.split()[4:]])[:80] for one, other in pairs]
        fields = {"step": "action", "go": "next", "may": "yes"}
        return [post_form("/petitions/new", self.host, fields | {"action": title}, AS_BROWSERS) for title in made]

    def _filter(self, often: int = 1) -> dict[str, str]:
        chosen = {"state": self.chance.choice(STATES), "sort": self.chance.choice(SORTS)}
        if self.chance.random() < 0.2 / often:
            chosen["department"] = f"department-{self.chance.randint(1, DEPARTMENTS)}"
        if self.chance.random() < 0.2 / often:
            chosen["topic"] = f"topic-{self.chance.randint(1, TOPICS)}"
        return chosen

    def _page(self, state: str) -> int:
        """The lists of what is owed or answered have a page or two."""
        last = max(self.archive.petitions // A_PAGE // 5, 1) if state in LONG else 2
        return self.chance.randint(1, 4 if last > 2 and self.chance.random() < 0.5 else last)

    def _get(self, path: str, **query: str) -> bytes:
        return get(f"{path}?{'&'.join(f'{k}={v}' for k, v in query.items())}", self.host, AS_BROWSERS)


@dataclass(slots=True)
class Finding:
    """Readers of one site; books what they find in the report."""

    database: str
    driver: Driver
    site: servers.Site
    archive: Archive
    seconds: float  # of a slice
    report: Report

    def measure(self) -> None:
        asking = Asking(self.site.host, self.archive)
        lanes = {
            "list": self._lane(asking.lists()),
            "search": self._lane(asking.searches()),
            "similar": self._lane(asking.similar()),
            "trending": self._lane(asking.trending()),
        }
        with self.site:
            for warm_up in lanes.values():
                warm_up()
            self._judge(interleave(lanes))
            self._book("peak_mb", rounded(servers.peak_mb(self.site.pid)))

    def _lane(self, requests: list[bytes]) -> Callable[[], Tally]:
        plan = Plan(self.site.port, requests, CLIENTS, self.seconds, cycle=True)
        return lambda: self.site.metered(lambda: self.driver.run(plan))

    def _judge(self, tallies: dict[str, list[Tally]]) -> None:
        for lane, slices in tallies.items():
            self._book(f"{lane}.p95_ms", percentile_ms(pooled(slices), 95))
            self._book(f"{lane}.cpu_ms", rounded(1000 / per_cpu_second(slices, OK)))
            self.report.notes.append(spread(f"{self.database} {lane}", slices))
            wrong = sum(slice_.statuses.total() - slice_.statuses[OK] for slice_ in slices)
            if wrong:
                raise RuntimeError(f"{wrong} pages did not answer {OK}:\n" + "\n".join(self.report.notes))

    def _book(self, key: str, value: float) -> None:
        self.report.figures[f"{self.database}.{key}"] = value


def tell_signers(database: str, kept: Archive, folder: Path, report: Report) -> None:
    """News to everyone who asked for it on the largest petition, while others sign another one."""
    with servers.stopping(servers.Site(kept.url, folder, {"PAGE_CACHE": "off"}, jobs=True)) as site, News(site) as news:
        site.start()
        before = servers.peak_mb(site.pid)
        petition = news.open_petition_beside(kept.crowded)
        waits: list[float] = []
        began = time.monotonic()
        news.announce(kept.crowded)
        while not news.is_queued() and time.monotonic() - began < PATIENCE:
            waits.append(news.seconds_to_letter(petition, signature(len(waits) + 1)))
        seconds = time.monotonic() - began
        figures = {
            "letters.seconds": rounded(seconds),
            "letters.queued": float(news.queued()),
            "letters.confirmation_s": rounded(max(waits, default=PATIENCE)),
            "letters.grew_mb": rounded(servers.peak_mb(site.pid) - before),
        }
        report.figures |= {f"{database}.{key}": value for key, value in figures.items()}


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """All figures of one database."""
    with archive(database, chosen.scale) as kept, servers.folder(f"petitions-{database}") as folder:
        site = servers.Site(kept.url, folder, {"PAGE_CACHE": "off"})
        with servers.stopping(site):
            Finding(database, driver, site, kept, chosen.slice_seconds, report).measure()
        tell_signers(database, kept, folder, report)


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("petitions", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
