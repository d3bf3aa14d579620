"""What opens to a token, and what does not: cut, made up, revoked, expired, of a department that is gone."""

from __future__ import annotations

import itertools
from datetime import timedelta

import httpx
import pytest

from app.core.security.limits import Limits
from app.tokens.rules import texts
from app.tokens.rules.scopes import Scope
from app.tokens.service import ending
from tests.app.outcomes.matters import Matters
from tests.app.tokens.programs import Calls, Programs
from tests.site import RunningSite, another

_offices = itertools.count()


@pytest.fixture
def programs(site: RunningSite) -> Programs:
    return Programs(Matters(site.town, f"door-{next(_offices)}"))


def told(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def test_no_token_cut_ones_and_made_up_ones_open_nothing(site: RunningSite, programs: Programs) -> None:
    _number, text = programs.issue()
    for shown in ("", text[:-1], another(text), texts.new_text(), "tsq_", "é" * 42):
        header = {"authorization": f"Bearer {shown}".encode()} if shown else {}
        answer = httpx.get(f"{site.base}/api/v1/referrals", headers=header)  # type: ignore[arg-type]
        assert told(answer) == (401, "token-unknown" if shown else "token-missing")
        assert answer.headers["www-authenticate"].startswith("Bearer ")
    basic = httpx.get(f"{site.base}/api/v1/referrals", auth=("parks", text))
    assert told(basic) == (401, "token-missing")


def test_a_token_that_was_revoked_is_refused_at_the_next_call(site: RunningSite, programs: Programs) -> None:
    number, text = programs.issue()
    calls = Calls(site, text)
    assert calls.get("/referrals").status_code == 200
    programs.revoke(number)
    assert told(calls.get("/referrals")) == (401, "token-revoked")


def test_a_token_expires_at_its_instant(site: RunningSite, programs: Programs) -> None:
    number, text = programs.issue(days=1)
    calls = Calls(site, text)
    assert calls.get("/referrals").status_code == 200
    site.town.sql(
        "UPDATE tokens_token SET expires_at = created_at, created_at = '2020-01-01' WHERE id = :id", id=number
    )
    assert told(calls.get("/referrals")) == (401, "token-expired")


def test_a_department_that_was_dissolved_has_no_programs(site: RunningSite, programs: Programs) -> None:
    """By its administrators' page; they stay away if it is brought back."""
    _number, text = programs.issue()
    calls, office = Calls(site, text), programs.matters.department().id
    with site.signed_in("ada@example.org") as ada:
        for act in ("dissolve", "bring-back"):
            form = {"act": act, "reason": "Merged with the roads"}
            assert ada.post(f"/admin/departments/{office}", data=form).status_code == 303
            assert told(calls.get("/referrals")) == (401, "token-revoked")


def test_each_act_wants_its_scope_and_says_which(site: RunningSite, programs: Programs) -> None:
    matter = programs.matters.referred()
    reads, writes = (Calls(site, programs.issue([scope])[1]) for scope in (Scope.READ, Scope.WRITE))
    for refused, scope in (
        (writes.get("/referrals"), "referrals:read"),
        (writes.get(f"/referrals/{matter}"), "referrals:read"),
        (reads.answer(matter), "answers:write"),
        (reads.post(f"/referrals/{matter}/accept"), "answers:write"),
        (reads.post("/commitments/1/progress", {"progress": "done", "note": "x", "seen_updates": 0}), "progress:write"),
    ):
        assert told(refused) == (403, "scope-missing")
        assert scope in refused.json()["detail"]


def test_a_scope_is_asked_before_whose_a_matter_is(site: RunningSite, programs: Programs) -> None:
    foreign = programs.matters.referred(f"{programs.matters.home}-roads")
    calls = Calls(site, programs.issue([Scope.READ])[1])
    assert told(calls.answer(foreign)) == told(calls.answer(987_654_321)) == (403, "scope-missing")


def test_an_officers_cookie_opens_no_door_of_programs(site: RunningSite, programs: Programs) -> None:
    matter = programs.matters.referred()
    with site.signed_in(programs.matters.addresses[0]) as imran:
        assert told(imran.get("/api/v1/referrals")) == (401, "token-missing")
        body = {"grade": "no", "summary": "No.", "details": "No.", "release": True}
        assert told(imran.post(f"/api/v1/referrals/{matter}/answers", json=body)) == (401, "token-missing")
        assert programs.matters.answers(matter) == []


def test_a_token_lends_a_cookie_nothing_and_a_cookie_a_token_nothing(site: RunningSite, programs: Programs) -> None:
    """Whoever shows a token is its program alone, whatever a browser sends along, and from wherever."""
    foreign = programs.matters.referred(f"{programs.matters.home}-roads")
    _number, text = programs.issue([Scope.READ])
    shown = {"authorization": f"Bearer {text}", "sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    officer = f"officer.{programs.matters.home}-roads@example.org"
    programs.matters.officer(f"{programs.matters.home}-roads")
    with site.signed_in(officer) as roads:
        assert roads.get(f"/desk/referrals/{foreign}").status_code == 200
        assert roads.get(f"/desk/referrals/{foreign}", headers=shown).status_code == 404
        assert roads.get("/account", headers=shown).status_code == 303, "nobody is signed in"
        assert roads.get(f"/api/v1/referrals/{foreign}", headers=shown).status_code == 404
        accept = roads.post(f"/desk/referrals/{foreign}/accept", data={"x": "y"}, headers=shown)
        assert accept.status_code == 404, "its cookie counts for nothing beside a token"
        assert programs.matters.of(foreign).state == "received"
        for wrong in ("Bearer nonsense", "bearer x"):
            answer = roads.post(
                f"/desk/referrals/{foreign}/accept", data={"x": "y"}, headers={**shown, "authorization": wrong}
            )
            assert answer.status_code == 404
        assert programs.matters.of(foreign).state == "received"


def test_no_other_site_reads_what_a_token_may(site: RunningSite, programs: Programs) -> None:
    _number, text = programs.issue()
    answer = Calls(site, text, origin="https://evil.example").get("/referrals")
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cache-control"] == "private, no-cache"
    asked = httpx.options(
        f"{site.base}/api/v1/referrals",
        headers={"origin": "https://evil.example", "access-control-request-method": "POST"},
    )
    assert "access-control-allow-origin" not in asked.headers


def test_when_a_token_was_used_last_is_known_to_the_minute(site: RunningSite, programs: Programs) -> None:
    number, text = programs.issue()
    calls = Calls(site, text)
    assert programs.of(number).last_used_at is None
    first = site.town.now
    calls.get("/referrals")
    site.town.clock.advance(timedelta(seconds=30))
    calls.get("/referrals")
    assert programs.of(number).last_used_at == first
    site.town.clock.advance(timedelta(seconds=40))
    calls.get("/referrals")
    assert programs.of(number).last_used_at == site.town.now


def test_any_answer_says_what_is_left_of_the_limit(site: RunningSite, programs: Programs) -> None:
    before, site.house.router.state["limits"] = site.house.router.state["limits"], Limits(on=True)
    try:
        calls = Calls(site, programs.issue()[1])
        answers = [calls.get("/referrals"), calls.get("/referrals/987654321")]
    finally:
        site.house.router.state["limits"] = before
    assert [a.headers["ratelimit"].partition(";t")[0] for a in answers] == ['"calls";r=299', '"calls";r=298']
    assert answers[0].headers["ratelimit-policy"] == '"calls";q=300;w=60, "hour";q=6000;w=3600'


def test_a_network_that_tries_tokens_waits_and_those_that_work_go_on(site: RunningSite, programs: Programs) -> None:
    _number, text = programs.issue()
    before, site.house.router.state["limits"] = site.house.router.state["limits"], Limits(on=True)
    try:
        tried = [Calls(site, texts.new_text()).get("/referrals").status_code for _each in range(12)]
        assert tried == [401] * 10 + [429] * 2
        assert Calls(site, text).get("/referrals").status_code == 200
        assert Calls(site, "").get("/referrals").status_code == 401, "asking without one tries nothing"
    finally:
        site.house.router.state["limits"] = before


def test_a_token_over_its_limit_waits(site: RunningSite, programs: Programs) -> None:
    from dataclasses import replace

    given = site.house.site.dependencies
    before, policy = site.house.router.state["limits"], given["tokens_policy"]
    site.house.router.state["limits"], given["tokens_policy"] = Limits(on=True), replace(policy, a_minute=2)
    try:
        calls, other = (Calls(site, programs.issue()[1]) for _each in range(2))
        answers = [calls.get("/referrals") for _each in range(3)]
        assert other.get("/referrals").status_code == 200
    finally:
        site.house.router.state["limits"], given["tokens_policy"] = before, policy
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert answers[-1].headers["ratelimit"].startswith('"calls";r=0')
    assert int(answers[-1].headers["retry-after"]) > 0


def test_a_rotation_of_the_keys_ends_every_token(site: RunningSite, programs: Programs) -> None:
    """All of them, of other tests too: it is undone for those."""
    _number, text = programs.issue()
    living = [row["id"] for row in rows(site)]

    def rotate(db: object) -> None:
        ending.EndAtRotation(site.town.clock)(db, site.town.keys)  # type: ignore[arg-type]

    programs.matters.do(rotate)
    assert told(Calls(site, text).get("/referrals")) == (401, "token-revoked")
    assert rows(site) == []
    assert living


def rows(site: RunningSite) -> list[dict[str, int]]:
    from app.tokens.model import Token

    return [{"id": t.id} for t in site.town.rows(Token, Token.ended_at.is_(None))]
