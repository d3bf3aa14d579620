"""A hall's archive: what was asked, answered and promised, and who owes what; nothing that is not public."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app.outcomes.model import Referral
from tests.site import RunningSite
from tests.townhall.meeting import Meeting
from townhall.model import Caption
from townhall.rules.lifecycle import HallState
from townhall.rules.polls import PollState
from townhall.rules.questions import QuestionState


@pytest.fixture(scope="module")
def meeting(sqlite_site: RunningSite) -> Meeting:
    return Meeting(sqlite_site.town, "archives")


@pytest.fixture
def hana(sqlite_site: RunningSite) -> Iterator[httpx.Client]:
    with sqlite_site.client() as client:
        yield client


def page(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[-800:])
    return html.unescape(answer.text)


@pytest.fixture(scope="module")
def hall(meeting: Meeting) -> int:
    """It took 90 minutes; a promise was made at minute 42:10."""
    now = meeting.town.now
    number = meeting.hall(
        starts=now - timedelta(minutes=42, seconds=10),
        recording_url="https://video.example.org/w4",
        captions_numbered=1,  # the line that is stored below
    )
    left = meeting.question(number, "Who pays for <i>Oak Street</i>?", name="Gil Gomez", votes=0)
    answered = meeting.question(number, "When is the crossing repaired?", anonymous=True, name="")
    meeting.question(number, "Call me on 0151 496 0000", state=QuestionState.REJECTED, reason_code="personal-data")
    meeting.question(number, "Crossing?", state=QuestionState.MERGED, merged_into_id=answered)
    poll = meeting.poll(number, state=PollState.CLOSED, closed_at=now)
    ana = meeting.staff(meeting.ana)
    meeting.send(number, ana, "question.stage", question=answered)
    meeting.send(
        number,
        ana,
        "commitment.add",
        text="The crossing will be repaired.",
        department="archives-roads",
        due_on=meeting.in_spring.isoformat(),
        question=answered,
    )
    meeting.send(number, ana, "question.answered", question=answered)
    meeting.send(number, ana, "poll.reveal", poll=poll)
    meeting.do(
        lambda db: db.add(Caption(hall_id=number, number=1, text="We will repair the crossing.", second=61, at=now))
    )
    meeting.send(number, ana, "hall.end")
    meeting.town.work()
    assert left
    return number


def test_hana_reads_what_came_of_the_hall(hana: httpx.Client, hall: int) -> None:
    shown = page(hana, f"/townhalls/{hall}")
    assert "The crossing will be repaired." in shown
    assert "at 42:10 of the recording" in shown
    assert "https://video.example.org/w4#t=2530" in shown
    assert "Answered in the hall" in shown
    assert "owes a written answer by" in shown
    assert "Crossing?" in shown
    assert "What should happen to the bridge?" in shown
    assert "The minutes are expected" in shown


def test_hana_reads_that_minutes_are_late(hana: httpx.Client, meeting: Meeting) -> None:
    """Fourteen days were promised: the last of them is not late yet, the one after it is."""
    for days, said in ((14, "The minutes are expected"), (15, "and are late.")):
        hall = meeting.hall(HallState.ENDED, ended_at=meeting.town.now - timedelta(days=days))
        assert said in page(hana, f"/townhalls/{hall}")


def test_nothing_that_was_refused_stands_there_but_its_number(hana: httpx.Client, hall: int) -> None:
    raw = hana.get(f"/townhalls/{hall}").text
    assert "0151 496" not in raw
    assert "<i>Oak Street</i>" not in raw
    assert "Not accepted by the moderators" in raw


def test_what_was_said_is_found_by_its_words(hana: httpx.Client, hall: int) -> None:
    assert "We will repair the crossing." in page(hana, f"/townhalls/{hall}/captions?q=CROSSING+repair")
    assert "No line has all of these words" in page(hana, f"/townhalls/{hall}/captions?q=bridge")
    assert hana.get("/townhalls/x/captions").status_code == 404


def test_rhodas_answer_is_read_under_the_question(hana: httpx.Client, meeting: Meeting) -> None:
    hall = meeting.hall(HallState.ENDED)
    question = meeting.question(hall, "Who pays?")
    meeting.town.work()
    assert "owes a written answer by" in page(hana, f"/townhalls/{hall}")
    meeting.send(hall, meeting.staff(meeting.rhoda), "question.answer", question=question, text="The city pays.")
    shown = page(hana, f"/townhalls/{hall}")
    assert "The city pays." in shown


def test_the_plan_beside_rhodas_answer_is_read_with_it(
    sqlite_site: RunningSite, hana: httpx.Client, meeting: Meeting
) -> None:
    """Scenario 14: a written answer with one document."""
    hall = meeting.hall(HallState.ENDED)
    question = meeting.question(hall, "Where will the trees stand?")
    meeting.send(hall, meeting.staff(meeting.rhoda), "question.answer", question=question, text="On both sides.")
    (referral,) = meeting.town.rows(Referral, Referral.subject_kind == "question", Referral.subject_id == question)
    with sqlite_site.signed_in(f"rhoda.{meeting.home}@example.org") as rhoda:
        plan = {"document": ("plan.txt", b"Twelve limes.", "text/plain")}
        sent = rhoda.post(f"/desk/referrals/{referral.id}/documents", data={"title": "Planting plan"}, files=plan)
        assert sent.status_code == 303, sent.text[-600:]
    meeting.town.work()
    shown = page(hana, f"/townhalls/{hall}")
    link = re.search(r'href="(/files/[^"]+)"[^>]*><bdi>Planting plan', shown)
    assert link, shown[-3000:]
    assert hana.get(link[1]).content == b"Twelve limes."
