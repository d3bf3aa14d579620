"""1,000 webhooks of ten receivers on this machine: how long it takes until all were taken, and what signing feels of it."""

from __future__ import annotations

import socketserver
import sys
import threading
import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from app.core.db import Database
from app.core.ids import new_id
from app.core.security.keys import Keys
from app.core.settings import Settings
from app.webhooks.model import Endpoint, WebhookAttempt, WebhookDelivery, WebhookEvent
from app.webhooks.rules.answers import DeliveryState
from app.webhooks.service.secrets import new_secret, seal
from bench import servers
from bench.archive import load_tables
from bench.digests import Signing
from bench.driver import Driver, Tally
from bench.measure import Options, Report, Target, at_most, options, percentile_ms, pooled, rounded, spread
from bench.subjects import Subjects

WEBHOOKS, RECEIVERS, ROUNDS = 1_000, 10, 3
QUIET = 8  # slices of each round before they are due
PATIENCE = 120.0  # seconds for all to be taken
BODY = '{"type":"petition.closed","timestamp":"2027-03-01T09:00:00Z","data":{"id":17,"title":"' + "a" * 150 + '"}}'
HOST = "127.0.0.1"


def targets(database: str) -> dict[str, Target]:
    return {
        f"{database}.webhooks.seconds": at_most(60),
        f"{database}.webhooks.sign_p95_ratio": at_most(1.25),
    }


class _Taking(socketserver.StreamRequestHandler):
    """Reads a request to its end and takes it."""

    def handle(self) -> None:
        length = 0
        while (line := self.rfile.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        self.rfile.read(length)
        self.wfile.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        self.server.taken += 1  # type: ignore[attr-defined]


class Receiver(socketserver.ThreadingTCPServer):
    """A port that takes whatever comes, and counts."""

    daemon_threads, allow_reuse_address, request_queue_size = True, True, 64

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Taking)
        self.taken = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Waiting:
    """Webhooks of one site that are due when the bench says so; all of them gone when the block ends."""

    def __init__(self, site: servers.Site, port: int, number: int) -> None:
        load_tables()
        settings = Settings.from_environment(site.settings)
        self._keys = Keys(settings.secret_key)
        self._database = Database(settings.database_url, pool=2)
        self._port, self._number = port, number

    def __enter__(self) -> Waiting:
        self._database.retrying(self._add)
        return self

    def __exit__(self, *_: object) -> None:
        self._database.retrying(self._clear)
        self._database.close()

    def make_due(self) -> None:
        """As if all of it had just happened."""
        again = {"state": DeliveryState.WAITING, "due_at": datetime.now(UTC), "settled_at": None, "attempts": 0}
        self._database.retrying(lambda db: db.execute(update(WebhookDelivery).values(**again)))

    def left(self) -> int:
        with self._database.reading() as db:
            return int(db.scalar(select(func.count()).where(WebhookDelivery.state == DeliveryState.WAITING)) or 0)

    def failed(self) -> int:
        with self._database.reading() as db:
            return int(db.scalar(select(func.count()).where(WebhookAttempt.fault != "")) or 0)

    def _add(self, db: Any) -> None:
        now, receivers = datetime.now(UTC), [new_id() for _ in range(RECEIVERS)]
        for place, i in enumerate(receivers):
            url = f"http://{HOST}:{self._port}/hooks/{place}"
            sealed = seal(self._keys, i, new_secret())
            db.add(Endpoint(id=i, url=url, description="bench", types=[], sealed=sealed, created_at=now))
        db.flush()
        events = [new_id() for _ in range(max(1, self._number // RECEIVERS))]
        about = {"type": "petition.closed", "subject_kind": "petition", "subject_id": 17, "at": now, "body": BODY}
        db.execute(insert(WebhookEvent), [{"id": i, **about} for i in events])
        settled = {"state": DeliveryState.FAILED, "queued_at": now, "due_at": now, "settled_at": now, "attempts": 0}
        db.execute(
            insert(WebhookDelivery),
            [
                {"id": new_id(), "endpoint_id": receiver, "event_id": event, "fault": "", **settled}
                for event in events
                for receiver in receivers
            ],
        )

    def _clear(self, db: Any) -> None:
        for table in (WebhookAttempt, WebhookDelivery, WebhookEvent, Endpoint):
            db.execute(delete(table))


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """Both figures, on a database of its own; booked in the report."""
    number = max(int(WEBHOOKS * chosen.scale), RECEIVERS)
    with Receiver() as receiver, servers.folder(f"drains-{database}") as folder:
        allowed = {"WEBHOOKS_ALLOW_PRIVATE": f"{HOST}:{receiver.port}"}
        with servers.database_url(database, folder) as url:
            site = servers.Site(url, folder, allowed, jobs=True)
            site.run("migrate")
            with Subjects(site) as subjects:
                petition = subjects.open_petition()
            with Waiting(site, receiver.port, number) as waiting, servers.stopping(site):
                site.start()
                _rounds(Signing(driver, site, petition), waiting, receiver, number, database, report)
        receiver.shutdown()


def _rounds(signing: Signing, waiting: Waiting, receiver: Receiver, number: int, database: str, report: Report) -> None:
    signing.slice()
    seconds, quiet, busy = list[float](), list[Tally](), list[Tally]()
    for _round in range(ROUNDS):
        quiet += [signing.slice() for _ in range(QUIET)]
        before, began = receiver.taken, time.monotonic()
        waiting.make_due()
        while waiting.left() and time.monotonic() - began < PATIENCE:
            busy.append(signing.slice())
        seconds.append(time.monotonic() - began)
        if receiver.taken - before < number or waiting.failed():
            raise RuntimeError(f"{receiver.taken - before} webhooks of {number} were taken, {waiting.failed()} failed")
    p95 = [percentile_ms(pooled(tallies), 95) for tallies in (quiet, busy)]
    figures = {
        "seconds": rounded(max(seconds)),
        "sign_p95_ms": p95[0],
        "sign_p95_meanwhile_ms": p95[1],
        "sign_p95_ratio": rounded(p95[1] / p95[0]),
    }
    report.figures |= {f"{database}.webhooks.{key}": value for key, value in figures.items()}
    report.notes += [spread(f"{database} signing", quiet), spread(f"{database} signing meanwhile", busy)]


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("drains", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
