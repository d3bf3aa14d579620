"""How the API answers whoever asks: open to any site where it is the same for all, with its way on in headers."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.app.outcomes.matters import Matters
from tests.site import RunningSite


@pytest.fixture(scope="module")
def description(sqlite_site: RunningSite) -> dict[str, Any]:
    return httpx.get(f"{sqlite_site.base}/openapi.json").json()


def test_the_description_is_openapi_3_1_with_an_example_of_everything(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")
    schemes = description["components"]["securitySchemes"]
    assert schemes["departmentToken"]["scheme"] == "bearer"
    calls = {f"{m} {p}": call for p, those in description["paths"].items() for m, call in those.items()}
    without = [
        f"{name} {status}"
        for name, call in calls.items()
        for status, answer in call["responses"].items()
        for kind, content in answer.get("content", {}).items()
        if not content.get("examples")
    ]
    assert without == []
    assert [name for name, call in calls.items() if not call.get("summary")] == []
    assert description["components"]["schemas"]["CommitmentIn"]["additionalProperties"] is False


def test_what_is_the_same_for_everyone_is_open_to_any_site_and_nothing_else(
    sqlite_site: RunningSite, description: dict[str, Any]
) -> None:
    origin = {"origin": "https://news.example"}
    for path, calls in description["paths"].items():
        address = sqlite_site.base + re.sub(r"\{[^}]+\}", "1", path)
        for method in {"get", "post"} & set(calls):
            answer = httpx.request(method, address, headers=origin, json={} if method == "post" else None)
            is_open = method == "get" and "security" not in calls[method]
            if answer.status_code == 200:
                assert (answer.headers.get("access-control-allow-origin") == "*") is is_open, path
            else:
                assert "access-control-allow-origin" not in answer.headers, path


def test_lists_name_the_pages_around_theirs(sqlite_site: RunningSite) -> None:
    for path in ("petitions", "consultations", "townhalls", "outcomes"):
        answer = httpx.get(f"{sqlite_site.base}/api/v1/{path}")
        for rel in ("first", "last"):
            assert re.search(rf'<{sqlite_site.base}/api/v1/{path}[^>]*>; rel="{rel}"', answer.headers["link"]), path


def test_outcomes_departments_and_topics_are_read_by_anybody(sqlite_site: RunningSite) -> None:
    matters = Matters(sqlite_site.town, "well-read")
    town = sqlite_site.town
    petition = town.start()
    town.support(petition)
    town.decide(petition, department="well-read")
    matter = matters.referred(petition=petition)
    matters.answer(matter)
    with httpx.Client(base_url=f"{sqlite_site.base}/api/v1") as program:
        [told] = program.get("/outcomes", params={"department": "well-read"}).json()["outcomes"]
        assert (told["id"], told["answer"]["grade"]) == (matter, "will-do")
        assert program.get("/outcomes", params={"department": "nowhere"}).json()["total"] == 0
        assert program.get("/outcomes", params={"kind": "ship"}).json()["outcomes"] == []
        assert program.get("/outcomes", params={"state": "lost"}).status_code == 422
        office = program.get("/departments/well-read").json()
        assert (office["name"], office["answered"]) == ("Well Read", 1)
        assert "well-read" in [d["slug"] for d in program.get("/departments").json()["departments"]]
        assert program.get("/departments/nowhere").status_code == 404
        assert set(program.get("/topics").json()) == {"topics"}
        assert program.get("/commitments/987654321").status_code == 404


def test_numbers_that_no_row_can_have_find_nothing(sqlite_site: RunningSite) -> None:
    """Found by schemathesis: a negative number too large for either database."""
    for number in (-1, -(2**63) - 1, -(10**30), 2**63, 10**30):
        answer = httpx.get(f"{sqlite_site.base}/api/v1/comments/{number}")
        assert answer.status_code == 404, number
