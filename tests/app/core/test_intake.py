"""Guests write into the book through the intake, many at once, and whatever goes wrong nobody is lost or doubled."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, exc, func, insert, select, text
from sqlalchemy.orm import Session

from app.core.db import Database, after_commit, sqlite_module
from app.core.errors import Unavailable
from app.core.idempotency import IdempotentAnswer, KeyReused, Replay, claim
from app.core.intake import Act, ActFailed, Intake
from tests.app.core.guestbook.room import ENTRY, NOBODY, Entry, Guestbook, NotWelcome, Written, entry, names
from tests.fakes import FixedClock

PATIENCE = 10
TOO_LONG = "Hubert Wolfeschlegelsteinhausenbergerdorff"
COLLISION = text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")


@pytest.fixture
def book() -> Guestbook:
    return Guestbook()


@pytest.fixture
def intake(database: Database, book: Guestbook) -> Iterator[Intake]:
    with opened(database, book) as door:
        yield door


@contextmanager
def opened(database: Database, book: Guestbook, **settings: Any) -> Iterator[Intake]:
    """An intake that waits long enough for everybody of a test to come in one batch."""
    door = Intake(database, {Entry: book}, FixedClock(), **({"batch": 256, "wait": 0.1} | settings))
    door.start()
    try:
        yield door
    finally:
        door.close(PATIENCE)


async def submit(intake: Intake, *acts: Act) -> list[Any]:
    """Everybody comes at once; answers and refusals, in order."""
    async with asyncio.timeout(2 * PATIENCE):
        return await asyncio.gather(*(intake.submit(a) for a in acts), return_exceptions=True)


def answers(intake: Intake, *acts: Act) -> list[Any]:
    return asyncio.run(submit(intake, *acts))


class Pause:
    """Stops a batch in the middle until the test says go."""

    def __init__(self) -> None:
        self.reached, self.go = threading.Event(), threading.Event()

    def __call__(self, _db: Session, _acts: object) -> None:
        self.reached.set()
        assert self.go.wait(PATIENCE), "nobody said go"

    async def until_reached(self) -> None:
        assert await asyncio.to_thread(self.reached.wait, PATIENCE), "no batch began"


@pytest.fixture
def pause(book: Guestbook) -> Iterator[Pause]:
    """The first batch waits; the next ones do not."""
    found = Pause()
    book.before = found
    yield found
    found.go.set()


class Commits:
    """Lets tests stand beside each COMMIT."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.real = Session.commit
        self.monkeypatch = monkeypatch

    def run(self, *acts: Callable[[Session], None]) -> None:
        """The first commit of a guestbook is made by the first of these, and so on; then all is as usual."""
        left = list(acts)

        def commit(session: Session) -> None:
            (left.pop(0) if left else self.real)(session)

        self.monkeypatch.setattr(Session, "commit", commit)

    def stored_but_silent(self, session: Session) -> None:
        self.real(session)
        self.lost(session)

    def lost(self, _session: Session) -> None:
        raise exc.OperationalError("COMMIT", {}, ConnectionError("the line went dead"))


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Commits:
    return Commits(monkeypatch)


@pytest.mark.parametrize("bad", [entry("Poison"), entry(TOO_LONG)], ids=["constraint", "data"])
def test_one_bad_entry_among_256_spoils_nobody_elses(
    database: Database, book: Guestbook, intake: Intake, bad: Entry
) -> None:
    guests = [entry(f"Guest {n:03}") for n in range(256)]
    guests[100] = bad
    told = answers(intake, *guests)
    assert isinstance(told.pop(100), ActFailed)
    good = [g.name for g in guests if g is not bad]
    assert told == [Written(name) for name in good]
    assert names(database) == good
    assert len(book.batches[0]) == 256, "they did not come together"


def test_each_guest_is_answered_for_themselves(database: Database, book: Guestbook, intake: Intake) -> None:
    amina, mallory, bob = answers(intake, entry("Amina"), entry("Mallory"), entry("Bob"))
    assert (amina, bob) == (Written("Amina"), Written("Bob"))
    assert isinstance(mallory, NotWelcome)
    assert book.batches == [["Amina", "Mallory", "Bob"]]
    assert names(database) == ["Amina", "Bob"]


def test_a_commit_that_fails_for_one_guest_fails_for_that_guest_alone(database: Database, intake: Intake) -> None:
    told = answers(intake, entry("Amina", host=1), entry("Bob", host=NOBODY), entry("Charlie"))
    assert [told[0], told[2]] == [Written("Amina"), Written("Charlie")]
    assert isinstance(told[1], ActFailed)
    assert names(database) == ["Amina", "Charlie"]
    assert answers(intake, entry("Dora")) == [Written("Dora")]


def test_a_stored_batch_whose_commit_was_not_answered_is_looked_up_and_not_repeated(
    database: Database, book: Guestbook, intake: Intake, commits: Commits
) -> None:
    commits.run(commits.stored_but_silent)
    assert answers(intake, entry("Amina"), entry("Bob")) == [Written("Amina"), Written("Bob")]
    assert names(database) == ["Amina", "Bob"]
    assert book.batches == book.look_ups == [["Amina", "Bob"]]


def test_a_lost_batch_whose_commit_was_not_answered_is_looked_up_and_performed_once_more(
    database: Database, book: Guestbook, intake: Intake, commits: Commits
) -> None:
    commits.run(commits.lost)
    assert answers(intake, entry("Amina"), entry("Bob")) == [Written("Amina"), Written("Bob")]
    assert names(database) == ["Amina", "Bob"]
    assert book.batches == [["Amina", "Bob"]] * 2
    assert book.look_ups == [["Amina", "Bob"]]


def test_a_batch_whose_fate_stays_unknown_is_refused_and_claims_nothing(
    database: Database, book: Guestbook, intake: Intake, commits: Commits
) -> None:
    commits.run(commits.lost, commits.lost)
    told = answers(intake, entry("Amina"), entry("Bob"))
    assert [type(t) for t in told] == [Unavailable, Unavailable]
    assert names(database) == []
    assert len(book.look_ups) == 2


def test_a_fate_that_cannot_be_looked_up_is_refused(
    database: Database, book: Guestbook, intake: Intake, commits: Commits
) -> None:
    def gone() -> None:
        raise exc.OperationalError("SELECT", {}, ConnectionError("still dead"))

    commits.run(commits.stored_but_silent)
    book.before_look_up = gone
    told = answers(intake, entry("Amina"))
    assert isinstance(told[0], Unavailable)
    assert book.batches == [["Amina"]], "nobody may be performed twice on a guess"


def test_a_refused_guest_stays_refused_after_a_commit_of_unknown_fate(
    database: Database, intake: Intake, commits: Commits
) -> None:
    commits.run(commits.stored_but_silent)
    amina, mallory = answers(intake, entry("Amina"), entry("Mallory"))
    assert amina == Written("Amina")
    assert isinstance(mallory, NotWelcome)
    assert names(database) == ["Amina"]


def test_a_commit_that_the_server_finishes_after_the_look_up_is_found_at_last(
    postgres_database: Database, book: Guestbook, commits: Commits
) -> None:
    """The line breaks, the look-up finds nothing, and only then does the server store the first transaction."""
    amina = entry("Amina")
    ghost = postgres_database.session(writes=True)

    def lost(session: Session) -> None:
        session.rollback()
        ghost.execute(insert(ENTRY).values(id=amina.id, name="Amina"))
        threading.Timer(0.3, commits.real, [ghost]).start()
        commits.lost(session)

    commits.run(lost)
    with opened(postgres_database, book) as intake:
        told = answers(intake, amina, entry("Bob"))
    ghost.close()
    assert told == [Written("Amina"), Written("Bob")]
    assert names(postgres_database) == ["Amina", "Bob"]


def test_a_connection_killed_just_before_its_commit_loses_and_doubles_nobody(
    postgres_database: Database, book: Guestbook, commits: Commits
) -> None:
    def kill(session: Session) -> None:
        pid = session.scalar(select(func.pg_backend_pid()))
        with postgres_database.engine.connect() as other:
            other.execute(select(func.pg_terminate_backend(pid)))
        commits.real(session)

    commits.run(kill)
    with opened(postgres_database, book) as intake:
        told = answers(intake, entry("Amina"), entry("Bob"))
    assert told == [Written("Amina"), Written("Bob")]
    assert names(postgres_database) == ["Amina", "Bob"]
    assert len(book.batches) == 2


def test_the_same_act_twice_is_stored_once_and_answered_twice(database: Database, intake: Intake) -> None:
    amina = entry("Amina")
    assert answers(intake, amina, amina, entry("Bob")) == [Written("Amina"), Written("Amina"), Written("Bob")]
    assert answers(intake, amina) == [Written("Amina")]
    assert names(database) == ["Amina", "Bob"]


def test_a_full_queue_refuses_at_the_door_and_loses_nobody_inside(
    database: Database, book: Guestbook, pause: Pause
) -> None:
    async def crowd(intake: Intake) -> list[Any]:
        first = asyncio.create_task(intake.submit(entry("Amina")))
        await pause.until_reached()
        inside = [asyncio.create_task(intake.submit(entry(f"Guest {n}"))) for n in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await intake.submit(entry("One too many"))
        pause.go.set()
        assert refused.value.status == 503
        assert int(refused.value.headers["retry-after"]) > 0
        return [await task for task in (first, *inside)]

    with opened(database, book, backlog=0.004) as intake:
        intake.seconds_an_act = 0.001
        told = asyncio.run(crowd(intake))
        assert told == [Written("Amina"), *(Written(f"Guest {n}") for n in range(5))]
        assert "One too many" not in names(database)
        assert answers(intake, entry("Zoe")) == [Written("Zoe")], "the door stayed shut"


def test_a_slow_database_makes_the_queue_shorter(database: Database, book: Guestbook) -> None:
    book.before = lambda _db, _acts: time.sleep(0.2)
    with opened(database, book, wait=0) as intake:
        before = intake.seconds_an_act
        answers(intake, entry("Amina"))
    assert intake.seconds_an_act > before + 0.01


def test_whoever_left_before_their_batch_began_is_not_acted_for(
    database: Database, book: Guestbook, intake: Intake, pause: Pause
) -> None:
    async def scenario() -> list[Any]:
        first = asyncio.create_task(intake.submit(entry("Amina")))
        await pause.until_reached()
        bob, charlie = (asyncio.create_task(intake.submit(entry(n))) for n in ("Bob", "Charlie"))
        await asyncio.sleep(0)
        bob.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bob
        pause.go.set()
        return [await first, await charlie]

    assert asyncio.run(scenario()) == [Written("Amina"), Written("Charlie")]
    assert names(database) == ["Amina", "Charlie"]


def test_whoever_leaves_during_their_batch_is_stored_and_harms_nobody(
    database: Database, book: Guestbook, intake: Intake, pause: Pause
) -> None:
    async def scenario() -> Any:
        both = [asyncio.create_task(intake.submit(entry(n))) for n in ("Amina", "Bob")]
        await pause.until_reached()
        both[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await both[0]
        pause.go.set()
        return await both[1]

    assert asyncio.run(scenario()) == Written("Bob")
    assert names(database) == ["Amina", "Bob"]


def test_closing_answers_everybody_who_waits_and_lets_nobody_in(
    database: Database, book: Guestbook, intake: Intake, pause: Pause
) -> None:
    guests = [entry(f"Guest {n}") for n in range(20)]

    async def scenario() -> list[Any]:
        first = asyncio.create_task(intake.submit(entry("Amina")))
        await pause.until_reached()
        waiting = [asyncio.create_task(intake.submit(g)) for g in guests]
        await asyncio.sleep(0)
        closing = asyncio.create_task(asyncio.to_thread(intake.close, PATIENCE))
        while not intake._closed:  # noqa: ASYNC110  another thread sets it
            await asyncio.sleep(0.001)
        with pytest.raises(Unavailable):
            await intake.submit(entry("Too late"))
        pause.go.set()
        await closing
        return [await task for task in (first, *waiting)]

    assert asyncio.run(scenario()) == [Written("Amina"), *(Written(g.name) for g in guests)]
    assert names(database) == sorted(["Amina", *(g.name for g in guests)])


def test_closing_without_patience_refuses_whoever_cannot_be_answered(
    database: Database, book: Guestbook, intake: Intake, pause: Pause
) -> None:
    async def scenario() -> list[Any]:
        first = asyncio.create_task(intake.submit(entry("Amina")))
        await pause.until_reached()
        waiting = [asyncio.create_task(intake.submit(entry(f"Guest {n}"))) for n in range(5)]
        await asyncio.sleep(0)
        await asyncio.to_thread(intake.close, 0.05)
        refused = await asyncio.gather(*waiting, return_exceptions=True)
        pause.go.set()
        return [await first, *refused]

    amina, *refused = asyncio.run(scenario())
    assert amina == Written("Amina")
    assert [type(r) for r in refused] == [Unavailable] * 5
    assert names(database) == ["Amina"]
    assert intake._thread is not None
    intake._thread.join(PATIENCE)
    assert not intake._thread.is_alive(), "the writer waits for ever at an empty queue"


def test_nobody_is_let_in_before_the_intake_is_open(sqlite_database: Database, book: Guestbook) -> None:
    door = Intake(sqlite_database, {Entry: book}, FixedClock())
    told = answers(door, entry("Amina"))
    assert isinstance(told[0], Unavailable)


def keyed(name: str, body: bytes, key: str = "the same key", **other: Any) -> Entry:
    return entry(name, claim=claim("amina", "POST /guestbook", key, body), **other)


def kept(database: Database) -> list[bytes]:
    """The answers kept for keys."""
    with database.reading() as db:
        return list(db.scalars(select(IdempotentAnswer.body)))


def test_the_same_key_and_body_get_the_first_answers_bytes(database: Database, book: Guestbook, intake: Intake) -> None:
    assert answers(intake, keyed("Amina", b"amina")) == [Written("Amina")]
    assert answers(intake, keyed("Amina", b"amina")) == [Replay(201, b'{"written":"Amina"}')]
    assert names(database) == ["Amina"]
    assert book.batches == [["Amina"]]


def test_the_same_key_with_another_body_is_refused(database: Database, intake: Intake) -> None:
    answers(intake, keyed("Amina", b"amina"))
    again, bob = answers(intake, keyed("Bob", b"bob"), entry("Charlie"))
    assert isinstance(again, KeyReused)
    assert again.status == 422
    assert bob == Written("Charlie")
    assert names(database) == ["Amina", "Charlie"]


def test_one_key_twice_in_a_batch_is_performed_once(database: Database, intake: Intake) -> None:
    told = answers(intake, keyed("Amina", b"amina"), keyed("Amina", b"amina"), entry("Bob"))
    assert told == [Written("Amina"), Replay(201, b'{"written":"Amina"}'), Written("Bob")]
    assert names(database) == ["Amina", "Bob"]


def test_an_act_and_its_key_are_stored_together_or_not_at_all(database: Database, intake: Intake) -> None:
    failed, mallory = answers(intake, keyed("Amina", b"amina", "one", host=NOBODY), keyed("Mallory", b"mallory", "two"))
    assert isinstance(failed, ActFailed)
    assert isinstance(mallory, NotWelcome)
    assert kept(database) == []
    assert answers(intake, keyed("Amina", b"amina", "one")) == [Written("Amina")], "the key was spent by a failure"
    assert kept(database) == [b'{"written":"Amina"}']


@contextmanager
def outage(database: Database, book: Guestbook) -> Iterator[None]:
    """The file is locked by another program; the server ends our connections."""
    if not database.is_sqlite:
        book.before = lambda db, _acts: db.execute(select(func.pg_terminate_backend(func.pg_backend_pid())))
        yield
        book.before = lambda _db, _acts: None
        return

    def be_impatient(connection: Any, *_record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 20")

    event.listen(database.engine, "checkout", be_impatient)
    other = sqlite_module().connect(database.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()
        event.remove(database.engine, "checkout", be_impatient)
        database.engine.dispose()


def test_an_outage_refuses_the_whole_batch_at_once_and_the_intake_recovers(
    database: Database, book: Guestbook, intake: Intake
) -> None:
    with outage(database, book):
        told = answers(intake, entry("Amina"), entry("Bob"), entry("Charlie"))
    assert [type(t) for t in told] == [Unavailable] * 3
    assert len(book.batches) == 1, "an outage is no reason to try each guest singly"
    assert names(database) == []
    assert answers(intake, entry("Amina"), entry("Bob")) == [Written("Amina"), Written("Bob")]


def test_a_fault_of_ours_is_answered_and_the_writer_lives_on(
    database: Database, book: Guestbook, intake: Intake
) -> None:
    def stumble(_db: Session, acts: Any) -> None:
        if any(a.name == "Amina" for a in acts):
            raise ZeroDivisionError("ours")

    book.before = stumble
    assert [type(t) for t in answers(intake, entry("Amina"))] == [ActFailed]
    told = answers(intake, entry("Bob"), entry("Amina"))
    assert told[0] == Written("Bob")
    assert isinstance(told[1], ActFailed)
    assert names(database) == ["Bob"]


def test_a_performer_that_forgets_an_answer_stores_nothing(
    database: Database, book: Guestbook, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = book.perform
    monkeypatch.setattr(book, "perform", lambda db, acts, now: list(real(db, acts, now))[1:])
    assert [type(t) for t in answers(intake, entry("Amina"))] == [ActFailed]
    assert names(database) == []


def test_an_act_that_nobody_performs_is_refused_at_the_door(sqlite_database: Database, book: Guestbook) -> None:
    class Dance(Act):
        """No room has said how."""

    with opened(sqlite_database, book) as intake:
        told = answers(intake, Dance(at=entry("").at), entry("Amina"))
        assert isinstance(told[0], LookupError)
        assert told[1] == Written("Amina")


def test_a_stored_act_is_answered_even_if_what_follows_the_commit_fails(
    database: Database, book: Guestbook, intake: Intake
) -> None:
    def fall_over() -> None:
        raise ZeroDivisionError("told after the commit")

    book.before = lambda db, _acts: after_commit(db, fall_over)
    assert answers(intake, entry("Amina"), entry("Bob")) == [Written("Amina"), Written("Bob")]
    assert book.batches == [["Amina", "Bob"]]
    assert names(database) == ["Amina", "Bob"]


def test_what_waits_for_the_commit_is_not_told_of_a_failed_one(
    database: Database, book: Guestbook, intake: Intake
) -> None:
    told: list[str] = []
    book.before = lambda db, acts: after_commit(db, lambda: told.append(acts[0].name))
    answers(intake, entry("Amina", host=NOBODY))
    answers(intake, entry("Bob"))
    assert told == ["Bob"]


@pytest.mark.parametrize(("collisions", "answer"), [(3, Written), (99, Unavailable)])
def test_a_deadlock_is_tried_again_three_times(
    postgres_database: Database, book: Guestbook, collisions: int, answer: type
) -> None:
    left = [None] * collisions

    def collide(db: Session, _acts: object) -> None:
        if left:
            left.pop()
            db.execute(COLLISION)

    book.before = collide
    with opened(postgres_database, book) as intake:
        told = answers(intake, entry("Amina"))
    assert [type(t) for t in told] == [answer]
    assert len(book.batches) == 4
    assert names(postgres_database) == (["Amina"] if answer is Written else [])
