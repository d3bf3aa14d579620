"""The API does what the pages do, in JSON, and says every fault at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from petitions.model.petition import Petition
from tests.people import ANNA, LAURA, PEDRO, SAM, SUZIE
from tests.site import RunningSite

JSON = {"content-type": "application/json"}
DEEP = b'{"action":5,"x":' + b"[" * 3_000 + b"]" * 3_000 + b"}"
START: dict[str, Any] = {
    "action": "Light the path by the canal",
    "background": "It is dark by four.",
    "creator_name": "Anna Example",
    "email": "anna@example.org",
    "country": "GB",
    "postcode": "N1 1TY",
    "eligible": True,
    "privacy": "1",
}


@pytest.fixture
def program(site: RunningSite) -> Iterator[httpx.Client]:
    """No browser: it sends neither Origin nor cookies."""
    with httpx.Client(base_url=site.base, timeout=30) as client:
        yield client


@pytest.fixture
def petition(site: RunningSite) -> int:
    return site.town.open_petition()


def faults(answer: httpx.Response) -> dict[str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"].startswith("/problems/")
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return {e["field"]: e["message"] for e in problem["errors"]}


def test_from_the_first_call_to_the_number(site: RunningSite, program: httpx.Client):
    started = program.post("/api/v1/petitions", json=START)
    assert (started.status_code, started.json()["state"]) == (202, "pending")
    petition = started.json()["id"]
    assert program.get(f"/api/v1/petitions/{petition}").status_code == 404
    site.town.support(petition)
    site.town.decide(petition)
    shown = program.get(f"/api/v1/petitions/{petition}").json()
    assert (shown["state"], shown["signature_count"], shown["signable"]) == ("open", 6, True)
    assert shown["links"]["sign"].endswith(f"/api/v1/petitions/{petition}/signatures")
    asked = program.post(f"/api/v1/petitions/{petition}/signatures", json=SAM.json())
    assert (asked.status_code, asked.content) == (202, b'{"state":"pending"}')
    token = site.town.deliver().link(SAM, "Confirm").rpartition("/")[2]
    confirmed = program.post("/api/v1/signatures/confirmations", json={"token": token})
    assert (confirmed.status_code, confirmed.json()) == (
        200,
        {"petition_id": petition, "state": "validated", "number": 7},
    )
    again = program.post("/api/v1/signatures/confirmations", json={"token": token})
    assert (again.status_code, again.content) == (200, confirmed.content)
    assert program.get(f"/petitions/{petition}/count.json").json()["signature_count"] == 7


def test_new_pending_and_signed_get_the_same_bytes(site: RunningSite, program: httpx.Client, petition: int):
    site.town.sign(petition, SAM)
    site.town.request(petition, SUZIE)
    answers = [program.post(f"/api/v1/petitions/{petition}/signatures", json=p.json()) for p in (LAURA, SUZIE, SAM)]
    plain = [
        (a.status_code, a.content, sorted((k, v) for k, v in a.headers.items() if k not in ("date", "x-request-id")))
        for a in answers
    ]
    assert plain[0] == plain[1] == plain[2]


def test_and_so_do_the_pages(site: RunningSite, petition: int):
    site.town.sign(petition, SAM)
    site.town.request(petition, SUZIE)
    with site.client() as visitor:
        answers = [visitor.post(f"/petitions/{petition}/sign", data=p.form()) for p in (LAURA, SUZIE, SAM)]
        pages = [visitor.get(a.headers["location"]) for a in answers]
    own = ("date", "x-request-id", "set-cookie")  # a cookie holds what its own sender typed, and nothing else
    plain = [
        (a.status_code, a.content, sorted((k, v) for k, v in a.headers.items() if k not in own))
        for a in [*answers, *pages]
    ]
    assert all(a.headers["set-cookie"].startswith("townsquare-sent=") for a in answers)
    assert plain[0] == plain[1] == plain[2]
    assert plain[3] == plain[4] == plain[5]


def test_pedro_needs_no_postcode(site: RunningSite, program: httpx.Client, petition: int):
    body = {k: v for k, v in PEDRO.json().items() if k != "postcode"}
    assert program.post(f"/api/v1/petitions/{petition}/signatures", json=body).status_code == 202
    assert len(site.town.signatures(petition, PEDRO)) == 1


def test_every_field_that_is_missing_is_named(program: httpx.Client, petition: int):
    answer = program.post(f"/api/v1/petitions/{petition}/signatures", json={})
    assert answer.status_code == 422
    assert set(faults(answer)) == {"name", "email", "country", "eligible", "privacy"}
    started = program.post("/api/v1/petitions", json={})
    assert set(faults(started)) == {"action", "background", "creator_name", "email", "country", "eligible", "privacy"}


def test_every_field_that_is_wrong_is_named(program: httpx.Client, petition: int):
    body = SAM.json(name="=1", email="a@", country="ZZ", eligible=False, privacy="0")
    answer = program.post(f"/api/v1/petitions/{petition}/signatures", json=body)
    assert answer.status_code == 422
    assert set(faults(answer)) == {"name", "email", "country", "eligible", "privacy"}


def test_wrong_types_and_unknown_fields_are_all_named(site: RunningSite, program: httpx.Client, petition: int):
    body = SAM.json(name=5, email=["a"], notify="yes", country=None) | {"admin": True, "x": 1}
    answer = program.post(f"/api/v1/petitions/{petition}/signatures", json=body)
    assert answer.status_code == 422
    assert set(faults(answer)) == {"name", "email", "notify", "country", "admin", "x"}
    assert not site.town.signatures(petition, SAM)


@pytest.mark.parametrize("slip", [{"eligible": "true"}, {"eligible": 1}, {"notify": "1"}, {"privacy": 1}])
def test_sams_consent_is_true_and_never_what_could_be_read_as_true(
    site: RunningSite, program: httpx.Client, petition: int, slip: dict[str, object]
):
    answer = program.post(f"/api/v1/petitions/{petition}/signatures", json=SAM.json() | slip)
    assert (answer.status_code, list(faults(answer))) == (422, list(slip))
    assert not site.town.signatures(petition, SAM)


def test_an_unknown_field_alone_is_refused(site: RunningSite, program: httpx.Client, petition: int):
    answer = program.post(f"/api/v1/petitions/{petition}/signatures", json=SAM.json(postcod="N1 1TY"))
    assert (answer.status_code, list(faults(answer))) == (422, ["postcod"])
    assert not site.town.signatures(petition, SAM)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b"5", 422),
        (b"null", 422),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"action":"caf\xe9"}', 400),
        (b"[" * 5_000, 400),
        (DEEP, 400),
    ],
)
def test_what_is_no_object_is_refused(sqlite_site: RunningSite, body: bytes, status: int):
    answer = httpx.post(f"{sqlite_site.base}/api/v1/petitions", content=body, headers=JSON)
    assert answer.status_code in (status, 422)
    faults(answer)


def test_a_form_is_not_json(sqlite_site: RunningSite):
    answer = httpx.post(f"{sqlite_site.base}/api/v1/petitions", data={"action": "a"})
    assert answer.status_code in (400, 415, 422)
    faults(answer)


def test_a_body_that_is_too_long_is_refused(program: httpx.Client, petition: int):
    answer = program.post(f"/api/v1/petitions/{petition}/signatures", json=SAM.json(name="x" * 70_000))
    assert answer.status_code == 413
    faults(answer)


@pytest.mark.parametrize("ref", ["0", "999999", "9" * 18, "9" * 19, "9" * 60, "-1", "abc", "1.5"])
def test_an_unknown_petition_is_not_found(sqlite_site: RunningSite, ref: str):
    for answer in (
        httpx.get(f"{sqlite_site.base}/api/v1/petitions/{ref}"),
        httpx.post(f"{sqlite_site.base}/api/v1/petitions/{ref}/signatures", json=SAM.json()),
    ):
        assert answer.status_code == 404
        faults(answer)


@pytest.mark.parametrize("token", ["", "x", "a" * 32, "é", "\x00" * 32, "a" * 5_000])
def test_a_token_that_was_never_sent_is_not_found(sqlite_site: RunningSite, token: str):
    answer = httpx.post(f"{sqlite_site.base}/api/v1/signatures/confirmations", json={"token": token})
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/confirmation-unknown")


def test_a_closed_petition_is_a_conflict_with_its_date(site: RunningSite, program: httpx.Client, petition: int):
    closes = site.town.now - timedelta(days=1)
    with site.town.database.writing() as db:
        db.get_one(Petition, petition).closes_at = closes
    answer = program.post(f"/api/v1/petitions/{petition}/signatures", json=SAM.json())
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/petition-closed")
    assert site.house.pages.say_date(closes) in answer.json()["detail"]


# Idempotency-Key


def test_a_repeat_with_the_same_key_gets_the_same_answer_and_does_nothing(
    site: RunningSite, program: httpx.Client, petition: int
):
    path, key = f"/api/v1/petitions/{petition}/signatures", {"Idempotency-Key": f"k-{petition}"}
    first = program.post(path, json=SAM.json(), headers=key)
    again = program.post(path, json=SAM.json(), headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content) == (202, b'{"state":"pending"}')
    assert again.headers["idempotency-replayed"] == "true"
    assert site.town.signatures(petition, SAM)[0].letters == 1


def test_the_key_with_another_body_is_refused(site: RunningSite, program: httpx.Client, petition: int):
    path, key = f"/api/v1/petitions/{petition}/signatures", {"Idempotency-Key": f"o-{petition}"}
    assert program.post(path, json=SAM.json(), headers=key).status_code == 202
    other = program.post(path, json=LAURA.json(), headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert not site.town.signatures(petition, LAURA)


def test_a_refused_call_may_be_corrected_under_the_same_key(program: httpx.Client, petition: int):
    path, key = f"/api/v1/petitions/{petition}/signatures", {"Idempotency-Key": f"r-{petition}"}
    assert program.post(path, json=SAM.json(name=""), headers=key).status_code == 422
    assert program.post(path, json=SAM.json(), headers=key).status_code == 202


def test_a_confirmation_is_replayed_too(site: RunningSite, program: httpx.Client, petition: int):
    (signature,) = site.town.request(petition, SAM)
    token, key = site.town.confirm_link(signature).rpartition("/")[2], {"Idempotency-Key": f"c-{petition}"}
    answers = [program.post("/api/v1/signatures/confirmations", json={"token": token}, headers=key) for _ in range(3)]
    assert {a.content for a in answers} == {answers[0].content}
    assert site.town.count(petition) == 7


def test_a_petition_is_started_once_under_one_key_however_often_it_is_sent_at_once(
    site: RunningSite, program: httpx.Client
):
    body = START | {"email": f"anna.once.{site.port}@example.org"}
    key = {"Idempotency-Key": f"start-{site.port}"}
    with ThreadPoolExecutor(6) as calls:
        answers = list(calls.map(lambda _n: program.post("/api/v1/petitions", json=body, headers=key), range(12)))
    assert {a.status_code for a in answers} <= {202, 409}
    assert len({a.json()["id"] for a in answers if a.status_code == 202}) == 1
    assert {a.json()["type"] for a in answers if a.status_code == 409} <= {"/problems/idempotency-key-in-flight"}
    last = program.post("/api/v1/petitions", json=body, headers=key)
    assert last.headers["idempotency-replayed"] == "true"
    assert len(site.town.deliver().to(body["email"])) == 1


def test_two_callers_may_use_the_same_key(site: RunningSite, program: httpx.Client, petition: int):
    path = f"/api/v1/petitions/{petition}/signatures"
    for caller, person in (("one", SAM), ("two", LAURA)):
        headers = {"Idempotency-Key": f"t-{petition}", "Authorization": f"Bearer {caller}"}
        assert program.post(path, json=person.json(), headers=headers).status_code == 202
    assert len(site.town.signatures(petition, LAURA)) == 1


def test_a_key_that_is_too_long_is_refused(program: httpx.Client, petition: int):
    path = f"/api/v1/petitions/{petition}/signatures"
    assert program.post(path, json=SAM.json(), headers={"Idempotency-Key": "k" * 256}).status_code == 422


# reading


def test_the_list_filters_sorts_and_pages(site: RunningSite, program: httpx.Client):
    word = f"Zebra{site.port}"
    ids = [site.town.open_petition(ANNA, action=f"Paint crossing {word} number {n}") for n in range(3)]
    site.town.sign(ids[1], SAM)
    found = program.get("/api/v1/petitions", params={"q": word}).json()
    assert (found["total"], found["pages"], found["next"]) == (3, 1, None)
    assert [p["id"] for p in found["petitions"]] == [ids[1], ids[2], ids[0]]
    assert program.get("/api/v1/petitions", params={"q": word, "state": "closed"}).json()["total"] == 0
    assert program.get("/api/v1/petitions", params={"q": word, "department": "parks"}).json()["total"] == 3
    uk = program.get("/petitions.json", params={"q": word}).json()
    assert [p["id"] for p in uk["data"]] == [ids[1], ids[2], ids[0]]


def test_the_description_of_the_api_names_every_call_with_its_problems(sqlite_site: RunningSite):
    described = httpx.get(f"{sqlite_site.base}/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    calls = {(method, path) for path, item in described["paths"].items() for method in item if path.startswith("/api/")}
    assert calls >= {
        ("get", "/api/v1/petitions"),
        ("post", "/api/v1/petitions"),
        ("get", "/api/v1/petitions/{petition_id}"),
        ("post", "/api/v1/petitions/{petition_id}/signatures"),
        ("post", "/api/v1/signatures/confirmations"),
    }
    for method, path in calls:
        assert "503" in described["paths"][path][method]["responses"]
