"""Members join, come back, see what is theirs and leave; signers without an account do the same by one letter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.accounts.model import Account, MailedLink
from app.core.db import Database
from app.core.security.sessions import SignedIn
from tests.people import ANNA, LAURA, SAM, Person
from tests.site import RunningSite

ANA = Person("Ana Mendes", "ana@example.org")
JOIN, SIGN_IN, MINE = "Confirm your address", "Sign in", "See what you signed"


@pytest.fixture
def northmere(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    with RunningSite(database, tmp_path, petitions_response_at=10, petitions_debate_at=50) as site:
        yield site


def ask_to_join(site: RunningSite, client: httpx.Client, person: Person = ANA, **other: str) -> httpx.Response:
    answer = client.post("/sign-up", data={"email": person.email, "name": person.name} | other)
    site.town.deliver()
    return answer


def join(site: RunningSite, client: httpx.Client, person: Person = ANA, **other: str) -> Account:
    ask_to_join(site, client, person)
    link = site.town.letters.link(person, JOIN)
    answer = client.post(link, data={"name": person.name} | other)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account"), answer.text
    (account,) = site.town.rows(Account, Account.email == person.address.canonical)
    return account


def test_ana_joins_by_one_letter_and_sees_her_page(northmere: RunningSite):
    with northmere.client() as client:
        assert ask_to_join(northmere, client).headers["location"] == "/sign-in/letter"
        link = northmere.town.letters.link(ANA, JOIN)
        opened = client.get(link)
        assert "Make your account" in opened.text
        assert northmere.town.rows(Account, Account.email == ANA.email) == []
        client.post(link, data={"name": ANA.name})
        page = client.get("/account")
        assert page.status_code == 200
        assert "You are shown as Ana Mendes." in page.text
        assert page.headers["cache-control"] == "no-store"
        assert client.post(link, data={"name": ANA.name}).status_code == 410


def test_nobody_learns_from_the_page_who_has_an_account(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client)
    with northmere.client() as stranger:
        pages = [
            ask_to_join(northmere, stranger, person, name="Eve Smith").headers["location"] for person in (ANA, LAURA)
        ]
        links = [
            stranger.post("/sign-in/link", data={"email": person.email}).headers["location"] for person in (ANA, SAM)
        ]
    northmere.town.deliver()
    assert set(pages + links) == {"/sign-in/letter"}
    assert "You have an account already" in northmere.town.letters.subjects(ANA)
    assert "there is no account" in northmere.town.letters.last_to(SAM).get_content().lower()


def test_ana_comes_back_by_a_letter_whose_link_works_once(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client)
        client.post("/sign-out")
        assert client.get("/account").status_code in (303, 404)
        client.post("/sign-in/link", data={"email": "ANA@example.org"})
        northmere.town.deliver()
        link = northmere.town.letters.link(ANA, SIGN_IN)
        assert "Press the button" in client.get(link).text
        assert client.get("/account").status_code in (303, 404)
        assert client.post(link).status_code == 303
        assert client.get("/account").status_code == 200
        assert client.post(link).status_code == 410


def test_laura_without_account_is_led_to_the_form_that_her_letter_came_from(northmere: RunningSite):
    with northmere.client() as client:
        client.post("/mine", data={"email": LAURA.email})
        northmere.town.deliver()
        link = northmere.town.letters.link(LAURA, MINE)
        assert client.post(link).status_code == 303
        used = client.get(link)
        assert (used.status_code, 'href="/mine"' in main_of(used)) == (410, True)
        cut = client.get(link[:-3])
        assert (cut.status_code, "We do not know this link" in cut.text, 'href="/mine"' in main_of(cut)) == (
            404,
            True,
            True,
        )
        for path, form in (("/sign-up/cut", "/sign-up"), ("/sign-in/link/cut", "/sign-in/link")):
            assert f'href="{form}"' in main_of(client.get(path))


def main_of(page: httpx.Response) -> str:
    """What stands between the page's header and its footer."""
    return page.text.partition("<main")[2].partition("</main>")[0]


def test_an_hour_later_the_link_is_over(northmere: RunningSite):
    with northmere.client() as client:
        join(northmere, client)
        client.post("/sign-in/link", data={"email": ANA.email})
        northmere.town.deliver()
        link = northmere.town.letters.link(ANA, SIGN_IN)
        northmere.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
        assert client.get(link).status_code == 410


def test_a_mailbox_gets_five_such_letters_an_hour(northmere: RunningSite):
    with northmere.client() as client:
        for _try in range(8):
            assert client.post("/sign-in/link", data={"email": SAM.email}).status_code == 303
    northmere.town.deliver()
    assert len(northmere.town.letters.to(SAM)) == 5


def test_a_name_that_misleads_is_refused_and_the_address_kept(northmere: RunningSite):
    for name in ("Administrator", "Аdmin", "Ministry of Transport", "   ", "=cmd", "<b>x</b>" * 20):
        with northmere.client() as client:
            answer = ask_to_join(northmere, client, name=name)
        assert answer.status_code == 422, name
        assert "Error:" in answer.text
        assert ANA.email in answer.text
        assert northmere.town.letters.to(ANA) == []


def test_ana_withholds_her_name(northmere: RunningSite):
    with northmere.client() as client:
        account = join(northmere, client)
        client.post("/account/details", data={"name": "Ana M", "withheld": "yes"})
        page = client.get("/account").text
    assert "Your name is not shown" in page
    (stored,) = northmere.town.rows(Account, Account.id == account.id)
    assert (stored.name, stored.name_withheld) == ("Ana M", True)


def test_ana_moves_to_another_address_and_the_old_one_is_told(northmere: RunningSite):
    new = ANA.but(email="ana.new@example.org")
    with northmere.client() as client:
        account = join(northmere, client)
        client.post("/account/address", data={"email": new.email})
        northmere.town.deliver()
        link = northmere.town.letters.link(new, "Confirm your new address")
        (before,) = northmere.town.rows(Account, Account.id == account.id)
        assert before.email == ANA.email
        assert client.post(link).status_code == 303
    (after,) = northmere.town.rows(Account, Account.id == account.id)
    assert after.email == new.email
    northmere.town.deliver()
    assert "Your account has another address now" in northmere.town.letters.subjects(ANA)


def test_sams_signatures_stand_on_his_account_and_he_takes_one_back(northmere: RunningSite):
    petition = northmere.town.open_petition()
    (signature,) = northmere.town.sign(petition, SAM)
    with northmere.client() as client:
        join(northmere, client, SAM)
        assert "Open the town library on Sundays" in client.get("/account").text
        asked = client.post(f"/account/held/signature/{signature}/withdraw")
        assert (asked.status_code, northmere.town.count(petition)) == (200, 7)
        assert "Withdraw my signature" in asked.text
        done = client.post(f"/account/held/signature/{signature}/withdraw", data={"sure": "yes"})
        assert done.status_code == 303
        assert "Withdrawn" in client.get("/account").text
    assert northmere.town.count(petition) == 6


def test_ana_erases_her_account_and_totals_stay(northmere: RunningSite):
    petition = northmere.town.open_petition()
    northmere.town.sign(petition, ANA)
    with northmere.client() as client:
        account = join(northmere, client)
        exported = json.loads(client.get("/account/download").content)
        assert exported["account"]["name"] == ANA.name
        assert exported["petitions"]["signatures"][0]["email"] == ANA.email
        assert client.post("/account/erase").headers["location"] == "/erased"
        assert client.get("/account").status_code in (303, 404)
    assert northmere.town.count(petition) == 7
    (row,) = northmere.town.rows(Account, Account.id == account.id)
    assert (row.email, row.name, row.erased_at is not None) == (None, "", True)
    assert northmere.town.rows(SignedIn, SignedIn.holder_id == account.id) == []
    assert northmere.town.rows(MailedLink, MailedLink.account_id == account.id) == []
    assert northmere.town.broken() == {}


def test_laura_without_an_account_sees_withdraws_and_erases_by_one_letter(northmere: RunningSite):
    petition = northmere.town.open_petition()
    (signature,) = northmere.town.sign(petition, LAURA)
    with northmere.client() as client:
        assert client.get("/mine/all").status_code == 410
        client.post("/mine", data={"email": LAURA.email})
        northmere.town.deliver()
        link = northmere.town.letters.link(LAURA, MINE)
        assert "library" not in client.get(link).text
        assert client.post(link).headers["location"] == "/mine/all"
        page = client.get("/mine/all")
        assert "Open the town library on Sundays" in page.text
        client.post(f"/mine/all/signature/{signature}/no-news")
        assert not northmere.town.signature(signature).notify
        client.post(f"/mine/all/signature/{signature}/withdraw", data={"sure": "yes"})
        assert northmere.town.count(petition) == 6
        assert client.post("/mine/erase").headers["location"] == "/erased"
        assert client.get("/mine/all").status_code == 410
    assert northmere.town.broken() == {}


def test_what_was_opened_on_a_borrowed_machine_closes_with_a_button_or_after_an_hour(northmere: RunningSite):
    northmere.town.sign(northmere.town.open_petition(), LAURA)
    for ends in ("button", "hour"):
        with northmere.client() as client:
            client.post("/mine", data={"email": LAURA.email})
            northmere.town.deliver()
            client.post(northmere.town.letters.link(LAURA, MINE))
            assert client.get("/mine/all").status_code == 200
            if ends == "button":
                client.post("/mine/close")
            else:
                northmere.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
            assert client.get("/mine/all").status_code == 410


def test_the_address_of_one_opens_nothing_of_another(northmere: RunningSite):
    petition = northmere.town.open_petition(ANNA)
    (sams,) = northmere.town.sign(petition, SAM)
    with northmere.client() as client:
        client.post("/mine", data={"email": LAURA.email})
        northmere.town.deliver()
        client.post(northmere.town.letters.link(LAURA, MINE))
        assert "You have signed no petition." in client.get("/mine/all").text
        assert client.post(f"/mine/all/signature/{sams}/withdraw", data={"sure": "yes"}).status_code == 404
        assert json.loads(client.get("/mine/download").content)["petitions"]["signatures"] == []
    assert northmere.town.signature(sams).state == "validated"


def test_staff_leave_their_office_before_they_erase_themselves(northmere: RunningSite):
    northmere.town.staff("mia@example.org", "moderator")
    with northmere.signed_in("mia@example.org") as client:
        assert client.post("/account/erase").status_code == 409
