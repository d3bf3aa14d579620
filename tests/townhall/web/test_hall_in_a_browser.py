"""A whole hall in four browsers: Ana hosts, Ben moderates, Gil and Hana take part."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.journeys.browsing import chromium
from tests.site import PASSWORD, RunningSite
from tests.townhall.meeting import Meeting
from townhall import identity
from townhall.model import Ticket
from townhall.rules.polls import PollState

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
OAK = "Why is Oak Street still closed?"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def meeting(sqlite_site: RunningSite) -> Meeting:
    return Meeting(sqlite_site.town, "four-browsers")


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, sqlite_site: RunningSite) -> Iterator[Open]:
    """A page of a browser of its own; what goes wrong in its script fails the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_(path: str, *, cookie: str = "", staff: str = "", **options: Any) -> Page:
        context = browser.new_context(base_url=sqlite_site.base, **options)
        contexts.append(context)
        if cookie:
            context.add_cookies([{"name": "townsquare-hall", "value": cookie, "url": sqlite_site.base}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        if staff:
            page.goto("/sign-in")
            page.get_by_label("Email address").fill(staff)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_load_state()
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


def a_person(meeting: Meeting, hall: int, name: str) -> str:
    """Registered in the hall; the secret of their browser's cookie."""
    person, secret = meeting.participant(hall, name), identity.new_secret()
    key = identity.ticket(secret, hall, meeting.town.keys)
    meeting.do(lambda db: db.add(Ticket(hall_id=hall, key=key, participant_id=person, at=meeting.town.now)))
    return secret


def live(page: Page) -> Page:
    expect(page.locator("[data-standing]").first).to_have_text("Live")
    return page


def test_a_question_goes_from_gil_over_ben_to_the_stage_and_a_poll_is_answered(opened: Open, meeting: Meeting) -> None:
    hall = meeting.hall()
    meeting.poll(hall, state=PollState.DRAFT, question="Repair or replace?")
    room = f"/townhalls/{hall}/room"
    gil = live(opened(room, cookie=a_person(meeting, hall, "Gil Gomez")))
    hana = live(opened(room, cookie=a_person(meeting, hall, "Hana Holm"), viewport={"width": 320, "height": 700}))
    ben = live(opened(f"/moderation/townhalls/{hall}", staff=f"ben.{meeting.home}@example.org"))
    ana = live(opened(f"/hosting/townhalls/{hall}/console", staff=f"ana.{meeting.home}@example.org"))

    gil.get_by_label("Your question").fill(OAK)
    gil.get_by_role("button", name="Send the question").click()
    expect(gil.get_by_label("Your question")).to_have_value("")
    waiting = ben.locator("#waiting > li")
    expect(waiting.locator("[data-slot=text]")).to_have_text(OAK)
    assert OAK not in hana.content()

    waiting.get_by_role("button", name="Publish").click()
    expect(waiting).to_have_count(0)
    question = hana.locator("#q > li")
    expect(question.locator("[data-slot=text]")).to_have_text(OAK)
    question.locator("[data-upvote]").click()
    expect(question.locator("[data-upvote]")).to_have_attribute("aria-pressed", "true")
    expect(gil.locator("#q > li [data-slot=votes]").first).to_have_text("1")

    ana.locator("#q > li").get_by_role("button", name="Put on stage").click()
    expect(hana.locator("[data-stage] [data-slot=text]")).to_have_text(OAK)

    ana.locator("#polls > li").get_by_role("button", name="Open").click()
    poll = hana.locator("#polls > li")
    poll.get_by_label("Repair it").check()
    poll.get_by_role("button", name="Send my answer").click()
    expect(gil.locator("#polls > li [data-slot=answers]")).to_have_text("1")
    ana.locator("#polls > li").get_by_role("button", name="Close").click()
    ana.locator("#polls > li").get_by_role("button", name="Show the results").click()
    expect(gil.locator("#polls [data-results]")).to_contain_text("1 (100 %)")

    ben.locator("#q > li").get_by_text("Hide …").click()
    ben.locator("#q > li").get_by_role("button", name="Personal details").click()
    expect(hana.locator("[data-stage] [data-slot=text]")).to_have_text("")
    assert OAK not in hana.locator("main").inner_text()

    ana.on("dialog", lambda dialog: dialog.accept())
    ana.get_by_role("button", name="End the hall").click()
    hana.wait_for_url(f"**/townhalls/{hall}", timeout=8_000)


def test_without_a_socket_the_same_hall_comes_as_a_stream(opened: Open, meeting: Meeting, browser: Browser) -> None:
    hall = meeting.hall()
    page = opened(f"/townhalls/{hall}/screen")
    page.close()
    secret = a_person(meeting, hall, "Nora Nash")
    nora = opened("/townhalls", cookie=secret)
    nora.context.add_init_script(
        "window.WebSocket = class { constructor() { setTimeout(() => this.onclose({ code: 1006 })); } close() {} };"
    )
    nora.goto(f"/townhalls/{hall}/room")
    expect(nora.locator("[data-standing]").first).to_have_text("Live", timeout=12_000)
    meeting.send(hall, meeting.staff(meeting.ana), "announce", text="Five minutes more.")
    expect(nora.locator("[data-announcement]").first).to_contain_text("Five minutes more.")
    nora.get_by_label("Your question").fill("And the bus stop?")
    nora.get_by_role("button", name="Send the question").click()
    expect(nora.locator(".ts-ask [data-told]")).not_to_have_text("")


def test_whoever_is_dropped_is_told_so_and_comes_back_without_a_reload(opened: Open, meeting: Meeting) -> None:
    hall = meeting.hall()
    nora = opened("/townhalls", cookie=a_person(meeting, hall, "Nora Nash"))
    lines: list[WebSocketRoute] = []
    works = True

    def through(line: WebSocketRoute) -> None:
        if works:
            line.connect_to_server()
            lines.append(line)
        else:
            line.close(code=1001)

    nora.route_web_socket(f"**/townhalls/{hall}/ws", through)
    nora.goto(f"/townhalls/{hall}/room")
    live(nora)
    nora.evaluate("window.notReloaded = true")
    nora.get_by_label("Your question").fill("Half a ques")
    works = False
    lines[-1].close(code=1012)
    expect(nora.locator("[data-standing]").first).to_have_text("Offline, trying again")
    meeting.send(hall, meeting.staff(meeting.ana), "announce", text="While you were away.")
    works = True
    live(nora)
    expect(nora.locator("[data-announcement]").first).to_contain_text("While you were away.")
    expect(nora.get_by_label("Your question")).to_be_focused()
    expect(nora.get_by_label("Your question")).to_have_value("Half a ques")
    assert nora.evaluate("window.notReloaded")


def test_with_a_hundred_votes_a_second_little_is_read_out_and_the_draft_outlives_the_session(
    opened: Open, meeting: Meeting
) -> None:
    hall = meeting.hall()
    question = meeting.question(hall, OAK)
    nora = opened("/townhalls", cookie=a_person(meeting, hall, "Nora Nash"))
    lines: list[WebSocketRoute] = []
    nora.route_web_socket(f"**/townhalls/{hall}/ws", lambda line: line.on_message(lambda _m: lines.append(line)))
    nora.clock.install()
    nora.goto(f"/townhalls/{hall}/room")
    nora.evaluate(
        "window.said = []; new MutationObserver(() => said.push(document.querySelector('[data-spoken]').textContent))"
        ".observe(document.querySelector('[data-spoken]'), { childList: true })"
    )
    nora.wait_for_function("document.querySelector('[data-standing]').textContent === 'Catching up'")
    seq = int(nora.locator("[data-hall]").get_attribute("data-seq") or 0)
    lines[0].send(json.dumps({"t": "welcome", "v": 1, "epoch": "", "seq": seq, "mode": "resumed", "now": "", "me": {}}))
    for second in range(24):
        seq += 1
        event = {"k": "question.published", "id": 10_000 + second, "text": "One more?", "state": "open", "votes": 0}
        told = {"t": "u", "from": seq, "to": seq, "ev": [event], "st": {f"q.{question}.v": 100 * (second + 1)}}
        lines[0].send(json.dumps(told))
        nora.clock.run_for(1_000)
    expect(nora.locator(f"#q-{question} [data-slot=votes]")).to_have_text("2400")
    assert 1 <= len(nora.evaluate("said")) <= 2
    nora.get_by_label("Your question").fill("Half a ques")
    lines[0].close(code=4401)
    expect(nora.get_by_text("You are signed out.")).to_be_visible()
    expect(nora.get_by_label("Your question")).to_have_value("Half a ques")
    nora.goto(f"/townhalls/{hall}/room")
    expect(nora.get_by_label("Your question")).to_have_value("Half a ques")
