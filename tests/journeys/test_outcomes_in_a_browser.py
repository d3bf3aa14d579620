"""From the tenth signature to a promise kept, in a real browser: four people at their desks, one who follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.departments import service as departments
from app.departments.queries import by_slug
from app.outcomes.model import Commitment
from tests import databases
from tests.fakes import FixedClock
from tests.journeys.browsing import Eyes, chromium
from tests.people import Person, crowd
from tests.site import ADMINISTRATOR, OFFICER, PASSWORD, RunningSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MAYA = Person("Maya Iyer", "maya@example.org")
WENDY, INA = "officer.buses@example.org", "ina@example.org"
#: a Wednesday before Easter and before the clocks change
BEGIN = datetime(2026, 3, 25, 9, 0, tzinfo=UTC)
TITLE = "Run the number 9 bus on Sundays"
PROMISE = "Order two more buses"


@pytest.fixture(scope="module")
def browser_here() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def site(sqlite_template: Path, tmp_path: Path) -> Iterator[RunningSite]:
    """A clock of its own to turn."""
    numbers = {"petitions_response_at": 10, "petitions_debate_at": 90, "page_cache": "off"}
    with (
        databases.sqlite_copy(sqlite_template, tmp_path) as database,
        RunningSite(database, tmp_path, clock=FixedClock(BEGIN), **numbers) as running,
    ):
        yield running


class Desks:
    """Everybody's browser windows, which are looked at on the way."""

    def __init__(self, site: RunningSite, browser: Browser) -> None:
        self.site, self.browser, self.eyes = site, browser, Eyes(site.base, axe=True)

    @contextmanager
    def window(self, address: str = "") -> Iterator[Page]:
        """Signed in where an address is given; scripts are off, as nothing here needs them."""
        context = self.browser.new_context(java_script_enabled=bool(not address), base_url=self.site.base)
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

    def public(self, path: str) -> str:
        """A public page as anybody reads it now, looked at by axe."""
        with self.window() as page:
            page.goto(path)
            self.eyes.look(page)
            return " ".join(page.inner_text("main").split())

    def want_two_people_at_the_buses(self) -> None:
        town = self.site.town
        ada = town.staff(ADMINISTRATOR, "administrator")

        def want(db):
            buses = by_slug(db, "buses")
            assert buses is not None
            departments.want_two_people(db, buses.id, True, reason="Safer.", by=ada, now=town.now)

        town.database.retrying(want)

    def pass_days(self, days: int) -> None:
        """What the clock makes happen on the way happens: reminders, digests, letters."""
        for _day in range(days):
            self.site.town.clock.advance(timedelta(days=1))
            self.site.town.work()
            self.site.town.deliver()

    def digests(self) -> list[str]:
        letters = self.site.town.letters.to(MAYA)
        return [" ".join(m.get_content().split()) for m in letters if "confirm" not in str(m["Subject"]).lower()]


def test_from_the_tenth_signature_to_a_promise_kept(site: RunningSite, browser_here: Browser):
    desks, town = Desks(site, browser_here), site.town
    town.officer()
    town.officer("buses")
    town.staff(INA, "department-officer", "buses")
    desks.want_two_people_at_the_buses()
    petition = town.open_petition(action=TITLE)

    # Maya follows it, with an address and no account
    with desks.window() as maya:
        maya.goto(f"/follow?kind=petition&key={petition}")
        desks.eyes.look(maya)
        maya.fill("#email", MAYA.email)
        maya.click("main form button")
        town.deliver()
        maya.goto(town.letters.link(MAYA))
        maya.click("main form button")
    town.clock.advance(timedelta(hours=1))

    # the goal is reached; it is due on the first working day 28 days later
    assert "Run the number 9 bus" not in desks.public("/departments/parks")
    town.sign(petition, *crowd(4, "rider"))
    assert "Referred to Parks" in desks.public(f"/petitions/{petition}")
    assert TITLE in desks.public("/departments/parks")
    (referral,) = town.referrals(petition)
    assert site.house.pages.say_last_day(referral.due_at) == "22 April 2026"

    # not the parks'
    with desks.window(OFFICER) as imran:
        imran.goto(f"/desk/referrals/{referral.id}")
        assert TITLE in imran.inner_text("main")
        imran.click("main a:has-text('It is not ours')")
        imran.select_option("#to", label="Buses")
        imran.fill("#reason", "Buses run on roads, not in parks.")
        imran.click("main form button")
        imran.click("main form button")
    assert "handed to Buses" in desks.public(f"/petitions/{petition}")
    assert TITLE not in desks.public("/departments/parks")
    assert TITLE in desks.public("/departments/buses")

    # Wendy writes, Ina releases
    with desks.window(WENDY) as wendy:
        wendy.goto(f"/desk/referrals/{referral.id}")
        wendy.check("input[name=grade][value=in-part]")
        wendy.fill("#summary", "We will run every second bus on Sundays.")
        wendy.fill("#details", "From September, once two more buses have come.")
        wendy.fill("#promise-1-text", PROMISE)
        wendy.fill("#promise-1-owner", "Head of Fleet")
        wendy.fill("#promise-1-due", "2026-05-29")
        wendy.click("button:has-text('Preview the answer')")
        assert "We will run every second bus" in wendy.inner_text("main")
        wendy.click("button:has-text('Hand it in')")
        assert wendy.locator("button:has-text('Release the answer')").count() == 0
    assert "every second bus" not in desks.public(f"/petitions/{petition}")
    with desks.window(INA) as ina:
        ina.goto(f"/desk/referrals/{referral.id}")
        ina.click("button:has-text('Release the answer')")
    assert "We will run every second bus on Sundays." in desks.public(f"/petitions/{petition}")
    told = desks.public("/outcomes")
    assert "We will run every second bus on Sundays." in told
    assert PROMISE in told
    assert "We will run every second bus on Sundays." in desks.public("/departments/buses")

    # the day of the promise passes, and everybody sees it
    (promise,) = town.rows(Commitment, Commitment.referral_id == referral.id)
    desks.pass_days(66)
    assert "It is 1 day late." in desks.public(f"/commitments/{promise.id}")
    with desks.window(WENDY) as wendy:
        wendy.goto(f"/desk/commitments/{promise.id}")
        wendy.check("input[name=progress][value=under-way]")
        wendy.fill("#note", "The maker is three weeks behind.")
        wendy.click("button:has-text('Publish the note')")
        desks.pass_days(1)
        wendy.goto("/sign-in")
        wendy.fill("#email", WENDY)
        wendy.fill("#password", PASSWORD)
        wendy.click("main button")
        wendy.goto(f"/desk/commitments/{promise.id}")
        wendy.check("input[name=progress][value=done]")
        wendy.fill("#note", "Both buses are here.")
        wendy.fill("#links", "https://buses.example.org/new")
        wendy.click("button:has-text('Publish the note')")
    assert "Both buses are here." in desks.public(f"/commitments/{promise.id}")
    assert "Done" in desks.public("/departments/buses")
    desks.pass_days(1)

    # Maya reads it all in her digests
    read = " ".join(desks.digests())
    for line in ("Buses answers now, not Parks", PROMISE, "every second bus", "is late", "under way", "was kept"):
        assert line in read, line
    assert desks.eyes.faults == []
    assert desks.eyes.foreign == set()
    assert town.broken() == {}
