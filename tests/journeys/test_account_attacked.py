"""What somebody with bad intentions, or with two tabs, may try on the way into an account; and what they get."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.accounts.model import Account, MailedLink
from app.accounts.web.joining import LETTERS
from app.core.db import Database
from app.core.security.sessions import FRESH_FOR
from app.core.switches import Standing, Switch, SwitchRow
from tests.journeys.test_account import ANA, JOIN, MINE, SIGN_IN, ask_to_join, join
from tests.people import BOB, LAURA, SAM, SUZIE, Person
from tests.site import RunningSite, another

CHANGE = "Confirm your new address"


@pytest.fixture
def northmere(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    with RunningSite(database, tmp_path) as site:
        yield site


def ask_for_link(site: RunningSite, client: httpx.Client, person: Person, **way: str) -> str:
    client.post("/sign-in/link", data={"email": person.email} | way)
    site.town.deliver()
    return site.town.letters.link(person, SIGN_IN)


def accounts(site: RunningSite, person: Person) -> list[Account]:
    return site.town.rows(Account, Account.email == person.address.canonical)


def close(site: RunningSite, person: Person) -> None:
    """An administrator closes the account."""
    site.town.sql("UPDATE accounts_account SET disabled_at = created_at WHERE email = :e", e=person.email)


def together(*acts: object) -> list[int]:
    with ThreadPoolExecutor(len(acts)) as pool:
        return [f.result().status_code for f in [pool.submit(act) for act in acts]]  # type: ignore[arg-type, attr-defined]


def stop_sign_up(site: RunningSite) -> None:
    now = site.clock.now()
    with site.town.database.writing() as db:
        db.add(SwitchRow(name=Switch.SIGN_UP, since=now, changed_at=now))
    site.house.switches.note_one(Switch.SIGN_UP, Standing(now, ""))


# links


def test_two_tabs_that_press_one_link_at_once_make_one_account(northmere: RunningSite):
    with northmere.client() as one, northmere.client() as other:
        ask_to_join(northmere, one)
        link = northmere.town.letters.link(ANA, JOIN)
        answers = together(*(lambda c=c: c.post(link, data={"name": ANA.name}) for c in (one, other)))
    assert sorted(answers) == [303, 410]
    assert len(accounts(northmere, ANA)) == 1


def test_two_letters_pressed_at_once_make_one_account_and_no_fault(northmere: RunningSite):
    with northmere.client() as one, northmere.client() as other:
        ask_to_join(northmere, one)
        first = northmere.town.letters.link(ANA, JOIN)
        ask_to_join(northmere, one, name="Ana M")
        second = northmere.town.letters.link(ANA, JOIN)
        assert first != second
        answers = together(
            lambda: one.post(first, data={"name": "Ana Mendes"}), lambda: other.post(second, data={"name": "Ana M"})
        )
    assert sorted(answers) == [303, 410]
    assert len(accounts(northmere, ANA)) == 1


def test_a_letter_to_join_that_is_opened_after_a_sister_made_the_account_signs_in(northmere: RunningSite):
    """Not of the same kind: she asked to sign in, was told that there is no account, and joined by another letter."""
    with northmere.client() as client:
        ask_to_join(northmere, client)
        account = join(northmere, client)
        northmere.town.sql("UPDATE accounts_mailed_link SET used_at = NULL")
        link = next(
            path
            for letter in northmere.town.letters.to(ANA)
            if (path := re.search(r"(/sign-up/\S+)", letter.get_content())[1])  # type: ignore[index]
        )
        assert client.post(link, data={"name": "Somebody Else"}).status_code == 303
    assert [a.id for a in accounts(northmere, ANA)] == [account.id]
    assert accounts(northmere, ANA)[0].name == ANA.name


def test_whose_account_a_link_opens_stands_on_the_page_and_the_button_ends_the_other_session(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client)
        client.post("/sign-out")
        join(northmere, client, SAM)
        link = ask_for_link(northmere, client, ANA)
        page = client.get(link).text
        assert "with the account of ana@example.org" in page
        assert "You are signed in as sam@example.org here." in page
        assert "Sam Wong" in client.get("/account").text
        client.post(link)
        assert "Ana Mendes" in client.get("/account").text


def test_a_link_of_one_kind_opens_no_door_of_another(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client)
        token = ask_for_link(northmere, client, ANA).rpartition("/")[2]
        for door in ("/sign-up/", "/mine/", "/account/address/"):
            assert client.post(door + token, data={"name": "Ana"}).status_code == 404, door
        assert client.post("/sign-in/link/" + another(token)).status_code == 404


def test_links_go_to_the_mailbox_whose_account_they_open(northmere: RunningSite):
    """Where a plus means nothing to the mail server, another spelling is another person's mailbox."""
    with northmere.client() as client:
        join(northmere, client)
        client.post("/sign-out")
        for form in ("/sign-in/link", "/mine"):
            client.post(form, data={"email": "ana+eve@example.org"})
    northmere.town.deliver()
    assert northmere.town.letters.to("ana+eve@example.org") == []
    assert {SIGN_IN, MINE} <= set(northmere.town.letters.subjects(ANA))


# closed and erased accounts


def test_a_closed_account_is_told_so_by_letter_and_by_nothing_else(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client)
        early = ask_for_link(northmere, client, ANA)
        close(northmere, ANA)
        assert client.get("/account").headers["location"].startswith("/sign-in")
        assert client.get(early).status_code == client.post(early).status_code == 410
        for form in ("/sign-in/link", "/sign-up"):
            answer = client.post(form, data={"email": ANA.email, "name": "Ana"})
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/letter")
    northmere.town.deliver()
    assert northmere.town.letters.subjects(ANA)[-2:] == ["Your account was closed"] * 2


def test_no_second_account_beside_a_closed_one(northmere: RunningSite):
    """She held a letter to join while the account was made by another, and closed."""
    with northmere.client() as client:
        ask_to_join(northmere, client)
        link = northmere.town.letters.link(ANA, JOIN)
        join(northmere, client)
        northmere.town.sql("UPDATE accounts_mailed_link SET used_at = NULL")
        close(northmere, ANA)
        assert client.post(link, data={"name": "Ana"}).status_code == 409
    assert len(accounts(northmere, ANA)) == 1


def test_whoever_was_erased_may_join_again_and_is_somebody_new(northmere: RunningSite):
    with northmere.client() as client:
        old = join(northmere, client)
        client.post("/account/erase")
        new = join(northmere, client, name="Ana Again")
        assert "Ana Again" in client.get("/account").text
    assert new.id != old.id


def test_erasing_ends_every_letter_that_is_on_its_way(northmere: RunningSite):
    """A letter to join again, one to see what she signed: nobody keeps an address that has asked to be forgotten."""
    with northmere.client() as client, northmere.client() as elsewhere:
        join(northmere, client)
        elsewhere.post("/mine", data={"email": ANA.email})
        sign_in = ask_for_link(northmere, elsewhere, ANA)
        mine = northmere.town.letters.link(ANA, MINE)
        elsewhere.post("/sign-in/link", data={"email": ANA.email})  # still in the outbox
        assert client.post("/account/erase").status_code == 303
        known = len(northmere.town.letters.to(ANA))
        assert [elsewhere.post(link).status_code for link in (sign_in, mine)] == [410, 410]
    northmere.town.deliver()
    assert len(northmere.town.letters.to(ANA)) == known
    assert northmere.town.rows(MailedLink) == []


def test_a_running_sign_up_ends_when_its_address_is_erased(northmere: RunningSite):
    petition = northmere.town.open_petition()
    northmere.town.sign(petition, LAURA)
    with northmere.client() as client, northmere.client() as elsewhere:
        ask_to_join(northmere, elsewhere, LAURA)
        link = northmere.town.letters.link(LAURA, JOIN)
        client.post("/mine", data={"email": LAURA.email})
        northmere.town.deliver()
        client.post(northmere.town.letters.link(LAURA, MINE))
        client.post("/mine/erase")
        assert elsewhere.post(link, data={"name": LAURA.name}).status_code == 410
    assert accounts(northmere, LAURA) == []


def test_erasing_twice_at_once_is_as_once(northmere: RunningSite):
    petition = northmere.town.open_petition()
    northmere.town.sign(petition, ANA)
    with northmere.client() as client:
        account = join(northmere, client)
        cookies = dict(client.cookies)
        with northmere.client() as tab:
            tab.cookies.update(cookies)
            answers = together(lambda: client.post("/account/erase"), lambda: tab.post("/account/erase"))
    assert set(answers) <= {303}
    (row,) = northmere.town.rows(Account, Account.id == account.id)
    assert row.email is None
    assert northmere.town.count(petition) == 7
    assert northmere.town.broken() == {}


# the address


def test_nobody_lends_their_mailbox_to_a_strangers_account(northmere: RunningSite):
    """Eve has Laura's address put into her account; Laura presses the button. Eve would see all that Laura signed."""
    northmere.town.sign(northmere.town.open_petition(), LAURA)
    eve = Person("Eve Smith", "eve@example.org")
    with northmere.client() as hers, northmere.client() as lauras:
        join(northmere, hers, eve)
        hers.post("/account/address", data={"email": LAURA.email})
        northmere.town.deliver()
        link = northmere.town.letters.link(LAURA, CHANGE)
        assert lauras.post(link).headers["location"] == "/sign-in"
        join(northmere, lauras, LAURA)
        assert lauras.post(link).status_code == 409
        assert "You have signed no petition." in hers.get("/account").text
    assert len(accounts(northmere, eve)) == 1


def test_old_letters_open_nothing_once_the_account_has_moved(northmere: RunningSite):
    new = ANA.but(email="ana.new@example.org")
    with northmere.client() as client, northmere.client() as thief:
        join(northmere, client)
        old = ask_for_link(northmere, thief, ANA)
        client.post("/account/address", data={"email": new.email})
        northmere.town.deliver()
        assert client.post(northmere.town.letters.link(new, CHANGE)).headers["location"].startswith("/account/details")
        assert thief.post(old).status_code == 410


def test_the_old_address_is_told_however_many_letters_it_got(northmere: RunningSite):
    new = ANA.but(email="ana.new@example.org")
    with northmere.client() as client, northmere.client() as thief:
        join(northmere, client)
        for _often in range(8):
            thief.post("/sign-in/link", data={"email": ANA.email})
        client.post("/account/address", data={"email": new.email})
        northmere.town.deliver()
        client.post(northmere.town.letters.link(new, CHANGE))
    northmere.town.deliver()
    assert "Your account has another address now" in northmere.town.letters.subjects(ANA)


def test_an_address_that_another_account_has_stays_there(northmere: RunningSite):
    with northmere.client() as client, northmere.client() as sams:
        join(northmere, sams, SAM)
        join(northmere, client)
        client.post("/account/address", data={"email": SAM.email})
        northmere.town.deliver()
        assert client.post(northmere.town.letters.link(SAM, CHANGE)).status_code == 409
    assert len(accounts(northmere, SAM)) == len(accounts(northmere, ANA)) == 1


def test_strangers_cannot_use_up_anas_letters(northmere: RunningSite):
    """From the browser in which she has signed in before, a letter always comes."""
    with northmere.client() as client, northmere.client() as thief:
        join(northmere, client)
        client.post("/sign-out")
        for _often in range(8):
            thief.post("/sign-in/link", data={"email": ANA.email})
        northmere.town.deliver()
        before = northmere.town.letters.subjects(ANA).count(SIGN_IN)
        client.post("/sign-in/link", data={"email": ANA.email})
        northmere.town.deliver()
        assert northmere.town.letters.subjects(ANA).count(SIGN_IN) == before + 1


# names and drafts


UNSEEN = {
    "Ana\u202egnp.exe": "Anagnp.exe",
    "  Ana \x00\x07 Mendes\r\n": "Ana Mendes",
    "A\u200bn\u200ba": "Ana",
    "李小龍": "李小龍",
}


def test_signs_that_nobody_sees_are_no_part_of_a_name(northmere: RunningSite):
    for person, (typed, shown) in zip((ANA, LAURA, SAM, SUZIE), UNSEEN.items(), strict=True):
        with northmere.client() as client:
            ask_to_join(northmere, client, person)
            client.post(northmere.town.letters.link(person, JOIN), data={"name": typed})
        assert accounts(northmere, person)[0].name == shown


NO_NAMES = (
    "\N{FAMILY}\u200d\N{GIRL}" * 80,
    "👩‍👩‍👧‍👦" * 80,
    "A" + "😀" * 80,
    "\u202e\u2066",
    "The Admin",
    "Town Square Team",
    "M O D",
)


def test_a_name_that_is_none_is_refused_on_the_second_page_too(northmere: RunningSite):
    with northmere.client() as client:
        ask_to_join(northmere, client)
        link = northmere.town.letters.link(ANA, JOIN)
        for name in NO_NAMES:
            answer = client.post(link, data={"name": name})
            assert (answer.status_code, "Error:" in answer.text) == (422, True), name
            assert client.get(link).status_code == 200
            assert accounts(northmere, ANA) == []


def test_a_name_shows_as_text(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client, ANA.but(name="<b>Ana</b>"))
        page = client.get("/account").text
    assert "&lt;b&gt;Ana&lt;/b&gt;" in page
    assert "<b>Ana" not in page


def test_after_the_letter_one_goes_on_to_ones_own_pages_alone(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client)
        client.post("/sign-out")
        there = ask_for_link(northmere, client, ANA, next="/account/details")
        assert client.post(there).headers["location"] == "/account/details"
        for elsewhere in ("//evil.example", "https://evil.example/", "/\\evil.example"):
            client.post("/sign-out")
            assert client.post(ask_for_link(northmere, client, ANA, next=elsewhere)).headers["location"] == "/account"
        assert client.post(ask_for_link(northmere, client, ANA, draft="x" * 5_000)).headers["location"] == "/account"


# who proves by a letter who they are


def test_ana_who_has_no_password_changes_her_address_after_a_letter_and_types_nothing_twice(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client)
        northmere.clock.advance(FRESH_FOR)  # type: ignore[attr-defined]
        typed = {"email": "ana.new@example.org"}
        asked = client.post("/account/address", data=typed, headers={"Referer": f"{northmere.base}/account/details"})
        assert (asked.status_code, "Send me the letter" in asked.text) == (403, True)
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', asked.text))
        assert client.post("/confirm-it-is-you/letter", data=fields).headers["location"] == "/sign-in/letter"
        northmere.town.deliver()
        back = client.post(northmere.town.letters.link(ANA, SIGN_IN)).headers["location"]
        assert back.startswith("/account/details?draft=")
        assert "ana.new@example.org" in client.get(back).text
        assert client.post("/account/address", data=typed).headers["location"] == "/sign-in/letter"


@pytest.mark.parametrize("page", ["/account/erase", "/account/password"])
def test_a_letter_leads_back_to_the_page_that_asked_for_proof(northmere: RunningSite, page: str):
    with northmere.client() as client:
        join(northmere, client)
        northmere.clock.advance(FRESH_FOR)  # type: ignore[attr-defined]
        asked = client.get(client.get(page).headers["location"])
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', asked.text))
        client.post("/confirm-it-is-you/letter", data=fields)
        northmere.town.deliver()
        assert client.post(northmere.town.letters.link(ANA, SIGN_IN)).headers["location"] == page
        assert client.get(page).status_code == 200


def test_a_password_that_was_typed_is_kept_nowhere(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client)
        northmere.clock.advance(FRESH_FOR)  # type: ignore[attr-defined]
        form = {
            "letter.next": "/account/password",
            "password": "correct horse battery",
            "again": "correct horse battery",
        }
        client.post("/confirm-it-is-you/letter", data=form)
        northmere.town.deliver()
        assert client.post(northmere.town.letters.link(ANA, SIGN_IN)).headers["location"] == "/account/password"


# limits and switches


KEPT = {
    "/sign-up": ("eve@example.org", "Eve Smith"),
    "/sign-in/link": ("eve@example.org",),
    "/mine": ("eve@example.org",),
}


def test_too_many_letters_from_one_network_wait_and_keep_what_was_typed(northmere: RunningSite):
    northmere.house.limits.on = True
    for _often in range(LETTERS.most):
        northmere.house.limits.spend(LETTERS, "127.0.0.1", "accounts.letters")
    for path, kept in KEPT.items():
        with northmere.client() as client:
            answer = client.post(path, data={"email": "eve@example.org", "name": "Eve Smith"})
        assert answer.status_code == 429, path
        assert int(answer.headers["retry-after"]) > 0
        assert "Nothing was stored." in answer.text
        assert all(word in answer.text for word in kept), path
        assert northmere.town.rows(MailedLink) == []


def test_while_nobody_may_join_members_still_sign_in(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client)
        ask_to_join(northmere, client, SAM)
        link = northmere.town.letters.link(SAM, JOIN)
        stop_sign_up(northmere)
        assert client.post("/sign-up", data={"email": BOB.email, "name": BOB.name}).status_code == 503
        assert client.post(link, data={"name": SAM.name}).status_code == 503
        assert client.post(ask_for_link(northmere, client, ANA)).status_code == 303
    assert accounts(northmere, SAM) == []


# what a stranger may read


def test_the_download_is_of_ones_own_and_complete(northmere: RunningSite):
    petition = northmere.town.open_petition()
    northmere.town.sign(petition, ANA, SAM)
    with northmere.client() as client:
        join(northmere, client)
        answer = client.get("/account/download")
    found = json.loads(answer.content)
    assert answer.headers["cache-control"] == "no-store"
    assert found["account"]["known_browsers"]
    assert found["account"]["has_password"] is False
    assert "sam@example.org" not in answer.text
    with northmere.client() as stranger:
        assert stranger.get("/account/download").headers["location"] == "/sign-in?next=%2Faccount%2Fdownload"
        assert stranger.get("/mine/download").status_code == 410


def test_laura_is_told_that_she_also_has_an_account(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client, LAURA)
        client.post("/sign-out")
        client.post("/mine", data={"email": LAURA.email})
        northmere.town.deliver()
        client.post(northmere.town.letters.link(LAURA, MINE))
        assert "You also have an account with this address." in client.get("/mine/all").text
        assert "Your account with this address stays." in client.get("/mine/erase").text
