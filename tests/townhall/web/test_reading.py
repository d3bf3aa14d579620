"""What everybody reads of a hall: its page in each state, its data, the list, feeds, the calendar, the way in by a code."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import httpx
import msgspec
import pytest
from icalendar import Calendar

from app.core.security.limits import Allowance
from app.core.web.atom import NAMESPACE
from tests import databases
from tests.fakes import FixedClock
from tests.site import RunningSite
from tests.townhall.meeting import Meeting
from townhall.api.shapes import HallPage, HallWhole
from townhall.model import Hall
from townhall.rules.lifecycle import HallState
from townhall.rules.questions import QuestionState
from townhall.web import joining_code

NOW = datetime(2026, 9, 28, 16, tzinfo=UTC)
STARTS = datetime(2026, 10, 5, 16, tzinfo=UTC)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("halls")
    if request.param == "sqlite":
        made = databases.sqlite_copy(request.getfixturevalue("sqlite_template"), folder)
    else:
        made = request.getfixturevalue("postgres_server").copy()
    policy = {"time_zone": "Europe/Berlin", "page_cache": "off"}
    with made as database, RunningSite(database, folder, clock=FixedClock(NOW), **policy) as site:
        yield site


@pytest.fixture(scope="module")
def meeting(running: RunningSite) -> Meeting:
    return Meeting(running.town)


@pytest.fixture(scope="module")
def town(meeting: Meeting) -> dict[str, int]:
    """One hall in each state; the one to come is full, the live one has a question on stage."""
    made = {str(state): meeting.hall(state, title=f"Budget, {state}") for state in HallState if state != "scheduled"}
    made["scheduled"] = meeting.hall(
        HallState.SCHEDULED,
        starts=STARTS,
        title="=2+2 <Ward 4>",
        code="WARD4",
        capacity=1,
        captions="Typed by a person",
        venue="Library, Oak Street",
    )
    meeting.participant(made["scheduled"], "Dora Diaz")
    waiting = meeting.question(made["live"], "Nobody has read this <one>", state=QuestionState.WAITING)
    staged = meeting.question(made["live"], "Why is Oak Street closed?")
    meeting.question(made["live"], "Who pays for the bridge?", votes=7)
    meeting.do(lambda db: setattr(db.get(Hall, made["live"]), "stage_id", staged))
    return made | {"waiting question": waiting, "staged question": staged}


@pytest.fixture
def hana(running: RunningSite, town: dict[str, int]) -> Iterator[httpx.Client]:
    with running.client() as client:
        yield client


def text_of(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.text[-900:])
    return html.unescape(answer.text)


def test_before_it_the_page_says_when_who_and_how(
    running: RunningSite, hana: httpx.Client, town: dict[str, int]
) -> None:
    number = town["scheduled"]
    page = text_of(hana, f"/townhalls/{number}")
    for said in (
        "5 October 2026, 6:00 pm CEST",
        "1 hour 30 minutes",
        "in 7 days",
        "Welcome",
        "10 minutes",
        "Typed by a person",
        "Online, and at Library, Oak Street.",
        "The one place is taken",
        "Join the waiting list",
        "WARD4",
        "QR code that leads to",
        "To ask, upvote and answer polls you register",
        f"/townhalls/{number}.ics",
        f"/follow?kind=townhall&key={number}",
        f'href="/townhalls/{number}/room"',
    ):
        assert said in page, said
    assert "Dora Diaz" not in page
    assert "Live now" not in page.partition("<main")[2].partition("</main>")[0]
    assert "in 7 days" in hana.get(f"/townhalls/{number}").text  # without any script
    assert f"{running.base}/townhalls/{number}/room" in hana.get(f"/townhalls/{number}/qr.svg").text
    assert "&lt;Ward 4&gt;" in hana.get(f"/townhalls/{number}").text


def test_while_live_it_leads_in_and_shows_no_word_that_waits(hana: httpx.Client, town: dict[str, int]) -> None:
    number = town["live"]
    page = text_of(hana, f"/townhalls/{number}")
    assert "Live now" in page
    assert f'href="/townhalls/{number}/room"' in page
    assert "On stage" in page
    assert page.index("Why is Oak Street closed?") < page.index("Who pays for the bridge?")
    assert "7 people want to hear this" in page
    assert "Nobody has read this" not in page
    assert "Nobody has read this" not in text_of(hana, f"/townhalls/{number}.json")


def test_what_is_hidden_leaves_the_stage_of_the_page_too(
    meeting: Meeting, hana: httpx.Client, town: dict[str, int]
) -> None:
    from townhall.model import Question

    staged = town["staged question"]
    meeting.do(lambda db: setattr(db.get(Question, staged), "state", "hidden"))
    assert "Why is Oak Street closed?" not in text_of(hana, f"/townhalls/{town['live']}")
    meeting.do(lambda db: setattr(db.get(Question, staged), "state", "open"))


def test_what_was_cancelled_says_why_and_drafts_are_not_there(hana: httpx.Client, town: dict[str, int]) -> None:
    page = text_of(hana, f"/townhalls/{town['cancelled']}")
    assert "The room is flooded." in page
    assert "/register" not in page
    assert "It took place on" in text_of(hana, f"/townhalls/{town['ended']}")
    for state in ("draft", "discarded"):
        for suffix in ("", ".json", ".ics", "/qr.svg"):
            assert hana.get(f"/townhalls/{town[state]}{suffix}").status_code == 404
        assert hana.get(f"/api/v1/townhalls/{town[state]}").status_code == 404
    for nonsense in ("0", "x", "9" * 30, "١"):
        assert hana.get(f"/townhalls/{nonsense}").status_code == 404


def test_the_list_shows_what_is_live_first_and_the_rest_by_its_state(hana: httpx.Client, town: dict[str, int]) -> None:
    page = text_of(hana, "/townhalls")
    assert page.index("Budget, live") < page.index("=2+2 <Ward 4>")
    assert "3 town halls live or to come" in page  # with the one that was cancelled, until it would have been over
    assert "Budget, ended" not in page
    assert "Budget, ended" in text_of(hana, "/townhalls?state=past")
    assert "1 town hall live now" in text_of(hana, "/townhalls?state=live")
    everything = text_of(hana, "/townhalls?state=all")
    assert "4 town halls" in everything
    assert "Budget, draft" not in everything
    assert "1 town hall about ‘=2+2’" in text_of(hana, "/townhalls?state=all&q=%3D2%2B2")
    assert "0 town halls live or to come" in text_of(hana, "/townhalls?department=nobody&page=0&state=nonsense")
    assert "There is no such page" in text_of(hana, "/townhalls?page=9")
    assert "4 town halls" in text_of(hana, "/townhalls?state=all&department=council")


def test_programs_read_the_same(running: RunningSite, hana: httpx.Client, town: dict[str, int]) -> None:
    listed = hana.get("/townhalls.json?state=all").json()
    assert listed["total"] == 4
    by_id = {hall["id"]: hall for hall in listed["townhalls"]}
    full = by_id[town["scheduled"]]
    assert (full["starts_at"], full["places_left"], full["code"]) == ("2026-10-05T16:00:00Z", 0, "WARD4")
    assert by_id[town["ended"]]["code"] is None
    answered = msgspec.json.decode(hana.get("/api/v1/townhalls?state=all").content, type=HallPage, strict=True)
    assert {hall.id for hall in answered.townhalls} == set(by_id)
    one = hana.get(f"/api/v1/townhalls/{town['scheduled']}")
    assert msgspec.json.decode(one.content, type=HallWhole).agenda[0].title == "Welcome"
    assert hana.get(f"/townhalls/{town['scheduled']}.json").json() == one.json()
    assert hana.get("/api/v1/townhalls?page=0").status_code == 422
    assert full | {"links": 0} == {k: v for k, v in one.json().items() if k in full} | {"links": 0}
    feed = ET.fromstring(hana.get("/townhalls.atom?state=all").content)
    titles = {entry.findtext(f"{{{NAMESPACE}}}title") for entry in feed.findall(f"{{{NAMESPACE}}}entry")}
    assert "=2+2 <Ward 4>" in titles
    assert json.loads(hana.get("/openapi.json").text)["paths"]["/api/v1/townhalls/{hall_id}"]


def test_calendars_follow_all_of_them_in_utc(hana: httpx.Client, town: dict[str, int]) -> None:
    entries = {str(e["UID"]): e for e in Calendar.from_ical(hana.get("/townhalls.ics").text).walk("VEVENT")}
    host = "127.0.0.1"
    one = entries[f"townhall-{town['scheduled']}@{host}"]
    assert one["DTSTART"].to_ical() == b"20261005T160000Z"
    assert str(one["LOCATION"]) == "Library, Oak Street"
    assert str(one["STATUS"]) == "CONFIRMED"
    assert str(entries[f"townhall-{town['cancelled']}@{host}"]["STATUS"]) == "CANCELLED"
    assert f"townhall-{town['draft']}@{host}" not in entries
    assert f"townhall-{town['scheduled']}@{host}" in hana.get("/calendar.ics").text.replace("\r\n ", "")
    assert not Calendar.from_ical(hana.get("/townhalls.ics?department=nobody").text).walk("VEVENT")


def test_the_home_page_the_map_of_the_site_and_followers_know_it(hana: httpx.Client, town: dict[str, int]) -> None:
    home = text_of(hana, "/")
    assert "Budget, live" in home
    assert "begins on 5 October 2026, 6:00 pm CEST" in home
    assert f"/townhalls/{town['scheduled']}<" in hana.get("/sitemap.xml").text
    assert "=2+2 <Ward 4>" in text_of(hana, f"/follow?kind=townhall&key={town['scheduled']}")


def test_scenario_4_the_code_typed_as_ward_4_opens_the_same_as_the_qr_code(
    meeting: Meeting, hana: httpx.Client, town: dict[str, int]
) -> None:
    for typed in ("ward 4", "WARD4", " Ward-4 "):
        answer = hana.post("/join", data={"code": typed})
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"] == f"/townhalls/{town['scheduled']}/room"
    over = meeting.row(Hall, town["ended"]).code
    assert hana.post("/join", data={"code": over}).headers["location"] == f"/townhalls/{town['ended']}"
    wrong = hana.post("/join", data={"code": "<b>nowhere"})
    assert wrong.status_code == 422
    assert "No town hall has this code" in wrong.text
    assert "&lt;b&gt;nowhere" in wrong.text
    assert "Enter the code" in hana.post("/join", data={"code": "  "}).text
    draft = meeting.row(Hall, town["draft"]).code
    assert hana.post("/join", data={"code": draft}).status_code == 422
    assert 'value="ward 4"' in hana.get("/join?code=ward%204").text


def test_whoever_tries_codes_without_end_waits_and_keeps_what_was_typed(
    running: RunningSite, hana: httpx.Client, monkeypatch: pytest.MonkeyPatch, town: dict[str, int]
) -> None:
    limits = running.house.limits
    monkeypatch.setattr(limits, "on", True)
    monkeypatch.setattr(joining_code, "TRIES", Allowance(most=2))
    assert [hana.post("/join", data={"code": "guess1"}).status_code for _try in range(2)] == [422, 422]
    busy = hana.post("/join", data={"code": "guess2"})
    assert busy.status_code == 429
    assert int(busy.headers["retry-after"]) > 0
    assert 'value="guess2"' in busy.text


def test_a_countdown_is_never_cached_past_its_truth(running: RunningSite, meeting: Meeting, hana: httpx.Client) -> None:
    assert isinstance(running.clock, FixedClock)
    soon = meeting.hall(HallState.SCHEDULED, starts=NOW + timedelta(minutes=3), title="Soon")
    assert "in 3 minutes" in text_of(hana, f"/townhalls/{soon}")
    running.clock.set(NOW + timedelta(minutes=2, seconds=30))
    assert "in less than a minute" in text_of(hana, f"/townhalls/{soon}")
    running.clock.set(NOW + timedelta(minutes=4))
    page = text_of(hana, f"/townhalls/{soon}")
    running.clock.set(NOW)
    assert "about to begin" in page
    assert re.search(r"in \d+ (?:day|hour|minute)", page.partition("<main")[2]) is None
