"""Ada confirms that it is her before dangerous acts, and loses nothing when her time runs out."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import httpx
import pytest

from app.core.security.sessions import FRESH_FOR, LAPSED_FOR, SignedIn
from petitions.model.operation import Stop
from tests.app.accounts.desk import give_password, with_factor
from tests.site import ADMINISTRATOR, MODERATOR, PASSWORD, RunningSite, fields_of

STOP = "/admin/petitions/stops/creating"
MINUTE = timedelta(minutes=1)
AGAIN = {"it-is-you.password": PASSWORD}


@pytest.fixture
def ada(site: RunningSite) -> int:
    return site.town.staff(ADMINISTRATOR, "administrator")


def stale(site: RunningSite, client: httpx.Client) -> None:
    """She signed in a while ago and has been busy since."""
    digest = hashlib.sha256(client.cookies["townsquare"].encode()).digest()
    with site.town.database.writing() as db:
        db.get_one(SignedIn, digest).fresh_at = site.town.now - FRESH_FOR


def lapse(site: RunningSite, client: httpx.Client, ago: timedelta = timedelta(minutes=31)) -> None:
    digest = hashlib.sha256(client.cookies["townsquare"].encode()).digest()
    with site.town.database.writing() as db:
        db.get_one(SignedIn, digest).last_seen_at = site.town.now - ago


def test_just_signed_in_she_is_not_asked_again(site: RunningSite, ada: int):
    with site.signed_in(ADMINISTRATOR) as client:
        assert client.post(STOP, data={"reason": "", "until": ""}).status_code != 403


def test_later_the_form_comes_back_with_a_password_field_and_everything_she_typed(site: RunningSite, ada: int):
    with site.signed_in(ADMINISTRATOR) as client:
        stale(site, client)
        stops = site.town.rows(Stop)
        typed = {"reason": 'Because of <b>"it"</b> & ünïcode', "step": "check", "odd[]": "1"}
        page = client.post(STOP, data=typed)
        assert page.status_code == 403
        assert "Confirm that it is you" in page.text
        fields = fields_of(page.text)
        assert set(typed) <= set(fields)
        assert "&lt;b&gt;" in fields["reason"]
        assert [stop.id for stop in site.town.rows(Stop)] == [stop.id for stop in stops]


def test_with_the_right_password_the_same_form_goes_where_it_was_sent(site: RunningSite, ada: int):
    with site.signed_in(ADMINISTRATOR) as client:
        stale(site, client)
        before = client.cookies["townsquare"]
        answer = client.post(STOP, data={"reason": "x"} | AGAIN)
        assert (answer.status_code, answer.headers["location"]) == (307, STOP)
        assert client.cookies["townsquare"] != before, "a new token at each step up"
        assert httpx.get(f"{site.base}/admin", headers={"cookie": f"townsquare={before}"}).status_code == 404
        second = client.post(answer.headers["location"], data={"reason": "x"} | AGAIN)
        assert second.status_code not in (403, 307)
        assert PASSWORD not in second.text


def test_a_wrong_password_keeps_the_form_and_changes_nothing(site: RunningSite, ada: int):
    with site.signed_in(ADMINISTRATOR) as client:
        stale(site, client)
        page = client.post(STOP, data={"reason": "kept", "it-is-you.password": "wrong random words"})
        assert (page.status_code, "<title>Error: " in page.text) == (422, True)
        assert fields_of(page.text)["reason"] == "kept"
        assert "wrong random words" not in page.text
        assert client.get("/admin").status_code == 200, "she is signed in as before"


def test_a_form_with_a_file_comes_back_with_everything_but_the_file(site: RunningSite, ada: int):
    with site.signed_in(ADMINISTRATOR) as client:
        stale(site, client)
        page = client.post(STOP, data={"reason": "kept"}, files={"document": ("a.pdf", bytes(300_000))})
        assert (page.status_code, "Confirm that it is you" in page.text) == (403, True)
        assert fields_of(page.text)["reason"] == "kept"
        assert "document" not in fields_of(page.text)


def test_a_program_gets_a_problem_it_understands(site: RunningSite, ada: int):
    with site.signed_in(ADMINISTRATOR) as client:
        stale(site, client)
        answer = client.post(STOP, data={"reason": "x"}, headers={"accept": "application/json"})
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/confirm-it-is-you"


def test_a_page_sends_her_to_confirm_and_back(site: RunningSite, ada: int):
    with site.signed_in(ADMINISTRATOR) as client:
        stale(site, client)
        answer = client.get("/account/password?from=here")
        assert answer.headers["location"] == "/confirm-it-is-you?next=%2Faccount%2Fpassword%3Ffrom%3Dhere"
        page = client.get(answer.headers["location"])
        wrong = client.post("/confirm-it-is-you", data=fields_of(page.text) | {"it-is-you.password": "no"})
        assert wrong.status_code == 422
        right = client.post("/confirm-it-is-you", data={"next": fields_of(wrong.text)["next"]} | AGAIN)
        assert (right.status_code, right.headers["location"]) == (303, "/account/password?from=here")
        assert client.get("/account/password?from=here").status_code == 200


@pytest.mark.parametrize("path", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "", "x"])
def test_confirming_never_leads_to_another_site(site: RunningSite, ada: int, path: str):
    with site.signed_in(ADMINISTRATOR) as client:
        answer = client.post("/confirm-it-is-you", data={"next": path} | AGAIN)
        assert answer.headers["location"] == "/admin"


def test_a_factor_is_part_of_confirming(strict: RunningSite):
    with with_factor(strict, "iris@example.org", "administrator") as (iris, phone):
        stale(strict, iris)
        assert iris.post("/confirm-it-is-you", data=AGAIN).status_code == 422
        code = phone.code  # the one she set the factor up with
        assert iris.post("/confirm-it-is-you", data=AGAIN | {"it-is-you.code": code}).status_code == 422
        answer = iris.post("/confirm-it-is-you", data=AGAIN | {"it-is-you.code": phone.next_code()})
        assert answer.status_code == 303
        assert iris.get("/account/factor/change").status_code == 200


def test_guessing_here_is_slowed_too(strict: RunningSite):
    with with_factor(strict, "jane@example.org", "administrator") as (jane, _):
        stale(strict, jane)
        guess = {"it-is-you.password": "wrong random words"}
        answers = [jane.post("/confirm-it-is-you", data=guess).status_code for _ in range(9)]
        assert answers[0] == 422
        assert answers[-1] == 429


# when time runs out


def test_what_she_sends_after_half_an_hour_of_typing_is_not_lost(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as client:
        lapse(site, client)
        path, typed = "/moderation/signatures", {"q": "anna@example.org", "purpose": "A long reason"}
        page = client.post(path, data=typed)
        assert page.status_code == 403
        assert "You were signed out because nothing happened for a while" in page.text
        assert typed.items() <= fields_of(page.text).items()
        again = client.post(path, data=typed | AGAIN)
        assert (again.status_code, again.headers["location"]) == (307, path)
        page = client.post(path, data=typed | AGAIN)
        assert page.status_code == 422, "the search itself, which misses an address"
        assert "A long reason" in page.text
        assert PASSWORD not in page.text


def test_that_is_so_for_a_day(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as client:
        lapse(site, client, timedelta(minutes=30) + LAPSED_FOR)
        assert client.post("/moderation/signatures", data={"q": "x"}).status_code == 404


def test_who_signed_out_gets_no_such_page(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as client:
        token = client.cookies["townsquare"]
        client.post("/sign-out")
        headers = {"cookie": f"townsquare={token}"}
        assert client.post("/moderation/signatures", data={"q": "x"}, headers=headers).status_code == 404


def test_nobody_takes_over_the_desk_of_somebody_who_left(site: RunningSite):
    """A lapsed session shows no page, and takes its own holder's password alone."""
    site.town.moderator()
    site.town.staff("other@example.org", "moderator")
    with site.signed_in(MODERATOR) as client:
        lapse(site, client)
        assert client.get("/moderation/tags").headers["location"].startswith("/sign-in?")
        wrong = client.post("/moderation/signatures", data={"it-is-you.password": "another one here"})
        assert wrong.status_code == 422
        assert MODERATOR not in wrong.text


def test_a_lapsed_session_of_a_moderator_opens_no_administrators_door(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as client:
        lapse(site, client)
        assert client.post(STOP, data={"reason": "x"} | AGAIN).status_code == 404
        assert client.get("/admin").status_code == 404


def test_after_signing_in_again_she_is_where_she_wanted_to_be(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as client:
        lapse(site, client)
        page = client.get(client.get("/moderation/tags").headers["location"])
        answer = client.post("/sign-in", data=fields_of(page.text) | {"email": MODERATOR, "password": PASSWORD})
        assert answer.headers["location"] == "/moderation/tags"


@pytest.mark.parametrize(
    "path", ["//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere", "javascript:x", "/a b"]
)
def test_signing_in_never_leads_to_another_site(site: RunningSite, path: str):
    site.town.moderator()
    with site.client() as client:
        answer = client.post("/sign-in", data={"email": MODERATOR, "password": PASSWORD, "next": path})
        assert answer.headers["location"] == "/moderation"


def test_staying_signed_in_begins_the_half_hour_anew(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as client:
        lapse(site, client, timedelta(minutes=29))
        assert client.post("/account/sessions/stay").json() == {"seconds": 30 * 60}
        lapse(site, client)
        assert client.post("/account/sessions/stay").status_code != 200


# every session she has


def test_she_sees_where_she_is_signed_in_and_ends_one(strict: RunningSite):
    with with_factor(strict, "kate@example.org") as (kate, phone), strict.client() as phone_browser:
        phone_browser.headers["user-agent"] = "Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0"
        give_password(phone_browser, "kate@example.org")
        phone_browser.post("/sign-in/code", data={"code": phone.next_code()})
        assert phone_browser.get("/moderation/tags").status_code == 200
        page = kate.get("/account/sessions")
        assert "Firefox on Android" in page.text
        assert page.text.count("This one") == 1
        theirs = hashlib.sha256(phone_browser.cookies["townsquare"].encode()).digest().hex()
        assert kate.post("/account/sessions/end", data={"session": theirs}).status_code == 303
        assert phone_browser.get("/moderation/tags").status_code == 404, "at once"
        assert kate.get("/moderation/tags").status_code == 200


def test_she_ends_all_others_and_never_anybody_elses(site: RunningSite):
    site.town.staff("lena@example.org", "moderator")
    site.town.staff("mara@example.org", "moderator")
    with site.signed_in("lena@example.org") as lena, site.signed_in("lena@example.org") as other:
        with site.signed_in("mara@example.org") as mara:
            foreign = hashlib.sha256(mara.cookies["townsquare"].encode()).digest().hex()
            for which in (foreign, "", "0" * 64, "'; DROP"):
                assert lena.post("/account/sessions/end", data={"session": which}).status_code == 303
            lena.post("/account/sessions/end", data={"session": "others"})
            assert mara.get("/moderation/tags").status_code == 200
        assert other.get("/moderation/tags").status_code == 404
        assert lena.get("/moderation/tags").status_code == 200


def test_a_changed_password_ends_all_other_sessions_and_is_told(site: RunningSite):
    site.town.staff("nina@example.org", "moderator")
    with site.signed_in("nina@example.org") as nina, site.signed_in("nina@example.org") as other:
        new = {"password": "wool lamp river", "again": "wool lamp river"}
        assert nina.post("/account/password", data=new).status_code == 303
        assert nina.get("/moderation/tags").status_code == 200
        assert other.get("/moderation/tags").status_code == 404
    assert site.town.deliver().subjects("nina@example.org") == ["Your password was changed"]


def test_a_new_kind_of_browser_is_told_and_a_known_one_is_not(site: RunningSite):
    site.town.staff("petra@example.org", "moderator")
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
    for agent in ("", "", firefox, firefox):
        with site.client() as client:
            client.headers["user-agent"] = agent
            give_password(client, "petra@example.org")
    letters = site.town.deliver().to("petra@example.org")
    assert [str(m["Subject"]) for m in letters] == ["A new sign-in to your account"]
    assert "Firefox on Linux" in letters[0].get_content()
