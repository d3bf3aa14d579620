"""Searching through 100,000 petitions, 2,000 consultations and 200,000 comments (see bench/square.py): one to three
words, common ones too, filters, typing errors, pages further on."""

import random
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from bench import servers
from bench.archive import DEPARTMENTS, SEED
from bench.driver import Driver, Plan
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
from bench.square import Square, square
from bench.wire import get

CLIENTS, REQUESTS = 8, 2_000
OK = 200
AS_BROWSERS = {"Accept-Encoding": "gzip", "Accept": "text/html"}
KINDS = ("petition", "petition", "consultation", "comment")
COMMON, LONG_WORD = 300, 5
LANE = "find"


def targets(database: str) -> dict[str, Target]:
    return {f"{database}.{LANE}.p95_ms": at_most(80)}


@dataclass(slots=True)
class Asking:
    """Request bytes, drawn at random but the same in every run."""

    host: str
    square: Square
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))

    def requests(self) -> list[bytes]:
        return [get(f"/search?{urlencode(self._query())}", self.host, AS_BROWSERS) for _ in range(REQUESTS)]

    def _query(self) -> dict[str, str]:
        words = [self._word() for _ in range(self.chance.choice((1, 1, 2, 2, 3)))]
        if self.chance.random() < 0.15:
            words[0] = self._misspelt(words[0])
        asked = {"q": " ".join(words)}
        if self.chance.random() < 0.25:
            asked["kind"] = self.chance.choice(KINDS)
        if self.chance.random() < 0.1:
            asked["department"] = f"department-{self.chance.randint(1, DEPARTMENTS)}"
        if self.chance.random() < 0.1:
            first = datetime.now(UTC) - timedelta(days=self.chance.randint(30, 2_000))
            asked["from"] = f"{first:%Y-%m-%d}"
        if self.chance.random() < 0.2:
            asked["page"] = str(self.chance.randint(2, 50))
        return asked

    def _word(self) -> str:
        """A third of what people look for is among the commonest words."""
        words = self.square.words
        return words[int(self.chance.random() * (COMMON if self.chance.random() < 0.33 else len(words) // 2))]

    def _misspelt(self, word: str) -> str:
        if len(word) < LONG_WORD:
            return word
        at = self.chance.randrange(1, len(word) - 1)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """One lane, booked in the report."""
    with square(database, chosen.scale) as made, servers.folder(f"finding-{database}") as folder:
        site = servers.Site(made.url, folder, {"PAGE_CACHE": "off"})
        plan = Plan(site.port, Asking(site.host, made).requests(), CLIENTS, chosen.slice_seconds, cycle=True)
        with servers.stopping(site):
            site.start()
            lanes = {LANE: lambda: site.metered(lambda: driver.run(plan))}
            lanes[LANE]()
            (slices,) = interleave(lanes, SLICES).values()
            report.figures[f"{database}.{LANE}.p95_ms"] = percentile_ms(pooled(slices), 95)
            report.figures[f"{database}.{LANE}.cpu_ms"] = rounded(1000 / per_cpu_second(slices, OK))
            report.notes.append(spread(f"{database} {LANE}", slices))
            if wrong := sum(one.statuses.total() - one.statuses[OK] for one in slices):
                raise RuntimeError(f"{wrong} pages did not answer {OK}:\n" + "\n".join(report.notes))


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("finding", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
