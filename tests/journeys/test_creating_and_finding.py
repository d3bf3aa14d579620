"""Starting a petition and finding what is there already: scenarios 1, 2, 3 and 6, and others of their kind.

With real forms; several with a browser that runs no scripts.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from app.moderation.rules.standards import Verdict
from petitions.model.petition import Petition
from petitions.model.sorting import PetitionTopic, Topic
from petitions.web.drafting import STEPS
from tests.journeys.browsing import Eyes, chromium
from tests.people import ANNA, crowd
from tests.site import RunningSite

TEXTS = {"background": "The branch closes at two.", "additional_details": ""}


@pytest.fixture(scope="module")
def browser_here() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def anna(site: RunningSite) -> Iterator[httpx.Client]:
    with site.client() as client:
        yield client


@pytest.fixture
def page(sqlite_site: RunningSite, browser_here: Browser) -> Iterator[Page]:
    """A browser without scripts."""
    context = browser_here.new_context(java_script_enabled=False, base_url=sqlite_site.base)
    shown = context.new_page()
    shown.set_default_timeout(15_000)
    yield shown
    context.close()


def filled(site: RunningSite, action: str) -> dict[str, str]:
    """A whole draft, as the last step sends it."""
    person = {"creator_name": ANNA.name, "email": ANNA.email, "country": "GB", "postcode": ANNA.postcode}
    agreed = {"may": "yes", "eligible": "true", "privacy": "1", "notify": "true"}
    return {"action": action, **TEXTS, **person, **agreed, "submission": f"{abs(hash((action, site.port))):024d}"}


def send(client: httpx.Client, step: str, **fields: str) -> httpx.Response:
    return client.post("/petitions/new", data={"step": step, "go": "next"} | fields)


def words(page: httpx.Response) -> str:
    """What a page says, without its markup."""
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2]).split()))


def known(site: RunningSite, action: str) -> list[Petition]:
    return site.town.rows(Petition, Petition.action == action)


def publish(site: RunningSite, action: str, count: int) -> int:
    """An open petition with this many signatures, most of them from elsewhere."""
    petition = site.town.open_petition(ANNA, action=action, **TEXTS)
    with site.town.database.writing() as db:
        row = db.get_one(Petition, petition)
        row.signature_count = row.last_number = count
        row.imported_count = count - 6
    return petition


# creating


def test_who_may_not_start_a_petition_is_told_so_and_nothing_is_stored(site: RunningSite, anna: httpx.Client):
    """Scenario 1."""
    letters = len(site.town.deliver().all)
    shown = send(anna, "eligibility", may="no", action="Paint the moon")
    assert shown.status_code == 200
    assert "You cannot start a petition here" in words(shown)
    assert "Nothing you entered was stored" in words(shown)
    assert known(site, "Paint the moon") == []
    assert len(site.town.deliver().all) == letters


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("x" * 81, "80 characters or fewer"),
        ("", "Say in a few words what you want somebody to do."),
        ("=SUM(A1)", "Begin with a letter or a number"),
    ],
)
def test_a_title_that_cannot_be_is_refused_beside_its_field(anna: httpx.Client, title: str, message: str):
    """Scenario 2."""
    shown = send(anna, "action", may="yes", action=title)
    assert shown.status_code == 422
    assert message in words(shown)
    assert 'id="action-error"' in shown.text
    assert html.escape(title) in shown.text
    assert send(anna, "action", may="yes", action="x" * 80).status_code == 200


def test_what_is_there_already_is_offered_and_she_may_go_on(site: RunningSite, anna: httpx.Client):
    """Scenario 3."""
    most = publish(site, f"Do not cut herbarium visits {site.port}", 1_023)
    more = publish(site, f"Herbarium visits must stay {site.port}", 835)
    rejected = site.town.start(action=f"Herbarium cuts now {site.port}", **TEXTS)
    site.town.support(rejected)
    site.town.decide(rejected, Verdict.REJECT, reason="no-action")
    shown = send(anna, "action", may="yes", action=f"herbarium visits {site.port}")
    assert "Sign one of these instead?" in words(shown)
    offered = re.findall(r'href="/petitions/(\d+)"', shown.text)
    assert offered[:2] == [str(most), str(more)]
    assert str(rejected) not in offered
    assert "1,023 signatures" in words(shown)
    assert "835 signatures" in words(shown)
    assert "Herbarium cuts now" not in shown.text
    assert anna.get(f"/petitions/{most}").status_code == 200
    onward = send(anna, "similar", may="yes", action=f"herbarium visits {site.port}")
    assert "Why should it be done?" in words(onward)


def test_the_third_petition_within_five_minutes_is_one_too_many(
    site: RunningSite, anna: httpx.Client, monkeypatch: pytest.MonkeyPatch
):
    """Scenario 6. A network of its own: the others of this site have theirs."""
    monkeypatch.setattr(site.house.limits, "on", True)
    monkeypatch.setattr(site.house.limits, "_windows", type(site.house.limits._windows)())
    left = site.town.policy.create_most - 2
    drafts = [filled(site, f"Draft {n} of {left + 3}, {site.port}") for n in range(left + 3)]
    for draft in drafts[:-1]:
        assert send(anna, "check", **draft).status_code == 303
    letters = len(site.town.deliver().all)
    shown = send(anna, "check", **drafts[-1])
    assert shown.status_code == 429
    assert int(shown.headers["retry-after"]) > 0
    assert "Nothing was stored" in words(shown)
    for typed in (drafts[-1]["action"], TEXTS["background"], ANNA.name, ANNA.email):
        assert typed in words(shown)
    assert known(site, drafts[-1]["action"]) == []
    assert len(site.town.deliver().all) == letters


@pytest.mark.browser
@pytest.mark.slow
def test_anna_goes_through_every_step_without_scripts_and_comes_back_to_change_one(
    sqlite_site: RunningSite, page: Page
):
    site, eyes = sqlite_site, Eyes(sqlite_site.base, axe=False)
    eyes.watch(page)
    like = publish(site, "Mend the carillon in the town hall", 212)
    page.goto("/petitions/new")
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_have_text("You cannot start a petition here")
    page.get_by_role("link", name="I chose the wrong answer").click()
    page.get_by_label("Yes", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    page.locator("[name=action]").fill("Repair the broken carillon")
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_have_text("Sign one of these instead?")
    expect(page.locator("main")).to_contain_text("212 signatures")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Mend the carillon in the town hall").click()
    expect(opened.value.locator("h1")).to_have_text("Mend the carillon in the town hall")
    assert opened.value.url == f"{site.base}/petitions/{like}"
    opened.value.close()
    page.get_by_role("button", name="None of these is mine: continue").click()
    page.locator("[name=background]").fill("It has been silent since the flood.\n\nPeople miss it.")
    page.get_by_role("button", name="Back").click()
    expect(page.locator("h1")).to_have_text("Sign one of these instead?")
    page.get_by_role("button", name="Back").click()
    expect(page.locator("[name=action]:visible")).to_have_value("Repair the broken carillon")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="None of these is mine: continue").click()
    expect(page.locator("[name=background]:visible")).to_have_value(re.compile("silent since the flood"))
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Continue").click()
    page.locator("[name=creator_name]").fill(ANNA.name)
    page.locator("[name=email]").fill(ANNA.email)
    page.locator("[name=postcode]").fill(ANNA.postcode)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_have_text("Check your petition")
    page.get_by_role("button", name="Change What should be done").click()
    page.locator("[name=action]").fill("Repair the carillon by spring")
    page.get_by_role("button", name="Save and check your petition").click()
    expect(page.locator("main")).to_contain_text("Repair the carillon by spring")
    expect(page.locator("main")).to_contain_text("People miss it.")
    page.get_by_role("button", name="Send the petition").click()
    expect(page.locator("main")).to_contain_text("5 people")
    (petition,) = known(site, "Repair the carillon by spring")
    assert (petition.state, petition.background) == (
        "pending",
        "It has been silent since the flood.\n\nPeople miss it.",
    )
    assert eyes.foreign == set()
    assert eyes.faults == []


@pytest.mark.browser
@pytest.mark.slow
def test_every_step_and_the_list_fit_a_small_phone(sqlite_site: RunningSite, browser_here: Browser):
    """320 pixels wide; axe looks at each."""
    site, eyes = sqlite_site, Eyes(sqlite_site.base, axe=True)
    publish(site, "Ring the curfew bell at ten", 40)
    context = browser_here.new_context(viewport={"width": 320, "height": 640}, base_url=site.base)
    phone = eyes.watch(context.new_page())
    for path in ("/petitions", "/petitions?q=curfew", "/petitions?q=nothing+of+the+kind", "/petitions?page=9999"):
        phone.goto(path)
        look(eyes, phone)
    phone.goto("/petitions/new")
    given = filled(site, "Ring the curfew bell again")
    for step in STEPS:
        look(eyes, phone)
        if step == "check":
            break
        for name in ("action", "background", "creator_name", "email", "postcode"):
            if phone.locator(f"[name={name}]:visible").count():
                phone.locator(f"[name={name}]:visible").fill(given[name])
        if phone.get_by_label("Yes", exact=True).count():
            phone.get_by_label("Yes", exact=True).check()
        phone.locator("button[name=go][value=next]").click()
    expect(phone.locator("h1")).to_have_text("Check your petition")
    context.close()
    assert eyes.faults == []


def look(eyes: Eyes, phone: Page) -> None:
    eyes.look(phone)
    wide = phone.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320, f"{phone.url} is {wide} wide"


# finding


@pytest.fixture
def aviary(site: RunningSite) -> dict[str, int]:
    """Thirty open petitions about birds of this site's own, two closed ones about owls, one topic."""
    site.house.site.dependencies["figures"].forget()
    mark = f"bird{site.port}"
    if known(site, f"Close {mark} owl house"):
        return {}
    made: dict[str, int] = {}
    with site.town.database.writing() as db:
        db.add(topic := Topic(slug=f"birds-{site.port}", name="Birds & bees"))
        db.flush()
        for n in range(32):
            closed = n >= 30
            action = f"Close {mark} owl house" if n == 30 else f"Feed {mark} no {n}"
            db.add(row := Petition(**_row(site, action, 50 + n // 4, "closed" if closed else "open")))
            db.flush()
            made[action] = row.id
            if n % 2:
                db.add(PetitionTopic(petition_id=row.id, topic_id=topic.id))
    return made


def _row(site: RunningSite, action: str, count: int, state: str) -> dict[str, Any]:
    now = site.town.now
    times = dict.fromkeys(("created_at", "opened_at", "updated_at"), now)
    bounds = {"sponsors_needed": 5, "sponsors_most": 20, "response_threshold": 10, "debate_threshold": 20}
    texts = {"action": action, "background": "b", "additional_details": ""}
    numbers = {"signature_count": count, "last_number": count}
    return {"state": state, "closes_at": now.replace(year=now.year + 1), **texts, **times, **bounds, **numbers}


def listed(page: httpx.Response) -> list[str]:
    part = page.text.partition('<ol class="ts-list"')[2].partition("</ol>")[0]
    return re.findall(r'href="/petitions/(\d+)"', part)


def test_the_pages_of_a_list_keep_their_filters_and_show_each_petition_once(
    site: RunningSite, anna: httpx.Client, aviary: dict[str, int]
):
    query = f"/petitions?q=bird{site.port}&sort=recent"
    first = anna.get(query)
    assert f"30 open petitions about ‘bird{site.port}’" in words(first)
    onward = html.unescape(re.findall(r'href="([^"]*)" rel="next"', first.text)[0])
    assert {"q=", "sort=recent", "page=2"} <= {part.split("bird")[0] for part in onward.partition("?")[2].split("&")}
    second = anna.get(onward)
    shown = [*listed(first), *listed(second)]
    assert (len(listed(first)), len(listed(second)), len(set(shown))) == (25, 5, 30)
    past = anna.get(query + "&page=9")
    assert past.status_code == 200
    assert "There is no such page" in words(past)
    assert listed(past) == []


def test_a_topic_narrows_the_list_and_an_unknown_one_has_nothing(
    site: RunningSite, anna: httpx.Client, aviary: dict[str, int]
):
    topical = anna.get(f"/petitions?topic=birds-{site.port}")
    assert "15 open petitions in Birds & bees" in words(topical)
    assert len(listed(topical)) == 15
    assert f'<option value="birds-{site.port}" selected>' in topical.text
    assert "No open petitions in nowhere." in words(anna.get("/petitions?topic=nowhere"))


def test_nothing_open_about_owls_shows_what_comes_closest_and_how_to_start(
    site: RunningSite, anna: httpx.Client, aviary: dict[str, int]
):
    page = anna.get("/petitions", params={"q": f"bird{site.port} owls"})
    assert f"No open petitions about ‘bird{site.port} owls’." in words(page)
    assert "These come closest:" in words(page)
    assert len(listed(page)) == 1
    assert f"Close bird{site.port} owl house" in words(page)
    assert page.text.count('href="/petitions/new"') >= 2


ODD = {
    "quotes": '"owls" AND "',
    "operators": "owl* OR (NEAR/2 -cat) {action} : x ^y",
    "wildcards": "%_*?",
    "nul": "owl\x00s",
    "emoji": "🦉🦉",
    "right to left": "\u202eslwo\u202c ינשוף",
    "sql": "'; DROP TABLE petitions_petition; --",
    "tsquery": "a & | ! <-> :* b",
    "long": "owl " * 2_500,
    "one long word": "o" * 10_000,
    "combining": "o" + "\u0301" * 500,
    "half": "\ud83e".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_whatever_is_searched_for_the_list_answers(site: RunningSite, anna: httpx.Client, odd: str):
    for path in ("/petitions", "/petitions.json"):
        for name in ("q", "topic", "department"):
            page = anna.get(path, params={name: odd, "sort": "trending"})
            assert page.status_code == 200, (path, name)
            assert "\x00" not in page.text
    assert anna.get("/petitions").status_code == 200


def test_titles_in_every_script_are_found_and_shown_as_they_are(site: RunningSite, anna: httpx.Client):
    for title, q in {
        f"Žluťoučký kůň {site.port}": "zlutoucky",
        f"Öffnet die Straße {site.port}": "Straße offnet",
        f"حافظوا على المكتبة {site.port}": "المكتبة",
        f"Fish & <b>chips</b> “{site.port}”": "chips fish",
        f"图书馆 {site.port}": "图书馆",
    }.items():
        with site.town.database.writing() as db:
            db.add(Petition(**_row(site, title, 9, "open")))
        page = anna.get("/petitions", params={"q": f"{q} {site.port}"})
        assert title in words(page).replace("  ", " ") or html.escape(title, quote=False) in page.text, q


def test_trending_petitions_stand_in_the_order_of_the_last_hour(site: RunningSite, anna: httpx.Client):
    calm, busy = (site.town.open_petition(action=f"{name} trend{site.port}", **TEXTS) for name in ("Calm", "Busy"))
    site.town.sign(busy, *crowd(7, f"busy{site.port}"))
    site.town.sign(calm, *crowd(3, f"calm{site.port}"))
    site.house.site.dependencies["figures"].forget()
    page = anna.get(f"/petitions?sort=trending&q=trend{site.port}")
    assert listed(page) == [str(busy), str(calm)]
    told = anna.get(f"/petitions.json?sort=trending&q=trend{site.port}").json()["data"]
    assert [p["id"] for p in told] == [busy, calm]
