"""What programs read, and what the API says of itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from petitions.model.sorting import PetitionTopic, Topic
from petitions.rules.texts import text_digest
from tests.people import SAM
from tests.site import RunningSite

#: what came first, in a conflict: further members of a problem (RFC 9457, 3.2)
CAME_FIRST = {"answer", "draft", "promise"}
POST_PROBLEMS = {"400", "413", "422", "429", "503"}


@pytest.fixture
def program(site: RunningSite) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site.base, timeout=30) as client:
        yield client


def test_the_history_adds_up_to_what_was_confirmed_here(site: RunningSite, program: httpx.Client):
    petition = site.town.open_petition()
    site.town.sign(petition, SAM)
    answer = program.get(f"/api/v1/petitions/{petition}/history")
    assert answer.headers["access-control-allow-origin"] == "*"
    found = answer.json()
    assert (found["petition_id"], found["signature_count"], found["imported_count"]) == (petition, 7, 0)
    assert sum(hour["signatures"] for hour in found["hours"]) == 7
    assert all(hour["hour"].endswith(":00:00Z") for hour in found["hours"])


def test_every_version_stands_with_its_reason_and_can_be_checked(site: RunningSite, program: httpx.Client):
    petition = site.town.open_petition()
    site.town.correct(petition, "A slip of the pen.", background="People work on Saturdays, too.")
    first, second = program.get(f"/api/v1/petitions/{petition}/versions").json()["versions"]
    assert (first["version"], first["note"]) == (1, "")
    assert (second["version"], second["note"]) == (2, "A slip of the pen.")
    assert second["background"] == "People work on Saturdays, too."
    for version in (first, second):
        texts = [version[name] for name in ("action", "background", "additional_details")]
        assert version["digest"] == text_digest(*texts).hex() == digest(*texts)
    assert program.get(f"/api/v1/petitions/{petition}").json()["text_version"] == 2


def digest(*texts: str) -> str:
    """As the documentation says to check it."""
    parts = [text.encode() for text in texts]
    return hashlib.sha256(b"".join(len(p).to_bytes(4, "big") + p for p in parts)).hexdigest()


def test_links_lead_to_everything_about_it(site: RunningSite, program: httpx.Client):
    petition = site.town.open_petition()
    links = program.get(f"/api/v1/petitions/{petition}").json()["links"]
    sign = links.pop("sign")
    assert sign == f"{site.base}/api/v1/petitions/{petition}/signatures"
    assert {name: program.get(href).status_code for name, href in links.items()} == dict.fromkeys(links, 200)
    assert set(links) == {"self", "page", "count", "history", "versions", "feed", "uk", "qr", "story"}


def test_a_topic_narrows_the_list_and_an_unknown_one_has_nothing(site: RunningSite, program: httpx.Client):
    petition, other = site.town.open_petition(), site.town.open_petition()
    slug = f"ponds-{petition}"
    with site.town.database.writing() as db:
        topic = Topic(slug=slug, name="Ponds")
        db.add(topic)
        db.flush()
        db.add(PetitionTopic(petition_id=petition, topic_id=topic.id))
    found = program.get("/api/v1/petitions", params={"topic": slug}).json()
    assert [(p["id"], p["topics"]) for p in found["petitions"]] == [(petition, [slug])]
    assert program.get(f"/api/v1/petitions/{other}").json()["topics"] == []
    for nobody in ({"topic": "no-such-thing"}, {"department": "no-such-thing"}):
        assert program.get("/api/v1/petitions", params=nobody).json()["total"] == 0


@pytest.mark.parametrize("end", ["", "/history", "/versions"])
def test_before_and_after_it_is_public_there_is_nothing(site: RunningSite, program: httpx.Client, end: str):
    waiting, gone = site.town.start(), site.town.open_petition()
    site.town.take_down(gone)
    found = [program.get(f"/api/v1/petitions/{p}{end}") for p in (waiting, gone, 2**62)]
    assert [answer.status_code for answer in found] == [404, 410, 404]
    assert {answer.headers["content-type"] for answer in found} == {"application/problem+json"}


# what the API says of itself


@pytest.fixture
def described(sqlite_site: RunningSite) -> dict[str, Any]:
    with httpx.Client(base_url=sqlite_site.base) as client:
        return client.get("/openapi.json").json()


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, ways in described["paths"].items():
        for method, operation in ways.items():
            yield f"{method.upper()} {path}", operation


def test_every_call_is_described(described: dict[str, Any]):
    assert described["openapi"].startswith("3.1")
    assert {name for name, _call in operations(described)} >= {
        "GET /api/v1/petitions",
        "POST /api/v1/petitions",
        "GET /api/v1/petitions/{petition_id}",
        "GET /api/v1/petitions/{petition_id}/history",
        "GET /api/v1/petitions/{petition_id}/versions",
        "POST /api/v1/petitions/{petition_id}/signatures",
        "POST /api/v1/signatures/confirmations",
    }
    undescribed = [n for n, call in operations(described) if not (call.get("summary") and call.get("description"))]
    assert undescribed == []


def test_every_answer_has_an_example_that_its_schema_knows(described: dict[str, Any]):
    for name, call in operations(described):
        for status, answer in call["responses"].items():
            [(kind, content)] = answer["content"].items()
            assert kind == ("application/json" if status < "400" else "application/problem+json"), (name, status)
            assert content["examples"], (name, status)
            for example in content["examples"].values():
                known = CAME_FIRST if status == "409" else set()
                value = {k: v for k, v in example["value"].items() if k not in known}
                check(value, content["schema"], described, f"{name} {status}")


def test_every_body_has_an_example_and_refuses_unknown_fields(described: dict[str, Any]):
    bodies = [(n, call["requestBody"]["content"]) for n, call in operations(described) if "requestBody" in call]
    assert len(bodies) >= 3
    for name, content in bodies:
        schema = content["application/json"]["schema"]
        target = resolved(schema, described)
        assert target["additionalProperties"] is False, name
        examples = schema.get("examples") or target.get("examples")
        assert examples, name
        for example in examples:
            check(example, schema, described, name)


def test_every_problem_that_can_happen_to_a_post_is_named(described: dict[str, Any]):
    for name, call in operations(described):
        if name.startswith("POST "):
            assert set(call["responses"]) >= POST_PROBLEMS, name
            assert "Idempotency-Key" in [p["name"] for p in call["parameters"]], name
        else:
            assert "503" in call["responses"], name


def test_the_examples_of_bodies_do_what_they_say(site: RunningSite, program: httpx.Client):
    calls = program.get("/openapi.json").json()
    bodies = {n: c["requestBody"]["content"]["application/json"] for n, c in operations(calls) if "requestBody" in c}
    [start] = bodies["POST /api/v1/petitions"]["schema"]["examples"]
    assert program.post("/api/v1/petitions", json=start).status_code == 202
    [sign] = bodies["POST /api/v1/petitions/{petition_id}/signatures"]["schema"]["examples"]
    petition = site.town.open_petition()
    assert program.post(f"/api/v1/petitions/{petition}/signatures", json=sign).status_code == 202


def resolved(schema: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    """Without the references and the wrappers around them."""
    while True:
        if "$ref" in schema:
            schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif len(schema.get("allOf", ())) == 1:
            schema = schema["allOf"][0]
        else:
            return schema


def check(value: Any, schema: dict[str, Any], described: dict[str, Any], where: str) -> None:
    """Types and names, as deep as they go; enough to see an example that was forgotten."""
    schema = resolved(schema, described)
    if "oneOf" in schema or "anyOf" in schema:
        options = schema.get("oneOf") or schema.get("anyOf")
        assert any(fits(value, option, described, where) for option in options), (where, value)
        return
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    assert not kinds or any(isinstance(value, TYPES[kind]) for kind in kinds), (where, value, kinds)
    if isinstance(value, dict) and "properties" in schema:
        assert set(value) <= set(schema["properties"]), where
        assert set(schema.get("required", ())) <= set(value), where
        for name, inner in value.items():
            check(inner, schema["properties"][name], described, f"{where} {name}")
    if isinstance(value, list):
        for inner in value:
            check(inner, schema.get("items", {}), described, where)


def fits(value: Any, schema: dict[str, Any], described: dict[str, Any], where: str) -> bool:
    try:
        check(value, schema, described, where)
    except AssertionError:
        return False
    return True


TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}
