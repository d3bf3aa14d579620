"""What a hall lacks before it is public, and what videos and times can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.core.errors import BadField, Invalid
from townhall.rules import writing
from townhall.rules.writing import Plan

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)
WHOLE = {
    "title": "Budget 2027",
    "summary": "Ask.",
    "body": "What the ward gets.",
    "contact": "halls@example.org",
    "venue": "",
    "captions": "",
    "sign_language": "",
    "access_notes": "",
    "screening": True,
    "starts_at": NOW + AN_HOUR,
    "ends_at": NOW + 2 * AN_HOUR,
}
PLAN = Plan(hosts=1, moderators=1, items=2, minutes=60)


def hall(**columns: Any) -> SimpleNamespace:
    return SimpleNamespace(**WHOLE | columns)


@pytest.mark.parametrize(
    ("columns", "plan", "fields"),
    [
        ({}, PLAN, []),
        ({"summary": " ", "body": ""}, PLAN, ["summary", "body"]),
        ({"starts_at": None, "ends_at": None}, PLAN, ["starts"]),
        ({"starts_at": NOW}, PLAN, ["starts"]),
        ({}, PLAN._replace(hosts=0), ["host"]),
        ({}, PLAN._replace(moderators=0), ["moderators"]),
        ({"screening": False}, PLAN._replace(moderators=0), []),
    ],
)
def test_what_is_missing_is_named(columns: dict[str, Any], plan: Plan, fields: list[str]) -> None:
    assert [lack.field for lack in writing.lacks(hall(**columns), plan, NOW)] == fields


def test_advice_keeps_nothing_from_being_public() -> None:
    assert [a.field for a in writing.advice(hall(), PLAN)] == ["access"]
    spoken = hall(access_notes="A hearing loop is fitted.")
    assert writing.advice(spoken, PLAN) == []
    assert [a.field for a in writing.advice(spoken, PLAN._replace(minutes=61))] == ["agenda"]
    assert [a.field for a in writing.advice(spoken, PLAN._replace(items=0, minutes=0))] == ["agenda"]


@pytest.mark.parametrize(
    "address",
    [
        "http://video.example.org/a",
        "javascript:alert(1)",
        "data:text/html,x",
        "//video.example.org",
        "https://user:pw@video.example.org/",
        "https://127.0.0.1/live.m3u8",
        "mailto:halls@example.org",
        "https://video.example.org/" + "a" * 600,
    ],
)
def test_only_a_plain_https_address_is_a_video(address: str) -> None:
    with pytest.raises(BadField):
        writing.read_address(address)


def test_kind_and_address_fit_each_other() -> None:
    assert writing.read_address(" https://Video.example.org/live.m3u8?key=1 ").startswith("https://video.example.org/")
    writing.check_video("hls", "https://video.example.org/live.m3u8?key=1")
    writing.check_video("none", "")
    for kind, url in (("hls", "https://video.example.org/live.mp4"), ("hls", ""), ("link", "")):
        with pytest.raises(Invalid):
            writing.check_video(kind, url)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", "1000001", "١"])
def test_places_are_a_whole_number_or_without_end(text: str) -> None:
    with pytest.raises(BadField):
        writing.read_capacity(text, 1_000_000)


def test_places_are_read_as_people_write_them() -> None:
    assert [writing.read_capacity(text, 1_000_000) for text in ("", " 50 ", "1,200")] == [None, 50, 1200]
