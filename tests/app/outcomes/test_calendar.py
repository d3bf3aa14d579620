"""The public calendar: every change of a day raises its sequence, and what has ended is cancelled without its words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from app.outcomes import service as outcomes
from app.outcomes.model import Commitment
from app.outcomes.rules.answers import read_answer
from app.outcomes.rules.commitments import Progress
from app.outcomes.rules.deadlines import last_day
from app.outcomes.service import steering
from tests.app.outcomes.test_public_pages import Matter
from tests.site import RunningSite

DAY = timedelta(days=1)


@pytest.fixture
def visitor(sqlite_site: RunningSite) -> Iterator[httpx.Client]:
    with sqlite_site.client() as client:
        yield client


def dates(visitor: httpx.Client, matter: Matter) -> dict[str, Any]:
    answer = visitor.get(f"/calendar.ics?department={matter.slug}")
    assert answer.status_code == 200 and answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return {str(event["uid"]).partition("@")[0]: event for event in Calendar.from_ical(answer.content).walk("VEVENT")}


def test_a_due_day_keeps_its_name_and_counts_its_changes(sqlite_site: RunningSite, visitor: httpx.Client):
    matter = Matter(sqlite_site)
    town, key, zone = matter.town, f"answer-{matter.referral.id}", sqlite_site.house.settings.zone
    first = dates(visitor, matter)[key]
    assert first.decoded("dtstart") == last_day(matter.referral.due_at, zone) and matter.title in first["summary"]
    later = matter.referral.due_at + 14 * DAY
    act = {"by": matter.by, "now": town.now}
    town.database.retrying(lambda db: steering.extend(db, matter.referral.id, matter.department, later, "Rain.", **act))
    second = dates(visitor, matter)[key]
    assert second.decoded("dtstart") == last_day(later, zone) and second["sequence"] > first["sequence"]
    matter.answer()
    third = dates(visitor, matter)[key]
    assert (third["status"], third["summary"], "url" in third) == ("CANCELLED", "No longer due", False)
    town.database.retrying(
        lambda db: outcomes.withdraw_answer(db, matter.referral.id, matter.department, after_version=1, **act)
    )
    fourth = dates(visitor, matter)[key]
    assert fourth["status"] == "CONFIRMED"
    words = read_answer("no", "No.", "No money.")
    town.database.retrying(
        lambda db: outcomes.answer(db, matter.referral.id, matter.department, words, after_version=1, **act)
    )
    found = [e["sequence"] for e in (second, third, fourth, dates(visitor, matter)[key])]
    assert found == sorted(set(found)), "each change is a later one"


def test_a_promise_is_due_until_it_is_done_dropped_or_withdrawn(sqlite_site: RunningSite, visitor: httpx.Client):
    matter = Matter(sqlite_site)
    matter.answer()
    kept, withdrawn = matter.promise("Mend the roof"), matter.promise("Nobody may read this")
    found = dates(visitor, matter)
    assert "Mend the roof" in found[f"promise-{kept}"]["summary"] and found[f"promise-{kept}"]["url"].endswith(
        f"/commitments/{kept}"
    )
    before = found[f"promise-{kept}"]["sequence"]
    matter.note(kept, Progress.DONE, "It is dry.")
    with matter.town.database.writing() as db:
        db.get_one(Commitment, withdrawn).withdrawn_at = matter.town.now
    found = dates(visitor, matter)
    assert {found[f"promise-{p}"]["status"] for p in (kept, withdrawn)} == {"CANCELLED"}
    assert found[f"promise-{kept}"]["sequence"] > before
    assert "Nobody may read this" not in visitor.get(f"/calendar.ics?department={matter.slug}").text
    matter.note(kept, Progress.UNDER_WAY, "It leaks again.", after=1)
    assert dates(visitor, matter)[f"promise-{kept}"]["status"] == "CONFIRMED"


def test_everybodys_calendar_has_all_and_an_unknown_department_none(sqlite_site: RunningSite, visitor: httpx.Client):
    matter = Matter(sqlite_site)
    whole = visitor.get("/calendar.ics").text
    assert f"answer-{matter.referral.id}@" in whole
    assert visitor.get("/calendar.ics?department=nobody").status_code == 404
