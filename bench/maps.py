"""Where signers live: the map of a petition with 650 areas, drawn anew and from the cache beside the ceiling.

The country is invented: areas of some sixty points each, whose borders are as ragged as real ones.
"""

import json
import math
import random
import sys
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.settings import Settings
from bench import library, servers
from bench.archive import load_tables
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
from bench.wire import get
from petitions.model.petition import AreaCount, AreaFigures, Petition

COLUMNS, ROWS = 26, 25
PETITIONS, LEAST = 200, 8
READERS, OTHERS = 64, 8
WARM_UP = 0.5  # seconds
OK = 200
FINENESS = 4  # how often each border is bent
AS_BROWSERS = {"Accept-Encoding": "gzip", "Accept": "text/html"}
Point = tuple[float, float]


def targets(database: str) -> dict[str, Target]:
    return {f"{database}.map.p95_ms": at_most(150), f"{database}.map.cached.ratio": at_least(0.5)}


class Country:
    """650 areas side by side; the same in every run."""

    def __init__(self) -> None:
        self._chance = random.Random(library.SEED)
        self._corners = {(i, j): self._corner(i, j) for i in range(COLUMNS + 1) for j in range(ROWS + 1)}
        self._borders: dict[tuple[tuple[int, int], tuple[int, int]], list[Point]] = {}

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Boundaries and populations, as files to import."""
        areas = [(f"X{j:02}{i:02}", i, j) for j in range(ROWS) for i in range(COLUMNS)]
        features = [
            {
                "type": "Feature",
                "properties": {"code": code, "name": f"Area {code}"},
                "geometry": {"type": "Polygon", "coordinates": [self._ring(i, j)]},
            }
            for code, i, j in areas
        ]
        shapes, people = folder / "areas.geojson", folder / "populations.csv"
        shapes.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        lines = [f"{code},{self._chance.randint(60_000, 120_000)}" for code, _i, _j in areas]
        people.write_text("\n".join(["code,population", *lines, ""]))
        return shapes, people

    def _corner(self, i: int, j: int) -> Point:
        bent = lambda: self._chance.uniform(-0.08, 0.08)
        return -6 + i * 0.3 + bent(), 50 + j * 0.35 + bent()

    def _ring(self, i: int, j: int) -> list[Point]:
        around = [(i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j), (i, j)]
        sides = [self._border(a, b) for a, b in pairwise(around)]
        return [point for side in sides for point in side[:-1]] + [sides[0][0]]

    def _border(self, a: tuple[int, int], b: tuple[int, int]) -> list[Point]:
        key = (min(a, b), max(a, b))
        if key not in self._borders:
            start, end = self._corners[key[0]], self._corners[key[1]]
            self._borders[key] = [*self._bent(start, end, FINENESS), end]
        return self._borders[key] if key[0] == a else self._borders[key][::-1]

    def _bent(self, a: Point, b: Point, times: int) -> list[Point]:
        if not times:
            return [a]
        far, bent = math.dist(a, b), lambda: self._chance.uniform(-0.15, 0.15)
        middle = ((a[0] + b[0]) / 2 + bent() * far, (a[1] + b[1]) / 2 + bent() * far)
        return self._bent(a, middle, times - 1) + self._bent(middle, b, times - 1)


def _tally(site: servers.Site, number: int) -> list[str]:
    """People of most areas have signed each petition; answers the paths of the maps."""
    load_tables()
    database = Database(Settings.from_environment(site.settings).database_url, pool=2)
    try:
        with database.reading() as db:
            ids = db.scalars(select(Petition.id).order_by(Petition.id).limit(number)).all()
        for petition in ids:
            database.retrying(partial(_count_one, petition=petition))
    finally:
        database.close()
    return [f"/petitions/{petition}/map" for petition in ids]


def _count_one(db: Session, petition: int) -> None:
    chance, at = random.Random(petition), datetime.now(UTC)
    rows = []
    for j in range(ROWS):
        for i in range(COLUMNS):
            count = int(10 ** chance.uniform(0.2, 3.2))
            rows.append(
                {
                    "petition_id": petition,
                    "code": f"X{j:02}{i:02}",
                    "name": "",
                    "imported": 0,
                    "validated": 0,
                    "seen": count,
                    "withheld": count < 5,
                }
            )
    db.execute(insert(AreaCount), rows)
    db.add(AreaFigures(petition_id=petition, at=at, placed=sum(r["seen"] for r in rows), unplaced=0))


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """Both figures of one database."""
    with servers.site(database, "maps") as site:
        petitions = max(int(PETITIONS * chosen.scale), LEAST)
        site.run("import", "uk-petitions", str(library.write(site.folder / "petitions.json", petitions)))
        shapes, people = Country().write(site.folder)
        site.run("import", "areas", str(shapes))
        site.run("import", "populations", str(people))
        pages = _tally(site, petitions)
        _cached(database, driver, site, pages[0], chosen, report)
        _uncached(database, driver, site, pages, chosen, report)


def _cached(database: str, driver: Driver, site: servers.Site, page: str, chosen: Options, report: Report) -> None:
    def read(server: servers.Server, seconds: float) -> Tally:
        plan = Plan(server.port, [get(page, server.host, AS_BROWSERS)], READERS, seconds, cycle=True)
        return server.metered(lambda: driver.run(plan))

    with site, servers.ceiling() as ceiling:
        for server in (site, ceiling):
            read(server, WARM_UP)
        lanes = {
            name: partial(read, server, chosen.slice_seconds) for name, server in (("map", site), ("ceiling", ceiling))
        }
        tallies = interleave(lanes)
    rate, most = median_rate(tallies["map"], OK), median_rate(tallies["ceiling"], OK)
    report.figures[f"{database}.map.cached.ratio"] = rounded(rate / most)
    report.figures[f"{database}.map.cached.per_second"] = rounded(rate)
    _note(f"{database} cached", tallies, report)


def _uncached(
    database: str, driver: Driver, site: servers.Site, pages: list[str], chosen: Options, report: Report
) -> None:
    site.tell(PAGE_CACHE="off")
    with site:
        requests = [get(page, site.host, AS_BROWSERS) for page in random.Random(library.SEED).sample(pages, len(pages))]
        plan = Plan(site.port, requests, OTHERS, chosen.slice_seconds, cycle=True)
        lane = lambda: site.metered(lambda: driver.run(plan))
        lane()
        tallies = interleave({"map": lane})
        report.figures[f"{database}.map.peak_mb"] = rounded(servers.peak_mb(site.pid))
    report.figures[f"{database}.map.p95_ms"] = percentile_ms(pooled(tallies["map"]), 95)
    report.figures[f"{database}.map.cpu_ms"] = rounded(1000 / per_cpu_second(tallies["map"], OK))
    _note(f"{database} uncached", tallies, report)


def _note(name: str, tallies: dict[str, list[Tally]], report: Report) -> None:
    report.notes += [spread(f"{name} {lane}", slices) for lane, slices in tallies.items()]
    wrong = sum(one.statuses.total() - one.statuses[OK] for slices in tallies.values() for one in slices)
    if wrong:
        raise RuntimeError(f"{wrong} pages did not answer {OK}:\n" + "\n".join(report.notes))


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("maps", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
