"""Administrators record who tested how accessible the site is; the public reads the newest report, and how old it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pytest

from app.audit.model import AuditEntry
from app.performance.model import Problem, Report
from app.performance.queries import reports
from app.performance.rules.reports import Recorded
from app.performance.service import reporting
from tests.site import ADMINISTRATOR, MODERATOR, RunningSite, Town

PATH = "/admin/accessibility"


@pytest.fixture
def ada(site: RunningSite) -> Iterator[httpx.Client]:
    site.town.staff(ADMINISTRATOR, "administrator")
    with site.signed_in(ADMINISTRATOR) as client:
        yield client
    site.town.sql("UPDATE performance_report SET taken_back_at = recorded_at, taken_back_reason = 'Over.'")


def today(town: Town) -> date:
    return town.now.astimezone(town.settings.zone).date()


def form(town: Town, **other: str) -> dict[str, str]:
    day = today(town) - timedelta(days=20)
    return {
        "tested_on": day.isoformat(),
        "standard": "WCAG 2.2 AA",
        "tested_by": "Northmere Eye Society",
        "how": "Ten pages by hand.",
        "passed": "48",
        "failed": "2",
        "problems": "A picture has no words.\nA button is <b>too</b> small.",
        "link": "https://example.org/report",
    } | other


def record(town: Town, days_ago: int, **other: object) -> int:
    by = town.staff(ADMINISTRATOR, "administrator")
    said = {"standard": "WCAG 2.2 AA", "tested_by": "Somebody", "how": "", "passed": 5, "failed": 0, "link": ""}
    tested = Recorded(
        today(town) - timedelta(days=days_ago), problems=("A picture has no words.",), **{**said, **other}
    )
    return town.database.retrying(lambda db: reporting.record(db, tested, by=by, now=town.now).id)


def test_a_report_is_public_at_once_and_says_what_was_mended(site: RunningSite, ada: httpx.Client):
    town = site.town
    done = ada.post(PATH, data=form(town))
    assert done.status_code == 303
    path = done.headers["location"].partition("?")[0]
    assert "public from now on" in ada.get(done.headers["location"]).text
    for page in ("/performance", "/accessibility"):
        shown = ada.get(page).text
        assert "Northmere Eye Society" in shown
        assert "48 of 50 checks passed" in shown
        assert "A button is &lt;b&gt;too&lt;/b&gt; small." in shown
    number = int(path.rpartition("/")[2])
    first = town.rows(Problem, Problem.report_id == number)[0].id
    day = today(town) - timedelta(days=3)
    assert ada.post(f"{path}/problems/{first}", data={f"mended-{first}": day.isoformat()}).status_code == 303
    assert "Mended since" in ada.get("/accessibility").text
    acts = town.rows(AuditEntry, AuditEntry.subject_kind == "accessibility-report", AuditEntry.subject_id == number)
    assert [a.act for a in acts] == ["performance.report.record", "performance.report.mend"]


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_stored(site: RunningSite, ada: httpx.Client):
    town = site.town
    before = len(town.rows(Report))
    wrong = form(town, tested_on="31/2/2026", standard=" ", tested_by="", passed="many", failed="", link="example.org")
    page = ada.post(PATH, data=wrong)
    assert page.status_code == 422
    assert "Error:" in page.text
    for field in ("tested_on", "standard", "tested_by", "passed", "failed", "link"):
        assert f'href="#{field}"' in page.text, field
    assert "A picture has no words." in page.text
    tomorrow = (today(town) + timedelta(days=1)).isoformat()
    assert "must not be in the future" in ada.post(PATH, data=form(town, tested_on=tomorrow)).text
    assert len(town.rows(Report)) == before


def test_a_problem_is_mended_between_the_test_and_today(site: RunningSite, ada: httpx.Client):
    town = site.town
    number = record(town, 5)
    other = record(town, 6, tested_by="Others")
    first = town.rows(Problem, Problem.report_id == number)[0].id
    for days in (-1, 6):
        day = (today(town) - timedelta(days=days)).isoformat()
        page = ada.post(f"{PATH}/{number}/problems/{first}", data={f"mended-{first}": day})
        assert page.status_code == 422
        assert "from the day of the test to today" in page.text
    assert ada.post(f"{PATH}/{number}/problems/{first}", data={}).status_code == 422
    day = today(town).isoformat()
    assert ada.post(f"{PATH}/{other}/problems/{first}", data={f"mended-{first}": day}).status_code == 404
    assert ada.post(f"{PATH}/{10**9}/problems/{first}", data={f"mended-{first}": day}).status_code == 404
    assert town.rows(Problem, Problem.id == first)[0].mended_on is None


def test_what_was_recorded_by_mistake_is_taken_back_with_a_reason(site: RunningSite, ada: httpx.Client):
    town = site.town
    before, mistake = record(town, 9, tested_by="The first ones"), record(town, 1, tested_by="By mistake")
    assert ada.post(f"{PATH}/{mistake}/take-back", data={"reason": " "}).status_code == 422
    assert ada.post(f"{PATH}/{mistake}/take-back", data={"reason": "Of another site."}).status_code == 303
    assert "The first ones" in ada.get("/accessibility").text
    assert "By mistake" not in ada.get("/accessibility").text
    assert "Of another site." in ada.get(f"{PATH}/{mistake}").text
    again = ada.post(f"{PATH}/{mistake}/take-back", data={"reason": "Once more."})
    assert again.status_code == 409
    assert before != mistake


def test_nobody_else_finds_the_door(site: RunningSite):
    town = site.town
    town.moderator()
    number = record(town, 2)
    for signed_in in (site.client(), site.signed_in(MODERATOR)):
        with signed_in as client:
            for path in (PATH, f"{PATH}/{number}"):
                assert client.get(path).status_code in (303, 404)
                assert client.post(path, data=form(town)).status_code in (303, 404, 405)
    town.sql("UPDATE performance_report SET taken_back_at = recorded_at, taken_back_reason = 'Over.'")


def test_a_report_older_than_a_year_says_so(town: Town):
    with town.database.reading() as db:
        assert reports.newest(db, today(town)) is None
    record(town, 366)
    with town.database.reading() as db:
        assert reports.newest(db, today(town)).old
    record(town, 365, tested_by="Later")
    with town.database.reading() as db:
        found = reports.newest(db, today(town))
    assert (found.row.tested_by, found.old, len(found.open)) == ("Later", False, 1)


def test_the_same_report_sent_twice_is_one(town: Town):
    assert record(town, 3) == record(town, 3)
    assert len(town.rows(Problem)) == 1
