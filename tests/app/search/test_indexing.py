"""How the index is kept: in short steps that go on where they were, and mend what nobody marked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.core.clock import SystemClock
from app.core.db import Database
from app.core.subject import SubjectRef
from app.search import verify
from app.search.commands import rebuild_all
from app.search.model import FoundDocument, KnownWord, Round, Stale, WordPart
from app.search.rules import numbers
from app.search.service.indexing import A_STEP, Indexing
from tests.app.search.shelves import NOW, Shelf, Shelves


@pytest.fixture
def shelves(database: Database) -> Shelves:
    return Shelves(database, petition=Shelf(), comment=Shelf(owners={"petition"}, code=2))


def test_an_index_is_filled_in_steps_and_goes_on_where_another_process_stopped(shelves: Shelves):
    for i in range(1, 2 * A_STEP + 5):
        shelves.lay("petition", 3 * i, f"Ferry {i}")
    for _ in range(2):
        shelves.database.retrying(lambda db: shelves.indexing.first_round(db, NOW))
    shelves.indexing = Indexing(shelves.shelves)
    read = len(shelves.shelves["petition"].read_ids)
    assert shelves.fill() == 2
    assert len(shelves.shelves["petition"].read_ids) == read + 4
    assert len(shelves.found("ferry")) == 20
    with shelves.database.reading() as db:
        assert shelves.indexing.is_filled(db)
        assert db.scalar(select(func.count()).select_from(FoundDocument)) == 2 * A_STEP + 4


def test_numbers_that_chance_draws_twice_are_drawn_again(shelves: Shelves, monkeypatch: pytest.MonkeyPatch):
    draws = iter([7, 7, 7, 8, 7, 9])
    monkeypatch.setattr(numbers.secrets, "randbits", lambda _bits: next(draws))
    shelves.lay("petition", 1, "Ferry")
    shelves.lay("petition", 2, "Ferry")
    shelves.fill()
    shelves.put("petition", 3, "Ferry")
    shelves.index()
    assert len(shelves.found("ferry")) == 3


def test_what_is_gone_without_a_mark_is_mended_by_the_next_round(shelves: Shelves):
    for i in range(1, A_STEP + 20):
        shelves.lay("petition", i, f"Ferry {i}")
    shelves.fill()
    shelves.shelves["petition"].documents.clear()
    shelves.lay("petition", 500, "Weir")
    for _ in range(6):
        shelves.indexing._rests_until = 0.0
        shelves.database.retrying(lambda db: shelves.indexing.walk(db, NOW + timedelta(days=1)))
    assert shelves.found("ferry") == []
    assert shelves.found("weir") == ["petition:500"]


def test_many_things_that_are_gone_leave_the_index_in_steps(shelves: Shelves):
    for i in range(1, 3 * A_STEP):
        shelves.lay("petition", i, "Ferry")
    shelves.fill()
    shelves.shelves["petition"].documents = {3 * A_STEP: shelves.lay("petition", 3 * A_STEP, "Ferry")}
    shelves.database.retrying(lambda db: shelves.indexing.begin_anew(db, NOW))
    assert shelves.fill() >= 3
    assert shelves.found("ferry") == [f"petition:{3 * A_STEP}"]


def test_what_belongs_to_something_follows_it_in_steps(shelves: Shelves):
    pier = SubjectRef("petition", 1)
    shelves.put("petition", 1, "Pier")
    for i in range(1, A_STEP * 2):
        shelves.lay("comment", i, "Pier", "Anchors.", under=(pier,))
    shelves.fill()
    shelves.index()
    assert shelves.find("anchors").total == A_STEP * 2 - 1
    shelves.take("petition", 1)
    for i in range(1, A_STEP * 2):
        del shelves.shelves["comment"].documents[i]
    assert shelves.found("anchors") == []  # at once, because what they belong to is marked
    assert shelves.index() >= 3
    assert shelves.find("anchors").total == 0
    with shelves.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Stale)) == 0
        assert db.scalar(select(func.count()).select_from(FoundDocument)) == 0


def test_words_are_known_as_long_as_a_text_has_them(shelves: Shelves):
    shelves.put("petition", 1, "Quince quince", "A quince")
    shelves.put("petition", 2, "Quince")
    shelves.put("petition", 3, "Medlar", readers=["staff"])
    shelves.index()
    with shelves.database.reading() as db:
        known = db.get(KnownWord, "quince")
        assert known is not None
        assert known.texts == 2
        assert db.get(KnownWord, "medlar") is None  # what staff alone read is offered to nobody
    shelves.put("petition", 1, "Quinces")
    shelves.take("petition", 2)
    shelves.index()
    with shelves.database.reading() as db:
        assert db.get(KnownWord, "quince") is None
        assert db.scalars(select(WordPart.word).distinct()).all() == ["quinces"]


def test_a_rebuild_that_was_broken_off_goes_on_and_ends(shelves: Shelves):
    for i in range(1, A_STEP + 5):
        shelves.lay("petition", i, "Ferry")
    shelves.fill()
    shelves.database.retrying(lambda db: shelves.indexing.begin_anew(db, NOW))
    shelves.database.retrying(lambda db: shelves.indexing.first_round(db, NOW))
    assert rebuild_all(shelves.database, shelves.indexing, SystemClock()) == 4  # the others were done before
    assert rebuild_all(shelves.database, shelves.indexing, SystemClock()) == A_STEP + 4
    with shelves.database.reading() as db:
        assert all(row.filled_at for row in db.scalars(select(Round)))


#: (line, what spoils it, what it names)
SPOILT = [
    ("the index has what may be found", "UPDATE search_text SET title = 'Other'", "petition 1"),
    ("the index has what may be found", "DELETE FROM search_document WHERE subject_id = 2", "petition 2"),
    ("what is not public is in no public index", "UPDATE search_document SET is_public = NOT is_public", "petition 1"),
    ("documents have words", "DELETE FROM search_words_public", "words of 1"),
    ("known words stand in texts", "UPDATE search_word SET texts = 0 WHERE word = 'ferry'", "ferry"),
    ("known words stand in texts", "DELETE FROM search_word WHERE word = 'ferry'", "ferry"),
]


@pytest.mark.parametrize(("line", "statement", "named"), SPOILT)
def test_what_is_spoilt_is_named(shelves: Shelves, line: str, statement: str, named: str):
    shelves.put("petition", 1, "Ferry")
    shelves.put("petition", 2, "Weir")
    shelves.put("petition", 3, "Secret", readers=["staff"])
    shelves.index()
    shelves.fill()
    lines = verify.lines(shelves.indexing)
    with shelves.database.reading() as db:
        assert {name: list(broken(db, NOW)) for name, broken in lines.items()} == {name: [] for name in lines}
    with shelves.database.writing() as db:
        db.execute(text(statement))
    with shelves.database.reading() as db:
        assert named in " ".join(lines[line](db, NOW))


def test_what_the_clock_has_just_turned_is_no_fault(shelves: Shelves):
    shelves.put("petition", 1, "Ferry", state="open", turns_at=NOW + timedelta(hours=1))
    shelves.index()
    shelves.fill()
    shelves.lay("petition", 1, "Ferry", state="closed")
    line = verify.lines(shelves.indexing)["the index has what may be found"]
    with shelves.database.reading() as db:
        assert list(line(db, NOW)) == ["petition 1"]
        assert list(line(db, NOW + timedelta(hours=2))) == []
    shelves.index(NOW + timedelta(hours=2))
    assert shelves.find("ferry").rows[0].state == "closed"


def test_a_trigger_that_is_gone_is_named(sqlite_database: Database):
    with sqlite_database.writing() as db:
        db.execute(text("DROP TRIGGER townhall_hall_search_update"))
    with sqlite_database.reading() as db:
        assert list(verify.changes_are_marked(db, NOW)) == ["townhall_hall_search_update"]


LINES = {f"search: {line}" for line, *_rest in SPOILT} | {"search: changes are marked"}
