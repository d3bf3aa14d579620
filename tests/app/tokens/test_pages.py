"""Ada issues a token on the department's page, sees it once, and Imran ends it from his desk."""

from __future__ import annotations

import itertools
import re

import httpx
import pytest

from app.tokens.model import Token
from app.tokens.rules.scopes import Scope
from tests.app.outcomes.matters import Matters
from tests.app.tokens.programs import Calls, Programs
from tests.site import ADMINISTRATOR, PASSWORD, RunningSite

_offices = itertools.count()
WISH = {"name": "Case system", "scopes": ["referrals:read", "answers:write"], "days": "90"}


@pytest.fixture
def programs(sqlite_site: RunningSite) -> Programs:
    return Programs(Matters(sqlite_site.town, f"page-{next(_offices)}"))


def of(programs: Programs) -> str:
    return f"/admin/departments/{programs.matters.department().id}/tokens"


def shown(page: httpx.Response) -> str:
    found = re.search(r"tsq_[0-9A-Za-z]{38}", page.text)
    assert found
    return found[0]


def test_the_page_after_issuing_shows_the_token_and_no_page_after_that(
    sqlite_site: RunningSite, programs: Programs
) -> None:
    path = of(programs)
    with sqlite_site.signed_in(ADMINISTRATOR) as ada:
        assert "No program acts for this department." in ada.get(path).text
        issued = ada.post(path, data=WISH)
        assert (issued.status_code, issued.headers["cache-control"]) == (200, "no-store")
        text = shown(issued)
        assert Calls(sqlite_site, text).get("/referrals").status_code == 200
        listed = ada.get(path).text
        assert "Case system" in listed
        assert text not in listed
        assert f"{text[:10]}…" in listed
        again = ada.post(path, data=WISH)
        assert again.status_code == 422
        assert "If nobody kept its text, revoke it first" in again.text


def test_a_wish_that_is_wrong_is_shown_again_with_its_fields(sqlite_site: RunningSite, programs: Programs) -> None:
    with sqlite_site.signed_in(ADMINISTRATOR) as ada:
        page = ada.post(of(programs), data={"name": "Case system", "scopes": ["answers:release"], "days": "9999"})
    assert page.status_code == 422
    assert 'value="Case system"' in page.text
    assert re.search(r'value="answers:release" checked', page.text)
    assert "Error:" in page.text
    assert programs.town.rows(Token, Token.department_id == programs.matters.department().id) == []


def test_issuing_asks_an_administrator_again_who_they_are(sqlite_site: RunningSite, programs: Programs) -> None:
    with sqlite_site.signed_in(ADMINISTRATOR) as ada:
        programs.town.sql("UPDATE core_session SET fresh_at = NULL WHERE holder_id = :id", id=programs.ada)
        asked = ada.post(of(programs), data=WISH)
        assert not re.search(r"tsq_\w{38}", asked.text)
        assert programs.town.rows(Token, Token.department_id == programs.matters.department().id) == []
        form = {**WISH, "it-is-you.password": PASSWORD}
        again = ada.post(of(programs), data=form)
        assert again.status_code == 307, "the browser sends it once more, now that it is her"
        assert shown(ada.post(again.headers["location"], data=WISH))


def test_an_officer_sees_the_departments_programs_and_ends_one_with_a_reason(
    sqlite_site: RunningSite, programs: Programs
) -> None:
    number, text = programs.issue([Scope.READ], name="Case system")
    foreign, _text = programs.issue(name="Road works", department=f"{programs.matters.home}-roads")
    with sqlite_site.signed_in(programs.matters.addresses[0]) as imran:
        page = imran.get("/desk/tokens").text
        assert "Case system" in page
        assert "Road works" not in page
        assert imran.get(f"/desk/tokens/{foreign}").status_code == 404
        assert imran.post(f"/desk/tokens/{foreign}", data={"reason": "x"}).status_code == 404
        assert "Never" in imran.get(f"/desk/tokens/{number}").text
        assert imran.post(f"/desk/tokens/{number}", data={"reason": " "}).status_code == 422
        assert Calls(sqlite_site, text).get("/referrals").status_code == 200
        done = imran.post(f"/desk/tokens/{number}", data={"reason": "Nobody knows it."})
        assert done.status_code == 303
        assert "The token was revoked" in imran.get(done.headers["location"]).text
        assert "1 that works no more" in imran.get("/desk/tokens").text
    assert Calls(sqlite_site, text).get("/referrals").status_code == 401


def test_what_somebody_issued_whose_account_is_disabled_is_marked_for_whoever_can_end_it(
    sqlite_site: RunningSite, programs: Programs
) -> None:
    """The program goes on: it is the department's. That its issuer has read its text is for others to judge."""
    town, address = programs.town, f"left.{programs.matters.home}@example.org"
    programs.ada = town.staff(address, "administrator")
    number, text = programs.issue([Scope.READ], name="Case system")
    mark, path = "Issuer disabled", of(programs)
    with sqlite_site.signed_in(ADMINISTRATOR) as ada, sqlite_site.signed_in(programs.matters.addresses[0]) as imran:
        assert mark not in ada.get(path).text
        assert "These programs would go on" in ada.get(f"/admin/staff/{programs.ada}").text
        gone = {"act": "disable", "reason": "She left."}
        done = ada.post(f"/admin/staff/{programs.ada}", data=gone)
        page = ada.get(done.headers["location"]).text
        assert "these programs go on" in page
        assert f'href="{path}/{number}">Case system</a>' in page
        assert mark in ada.get(path).text
        assert mark in imran.get("/desk/tokens").text
        assert "account disabled" in imran.get(f"/desk/tokens/{number}").text
        assert Calls(sqlite_site, text).get("/referrals").status_code == 200
        programs.revoke(number)
        assert mark not in ada.get(path).text
        assert "these programs go on" not in ada.get(f"/admin/staff/{programs.ada}").text


def test_an_administrator_ends_one_too(sqlite_site: RunningSite, programs: Programs) -> None:
    number, text = programs.issue()
    with sqlite_site.signed_in(ADMINISTRATOR) as ada:
        assert ada.get(f"/admin/departments/987654/tokens/{number}").status_code == 404
        assert ada.post(f"{of(programs)}/{number}", data={"reason": ""}).status_code == 422
        done = ada.post(f"{of(programs)}/{number}", data={"reason": "It was in a log."})
        assert "The token was revoked" in ada.get(done.headers["location"]).text
        assert "1 token" not in ada.get(of(programs).removesuffix("/tokens")).text
    assert Calls(sqlite_site, text).get("/referrals").status_code == 401


def test_what_a_rotation_of_the_keys_would_end_stands_on_its_page(sqlite_site: RunningSite, programs: Programs) -> None:
    programs.issue()
    with sqlite_site.signed_in(ADMINISTRATOR) as ada:
        assert "Every token of a department" in ada.get("/admin/switches/keys").text
        assert "token ends" in ada.get("/admin/breach").text
