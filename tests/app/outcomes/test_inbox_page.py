"""The inbox as officers see it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from app.core.subject import SubjectRef
from app.departments.model import Department
from app.outcomes.model import Referral
from app.outcomes.service import practising
from app.outcomes.service.referring import refer, support
from tests.site import RunningSite

OFFICE = "inbox-office"


@pytest.fixture
def officer(sqlite_site: RunningSite) -> Iterator[httpx.Client]:
    sqlite_site.town.officer(OFFICE)
    with sqlite_site.signed_in(f"officer.{OFFICE}@example.org") as client:
        yield client


def _department(site: RunningSite, slug: str = OFFICE) -> int:
    site.town.department(slug)
    with site.town.database.reading() as db:
        return db.scalars(select(Department.id).where(Department.slug == slug)).one()


def test_an_empty_desk_says_so_and_explains_itself_once(sqlite_site: RunningSite, officer: httpx.Client):
    page = html.unescape(officer.get("/desk").text)
    assert "Nothing waits for your answer." in page
    assert "Start with what is most urgent" in page
    for show in ("mine", "nobody", "week", "late", "new", "waiting", "returned", "supporting", "answered", "closed"):
        part = officer.get(f"/desk?show={show}")
        assert part.status_code == 200
        assert "govuk-inset-text" in part.text
    assert officer.get("/desk?show=%00&page=999").status_code == 200
    assert officer.post("/desk/cards", data={"card": "inbox", "back": "/desk"}).headers["location"] == "/desk"
    page = officer.get("/desk").text
    assert "Start with what is most urgent" not in page
    assert "Show all cards again" in page


def test_a_line_says_what_when_who_and_how_many(sqlite_site: RunningSite, officer: httpx.Client):
    town, office = sqlite_site.town, _department(sqlite_site)
    petition = town.open_petition(action="Mend the bench on Oak Street")
    with town.database.writing() as db:
        made = refer(
            db, SubjectRef("petition", petition), cause="response", department_id=office,
            due_at=town.now - timedelta(days=2), now=town.now,
        )  # fmt: skip
        made.ruled, made.assignee_id = True, town.officer(OFFICE)
        practising.begin(db, town.site.calendar, office, town.now)
    page = html.unescape(officer.get("/desk").text)
    line = page.partition("Mend the bench on Oak Street")[2].partition("</li>")[0]
    for words in ("Late by 2 days", "New", "Decided to be yours", "6 people", "sees to it", "Asks for an answer"):
        assert words in line, words
    assert "To practise with" in page
    assert re.findall(r"<strong>(\d+)</strong>", page.partition("govuk-body-l")[2])[:3] == ["0", "1", "1"]
    assert "Mend the bench" in html.unescape(officer.get("/desk?show=mine").text)
    assert "Mend the bench" not in officer.get("/desk?show=nobody").text
    assert "To practise with" not in officer.get("/desk?show=mine").text


def test_what_it_helps_with_names_who_leads(sqlite_site: RunningSite, officer: httpx.Client):
    town, office = sqlite_site.town, _department(sqlite_site)
    petition = town.open_petition(action="Let buses wait for the train")
    with town.database.writing() as db:
        made = refer(
            db, SubjectRef("petition", petition), cause="response", department_id=_department(sqlite_site, "buses"),
            due_at=town.now + timedelta(days=9), now=town.now,
        )  # fmt: skip
        support(db, db.get_one(Referral, made.id), [office], town.now)
    page = html.unescape(officer.get("/desk").text)
    assert "Buses leads." in page.partition("You help with</h2>")[2]
    assert "Let buses wait" in officer.get("/desk?show=supporting").text
