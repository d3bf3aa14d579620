"""Running a hall: start and end, the agenda, what is announced, hands, captions, and who has the controls."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.audit.model import AuditEntry
from app.core.errors import Invalid, Refusal
from app.core.freshness import versions
from tests.site import Town
from tests.townhall.crowd import answer
from tests.townhall.meeting import Meeting
from townhall import events
from townhall.model import AgendaItem, Caption, CaptionText, Event, Hall, Hand, Notice, Poll, Question
from townhall.queries import showing, standing
from townhall.rules.commands import HallCancelled, HallLive, SessionEnded
from townhall.rules.lifecycle import HallState, Part
from townhall.service.duties import NotHosting


def test_ana_starts_the_hall_and_ends_it(town: Town) -> None:
    meeting = Meeting(town)
    told: list[object] = []
    for kind in (events.HallStarted, events.HallEnded):
        town.site.listeners[kind].append(lambda _db, event: told.append(event))
    hall = meeting.hall(HallState.SCHEDULED, starts=town.now, host_id=None)
    ana = meeting.staff(meeting.ana)
    meeting.send(hall, ana, "hall.start")
    row = meeting.row(Hall, hall)
    assert (row.state, row.started_at, row.host_id) == ("live", town.now, meeting.ana)
    with pytest.raises(HallLive):  # from another tab; it says that it is live, and not that it is not
        meeting.send(hall, ana, "hall.start")
    poll, question = meeting.poll(hall), meeting.question(hall)
    first = town.rows(AgendaItem, AgendaItem.hall_id == hall)[0].id
    meeting.send(hall, ana, "agenda.move", item=first)
    meeting.send(hall, ana, "question.stage", question=question)
    town.clock.advance(timedelta(minutes=90))
    ana = meeting.staff(meeting.ana)
    meeting.send(hall, ana, "hall.end")
    row = meeting.row(Hall, hall)
    assert (row.state, row.ended_at, row.stage_id, row.item_id) == ("ended", town.now, None, None)
    assert meeting.row(Poll, poll).state == "closed"
    assert [type(event) for event in told] == [events.HallStarted, events.HallEnded]
    assert [kind for kind, _id in meeting.events(hall)][-3:] == ["question.staged", "poll.closed", "hall.ended"]
    with town.database.reading() as db:
        assert set(versions(db, [f"townhall:{hall}", "townhalls"])) == {f"townhall:{hall}", "townhalls"}
    acts = [(e.act, e.actor_id) for e in town.rows(AuditEntry) if e.act.startswith("townhalls.")]
    assert acts == [("townhalls.start", meeting.ana), ("townhalls.end", meeting.ana)]
    with pytest.raises(Refusal):
        meeting.send(hall, ana, "hall.start")
    meeting.send(hall, ana, "poll.reveal", poll=poll)  # also once it is over
    assert town.broken() == {}


def test_who_asks_ahead_of_a_hall_that_was_cancelled_is_told_so(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(HallState.CANCELLED)
    gil = meeting.of(meeting.participant(hall))
    with pytest.raises(HallCancelled):
        meeting.send(hall, gil, "question.ask", text="Why is Oak Street still closed?")
    assert town.rows(Question) == []


def test_the_agenda_moves_on_and_back(town: Town) -> None:
    meeting = Meeting(town)
    hall, other = meeting.hall(), meeting.hall()
    welcome, questions = (item.id for item in town.rows(AgendaItem, AgendaItem.hall_id == hall))
    began = town.now
    for item in (welcome, questions, questions, welcome, None):
        meeting.send(hall, meeting.staff(meeting.ana), "agenda.move", item=item)
        town.clock.advance(timedelta(minutes=10))
    rows = [meeting.row(AgendaItem, item) for item in (welcome, questions)]
    minutes = [[(at - began) // timedelta(minutes=1) for at in (r.began_at, r.ended_at) if at] for r in rows]
    assert minutes == [[0, 40], [10, 30]]
    assert meeting.events(hall) == [("agenda.moved", item) for item in (welcome, questions, welcome, None)]
    with pytest.raises(Refusal):
        foreign = town.rows(AgendaItem, AgendaItem.hall_id == other)[0].id
        meeting.send(hall, meeting.staff(meeting.ana), "agenda.move", item=foreign)


def test_the_newest_announcement_is_shown_until_it_goes(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    ben = meeting.staff(meeting.ben)
    for text, shown in (("We begin at six.", "We begin at six."), ("At seven!", "At seven!"), (" ", "")):
        meeting.send(hall, ben, "announce", text=text)
        assert [n.text for n in town.rows(Notice, Notice.removed_at.is_(None))] == [shown][: len(shown)]
    with pytest.raises(Invalid):
        meeting.send(hall, ben, "announce", text="x" * 301)
    assert len(town.rows(Notice)) == 2
    assert [kind for kind, _id in meeting.events(hall)] == ["announced"] * 3


def test_hands_keep_the_order_in_which_they_went_up(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    ana = meeting.staff(meeting.ana)
    dora, emil, fay = (meeting.participant(hall, name) for name in ("Dora", "Emil", "Fay"))
    for who in (dora, emil, fay, emil):
        meeting.send(hall, meeting.of(who), "hand.set", on=True)
    meeting.send(hall, meeting.of(dora), "hand.set", on=False)
    meeting.send(hall, meeting.of(dora), "hand.set", on=True)  # at the end again
    meeting.send(hall, ana, "hand.set", on=True, participant=emil)
    with town.database.reading() as db:
        assert [(h["name"], h["called"]) for h in standing.hands(db, hall)] == [
            ("Emil", True),
            ("Fay", False),
            ("Dora", False),
        ]
    meeting.send(hall, ana, "hand.set", on=False, participant=emil)
    assert meeting.row(Hand, (hall, emil)).lowered_at == town.now
    assert all(e.public_seq is None for e in town.rows(Event))
    with pytest.raises(Refusal):
        meeting.send(hall, ana, "hand.set", on=True, participant=emil)


def test_captions_are_numbered_and_corrections_keep_what_was_said(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    ben = meeting.staff(meeting.ben)
    assert meeting.send(hall, ben, "caption.write", text="We shall mend", partial=True).d == {"partial": True}
    first = meeting.send(hall, ben, "caption.write", text="We shall amend the crossing.").d
    town.clock.advance(timedelta(seconds=12))
    second = meeting.send(hall, ben, "caption.write", text="Thank you.").d
    assert (first, second) == ({"line": 1, "rev": 1}, {"line": 2, "rev": 1})
    meeting.send(hall, meeting.staff(meeting.ana), "hall.end")
    meeting.send(hall, ben, "caption.write", text="We shall mend the crossing.", line=1)
    with pytest.raises(SessionEnded):
        meeting.send(hall, ben, "caption.write", text="Too late.")
    lines = [showing.caption(row) for row in town.rows(Caption)]
    assert [(c["line"], c["rev"], c["text"], c["second"]) for c in lines] == [
        (1, 2, "We shall mend the crossing.", 300),
        (2, 1, "Thank you.", 312),
    ]
    assert [(t.rev, t.text) for t in town.rows(CaptionText)] == [(1, "We shall amend the crossing.")]
    assert town.broken() == {}


def test_ben_takes_over_hosting_and_ana_takes_it_back(town: Town) -> None:
    """Scenario 28, at the service."""
    meeting = Meeting(town)
    hall = meeting.hall()
    poll = meeting.poll(hall, state="draft")
    ana, ben = meeting.staff(meeting.ana), meeting.staff(meeting.ben)
    with pytest.raises(NotHosting):
        meeting.send(hall, ben, "poll.open", poll=poll)
    meeting.send(hall, ben, "hosting.take")
    meeting.send(hall, ben, "poll.open", poll=poll)
    with pytest.raises(NotHosting):
        meeting.send(hall, ana, "poll.close", poll=poll)
    meeting.send(hall, ana, "hosting.take")
    meeting.send(hall, ana, "poll.close", poll=poll)
    assert meeting.row(Hall, hall).host_id == meeting.ana
    assert [kind for kind, _id in meeting.events(hall)].count("hosting.taken") == 2


def test_a_speaker_writes_captions_and_runs_nothing(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    otto = town.staff("otto@example.org", "official", "council")
    town.sql(
        "INSERT INTO townhall_hall_staff (hall_id, account_id, part) VALUES (:hall, :who, :part)",
        hall=hall,
        who=otto,
        part=Part.SPEAKER,
    )
    meeting.send(hall, meeting.staff(otto), "caption.write", text="Good evening.")
    with pytest.raises(Refusal):
        meeting.send(hall, meeting.staff(otto), "hosting.take")


def test_words_of_a_cloud_are_shown_when_two_gave_them(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    town.sql(
        "INSERT INTO moderation_word (word, by_id, at) VALUES ('dirty dogs', :by, :at)", by=meeting.ben, at=town.now
    )
    poll, ana = meeting.poll(hall, "cloud", most=3), meeting.staff(meeting.ana)
    for words in (["Buses", "Dirty dogs"], ["buses", "dirty-dogs"], ["Otto", "dirty"]):
        answer(meeting, hall, meeting.of(meeting.participant(hall)), poll, words=words)
    meeting.send(hall, ana, "poll.close", poll=poll)
    meeting.send(hall, ana, "poll.reveal", poll=poll)
    results = meeting.row(Poll, poll).results or {}
    assert results == {"answers": 3, "words": [{"word": "Buses", "count": 2}], "left_out": 4}
