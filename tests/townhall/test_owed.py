"""What a hall leaves behind for departments: promises, answers, and whatever nobody answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.outcomes.model import Answer, Commitment, Referral
from tests.site import Town
from tests.townhall.meeting import Meeting
from townhall.model import Hall, Minutes, Promise, Question
from townhall.queries import archive
from townhall.rules.commands import BadCommand, NotAllowed
from townhall.rules.lifecycle import HallState
from townhall.rules.questions import QuestionState
from townhall.verify import owed

DUE = "2027-03-15"


@pytest.fixture
def meeting(town: Town) -> Meeting:
    return Meeting(town)


def test_what_ana_promises_is_a_commitment_of_roads_at_its_second(meeting: Meeting) -> None:
    hall = meeting.hall()
    question = meeting.question(hall)
    reply = meeting.send(
        hall,
        meeting.staff(meeting.cleo),
        "commitment.add",
        text="The crossing will be repaired.",
        department="council-roads",
        due_on=DUE,
        question=question,
    )
    made = meeting.row(Commitment, reply.d["commitment"])
    assert (made.text, made.due_on.isoformat()) == ("The crossing will be repaired.", DUE)
    assert made.department_id == meeting.department("council-roads").id
    promise = meeting.row(Promise, made.id)
    assert (promise.question_id, promise.second) == (question, 300)
    assert ("commitment.added", made.id) in meeting.events(hall)


@pytest.mark.parametrize(
    ("field", "value"), [("text", " "), ("department", "nobody"), ("due_on", "2020-01-01"), ("due_on", "2027-02-30")]
)
def test_a_promise_without_a_text_a_department_or_a_day_to_come_is_none(
    meeting: Meeting, field: str, value: str
) -> None:
    hall = meeting.hall()
    given = {"text": "We will.", "department": "council-roads", "due_on": DUE} | {field: value}
    with pytest.raises(BadCommand) as refused:
        meeting.send(hall, meeting.staff(meeting.cleo), "commitment.add", **given)
    assert [e.field for e in refused.value.errors] == [field]
    assert meeting.events(hall) == []


def test_roads_answers_in_writing_once_and_corrects_it(meeting: Meeting) -> None:
    hall = meeting.hall()
    question = meeting.question(hall)
    rhoda = meeting.staff(meeting.rhoda)
    meeting.send(hall, rhoda, "question.answer", question=question, text="It opens in May.\nThe pipe is mended.")
    meeting.send(hall, rhoda, "question.answer", question=question, text="It opens in June.")
    (referral,) = meeting.town.rows(Referral, Referral.subject_kind == "question")
    answers = meeting.town.rows(Answer, Answer.referral_id == referral.id)
    assert sorted((a.version, a.summary, a.grade) for a in answers) == [
        (1, "It opens in May.", "explained"),
        (2, "It opens in June.", "explained"),
    ]
    assert [kind for kind, _thing in meeting.events(hall)] == ["question.answer"] * 2


def test_an_officer_of_another_department_answers_nothing(meeting: Meeting, town: Town) -> None:
    hall = meeting.hall()
    question = meeting.question(hall)
    town.department("parks")
    stranger = meeting.staff(town.staff("pia@example.org", "department-officer", "parks"))
    with pytest.raises(NotAllowed):
        meeting.send(hall, stranger, "question.answer", question=question, text="Ask us.")


def test_what_nobody_answered_becomes_a_duty_once_the_hall_is_over(meeting: Meeting) -> None:
    hall = meeting.hall()
    left = meeting.question(hall, "Who pays?")
    meeting.question(hall, "Told.", state=QuestionState.ANSWERED)
    meeting.question(hall, "Rude.", state=QuestionState.REJECTED, reason_code="offensive")
    meeting.send(hall, meeting.staff(meeting.ana), "hall.end")
    meeting.town.work()
    meeting.town.work()
    (referral,) = meeting.town.rows(Referral, Referral.subject_kind == "question")
    assert (referral.subject_id, referral.cause) == (left, "question")
    assert referral.department_id == meeting.department().id
    assert meeting.row(Hall, hall).wound_up_at is not None
    assert meeting.row(Question, left).department_id == meeting.department().id


def test_what_a_moderator_opens_again_after_the_hall_is_owed_too(meeting: Meeting) -> None:
    hall = meeting.hall()
    question = meeting.question(hall, "Who pays?", state=QuestionState.HIDDEN)
    meeting.send(hall, meeting.staff(meeting.ana), "hall.end")
    meeting.town.work()
    assert meeting.town.rows(Referral, Referral.subject_kind == "question") == []
    meeting.town.sql(f"UPDATE townhall_question SET state = 'open' WHERE id = {question}")
    meeting.town.clock.advance(timedelta(minutes=11))
    assert lost(meeting) == [f"question {question} of hall {hall} was left open and is nobody's duty"]
    meeting.town.work()
    (referral,) = meeting.town.rows(Referral, Referral.subject_kind == "question")
    assert referral.subject_id == question
    assert lost(meeting) == []


def test_verify_finds_a_promise_without_its_place_in_the_log(meeting: Meeting) -> None:
    hall = meeting.hall()
    promised = {"text": "We will.", "department": "council-roads", "due_on": DUE}
    reply = meeting.send(hall, meeting.staff(meeting.cleo), "commitment.add", **promised)
    assert broken(meeting, owed.promises_are_commitments) == []
    meeting.town.sql("DELETE FROM townhall_event WHERE kind = 'commitment.added'")
    meeting.town.sql("UPDATE outcomes_commitment SET subject_id = subject_id + 1")
    assert broken(meeting, owed.promises_are_commitments) == [
        f"promise {reply.d['commitment']} of hall {hall} is no commitment about it",
        f"promise {reply.d['commitment']} is not in the log of its hall",
    ]


def test_verify_finds_a_version_of_minutes_that_was_passed_over(meeting: Meeting) -> None:
    hall, now = meeting.hall(HallState.ENDED), meeting.town.now
    published = {"published_at": now, "published_by_id": meeting.ana}
    for version, more in ((1, published), (2, published)):
        row = Minutes(hall_id=hall, version=version, body="We met.", drafted_at=now, saved_at=now, **more)
        meeting.do(lambda db, row=row: db.add(row))
    assert broken(meeting, owed.minutes_are_in_order) == []
    meeting.town.sql("UPDATE townhall_minutes SET published_at = NULL, published_by_id = NULL WHERE version = 1")
    assert broken(meeting, owed.minutes_are_in_order) == [f"version 1 of the minutes of hall {hall} was passed over"]


def lost(meeting: Meeting) -> list[str]:
    return broken(meeting, owed.open_questions_are_owed)


def broken(meeting: Meeting, check: Callable[[Session, datetime], Iterable[str]]) -> list[str]:
    with meeting.town.database.reading() as db:
        return list(check(db, meeting.town.now))


def test_what_roads_answered_stands_in_the_archive_though_the_question_was_joined_to_another(meeting: Meeting) -> None:
    hall, rhoda, ben = meeting.hall(), meeting.staff(meeting.rhoda), meeting.staff(meeting.ben)
    first, second, third, last = (meeting.question(hall, f"Oak Street, {n}?") for n in range(4))
    meeting.send(hall, rhoda, "question.answer", question=first, text="In March.")
    meeting.send(hall, ben, "question.merge", question=first, into=second)
    meeting.send(hall, ben, "question.merge", question=second, into=last)
    meeting.send(hall, rhoda, "question.answer", question=third, text="Never.")

    def shown(db: Session) -> dict[int, str | None]:
        asked = archive.questions(db, db.get_one(Hall, hall), (), meeting.town.now)
        assert {a.department.slug for a in asked if a.department} == {"council-roads"}
        return {a.row.id: a.answer.summary if a.answer else None for a in asked}

    assert meeting.do(shown) == {third: "Never.", last: "In March."}
    meeting.send(hall, rhoda, "question.answer", question=last, text="In April.")
    assert meeting.do(shown) == {third: "Never.", last: "In April."}
