"""Practising leaves no trace: whatever the public, the postman and verify can see stays as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler
from sqlalchemy import select

from app.accounts import guards
from app.core.freshness import PageVersion
from app.core.web.edge import OPEN_TO_ANYONE
from app.departments.model import Department
from app.mail.model import Letter
from app.outcomes import passing_on
from app.outcomes.model import Answer, Commitment, Handing, Referral
from app.outcomes.queries.figures import workload
from app.outcomes.rules.answers import read_answer
from app.outcomes.rules.commitments import Progress, Promise, Update
from app.outcomes.service import answering, committing, desk, practising, steering
from app.outcomes.service.reminding import remind_of_answers, remind_of_promises
from tests.site import RunningSite

OFFICE = "practice-office"
#: not the same twice by nature
OTHERWISE = frozenset({"/events", "/dev/mail", "/metrics"})


@pytest.fixture
def officer(sqlite_site: RunningSite) -> Iterator[httpx.Client]:
    sqlite_site.town.officer(OFFICE)
    sqlite_site.town.officer("practice-buses")
    with sqlite_site.signed_in(f"officer.{OFFICE}@example.org") as client:
        yield client


def public_paths(site: RunningSite) -> list[str]:
    """Every door without a hole in its path that anyone may open, and the pages of a department."""
    found = {
        path
        for route in site.house.router.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and "GET" in handler.http_methods and opens_to_anyone(handler)
        for path in handler.paths
        if "{" not in path and path not in OTHERWISE
    }
    more = {f"/departments/{OFFICE}{end}" for end in ("", ".json", ".atom", ".csv", ".ics")}
    return sorted(found | more)


def opens_to_anyone(handler: HTTPRouteHandler) -> bool:
    return guards.anyone in handler.resolve_guards() or handler.opt.items() >= OPEN_TO_ANYONE.items()


def public(site: RunningSite) -> Mapping[str, Any]:
    """Everything the public sees, by its path."""
    with site.client() as visitor:
        return {path: seen(visitor, path) for path in public_paths(site)}


def seen(visitor: httpx.Client, path: str) -> tuple[int, str]:
    with visitor.stream("GET", path) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            return answer.status_code, ""
        body = answer.read().decode(errors="replace")
    return answer.status_code, re.sub(
        r"(?<=reference )[0-9a-f]{12}|value=\"[\w-]{20,}\"|\"request_id\":\"\w+\"", "", body
    )


def inside(site: RunningSite) -> Mapping[str, Any]:
    """Letters, versions of pages, what verify says, and the figures of the desk and the administration."""
    town = site.town
    with town.database.reading() as db:
        office = db.scalars(select(Department.id).where(Department.slug == OFFICE)).one()
        return {
            "letters": sorted(db.scalars(select(Letter.template))),
            "pages": {row.key: row.version for row in db.scalars(select(PageVersion))},
            "workload": workload(db, office, town.now, town.settings.zone),
            "owed": dict(passing_on.owed(db)),
            "broken": town.broken(),
        }


def remind(site: RunningSite) -> None:
    """As long after today as makes everything late."""
    calendar, much_later = site.town.site.calendar, site.town.now + timedelta(days=200)
    with site.town.database.writing() as db:
        while remind_of_answers(db, calendar, much_later) or remind_of_promises(db, calendar, much_later):
            pass


def practise_everything(site: RunningSite) -> None:
    """Accepted, assigned, put off, answered with a promise that is late, corrected, sent back, handed on."""
    town = site.town
    with town.database.reading() as db:
        number = {d.slug: d.id for d in db.scalars(select(Department))}
    office, by, now = number[OFFICE], town.officer(OFFICE), town.now
    said: dict[str, Any] = {"by": by, "now": now}
    words = read_answer("in-part", "Half of it.", "By May.")
    promised = read_answer("in-part", "Half of it.", "By May.", promises=[Promise("A bench", "Parks", now.date())])
    with town.database.writing() as db:
        matter = practising.of(db, office)
        assert matter is not None
        desk.assign(db, matter.id, office, by, **said)
        desk.note(db, matter.id, office, "Ask Una.", **said)
        steering.accept(db, matter.id, office, **said)
        assert matter.due_at is not None
        later = town.site.calendar.due_at(db, "response", matter.due_at)
        steering.extend(db, matter.id, office, later, "Holidays.", **said)
        answering.answer(db, matter.id, office, promised, after_version=0, **said)
        answering.answer(db, matter.id, office, words, after_version=1, **said)
        (promise,) = db.scalars(select(Commitment).where(Commitment.referral_id == matter.id))
        note = Update(Progress.UNDER_WAY, "We have begun.")
        committing.report_progress(db, promise.id, office, note, after=0, **said)
        again = town.site.calendar.due_at(db, "response", later)
        steering.send_back(db, matter.id, again, "More, please.", **said)
    remind(site)
    with town.database.writing() as db:
        matter = practising.begin(db, town.site.calendar, office, now)
        to = db.get_one(Department, number["practice-buses"])
        steering.not_ours(db, matter.id, office, to, "Buses are theirs.", **said)


def test_practising_changes_nothing_that_anybody_else_can_see(sqlite_site: RunningSite, officer: httpx.Client):
    town = sqlite_site.town
    town.open_petition()
    remind(sqlite_site)
    before, known = public(sqlite_site), inside(sqlite_site)
    assert sum(status == 200 for status, _body in before.values()) > 10
    begun = officer.post("/desk/practice", data={"do": "begin"})
    assert begun.status_code == 303
    assert officer.get(begun.headers["location"]).status_code == 200
    practise_everything(sqlite_site)
    after = public(sqlite_site)
    assert [path for path in before if before[path] != after[path]] == []
    assert inside(sqlite_site) == known
    assert "You handed it on." in officer.get("/desk/practice").text
    assert "To practise with" not in officer.get("/desk").text
    with sqlite_site.signed_in("officer.practice-buses@example.org") as buses:
        assert "To practise with" not in buses.get("/desk").text
        assert "Begin a made-up matter" in buses.get("/desk/practice").text


def test_a_made_up_matter_is_marked_wherever_it_stands_and_goes_without_a_trace(
    sqlite_site: RunningSite, officer: httpx.Client
):
    town = sqlite_site.town
    officer.post("/desk/practice", data={"do": "clear"})
    assert "Begin a made-up matter" in officer.get("/desk/practice").text
    path = officer.post("/desk/practice", data={"do": "begin"}).headers["location"]
    for page in ("/desk/practice", "/desk", path):
        assert "ractice" in officer.get(page).text, page
    assert "Made up, to practise with" in officer.get(path).text
    number = int(path.rpartition("/")[2])
    again = officer.post("/desk/practice", data={"do": "begin"}).headers["location"]
    assert officer.post("/desk/practice", data={"do": "clear"}).status_code == 303
    assert officer.get(again).status_code == 404
    for table in (Answer, Commitment, Handing):
        assert not town.rows(table, table.referral_id.in_((number, int(again.rpartition("/")[2]))))
    assert not town.rows(Referral, Referral.id.in_((number, int(again.rpartition("/")[2]))))
    assert officer.post("/desk/practice", data={"do": "dance"}).status_code == 404
