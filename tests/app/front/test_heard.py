"""What a department's search finds: everything people told in public, its own first, and nothing that is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.subject import SubjectRef
from app.departments.model import Department
from app.front.heard import KINDS
from app.moderation.rules.standards import Verdict
from app.outcomes.contribution import Told
from app.outcomes.model import Referral
from app.outcomes.service.referring import refer, support
from tests.app.comments.forum import Forum, forum_on
from tests.site import Ground


@pytest.fixture(params=["sqlite", "postgres"])
def forum(request: pytest.FixtureRequest, tmp_path: Path) -> Forum:
    ground: Ground = request.getfixturevalue(f"{request.param}_ground")
    ground.clear()
    found = forum_on(ground.database, tmp_path)
    found.town.department("parks")
    found.town.department("buses")
    return found


def heard(forum: Forum, kind: str, words: str, department: str = "parks", most: int = 20) -> Sequence[Told]:
    forum.town.index()
    return heard_now(forum, kind, words, department, most)


def heard_now(forum: Forum, kind: str, words: str, department: str = "parks", most: int = 20) -> Sequence[Told]:
    """Before any job has run."""
    search = forum.town.site.heard[list(KINDS).index(kind)]
    with forum.town.database.reading() as db:
        number = db.scalars(select(Department.id).where(Department.slug == department)).one()
        return search(db, number, words, most)


def published(forum: Forum, action: str, background: str, department: str = "parks") -> int:
    town = forum.town
    petition = town.start(action=action, background=background)
    town.support(petition)
    town.decide(petition, department=department)
    town.clock.advance(timedelta(minutes=1))
    return petition


def test_everything_about_oak_street_is_found_in_whatever_form_parks_own_first(forum: Forum):
    own = published(forum, "Mend the lights of Oak Street", "Three lights are broken by the bench.")
    theirs = published(forum, "Let the bus stop on Oak Street", "People walk to the hill.", "buses")
    published(forum, "Plant an oak", "There is no lane.")
    found = heard(forum, "petition", "oak  STREETS")
    assert [t.subject for t in found] == [SubjectRef("petition", own), SubjectRef("petition", theirs)]
    first = heard(forum, "petition", "oak streets", "buses")[0]
    assert first.subject == SubjectRef("petition", theirs)
    (one,) = heard(forum, "petition", "broken bench")
    assert (one.title, one.href, one.people) == ("Mend the lights of Oak Street", f"/petitions/{own}", 6)
    assert one.excerpt.startswith("Three lights are broken by the bench.")  # and more details after it
    assert len(heard(forum, "petition", "oak", most=1)) == 1


@pytest.mark.parametrize("words", ["", "*", "\"'", "zeppelin"])
def test_nothing_is_found_where_nothing_was_asked_or_said(forum: Forum, words: str):
    published(forum, "Mend the lights of Oak Street", "Three lights are broken.")
    assert list(heard(forum, "petition", words)) == []
    assert list(heard(forum, "comment", words)) == []


def test_comments_are_found_under_what_a_department_leads_answers_or_helps_with(forum: Forum):
    town = forum.town
    forum._petition = published(forum, "Let the bus stop on the hill", "People walk.", "buses")
    comment = forum.published("Ana", "The benches in Oak Street are rotten.")
    assert list(heard(forum, "comment", "oak bench")) == []
    (one,) = heard(forum, "comment", "oak bench", "buses")
    assert (one.kind, one.href, one.subject) == ("comment", f"/comments/{comment}", forum.subject)
    assert (one.excerpt, one.people) == ("The benches in Oak Street are rotten.", 0)
    with town.database.writing() as db:
        number = {d.slug: d.id for d in db.scalars(select(Department))}
        made = refer(db, forum.subject, cause="response", department_id=number["buses"], due_at=town.now, now=town.now)
        support(db, db.get_one(Referral, made.id), [number["parks"]], town.now)
    assert [t.href for t in heard(forum, "comment", "oak bench")] == [f"/comments/{comment}"]


def test_what_is_hidden_or_taken_down_is_never_found(forum: Forum):
    town = forum.town
    forum._petition = published(forum, "Mend the lights of Oak Street", "Three lights are broken.")
    gone, stays = forum.published("Ana", "Oak Street is a shame"), forum.published("Ben", "Oak Street again")
    waits = forum.say("Cleo (new)", "Oak Street waits")
    town.index()
    forum.take_down(gone)
    if forum.comment(waits).state == "published":
        forum.withdraw("Cleo (new)", waits)
    assert [t.href for t in heard_now(forum, "comment", "oak street")] == [f"/comments/{stays}"]
    town.take_down(forum.petition, "libellous")
    assert [t for t in heard_now(forum, "petition", "oak street") if t.is_public] == []
    assert [t for t in heard_now(forum, "comment", "oak street") if t.is_public] == []


def test_what_was_never_published_is_never_found(forum: Forum):
    town = forum.town
    petition = town.start(action="Mend the lights of Oak Street", background="Three lights are broken.")
    town.support(petition)
    assert list(heard(forum, "petition", "oak street")) == []
    town.decide(petition, Verdict.HIDE, reason="libellous")
    assert list(heard(forum, "petition", "oak street")) == []
