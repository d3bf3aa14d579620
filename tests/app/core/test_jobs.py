"""What the clock makes happen: every job in its turn, a broken one alone, and on one machine at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import exc, insert, select
from sqlalchemy.orm import Session

from app.core.db import Database
from app.core.errors import Unavailable
from app.core.jobs import LEASE, MOST_STEPS, Job, JobLease, JobRunner
from tests.app.core.guestbook.room import ENTRY, names
from tests.fakes import NOON, FixedClock

HOUR = timedelta(hours=1)


class Chore:
    """Has so much to do, one step at a time; what it does is stored."""

    def __init__(self, name: str, steps: int = 1, fault: Exception | None = None) -> None:
        self.name, self.left, self.fault = name, steps, fault
        self.told: list[datetime] = []

    def __call__(self, db: Session, now: datetime) -> int:
        self.told.append(now)
        self.left -= 1
        db.execute(insert(ENTRY).values(id=len(self.told) + abs(hash(self.name)) % 10**9, name=self.name))
        if self.fault:
            raise self.fault
        return max(0, self.left)

    def job(self, every: timedelta = HOUR) -> Job:
        return Job(self.name, self, every)


def runner(database: Database, *chores: Chore, clock: FixedClock | None = None) -> JobRunner:
    return JobRunner(database, [c.job() for c in chores], clock or FixedClock())


def test_a_job_goes_on_until_nothing_is_left(database: Database) -> None:
    sweep = Chore("sweep", steps=5)
    assert runner(database, sweep).run(sweep.job()) == 5
    assert sweep.told == [NOON] * 5
    assert names(database) == ["sweep"] * 5


def test_a_job_that_never_ends_lets_the_others_have_their_turn(sqlite_database: Database) -> None:
    endless, after = Chore("endless", steps=10**9), Chore("after")
    runner(sqlite_database, endless, after).run_all()
    assert len(endless.told) == MOST_STEPS
    assert len(after.told) == 1


@pytest.mark.parametrize(
    "fault",
    [ZeroDivisionError(), Unavailable(), exc.OperationalError("SELECT", {}, ConnectionError())],
    ids=["ours", "busy", "database"],
)
def test_a_job_that_fails_stores_nothing_and_stops_no_other(database: Database, fault: Exception) -> None:
    broken, after = Chore("broken", fault=fault), Chore("after")
    runner(database, broken, after).run_all()
    assert len(broken.told) == len(after.told) == 1
    assert names(database) == ["after"]


def test_a_job_that_failed_has_another_turn(database: Database) -> None:
    clock = FixedClock()
    chore = Chore("close petitions", fault=ZeroDivisionError())
    jobs = runner(database, chore, clock=clock)
    jobs.run_all()
    chore.fault = None
    clock.advance(LEASE + timedelta(seconds=1))
    jobs.run_all()
    assert names(database) == ["close petitions"]


def test_jobs_run_when_they_are_due_and_end_when_they_are_told(sqlite_database: Database) -> None:
    often, seldom = Chore("often", steps=0), Chore("seldom", steps=0)
    jobs = JobRunner(sqlite_database, [often.job(timedelta(seconds=0.1)), seldom.job(HOUR)], FixedClock())
    thread = threading.Thread(target=jobs.work, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while len(often.told) < 3:
        assert time.monotonic() < deadline, "the job did not come round again"
        time.sleep(0.01)
    jobs.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert len(seldom.told) == 1


def test_a_runner_that_is_stopped_leaves_a_long_job_between_two_steps(sqlite_database: Database) -> None:
    chore = Chore("long", steps=10**9)
    jobs = runner(sqlite_database, chore)
    real = chore.job()

    def stop_soon(db: Session, now: datetime) -> int:
        if len(chore.told) == 3:
            jobs.stop()
        return chore(db, now)

    assert jobs.run(Job(real.name, stop_soon, HOUR)) == 4
    assert len(names(sqlite_database)) == 4


# two machines


def meanwhile(act: Callable[[], object], chore: Chore) -> Chore:
    """Another machine does something in the middle of the chore."""
    real = chore.__call__

    class Busy(Chore):
        def __call__(self, db: Session, now: datetime) -> int:
            act()
            return real(db, now)

    busy = Busy(chore.name)
    busy.told = chore.told
    return busy


def test_two_machines_do_not_do_the_same_job(postgres_database: Database) -> None:
    second = Chore("close petitions")
    other = runner(postgres_database, second)
    steps: list[int] = []
    first = meanwhile(lambda: steps.append(other.run(second.job())), Chore("close petitions"))
    assert runner(postgres_database, first).run(first.job()) == 1
    assert steps == [0]
    assert names(postgres_database) == ["close petitions"]
    assert other.run(second.job()) == 1, "the first has finished: now the second may"


def test_a_machine_that_died_holds_its_job_for_five_minutes_only(postgres_database: Database) -> None:
    clock = FixedClock()
    chore = Chore("close petitions")
    jobs = runner(postgres_database, chore, clock=clock)
    with postgres_database.writing() as db:
        db.add(JobLease(name=chore.name, until=clock.now() + LEASE, last_run_at=None))
    assert jobs.run(chore.job()) == 0
    clock.advance(LEASE)
    assert jobs.run(chore.job()) == 0
    clock.advance(timedelta(seconds=1))
    assert jobs.run(chore.job()) == 1


def test_another_job_is_nobodys_business(postgres_database: Database) -> None:
    second = Chore("send reminders")
    other = runner(postgres_database, second)
    steps: list[int] = []
    first = meanwhile(lambda: steps.append(other.run(second.job())), Chore("close petitions"))
    runner(postgres_database, first).run(first.job())
    assert steps == [1]


def test_a_finished_job_says_when_it_last_ran(postgres_database: Database) -> None:
    chore = Chore("close petitions")
    runner(postgres_database, chore).run_all()
    with postgres_database.reading() as db:
        lease = db.scalars(select(JobLease)).one()
    assert (lease.until, lease.last_run_at) == (None, NOON)


def test_eight_machines_that_start_together_do_it_once(postgres_database: Database) -> None:
    begin = threading.Barrier(8)
    done: list[int] = []

    def slow(db: Session, now: datetime) -> int:
        time.sleep(0.2)
        return 0

    def work() -> None:
        jobs = JobRunner(postgres_database, [], FixedClock())
        begin.wait(10)
        done.append(jobs.run(Job("close petitions", slow, HOUR)))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(done) == [0] * 7 + [1]
