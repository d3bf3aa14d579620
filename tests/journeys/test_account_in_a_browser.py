"""Ana's whole stay in a real browser without scripts; and once with nothing but a keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from app.accounts.model import Account
from tests.journeys.browsing import Eyes, chromium
from tests.journeys.test_account import JOIN, MINE, SIGN_IN
from tests.people import Person
from tests.site import RunningSite

pytestmark = pytest.mark.browser
ANA = Person("Ana Mendes", "ana.mendes@example.org")
KIM = Person("Kim Osei", "kim.osei@example.org")
TITLE = "Plant trees along the ring road"


@pytest.fixture(scope="module")
def browser_here() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(site: RunningSite, browser_here: Browser) -> Iterator[Page]:
    context = browser_here.new_context(java_script_enabled=False, base_url=site.base)
    shown = context.new_page()
    shown.set_default_timeout(15_000)
    yield shown
    context.close()


def letter(site: RunningSite, person: Person, subject: str) -> str:
    site.town.deliver()
    return site.town.letters.link(person, subject)


def heading(page: Page) -> str:
    return page.inner_text("h1")


def test_ana_joins_comes_back_by_letter_takes_a_signature_back_and_leaves(site: RunningSite, page: Page):
    petition = site.town.open_petition(action=TITLE)
    (signature,) = site.town.sign(petition, ANA)
    before = site.town.count(petition)

    page.goto(f"/petitions/{petition}")
    page.click("nav >> text=Your account")
    assert heading(page) == "Sign in"
    page.click("text=Make an account")
    page.fill("#email", ANA.email)
    page.fill("#name", "Administrator")
    page.click("text=Send me the link")
    assert page.title().startswith("Error: ")
    page.fill("#name", ANA.name)
    page.check("#withheld")
    page.click("text=Send me the link")
    assert heading(page) == "Open the letter we sent you"

    page.goto(letter(site, ANA, JOIN))
    page.click("text=Make my account")
    assert page.url == f"{site.base}/account"
    assert "Your name is not shown" in page.inner_text("main")
    page.click("text=Sign out")

    page.goto("/account/details")
    assert heading(page) == "Sign in"
    page.click("text=Get a letter with a link")
    page.fill("#email", ANA.email)
    page.click("text=Send me a link")
    page.goto(letter(site, ANA, SIGN_IN))
    assert ANA.email in page.inner_text("main")
    page.click("button:has-text('Sign in')")
    assert page.url == f"{site.base}/account/details"
    page.uncheck("#withheld")
    page.click("text=Store")
    assert "Your changes are stored." in page.inner_text("main")

    page.click("text=Back to your account")
    row = page.locator(f"#signature-{signature}")
    assert TITLE in row.inner_text()
    row.locator("text=Withdraw my signature").click()
    assert site.town.count(petition) == before
    page.click("button:has-text('Withdraw my signature')")
    assert "Withdrawn" in page.locator(f"#signature-{signature}").inner_text()
    assert site.town.count(petition) == before - 1

    page.click("text=Erase my account")
    page.click("text=Erase everything about me")
    assert heading(page) == "Your details are erased"
    page.goto("/account")
    assert heading(page) == "Sign in"
    assert site.town.rows(Account, Account.email == ANA.email) == []


def test_kim_does_it_all_with_the_keyboard(site: RunningSite, browser_here: Browser):
    """Every field and button is reached by Tab in the order in which it reads; axe finds nothing on the way."""
    petition = site.town.open_petition(action=f"{TITLE}, soon")
    (signature,) = site.town.sign(petition, KIM)
    context = browser_here.new_context(base_url=site.base)
    eyes = Eyes(site.base, axe=True)
    page = eyes.watch(context.new_page())
    page.goto("/mine")
    eyes.look(page)
    tab_to(page, "email")
    page.keyboard.type(KIM.email)
    press(page)
    eyes.look(page)
    page.goto(letter(site, KIM, MINE))
    tab_to(page, "Show me")
    press(page)
    eyes.look(page)
    tab_to(page, "Stop letters about it")
    press(page)
    assert not site.town.signature(signature).notify
    tab_to(page, "Withdraw my signature")
    press(page)
    eyes.look(page)
    assert site.town.signature(signature).state == "validated"
    tab_to(page, "Withdraw my signature")
    press(page)
    assert site.town.signature(signature).state == "withdrawn"
    tab_to(page, "Close this page on this device")
    press(page)
    assert page.goto("/mine/all").status == 410  # type: ignore[union-attr]
    context.close()
    assert [fault for fault in eyes.faults if "status of 410" not in fault] == []
    assert eyes.foreign == set()


def press(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def tab_to(page: Page, wanted: str) -> None:
    """To the next thing of this name, as somebody comes to it who has only this key."""
    for _press in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate("() => { const e = document.activeElement; return [e.id, e.innerText || ''] }")
        if here[0] == wanted or here[1].startswith(wanted):
            return
    raise AssertionError(f"no way to {wanted!r} with the Tab key")
