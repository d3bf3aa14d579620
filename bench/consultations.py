"""The reading desk of a consultation with 50,000 responses of 20 questions (see bench/asked.py), eight officers at
once: the list with its filters, cross-tables, free-text search; all responses taken as files; letters that are nearly
alike; and the submitting of bench/answering.py."""

import importlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import psutil  # type: ignore[import-untyped]

from app.core.db import Database
from app.core.security import sessions
from bench import library, servers
from bench.asked import CODES, QUESTIONS, Asked, Vocabulary, asked
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
from bench.wire import get
from consultations.rules.likeness import Gathering, Template, template_of
from consultations.rules.questionnaire import QuestionKind

CLIENTS, REQUESTS, OK = 8, 600, 200
COOKIE = "townsquare"  # over plain http
AS_BROWSERS = {"Accept-Encoding": "gzip", "Accept": "text/html"}
LANES = {"responses": 150, "crosstab": 150, "search": 150}  # milliseconds
LETTERS, CAMPAIGNS = 20_000, 12
MOST_SECONDS, MOST_GROWN_MB = 60, 30
EXPORTS = ("csv", "json", "xlsx")
K = QuestionKind


def targets(database: str) -> dict[str, Target]:
    found = {f"{database}.{lane}.p95_ms": at_most(most) for lane, most in LANES.items()}
    return found | {f"{database}.export.{kind}.grew_mb": at_most(MOST_GROWN_MB) for kind in EXPORTS}


@dataclass(slots=True)
class Reading:
    """Request bytes, drawn at random but the same in every run."""

    host: str
    cookies: list[str]
    chance: random.Random = field(default_factory=lambda: random.Random(library.SEED))
    desk: str = "/desk/consultations/1"

    def _get(self, path: str) -> bytes:
        return get(path, self.host, AS_BROWSERS | {"Cookie": f"{COOKIE}={self.chance.choice(self.cookies)}"})

    def responses(self) -> list[bytes]:
        """The list as it opens, filtered, further on, from its other end."""
        return [self._get(f"{self.desk}/responses{self._filter(n)}") for n in range(REQUESTS)]

    def _filter(self, number: int) -> str:
        if number % 4 == 0:
            return ""
        of = self.chance.choice([q for q in QUESTIONS if q.kind in (K.SINGLE, K.MULTIPLE)])
        chosen = "&".join(f"q{of.id}={o.id}" for o in self.chance.sample(of.options, 2))
        further = self.chance.choice(
            (
                "",
                "&read=no",
                "&channel=paper",
                "&organisation=yes",
                "&sort=oldest",
                f"&code={self.chance.randint(1, CODES)}",
            )
        )
        after = (200_000_000_000 + self.chance.randrange(50_000) * 40) << 22
        return f"?{chosen}{further}" + (f"&after={after}" if number % 4 == 3 else "")

    def crosstab(self) -> list[bytes]:
        """Two questions, half of them among some responses alone, some with small cells left out."""
        return [self._get(f"{self.desk}/tables?{self._cross(n)}") for n in range(REQUESTS)]

    def _cross(self, number: int) -> str:
        of = [q for q in QUESTIONS if q.kind in (K.SINGLE, K.MULTIPLE, K.SCALE, K.RANKING)]
        one, other = self.chance.sample(of, 2)
        third = self.chance.choice([q for q in QUESTIONS if q.kind is K.SINGLE])
        among = f"&q{third.id}={self.chance.choice(third.options).id}" if number % 2 else ""
        return f"rows=q{one.id}&columns=q{other.id}{among}" + ("&protect=yes" if number % 3 == 0 else "")

    def search(self) -> list[bytes]:
        """Words that thousands use, and words that few do; one or two of them."""
        words = Vocabulary(random.Random(library.SEED))
        return [self._get(f"{self.desk}/responses?q={'+'.join(self._words(words))}") for _n in range(REQUESTS)]

    def _words(self, words: Vocabulary) -> list[str]:
        return self.chance.choices(words.words, cum_weights=words.weights, k=self.chance.choice((1, 2)))


def signed_in(made: Asked) -> list[str]:
    """A cookie for each officer."""
    database, now = Database(made.url, pool=2), datetime.now(UTC)
    try:
        with database.writing() as db:
            return [sessions.begin(db, one, sessions.STAFF, now, strong=True) for one in made.officers]
    finally:
        database.close()


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    settings = {"PAGE_CACHE": "off", "STAFF_SECOND_FACTOR": "off"}
    with asked(database, chosen.scale) as made, servers.folder(f"consultations-{database}") as folder:
        site = servers.Site(made.url, folder, settings)
        cookies = signed_in(made)
        reading = Reading(site.host, cookies)
        requests = {lane: getattr(reading, lane)() for lane in LANES}
        plans = {
            lane: Plan(site.port, each, CLIENTS, chosen.slice_seconds, cycle=True) for lane, each in requests.items()
        }
        with servers.stopping(site):
            site.start()
            lanes = {
                lane: (lambda plan=plan: site.metered(lambda: driver.run(plan)))  # type: ignore[misc]
                for lane, plan in plans.items()
            }
            for warm_up in lanes.values():
                warm_up()
            for lane, slices in interleave(lanes, SLICES).items():
                report.figures[f"{database}.{lane}.p95_ms"] = percentile_ms(pooled(slices), 95)
                report.figures[f"{database}.{lane}.cpu_ms"] = rounded(1000 / per_cpu_second(slices, OK))
                report.notes.append(spread(f"{database} {lane}", slices))
                if wrong := sum(one.statuses.total() - one.statuses[OK] for one in slices):
                    raise RuntimeError(f"{wrong} pages did not answer {OK}:\n" + "\n".join(report.notes))
            exports(site, cookies[0], database, report)
            report.figures[f"{database}.peak_mb"] = rounded(servers.peak_mb(site.pid))


def exports(site: servers.Site, cookie: str, database: str, report: Report) -> None:
    """All responses as each kind of file, read as fast as they come."""
    for kind in EXPORTS:
        taken = _taken(site, cookie, f"/desk/consultations/1/export/responses.{kind}")
        key = f"{database}.export.{kind}"
        report.figures[f"{key}.seconds"] = rounded(taken.seconds)
        report.figures[f"{key}.first_ms"] = rounded(1000 * taken.first)
        report.figures[f"{key}.grew_mb"] = rounded(taken.grew)
        report.notes.append(f"{database} {kind}: {taken.size / 1e6:.1f} MB")


@dataclass(slots=True)
class Taken:
    """One file: seconds to its first bytes and to its last, MB by which the site's memory grew, bytes."""

    first: float = 0.0
    seconds: float = 0.0
    grew: float = 0.0
    size: int = 0


def _taken(site: servers.Site, cookie: str, path: str) -> Taken:
    """The site's memory is looked at meanwhile, twenty times a second."""
    process, taken, looked = psutil.Process(site.pid), Taken(), 0.0
    before, began = process.memory_info().rss, time.monotonic()
    headers = {"Origin": f"http://{site.host}"}
    with httpx.stream(
        "POST", f"http://{site.host}{path}", cookies={COOKIE: cookie}, headers=headers, timeout=120
    ) as answer:
        if answer.status_code != OK:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        for some in answer.iter_raw():
            taken.first = taken.first or time.monotonic() - began
            taken.size += len(some)
            if time.monotonic() > looked + 0.05:
                taken.grew = max(taken.grew, (process.memory_info().rss - before) / 2**20)
                looked = time.monotonic()
    taken.seconds = time.monotonic() - began
    return taken


def letters(count: int) -> Iterator[str]:
    """Six in ten follow one of twelve templates: as they are, with own sentences, with a word changed."""
    chance = random.Random(library.SEED)
    words = Vocabulary(chance)
    templates = [[words.prose(chance, 10) for _s in range(chance.randint(8, 16))] for _t in range(CAMPAIGNS)]
    for _n in range(count):
        if chance.random() > 0.6:
            yield words.prose(chance, chance.randint(60, 240))
            continue
        sentences = list(chance.choice(templates))
        match chance.randrange(5):
            case 0 | 1:
                pass
            case 2 | 3:
                sentences.insert(chance.randrange(len(sentences)), words.prose(chance, 10 * chance.randint(1, 4)))
            case _:
                sentences[2] = sentences[2].replace(" ", " not ", 1)
        yield " ".join(sentences)


def near_copies(chosen: Options, report: Report) -> None:
    """Grouped and compared with their templates, in one thread."""
    texts = dict(enumerate(letters(max(int(LETTERS * chosen.scale), 500))))
    began, gathering = time.process_time(), Gathering()
    for number, said in texts.items():
        gathering.add(number, said)
    groups = gathering.groups()
    for members in groups:
        common = Template(template_of({n: texts[n] for n in members[:300]}))
        for number in members:
            common.difference(texts[number])
    report.figures["nearcopy.seconds"] = rounded(time.process_time() - began)
    grouped = sum(map(len, groups))
    report.notes.append(f"near copies: {len(texts):,} letters, {grouped:,} in {len(groups)} groups")


def answering() -> Callable[[str, Driver, Options, Report], None] | None:
    """The lane of those who submit, where it is there."""
    try:
        found = importlib.import_module("bench.answering")
    except ImportError:
        return None
    return getattr(found, "measure", None)


def main() -> int:
    chosen = options(__doc__)
    submitting = answering()
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    wanted |= {"nearcopy.seconds": at_most(MOST_SECONDS)}
    if submitting is not None:
        of_submitting = importlib.import_module("bench.answering").targets
        wanted |= {key: target for database in chosen.databases for key, target in of_submitting(database).items()}
    report = Report("consultations", wanted)
    near_copies(chosen, report)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
            if submitting is not None:
                submitting(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
