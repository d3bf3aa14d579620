"""One petition's whole walk: Anna starts it, five support it, Maureen publishes it, people sign, the
department answers, and everyone who asked is told. By browser with and without scripts, and by the API."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from app.core.clock import SystemClock
from app.core.db import Database
from tests.journeys.browsing import BUDGETS, MOST_REQUESTS, Eyes, chromium
from tests.people import AMINA, ANNA, CHARLIE, LAURA, PEDRO, Person, crowd
from tests.site import MODERATOR, OFFICER, PASSWORD, RunningSite, path_in

ACTION = "Open the town library on Sundays"
ANSWER = "We will open the library on Sundays from May."
NEWS = "A petition you signed was answered"
SPONSORS = crowd(5, "sponsor")
SIGNERS = [LAURA, CHARLIE.but(notify=False), PEDRO, AMINA]


@pytest.fixture
def northmere(database: Database, tmp_path) -> Iterator[RunningSite]:
    """A site as it runs in service: its own clock, jobs and page cache; an answer is due at 10 signatures."""
    policy = {"petitions_response_at": 10, "petitions_debate_at": 50}
    with RunningSite(database, tmp_path, clock=SystemClock(), jobs=True, mode="demo", **policy) as site:
        site.town.department("libraries")
        site.town.staff(MODERATOR, "moderator")
        site.town.staff(OFFICER, "department-officer", "libraries")
        yield site


@pytest.fixture(scope="module")
def browser_here() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def wait_for(what: Callable[[], bool], patience: float = 20.0) -> None:
    until = time.monotonic() + patience
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


# by browser


class Visitor:
    """Somebody with a browser; letters are read at ``/dev/mail``, as in the demo."""

    def __init__(self, context: BrowserContext, site: RunningSite, eyes: Eyes) -> None:
        self.site, self.eyes = site, eyes
        self.page: Page = eyes.watch(context.new_page())
        self.page.set_default_timeout(15_000)

    def go(self, path: str) -> Page:
        answer = self.page.goto(self.site.base + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        self.eyes.look(self.page)
        return self.page

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state()
        self.eyes.look(self.page)

    def follow(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("link", name=name).first.click()
        self.page.wait_for_load_state()
        self.eyes.look(self.page)

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            self.page.locator(f"[name={name}]:visible").fill(value)

    def introduce(self, person: Person, name_field: str = "name") -> None:
        self.fill(**{name_field: person.name, "email": person.email})
        self.page.locator("[name=country]").select_option(person.country)
        if person.postcode:
            self.fill(postcode=person.postcode)
        if person.notify:
            self.page.get_by_label("Send me news of this petition").check()
        for box in self.page.locator("[name=eligible][type=checkbox]").all():  # the creator has said so before
            box.check()

    def open_letter(self, person: Person, subject: str) -> None:
        """Look into /dev/mail once the letter is there, and follow its first link."""
        wait_for(lambda: subject in self.site.town.letters.subjects(person))
        self.go(f"/dev/mail?to={person.email}")
        self.page.get_by_role("link", name=subject, exact=True).first.click()
        self.page.wait_for_load_state()
        self.eyes.look(self.page)
        self.page.locator("main pre a").first.click()
        self.page.wait_for_load_state()
        self.eyes.look(self.page)

    def confirm(self, person: Person, number: int) -> None:
        self.open_letter(person, "Confirm your signature")
        self.press("Confirm and count my signature")
        expect(self.page.locator("main")).to_contain_text(f"You are number {number}")

    def sign_in(self, address: str) -> None:
        self.go("/sign-in")
        self.fill(email=address, password=PASSWORD)
        self.press("Sign in")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "scripts"),
    [("sqlite", True), ("postgres", False)],
    ids=["sqlite-scripts-on", "postgres-scripts-off"],
    indirect=["database"],  # neither changes what the other does
)
def test_the_whole_walk_with_a_browser_alone(northmere: RunningSite, browser_here: Browser, scripts: bool):
    eyes = Eyes(northmere.base, axe=scripts and northmere.town.database.is_sqlite)

    def visitor() -> Visitor:
        context = browser_here.new_context(java_script_enabled=scripts)
        return Visitor(context, northmere, eyes)

    anna = visitor()
    start_by_browser(anna)
    supporter = visitor()
    for number, person in enumerate(SPONSORS, start=2):
        supporter.open_letter(ANNA, "Share your petition with supporters")
        supporter.introduce(person)
        supporter.press("Support this petition")
        supporter.confirm(person, number)
    maureen = visitor()
    publish_by_browser(maureen)
    petition = _newest(northmere)
    signer = visitor()
    for number, person in enumerate(SIGNERS, start=7):
        if person is LAURA:
            signer.go("/")
            signer.follow(ACTION)
        else:
            signer.go(f"/petitions/{petition}")
        signer.press("Sign this petition")
        signer.introduce(person)
        signer.press("Sign")
        signer.confirm(person, number)
    assert northmere.town.count(petition) == 10
    imran = visitor()
    answer_by_browser(imran)
    everyone_was_told(northmere)
    reader = visitor()  # the signers' browsers may keep the page for ten seconds
    shown = reader.go(f"/petitions/{petition}")
    expect(shown.locator("main")).to_contain_text(ANSWER)
    expect(shown.locator("main")).to_contain_text("10 signatures")
    reader.open_letter(LAURA, NEWS)
    expect(reader.page.locator("h1")).to_have_text(ACTION)
    assert eyes.foreign == set()
    assert eyes.faults == []
    assert northmere.town.broken() == {}


def start_by_browser(anna: Visitor) -> None:
    anna.go("/")
    anna.follow("Start a petition")
    anna.page.get_by_label("Yes", exact=True).check()
    anna.press("Continue")
    anna.fill(action="")
    anna.press("Continue")
    expect(anna.page).to_have_title(re.compile(r"^Error: "))
    anna.fill(action=ACTION)
    anna.press("Continue")
    anna.fill(background="People work on Saturdays.")
    anna.press("Continue")
    anna.press("Back")
    expect(anna.page.locator("[name=background]:visible")).to_have_value("People work on Saturdays.")
    anna.press("Continue")
    anna.fill(additional_details="Four hours would do.")
    anna.press("Continue")
    anna.introduce(ANNA, "creator_name")
    anna.press("Continue")
    for words in (ACTION, "People work on Saturdays.", "Four hours would do.", ANNA.name, ANNA.email):
        expect(anna.page.locator("main")).to_contain_text(words)
    anna.press("Send the petition")
    expect(anna.page.locator("main")).to_contain_text("5 people")


def publish_by_browser(maureen: Visitor) -> None:
    maureen.sign_in(MODERATOR)
    maureen.follow(re.compile(ACTION))
    maureen.press("Decide")
    expect(maureen.page).to_have_title(re.compile(r"^Error: "))
    maureen.page.get_by_label("Publish it", exact=True).check()
    maureen.page.locator("[name=department]").select_option("libraries")
    maureen.press("Decide")


def answer_by_browser(imran: Visitor) -> None:
    imran.sign_in(OFFICER)
    imran.follow(re.compile(ACTION))
    imran.page.get_by_label("Will do", exact=True).check()
    imran.fill(summary=ANSWER, details="From the first Sunday in May.\n\nFour people are being hired.")
    imran.press("Preview the answer")
    imran.press("Release the answer")
    expect(imran.page.locator("main")).to_contain_text(ANSWER)


def everyone_was_told(site: RunningSite) -> None:
    """Each who signed and asked for news, once; Charlie did not ask."""
    asked = [ANNA, *SPONSORS, *(p for p in SIGNERS if p.notify)]
    wait_for(lambda: all(NEWS in site.town.letters.subjects(p) for p in asked))
    assert {p.name: site.town.letters.subjects(p).count(NEWS) for p in asked} == {p.name: 1 for p in asked}
    assert NEWS not in site.town.letters.subjects(CHARLIE)
    assert ANSWER in site.town.letters.last_to(LAURA).get_content()


def _newest(site: RunningSite) -> int:
    with site.client() as client:
        return int(client.get("/petitions.json?sort=recent").json()["data"][0]["id"])


# by the API


def test_the_whole_walk_by_the_api(northmere: RunningSite):
    with httpx.Client(base_url=northmere.base, timeout=30) as program:
        started = program.post(
            "/api/v1/petitions",
            json={
                "action": ACTION,
                "background": "People work on Saturdays.",
                "additional_details": "Four hours would do.",
                "creator_name": ANNA.name,
                "email": ANNA.email,
                "country": "GB",
                "postcode": ANNA.postcode,
                "eligible": True,
                "privacy": "1",
            },
        )
        assert started.status_code == 202
        petition = started.json()["id"]
        link = letter(northmere, ANNA, "Share your petition with supporters")
        for number, person in enumerate(SPONSORS, start=2):
            assert program.post(link, data=person.form()).status_code == 303  # sponsors have a form only
            assert confirm_by_api(northmere, program, person) == number
        wait_for(lambda: "Your petition was sent to moderation" in northmere.town.letters.subjects(ANNA))
        publish_by_form(northmere)
        for number, person in enumerate(SIGNERS, start=7):
            path = f"/api/v1/petitions/{petition}/signatures"
            assert program.post(path, json=person.json()).status_code == 202
            assert confirm_by_api(northmere, program, person) == number
            assert program.get(f"/petitions/{petition}/count.json").json()["signature_count"] == number
        shown = program.get(f"/api/v1/petitions/{petition}").json()
        assert (shown["state"], shown["signature_count"], shown["department"]) == ("open", 10, "libraries")
        answer_by_form(northmere)
        everyone_was_told(northmere)
        data = program.get(f"/petitions/{petition}.json").json()["data"]["attributes"]
        assert data["government_response"]["summary"] == ANSWER
        assert data["response_threshold_reached_at"]
        assert [p["id"] for p in program.get("/petitions.json?state=with_response").json()["data"]] == [petition]
        assert program.get("/readyz").json() == {"status": "ready", "faults": []}
    assert northmere.town.broken() == {}


def letter(site: RunningSite, person: Person, subject: str) -> str:
    wait_for(lambda: subject in site.town.letters.subjects(person))
    return path_in(next(m for m in site.town.letters.to(person) if m["Subject"] == subject))


def confirm_by_api(site: RunningSite, program: httpx.Client, person: Person) -> int:
    token = letter(site, person, "Confirm your signature").rpartition("/")[2]
    answer = program.post("/api/v1/signatures/confirmations", json={"token": token})
    assert (answer.status_code, answer.json()["state"]) == (200, "validated")
    return int(answer.json()["number"])


def publish_by_form(site: RunningSite) -> None:
    with site.signed_in(MODERATOR) as maureen:
        case = re.findall(r'href="(/moderation/\d+)"', maureen.get("/moderation").text)[0]
        page = maureen.get(case).text
        revision = re.search(r'name="revision" value="(\d+)"', page)
        assert revision
        fields = {"revision": revision[1], "verdict": "publish", "department": "libraries"}
        assert maureen.post(case, data=fields).status_code == 303


def answer_by_form(site: RunningSite) -> None:
    with site.signed_in(OFFICER) as imran:
        duty = re.findall(r'href="(/desk/referrals/\d+)"', imran.get("/desk").text)[0]
        fields = {"grade": "will-do", "summary": ANSWER, "details": "From May.", "after_version": "0"}
        assert imran.post(duty, data=fields | {"step": "preview"}).status_code == 200
        assert imran.post(duty, data=fields | {"step": "release"}).status_code == 303


# what a page weighs


@pytest.mark.browser
def test_every_public_page_is_light_and_comes_from_here_alone(sqlite_site: RunningSite, browser_here: Browser):
    petition = sqlite_site.town.open_petition()
    sqlite_site.town.sign(petition, *crowd(30))
    sqlite_site.town.answer(petition)
    for _ in range(12):
        sqlite_site.town.open_petition()
    heavy = []
    for path in (
        "/",
        "/petitions",
        f"/petitions/{petition}",
        f"/petitions/{petition}/sign",
        "/petitions/new",
        "/standards",
    ):
        heavy += weigh(sqlite_site, browser_here, path)
    assert heavy == []


def weigh(site: RunningSite, browser: Browser, path: str) -> list[str]:
    """What is over its budget on a first visit."""
    context = browser.new_context()
    page, eyes, asked = context.new_page(), Eyes(site.base, axe=False), []
    eyes.watch(page)
    page.on(
        "requestfinished", lambda request: asked.append((request.resource_type, request.sizes()["responseBodySize"]))
    )
    page.goto(site.base + path)
    page.wait_for_load_state("networkidle")
    context.close()
    sums = {kind: sum(size for found, size in asked if found == kind) for kind, _size in asked}
    over = [f"{path}: {kind} {sums[kind]}" for kind, most in BUDGETS.items() if sums.get(kind, 0) > most]
    over += [f"{path}: {len(asked)} requests"] if len(asked) > MOST_REQUESTS else []
    assert sums["document"] > 500
    return over + [f"{path}: from {url}" for url in eyes.foreign] + eyes.faults
