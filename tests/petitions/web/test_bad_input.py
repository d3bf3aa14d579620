"""Bad input gets a clear answer and loses nothing."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import exc

from petitions.model.petition import Petition
from petitions.model.signature import Signature
from tests.people import AMINA, LAURA, SAM, SUZIE, crowd
from tests.site import RunningSite

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def visitor(site: RunningSite) -> Iterator[httpx.Client]:
    with site.client() as client:
        yield client


@pytest.fixture
def petition(site: RunningSite) -> int:
    return site.town.open_petition()


def title(page: httpx.Response) -> str:
    return html.unescape(re.findall(r"<title>(.*?)</title>", page.text, re.S)[0])


def heading(page: httpx.Response) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", "", re.findall(r"<h1.*?</h1>", page.text, re.S)[0]).split()))


def summary(page: httpx.Response) -> dict[str, str]:
    """The error summary: message by the field that it links to."""
    part = page.text.partition('class="govuk-error-summary"')[2].partition("</ul>")[0]
    return {field: html.unescape(words) for field, words in re.findall(r'<a href="#([\w-]+)">(.*?)</a>', part)}


def values(page: httpx.Response) -> dict[str, str]:
    found = {}
    for tag in re.findall(r"<input[^>]*>", page.text):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (("checkbox" not in tag and "radio" not in tag) or " checked" in tag):
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', page.text, re.S):
        found[name] = html.unescape(inner).lstrip("\n")
    return found


def pending(site: RunningSite, petition: int) -> list[Signature]:
    return [s for s in site.town.signatures(petition) if s.state == "pending"]


# fields are kept, and each fault is beside its field


def test_everything_that_is_missing_is_named_at_once(site: RunningSite, visitor: httpx.Client, petition: int):
    page = visitor.post(f"/petitions/{petition}/sign", data={})
    assert page.status_code == 422
    assert title(page).startswith("Error: ")
    assert set(summary(page)) == {"name", "email", "country", "eligible", "privacy"}
    assert page.headers["cache-control"] == "no-store"
    assert not pending(site, petition)


def test_what_laura_typed_is_still_there(visitor: httpx.Client, petition: int):
    typed = LAURA.form(name='Laura "L" <Palmer>', email="not an address", postcode="nowhere")
    page = visitor.post(f"/petitions/{petition}/sign", data=typed)
    assert page.status_code == 422
    assert set(summary(page)) == {"email", "postcode"}
    kept = values(page)
    assert {name: kept[name] for name in ("name", "email", "postcode", "notify", "eligible")} == {
        name: typed[name] for name in ("name", "email", "postcode", "notify", "eligible")
    }
    for field in summary(page):
        assert f'id="{field}-error"' in page.text
    assert "<Palmer>" not in page.text
    fixed = visitor.post(f"/petitions/{petition}/sign", data=kept | {"country": "GB", **_ok()})
    assert fixed.status_code == 303


def _ok() -> dict[str, str]:
    return {"email": "laura.two@example.org", "postcode": "SW1A 1AA", "name": "Laura Palmer"}


HOSTILE = {
    "=cmd|' /C calc'!A0": "must not start with",
    "+44 20 7946 0000": "must not start with",
    "-Sam": "must not start with",
    "@sam": "must not start with",
    "\u200b=SUM(A1)": "must not start with",
    "http://x.y": "web or email address",
    "Cheap pills www.pills.example": "web or email address",
    "sam@example.org": "web or email address",
    "\u200b\u202e": "Enter your name",
    "\x00\x07": "Enter your name",
    "12345": "must include a letter",
    "x" * 81: "80 characters or fewer",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_none_is_refused_beside_its_field(sqlite_site: RunningSite, name: str):
    petition = sqlite_site.town.open_petition()
    with sqlite_site.client() as visitor:
        page = visitor.post(f"/petitions/{petition}/sign", data=SAM.form(name=name))
    assert (page.status_code, list(summary(page))) == (422, ["name"])
    assert HOSTILE[name] in summary(page)["name"]
    assert not pending(sqlite_site, petition)


@pytest.mark.parametrize("name", ["Sam \u202eWong\u202c", "Sam\x00 Wong", "Sa\u200bm Wong", "  Sam\tWong "])
def test_what_cannot_be_seen_is_taken_out_of_a_name(sqlite_site: RunningSite, name: str):
    petition = sqlite_site.town.open_petition()
    with sqlite_site.client() as visitor:
        assert visitor.post(f"/petitions/{petition}/sign", data=SAM.form(name=name)).status_code == 303
    assert len(sqlite_site.town.signatures(petition, SAM)) == 1


@pytest.mark.parametrize(
    "field",
    [
        {"country": "XX"},
        {"country": "gb\x00"},
        {"postcode": ""},
        {"postcode": "=A1"},
        {"eligible": ""},
        {"privacy": "0"},
    ],
)
def test_each_other_field_has_its_own_refusal(sqlite_site: RunningSite, field: dict[str, str]):
    petition = sqlite_site.town.open_petition()
    with sqlite_site.client() as visitor:
        page = visitor.post(f"/petitions/{petition}/sign", data=SAM.form(**field))
    assert (page.status_code, list(summary(page))) == (422, list(field))


# starting a petition


def step(visitor: httpx.Client, name: str, **fields: str) -> httpx.Response:
    return visitor.post("/petitions/new", data={"step": name, "go": "next", "may": "yes", "privacy": "1"} | fields)


def test_anna_who_is_not_eligible_gets_an_explanation_and_nothing_is_stored(site: RunningSite, visitor: httpx.Client):
    page = step(visitor, "eligibility", may="no")
    assert page.status_code == 200
    assert "step" not in values(page)


@pytest.mark.parametrize("wrong", ["", "   ", "=SUM(A1)", "+1", "-cuts", "@all of you", "a" * 81, "\u200b\u2060\u00a0"])
def test_a_title_that_is_none_is_refused_beside_its_field_and_kept(sqlite_site: RunningSite, wrong: str):
    with sqlite_site.client() as visitor:
        page = step(visitor, "action", action=wrong)
    assert (page.status_code, list(summary(page))) == (422, ["action"])
    assert title(page).startswith("Error: ")
    assert values(page)["action"] == wrong.replace("\x00", "")


def test_eighty_characters_lead_on(sqlite_site: RunningSite):
    with sqlite_site.client() as visitor:
        page = step(visitor, "action", action="a" * 80)
    assert (page.status_code, values(page)["step"]) == (200, "background")


@pytest.mark.parametrize(
    ("go", "shown"), [("check", "action"), ("nowhere", "eligibility"), ("", "eligibility"), ("details", "action")]
)
def test_whoever_comes_out_of_order_is_led_to_what_is_missing(sqlite_site: RunningSite, go: str, shown: str):
    with sqlite_site.client() as visitor:
        page = step(visitor, go)
    assert values(page)["step"] == shown


def test_a_petition_changed_on_its_way_through_hidden_fields_is_checked_again(sqlite_site: RunningSite):
    fields = {"action": "=1+1", "background": "b", "creator_name": "Anna", "email": "a@example.org", "country": "GB"}
    with sqlite_site.client() as visitor:
        page = step(visitor, "check", **fields, postcode="N1 1TY", eligible="true")
    assert (page.status_code, values(page)["step"]) == (422, "action")


def test_anna_cannot_start_a_petition_as_an_office_but_sam_signs_under_any_name(site: RunningSite, petition: int):
    fields = {
        "action": "Plant a tree for each that falls",
        "background": "Shade.",
        "creator_name": "Ministry of Trees",
        "email": f"anna.ministry.{site.port}@example.org",
        "country": "GB",
        "postcode": "N1 1TY",
        "eligible": "true",
    }
    with site.client() as visitor:
        page = step(visitor, "check", **fields)
        assert (page.status_code, values(page)["creator_name"]) == (422, "Ministry of Trees")
        assert "“Ministry of” is kept for those who hold an office here" in html.unescape(page.text)
        assert visitor.post(f"/petitions/{petition}/sign", data=SAM.form(name="Sam Moderator")).status_code == 303


def test_a_second_click_on_send_is_one_petition(site: RunningSite, visitor: httpx.Client):
    who = f"anna.{site.port}@example.org"
    fields = {
        "action": "Plant a tree for each that falls",
        "background": "Shade.",
        "creator_name": "Anna",
        "email": who,
        "country": "GB",
        "postcode": "N1 1TY",
        "eligible": "true",
        "submission": f"a-click-and-another-one-{site.port}",
    }
    with ThreadPoolExecutor(4) as clicks:
        answers = list(clicks.map(lambda _n: step(visitor, "check", **fields), range(6)))
    assert [(a.status_code, a.headers.get("location")) for a in answers] == [(303, "/petitions/new/sent")] * 6
    assert len(site.town.deliver().to(who)) == 1


# bodies


def test_a_body_that_is_too_long_is_refused_whatever_it_holds(visitor: httpx.Client, petition: int):
    page = visitor.post(f"/petitions/{petition}/sign", data=SAM.form(name="x" * 70_000))
    assert (page.status_code, heading(page)) == (413, "That is too long to send")
    assert visitor.post("/petitions/new", data={"action": "x" * 70_000}).status_code == 413


def test_a_body_without_a_length_is_cut_off_too(sqlite_site: RunningSite):
    petition = sqlite_site.town.open_petition()
    with sqlite_site.client() as visitor:
        endless = (b"name=" + b"x" * 8_000 for _ in range(20))
        assert visitor.post(f"/petitions/{petition}/sign", content=endless, headers=FORM).status_code == 413


@pytest.mark.parametrize("body", [b"name=%ff%fe&email=a", b"name=\xff\xfe", b"=&" * 150 + b"a=b"])
def test_a_body_that_is_no_form_is_refused_in_words(visitor: httpx.Client, petition: int, body: bytes):
    page = visitor.post(f"/petitions/{petition}/sign", content=body, headers=FORM)
    assert (page.status_code, heading(page)) == (400, "We could not understand that request")
    assert "Nothing was stored" in page.text


def test_of_a_repeated_field_the_last_counts(site: RunningSite, visitor: httpx.Client, petition: int):
    body = "&".join(["name=Nobody", "email=nobody@example.org", *(f"{k}={v}" for k, v in SAM.form().items())])
    assert visitor.post(f"/petitions/{petition}/sign", content=body.encode(), headers=FORM).status_code == 303
    assert [s.id for s in pending(site, petition)] == [s.id for s in site.town.signatures(petition, SAM)]


# tokens


@pytest.mark.parametrize("door", ["/signatures/confirm/", "/signatures/not-me/", "/signatures/withdraw/", "/sponsor/"])
@pytest.mark.parametrize("token", ["x", "a" * 32, "é", "%00" * 8, "a" * 5_000])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_token_opens_no_door_and_says_what_to_do(sqlite_site: RunningSite, door: str, token: str, method: str):
    with sqlite_site.client() as visitor:
        page = visitor.request(method, door + token, data=SAM.form() if method == "POST" else None)
    assert (page.status_code, heading(page)) == (404, "We do not know this link")
    takes_back = door in ("/signatures/not-me/", "/signatures/withdraw/")
    assert ('href="/mine"' if takes_back else "sign again to get a new one") in page.text


def test_a_token_of_one_door_does_not_open_another(site: RunningSite, visitor: httpx.Client, petition: int):
    (signature,) = site.town.request(petition, SAM)
    token = site.town.confirm_link(signature).rpartition("/")[2]
    for door in ("/signatures/not-me/", "/signatures/withdraw/", "/sponsor/"):
        assert visitor.get(door + token).status_code == 404
        assert visitor.post(door + token, data=SAM.form()).status_code == 404
    assert site.town.signature(signature).state == "pending"


def test_opening_a_letters_link_does_nothing_and_pressing_its_button_does(
    site: RunningSite, visitor: httpx.Client, petition: int
):
    (signature,) = site.town.request(petition, SAM)
    link = site.town.confirm_link(signature)
    for _ in range(3):
        assert visitor.get(link).status_code == 200
    assert site.town.count(petition) == 6
    answer = visitor.post(link)
    assert answer.status_code == 303
    thanks = visitor.get(answer.headers["location"])
    assert "You are number <strong>7</strong>" in thanks.text
    assert thanks.headers["cache-control"] == "no-store"


def test_a_used_link_says_that_it_is_counted_already(site: RunningSite, visitor: httpx.Client, petition: int):
    (signature,) = site.town.sign(petition, SAM)
    page = visitor.get(site.town.confirm_link(signature))
    assert (page.status_code, heading(page)) == (200, "Your signature is already counted")
    assert visitor.post(site.town.confirm_link(signature)).status_code == 303
    assert site.town.count(petition) == 7


def test_an_expired_link_offers_to_sign_again(site: RunningSite, visitor: httpx.Client, petition: int):
    (signature,) = site.town.request(petition, SAM)
    _age(site, signature, days=8)
    for page in (visitor.get(site.town.confirm_link(signature)), visitor.post(site.town.confirm_link(signature))):
        assert (page.status_code, heading(page)) == (410, "This link has expired")
        assert f'href="/petitions/{petition}/sign"' in page.text
    assert site.town.count(petition) == 6


def test_a_link_of_a_withdrawn_signature_says_so(site: RunningSite, visitor: httpx.Client, petition: int):
    (signature,) = site.town.sign(petition, SAM)
    assert visitor.get(site.town.withdraw_link(signature)).status_code == 200
    assert site.town.count(petition) == 7
    done = visitor.post(site.town.withdraw_link(signature))
    assert visitor.get(done.headers["location"]).status_code == 200
    assert site.town.count(petition) == 6
    page = visitor.get(site.town.confirm_link(signature))
    assert (page.status_code, heading(page)) == (410, "This signature is not counted")


def test_suzie_says_that_it_was_not_her(site: RunningSite, visitor: httpx.Client, petition: int):
    (signature,) = site.town.request(petition, SUZIE)
    assert heading(visitor.get(site.town.not_me_link(signature))) == "You did not sign?"
    assert site.town.signature(signature).state == "pending"
    done = visitor.post(site.town.not_me_link(signature))
    assert heading(visitor.get(done.headers["location"])) == "Thank you for telling us"
    assert visitor.post(site.town.confirm_link(signature)).status_code == 410


def test_suzie_can_say_so_of_a_petition_that_was_taken_down_too(
    site: RunningSite, visitor: httpx.Client, petition: int
):
    (signature,) = site.town.sign(petition, SUZIE)
    site.town.take_down(petition)
    shown = visitor.get(site.town.not_me_link(signature))
    assert heading(shown) == "You did not sign?"
    assert site.town.petition(petition).action not in shown.text
    visitor.post(site.town.not_me_link(signature))
    assert site.town.signature(signature).state == "invalidated"


# petitions that are not there, or not any more


@pytest.mark.parametrize(
    "ref", ["0", "-1", "abc", "1e5", "9" * 12, "9" * 60, "1.5", "%F0%9F%92%A9", "١٢", "1%00", "..%2f1"]
)
@pytest.mark.parametrize("rest", ["", ".json", "/count.json", "/sign"])
def test_an_address_that_is_no_petition_is_not_found(sqlite_site: RunningSite, ref: str, rest: str):
    with sqlite_site.client() as visitor:
        assert visitor.get(f"/petitions/{ref}{rest}").status_code == 404
        if rest == "/sign":
            assert visitor.post(f"/petitions/{ref}{rest}", data=SAM.form()).status_code == 404


def test_a_closed_petition_says_when_it_closed(site: RunningSite, visitor: httpx.Client, petition: int):
    closes = site.town.now - timedelta(days=1)
    _close(site, petition, closes)
    for page in (
        visitor.get(f"/petitions/{petition}/sign"),
        visitor.post(f"/petitions/{petition}/sign", data=SAM.form()),
        visitor.post(f"/petitions/{petition}/sign", data={}),
    ):
        assert (page.status_code, heading(page)) == (409, "This petition is closed")
        assert site.house.pages.say_date(closes) in page.text
        assert "Nothing was stored" in page.text
    assert not pending(site, petition)


@pytest.mark.parametrize(
    "query", ["page=-1&state=zzz&sort=%00&q=%00", "q=%22%27*()%22", "q=%F0", "page=" + "9" * 40, "q=" + "a" * 5_000]
)
@pytest.mark.parametrize("path", ["/petitions", "/petitions.json"])
def test_a_list_asked_for_nonsense_still_answers(site: RunningSite, visitor: httpx.Client, path: str, query: str):
    assert visitor.get(f"{path}?{query}").status_code == 200


# too much at once


def test_the_same_form_fifty_times_at_once_is_one_signature(site: RunningSite, visitor: httpx.Client, petition: int):
    with ThreadPoolExecutor(25) as crowd_of_clicks:
        send = lambda _n: visitor.post(f"/petitions/{petition}/sign", data=AMINA.form())
        assert {a.status_code for a in crowd_of_clicks.map(send, range(50))} == {303}
        (signature,) = site.town.signatures(petition, AMINA)
        press = lambda _n: visitor.post(site.town.confirm_link(signature.id))
        assert {a.status_code for a in crowd_of_clicks.map(press, range(50))} == {303}
    assert (site.town.count(petition), signature.letters) == (7, 5)


def test_when_the_queue_is_full_whoever_comes_is_asked_to_come_again(
    site: RunningSite, petition: int, monkeypatch: pytest.MonkeyPatch
):
    intake, performer = site.house.intake, site.town.performer
    go_on, began, perform = threading.Event(), threading.Event(), performer.perform

    def slowly(db, acts, now):
        began.set()
        go_on.wait(20)
        return perform(db, acts, now)

    monkeypatch.setattr(performer, "perform", slowly)
    monkeypatch.setattr(intake, "seconds_an_act", 3.0)
    one, two, three = crowd(3, f"queue{site.port}")
    with ThreadPoolExecutor(2) as patient, site.client() as visitor:
        first = patient.submit(visitor.post, f"/petitions/{petition}/sign", data=one.form())
        assert began.wait(20)
        second = patient.submit(visitor.post, f"/petitions/{petition}/sign", data=two.form())
        while not intake.waiting:
            pass
        page = visitor.post(f"/petitions/{petition}/sign", data=three.form())
        problem = visitor.post(f"/api/v1/petitions/{petition}/signatures", json=three.json())
        go_on.set()
        assert (first.result().status_code, second.result().status_code) == (303, 303)
    assert (page.status_code, heading(page)) == (503, "Sorry, we are very busy")
    assert int(page.headers["retry-after"]) > 0
    assert "it will count once only" in page.text
    assert (problem.status_code, problem.json()["type"]) == (503, "/problems/unavailable")
    assert len(pending(site, petition)) == 2


def test_a_database_that_is_gone_claims_nothing(site: RunningSite, petition: int, monkeypatch: pytest.MonkeyPatch):
    def gone(*_args, **_kwargs):
        raise exc.OperationalError("SELECT 1", {}, OSError("gone"))

    monkeypatch.setattr(site.house.database, "session", gone)
    with site.client() as visitor:
        page = visitor.post(f"/petitions/{petition}/sign", data=SAM.form())
        shown = visitor.get(f"/petitions/{petition}")
        ready = visitor.get("/readyz")
        alive = visitor.get("/healthz")
    monkeypatch.undo()
    assert (page.status_code, shown.status_code) == (503, 503)
    assert "retry-after" in page.headers
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert not pending(site, petition)


# other sites


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_that_another_site_sends_changes_nothing(sqlite_site: RunningSite, headers: dict[str, str]):
    site, petition = sqlite_site, sqlite_site.town.open_petition()
    page = httpx.post(f"{site.base}/petitions/{petition}/sign", data=SAM.form(), headers=headers)
    assert (page.status_code, heading(page)) == (403, "That request came from another site")
    assert not pending(site, petition)


def _age(site: RunningSite, signature: int, *, days: int) -> None:
    then = site.town.now - timedelta(days=days)
    with site.town.database.writing() as db:
        row = db.get_one(Signature, signature)
        row.asked_at = row.requested_at = then


def _close(site: RunningSite, petition: int, at) -> None:
    with site.town.database.writing() as db:
        db.get_one(Petition, petition).closes_at = at
