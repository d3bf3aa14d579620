"""A calendar's file: days and meetings as programs read them, the same bytes for the same entries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

from app.core.web.calendar import Entry, written

NOON = datetime(2026, 3, 2, 12, 0, 0, 250, tzinfo=UTC)
ENTRY = Entry("answer-1@town.example", 2, NOON, date(2026, 3, 29), "Answer is due", "https://town.example/petitions/1")


def read(*entries: Entry) -> list[Event]:
    return list(Calendar.from_ical(written("Parks", "Town, Square", entries)).walk("VEVENT"))


def test_a_day_is_a_whole_day_that_makes_nobody_busy():
    [event] = read(ENTRY)
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2026, 3, 29), date(2026, 3, 30))
    assert (event["uid"], event["sequence"], event["status"]) == ("answer-1@town.example", 2, "CONFIRMED")
    assert event["transp"] == "TRANSPARENT" and event["url"] == "https://town.example/petitions/1"
    assert event.decoded("dtstamp") == NOON.replace(microsecond=0)


def test_a_meeting_begins_and_ends():
    [event] = read(Entry("hall-1@town.example", 0, NOON, NOON, "Hall", ends=NOON + timedelta(hours=2)))
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(hours=2) and "transp" not in event


def test_words_from_anybody_stay_words():
    title = "Open; the\r\nBEGIN:VEVENT, gate\\ \x07" + "ä" * 200
    body = written("P", "T", [Entry("a@b", 0, NOON, date(2026, 3, 2), title, about="one\ntwo\x00")])
    assert max(len(line) for line in body.split(b"\r\n")) <= 75 and body.count(b"\r\nBEGIN:VEVENT") == 1
    [event] = Calendar.from_ical(body).walk("VEVENT")
    assert str(event["summary"]).startswith("Open; the BEGIN:VEVENT, gate\\ ä") and event["description"] == "one\ntwo"


def test_what_is_cancelled_says_so():
    [event] = read(Entry("a@b", 3, NOON, date(2026, 3, 2), "No longer due", cancelled=True))
    assert event["status"] == "CANCELLED"


def test_the_same_entries_make_the_same_bytes():
    assert written("Parks", "Town", [ENTRY]) == written("Parks", "Town", [ENTRY])
    assert b"PRODID:-//Town//Town Square//EN" in written("Parks", "Town", [])
