"""Ada keeps the days on which nobody moderates."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app.audit.model import AuditEntry
from app.moderation.model import Holiday
from tests.site import ADMINISTRATOR, MODERATOR, RunningSite


@pytest.fixture
def ada(site: RunningSite) -> Iterator[httpx.Client]:
    site.town.staff(ADMINISTRATOR, "administrator")
    with site.signed_in(ADMINISTRATOR) as client:
        yield client
    site.town.sql("UPDATE moderation_holiday SET removed_at = '2020-01-01 00:00:00'")


def read(page: httpx.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def rows(site: RunningSite, name: str) -> list[Holiday]:
    return site.town.rows(Holiday, Holiday.name == name)


def acts(site: RunningSite, holiday: int) -> list[str]:
    entries = site.town.rows(
        AuditEntry, AuditEntry.subject_kind == "moderation.holiday", AuditEntry.subject_id == holiday
    )
    return [e.act for e in sorted(entries, key=lambda e: e.id)]


def test_ada_adds_christmas_removes_it_and_puts_it_back(site: RunningSite, ada: httpx.Client):
    fields = {"name": " Christmas  days ", "first": "2126-12-24", "last": "2126-12-27"}
    assert ada.post("/admin/holidays", data=fields).status_code == 303
    assert "Christmas days 24 December 2126 to 27 December 2126" in read(ada.get("/admin/holidays"))
    (holiday,) = rows(site, "Christmas days")
    assert ada.post(f"/admin/holidays/{holiday.id}/remove").status_code == 303
    page = read(ada.get("/admin/holidays"))
    assert "Removed in the last week Christmas days" in page
    assert f"/admin/holidays/{holiday.id}/put-back" in ada.get("/admin/holidays").text
    for _twice in range(2):
        assert ada.post(f"/admin/holidays/{holiday.id}/put-back").status_code == 303
    assert rows(site, "Christmas days")[0].removed_at is None
    assert "Removed in the last week" not in read(ada.get("/admin/holidays"))
    kinds = ("add", "remove", "put-back")
    assert acts(site, holiday.id) == [f"moderation.holiday.{kind}" for kind in kinds]


def test_the_same_holiday_sent_twice_is_one_and_others_may_overlap(site: RunningSite, ada: httpx.Client):
    fields = {"name": "Twelfth night", "first": "05/01/2127", "last": "06/01/2127"}
    for _twice in range(2):
        assert ada.post("/admin/holidays", data=fields).status_code == 303
    assert ada.post("/admin/holidays", data=fields | {"name": "Recess", "last": "2127-01-20"}).status_code == 303
    assert len(rows(site, "Twelfth night")) == len(rows(site, "Recess")) == 1


@pytest.mark.parametrize(
    ("wrong", "faults"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "\u200b \u2060"}, {"name"}),
        ({"name": "n" * 81}, {"name"}),
        ({"first": ""}, {"first"}),
        ({"first": "Christmas Eve"}, {"first"}),
        ({"first": "2126-02-30"}, {"first"}),
        ({"first": "0026-12-24", "last": "9999-12-31"}, {"first", "last"}),
        ({"last": "2126-12-23"}, {"last"}),
        ({"last": "2127-03-26"}, {"last"}),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_kept(
    site: RunningSite, ada: httpx.Client, wrong: dict[str, str], faults: set[str]
):
    fields = {"name": "Nothing real", "first": "2126-12-24", "last": "2126-12-27"} | wrong
    page = ada.post("/admin/holidays", data=fields)
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert set(re.findall(r'<li><a href="#([\w-]+)">', page.text)) == faults
    kept = dict(re.findall(r'name="(name|first|last)"[^>]*value="([^"]*)"', page.text))
    assert {name: html.unescape(value) for name, value in kept.items()} == fields
    assert rows(site, "Nothing real") == []


def test_an_unknown_holiday_is_not_found(ada: httpx.Client):
    for act in ("remove", "put-back"):
        assert ada.post(f"/admin/holidays/999999/{act}").status_code == 404


def test_to_moderators_the_page_does_not_exist(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as maureen:
        assert maureen.get("/admin/holidays").status_code == 404
        fields = {"name": "A day off", "first": "2126-01-01", "last": "2126-01-01"}
        assert maureen.post("/admin/holidays", data=fields).status_code == 404
    assert rows(site, "A day off") == []


def test_the_queue_marks_what_is_late_by_the_promise_and_its_holidays(site: RunningSite, ada: httpx.Client):
    words = f"Put back the old signpost {secrets.token_hex(8)}"
    petition = site.town.start(action=words)
    site.town.support(petition)
    days = {"eight": timedelta(days=8), "none": timedelta(0)}

    def shown() -> str:
        part = read(ada.get("/moderation", params={"q": words})).partition(f"oldest first {words}")[2]
        return part[: part.index("Petition,")]

    came_in = site.town.now - days["eight"]
    site.town.sql(
        "UPDATE moderation_case SET opened_at = :at WHERE subject_id = :id", at=_stored(site, came_in), id=petition
    )
    assert "Late by 1 day" in shown()
    first = site.town.site.promising.today(site.town.now) - timedelta(days=3)
    fields = {"name": "Half-term", "first": first.isoformat(), "last": (first + timedelta(days=1)).isoformat()}
    assert ada.post("/admin/holidays", data=fields).status_code == 303
    assert "1 day left" in shown()
    assert "moved by Half-term" in shown()
    site.town.decide(petition)


def _stored(site: RunningSite, instant) -> object:
    return instant.replace(tzinfo=None).isoformat(" ", "microseconds") if site.town.database.is_sqlite else instant
