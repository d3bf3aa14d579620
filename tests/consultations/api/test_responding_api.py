"""Programs respond by the same rules as people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from consultations.model import Response
from consultations.queries.answering import CONFIRM
from tests.consultations.asking import Asking
from tests.site import RunningSite

PERSON = {"name": "Ana Almeida", "email": "ana@example.org", "consent": "anonymous", "privacy": "1"}
ANSWERS = {"2": {"options": [12]}, "3": "It is too dear.", "5": {"options": [14], "other": "By boat"}, "6": 4}


@pytest.fixture
def asking(sqlite_site: RunningSite) -> Asking:
    return Asking(sqlite_site.town)


def send(site: RunningSite, bridge: int, key: str = "", **body: Any) -> httpx.Response:
    headers = {"idempotency-key": key} if key else {}
    return httpx.post(
        f"{site.base}/api/v1/consultations/{bridge}/responses",
        json={"answers": ANSWERS, **PERSON, **body},
        headers=headers,
        timeout=30,
    )


def test_a_program_s_response_counts_once_it_is_confirmed(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    first, again = send(sqlite_site, bridge, "k1"), send(sqlite_site, bridge, "k1")
    assert (first.status_code, first.content) == (202, b'{"state":"pending"}')
    assert again.content == first.content
    (stored,) = asking.town.rows(Response, Response.consultation_id == bridge)
    token = asking.town.keys.token(CONFIRM, stored.id)
    url = f"{sqlite_site.base}/api/v1/responses/confirmations"
    assert httpx.post(url, json={"token": token}).json() == {"state": "submitted"}
    assert httpx.post(url, json={"token": token}).json() == {"state": "submitted"}
    assert asking.consultation(bridge).response_count == 1
    known = send(sqlite_site, bridge)
    assert (known.status_code, known.content) == (202, first.content), "it never says whether an address is known"


def test_a_program_cannot_respond_as_the_administrator(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    refused = send(sqlite_site, bridge, name="Admin Ana", organisation="Moderators")
    told = {error["field"]: error["message"] for error in refused.json()["errors"]}
    assert (refused.status_code, set(told)) == (422, {"name", "organisation"})
    assert "“Admin” is kept" in told["name"]
    assert asking.town.rows(Response, Response.consultation_id == bridge) == []


def test_one_wrong_answer_stores_none_and_is_named(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    for wrong in (
        {"2": {"options": [999]}},
        {"2": "eleven"},
        {"2": {"options": [11]}, "5": ["14"]},
        {"2": {"options": [11]}, "77": "nobody asked"},
        {"2": {"options": [12]}},
        {"2": {"options": [11]}, "6": 9},
        {"2": {"options": [11]}, "7": "x" * 4001},
    ):
        answer = send(sqlite_site, bridge, answers=wrong)
        assert answer.status_code == 422, wrong
        assert "answers." in answer.text
    assert asking.town.rows(Response, Response.consultation_id == bridge) == []


def test_4000_characters_are_taken_and_4001_are_not(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    assert send(sqlite_site, bridge, answers={"2": {"options": [11]}, "7": "é" * 4000}).status_code == 202
    refused = send(sqlite_site, bridge, answers={"2": {"options": [11]}, "7": "é" * 4001})
    assert "4001 characters" in refused.text
    family = "👨‍👩‍👧‍👦"
    answer = send(sqlite_site, bridge, answers={"2": {"options": [11]}, "7": family * 4000})
    assert answer.status_code == 422
    assert "it must be 32000 or fewer" in answer.text


def test_codes_say_when_it_is_not_open(sqlite_site: RunningSite, asking: Asking) -> None:
    now = asking.town.now
    early = asking.published(opens=now + timedelta(days=1))
    late = asking.published(opens=now - timedelta(days=9), closes=now - timedelta(seconds=1))
    assert send(sqlite_site, early).json()["type"].endswith("consultation-not-open")
    closed = send(sqlite_site, late).json()
    assert closed["type"].endswith("consultation-closed")
    assert "Nothing was stored" in closed["detail"], "a program's words are kept nowhere"
    assert send(sqlite_site, 999_999).status_code == 404


def test_what_is_nested_or_enormous_is_refused_early(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    url, kind = f"{sqlite_site.base}/api/v1/consultations/{bridge}/responses", {"content-type": "application/json"}
    latin = httpx.post(url, content='{"name":"Andr\u00e9"}'.encode("latin-1"), headers=kind)
    assert latin.status_code == 400
    deep = httpx.post(url, content="[" * 10_000 + "]" * 10_000, headers=kind)
    assert deep.status_code == 400
    within = '{"answers":{"2":' + "[" * 10_000 + "]" * 10_000 + "}}"
    assert httpx.post(url, content=within, headers=kind).status_code == 400
    assert httpx.post(url, content=b" " * 10_000_000, headers=kind, timeout=30).status_code == 413


def test_every_field_that_is_wrong_unknown_or_missing_is_named(sqlite_site: RunningSite, asking: Asking) -> None:
    answer = send(sqlite_site, asking.published(), emial="ana@example.org", easy_read="yes", name=5)
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["errors"]} == {"emial", "easy_read", "name"}
