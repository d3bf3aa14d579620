"""The breach drill: Ada ends sessions, makes the site read-only, rotates the keys, and lets things go on, one by one."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from app.core.switches import Switch
from app.core.web.stopped import GOES_ON
from tests.people import ANNA, LAURA, SAM
from tests.site import ADMINISTRATOR, MODERATOR, PASSWORD, RunningSite, fields_of

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def northmere(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    """With its page cache on: what is switched must reach ready pages too."""
    with RunningSite(database, tmp_path) as site:
        site.town.staff(ADMINISTRATOR, "administrator")
        site.town.moderator()
        yield site


@pytest.fixture
def ada(northmere: RunningSite) -> Iterator[httpx.Client]:
    with northmere.signed_in(ADMINISTRATOR) as client:
        yield client


def turn(ada: httpx.Client, name: str, act: str = "on", **fields: str) -> None:
    answer = ada.post(f"/admin/switches/{name}", data={"act": act, "reason": "A drill", **fields})
    assert (answer.status_code, answer.headers.get("location")) == (303, f"/admin/switches?done={act}"), answer.text


def gathering(site: RunningSite) -> tuple[int, str]:
    """Anna's petition, and the way to sign it."""
    petition = site.town.start()
    return petition, site.town.sponsor_link(petition)


def test_while_the_site_is_read_only_sams_words_are_kept_and_sent_later(northmere: RunningSite, ada: httpx.Client):
    petition, door = gathering(northmere)
    with northmere.client() as sam:
        assert "We look into something" not in sam.get("/petitions").text
        turn(ada, "read-only", message="We look into something. <b>Back</b> soon.")
        banner = "You can only read this site at the moment. Nothing can be sent. We look into something."
        assert banner in sam.get("/petitions").text
        assert "&lt;b&gt;Back" in sam.get("/petitions").text
        refused = sam.post(door, data=SAM.form(name="Sam O'Wong <x>"))
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "300")
        assert refused.headers["cache-control"] == "no-store"
        assert "content-security-policy" in refused.headers
        assert "Nothing was stored" in refused.text
        kept = {name: unescape(value) for name, value in fields_of(refused.text).items() if name != "q"}
        assert kept == SAM.form(name="Sam O'Wong <x>")
        assert "<x>" not in refused.text
        assert f'action="{door}"' in refused.text
        turn(ada, "read-only", "off")
        assert banner not in sam.get("/petitions").text
        assert sam.post(door, data=kept).status_code == 303
    assert [s.kind for s in northmere.town.signatures(petition)] == ["creator", "sponsor"]


def test_long_words_can_be_copied_and_secrets_are_never_given_back(northmere: RunningSite, ada: httpx.Client):
    turn(ada, "read-only")
    words = "People work on Saturdays.\nThe library is shut on Sundays & nobody can read."
    with northmere.client() as sam:
        page = sam.post("/petitions/new?x=1", data={"background": words, "password": "three random words"})
        assert 'action="/petitions/new?x=1"' in page.text
        assert "The library is shut on Sundays &amp; nobody can read.</textarea>" in page.text
        assert "three random words" not in page.text
        odd = [b"%ff%fe", b"&" * 200, b"a=" + b"x" * 70_000, b"", b"=%00&<script>=1"]
        for body in odd:
            answer = sam.post("/petitions/new", content=body, headers=FORM)
            assert (answer.status_code, "<script>=" in answer.text) == (503, False)


def test_programs_are_told_with_a_problem(northmere: RunningSite, ada: httpx.Client):
    turn(ada, "read-only")
    with northmere.client() as program:
        answer = program.post("/api/v1/petitions/1/signatures", json=SAM.json())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["type"], answer.json()["status"]) == ("/problems/read-only", 503)


def test_nothing_but_signing_in_and_the_administration_takes_a_form(northmere: RunningSite, ada: httpx.Client):
    """Every route of the house that changes something, whoever may open it."""
    turn(ada, "read-only")
    seen = 0
    with northmere.signed_in(MODERATOR) as maureen:
        for route in northmere.house.router.routes:
            path = re.sub(r"{\w+:int}", "1", re.sub(r"{\w+:(str|path)}", "abc", route.path))
            for method in getattr(route, "methods", set()) & UNSAFE:
                if any(path == start or path.startswith(f"{start}/") for start in GOES_ON):
                    continue
                seen += 1
                answer = maureen.request(method, path, content=b"a=b", headers=FORM)
                assert answer.status_code == 503, f"{method} {path}"
                assert "retry-after" in answer.headers, f"{method} {path}"
    assert seen > 40


SPELLINGS = ("/adminx", "/sign-inx/a", "//admin", "/ADMIN", "/petitions/new/admin", "/%61dminx", "/admin%00/")


def test_no_spelling_of_a_path_slips_through(northmere: RunningSite, ada: httpx.Client):
    """What begins like an open door and is none; and what climbs out of one leads nowhere."""
    turn(ada, "read-only")
    for path in SPELLINGS:
        assert ada.post(path, data={"reason": "x"}).status_code == 503, path
    for path in ("/admin%2f..%2fpetitions/new", "/admin/../petitions/new", "/admin/%2e%2e/petitions/new"):
        assert ada.post(path, data={"reason": "x"}).status_code in (404, 405, 503), path


def test_the_intake_lets_nobody_in_either(northmere: RunningSite, ada: httpx.Client):
    """An act that had passed the door before the switch, in the same instant."""
    assert northmere.house.intake.shut() is None
    turn(ada, "read-only")
    refusal = northmere.house.intake.shut()
    assert refusal is not None
    assert refusal.code == "read-only"


def test_reading_goes_on(northmere: RunningSite, ada: httpx.Client):
    northmere.town.start()
    turn(ada, "read-only")
    with northmere.client() as visitor:
        for path in ("/", "/petitions", "/standards", "/api/v1/petitions", "/sign-in"):
            assert visitor.get(path).status_code == 200, path
        assert visitor.head("/petitions").status_code == 200


def test_staff_can_sign_in_while_the_site_is_read_only(northmere: RunningSite, ada: httpx.Client):
    turn(ada, "read-only")
    with northmere.signed_in(MODERATOR) as maureen:
        assert maureen.get("/moderation").status_code == 200
        assert maureen.post("/sign-out").status_code == 303


def test_sessions_end_and_adas_own_goes_on(northmere: RunningSite, ada: httpx.Client):
    with northmere.signed_in(MODERATOR) as maureen, northmere.signed_in(ADMINISTRATOR) as elsewhere:
        assert maureen.get("/moderation").status_code == 200
        page = ada.get("/admin/switches/sessions").text
        assert "3 signed in now." in page
        answer = ada.post("/admin/switches/sessions", data={"whom": "everyone", "reason": "A drill"})
        assert answer.headers["location"] == "/admin/switches?done=sessions&count=2"
        assert "2 sessions were ended" in ada.get(answer.headers["location"]).text
        assert maureen.get("/moderation").status_code == 404
        assert elsewhere.get("/admin").status_code == 404
        assert ada.get("/admin").status_code == 200


def test_links_of_before_are_void_and_a_letter_that_waits_works(northmere: RunningSite, ada: httpx.Client):
    town = northmere.town
    petition, _door = gathering(northmere)
    (_early,) = town.request(petition, LAURA, sponsor=True)
    link, mine = town.deliver().link(LAURA), town.creator_link(petition)
    (_late,) = town.request(petition, SAM, sponsor=True)
    with northmere.client() as anna:
        assert anna.get(mine).status_code == 200
        was = fields_of(ada.get("/admin/switches/keys").text)["was"]
        done = ada.post("/admin/switches/keys", data={"was": was, "reason": "A stolen mailbox"})
        assert done.headers["location"] == "/admin/switches?done=keys"
        assert anna.get(mine).status_code == 404
        assert anna.get(link).status_code in (404, 410)
        assert anna.post(link).status_code in (404, 410)
        assert anna.get(town.deliver().link(SAM)).status_code == 200
        again = ada.post("/admin/switches/keys", data={"was": was, "reason": "A second press"})
        assert again.status_code == 409
    assert "A stolen mailbox" in ada.get("/admin/switches").text


def test_whose_links_ended_with_the_keys_finds_everything_again_by_one_letter(
    northmere: RunningSite, ada: httpx.Client
):
    """Anna's petition still needs supporters, and Sam wants his signature back."""
    town = northmere.town
    petition, _door = gathering(northmere)
    (counted,) = town.sign(petition, SAM, sponsor=True)
    hers, back = town.creator_link(petition), town.withdraw_link(counted)
    ada.post("/admin/switches/keys", data={"was": "0", "reason": "A drill"})
    with northmere.client() as anna:
        for link in (hers, back):
            lost = anna.get(link)
            assert (lost.status_code, 'href="/mine"' in lost.text) == (404, True), link
        anna.post("/mine", data={"email": ANNA.email})
        anna.post(town.deliver().link(ANNA, "See what you signed"))
        assert f'href="{town.creator_link(petition)}"' in anna.get("/mine/all").text
        assert town.sponsor_link(petition) in anna.get(town.creator_link(petition)).text


def test_an_old_letters_one_click_still_stops_the_news(northmere: RunningSite, ada: httpx.Client):
    from petitions.mails import UNSUBSCRIBE

    town = northmere.town
    petition, _door = gathering(northmere)
    (counted,) = town.sign(petition, SAM, sponsor=True)
    link = f"/signatures/unsubscribe/{town.keys.token(UNSUBSCRIBE, counted, lasting=True)}"
    ada.post("/admin/switches/keys", data={"was": "0", "reason": "A drill"})
    with northmere.client() as program:
        answer = program.post(link, content=b"List-Unsubscribe=One-Click", headers=FORM)
    assert answer.status_code == 200
    assert not town.signature(counted).notify


def test_another_process_follows_within_a_second_or_two(postgres_database: Database, tmp_path: Path):
    with (
        RunningSite(postgres_database, tmp_path) as here,
        RunningSite(Database(postgres_database.url), tmp_path / "there") as there,
    ):
        here.town.staff(ADMINISTRATOR, "administrator")
        petition, door = gathering(here)
        old = here.town.creator_link(petition)
        with here.signed_in(ADMINISTRATOR) as ada, there.client() as sam:
            assert sam.get(old).status_code == 200
            turn(ada, "read-only")
            ada.post("/admin/switches/keys", data={"was": "0", "reason": "A drill"})
            until = time.monotonic() + 20
            while not (there.house.switches.is_on(Switch.READ_ONLY) and there.house.keys.generation):
                assert time.monotonic() < until, "the other process never learned of it"
                time.sleep(0.05)
            assert sam.post(door, data=SAM.form()).status_code == 503
            assert sam.get(old).status_code == 404
            assert sam.get(here.town.creator_link(petition)).status_code == 200


def test_grave_acts_want_to_know_again_who_presses(northmere: RunningSite, ada: httpx.Client):
    northmere.clock.advance(timedelta(minutes=11))
    asked = ada.post("/admin/switches/read-only", data={"act": "on", "reason": "A drill", "message": "Soon"})
    assert not northmere.house.switches.is_on(Switch.READ_ONLY)
    assert "password" in asked.text
    assert fields_of(asked.text)["reason"] == "A drill"
    assert PASSWORD not in asked.text


def test_the_checklist_walks_through_it_in_order(northmere: RunningSite, ada: httpx.Client):
    page = ada.get("/admin/breach").text
    doors = re.findall(r'<li>\s*<h2[^>]*>(?:<a class="govuk-link" href="([^"]+)")?', page)
    assert [d for d in doors if d] == [
        "/admin/switches/read-only",
        "/admin/switches/sessions",
        "/admin/staff",
        "/admin/switches/keys",
        "/admin/banners",
        "/admin/switches",
    ]
    assert "townsquare rekey" in page
    for door in doors:
        assert not door or ada.get(door).status_code == 200, door


def test_what_rooms_stop_by_themselves_is_linked(ada: httpx.Client):
    assert 'href="/admin/petitions"' in ada.get("/admin/switches").text


def test_nothing_is_switched_without_a_reason(northmere: RunningSite, ada: httpx.Client):
    paths = ("read-only", "comments-stopped", "sign-up-stopped", "sessions", "keys")
    for path, reason in ((p, r) for p in paths for r in ("", " \n ", "w" * 1_001, "\u200b")):
        fields = {"act": "on", "whom": "everyone", "was": "0", "message": '"><script>alert(1)</script>'}
        answer = ada.post(f"/admin/switches/{path}", data=fields | {"reason": reason})
        assert answer.status_code == 422, (path, reason)
        assert "<script>alert" not in answer.text
    assert not any(northmere.house.switches.is_on(s) for s in Switch)
    assert not northmere.house.keys.generation


def test_there_are_no_other_switches(ada: httpx.Client):
    for path in ("nothing", "READ-ONLY", "read-only%00", "creating"):
        assert ada.get(f"/admin/switches/{path}").status_code == 404, path
        assert ada.post(f"/admin/switches/{path}", data={"act": "on", "reason": "x"}).status_code == 404, path
