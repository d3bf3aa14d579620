"""The index follows the rooms: what was taken down is gone at once, everything else comes within a step."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.core.db import Database
from app.departments.queries import by_slug
from app.search.model import FoundDocument, KnownWord, Stale
from app.search.queries.finding import Found, Wanted
from app.search.rules.query import read_query
from petitions.model.petition import Petition
from tests.app.comments.forum import Forum, forum_on
from tests.app.outcomes.matters import Matters
from tests.consultations.asking import Asking
from tests.people import LAURA, SAM
from tests.site import Town
from tests.townhall.meeting import Meeting


@pytest.fixture
def forum(database: Database, tmp_path: Path) -> Forum:
    return forum_on(database, tmp_path)


def find(town: Town, typed: str, *readers: str) -> Found:
    with town.database.reading() as db:
        wanted = Wanted(read_query(typed), readers=frozenset(readers), as_typed=True)
        return town.site.dependencies["searching"].find(db, wanted, town.now)


def found(town: Town, typed: str, *readers: str) -> list[str]:
    return sorted(row.ref for row in find(town, typed, *readers).rows)


def test_a_petition_is_found_once_it_is_published_and_gone_with_the_decision_that_hides_it(town: Town):
    petition = town.start(action="Dredge the millpond at Sallow")
    town.support(petition)
    town.index()
    assert found(town, "millpond") == []
    town.decide(petition)
    town.index()
    assert found(town, "millponds") == [f"petition:{petition}"]
    town.take_down(petition)
    assert found(town, "millpond") == []  # no job has run
    town.index()
    assert found(town, "millpond") == []
    assert [row.title for row in find(town, "millpond", "petitions.find").rows] == ["Dredge the millpond at Sallow"]


def test_a_corrected_text_is_shown_at_once_and_found_by_its_new_words_after_a_step(town: Town):
    petition = town.open_petition(action="Dredge the millpond", background="Ask Gustav Adler of 9 Mill Lane.")
    town.index()
    assert "Gustav" in find(town, "millpond").rows[0].body
    town.correct(petition, action="Dredge the millpond", background="Ask the owner.")
    assert "Gustav" not in find(town, "millpond").rows[0].body
    assert find(town, "gustav").rows[0].body.startswith("Ask the owner.")  # found by what it had, shown as it is
    town.index()
    assert found(town, "gustav") == []
    with town.database.reading() as db:
        assert db.get(KnownWord, "gustav") is None
        assert db.get(KnownWord, "millpond") is not None


def test_a_comment_is_hidden_with_its_petition_and_comes_back_with_it(forum: Forum):
    town, comment = forum.town, forum.published("Ben", "The quince by the weir bears nothing.")
    town.index()
    assert found(town, "quince") == [f"comment:{comment}"]
    town.take_down(forum.petition)
    assert found(town, "quince") == []
    town.index()
    assert found(town, "quince") == []
    with town.database.reading() as db:
        assert db.scalar(select(FoundDocument.id).where(FoundDocument.kind == "comment")) is None


def test_comments_that_are_withdrawn_hidden_or_changed_are_so_at_once(forum: Forum):
    town = forum.town
    one, two, three = (forum.published(name, f"A {what} grows there.") for name, what in
                       (("Ben", "quince"), ("Cleo", "medlar"), ("Dan", "mulberry")))  # fmt: skip
    town.index()
    assert [found(town, what) for what in ("quince", "medlar", "mulberry")] == [
        [f"comment:{i}"] for i in (one, two, three)
    ]
    forum.withdraw("Ben", one)
    forum.take_down(two)
    assert found(town, "quince") == found(town, "medlar") == []
    town.index()
    assert found(town, "quince") == found(town, "medlar") == []


def test_a_waiting_comment_is_found_by_moderators_alone(database: Database, tmp_path: Path):
    forum = forum_on(database, tmp_path, mode="before")
    comment = forum.say("Ben", "Nobody has read this quince.")
    forum.town.index()
    assert found(forum.town, "quince") == []
    assert found(forum.town, "quince", "moderation.queue") == [f"comment:{comment}"]
    forum.decide(comment)
    forum.town.index()
    assert found(forum.town, "quince") == [f"comment:{comment}"]


def test_answers_and_promises_are_found_as_they_stand(town: Town):
    matters = Matters(town)
    petition = town.open_petition(action="Heat the bandstand")
    referral = matters.referred(petition=petition)
    town.index()
    assert found(town, "sundays") == []
    matters.answer(referral)
    town.index()
    assert found(town, "sundays") == [f"answer:{referral}"]
    town.take_down(petition)
    assert found(town, "sundays") == []
    town.index()
    assert found(town, "sundays") == []


def test_consultations_halls_and_questions_are_found(town: Town):
    asking, meeting = Asking(town), Meeting(town)
    bridge = asking.published(title="A bridge over the Sallow ford")
    hall = meeting.hall(title="Evening about the Sallow ford")
    question = meeting.question(hall, text="When is the Sallow ford closed?")
    town.index()
    assert found(town, "sallow ford") == [f"consultation:{bridge}", f"question:{question}", f"townhall:{hall}"]


def test_what_the_clock_turns_is_indexed_when_it_turns(town: Town):
    bridge = Asking(town).published(title="A bridge over the Sallow ford")
    town.index()
    (row,) = find(town, "sallow").rows
    assert row.ref == f"consultation:{bridge}"
    assert (row.state, row.turns_at) == ("open", town.now + timedelta(days=27))
    town.clock.advance(timedelta(days=27, seconds=1))
    town.index()
    assert find(town, "sallow").rows[0].state == "closed"


def test_signatures_leave_no_mark(town: Town):
    petition = town.open_petition()
    town.index()
    town.sign(petition, SAM, LAURA)
    with town.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Stale)) == 0


def test_a_site_that_was_migrated_fills_its_index_by_itself(town: Town):
    petition = town.open_petition(action="Dredge the millpond")
    town.sql("DELETE FROM search_stale")
    assert found(town, "millpond") == []
    town.work()
    assert found(town, "millpond") == [f"petition:{petition}"]
    assert found(town, "accessibility") == ["page:2"]
    assert not [line for line in town.broken() if line.startswith("search")]


def test_a_department_is_found_and_what_it_owes_by_its_name_in_a_filter(forum: Forum):
    town, comment = forum.town, forum.published("Ben", "The quince by the weir bears nothing.")
    with town.database.reading() as db:
        parks = by_slug(db, "parks")
    assert parks is not None
    town.index()
    assert found(town, parks.name) == [f"department:{parks.id}"]
    with town.database.reading() as db:
        lead = db.get_one(Petition, forum.petition).lead_department_id
        wanted = Wanted(read_query("quince"), department_id=lead)
        rows = town.site.dependencies["searching"].find(db, wanted, town.now).rows
    assert [row.ref for row in rows] == [f"comment:{comment}"], "a comment has the departments of what it is about"
