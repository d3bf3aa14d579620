"""Joining questions, upvotes and bans: figures are of different people, and whatever is undone is undone exactly."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import Refusal
from tests.site import Town
from tests.townhall.crowd import act, answer, perform, upvote, upvotes
from tests.townhall.meeting import Meeting
from tests.townhall.service.people import browsers
from townhall import events
from townhall.model import Ban, Hall, Hand, Participant, Poll, Question, Upvote
from townhall.queries import standing
from townhall.queries.mine import mine
from townhall.rules.asking import CannotUpvote, OwnQuestion, QuestionElsewhere
from townhall.rules.commands import AuthExpired, Banned, CommandIdReused, SessionEnded, Stale
from townhall.rules.lifecycle import HallState
from townhall.rules.questions import QuestionState
from townhall.service.merging import AlreadyOne


def votes(meeting: Meeting, *questions: int) -> list[int]:
    return [meeting.row(Question, q).votes for q in questions]


def test_joining_is_the_union_of_people_and_undoing_it_is_exact(town: Town) -> None:
    """Scenario 10."""
    meeting = Meeting(town)
    hall = meeting.hall()
    told: list[events.QuestionSettled] = []
    town.site.listeners[events.QuestionSettled].append(lambda _db, event: told.append(event))
    people = browsers(meeting, hall, 70)
    twelve, nineteen = meeting.question(hall), meeting.question(hall, "When does Oak Street open?")
    upvotes(meeting, hall, twelve, people[:40])
    upvotes(meeting, hall, nineteen, people[29:])
    assert votes(meeting, twelve, nineteen) == [40, 41]
    ben = meeting.staff(meeting.ben)
    joined = meeting.send(hall, ben, "question.merge", question=nineteen, into=twelve, rev=1)
    assert joined.d == {"question": nineteen, "into": twelve, "votes": 70}
    assert votes(meeting, twelve, nineteen) == [70, 41]
    assert {(t.question_id, t.verdict) for t in told} == {(nineteen, "merged"), (twelve, "joined")}
    with pytest.raises(AlreadyOne):
        meeting.send(hall, ben, "question.merge", question=nineteen, into=twelve)
    with pytest.raises(AlreadyOne):
        meeting.send(hall, ben, "question.merge", question=twelve, into=nineteen)
    meeting.send(hall, ben, "question.unmerge", question=nineteen)
    assert votes(meeting, twelve, nineteen) == [40, 41]
    assert meeting.row(Question, nineteen).state == "open"
    assert [kind for kind, _id in meeting.events(hall)] == ["question.merged", "question.unmerged"]
    assert town.broken() == {}


def test_joining_what_has_others_joined_to_it(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    people = browsers(meeting, hall, 3)
    ben = meeting.staff(meeting.ben)
    first, second, third = (meeting.question(hall, f"Question {n}?") for n in range(3))
    for question, who in zip((first, second, third), people, strict=True):
        upvotes(meeting, hall, question, [who])
    meeting.send(hall, ben, "question.merge", question=third, into=second)
    meeting.send(hall, ben, "question.merge", question=second, into=first)
    assert votes(meeting, first, second, third) == [3, 2, 1]
    upvotes(meeting, hall, third, people[:1])  # of a page that was older than the joining
    assert votes(meeting, first, second, third) == [3, 3, 2]
    meeting.send(hall, ben, "question.unmerge", question=second)
    assert votes(meeting, first, second, third) == [1, 3, 2]
    meeting.send(hall, ben, "question.unmerge", question=third)
    assert votes(meeting, first, second, third) == [1, 1, 2]
    assert town.broken() == {}


def test_into_what_was_joined_itself_means_into_the_last(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    ben = meeting.staff(meeting.ben)
    first, second, third = (meeting.question(hall, f"Question {n}?") for n in range(3))
    meeting.send(hall, ben, "question.merge", question=second, into=first)
    assert meeting.send(hall, ben, "question.merge", question=third, into=second).d["into"] == first
    with pytest.raises(Stale):
        meeting.send(hall, ben, "question.merge", question=third, into=second, rev=1)


def test_what_waits_is_published_with_joining_it(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    gil, ben = meeting.of(meeting.participant(hall)), meeting.staff(meeting.ben)
    first = meeting.question(hall)
    waits = meeting.send(hall, gil, "question.ask", text="Oak Street?").d["question"]
    meeting.send(hall, ben, "question.merge", question=waits, into=first)
    assert meeting.row(Question, waits).state == "merged"
    meeting.send(hall, ben, "question.unmerge", question=waits)
    assert meeting.row(Question, waits).state == "open"
    hidden = meeting.question(hall, state=QuestionState.HIDDEN)
    with pytest.raises(QuestionElsewhere):
        meeting.send(hall, ben, "question.merge", question=hidden, into=first)
    with pytest.raises(QuestionElsewhere):
        meeting.send(hall, ben, "question.merge", question=first, into=hidden)
    assert town.broken() == {}


def test_joining_what_is_on_stage_keeps_the_stage(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    first, other = meeting.question(hall), meeting.question(hall)
    meeting.send(hall, meeting.staff(meeting.ana), "question.stage", question=other)
    meeting.send(hall, meeting.staff(meeting.ben), "question.merge", question=other, into=first)
    assert meeting.row(Hall, hall).stage_id == first
    assert town.broken() == {}


def test_upvotes_are_set_and_not_toggled(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    gil, hana = meeting.participant(hall, "Gil Gomez"), meeting.participant(hall, "Hana Horn")
    question = meeting.question(hall, by=gil)
    hers = meeting.of(hana)
    for on, shown in ((True, 1), (True, 1), (False, 0), (False, 0), (True, 1)):
        assert upvote(meeting, hall, hers, question, on=on).d == {"question": question, "on": on}
        assert votes(meeting, question) == [shown]
    with pytest.raises(OwnQuestion):
        upvote(meeting, hall, meeting.of(gil), question)
    closed = meeting.question(hall, state=QuestionState.ANSWERED)
    with pytest.raises(CannotUpvote):
        upvote(meeting, hall, hers, closed)
    waits = meeting.question(hall, state=QuestionState.WAITING)
    with pytest.raises(Refusal) as unknown:
        upvote(meeting, hall, hers, waits)
    assert unknown.value.status == 404
    with town.database.reading() as db:
        assert mine(db, hall, town.site.permissions, participant_id=hana)["votes"] == [question]


def test_one_batch_says_to_each_what_is_theirs(town: Town) -> None:
    """A repeat, another content under a known id, somebody banned, somebody signed out: nobody else is hurt."""
    meeting = Meeting(town)
    hall, over = meeting.hall(), meeting.hall(HallState.ENDED)
    question, late = meeting.question(hall), meeting.question(over)
    hana, pete = meeting.of(meeting.participant(hall)), meeting.participant(hall, banned_at=town.now)
    olga = type(hana)(participant_id=meeting.participant(hall), account_id=meeting.rhoda, session=b"\0" * 32)
    same = {"command_id": "hanas-upvote-1", "question": question}
    acts = [
        act(meeting, hall, hana, "upvote.set", on=True, **same),
        act(meeting, hall, hana, "upvote.set", on=True, **same),
        act(meeting, hall, hana, "upvote.set", on=False, **same),
        act(meeting, hall, meeting.of(pete), "upvote.set", question=question, on=True),
        act(meeting, hall, olga, "upvote.set", question=question, on=True),
        act(meeting, over, meeting.of(meeting.participant(over)), "upvote.set", question=late, on=True),
        act(meeting, hall, meeting.of(meeting.participant(hall)), "upvote.set", question=question, on=True),
    ]
    first, again, other, banned, signed_out, ended, last = perform(meeting, acts)
    assert (first.d, first.dup, again.d, again.dup) == (again.d, False, first.d, True)
    assert [type(refused) for refused in (other, banned, signed_out, ended)] == [
        CommandIdReused,
        Banned,
        AuthExpired,
        SessionEnded,
    ]
    assert last.d["on"]
    assert votes(meeting, question, late) == [2, 0]
    performer = town.site.performers[type(acts[0])]
    with town.database.reading() as db:
        found = performer.performed(db, acts)
    assert {a.id for a in acts if a.id in found} == {acts[0].id, acts[1].id, acts[6].id}


def test_pete_is_banned_and_let_in_again(town: Town) -> None:
    """Scenario 37."""
    meeting = Meeting(town)
    hall = meeting.hall()
    ben, ana = meeting.staff(meeting.ben), meeting.staff(meeting.ana)
    pete, hana = meeting.participant(hall, "Pete Price"), meeting.participant(hall, "Hana Horn")
    first, second = meeting.question(hall), meeting.question(hall, "And the bridge?")
    waits = meeting.send(hall, meeting.of(pete), "question.ask", text="Rubbish!").d["question"]
    poll = meeting.poll(hall)
    for who in (pete, hana):
        upvotes(meeting, hall, first, [who])
        answer(meeting, hall, meeting.of(who), poll, [1])
    upvotes(meeting, hall, second, [pete])
    meeting.send(hall, ben, "question.merge", question=second, into=first)
    meeting.send(hall, ana, "poll.close", poll=poll)
    meeting.send(hall, ana, "poll.reveal", poll=poll)
    meeting.send(hall, meeting.of(pete), "hand.set", on=True)

    banned = meeting.send(hall, ben, "ban.set", on=True, participant=pete, reason="Shouting")
    assert votes(meeting, first, second) == [1, 0]
    shown = meeting.row(Poll, poll)
    assert (shown.answers, (shown.results or {})["answers"]) == (1, 1)
    assert meeting.row(Hand, (hall, pete)).lowered_at is not None
    for op, d in (("question.ask", {"text": "More!"}), ("hand.set", {"on": True})):
        with pytest.raises(Banned):
            meeting.send(hall, meeting.of(pete), op, **d)
    with town.database.reading() as db:
        assert [q.id for q in standing.waiting(db, hall)] == []
        assert [q.id for q in standing.waiting(db, hall, of_banned=True)] == [waits]
        assert standing.banned(db, hall) == {pete}
    assert town.broken() == {}

    meeting.send(hall, ben, "ban.set", on=True, participant=pete)  # twice is as once
    meeting.send(hall, ben, "ban.set", on=False, ban=banned.d["ban"])
    assert votes(meeting, first, second) == [2, 1]
    assert meeting.row(Poll, poll).answers == 2
    assert [(b.by_id, b.reason, b.undone_by_id) for b in town.rows(Ban)] == [(meeting.ben, "Shouting", meeting.ben)]
    assert [kind for kind, _id in meeting.events(hall)].count("ban.set") == 2
    assert town.broken() == {}


def test_a_ban_by_question_does_not_say_who_asked_it(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    pete = meeting.participant(hall, "Pete Price")
    number = meeting.send(hall, meeting.of(pete), "question.ask", text="Rubbish!", anonymous=True).d["question"]
    meeting.send(hall, meeting.of(pete), "hand.set", on=True)
    before = len(meeting.events(hall))
    said = meeting.send(hall, meeting.staff(meeting.ben), "ban.set", on=True, question=number, reason="Shouting")
    assert meeting.row(Participant, pete).banned_at == town.now
    assert str(pete) not in str(said.d)
    assert meeting.events(hall)[before:] == [("ban.set", said.d["ban"])]  # no hand goes down beside it
    with town.database.reading() as db:
        assert set(standing.bans(db, hall)[0]) == {"ban", "at", "by", "reason", "undone"}


class Story:
    """Random acts on one hall; after each, every figure is what a recount of the rows says."""

    def __init__(self, meeting: Meeting) -> None:
        self.meeting = meeting
        self.hall = meeting.hall()
        self.people = browsers(meeting, self.hall, 5)
        self.ben = meeting.staff(meeting.ben)
        clerk = {"participant_id": None, "origin": "room", "clerk_id": meeting.ana}
        asker = meeting.participant(self.hall)
        self.questions = [meeting.question(self.hall, f"Question {n}?", by=asker, **clerk) for n in range(4)]
        self.voters: dict[int, set[int]] = {q: set() for q in self.questions}
        self.into: dict[int, int] = {}
        self.banned: set[int] = set()

    def upvote(self, one: int, who: int, *, on: bool) -> None:
        question, person = self.questions[one], self.people[who]
        if not isinstance(upvotes(self.meeting, self.hall, question, [person], on=on)[0], Refusal):
            (self.voters[question].add if on else self.voters[question].discard)(person)

    def merge(self, one: int, two: int) -> None:
        question, into = self.questions[one], self.questions[two]
        with suppress(Refusal):
            done = self.meeting.send(self.hall, self.ben, "question.merge", question=question, into=into)
            self.into[question] = done.d["into"]

    def unmerge(self, one: int) -> None:
        question = self.questions[one]
        with suppress(Refusal):
            self.meeting.send(self.hall, self.ben, "question.unmerge", question=question)
            del self.into[question]

    def ban(self, who: int, *, on: bool) -> None:
        person = self.people[who]
        self.meeting.send(self.hall, self.ben, "ban.set", on=on, participant=person)
        (self.banned.add if on else self.banned.discard)(person)

    def expected(self, question: int) -> int:
        """The union, worked out without the database."""
        return len(self._of(question) - self.banned)

    def _of(self, question: int) -> set[int]:
        joined = [q for q, into in self.into.items() if into == question]
        return self.voters[question].union(*(self._of(q) for q in joined))


QUESTION, PERSON = st.integers(0, 3), st.integers(0, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("upvote"), QUESTION, PERSON, st.booleans()),
        st.tuples(st.just("merge"), QUESTION, QUESTION, st.none()),
        st.tuples(st.just("unmerge"), QUESTION, st.none(), st.none()),
        st.tuples(st.just("ban"), PERSON, st.none(), st.booleans()),
    ),
    max_size=14,
)


def test_whatever_happens_figures_are_of_different_people(town: Town) -> None:
    meeting = Meeting(town)

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(STEPS)
    def holds(steps: list[tuple[str, int, int | None, bool | None]]) -> None:
        story = Story(meeting)
        for step, one, two, on in steps:
            match step:
                case "upvote":
                    story.upvote(one, two or 0, on=bool(on))
                case "merge":
                    story.merge(one, two or 0)
                case "unmerge":
                    story.unmerge(one)
                case _ban:
                    story.ban(one, on=bool(on))
            assert votes(meeting, *story.questions) == [story.expected(q) for q in story.questions]

    holds()
    assert town.broken() == {}


def test_three_hundred_upvotes_are_three_hundred(town: Town) -> None:
    """Scenario 8, at the service."""
    meeting = Meeting(town)
    hall = meeting.hall()
    question, people = meeting.question(hall), browsers(meeting, hall, 300)
    for start in range(0, 300, 64):
        upvotes(meeting, hall, question, people[start : start + 64])
    assert votes(meeting, question) == [300]
    assert len(town.rows(Upvote, Upvote.question_id == question)) == 300
