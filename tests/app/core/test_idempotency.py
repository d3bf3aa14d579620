"""A program that sends the same call twice gets the same answer twice, for a day."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import exc, func, select

from app.core import idempotency
from app.core.db import Database
from app.core.errors import Invalid
from app.core.idempotency import Claim, IdempotentAnswer, InFlight, KeyReused, Replay, StillRunning, claim
from tests.fakes import NOON

ROUTE = "POST /api/v1/petitions/17/signatures"
BODY = b'{"name":"Amina"}'


def made(caller: str = "Bearer amina", route: str = ROUTE, key: str = "key-1", body: bytes = BODY) -> Claim:
    found = claim(caller, route, key, body)
    assert found is not None
    return found


def count(database: Database) -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(IdempotentAnswer)) or 0


def test_a_call_without_a_key_claims_nothing() -> None:
    assert claim("amina", ROUTE, "", BODY) is None


def test_a_key_belongs_to_one_caller_and_one_route() -> None:
    keys = {made().key, made(caller="Bearer bob").key, made(route=ROUTE + "/1").key, made(key="key-2").key}
    assert len(keys) == 4
    assert made().key == made(body=b"another").key
    assert made().body_digest != made(body=b"another").body_digest
    assert {len(k) for k in keys} == {32}


def test_a_callers_secret_is_not_in_the_claim() -> None:
    assert b"amina" not in made().key


@pytest.mark.parametrize(("length", "is_refused"), [(255, False), (256, True), (10_000, True)])
def test_a_key_has_at_most_255_characters(length: int, *, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(Invalid) as refused:
            claim("amina", ROUTE, "k" * length, BODY)
        assert refused.value.errors[0].field == "Idempotency-Key"
    else:
        assert claim("amina", ROUTE, "k" * length, BODY)


def test_a_kept_answer_comes_back_byte_for_byte(database: Database) -> None:
    answer = b'{"state":"pending","words":"\xc5\xbd\\u0000"}\x00\xff'
    with database.writing() as db:
        idempotency.keep(db, [(made(), 202, answer), (made(key="key-2"), 200, b"")], NOON)
    with database.reading() as db:
        found = idempotency.earlier_answers(db, [made(), made(key="key-2"), made(key="key-3")])
    assert found == {made().key: Replay(202, answer), made(key="key-2").key: Replay(200, b"")}


def test_the_same_key_for_another_body_is_refused(database: Database) -> None:
    with database.writing() as db:
        idempotency.keep(db, [(made(), 202, b"first")], NOON)
    with database.reading() as db:
        found = idempotency.earlier_answers(db, [made(body=b"another")])[made().key]
    assert isinstance(found, KeyReused)
    assert (found.status, found.code) == (422, "idempotency-key-reused")


def test_another_callers_key_is_not_looked_up(database: Database) -> None:
    with database.writing() as db:
        idempotency.keep(db, [(made(), 202, b"first")], NOON)
    with database.reading() as db:
        assert idempotency.earlier_answers(db, [made(caller="Bearer bob")]) == {}
        assert idempotency.earlier_answers(db, []) == {}


def test_a_key_is_kept_once(database: Database) -> None:
    with database.writing() as db:
        idempotency.keep(db, [(made(), 202, b"first")], NOON)
    with pytest.raises(exc.IntegrityError), database.writing() as db:
        idempotency.keep(db, [(made(), 202, b"second")], NOON)
    with database.reading() as db:
        assert idempotency.earlier_answers(db, [made()]) == {made().key: Replay(202, b"first")}


def test_a_failed_transaction_spends_no_key(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as db:
        idempotency.keep(db, [(made(), 202, b"first")], NOON)
        raise ZeroDivisionError
    assert count(database) == 0


def test_answers_are_kept_for_a_day(database: Database) -> None:
    with database.writing() as db:
        idempotency.keep(db, [(made(), 202, b"first")], NOON)
    for hours, kept in ((23, 1), (24, 1), (25, 0)):
        with database.writing() as db:
            idempotency.forget_old(db, NOON + timedelta(hours=hours))
        assert count(database) == kept


# in flight


def test_a_repeat_while_the_first_is_worked_on_is_told_so() -> None:
    flights = InFlight()
    with flights.hold(made()):
        with pytest.raises(StillRunning) as told, flights.hold(made(body=b"another")):
            pass
        assert told.value.status == 409
        with flights.hold(made(key="key-2")), flights.hold(made(caller="Bearer bob")):
            pass
    with flights.hold(made()):
        pass


def test_a_call_that_fails_holds_its_key_no_longer() -> None:
    flights = InFlight()
    with pytest.raises(ZeroDivisionError), flights.hold(made()):
        raise ZeroDivisionError
    with flights.hold(made()):
        pass


def test_calls_without_a_key_never_stand_in_each_others_way() -> None:
    flights = InFlight()
    with flights.hold(None), flights.hold(None):
        pass


def test_of_many_at_the_same_moment_one_gets_through() -> None:
    flights, begin, told = InFlight(), threading.Barrier(8), []

    def call() -> None:
        begin.wait(10)
        try:
            with flights.hold(made()):
                told.append("through")
                end.wait(10)
        except StillRunning:
            told.append("still running")
            end.wait(10)

    end = threading.Barrier(8)
    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(told) == ["still running"] * 7 + ["through"]
