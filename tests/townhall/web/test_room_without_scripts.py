"""A whole hall by forms alone, on both databases: Gil reads, asks, votes, answers every kind of poll, raises a hand."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.site import RunningSite
from tests.townhall.meeting import Meeting
from townhall import identity
from townhall.model import Participant, PollAnswer, Question, Ticket
from townhall.rules.questions import QuestionState


@pytest.fixture
def meeting(site: RunningSite) -> Meeting:
    return Meeting(site.town, "no-scripts")


@pytest.fixture
def gil(site: RunningSite) -> Iterator[httpx.Client]:
    with site.client() as client:
        yield client


def enters(client: httpx.Client, meeting: Meeting, hall: int, name: str = "Gil Gomez") -> int:
    """With the cookie that registering gives."""
    person, secret = meeting.participant(hall, name), identity.new_secret()
    key = identity.ticket(secret, hall, meeting.town.keys)
    meeting.do(lambda db: db.add(Ticket(hall_id=hall, key=key, participant_id=person, at=meeting.town.now)))
    client.cookies.set("townsquare-hall", secret)
    return person


def room(client: httpx.Client, hall: int, query: str = "") -> str:
    answer = client.get(f"/townhalls/{hall}/room{query}")
    assert answer.status_code == 200, answer.text[-500:]
    return html.unescape(answer.text)


def send(client: httpx.Client, hall: int, op: str, *, status: int = 303, **fields: Any) -> str:
    answer = client.post(f"/townhalls/{hall}/room", data={"op": op} | fields)
    assert answer.status_code == status, (op, answer.status_code, html.unescape(answer.text)[-2000:])
    return html.unescape(answer.text)


def test_gil_asks_and_what_he_typed_stays_where_it_is_refused(gil: httpx.Client, meeting: Meeting) -> None:
    hall = meeting.hall()
    person = enters(gil, meeting, hall)
    assert 'name="text"' in room(gil, hall, "?write=yes")
    long = "Why? " * 400
    refused = send(gil, hall, "question.ask", status=422, text=long)
    assert long.strip() in refused
    assert 'href="#question-ask-text"' in refused
    assert 'http-equiv="refresh"' not in refused
    send(gil, hall, "question.ask", text="Why is Oak Street closed?", id="form-0123456789")
    send(gil, hall, "question.ask", text="Why is Oak Street closed?", id="form-0123456789")
    assert len(meeting.town.rows(Question, Question.participant_id == person)) == 1
    meeting.send(hall, meeting.staff(meeting.ben), "slow.set", seconds=60)
    assert "And the bus?" in send(gil, hall, "question.ask", status=429, text="And the bus?")
    meeting.send(hall, meeting.staff(meeting.ana), "hall.end")
    ended = send(gil, hall, "question.ask", status=409, text="One more question?")
    assert "The hall has ended" in ended
    assert "One more question?" in ended


def test_gil_votes_takes_it_back_and_raises_his_hand(gil: httpx.Client, meeting: Meeting) -> None:
    hall = meeting.hall()
    enters(gil, meeting, hall)
    question = meeting.question(hall)
    for on, votes in (("true", 1), ("false", 0)):
        send(gil, hall, "upvote.set", question=question, on=on)
        assert meeting.row(Question, question).votes == votes
        assert f'aria-pressed="{on}"' in room(gil, hall)
    send(gil, hall, "hand.set", on="true")
    assert re.search(r'data-hand="up" hidden', room(gil, hall))


def test_gil_answers_each_kind_of_poll_and_changes_his_mind(gil: httpx.Client, meeting: Meeting) -> None:
    hall = meeting.hall()
    person = enters(gil, meeting, hall)
    polls = {kind: meeting.poll(hall, kind, most=2) for kind in ("single", "multiple", "rating", "ranking", "cloud")}

    def stored(kind: str) -> Any:
        return meeting.row(PollAnswer, (polls[kind], person)).answer

    send(gil, hall, "poll.answer", poll=polls["single"], choices="1")
    send(gil, hall, "poll.answer", poll=polls["single"], choices="2")
    assert stored("single") == {"choices": [2]}
    send(gil, hall, "poll.answer", poll=polls["multiple"], choices=["1", "3"])
    assert stored("multiple") == {"choices": [1, 3]}
    assert "You chose more" in send(
        gil, hall, "poll.answer", status=422, poll=polls["multiple"], choices=["1", "2", "3"]
    )
    send(gil, hall, "poll.answer", poll=polls["rating"], choices="4")
    assert stored("rating") == {"choices": [4]}
    send(gil, hall, "poll.answer", poll=polls["cloud"], words="green, calm")
    assert stored("cloud") == {"words": ["green", "calm"]}
    send(gil, hall, "poll.answer", poll=polls["ranking"], **{"rank-1": "3", "rank-2": "1", "rank-3": "2"})
    assert stored("ranking") == {"choices": [2, 3, 1]}
    assert "Choose an answer" in send(gil, hall, "poll.answer", status=422, poll=polls["single"])


def test_two_on_one_place_are_told_and_the_order_stays_as_typed(gil: httpx.Client, meeting: Meeting) -> None:
    hall = meeting.hall()
    enters(gil, meeting, hall)
    poll = meeting.poll(hall, "ranking")
    places = {"rank-1": "2", "rank-2": "2", "rank-3": "1"}
    again = send(gil, hall, "poll.answer", status=422, poll=poll, **places)
    assert "Two of them stand on the same place" in again
    for name, place in places.items():
        select = re.search(rf'<select[^>]* name="{name}">(.*?)</select>', again)
        assert select
        assert f"<option selected>{place}</option>" in select[1]


def test_gil_sees_why_and_asks_for_a_review_and_takes_another_one_back(gil: httpx.Client, meeting: Meeting) -> None:
    hall = meeting.hall()
    person = enters(gil, meeting, hall)
    send(gil, hall, "question.ask", text="Call me 0151 2345678")
    (asked,) = meeting.town.rows(Question, Question.participant_id == person)
    reject = {"question": asked.id, "reason": "personal-data", "note": "Ask without the number."}
    meeting.send(hall, meeting.staff(meeting.cleo), "question.reject", **reject)
    mine = room(gil, hall, "?sort=mine")
    assert "Not accepted" in mine
    assert "Ask without the number." in mine
    assert "Ask another moderator to look at it" in mine
    send(gil, hall, "review.ask", question=asked.id, why="It is my own number.", back="mine")
    waits = re.search(r'data-review="waiting"[^>]*>', room(gil, hall, "?sort=mine").partition(f'id="q-{asked.id}"')[2])
    assert waits
    assert "hidden" not in waits[0]
    other = meeting.question(hall, "Never mind?", by=person)
    send(gil, hall, "question.withdraw", question=other, back="mine")
    assert meeting.row(Question, other).state == QuestionState.WITHDRAWN


def test_forms_of_the_staff_come_back_as_typed(site: RunningSite, meeting: Meeting) -> None:
    hall = meeting.hall()
    with site.signed_in(f"ana.{meeting.home}@example.org") as ana:
        promise = {"text": "The crossing is repaired.", "department": meeting.home, "due_on": "", "back": "console"}
        again = send(ana, hall, "commitment.add", status=422, **promise)
        assert "The crossing is repaired.</textarea>" in again
        assert 'href="#commitment-add-due_on"' in again
    with site.signed_in(f"ben.{meeting.home}@example.org") as ben:
        assert 'value="soon"' in send(ben, hall, "slow.set", status=422, seconds="soon", back="desk")
        waiting = meeting.question(hall, "Stale?", state=QuestionState.WAITING)
        stale = send(ben, hall, "question.publish", status=409, question=waiting, rev=7, back="desk")
        assert "This has changed in the meantime" in stale


def test_a_refused_form_shows_nobody_a_page_that_is_not_theirs(site: RunningSite, meeting: Meeting) -> None:
    hall = meeting.hall()
    meeting.question(hall, "Only moderators read this.", state=QuestionState.WAITING)
    with site.signed_in(f"rhoda.{meeting.home}@example.org") as rhoda:
        assert rhoda.get(f"/moderation/townhalls/{hall}").status_code == 404
        shown = rhoda.post(f"/townhalls/{hall}/room", data={"op": "slow.set", "seconds": "5", "back": "desk"})
        assert shown.status_code == 403
        assert "Only moderators read this." not in shown.text


def test_questions_of_people_who_were_excluded_are_listed_apart_and_undone(site: RunningSite, meeting: Meeting) -> None:
    hall = meeting.hall()
    pete = meeting.participant(hall, "Pete Petersen")
    meeting.question(hall, "PETE SHOUTS", by=pete, state=QuestionState.WAITING)
    ban = meeting.send(hall, meeting.staff(meeting.ben), "ban.set", on=True, participant=pete, reason="Shouts").d["ban"]
    with site.signed_in(f"ben.{meeting.home}@example.org") as ben:
        desk = html.unescape(ben.get(f"/moderation/townhalls/{hall}").text)
        apart = desk.partition("By people who are excluded")[2]
        assert "PETE SHOUTS" in apart
        assert "PETE SHOUTS" not in desk.partition("By people who are excluded")[0]
        send(ben, hall, "ban.set", ban=ban, on="false", back="desk")
    assert meeting.row(Participant, pete).banned_at is None
