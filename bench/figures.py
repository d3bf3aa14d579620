"""The page of published figures of a site that has kept them for a year, its page cache off; and how long a round takes
in which all measures are asked again. Its time hangs on rows of figures and marks, not on petitions or signatures: it
reads nothing else."""

import random
import sys
import time
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from app.core.batches import insert_many
from app.core.db import Database
from app.core.security.keys import Keys
from app.core.settings import Settings
from app.floors import load_rooms
from app.performance.contribution import Measure, Unit
from app.performance.model import Beat, Figure, OpinionDay, StepCount, UptimeDay
from app.performance.rules.opinions import Grade
from app.performance.rules.periods import months_until
from app.performance.rules.uptime import A_MINUTE, Heart, minute_of
from app.performance.service.rolling import Rolling
from app.site import Site
from bench import library, servers
from bench.driver import Driver, Plan
from bench.measure import Options, Report, Target, at_most, options, percentile_ms, pooled, rounded, spread
from bench.wire import get

CLIENTS, SLICES, OK = 8, 5, 200
DAYS, DAYS_OF_MINUTES = 395, 100
A_CHUNK = 5_000


def targets(database: str) -> dict[str, Target]:
    return {f"{database}.performance.p95_ms": at_most(150), f"{database}.performance.round_s": at_most(2)}


class Year:
    """A year of figures, as jobs would have kept them."""

    def __init__(self, site: servers.Site, scale: float) -> None:
        settings = Settings.from_environment(site.settings)
        self._now = datetime.now(UTC)
        self._clock = _Stopped(self._now)
        self._site = Site(settings=settings, keys=Keys(settings.secret_key), clock=self._clock)
        load_rooms(self._site)
        self._database = Database(settings.database_url, pool=2)
        self._days, self._minutes = max(2, int(DAYS * scale)), max(60, int(DAYS_OF_MINUTES * 1_440 * scale))
        self._chance = random.Random(library.SEED)

    def fill(self) -> None:
        self._database.retrying(self._keep)
        begin = minute_of(self._now) - self._minutes * A_MINUTE
        for heart in Heart:
            for start in range(0, self._minutes, A_CHUNK):
                some = range(start, min(start + A_CHUNK, self._minutes))
                rows = [{"heart": str(heart), "minute": begin + n * A_MINUTE, "read_only": False} for n in some]
                self._database.retrying(lambda db, rows=rows: insert_many(db, Beat.__table__, rows))  # type: ignore[misc, arg-type]

    def round(self) -> float:
        """Seconds for every measure to be asked."""
        rolling, began = Rolling(self._site.measures, self._site.settings.zone), time.monotonic()
        while self._database.retrying(lambda db: rolling.step(db, self._now)):
            pass
        return time.monotonic() - began

    def close(self) -> None:
        self._database.close()

    def _keep(self, db: Session) -> None:
        today = self._now.date()
        days = [today - timedelta(days=n) for n in range(self._days)]
        for measure in self._site.measures.values():
            if measure.journey is not None:
                steps = [step for step, _words in measure.journey.steps]
                db.add_all(
                    StepCount(journey=measure.journey.key, day=d, step=s, times=900) for d in days for s in steps
                )
                continue
            if measure.unit is Unit.SHARE:
                db.add_all(self._figure(measure, "day", day) for day in days)
            db.add_all(self._figure(measure, "month", month) for month in months_until(today))
        for asked in self._site.askings:
            db.add_all(OpinionDay(asked=asked, day=d, grade=str(g), people=3) for d in days for g in Grade)
        for heart in Heart:
            db.add_all(
                UptimeDay(heart=str(heart), day=d, minutes=1_440, open=1_440, read_only=0) for d in days if d < today
            )

    def _figure(self, measure: Measure, period: str, first: date) -> Figure:
        whole = self._chance.randint(20, 90)
        told = {"part": whole - 10} if measure.unit is Unit.SHARE else {"median": 90_000, "ninetieth": 300_000}
        return Figure(measure=measure.key, period=period, first_day=first, whole=whole, at=self._now, **told)


class _Stopped:
    def __init__(self, now: datetime) -> None:
        self._shown = now

    def now(self) -> datetime:
        return self._shown


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """On a database of its own."""
    with servers.folder(f"figures-{database}") as folder, servers.database_url(database, folder) as url:
        site = servers.Site(url, folder, {"PAGE_CACHE": "off"})
        site.run("migrate")
        year = Year(site, chosen.scale)
        year.fill()
        with servers.stopping(site):
            site.start()
            plan = Plan(site.port, [get("/performance", site.host)], CLIENTS, chosen.slice_seconds, cycle=True)
            driver.run(plan)
            slices = [driver.run(plan) for _ in range(SLICES)]
        if wrong := sum(one.statuses.total() - one.statuses[OK] for one in slices):
            raise RuntimeError(f"{wrong} pages did not answer {OK}; see {site.log}")
        report.figures[f"{database}.performance.p95_ms"] = percentile_ms(pooled(slices), 95)
        report.figures[f"{database}.performance.round_s"] = rounded(year.round())
        report.notes.append(spread(f"{database} performance", slices))
        year.close()


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("figures", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
