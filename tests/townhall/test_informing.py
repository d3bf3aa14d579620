"""Who asked, and who wanted it answered, hears what became of a question: once each, and only who wants letters."""

from __future__ import annotations

import pytest

from tests.site import Letters, Town
from tests.townhall.meeting import Meeting
from townhall.model import Participant, Upvote
from townhall.rules.lifecycle import HallState
from townhall.rules.questions import QuestionState
from townhall.service import telling

GIL, HANA, EMIL, FAY = (f"{name}@example.org" for name in ("gil", "hana", "emil", "fay"))
OVER = "What became of your question in a town hall"
ANSWERED = "A question of a town hall was answered in writing"
PROMISED = "A promise about a question in a town hall"


@pytest.fixture
def meeting(town: Town) -> Meeting:
    return Meeting(town)


def upvote(meeting: Meeting, question: int, *people: int) -> None:
    def store(db: object) -> None:
        for number in people:
            db.add(Upvote(question_id=question, participant_id=number, act_id=number, at=meeting.town.now))  # type: ignore[attr-defined]

    meeting.do(store)


def letters(meeting: Meeting) -> Letters:
    while meeting.do(lambda db: telling.queue_some(db, meeting.town.now)):
        pass
    return meeting.town.deliver()


def test_scenario_14_a_written_answer_is_told_once_to_who_asked_and_who_wanted_it(meeting: Meeting) -> None:
    hall = meeting.hall(HallState.LIVE)
    gil, hana = meeting.participant(hall, email=GIL), meeting.participant(hall, "Hana Huber", email=HANA)
    emil = meeting.participant(hall, "Emil", email=EMIL, notify=False)
    fay = meeting.participant(hall, "Fay", email=FAY)
    question = meeting.question(hall, "Who pays?", by=gil)
    meeting.question(hall, "Who will pay?", by=fay, state=QuestionState.MERGED, merged_into_id=question)
    upvote(meeting, question, gil, hana, emil)
    rhoda = meeting.staff(meeting.rhoda)
    meeting.send(hall, rhoda, "question.answer", question=question, text="The city pays.\nAll of it.")
    sent = letters(meeting)
    for email in (GIL, HANA, FAY):
        assert sent.subjects(email) == [ANSWERED]
        assert "The city pays." in sent.last_to(email).get_content()
    assert sent.subjects(EMIL) == [], "wants no letters"
    meeting.send(hall, rhoda, "question.answer", question=question, text="The city and the ward pay.")
    assert letters(meeting).subjects(GIL) == [ANSWERED], "a correction tells nobody again"


def test_scenario_40_a_promise_is_told_once_to_every_upvoter_who_wants_letters(meeting: Meeting) -> None:
    hall = meeting.hall(HallState.LIVE)
    gil, hana = meeting.participant(hall, email=GIL), meeting.participant(hall, "Hana Huber", email=HANA)
    meeting.participant(hall, "Fay", email=FAY)
    question = meeting.question(hall, "When is it repaired?", by=gil)
    upvote(meeting, question, hana)
    for about in (question, None):
        d = {"text": "It will be repaired.", "department": "council-roads", "due_on": "2027-03-15"}
        meeting.send(hall, meeting.staff(meeting.cleo), "commitment.add", **d, **({"question": about} if about else {}))
    sent = letters(meeting)
    assert (sent.subjects(GIL), sent.subjects(HANA), sent.subjects(FAY)) == ([PROMISED], [PROMISED], [])
    assert "15 March 2027" in sent.last_to(HANA).get_content()


def test_after_the_hall_whoever_asked_has_one_letter_about_all_they_asked(meeting: Meeting) -> None:
    hall = meeting.hall(HallState.LIVE)
    gil, hana = meeting.participant(hall, email=GIL), meeting.participant(hall, "Hana Huber", email=HANA)
    meeting.question(hall, "Who pays for it?", by=gil)
    told = meeting.question(hall, "When does it open?", by=gil)
    meeting.question(hall, "Rude words", by=hana, state=QuestionState.REJECTED, reason_code="offensive")
    ana = meeting.staff(meeting.ana)
    meeting.send(hall, ana, "question.stage", question=told)
    meeting.send(hall, ana, "question.answered", question=told)
    meeting.send(hall, ana, "hall.end")
    meeting.town.work()
    sent = letters(meeting)
    assert sent.subjects(GIL) == [OVER]
    text = sent.last_to(GIL).get_content()
    assert "It was answered in the hall." in text
    assert "owes you a written answer by" in text
    assert sent.subjects(HANA) == []


def test_a_letter_that_has_not_left_says_nothing_once_its_reader_wants_no_more(meeting: Meeting) -> None:
    hall = meeting.hall(HallState.LIVE)
    gil = meeting.participant(hall, email=GIL)
    question = meeting.question(hall, "Who pays?", by=gil)
    meeting.send(hall, meeting.staff(meeting.rhoda), "question.answer", question=question, text="The city pays.")
    while meeting.do(lambda db: telling.queue_some(db, meeting.town.now)):
        pass
    meeting.do(lambda db: telling.stop_letters(db, db.get_one(Participant, gil), meeting.town.now))
    assert meeting.town.deliver().subjects(GIL) == []


def test_gil_says_once_whether_the_answer_answers_it(meeting: Meeting) -> None:
    hall = meeting.hall(HallState.LIVE)
    gil, fay = meeting.participant(hall, email=GIL), meeting.participant(hall, "Fay", email=FAY)
    question = meeting.question(hall, "Who pays?", by=gil)
    meeting.send(hall, meeting.staff(meeting.rhoda), "question.answer", question=question, text="The city pays.")
    sent = letters(meeting)
    lines = [line for line in sent.last_to(GIL).get_content().splitlines() if "/answers/" in line]
    token = lines[0].rpartition("/")[2].strip()
    askers = meeting.town.site.askers["question"]
    with meeting.town.database.reading() as db:
        assert askers.asker(db, question, token) == gil
        other = meeting.town.keys.token("townhall.asked", fay)
        assert askers.asker(db, question, other) is None
        assert meeting.town.site.news["question"].audience(db, question) == 1
