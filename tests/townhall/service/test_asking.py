"""Asking: what is stored, what waits, who may, and taking a question back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.errors import Invalid, Refusal
from app.moderation.model import Case
from tests.site import Town
from tests.townhall.meeting import Meeting
from townhall.model import Event, Hall, Participant, Question, QuestionText
from townhall.rules.asking import NoAnonymousQuestions, NotYourQuestion, QuestionElsewhere
from townhall.rules.commands import Banned, HallNotLive, RateLimited, RegistrationNeeded, SessionEnded, WaitingForPlace
from townhall.rules.lifecycle import Entry, HallState, Place
from townhall.rules.questions import QuestionState

OAK = "Why is Oak Street still closed?"


def test_gils_question_waits_and_ben_publishes_it(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    gil = meeting.participant(hall, "Gil Gomez")
    asked = meeting.send(hall, meeting.of(gil), "question.ask", text=f"  {OAK[:10]}\u202e{OAK[10:]} \x07")
    number = asked.d["question"]
    assert asked.d == {"question": number, "state": "waiting"}
    row = meeting.row(Question, number)
    assert (row.text, row.name, row.ahead, row.published_at) == (OAK, "Gil Gomez", False, None)
    assert town.rows(Case)[0].state == "waiting"
    done = meeting.send(hall, meeting.staff(meeting.ben), "question.publish", question=number, rev=1)
    assert done.d == {"question": number, "state": "open", "rev": 2}
    assert town.rows(Case)[0].state == "decided"
    assert meeting.events(hall) == [("question.asked", number), ("question.published", number)]
    assert town.broken() == {}


def test_without_screening_it_is_everyones_at_once(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(screening=False)
    gil = meeting.of(meeting.participant(hall, "Gil Gomez"))
    asked = meeting.send(hall, gil, "question.ask", text=OAK, command_id="gils-first-question")
    assert asked.d["state"] == "open"
    assert asked.seq == 1
    again = meeting.send(hall, gil, "question.ask", text=OAK, command_id="gils-first-question")
    assert (again.d, again.seq, again.dup) == (asked.d, asked.seq, True)
    assert len(town.rows(Question)) == 1
    assert town.rows(Case) == []


def test_bens_lost_reply_comes_again_with_the_number_of_its_event_and_one_kept_by_an_older_version_without(
    town: Town,
) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    ben, slow = meeting.staff(meeting.ben), {"seconds": 60, "command_id": "bens-slow-mode"}
    meeting.send(hall, ben, "announce", text="We begin.")
    first = meeting.send(hall, ben, "slow.set", **slow)
    assert first.seq == 2
    again = meeting.send(hall, ben, "slow.set", **slow)
    assert (again.d, again.seq, again.dup) == (first.d, 2, True)
    town.sql("""UPDATE townhall_command SET reply = '{"seconds": 60}' WHERE command_id = 'bens-slow-mode'""")
    old = meeting.send(hall, ben, "slow.set", **slow)
    assert (old.d, old.seq, old.dup) == ({"seconds": 60}, 0, True)


def test_listed_words_wait_for_a_person_also_without_screening(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(screening=False)
    town.sql(
        "INSERT INTO moderation_word (word, by_id, at) VALUES ('potholes', :by, :at)",
        by=meeting.ben,
        at=str(town.now),
    )
    gil = meeting.of(meeting.participant(hall))
    assert meeting.send(hall, gil, "question.ask", text="What of Potholes?").d["state"] == "waiting"
    assert [(c.origin, c.signals[0]["code"]) for c in town.rows(Case)] == [("signal", "listed-words")]
    assert town.broken() == {}


def test_anonymous_is_anonymous_to_the_staff_too(town: Town) -> None:
    """Scenario 15."""
    meeting = Meeting(town)
    hall = meeting.hall(slow_seconds=60)
    account = meeting.rhoda
    sender = meeting.staff(account)
    gil = meeting.participant(hall, "Gil Gomez", account_id=account)
    both = type(sender)(participant_id=gil, account_id=account, role=sender.role, session=sender.session)
    number = meeting.send(hall, both, "question.ask", text=OAK, anonymous=True).d["question"]
    row = meeting.row(Question, number)
    assert (row.name, row.anonymous) == ("", True)
    assert [c.author_id for c in town.rows(Case)] == [None]
    assert [(e.by_id, e.facts) for e in town.rows(Event)] == [(None, {})]
    shown = town.site.moderated["question"]
    with town.database.reading() as db:
        assert "Gil" not in str(shown.show(db, number))
        assert "Gil" not in str(shown.evidence(db, number))
        assert shown.author(db, number) == ("townhall.participant", gil)
    with pytest.raises(RateLimited):  # limits know who it was
        meeting.send(hall, both, "question.ask", text="And the bridge?", anonymous=True)


def test_a_hall_can_ask_for_names(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(anonymous_allowed=False, entry=Entry.OPEN)
    nora = meeting.of(meeting.participant(hall, place=Place.BROWSER))
    with pytest.raises(NoAnonymousQuestions):
        meeting.send(hall, nora, "question.ask", text=OAK, anonymous=True)
    with pytest.raises(Invalid) as wrong:
        meeting.send(hall, nora, "question.ask", text=OAK)
    assert wrong.value.errors[0].field == "name"
    with pytest.raises(Invalid) as kept:
        meeting.send(hall, nora, "question.ask", text=OAK, name="Nora, Administratοr")  # a Greek o
    assert kept.value.errors[0].field == "name"
    with pytest.raises(Invalid) as kept:
        meeting.send(hall, nora, "question.ask", text=OAK, name="The Moderator")
    assert "“Moderator” is kept for those who hold an office" in kept.value.errors[0].message
    meeting.send(hall, nora, "question.ask", text=OAK, name="  Nora  Nunn ")
    meeting.send(hall, nora, "question.ask", text="And the bridge?", name="Somebody Else")
    assert [q.name for q in town.rows(Question)] == ["Nora Nunn", "Nora Nunn"]


def test_characters_are_counted_as_people_see_them(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    gil = meeting.of(meeting.participant(hall))
    families = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 500
    meeting.send(hall, gil, "question.ask", text=families)
    for text, said in (("x" * 501, "501"), (" \u200b\n ", "Write your question")):
        with pytest.raises(Invalid) as wrong:
            meeting.send(hall, gil, "question.ask", text=text)
        assert said in str(wrong.value.errors[0].message)
    assert len(town.rows(Question)) == 1


def test_slow_mode_says_when_to_ask_again(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    gil, hana = (meeting.of(meeting.participant(hall, name)) for name in ("Gil", "Hana"))
    meeting.send(hall, meeting.staff(meeting.ben), "slow.set", seconds=120)
    meeting.send(hall, gil, "question.ask", text=OAK)
    town.clock.advance(timedelta(seconds=50, milliseconds=500))
    with pytest.raises(RateLimited) as slow:
        meeting.send(hall, gil, "question.ask", text="And the bridge?")
    assert slow.value.retry_ms == 69_500
    meeting.send(hall, hana, "question.ask", text="And the bridge?")
    town.clock.advance(timedelta(seconds=70))
    meeting.send(hall, gil, "question.ask", text="And the bus?")
    assert len(town.rows(Question)) == 3


def test_asking_ahead_and_too_late(town: Town) -> None:
    meeting = Meeting(town)
    ahead, over = meeting.hall(HallState.SCHEDULED), meeting.hall(HallState.ENDED)
    number = meeting.send(ahead, meeting.of(meeting.participant(ahead)), "question.ask", text=OAK).d["question"]
    assert meeting.row(Question, number).ahead
    with pytest.raises(SessionEnded):
        meeting.send(over, meeting.of(meeting.participant(over)), "question.ask", text=OAK)
    with pytest.raises(HallNotLive):
        meeting.send(ahead, meeting.of(meeting.participant(ahead)), "hand.set", on=True)


def test_who_may_not_ask_is_told_why(town: Town) -> None:
    meeting = Meeting(town)
    hall, other = meeting.hall(), meeting.hall()
    cases: list[tuple[int, type[Refusal]]] = [
        (meeting.participant(hall, place=Place.WAITING), WaitingForPlace),
        (meeting.participant(hall, place=Place.PENDING), RegistrationNeeded),
        (meeting.participant(hall, place=Place.CANCELLED), RegistrationNeeded),
        (meeting.participant(other), RegistrationNeeded),
        (meeting.participant(hall, banned_at=town.now), Banned),
    ]
    for who, refusal in cases:
        with pytest.raises(refusal):
            meeting.send(hall, meeting.of(who), "question.ask", text=OAK)
    assert town.rows(Question) == []


def test_gil_takes_his_question_back_and_nobody_else_can(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    gil, hana = meeting.participant(hall, "Gil Gomez"), meeting.participant(hall, "Hana Horn")
    waits = meeting.send(hall, meeting.of(gil), "question.ask", text=OAK).d["question"]
    staged = meeting.question(hall, "And the bridge?", by=gil)
    meeting.send(hall, meeting.staff(meeting.ana), "question.stage", question=staged)
    with pytest.raises(NotYourQuestion):
        meeting.send(hall, meeting.of(hana), "question.withdraw", question=waits)
    for one in (waits, staged, staged):
        assert meeting.send(hall, meeting.of(gil), "question.withdraw", question=one).d["state"] == "withdrawn"
    assert meeting.row(Hall, hall).stage_id is None
    assert [c.state for c in town.rows(Case)] == ["closed"]
    assert meeting.events(hall)[-3:] == [
        ("question.withdrawn", waits),
        ("question.staged", None),
        ("question.withdrawn", staged),
    ]
    public = [e.thing_id for e in town.rows(Event, Event.kind == "question.withdrawn") if e.public_seq is not None]
    assert public == [staged]
    assert town.broken() == {}


def test_what_a_moderator_refused_is_not_taken_back(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    gil = meeting.participant(hall)
    number = meeting.question(hall, by=gil)
    meeting.send(hall, meeting.staff(meeting.ben), "question.hide", question=number, reason="offensive")
    with pytest.raises(QuestionElsewhere):
        meeting.send(hall, meeting.of(gil), "question.withdraw", question=number)
    assert meeting.row(Question, number).state == QuestionState.HIDDEN


def test_a_clerk_enters_what_came_by_telephone(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    ana = meeting.staff(meeting.ana)
    named = meeting.send(hall, ana, "question.enter", text=OAK, origin="phone", name="Mrs Field").d["question"]
    nameless = meeting.send(hall, ana, "question.enter", text="And the bus?", origin="paper").d["question"]
    rows = [meeting.row(Question, n) for n in (named, nameless)]
    assert [(q.origin, q.clerk_id, q.name, q.anonymous, q.participant_id) for q in rows] == [
        ("phone", meeting.ana, "Mrs Field", False, None),
        ("paper", meeting.ana, "", True, None),
    ]
    for origin in ("web", "pigeon"):
        with pytest.raises(Invalid):
            meeting.send(hall, ana, "question.enter", text=OAK, origin=origin)
    meeting.send(hall, meeting.staff(meeting.ben), "question.publish", question=named)
    assert {t.by_id for t in town.rows(QuestionText)} == {meeting.ana}
    assert town.broken() == {}


def test_the_stage_the_list_and_the_shelf(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    ana = meeting.staff(meeting.ana)
    one, two = meeting.question(hall), meeting.question(hall, "And the bridge?")
    meeting.send(hall, ana, "question.shortlist", question=one)
    meeting.send(hall, ana, "question.stage", question=one, rev=1)
    meeting.send(hall, ana, "question.stage", question=two)  # any one at a time
    assert meeting.row(Hall, hall).stage_id == two
    meeting.send(hall, ana, "question.answered", question=two)
    assert meeting.row(Hall, hall).stage_id is None
    meeting.send(hall, ana, "question.stage", question=one)
    meeting.send(hall, ana, "question.answered")  # what is on stage
    meeting.send(hall, ana, "question.archive", question=one)
    meeting.send(hall, ana, "question.archive", question=one, on=False)
    row = meeting.row(Question, one)
    assert (row.state, row.shortlisted_at, row.answered_at) == ("answered", None, town.now)
    with pytest.raises(Invalid):
        meeting.send(hall, ana, "question.answered")
    assert meeting.events(hall) == [
        ("question.shortlisted", one),
        ("question.staged", one),
        ("question.staged", two),
        ("question.answered", two),
        ("question.staged", None),
        ("question.staged", one),
        ("question.answered", one),
        ("question.staged", None),
        ("question.archived", one),
        ("question.answered", one),
    ]
    waits = meeting.question(hall, state=QuestionState.WAITING)
    with pytest.raises(QuestionElsewhere):
        meeting.send(hall, ana, "question.stage", question=waits)


def test_two_questions_of_one_person_at_once_meet_at_their_row(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(slow_seconds=30)
    gil = meeting.participant(hall)
    meeting.send(hall, meeting.of(gil), "question.ask", text=OAK)
    assert meeting.row(Participant, gil).asked_last_at == town.now
