"""What somebody typed before signing in comes back, once, to nobody else, for a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts import drafts
from app.accounts.drafts import Kept, is_own_path
from app.accounts.model import Draft
from tests.site import Town

TYPED = {"body": "The bridge toll hurts night nurses.", "stance": "against"}


def keep(town: Town) -> str:
    return town.database.retrying(lambda db: drafts.keep(db, town.keys, "/petitions/1/discussion", TYPED, town.now))


def test_anas_comment_waits_for_her(town: Town):
    token = keep(town)
    with town.database.writing() as db:
        assert drafts.read(db, town.keys, token, town.now) == Kept("/petitions/1/discussion", TYPED)
        assert drafts.take(db, town.keys, token, town.now) == Kept("/petitions/1/discussion", TYPED)
        assert drafts.take(db, town.keys, token, town.now) is None


def test_nobody_reads_it_in_the_table(town: Town):
    token = keep(town)
    (row,) = town.rows(Draft)
    assert b"night nurses" not in row.sealed
    assert token.encode() not in row.id


def test_a_day_later_it_is_gone(town: Town):
    token = keep(town)
    town.clock.advance(timedelta(hours=24))
    with town.database.writing() as db:
        assert drafts.read(db, town.keys, token, town.now) is None
        drafts.forget_old(db, town.now)
    assert town.rows(Draft) == []


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "", "/a b", "/" + "a" * 400]
)
def test_a_draft_leads_nowhere_else(town: Town, path: str):
    assert not is_own_path(path)
    with pytest.raises(ValueError), town.database.writing() as db:
        drafts.keep(db, town.keys, path, TYPED, town.now)
