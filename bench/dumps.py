"""The night's dump of a million signatures' tallies, one an hour, of a thousand petitions: how long it takes, and by how
much the memory of its process grows meanwhile. :func:`measure` does it in a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from app.core.clock import SystemClock
from app.core.db import Database
from app.core.security.keys import Keys
from app.core.settings import Settings
from app.departments.model import Department
from app.floors import load_rooms
from app.opendata.offer import OpenData
from app.opendata.service.writing import write_now
from app.site import Site
from bench import servers
from bench.archive import connected, department_rows, fill, petition_rows
from bench.driver import Driver
from bench.measure import Options, Report, Target, at_most, options, rounded
from petitions.model.petition import HourCount, Petition

PETITIONS, HOURS = 1_000, 1_000
SECONDS, MEMORY_MIB = 120, 50


def targets(database: str) -> dict[str, Target]:
    return {
        f"{database}.dump.seconds": at_most(SECONDS),
        f"{database}.dump.memory_mib": at_most(MEMORY_MIB),
    }


def measure(database: str, _driver: Driver | None, chosen: Options, report: Report) -> None:
    """Of one database."""
    petitions = max(10, int(PETITIONS * chosen.scale))
    with servers.folder(f"dumps-{database}") as folder, servers.database_url(database, folder) as url:
        servers.Site(url, folder, {}).run("migrate")
        _fill(url, petitions)
        told = _dump_apart(url, folder)
    if told["rows"] < petitions * HOURS:
        raise RuntimeError(f"{told['rows']:,} rows were dumped of {petitions * HOURS:,}")
    report.figures[f"{database}.dump.seconds"] = rounded(told["seconds"])
    report.figures[f"{database}.dump.memory_mib"] = rounded(told["grew"])
    report.notes.append(f"{database} dump: {told['rows']:,} rows, {told['bytes'] / 1e6:,.0f} MB")


def _fill(url: str, petitions: int) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with connected(url) as connection:
        fill(connection, Department.__table__, department_rows(now))
        rows = petition_rows([HOURS] * petitions, now)
        fill(connection, Petition.__table__, (r | {"state": "open", "opened_at": r["created_at"]} for r in rows))
        fill(connection, HourCount.__table__, _hours(petitions, now))
        connection.commit()


def _hours(petitions: int, now: datetime) -> Iterator[dict[str, Any]]:
    for petition in range(1, petitions + 1):
        for back in range(HOURS, 0, -1):
            yield {"petition_id": petition, "hour": now - timedelta(hours=back), "validated": 1}


def _dump_apart(url: str, folder: Path) -> dict[str, Any]:
    """What a fresh process says of it: the bench's own memory is no measure."""
    asked = [sys.executable, "-m", "bench.dumps", "--dump", url, str(folder)]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=1_800)
    if done.returncode:
        raise RuntimeError(f"the dump ended with {done.returncode}: {done.stderr[-1000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def dump(url: str, folder: str) -> dict[str, Any]:
    """Write one and tell of it. Memory counts from the end of the first batch, when everything is loaded."""
    settings, clock = Settings(database_url=url, files_folder=f"{folder}/files"), SystemClock()
    site = Site(settings=settings, keys=Keys(settings.secret_key), clock=clock)
    load_rooms(site)
    offer: OpenData = site.dependencies["open_data"]
    database, process, seen = Database(url, pool=2), psutil.Process(), list[int]()
    lock = offer.shelf.try_lock()
    assert lock is not None
    began = time.monotonic()
    try:
        manifest = write_now(
            offer.writing(clock.now()),
            database.reading,
            lambda _key, _rows: seen.append(process.memory_info().rss),
            clock.now,
        )
    finally:
        lock.release()
        database.close()
    return {
        "seconds": time.monotonic() - began,
        "grew": (max(seen) - seen[0]) / 2**20,
        "rows": sum(d.rows for d in manifest.datasets if d.key == "signatures-by-hour"),
        "bytes": manifest.size,
    }


def main() -> int:
    if sys.argv[1:2] == ["--dump"]:
        print(json.dumps(dump(*sys.argv[2:4])))
        return 0
    chosen = options(__doc__)
    report = Report("dumps", {k: t for database in chosen.databases for k, t in targets(database).items()})
    for database in chosen.databases:
        measure(database, None, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
