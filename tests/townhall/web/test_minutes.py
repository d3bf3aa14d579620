"""Ana drafts, publishes and corrects the minutes of a hall; Hana reads every version."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from tests.site import RunningSite, fields_of
from tests.townhall.meeting import Meeting
from townhall.events import MinutesPublished
from townhall.model import Minutes
from townhall.rules.lifecycle import HallState
from townhall.rules.minutes import plain, without
from townhall.rules.polls import PollState
from townhall.rules.questions import QuestionState

PUBLISHED: list[MinutesPublished] = []


@pytest.fixture(scope="module", params=["sqlite_site", "postgres_site"])
def site(request: pytest.FixtureRequest) -> RunningSite:
    made: RunningSite = request.getfixturevalue(request.param)
    PUBLISHED.clear()
    made.house.site.listeners[MinutesPublished].append(lambda _db, event: PUBLISHED.append(event))
    return made


@pytest.fixture(scope="module")
def meeting(site: RunningSite) -> Meeting:
    return Meeting(site.town, "minutes")


@pytest.fixture(scope="module")
def ana(site: RunningSite, meeting: Meeting) -> Iterator[httpx.Client]:
    with site.signed_in("ana.minutes@example.org") as client:
        yield client


@pytest.fixture
def hall(meeting: Meeting) -> int:
    now = meeting.town.now
    number = meeting.hall(HallState.LIVE, starts=now - timedelta(minutes=42, seconds=10))
    staged = meeting.question(number, "When is *Oak Street* repaired?", anonymous=True, name="")
    meeting.question(number, "Call me on 0151 496 0000", state=QuestionState.REJECTED, reason_code="personal-data")
    meeting.question(number, "The mayor is a thief", state=QuestionState.HIDDEN, staged_at=now)
    shown = meeting.poll(number, state=PollState.CLOSED, closed_at=now)
    meeting.poll(number, question="A poll that nobody revealed?", state=PollState.CLOSED, closed_at=now)
    ana = meeting.staff(meeting.ana)
    meeting.send(number, ana, "question.stage", question=staged)
    meeting.send(
        number,
        ana,
        "commitment.add",
        text="It will be repaired.",
        department="minutes-roads",
        due_on=meeting.in_spring.isoformat(),
        question=staged,
    )
    meeting.send(number, ana, "question.answered", question=staged)
    meeting.send(number, ana, "poll.reveal", poll=shown)
    meeting.send(number, ana, "hall.end")
    return number


def text_of(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.text[-800:])
    return html.unescape(answer.text)


def send(client: httpx.Client, path: str, status: int = 303, **values: str) -> httpx.Response:
    answer = client.post(path, data=values)
    assert answer.status_code == status, (path, answer.status_code, answer.text[-800:])
    return answer


def revision(client: httpx.Client, here: str) -> str:
    return fields_of(client.get(here).text)["revision"]


def test_the_draft_has_what_was_public_and_nothing_else(meeting: Meeting, ana: httpx.Client, hall: int) -> None:
    due = meeting.in_spring
    draft = text_of(ana, f"/hosting/townhalls/{hall}/minutes")
    for said in (
        r"**minute 42:10** When is \*Oak Street\* repaired?",
        "Answered in the hall.",
        "# Agenda",
        "Welcome",
        "What should happen to the bridge?",
        "It will be repaired. (",
        f"{due.day} {due:%B %Y}, minute 42:10)",
    ):
        assert said in draft
    for kept in ("0151 496", "thief", "nobody revealed"):
        assert kept not in draft


def test_they_are_published_by_somebody_named_and_corrected_with_a_note(
    site: RunningSite, meeting: Meeting, ana: httpx.Client, hall: int
) -> None:
    here, public = f"/hosting/townhalls/{hall}/minutes", f"/townhalls/{hall}/minutes"
    with site.client() as hana:
        text_of(hana, public, 404)
        send(ana, here, body="# Said\n\nThe street is **closed**.", revision="0")
        text_of(hana, public, 404)
        send(ana, f"{here}/publish", revision=revision(ana, here))
        first = text_of(hana, public)
        assert "<strong>closed</strong>" in first
        assert "Published by" in first
        assert "Read the minutes" in text_of(hana, f"/townhalls/{hall}")
        send(ana, here, 422, body="The street is open.", revision=revision(ana, here), note=" ")
        send(ana, here, body="The street is open.", revision=revision(ana, here), note="It is open.")
        assert "closed" in text_of(hana, public)
        send(ana, f"{here}/publish", revision=revision(ana, here))
        second = text_of(hana, public)
        assert "The street is open." in second
        assert "What was corrected:" in second
        assert "<strong>closed</strong>" in text_of(hana, f"{public}?version=1")
        text_of(hana, f"{public}?version=7", 404)
    assert [e.version for e in PUBLISHED if e.hall_id == hall] == [1, 2]
    rows = sorted(site.town.rows(Minutes, Minutes.hall_id == hall), key=lambda row: row.version)
    assert [row.published_by_id for row in rows] == [meeting.ana, meeting.ana]


def test_who_saves_second_sees_both_and_loses_nothing(ana: httpx.Client, hall: int) -> None:
    here = f"/hosting/townhalls/{hall}/minutes"
    send(ana, here, body="Ana's words.", revision="0")
    late = html.unescape(send(ana, here, 409, body="Cleo's words.", revision="0").text)
    assert "Ana's words." in late
    assert "Cleo's words." in late


def test_words_of_a_hidden_question_are_never_published(
    site: RunningSite, meeting: Meeting, ana: httpx.Client, hall: int
) -> None:
    here = f"/hosting/townhalls/{hall}/minutes"
    send(ana, here, body="Somebody said: the mayor is a thief.", revision="0")
    send(ana, f"{here}/publish", 422, revision=revision(ana, here))
    send(ana, here, body="When is Oak Street repaired? was asked.", revision=revision(ana, here))
    send(ana, f"{here}/publish", revision=revision(ana, here))
    meeting.town.sql(
        f"UPDATE townhall_question SET state = 'hidden', text = 'When is Oak Street repaired?' "
        f"WHERE hall_id = {hall} AND answered_at IS NOT NULL"
    )
    with site.client() as hana:
        shown = text_of(hana, f"/townhalls/{hall}/minutes?version=1")
    assert "Oak Street" not in shown
    assert "This question is not public any more." in shown


def test_nobody_else_writes_them(site: RunningSite, meeting: Meeting, ana: httpx.Client, hall: int) -> None:
    here = f"/hosting/townhalls/{hall}/minutes"
    meeting.town.department("minutes-other")
    meeting.town.staff("otto.minutes@example.org", "official", "minutes-other")
    with site.signed_in("otto.minutes@example.org") as otto:
        assert "Another department leads this" in text_of(otto, here)
        send(otto, here, 403, body="Mine.", revision="0")
    with site.client() as hana:
        text_of(hana, here, 404)
        send(hana, f"{here}/publish", 404, revision="0")
    live = meeting.hall(HallState.LIVE)
    text_of(ana, f"/hosting/townhalls/{live}/minutes", 409)


def test_words_of_people_format_nothing() -> None:
    assert plain("# *a*\n[b](https://c.example)") == r"\# \*a\* \[b\](https://c.example)"
    assert without("He said the mayor is a thief!", ["The Mayor is a thief"]).startswith("He said [")
    assert without("Why? Because.", ["Why?"]) == "Why? Because."
