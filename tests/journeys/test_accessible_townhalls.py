"""The pages on which officials schedule a town hall, and what everyone reads of it in each of its states."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests import databases
from tests.fakes import FixedClock
from tests.journeys.claiming import SCHEDULING
from tests.journeys.walking import Visit, walk_over
from tests.site import RunningSite
from tests.townhall.meeting import Meeting
from tests.townhall.web.test_hosting import begun, send, times, written
from townhall.model import AgendaItem, Caption, Hall, Poll
from townhall.rules.lifecycle import HallState

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ANA = "ana.council@example.org"
SECTIONS = ("about", "when", "taking-part", "people", "access", "watch")


def test_officials_and_readers_can_use_every_page(sqlite_template: Path, tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 9, 1, 9, tzinfo=UTC))
    with (
        databases.sqlite_copy(sqlite_template, tmp_path) as database,
        RunningSite(database, tmp_path, clock=clock, page_cache="off", time_zone="Europe/Berlin", mode="demo") as site,
    ):
        meeting = Meeting(site.town)
        with site.signed_in(ANA) as ana:
            here = prepared(site, meeting, ana)
        with walk_over(site) as walk:
            walk.visitor([Visit("/townhalls", sees="No department has announced one yet")])
            walk.member(ANA, officials_visits(site, meeting, here))
            walk.visitor(readers_visits(meeting))
            over = ended(meeting)
            walk.member(ANA, afterwards_visits(site, over))
            walk.visitor(archive_visits(over))
            assert walk.findings(SCHEDULING) == []


def prepared(site: RunningSite, meeting: Meeting, ana: httpx.Client) -> str:
    """A draft with everything but its times."""
    here = written(ana, meeting)
    send(ana, f"{here}/agenda", title="Welcome", minutes="10")
    send(ana, f"{here}/agenda", title="A part with a longer title, so that it has to wrap on a phone", minutes="70")
    send(ana, f"{here}/polls/new", kind="single", question="What about the bridge?", options="Repair it\nReplace it")
    send(ana, f"{here}/polls/new", kind="cloud", question="Your ward in a word?")
    sent = ana.post(f"{here}/documents", data={"title": "Figures"}, files={"document": ("a.txt", b"Figures of 2027")})
    assert sent.status_code == 303
    assert begun(ana, "A draft that says nothing yet")
    return here


def officials_visits(site: RunningSite, meeting: Meeting, here: str) -> Iterator[Visit]:
    hall = int(here.rpartition("/")[2])
    item = min(i.id for i in site.town.rows(AgendaItem, AgendaItem.hall_id == hall))
    poll = min(p.id for p in site.town.rows(Poll, Poll.hall_id == hall))
    yield Visit("/hosting/townhalls", sees="Begin a town hall")
    yield Visit("/hosting/townhalls?state=gone", sees="There is nothing here")
    yield Visit("/hosting/townhalls/new")
    yield Visit("/hosting/townhalls/new", 422, {"title": ""})
    yield Visit(here, sees="Missing before it can be public")
    yield Visit(f"{here}/schedule", 422, {"revision": _revision(site, hall)}, "There is a problem")
    for section in SECTIONS:
        yield Visit(f"{here}/edit/{section}")
    yield Visit(f"{here}/edit/about", 409, {"title": "My words", "revision": "1"}, "What stands there now")
    yield Visit(f"{here}/edit/people", 409, {"host": str(meeting.ana), "revision": "1"}, "What stands there now")
    yield Visit(f"{here}/edit/people", 200, {"go": "rows"}, "More rows")
    yield Visit(f"{here}/edit/people", 422, {"speaker_1_about": "Nobody"}, "There is a problem")
    yield Visit(f"{here}/edit/taking-part", 422, {"entry": "", "code": "!"}, "There is a problem")
    yield Visit(f"{here}/edit/watch", 422, {"video_kind": "hls", "video_url": "http://x"}, "There is a problem")
    yield Visit(f"{here}/edit/when", 422, times("02:30", "04:00", day="2026-10-25"), "Which one do you mean?")
    yield Visit(f"{here}/agenda", sees="Together 1 hour 20 minutes")
    yield Visit(f"{here}/agenda", 422, {"title": "", "minutes": "x"}, "There is a problem")
    yield Visit(f"{here}/agenda/{item}")
    yield Visit(
        f"{here}/agenda/{item}", 409, {"title": "Mine", "minutes": "4", "revision": "1"}, "What stands there now"
    )
    yield Visit(f"{here}/agenda", 200, {"remove": str(item)}, "Undo: put it back")
    yield Visit(f"{here}/polls")
    yield Visit(f"{here}/polls/new")
    yield Visit(f"{here}/polls/new", 422, {"kind": "single", "question": ""}, "There is a problem")
    yield Visit(f"{here}/polls/{poll}")
    yield Visit(
        f"{here}/polls/{poll}", 409, {"kind": "rating", "question": "Mine?", "rev": "9"}, "What stands there now"
    )
    yield Visit(f"{here}/polls", 200, {"remove": str(poll)}, "Undo: put it back")
    yield Visit(f"{here}/documents", sees="Figures")
    yield Visit(f"{here}/preview", sees="This is a preview")
    yield Visit(f"{here}/discard")
    with site.signed_in(ANA) as ana:
        send(ana, f"{here}/edit/when", **times("18:00", "19:30"))
        send(ana, here, f"{here}/schedule")
    yield Visit(here, sees="You can still change it")
    yield Visit(f"{here}/edit/when", sees="calendars learn of what you save")
    yield Visit(f"{here}/documents", sees="it can no longer be removed")
    yield Visit(f"{here}/cancel")
    yield Visit(f"{here}/cancel", 422, {"reason": ""}, "Give the reason")


def ended(meeting: Meeting) -> int:
    """With a line of captions, and a question that a department owes an answer to."""
    hall, now = meeting.hall(HallState.ENDED), meeting.town.now
    meeting.question(hall, "Who pays for the bridge, and who told the shops in Oak Street about it?", votes=12)
    meeting.do(lambda db: db.add(Caption(hall_id=hall, number=1, text="We will repair it.", second=61, at=now)))
    meeting.town.work()
    return hall


def afterwards_visits(site: RunningSite, hall: int) -> Iterator[Visit]:
    here = f"/hosting/townhalls/{hall}"
    yield Visit(here, sees="Correct the captions")
    yield Visit(f"{here}/recording")
    yield Visit(f"{here}/recording", 422, {"recording_url": "http://x", "offset": "1:90"}, "There is a problem")
    yield Visit(f"{here}/captions", sees="We will repair it.")
    yield Visit(f"{here}/captions/1")
    yield Visit(f"{here}/captions/1", 422, {"text": "", "rev": "1"}, "There is a problem")
    yield Visit(f"{here}/captions/1", 409, {"text": "We mend it.", "rev": "7"}, "What stands there now")
    yield Visit(f"{here}/export", sees="What everyone may have")
    yield Visit(f"{here}/minutes", sees="This draft was made from the log")
    yield Visit(f"{here}/minutes", 422, {"body": "", "revision": "0"}, "There is a problem")
    for note in ("", "A street was called by another name."):
        with site.signed_in(ANA) as ana:
            send(ana, f"{here}/minutes", body="# Said\n\nThe **bridge** is mended.", note=note)
        yield Visit(f"{here}/minutes?done=saved", sees="Publish the minutes")
        yield Visit(f"{here}/minutes", 409, {"body": "Mine", "note": "x", "revision": "0"}, "What stands there now")
        with site.signed_in(ANA) as ana:
            send(ana, f"{here}/minutes", f"{here}/minutes/publish")
    yield Visit(f"{here}/minutes?done=published", sees="What do you correct?")


def archive_visits(hall: int) -> Iterator[Visit]:
    yield Visit(f"/townhalls/{hall}", sees="Read the minutes")
    yield Visit(f"/townhalls/{hall}/minutes", sees="What was corrected:")
    yield Visit(f"/townhalls/{hall}/minutes?version=1", sees="This is an older version.")
    yield Visit(f"/townhalls/{hall}/captions", sees="We will repair it.")


def _revision(site: RunningSite, hall: int) -> str:
    (row,) = site.town.rows(Hall, Hall.id == hall)
    return str(row.revision)


def readers_visits(meeting: Meeting) -> Iterator[Visit]:
    full = meeting.hall(
        HallState.SCHEDULED,
        capacity=1,
        code="WARD4",
        captions="Typed by a person",
        sign_language="British Sign Language",
        access_notes="Step-free.",
        venue="Library, 2 Oak Street",
        video_kind="link",
        video_url="https://video.example.org/halls/a-very-long-address-that-has-to-wrap-on-a-small-phone",
    )
    meeting.participant(full, "Dora Diaz")
    meeting.question(full, "Why is Oak Street still closed, and who told the shops?", votes=12)
    live = meeting.hall(HallState.LIVE, entry="open")
    staged = meeting.question(live, "Who pays for the bridge?")
    meeting.do(lambda db: setattr(db.get(Hall, live), "stage_id", staged))
    yield Visit(f"/townhalls/{full}", sees="Join the waiting list")
    yield Visit(f"/townhalls/{live}", sees="On stage")
    yield Visit(f"/townhalls/{meeting.hall(HallState.ENDED)}", sees="It took place on")
    yield Visit(f"/townhalls/{meeting.hall(HallState.CANCELLED)}", sees="The room is flooded.")
    yield Visit(f"/townhalls/{meeting.hall(HallState.DRAFT)}", 404)
    yield Visit("/townhalls", sees="Live now")
    yield Visit("/townhalls?q=nothing", sees="See all town halls")
    yield Visit("/townhalls?page=7", sees="There is no such page")
    yield Visit("/join")
    yield Visit("/join", 422, {"code": "nowhere"}, "No town hall has this code")
