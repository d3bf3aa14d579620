"""Asking: what is stored, what waits, who may, and taking a question back."""

from __future__ import annotations

from app.moderation.model import Case
from tests.site import Town
from tests.townhall.meeting import Meeting
from townhall.model import Question


def test_gils_question_waits_and_ben_publishes_it(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall()
    gil = meeting.participant(hall, "Gil Gomez")
    asked = meeting.send(hall, meeting.of(gil), "question.ask", text="  Why is Oak Street\u202e still closed? ")
    assert asked.d["state"] == "waiting"
    number = asked.d["question"]
    assert meeting.row(Question, number).text == "Why is Oak Street still closed?"
    assert town.rows(Case)[0].state == "waiting"
    done = meeting.send(hall, meeting.staff(meeting.ben), "question.publish", question=number, rev=1)
    assert done.d == {"question": number, "state": "open", "rev": 2}
    assert town.rows(Case)[0].state == "decided"
    assert meeting.events(hall) == [("question.asked", number), ("question.published", number)]
    assert town.broken() == {}
