"""A hall that is public is written at: what its people were promised holds, whichever section is changed."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.errors import Invalid
from tests.site import Town
from tests.townhall.crowd import upvote
from tests.townhall.meeting import Meeting
from tests.townhall.service.people import browsers
from townhall.model import Hall
from townhall.rules.lifecycle import HallState
from townhall.service.writing import People, Written, write


def change(meeting: Meeting, hall: int, section: str, people: People | None = None, **values: Any) -> None:
    seen, now = meeting.row(Hall, hall).revision, meeting.town.now
    written = Written(values, people)
    meeting.do(lambda db: write(db, hall, section, written, revision=seen, by=meeting.ana, now=now) and None)


def test_a_hall_in_which_browsers_voted_is_not_said_to_be_of_registered_people_later(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(HallState.SCHEDULED, entry="registered")
    change(meeting, hall, "taking-part", entry="open")
    change(meeting, hall, "taking-part", entry="registered")  # nobody has come yet
    change(meeting, hall, "taking-part", entry="open")
    question = meeting.question(hall)
    (nora,) = browsers(meeting, hall, 1)
    upvote(meeting, hall, meeting.of(nora), question)
    with pytest.raises(Invalid) as wrong:
        change(meeting, hall, "taking-part", entry="registered")
    assert [e.field for e in wrong.value.errors] == ["entry"]
    assert meeting.row(Hall, hall).entry == "open"


def test_ana_does_not_let_questions_wait_where_she_named_no_moderator(town: Town) -> None:
    meeting = Meeting(town)
    hall = meeting.hall(HallState.SCHEDULED, screening=False)
    change(meeting, hall, "people", People(meeting.ana, [], [], []))
    with pytest.raises(Invalid) as wrong:
        change(meeting, hall, "taking-part", screening=True)
    assert [e.field for e in wrong.value.errors] == ["screening"]
    change(meeting, hall, "people", People(meeting.ana, [meeting.ben], [], []))
    change(meeting, hall, "taking-part", screening=True)
