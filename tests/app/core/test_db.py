"""Reading sees one moment and cannot write; writing waits its turn, is stored whole, and is tried again after a collision."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, bindparam, exc, insert, literal, select, text, update
from sqlalchemy.orm import Session

from app.core.batches import Prepared, insert_many
from app.core.db import (
    Database,
    Gate,
    Instant,
    abandon,
    after_commit,
    finish,
    is_collision,
    is_outage,
    is_reachable,
    normal_url,
)
from app.core.errors import Unavailable, WriteOutsideWrites
from tests.app.core.guestbook.room import ENTRY, NOBODY, names

PATIENCE = 10


def write(db: Session, name: str, **other: int) -> None:
    values = {"id": abs(hash(name)) % 10**9, "name": name} | other
    db.execute(insert(ENTRY).values(**values))


@contextmanager
def beside(act: Callable[[], object]) -> Iterator[threading.Thread]:
    """``act`` runs in a thread of its own, which has ended when the block has."""
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    yield thread
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it never ended"


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.001)


# reading


@pytest.mark.parametrize(
    "statement",
    [
        insert(ENTRY).values(id=1, name="Careless"),
        update(ENTRY).values(name="Careless"),
        text("DELETE FROM guestbook_entry"),
        text("  insert INTO guestbook_entry (id, name) VALUES (1, 'Careless')"),
        insert(ENTRY)
        .from_select(["id", "name"], select(literal(1), literal("Careless")))
        .add_cte(select(literal(1)).cte("unused")),
        text("CREATE TABLE careless (id integer)"),
    ],
    ids=["insert", "update", "delete", "spelt-oddly", "behind-a-with", "create"],
)
def test_a_reading_session_refuses_to_write(database: Database, statement: object) -> None:
    with pytest.raises(WriteOutsideWrites), database.reading() as db:
        db.execute(statement)
    assert names(database) == []


def test_a_reading_session_refuses_what_the_orm_wants_to_flush(database: Database) -> None:
    from app.core.freshness import PageVersion

    with pytest.raises(WriteOutsideWrites), database.reading() as db:
        db.add(PageVersion(key="careless", version=1))
        db.flush()


def test_reading_goes_on_after_a_refused_write(database: Database) -> None:
    for _ in range(40):  # more than the pool has connections
        with pytest.raises(WriteOutsideWrites), database.reading() as db:
            write(db, "Careless")
    with database.writing() as db:
        write(db, "Amina")
    assert names(database) == ["Amina"]


def test_a_reader_sees_one_moment_whatever_others_store(database: Database) -> None:
    with database.reading() as db:
        before = db.scalars(select(ENTRY.c.name)).all()
        with database.writing() as other:
            write(other, "Amina")
        after = db.scalars(select(ENTRY.c.name)).all()
    assert before == after == []
    assert names(database) == ["Amina"]


# writing


def test_a_block_that_ends_badly_stores_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as db:
        write(db, "Amina")
        raise ZeroDivisionError
    assert names(database) == []


def test_a_commit_that_fails_stores_nothing_and_leaves_no_lock(database: Database) -> None:
    told: list[str] = []
    with pytest.raises(exc.IntegrityError), database.writing() as db:
        after_commit(db, lambda: told.append("Bob"))
        write(db, "Bob", host=NOBODY)
    started = time.monotonic()
    with database.writing() as db:
        after_commit(db, lambda: told.append("Amina"))
        write(db, "Amina", host=1)
    assert time.monotonic() - started < 2, "the failed one still held the gate"
    assert names(database) == told == ["Amina"]


def test_what_waits_for_the_commit_sees_it_stored(database: Database) -> None:
    seen: list[list[str]] = []
    with database.writing() as db:
        write(db, "Amina")
        after_commit(db, lambda: seen.append(names(database)))
        assert seen == []
    assert seen == [["Amina"]]


def test_one_listener_that_fails_after_the_commit_stops_no_other(database: Database) -> None:
    told: list[str] = []

    def fall_over() -> None:
        raise ZeroDivisionError

    with database.writing() as db:
        write(db, "Amina")
        after_commit(db, fall_over)
        after_commit(db, lambda: told.append("Amina"))
    assert names(database) == told == ["Amina"]


def test_what_was_loaded_stays_readable_after_the_end(database: Database) -> None:
    from app.core.freshness import PageVersion, touch

    with database.writing() as db:
        touch(db, "loaded")
    with database.reading() as db:
        loaded = db.get_one(PageVersion, "loaded")
    assert loaded.version == 1


def test_an_abandoned_session_can_be_abandoned_again(database: Database) -> None:
    session = database.session(writes=True)
    write(session, "Amina")
    abandon(session)
    abandon(session)
    finish(session)  # nothing is left to store
    assert names(database) == []


# the gate


def test_the_intake_passes_the_requests_that_wait() -> None:
    gate, order = Gate(), []

    def go(who: str, *, first: bool) -> None:
        gate.enter(first=first)
        order.append(who)
        gate.leave()

    gate.enter()
    with beside(lambda: go("a request", first=False)), beside(lambda: go("another", first=False)):
        time.sleep(0.05)
        with beside(lambda: go("the intake", first=True)):
            until(lambda: gate._first_waiting == 1)
            assert order == []
            gate.leave()
    assert order[0] == "the intake"
    assert len(order) == 3


def test_whoever_comes_straight_back_does_not_pass_those_who_wait() -> None:
    gate, order = Gate(), []

    def wait(who: str) -> None:
        gate.enter()
        order.append(who)
        gate.leave()

    gate.enter()
    with beside(lambda: wait("the job")):
        until(lambda: len(gate._lines[False]) == 1)
        for _ in range(3):
            gate.leave()
            gate.enter()
            order.append("the postman")
        gate.leave()
    assert order[0] == "the job"


def test_only_one_is_inside() -> None:
    gate, inside, most = Gate(), 0, []

    def go(*, first: bool) -> None:
        nonlocal inside
        for _ in range(50):
            gate.enter(first=first)
            inside += 1
            most.append(inside)
            time.sleep(0)
            inside -= 1
            gate.leave()

    with beside(lambda: go(first=True)), beside(lambda: go(first=False)), beside(lambda: go(first=False)):
        pass
    assert len(most) == 150
    assert max(most) == 1


@pytest.mark.parametrize("first", [True, False])
def test_whoever_waits_too_long_at_the_gate_is_told_that_we_are_busy(*, first: bool) -> None:
    gate = Gate(patience=0.03)
    gate.enter()
    with pytest.raises(Unavailable) as busy:
        gate.enter(first=first)
    assert busy.value.status == 503
    gate.leave()
    gate.enter()
    gate.leave()
    gate.enter(first=True)


def test_the_intake_writes_before_a_request_that_came_earlier(sqlite_database: Database) -> None:
    def request() -> None:
        with sqlite_database.writing() as db:
            write(db, "A request")
            order.append("request")

    def intake() -> None:
        with sqlite_database.writing(first=True) as db:
            write(db, "The intake")
            order.append("intake")

    order: list[str] = []
    with sqlite_database.writing() as db:
        write(db, "Whoever is inside")
        holder = beside(request)
        with holder:
            time.sleep(0.1)
            with beside(intake):
                until(lambda: sqlite_database.gate._first_waiting == 1)
                finish(db)
    assert order == ["intake", "request"]
    assert len(names(sqlite_database)) == 3


def test_a_writing_session_holds_the_gate_from_its_first_write_only(sqlite_database: Database) -> None:
    gate = sqlite_database.gate
    with sqlite_database.writing() as db:
        db.execute(select(ENTRY.c.name))
        assert not gate._held
        write(db, "Amina")
        assert gate._held
    assert not gate._held
    with sqlite_database.writing() as db:
        db.execute(select(ENTRY.c.id).with_for_update())
        assert gate._held, "a locking read decides what is written: it must wait its turn"
    with pytest.raises(ZeroDivisionError), sqlite_database.writing() as db:
        write(db, "Bob")
        raise ZeroDivisionError
    assert not gate._held


def test_readers_do_not_wait_for_a_writer(sqlite_database: Database) -> None:
    with sqlite_database.writing() as db:
        write(db, "Amina")
        started = time.monotonic()
        assert names(sqlite_database) == []
        assert time.monotonic() - started < 1


# collisions


def raise_in_database(db: Session, state: str) -> None:
    db.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"))


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_an_act_is_tried_again_after_a_collision(postgres_database: Database, state: str) -> None:
    tries: list[int] = []

    def act(db: Session) -> str:
        write(db, "Amina")
        tries.append(1)
        if len(tries) < 4:
            raise_in_database(db, state)
        return "done"

    assert postgres_database.retrying(act) == "done"
    assert len(tries) == 4
    assert names(postgres_database) == ["Amina"]


def test_a_collision_that_goes_on_is_given_up_after_three_more_tries(postgres_database: Database) -> None:
    tries: list[int] = []

    def act(db: Session) -> None:
        tries.append(1)
        raise_in_database(db, "40001")

    with pytest.raises(exc.OperationalError) as gave_up:
        postgres_database.retrying(act)
    assert is_collision(gave_up.value)
    assert len(tries) == 4


def test_any_other_fault_is_not_tried_again(database: Database) -> None:
    tries: list[int] = []

    def act(db: Session) -> None:
        tries.append(1)
        write(db, "Poison")

    with pytest.raises(exc.IntegrityError):
        database.retrying(act)
    assert len(tries) == 1


def test_two_who_lock_the_same_rows_in_opposite_order_both_get_through(postgres_database: Database) -> None:
    rows = Table("guestbook_seat", MetaData(), Column("id", Integer, primary_key=True), Column("taken", Integer))
    with postgres_database.engine.begin() as connection:
        rows.create(connection)
        connection.execute(insert(rows), [{"id": 1, "taken": 0}, {"id": 2, "taken": 0}])
    both_hold_one, tries = threading.Barrier(2), []

    def take(first: int, second: int) -> None:
        def act(db: Session) -> None:
            tries.append(first)
            db.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
            db.execute(update(rows).where(rows.c.id == first).values(taken=rows.c.taken + 1))
            if len(tries) <= 2:
                both_hold_one.wait(PATIENCE)
            db.execute(update(rows).where(rows.c.id == second).values(taken=rows.c.taken + 1))

        postgres_database.retrying(act)

    with beside(lambda: take(1, 2)), beside(lambda: take(2, 1)):
        pass
    with postgres_database.engine.begin() as connection:
        assert connection.scalars(select(rows.c.taken)).all() == [2, 2]
        rows.drop(connection)
    assert len(tries) == 3, "there was no deadlock to get through"


# whose fault it is


def fault_of(database: Database, act: Callable[[Session], object]) -> Exception:
    with pytest.raises(Exception) as caught, database.writing() as db:
        act(db)
    return caught.value


def test_a_bad_act_is_no_outage(database: Database) -> None:
    assert not is_outage(fault_of(database, lambda db: write(db, "Poison")))
    assert not is_outage(fault_of(database, lambda db: db.execute(text("SELECT * FROM nowhere"))))
    assert not is_outage(fault_of(database, lambda db: db.execute(text("SELEKT 1"))))
    assert not is_outage(fault_of(database, lambda _db: 1 / 0))


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_collision_is_no_outage(postgres_database: Database, state: str) -> None:
    fault = fault_of(postgres_database, lambda db: raise_in_database(db, state))
    assert is_collision(fault)
    assert not is_outage(fault)


@pytest.mark.parametrize("state", ["53100", "53300", "55P03", "57014", "57P01", "08006", "58030"])
def test_a_full_disk_a_time_out_and_a_lost_server_are_outages(postgres_database: Database, state: str) -> None:
    assert is_outage(fault_of(postgres_database, lambda db: raise_in_database(db, state)))


def test_an_unreachable_database_is_said_to_be_so(sqlite_database: Database, tmp_path: object) -> None:
    assert is_reachable(sqlite_database)
    for url in (f"sqlite:///{tmp_path}", "postgresql://nobody@127.0.0.1:1/nothing"):
        gone = Database(url)
        assert not is_reachable(gone)
        gone.close()


def test_a_waiter_for_a_connection_is_told_that_we_are_busy(sqlite_database: Database) -> None:
    small = Database(sqlite_database.url, pool=1)
    small.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    taken = [small.session(writes=False) for _ in range(9)]
    for session in taken:
        session.connection()
    with pytest.raises(exc.TimeoutError) as busy, small.reading() as db:
        db.connection()
    assert is_outage(busy.value)
    for session in taken:
        session.close()
    small.close()


# small promises


@pytest.mark.parametrize("start", ["postgres://", "postgresql://"])
def test_operators_may_write_postgres_urls_as_they_are_used_to(start: str) -> None:
    assert normal_url(start + "amina@db/town") == "postgresql+psycopg://amina@db/town"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_that_is_lost_with_the_process_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="in-memory"):
        Database(url)


def test_an_instant_comes_back_as_it_was_stored(database: Database) -> None:
    table = Table("guestbook_visit", MetaData(), Column("at", Instant))
    noon = datetime(2026, 3, 29, 12, 30, 0, 5, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with database.engine.begin() as connection:
        table.create(connection)
    try:
        with database.writing() as db:
            db.execute(insert(table), [{"at": noon}, {"at": None}])
        with database.reading() as db:
            found = [row.at for row in db.execute(select(table))]
        assert found == [noon, None]
        assert found[0].tzinfo is UTC
        with pytest.raises(exc.StatementError, match="zone"), database.writing() as db:
            db.execute(insert(table), [{"at": noon.replace(tzinfo=None)}])
    finally:
        with database.engine.begin() as connection:
            table.drop(connection)


@pytest.mark.parametrize("guests", [0, 1, 3, 64, 65, 200])
def test_a_batch_of_any_size_is_stored_whole(database: Database, guests: int) -> None:
    rows = [{"id": n, "name": f"Guest {n}"} for n in range(guests)]
    with database.writing() as db:
        insert_many(db, ENTRY, rows)
    assert names(database) == sorted(row["name"] for row in rows)


def test_one_bad_row_spoils_its_whole_batch(database: Database) -> None:
    rows = [{"id": n, "name": "Poison" if n == 130 else f"Guest {n}"} for n in range(140)]
    with pytest.raises(exc.IntegrityError), database.writing() as db:
        insert_many(db, ENTRY, rows)
    assert names(database) == []


def test_a_row_that_comes_twice_in_a_batch_meets_the_first_one(database: Database) -> None:
    longer = Prepared(
        lambda insert: (one := insert(ENTRY).values(id=bindparam("id"), name=bindparam("name"))).on_conflict_do_update(
            index_elements=["id"], set_={"name": ENTRY.c.name.concat(one.excluded.name)}
        )
    )
    with database.writing() as db:
        longer.run(db, [{"id": n % 3, "name": str(n)} for n in range(7)])
    assert names(database) == ["036", "14", "25"]
