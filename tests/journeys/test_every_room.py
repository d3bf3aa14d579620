"""One story through every room, in a real browser, and a case system beside it that hears of each step.

A petition reaches its goal, its department answers by program, a consultation comes of it, a hall of that, and a
promise at the end; the case system checks each signature with the reference library of Standard Webhooks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from standardwebhooks import Webhook

from app.webhooks.courier import Courier
from tests import databases
from tests.app.outcomes.matters import Matters
from tests.app.tokens.programs import Calls, Programs
from tests.app.webhooks.receivers import Receiver, receiving
from tests.consultations.asking import Asking
from tests.journeys.browsing import Eyes, chromium
from tests.people import Person, crowd
from tests.site import ADMINISTRATOR, PASSWORD, RunningSite
from tests.townhall.meeting import Meeting

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MAYA, EDDA = Person("Maya Iyer", "maya@example.org"), "edda.bridges@example.org"
PROMISE = "Order the steel for the footbridge"
PETITION = "Mend the footbridge at Alder Mill"
CONSULTATION, HALL = "A new footbridge: where and how", "The footbridge: your questions"


@pytest.fixture(scope="module")
def browser_here() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as listening:
        yield listening


@pytest.fixture
def site(sqlite_template: Path, tmp_path: Path, receiver: Receiver) -> Iterator[RunningSite]:
    numbers = {
        "petitions_response_at": 10,
        "petitions_debate_at": 90,
        "page_cache": "off",
        "webhooks_allow_private": f"127.0.0.1:{receiver.port}",
    }
    with databases.sqlite_copy(sqlite_template, tmp_path) as database, RunningSite(database, tmp_path, **numbers) as up:
        yield up


class Story:
    """Everybody's windows, and what the case system was told."""

    def __init__(self, site: RunningSite, browser: Browser, receiver: Receiver) -> None:
        self.site, self.town, self.browser, self.receiver = site, site.town, browser, receiver
        self.eyes = Eyes(site.base, axe=True)
        self.courier = next(w for w in (make(site.town.database) for make in site.town.site.workers) if is_courier(w))
        self.secret = ""

    @contextmanager
    def window(self, address: str = "", *, scripts: bool = False) -> Iterator[Page]:
        context = self.browser.new_context(java_script_enabled=scripts, base_url=self.site.base)
        page = self.eyes.watch(context.new_page())
        page.set_default_timeout(15_000)
        if address:
            page.goto("/sign-in")
            page.fill("#email", address)
            page.fill("#password", PASSWORD)
            page.click("main button")
        try:
            yield page
        finally:
            context.close()

    def read(self, path: str) -> str:
        """A public page as anybody reads it now, looked at by axe."""
        with self.window(scripts=True) as page:
            page.goto(path)
            self.eyes.look(page)
            return " ".join(page.inner_text("main").split())

    def pass_time(self, **by: float) -> None:
        self.town.clock.advance(timedelta(**by))  # type: ignore[attr-defined]
        self.town.work()
        self.town.deliver()

    def told(self) -> dict[str, dict[str, Any]]:
        """What came since the last look, each checked against the secret; forged or stale ones would raise."""
        self.town.work()
        self.courier.drain()
        got, self.receiver.got = self.receiver.got, []
        facts = [Webhook(self.secret).verify(one.body, dict(one.headers)) for one in got]
        return {fact["type"]: fact for fact in facts}

    def link(self, after: str, number: int, before: str) -> None:
        """Edda says what led to this, found by its words."""
        with self.window(EDDA) as edda:
            edda.goto(f"/hosting/trails/{after}/{number}?way=from&q={before}#find")
            edda.check("input[name=other]")
            edda.check("input[type=radio][name=way][value=from]")
            edda.fill("textarea[name=note]", "What people asked for was taken up.")
            edda.get_by_role("button", name="Link them").click()
            assert "It is linked" in edda.inner_text("main")


def is_courier(worker: object) -> bool:
    return isinstance(worker, Courier)


def test_one_story_through_every_room(site: RunningSite, browser_here: Browser, receiver: Receiver):
    story, town = Story(site, browser_here, receiver), site.town
    matters, asking, meeting = Matters(town, "bridges"), Asking(town, "bridges"), Meeting(town, "bridges")
    town.staff(ADMINISTRATOR, "administrator")
    assert asking.edda

    _the_administrator_adds_the_case_system(story)
    petition, matter = _maya_is_the_tenth(story)
    _the_program_answers(story, Calls(site, Programs(matters).issue()[1]), matter)
    consultation = _a_consultation_comes_of_it(story, asking, petition)
    hall = _and_a_hall_of_that(story, meeting, consultation)
    _it_reads_as_one_story(story, petition, consultation, hall)
    _and_is_found_counted_and_open(story, petition)
    assert story.eyes.faults == []
    assert story.eyes.foreign == set()


def _the_administrator_adds_the_case_system(story: Story) -> None:
    with story.window(ADMINISTRATOR) as ada:
        ada.goto("/admin/webhooks/new")
        ada.fill("input[name=address]", story.receiver.url)
        ada.fill("input[name=description]", "Case system of the bridges")
        ada.get_by_role("button", name="Add the address").click()
        story.secret = ada.inner_text("main code")
        assert story.secret.startswith("whsec_")
        ada.get_by_role("link", name="Webhooks").first.click()
        ada.get_by_role("link", name="Case system of the bridges").first.click()
        ada.get_by_role("button", name="Send a test message").click()
    assert list(story.told()) == ["ping"]


def _maya_is_the_tenth(story: Story) -> tuple[int, int]:
    town = story.town
    petition = town.start(action=PETITION)
    town.support(petition)
    town.decide(petition, department="bridges")
    town.sign(petition, *crowd(9 - town.count(petition)))
    assert "petition.published" in story.told()
    with story.window() as maya:
        maya.goto(f"/petitions/{petition}")
        maya.click(f"a[href='/petitions/{petition}/sign']")
        maya.fill("#name", MAYA.name)
        maya.fill("#email", MAYA.email)
        maya.fill("#postcode", "N1 1TY")
        maya.check("#eligible")
        maya.get_by_role("button", name="Sign").click()
        town.deliver()
        maya.goto(town.letters.link(MAYA))
        maya.click("main form button")
        assert re.search(r"\b10\b", maya.inner_text("main"))
    told = story.told()
    assert told["petition.threshold_reached"]["data"]["id"] == petition
    assert MAYA.email not in str(told) and MAYA.name not in str(told)
    return petition, town.referrals(petition)[0].id


def _the_program_answers(story: Story, calls: Calls, matter: int) -> None:
    given = calls.answer(matter, release=True)
    assert given.status_code == 201, given.text
    assert "referral.answered" in story.told()


def _a_consultation_comes_of_it(story: Story, asking: Asking, petition: int) -> int:
    now = story.town.now
    number = asking.published(title=CONSULTATION, opens=now - timedelta(days=28), closes=now + timedelta(minutes=1))
    story.link("consultation", number, "footbridge")
    assert PETITION in story.read(f"/consultations/{number}")
    story.pass_time(minutes=2)
    assert "consultation.closed" in story.told()
    return number


def _and_a_hall_of_that(story: Story, meeting: Meeting, consultation: int) -> int:
    number = meeting.hall(title=HALL)
    story.link("townhall", number, CONSULTATION.partition(":")[0].replace(" ", "+"))
    ana, today = meeting.staff(meeting.ana), story.town.now.date()
    day = today + timedelta(days=91 - today.weekday())  # a Monday
    words = {"text": PROMISE, "owner": "Head of Bridges", "department": "bridges-roads", "due_on": day.isoformat()}
    meeting.send(number, ana, "commitment.add", **words)
    meeting.send(number, ana, "hall.end")
    told = story.told()
    assert {"townhall.ended", "commitment.made"} <= set(told)
    return number


def _it_reads_as_one_story(story: Story, petition: int, consultation: int, hall: int) -> None:
    neighbours = {
        f"/petitions/{petition}": [f"/consultations/{consultation}"],
        f"/consultations/{consultation}": [f"/petitions/{petition}", f"/townhalls/{hall}"],
        f"/townhalls/{hall}": [f"/consultations/{consultation}"],
    }
    for path, linked in neighbours.items():
        with story.window() as page:
            page.goto(path)
            for other in linked:
                assert page.locator(f"main a[href='{other}']").count(), (path, other)
    whole = story.read(f"/trails/petition/{petition}")
    places = [whole.index(words) for words in (PETITION, CONSULTATION, HALL)]
    assert places == sorted(places)
    assert PROMISE in whole


def _and_is_found_counted_and_open(story: Story, petition: int) -> None:
    found = story.read("/search?q=footbridges")
    for words in (PETITION, CONSULTATION, HALL):
        assert words in found
    with story.site.client() as anybody:
        table = anybody.get("/data/petitions.csv").text
        assert f"/petitions/{petition}" in table
        widget = anybody.get(f"/embed/petitions/{petition}")
        assert re.search(r"\b10\b", widget.text)
        assert "frame-ancestors" in widget.headers["content-security-policy"]
    story.town.work()
    figures = story.read("/performance")
    assert "Signatures confirmed" in figures or "confirmed" in figures
