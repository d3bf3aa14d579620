"""Many rows at once are stored as each would be alone, however many there are, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import exc, select

from app.core.batches import insert_many
from app.core.db import Database
from app.core.idempotency import IdempotentAnswer
from app.core.security.nonces import new_key
from app.mail import service as mail
from app.mail.model import Letter, MailboxDay
from tests.fakes import NOON

ANSWERS: Any = IdempotentAnswer.__table__


def answer(n: int, **columns: Any) -> dict[str, Any]:
    row = {"key": n.to_bytes(32, "big"), "body_digest": new_key(), "status": n, "body": bytes([0, n % 256]), "at": NOON}
    return row | columns


def stored(database: Database) -> list[Any]:
    with database.reading() as db:
        return list(db.scalars(select(IdempotentAnswer).order_by(IdempotentAnswer.key)))


@pytest.mark.parametrize("many", [1, 2, 3, 31, 64, 65, 131])
def test_as_many_rows_are_stored_as_are_given(database: Database, many: int) -> None:
    rows = [answer(n) for n in range(many)]
    with database.writing() as db:
        insert_many(db, ANSWERS, rows)
    found = [{c.name: getattr(row, c.name) for c in ANSWERS.c} for row in stored(database)]
    assert found == rows


def test_one_row_that_will_not_do_leaves_none(database: Database) -> None:
    with pytest.raises(exc.IntegrityError), database.writing() as db:
        insert_many(db, ANSWERS, [answer(1), answer(2), answer(2)])
    assert stored(database) == []


def test_a_row_without_a_value_where_others_have_one_is_no_empty_row(database: Database) -> None:
    """Its first column is empty, as no row of the key's own table ever is."""
    rows = [{"status": n, **answer(n), "key": None if n == 1 else bytes(32)} for n in range(3)]
    rows = [{"key": row.pop("key"), **row} for row in rows]
    with pytest.raises(exc.IntegrityError), database.writing() as db:
        insert_many(db, ANSWERS, rows)
    assert stored(database) == []


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 3, 1)
    with pytest.raises(ValueError, match="zone"), database.writing() as db:
        insert_many(db, ANSWERS, [answer(n, at=naive) for n in range(2)])


def test_words_signs_and_facts_arrive_as_they_were(database: Database) -> None:
    facts: list[dict[str, Any]] = [{}, {"say": 'a "%s" \\x41 %(b)s ☃', "n": 2**60}, {"in": {"a": [None, True]}}]
    at = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
    with database.writing() as db:
        mail.queue(db, [mail.row("t", ("k", n), at, facts=said) for n, said in enumerate(facts)])
    with database.reading() as db:
        letters = list(db.scalars(select(Letter).order_by(Letter.recipient_id)))
        assert [one.facts for one in letters] == facts
        assert {(one.created_at, one.once, one.lane) for one in letters} == {(at, None, 0)}


def test_counts_that_are_there_already_are_added_to(database: Database) -> None:
    for _twice in range(2):
        with database.writing() as db:
            mail.count_letters(db, {bytes([0xFF, n]): n for n in range(1, 6)}, NOON)
    with database.reading() as db:
        found = {row.mailbox: row.letters for row in db.scalars(select(MailboxDay))}
    assert found == {bytes([0xFF, n]): 2 * n for n in range(1, 6)}
