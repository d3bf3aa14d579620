"""Edda says what led to what; nothing leads to itself, and what is taken back stays on record."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from app.audit.model import AuditEntry
from app.core.errors import Conflict, NotFound
from app.core.subject import SubjectRef
from app.trails.events import SubjectLedTo
from app.trails.model import Link
from app.trails.rules.links import MOST_MEMBERS
from app.trails.service.linking import LinkedAlready, LinksInACircle, LinksToItself, StoryTooLong
from consultations.model import Consultation
from consultations.rules.lifecycle import EditorialState
from tests.app.trails.linked import Linked
from tests.site import Town
from townhall.rules.lifecycle import HallState


@pytest.fixture
def linked(town: Town) -> Linked:
    return Linked(town)


@pytest.fixture
def sqlite_linked(sqlite_town: Town) -> Linked:
    return Linked(sqlite_town)


def test_three_doors_read_as_one_story_from_each_of_them(linked: Linked):
    petition, consultation, hall = linked.petition(), linked.consultation(), linked.hall()
    linked.link(consultation, hall)
    linked.link(petition, consultation, "Where it should stand, you decide.")
    for one in (petition, consultation, hall):
        assert linked.members(one) == [petition, consultation, hall]
    story = linked.story(hall)
    assert story is not None
    middle = story.chapters[consultation]
    assert [(j.other, j.note) for j in middle.came_from] == [(petition, "Where it should stand, you decide.")]
    assert [(j.other, j.note) for j in middle.led_to] == [(hall, "")]
    assert linked.town.broken() == {}


def test_linking_twice_in_a_circle_or_to_itself_is_refused(linked: Linked):
    petition, consultation, hall = linked.petition(), linked.consultation(), linked.hall()
    linked.link(petition, consultation)
    linked.link(consultation, hall)
    for wrong, before, after in (
        (LinkedAlready, petition, consultation),
        (LinksInACircle, hall, petition),
        (LinksInACircle, consultation, petition),
        (LinksToItself, hall, hall),
    ):
        with pytest.raises(wrong):
            linked.link(before, after)
    assert len(linked.links(hall)) == 2


def test_two_who_link_at_once_make_no_circle(linked: Linked):
    one, two, three = (linked.petition(f"Petition {n} for a footbridge") for n in "abc")
    linked.link(one, two)

    def attempt(pair: tuple[SubjectRef, SubjectRef]) -> str:
        try:
            linked.link(*pair)
        except Conflict as no:
            return no.code
        return "linked"

    with ThreadPoolExecutor(2) as both:
        said = sorted(both.map(attempt, [(two, three), (three, one)]))
    assert said == ["linked", "trail-circle"]
    assert linked.town.broken() == {}


def test_a_link_taken_back_is_shown_no_more_and_may_be_made_anew(linked: Linked):
    petition, consultation = linked.petition(), linked.consultation()
    first = linked.link(petition, consultation)
    linked.take_back(first, "It was about another bridge.")
    assert linked.members(petition) == [petition]
    with pytest.raises(NotFound):
        linked.take_back(first)
    linked.link(petition, consultation)
    assert linked.members(petition) == [petition, consultation]
    (kept,) = linked.town.rows(Link, Link.id == first.id)
    assert kept.withdrawn_reason == "It was about another bridge."
    acts = [e.act for e in linked.town.rows(AuditEntry, AuditEntry.act.startswith("trails."))]
    assert acts == ["trails.link", "trails.take-back", "trails.link"]
    assert linked.town.broken() == {}


def test_what_is_removed_leaves_the_story_and_the_rest_holds_together(linked: Linked):
    petition, consultation, hall = linked.petition(), linked.consultation(), linked.hall()
    linked.link(petition, consultation, "They asked for more than one bridge.")
    linked.link(consultation, hall)
    gone = update(Consultation).where(Consultation.id == consultation.id)
    linked.do(lambda db: db.execute(gone.values(state=EditorialState.UNPUBLISHED, unpublished_at=linked.town.now)))
    assert linked.members(hall) == [petition, hall]
    assert linked.story(consultation) is None
    story = linked.story(hall)
    assert story is not None
    assert [(j.other, j.note) for j in story.chapters[hall].came_from] == [(petition, "")]
    assert str(consultation) in story.keys, "once it is back, the pages of the others show it"


def test_a_draft_between_two_petitions_does_not_join_them(linked: Linked):
    """Nobody learns from a page that something is planned."""
    one, two = linked.petition("Mend the footbridge"), linked.petition("Widen the footbridge")
    draft = linked.hall(state=HallState.DRAFT)
    linked.link(one, draft)
    linked.link(two, draft)
    assert linked.members(one) == [one]


def test_a_draft_appears_and_followers_are_told_once_it_is_public(linked: Linked):
    told: list[SubjectLedTo] = []
    linked.town.site.listeners[SubjectLedTo].append(lambda _db, event: told.append(event))
    petition, hall = linked.petition(), linked.hall(state=HallState.DRAFT)
    made = linked.link(petition, hall)
    assert (linked.tell(), told) == (0, [])
    linked.town.sql("UPDATE townhall_hall SET state = 'scheduled' WHERE id = :hall", hall=hall.id)
    assert (linked.tell(), linked.tell()) == (1, 0)
    assert [(e.link_id, e.before, e.after) for e in told] == [(made.id, petition, hall)]
    assert linked.members(petition) == [petition, hall]


def standing(before: SubjectRef, after: SubjectRef, *, by: int, now: datetime) -> Link:
    ends = {"from_kind": before.kind, "from_id": before.id, "to_kind": after.kind, "to_id": after.id}
    return Link(**ends, note="", by_id=by, at=now, withdrawn_reason="")


def test_a_story_ends_at_a_length_that_can_be_read(sqlite_linked: Linked):
    linked = sqlite_linked
    row = [SubjectRef("hearing", number) for number in range(MOST_MEMBERS + 1)]
    linked.do(
        lambda db: db.add_all(
            standing(*pair, by=linked.asking.edda, now=linked.town.now) for pair in pairwise(row[:-1])
        )
    )
    with pytest.raises(StoryTooLong):
        linked.link(row[-2], row[-1])
    assert len(linked.links(row[0])) == MOST_MEMBERS - 1


def test_a_rejected_petition_is_no_part_of_a_story(sqlite_linked: Linked):
    petition, consultation = sqlite_linked.petition(), sqlite_linked.consultation()
    sqlite_linked.link(petition, consultation)
    sqlite_linked.town.take_down(petition.id)
    assert sqlite_linked.members(consultation) == [consultation]


def test_verify_sees_a_circle(sqlite_linked: Linked):
    one, two = sqlite_linked.petition("Mend the footbridge"), sqlite_linked.petition("Widen the footbridge")
    sqlite_linked.link(one, two)
    made = sqlite_linked.link(two, sqlite_linked.hall())
    back = update(Link).where(Link.id == made.id).values(to_kind=one.kind, to_id=one.id)
    sqlite_linked.do(lambda db: db.execute(back))
    assert "trails: no link leads back to where it began" in sqlite_linked.town.broken()


def test_verify_sees_a_link_to_nothing(sqlite_linked: Linked):
    made = sqlite_linked.link(sqlite_linked.petition(), sqlite_linked.hall())
    sqlite_linked.do(lambda db: db.execute(update(Link).values(to_id=10**9)))
    assert sqlite_linked.town.broken() == {"trails: links join what there is": [f"link {made.id}"]}


def test_verify_sees_a_link_that_nobody_made(sqlite_linked: Linked):
    made = sqlite_linked.link(sqlite_linked.petition(), sqlite_linked.hall())
    stranger = sqlite_linked.meeting.ana
    sqlite_linked.do(lambda db: db.execute(update(Link).values(by_id=stranger)))
    assert sqlite_linked.town.broken() == {"trails: links stand in the record of acts": [f"link {made.id}"]}


def test_what_came_first_stands_first_whatever_was_linked_first(sqlite_linked: Linked):
    linked, now = sqlite_linked, sqlite_linked.town.now
    late, early = linked.consultation("Late", opens=now), linked.consultation("Early", opens=now - timedelta(days=30))
    petition = linked.petition()
    linked.link(petition, late)
    linked.link(petition, early)
    assert linked.members(late) == [petition, early, late]
