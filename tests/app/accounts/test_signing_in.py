"""Staff sign in, are known while they work, and are forgotten when they leave."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, update

from app.accounts import service
from app.accounts.model import Account, PasswordLink
from app.accounts.rules.roles import HOME, STAFF_ROLES, Role
from app.audit.model import AuditEntry
from app.core.errors import Invalid
from app.core.security.sessions import SignedIn
from app.core.web.doorstep import Doorstep
from tests.site import MODERATOR, PASSWORD, RunningSite, Town

COOKIE = "townsquare"


def test_every_role_has_a_place_to_begin():
    assert set(HOME) == set(Role)
    assert Role.CITIZEN not in STAFF_ROLES


@pytest.mark.parametrize(
    ("role", "home"), [("moderator", "/moderation"), ("department-officer", "/desk"), ("administrator", "/admin")]
)
def test_each_begins_at_their_own_desk(site: RunningSite, role: str, home: str):
    site.town.department("parks")
    address = f"{role}@example.org"
    site.town.staff(address, role, "parks" if role == "department-officer" else "")
    with site.client() as client:
        answer = client.post("/sign-in", data={"email": address.upper(), "password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, home)
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "path=/" in cookie
        assert client.get(home).status_code == 200


@pytest.mark.parametrize(
    ("address", "password"),
    [
        (MODERATOR, "wrong random words"),
        ("nobody@example.org", PASSWORD),
        ("no address", PASSWORD),
        ("", ""),
        (MODERATOR, "x" * 5_000),
    ],
)
def test_a_wrong_pair_is_refused_in_the_same_words(site: RunningSite, address: str, password: str):
    site.town.moderator()
    with site.client() as client:
        page = client.post("/sign-in", data={"email": address, "password": password})
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert "The email address and the password do not fit together" in page.text
    assert "set-cookie" not in page.headers
    if password:
        assert password not in page.text


def test_each_sign_in_is_a_session_of_its_own_and_only_its_digest_is_kept(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as one, site.signed_in(MODERATOR) as other:
        tokens = [one.cookies[COOKIE], other.cookies[COOKIE]]
        assert len(set(tokens)) == 2
        kept = {row.id for row in site.town.rows(SignedIn)}
        assert {hashlib.sha256(t.encode()).digest() for t in tokens} <= kept
        one.post("/sign-out")
        assert one.get("/moderation").status_code == 404
        assert other.get("/moderation").status_code == 200


def test_a_cookie_that_was_planted_is_not_taken_over(site: RunningSite):
    site.town.moderator()
    with site.client() as client:
        client.cookies.set(COOKIE, "planted-by-somebody-else", domain="127.0.0.1", path="/")
        answer = client.post("/sign-in", data={"email": MODERATOR, "password": PASSWORD})
        assert "planted" not in answer.headers["set-cookie"]


@pytest.mark.parametrize("door", ["/sign-in", "/confirm-it-is-you"])
def test_maureen_is_led_to_pages_alone(site: RunningSite, door: str):
    site.town.moderator()
    with site.signed_in(MODERATOR) as maureen:
        proof = {"email": MODERATOR, "password": PASSWORD, "it-is-you.password": PASSWORD}
        for onward in ("/sign-out", "/sign%2Dout?x=1", "/account/sessions/end"):
            assert maureen.post(door, data=proof | {"next": onward}).headers["location"] == "/moderation", onward
        answer = maureen.post(door, data=proof | {"next": "/account/sessions?from=here"})
        assert answer.headers["location"] == "/account/sessions?from=here"


def test_who_signed_out_stays_out_even_with_the_old_cookie(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as moderator:
        token = moderator.cookies[COOKIE]
        assert moderator.post("/sign-out").status_code == 303
    headers = {"Cookie": f"{COOKIE}={token}"}
    assert httpx.get(f"{site.base}/moderation", headers=headers).status_code == 404


def test_a_session_ends_when_it_is_idle_or_old(site: RunningSite):
    """Whoever had one is led to sign in and back; to a stranger the page does not exist."""
    site.town.moderator()
    for ended in ({"last_seen_at": site.town.now - timedelta(minutes=31)}, {"ends_at": site.town.now}):
        with site.signed_in(MODERATOR) as moderator:
            digest = hashlib.sha256(moderator.cookies[COOKIE].encode()).digest()
            with site.town.database.writing() as db:
                db.execute(update(SignedIn).where(SignedIn.id == digest).values(ended))
            answer = moderator.get("/moderation?page=2")
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fmoderation%3Fpage%3D2")


def test_being_seen_is_written_once_a_minute_and_never_revives(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as moderator:
        digest = hashlib.sha256(moderator.cookies[COOKIE].encode()).digest()
        then = site.town.now - timedelta(minutes=5)
        with site.town.database.writing() as db:
            db.get_one(SignedIn, digest).last_seen_at = then
        moderator.get("/moderation")
        assert site.town.rows(SignedIn, SignedIn.id == digest)[0].last_seen_at == site.town.now
        with site.town.database.writing() as db:
            db.execute(delete(SignedIn).where(SignedIn.id == digest))
        moderator.get("/moderation")
        assert not site.town.rows(SignedIn, SignedIn.id == digest)


def test_an_account_that_is_disabled_is_out_at_once(site: RunningSite):
    site.town.staff("gone@example.org", "moderator")
    with site.signed_in("gone@example.org") as gone:
        with site.town.database.writing() as db:
            account = db.get_one(Account, site.town.staff("gone@example.org", "moderator"))
            account.disabled_at = site.town.now
        assert gone.get("/moderation").status_code == 404
        assert gone.post("/sign-in", data={"email": "gone@example.org", "password": PASSWORD}).status_code == 422


def test_a_program_without_an_origin_cannot_sign_in(site: RunningSite):
    site.town.moderator()
    page = httpx.post(f"{site.base}/sign-in", data={"email": MODERATOR, "password": PASSWORD})
    assert page.status_code == 403
    assert "did not say where this form came from" in page.text


def test_an_older_browser_that_sends_only_an_origin_can(site: RunningSite):
    """Safari before fetch metadata: Origin on forms, nothing else."""
    site.town.moderator()
    with httpx.Client(base_url=site.base) as safari:
        data = {"email": MODERATOR, "password": PASSWORD}
        assert safari.post("/sign-in", data=data, headers={"Origin": site.base}).status_code == 303
        assert safari.post("/sign-in", data=data, headers={"Origin": "null"}).status_code == 403


def test_a_flood_of_passwords_is_turned_away_and_signs_nobody_in(site: RunningSite):
    site.town.moderator()
    with site.client() as client, ThreadPoolExecutor(20) as flood:
        data = {"email": MODERATOR, "password": "wrong random words"}
        answers = {a.status_code for a in flood.map(lambda _n: client.post("/sign-in", data=data), range(40))}
    assert answers <= {422, 503}


def test_whoever_finds_the_doorstep_full_is_told_when_to_come_and_keeps_the_address(site: RunningSite):
    site.town.moderator()
    state = site.house.router.state
    before, state.doorstep = state.doorstep, Doorstep(0, standing=0, patience=1.0)
    try:
        with site.client() as client:
            full = client.post("/sign-in", data={"email": MODERATOR, "password": PASSWORD, "next": "/moderation"})
    finally:
        state.doorstep = before
    assert (full.status_code, full.headers["retry-after"]) == (503, "60")
    assert "Nothing was done." in full.text
    assert f'value="{MODERATOR}"' in full.text
    assert 'value="/moderation"' in full.text
    assert PASSWORD not in full.text


def test_an_account_that_is_disabled_while_its_password_is_judged_is_not_let_in(
    site: RunningSite, monkeypatch: pytest.MonkeyPatch
):
    number, owner = site.town.staff("leaving@example.org", "moderator"), site.house.prover.owner

    def judged_slowly(*given: Any) -> Account | None:
        found = owner(*given)
        with site.town.database.writing() as db:
            db.get_one(Account, number).disabled_at = site.town.now
        return found

    monkeypatch.setattr(site.house.prover, "owner", judged_slowly)
    with site.client() as client:
        assert client.post("/sign-in", data={"email": "leaving@example.org", "password": PASSWORD}).status_code == 422


# one-time links


def test_a_new_moderator_sets_a_password_once(site: RunningSite):
    town = site.town
    with town.database.writing() as db:
        account = service.add_staff(db, "nora@example.org", "moderator", "Nora", by=None, now=town.now)
        token = service.password_link(db, account, town.now)
    with site.client() as nora:
        assert nora.get(f"/set-password/{token}").status_code == 200
        page = nora.post(f"/set-password/{token}", data={"password": "short", "again": "short"})
        assert (page.status_code, "at least 12 characters" in page.text) == (422, True)
        page = nora.post(f"/set-password/{token}", data={"password": "a b c d e f g", "again": "another one here"})
        assert (page.status_code, "not the same" in page.text) == (422, True)
        good = {"password": "wool lamp river", "again": "wool lamp river"}
        assert nora.post(f"/set-password/{token}", data=good).headers["location"] == "/sign-in"
        assert nora.get(f"/set-password/{token}").status_code == 410
        assert nora.post(f"/set-password/{token}", data=good).status_code == 410
        assert (
            nora.post("/sign-in", data={"email": "nora@example.org", "password": "wool lamp river"}).status_code == 303
        )
    assert town.rows(AuditEntry, AuditEntry.act == "accounts.password")


def test_a_link_works_for_three_days(site: RunningSite):
    town = site.town
    with town.database.writing() as db:
        account = service.add_staff(db, "late@example.org", "moderator", "Late", by=None, now=town.now)
        token = service.password_link(db, account, town.now - timedelta(hours=72))
    with site.client() as client:
        assert client.get(f"/set-password/{token}").status_code == 410
        assert client.get("/set-password/nonsense").status_code == 410


def test_a_new_password_ends_every_session(site: RunningSite):
    town = site.town
    ida = town.staff("ida@example.org", "moderator")
    with town.database.writing() as db:
        token = service.password_link(db, db.get_one(Account, ida), town.now)
    with site.signed_in("ida@example.org") as signed_in, site.client() as elsewhere:
        good = {"password": "wool lamp river", "again": "wool lamp river"}
        assert elsewhere.post(f"/set-password/{token}", data=good).status_code == 303
        assert signed_in.get("/moderation").status_code == 404
    assert not town.rows(PasswordLink, PasswordLink.account_id == ida)


# adding staff


@pytest.mark.parametrize(
    ("email", "role", "name", "fields"),
    [
        ("not an address", "moderator", "Mo", {"email"}),
        ("mo@example.org", "king", "Mo", {"role"}),
        ("mo@example.org", "citizen", "Mo", {"role"}),
        ("mo@example.org", "moderator", "=Mo", {"name"}),
        ("x", "king", "Mo", {"role", "email"}),
    ],
)
def test_staff_that_cannot_be_is_refused_by_field(
    sqlite_town: Town, email: str, role: str, name: str, fields: set[str]
):
    with pytest.raises(Invalid) as refused:
        sqlite_town.database.retrying(lambda db: service.add_staff(db, email, role, name, by=None, now=sqlite_town.now))
    assert {e.field for e in refused.value.errors} == fields
    assert not sqlite_town.rows(Account)


def test_an_address_belongs_to_one_account_however_it_is_dressed_up(town: Town):
    town.staff("maria@example.org", "moderator")
    with pytest.raises(Invalid) as refused:
        town.database.retrying(
            lambda db: service.add_staff(db, "Maria+x@Example.org", "official", "Maria", by=None, now=town.now)
        )
    assert [e.field for e in refused.value.errors] == ["email"]


def test_a_password_that_anyone_would_guess_is_refused(sqlite_town: Town):
    account = Account(email="maureen.tully@example.org", name="Maureen Tully", role="moderator")
    for guess in ("Maureen Tully", "maureen.tully1", "townsquare2026", "aaaaaaaaaaaa", "short", "x" * 257):
        with pytest.raises(Invalid):
            service.check_password(guess, account)
    service.check_password("three random words", account)
