"""Topic rules: who leads and who helps with what reaches a goal from now on."""

from __future__ import annotations

import html
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from app.audit.model import AuditEntry
from app.core.errors import Invalid
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.outcomes import queries
from app.outcomes.service import routes
from app.outcomes.service.routes import Rule
from petitions.model.sorting import Topic
from tests.site import ADMINISTRATOR, RunningSite, Town


@pytest.fixture
def number(town: Town) -> dict[str, int]:
    for slug in ("parks", "buses", "health"):
        town.department(slug)
    with town.database.reading() as db:
        return {d.slug: d.id for d in db.scalars(select(Department))}


def test_a_rule_decides_where_nobody_named_a_lead_and_asks_helpers_in_either_case(town: Town, number: dict[str, int]):
    ada = town.staff(ADMINISTRATOR, "administrator")
    with town.database.writing() as db:
        rule = routes.read_rule(db, number["buses"], [number["health"], number["buses"], number["health"]])
        assert rule == Rule(number["buses"], (number["health"],))
        routes.set_rule(db, "transport", rule, reason="They know.", by=ada, now=town.now)
        routes.set_rule(db, "transport", rule, reason="Twice.", by=ada, now=town.now)
    refer, given = town.site.referring.refer, {"cause": "response", "topics": ["transport"], "now": town.now}
    with town.database.writing() as db:
        made = refer(db, SubjectRef("petition", 1), lead_id=None, **given)
        named = refer(db, SubjectRef("petition", 2), lead_id=number["parks"], **given)
        assert (made.department_id, named.department_id) == (number["buses"], number["parks"])
        assert queries.supporting(db, made.id) == [number["health"]]
        assert queries.supporting(db, named.id) == [number["buses"], number["health"]]
    (entry,) = town.rows(AuditEntry, AuditEntry.act == "outcomes.route")
    assert (entry.actor_id, entry.facts["reason"], entry.facts["lead"]) == (ada, "They know.", number["buses"])
    with town.database.writing() as db:
        routes.set_rule(db, "transport", Rule(), reason="No more.", by=ada, now=town.now)
        assert routes.rules(db) == {}


@pytest.mark.parametrize(("lead", "support", "field"), [(0, [], "lead"), (None, [0], "support")])
def test_a_rule_names_departments_that_are_there(
    town: Town, number: dict[str, int], lead: int | None, support: list[int], field: str
):
    with town.database.reading() as db, pytest.raises(Invalid) as wrong:
        routes.read_rule(db, lead, support)
    assert [e.field for e in wrong.value.errors] == [field]


def test_a_department_that_was_dissolved_is_named_by_no_new_rule(town: Town, number: dict[str, int]):
    with town.database.writing() as db:
        db.get_one(Department, number["health"]).dissolved_at = town.now
    with town.database.reading() as db, pytest.raises(Invalid):
        routes.read_rule(db, number["health"], [])


@pytest.fixture
def ada(sqlite_site: RunningSite) -> Iterator[httpx.Client]:
    sqlite_site.town.staff(ADMINISTRATOR, "administrator")
    sqlite_site.town.department("routes-roads")
    with sqlite_site.town.database.writing() as db:
        if db.scalar(select(Topic.id).where(Topic.slug == "routes-topic")) is None:
            db.add(Topic(slug="routes-topic", name="Roads & paths"))
    with sqlite_site.signed_in(ADMINISTRATOR) as client:
        yield client


def test_ada_sees_what_changes_before_it_does(sqlite_site: RunningSite, ada: httpx.Client):
    with sqlite_site.town.database.reading() as db:
        roads = db.scalars(select(Department.id).where(Department.slug == "routes-roads")).one()
    path = "/admin/routes/routes-topic"
    assert "Roads & paths" in html.unescape(ada.get("/admin/routes").text)
    assert ada.get(path).status_code == 200
    words = {"lead": "", f"support-{roads}": "yes", "reason": "They mend them."}
    assert ada.post(path, data=words | {"reason": ""}).status_code == 422
    assert 'href="#support"' in ada.post(path, data=words | {"support-x": "yes"}).text
    shown = html.unescape(ada.post(path, data=words).text)
    assert "helped by Routes Roads" in " ".join(shown.split())
    assert "owes 0 answers and promises" in shown
    with sqlite_site.town.database.reading() as db:
        assert routes.rule_of(db, "routes-topic") == Rule()
    assert ada.post(path, data=words | {"step": "edit"}).status_code == 200
    done = ada.post(path, data=words | {"step": "sure"})
    assert (done.status_code, done.headers["location"]) == (303, "/admin/routes?done=yes")
    listed = html.unescape(ada.get("/admin/routes?done=yes").text)
    assert "Helped by: Routes Roads." in listed
    assert "They mend them." in ada.get(path).text
    assert ada.get("/admin/routes/nothing-of-the-kind").status_code == 404
    assert ada.post("/admin/routes/nothing-of-the-kind", data=words | {"step": "sure"}).status_code == 404


def test_officers_make_no_rules(sqlite_site: RunningSite):
    sqlite_site.town.officer("routes-roads")
    with sqlite_site.signed_in("officer.routes-roads@example.org") as officer:
        assert officer.get("/admin/routes").status_code == 404


def test_ada_has_two_people_release_what_a_department_answers(sqlite_site: RunningSite, ada: httpx.Client):
    town = sqlite_site.town
    town.officer("routes-pair")
    with town.database.reading() as db:
        pair = db.scalars(select(Department.id).where(Department.slug == "routes-pair")).one()
    path, words = f"/admin/departments/{pair}", {"act": "two-people", "reason": "Two pairs of eyes."}
    refused = ada.post(path, data=words)
    assert (refused.status_code, "Appoint a second officer first" in refused.text) == (422, True)
    town.staff("second.routes@example.org", "department-officer", "routes-pair")
    assert ada.post(path, data=words).status_code == 303
    page = ada.get(path).text
    assert "A second person" in page
    assert 'value="one-person"' in page
    assert ada.post(path, data=words | {"act": "one-person"}).status_code == 303
    assert "Whoever wrote it" in ada.get(path).text
