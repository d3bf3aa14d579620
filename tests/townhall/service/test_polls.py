"""Polls from a draft to results that everyone sees, and what nobody sees before."""

from __future__ import annotations

import pytest

from app.core.errors import Invalid, Refusal
from app.core.ids import new_id
from tests.site import Town
from tests.townhall.crowd import answer, answers
from tests.townhall.meeting import Meeting
from townhall.model import Poll, PollAnswer
from townhall.queries import showing
from townhall.rules.answers import PollNotOpen
from townhall.rules.commands import SessionEnded, Stale
from townhall.rules.lifecycle import HallState
from townhall.rules.polls import PollDraft, PollKind
from townhall.service import polls
from townhall.service.polling import PollElsewhere
from townhall.service.polls import PollInUse

BRIDGE = PollDraft(PollKind.SINGLE, "What should happen to the bridge?", ("Repair it", "Replace it"))


def test_ana_prepares_polls_and_puts_them_in_order(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(HallState.SCHEDULED)
    by, now = meeting.ana, town.now
    first = meeting.do(lambda db: polls.create(db, hall, BRIDGE, by=by, now=now).id)
    second = meeting.do(lambda db: polls.create(db, hall, BRIDGE, by=by, now=now).id)
    rated = PollDraft(PollKind.RATING, "How is the bus?")
    meeting.do(lambda db: polls.edit(db, hall, first, rated, rev=1, by=by, now=now))
    with pytest.raises(Stale):
        meeting.do(lambda db: polls.edit(db, hall, first, BRIDGE, rev=1, by=by, now=now))
    meeting.do(lambda db: polls.reorder(db, hall, [second, first], by=by, now=now))
    with pytest.raises(Stale):
        meeting.do(lambda db: polls.reorder(db, hall, [second], by=by, now=now))
    with town.database.reading() as db:
        assert [(p.id, p.kind) for p in polls.listed(db, hall)] == [(second, "single"), (first, "rating")]
    meeting.do(lambda db: polls.remove(db, hall, second, by=by, now=now))
    with town.database.reading() as db:
        assert [p.id for p in polls.listed(db, hall)] == [first]
    assert {kind for kind, _poll in meeting.events(hall)} == {"poll.changed"}


def test_a_poll_that_people_have_seen_cannot_be_changed(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    poll = meeting.poll(hall, state="closed")
    with pytest.raises(PollInUse):
        meeting.do(lambda db: polls.edit(db, hall, poll, BRIDGE, rev=1, by=meeting.ana, now=town.now))
    with pytest.raises(PollInUse):
        meeting.do(lambda db: polls.remove(db, hall, poll, by=meeting.ana, now=town.now))


def test_kim_changes_their_mind_and_counts_once(town: Town) -> None:
    """Scenario 17."""
    meeting = Meeting(town)
    hall = meeting.hall()
    poll, ana = meeting.poll(hall, state="draft"), meeting.staff(meeting.ana)
    kim, lou = (meeting.of(meeting.participant(hall, name)) for name in ("Kim", "Lou"))
    with pytest.raises(Refusal):  # a draft is nobody's to know of
        answer(meeting, hall, kim, poll, [1])
    meeting.send(hall, ana, "poll.open", poll=poll)
    assert answer(meeting, hall, kim, poll, [1]).d == {"poll": poll, "choices": [1]}
    answers(meeting, hall, poll, [(kim, [2]), (lou, [2]), (lou, [1])])
    row = meeting.row(Poll, poll)
    assert row.answers == 2
    assert "results" not in (showing.poll(row, "staff") or {})
    meeting.send(hall, ana, "poll.close", poll=poll)
    with pytest.raises(PollNotOpen):
        answer(meeting, hall, kim, poll, [1])
    assert meeting.row(Poll, poll).results is None
    meeting.send(hall, ana, "poll.reveal", poll=poll)
    shown = showing.poll(meeting.row(Poll, poll), "public") or {}
    assert [(o["id"], o["count"], o["percent"]) for o in shown["results"]["options"]] == [
        (1, 1, 50.0),
        (2, 1, 50.0),
        (3, 0, 0.0),
    ]
    with pytest.raises(PollElsewhere):
        meeting.send(hall, ana, "poll.open", poll=poll)
    assert [kind for kind, _id in meeting.events(hall)] == ["poll.opened", "poll.closed", "poll.revealed"]
    assert town.broken() == {}


def test_the_end_closes_polls_and_late_answers_are_told_so(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    poll, kim = meeting.poll(hall), meeting.of(meeting.participant(hall, "Kim"))
    answer(meeting, hall, kim, poll, [3])
    meeting.send(hall, meeting.staff(meeting.ana), "hall.end")
    assert meeting.row(Poll, poll).state == "closed"
    with pytest.raises(SessionEnded):
        answer(meeting, hall, kim, poll, [1])
    assert town.rows(PollAnswer)[0].answer == {"choices": [3]}


def test_an_answer_sent_twice_is_one_and_its_id_is_for_nothing_else(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    poll, kim = meeting.poll(hall), meeting.of(meeting.participant(hall, "Kim"))
    name = f"kims-{new_id()}"
    first = answer(meeting, hall, kim, poll, [1], command_id=name)
    again = answer(meeting, hall, kim, poll, [1], command_id=name)
    assert (again.d, again.dup, first.dup) == (first.d, True, False)
    with pytest.raises(Refusal, match="id-reused"):
        answer(meeting, hall, kim, poll, [2], command_id=name)
    assert town.rows(PollAnswer)[0].answer == {"choices": [1]}


def test_kims_word_of_thirty_families_counts_and_one_of_too_many_letters_is_told_so_in_our_words(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    poll, kim = meeting.poll(hall, "cloud"), meeting.of(meeting.participant(hall, "Kim"))
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
    with pytest.raises(Invalid) as wrong:
        answer(meeting, hall, kim, poll, words=["x" * 300])
    assert [(e.field, str(e.message)) for e in wrong.value.errors] == [("words", "Keep each word to 30 characters.")]
    answer(meeting, hall, kim, poll, words=[family * 30])
    assert town.rows(PollAnswer)[0].answer == {"words": [family * 30]}
