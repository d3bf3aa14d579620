"""What the clock makes happen: a thread that runs due jobs, one short transaction each."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exc, or_, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.batches import upsert
from app.core.clock import Clock
from app.core.db import Base, Database, Instant, rows_changed
from app.core.errors import Unavailable

log = logging.getLogger("townsquare.jobs")
MOST_STEPS = 100
LEASE = timedelta(minutes=5)


@dataclass(frozen=True)
class Job:
    """``act`` answers whether there is more to do at once (0: not)."""

    name: str
    act: Callable[[Session, datetime], int]
    every: timedelta
    #: steps in a row, before other jobs and whoever writes have their turn
    at_once: int = MOST_STEPS


class JobLease(Base):
    """Which worker runs a job until when, so that two machines do not."""

    __tablename__ = "core_job_lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime | None] = mapped_column(Instant)
    last_run_at: Mapped[datetime | None] = mapped_column(Instant)


class JobRunner:
    """Runs each job as often as it asks for, until stopped."""

    def __init__(self, database: Database, jobs: Sequence[Job], clock: Clock) -> None:
        self.database, self.jobs, self.clock = database, jobs, clock
        self._due = {job.name: 0.0 for job in jobs}
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def work(self) -> None:
        while not self._stop.is_set():
            for job in self.jobs:
                if self._stop.is_set():
                    return
                if time.monotonic() >= self._due[job.name]:
                    self._due[job.name] = time.monotonic() + job.every.total_seconds()
                    self.run(job, job.at_once)
            self._stop.wait(0.5)

    def run(self, job: Job, most: int = MOST_STEPS) -> int:
        """Step by step until it has nothing left; a fault waits for the next time."""
        steps = 0
        try:
            if not self._lease(job):
                return 0
            while steps < most and not self._stop.is_set():
                steps += 1
                if not self.database.retrying(lambda db: job.act(db, self.clock.now())):
                    break
                time.sleep(0.01)  # whoever waits at the gate goes first
            self._release(job)
        except (exc.SQLAlchemyError, Unavailable) as fault:
            log.warning("job %r waits for the database: %s", job.name, type(fault).__name__)
        except Exception:
            log.exception("job %r failed", job.name)
        return steps

    def run_all(self) -> None:
        """Each job once, now; for tests and commands."""
        for job in self.jobs:
            self.run(job)

    def _lease(self, job: Job) -> bool:
        if self.database.is_sqlite:
            return True
        now, table = self.clock.now(), JobLease.__table__

        def take(db: Session) -> bool:
            db.execute(upsert(db, table).values(name=job.name).on_conflict_do_nothing())  # type: ignore[arg-type]
            taken = db.execute(
                update(JobLease)
                .where(JobLease.name == job.name, or_(JobLease.until.is_(None), JobLease.until < now))
                .values(until=now + LEASE)
            )
            return bool(rows_changed(taken))

        return self.database.retrying(take)

    def _release(self, job: Job) -> None:
        if not self.database.is_sqlite:
            now = self.clock.now()
            self.database.retrying(
                lambda db: db.execute(
                    update(JobLease).where(JobLease.name == job.name).values(until=None, last_run_at=now)
                )
            )
