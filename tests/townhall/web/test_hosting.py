"""Ana schedules a town hall by its pages, without any script: from its first word to its last change."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from icalendar import Calendar

from app.core.ids import new_id
from tests import databases
from tests.fakes import FixedClock
from tests.site import RunningSite, fields_of
from tests.townhall.meeting import Meeting
from townhall.events import HallMoved
from townhall.model import AgendaItem, Hall, Poll, Speaker
from townhall.rules.lifecycle import HallState

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
MOVED: list[HallMoved] = []


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("hosting")
    if request.param == "sqlite":
        made = databases.sqlite_copy(request.getfixturevalue("sqlite_template"), folder)
    else:
        made = request.getfixturevalue("postgres_server").copy()
    policy = {"time_zone": "Europe/Berlin", "page_cache": "off"}
    with made as database, RunningSite(database, folder, clock=FixedClock(NOW), **policy) as site:
        site.house.site.listeners[HallMoved].append(lambda _db, event: MOVED.append(event))
        yield site


@pytest.fixture(scope="module")
def meeting(running: RunningSite) -> Meeting:
    return Meeting(running.town)


@pytest.fixture(scope="module")
def ana(running: RunningSite, meeting: Meeting) -> Iterator[httpx.Client]:
    with running.signed_in("ana.council@example.org") as client:
        yield client


def send(
    client: httpx.Client, page: str, path: str = "", *, status: int = 303, **values: str | list[str]
) -> httpx.Response:
    """The page's form with what is filled in."""
    answer = client.post(path or page, data={"revision": fields_of(client.get(page).text).get("revision", "")} | values)
    assert answer.status_code == status, (path or page, answer.status_code, answer.text[-900:])
    return answer


def text_of(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.text[-900:])
    return html.unescape(answer.text)


def begun(ana: httpx.Client, title: str = "Budget 2027, Ward 4") -> str:
    return send(ana, "/hosting/townhalls/new", title=title, submission=str(new_id())).headers["location"]


def written(ana: httpx.Client, meeting: Meeting, title: str = "Budget 2027, Ward 4", code: str = "") -> str:
    """Everything but its times."""
    here = begun(ana, title)
    about = {
        "title": title,
        "summary": "Ask about the budget.",
        "body": "What the ward gets.",
        "contact": "halls@example.org",
    }
    send(ana, f"{here}/edit/about", **about)
    send(ana, f"{here}/edit/people", host=str(meeting.ana), moderators=[str(meeting.ben), str(meeting.cleo)])
    if code:
        send(ana, f"{here}/edit/taking-part", entry="registered", screening="true", code=code)
    return here


def times(starts: str, ends: str, day: str = "2026-10-05") -> dict[str, str]:
    return {"starts_day": day, "starts_time": starts, "ends_day": day, "ends_time": ends}


def calendar_of(client: httpx.Client, here: str) -> dict[str, str]:
    answer = client.get(here.removeprefix("/hosting") + ".ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    (entry,) = Calendar.from_ical(answer.text).walk("VEVENT")
    return {
        name: entry[name].to_ical().decode() for name in ("UID", "SEQUENCE", "DTSTART", "DTEND", "STATUS", "SUMMARY")
    }


def row(running: RunningSite, here: str) -> Hall:
    (found,) = running.town.rows(Hall, Hall.id == int(here.rpartition("/")[2]))
    return found


def test_scenario_1_moving_a_hall_keeps_its_uid_and_raises_its_sequence(
    running: RunningSite, meeting: Meeting, ana: httpx.Client
) -> None:
    here = written(ana, meeting)
    lacking = text_of(ana, here)
    assert "Missing before it can be public" in lacking
    assert "Start and end are missing" in lacking
    refused = send(ana, here, f"{here}/schedule", status=422)
    assert "There is a problem" in refused.text
    send(ana, f"{here}/edit/when", **times("18:00", "19:30"))
    with running.client() as visitor:
        assert visitor.get(here.removeprefix("/hosting")).status_code == 404
        assert visitor.get(here.removeprefix("/hosting") + ".ics").status_code == 404
        send(ana, here, f"{here}/schedule")
        before = calendar_of(visitor, here)
        assert (before["DTSTART"], before["DTEND"]) == ("20261005T160000Z", "20261005T173000Z")
        told = len(MOVED)
        send(ana, f"{here}/edit/when", **times("18:30", "20:00"))
        after = calendar_of(visitor, here)
        assert after["UID"] == before["UID"]
        assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
        assert after["DTSTART"] == "20261005T163000Z"
        assert [event.hall_id for event in MOVED[told:]] == [row(running, here).id]
        send(ana, f"{here}/edit/access", captions="Typed by a person", sign_language="", access_notes="")
        assert len(MOVED) == told + 1  # nobody gets a letter for that
        page = text_of(visitor, here.removeprefix("/hosting"))
        assert "5 October 2026, 6:30 pm CEST" in page
        assert "1 hour 30 minutes" in page
        assert "in 34 days" in page


def test_a_form_sent_twice_begins_one_and_only_officials_come_in(running: RunningSite, ana: httpx.Client) -> None:
    form = {"title": "Sent twice by accident", "submission": str(new_id())}
    first, again = (ana.post("/hosting/townhalls/new", data=form).headers["location"] for _time in range(2))
    assert first == again
    assert "5 characters or more" in send(ana, "/hosting/townhalls/new", status=422, title="Hi").text
    with running.signed_in("ben.council@example.org") as ben:
        assert ben.get("/hosting/townhalls").status_code == 404
        assert ben.get(first).status_code == 404


def test_another_departments_official_reads_and_changes_nothing(
    running: RunningSite, meeting: Meeting, ana: httpx.Client
) -> None:
    here = written(ana, meeting)
    running.town.department("parks")
    running.town.staff("olga@example.org", "official", "parks")
    with running.signed_in("olga@example.org") as olga:
        assert "Another department leads this" in text_of(olga, here)
        send(olga, f"{here}/edit/about", status=403, title="Taken over by Olga", summary="x", body="y", contact="z")
        send(olga, f"{here}/agenda", status=403, title="Mine", minutes="5")
        send(olga, f"{here}/polls/new", status=403, kind="cloud", question="Whose?")
        send(olga, here, f"{here}/discard", status=403)
    assert row(running, here).title == "Budget 2027, Ward 4"


def test_whoever_is_second_loses_nothing_and_sees_what_stands(meeting: Meeting, ana: httpx.Client) -> None:
    here = begun(ana)
    old = fields_of(ana.get(f"{here}/edit/about").text)["revision"]
    send(ana, f"{here}/edit/about", title="As a colleague wrote it", summary="Theirs", body="", contact="")
    mine = {"title": "As Ana wrote it", "summary": "Hers", "body": "Long thoughts.", "contact": "", "revision": old}
    late = ana.post(f"{here}/edit/about", data=mine)
    assert late.status_code == 409
    page = html.unescape(late.text)
    assert "As a colleague wrote it" in page
    assert 'value="As Ana wrote it"' in page
    assert "Long thoughts." in page
    mine["revision"] = fields_of(late.text)["revision"]
    assert ana.post(f"{here}/edit/about", data=mine).status_code == 303
    assert "As Ana wrote it" in text_of(ana, here)


@pytest.mark.parametrize(
    ("day", "at", "says"),
    [
        ("2026-10-25", "02:30", "comes twice"),
        ("2027-03-28", "02:30", "does not exist"),
        ("2027-03-32", "18:00", "Enter a day"),
        ("2026-10-05", "25:00", "Enter a time"),
        ("2036-10-05", "18:00", "within the next 5 years"),
    ],
)
def test_times_that_clocks_do_not_show_once_are_asked_about(ana: httpx.Client, day: str, at: str, says: str) -> None:
    here = begun(ana)
    answer = send(ana, f"{here}/edit/when", status=422, **times(at, "23:00", day=day))
    assert says in html.unescape(answer.text)
    assert f'value="{at}"' in answer.text


def test_the_later_of_two_is_stored_as_chosen_and_shown_so(running: RunningSite, ana: httpx.Client) -> None:
    here = begun(ana)
    send(ana, f"{here}/edit/when", **times("02:30", "04:00", day="2026-10-25"), starts_which="second")
    assert row(running, here).starts_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert re.search(r'value="second" checked', ana.get(f"{here}/edit/when").text)
    answer = send(ana, f"{here}/edit/when", status=422, **times("20:00", "18:00"))
    assert "It must end after it starts" in answer.text
    late = times("18:00", "19:00") | {"ends_day": "2026-10-07"}
    assert "24 hours" in send(ana, f"{here}/edit/when", status=422, **late).text


def test_a_code_is_one_whatever_way_it_is_spelt_and_only_one_halls(
    running: RunningSite, meeting: Meeting, ana: httpx.Client
) -> None:
    here = written(ana, meeting, code="ward 4")
    assert row(running, here).code == "WARD4"
    other = begun(ana, "Another one")
    generated = row(running, other).code
    assert generated is not None
    assert re.fullmatch(r"[A-Z0-9]{6}", generated)
    form = {"entry": "registered", "screening": "true"}
    taken = send(ana, f"{other}/edit/taking-part", status=422, code="Ward-4", **form)
    assert "Another town hall has this code" in taken.text
    assert "4 to 12 letters" in send(ana, f"{other}/edit/taking-part", status=422, code="café!", **form).text
    assert "whole number" in send(ana, f"{other}/edit/taking-part", status=422, code="NEW1", capacity="-3", **form).text
    send(ana, here, f"{here}/discard")
    send(ana, f"{other}/edit/taking-part", code="Ward-4", **form)  # free again
    over = meeting.hall(HallState.ENDED, code="LAST1")
    send(ana, f"{other}/edit/taking-part", code="last 1", **form)
    assert row(running, other).code == "LAST1"
    assert meeting.row(Hall, over).code is None


def test_speakers_are_rows_that_grow_and_go(running: RunningSite, meeting: Meeting, ana: httpx.Client) -> None:
    here = begun(ana)
    people = {"host": str(meeting.ana), "speaker_1": "Rhoda Rivers", "speaker_1_about": "Head of Roads"}
    more = send(ana, f"{here}/edit/people", status=200, go="rows", **people)
    assert 'name="speaker_5"' in more.text
    assert 'value="Rhoda Rivers"' in more.text
    nameless = send(ana, f"{here}/edit/people", status=422, speaker_2_about="Nobody knows", **people)
    assert "Enter the name of this speaker" in nameless.text
    send(ana, f"{here}/edit/people", speaker_3="Sam Okafor", **people)
    hall = row(running, here).id
    assert [s.name for s in running.town.rows(Speaker, Speaker.hall_id == hall)] == ["Rhoda Rivers", "Sam Okafor"]
    send(ana, f"{here}/edit/people", host=str(meeting.ana), speaker_3="Sam Okafor")
    assert [s.name for s in running.town.rows(Speaker, Speaker.hall_id == hall)] == ["Sam Okafor"]
    wrong = send(ana, f"{here}/edit/people", status=422, host=str(meeting.ben))
    assert "Choose an official who hosts it" in wrong.text


def titles(running: RunningSite, hall: int) -> list[str]:
    rows = running.town.rows(AgendaItem, AgendaItem.hall_id == hall)
    return [item.title for item in sorted(rows, key=lambda i: i.position)]


def test_the_agenda_is_put_in_order_by_buttons_and_what_was_removed_comes_back(
    running: RunningSite, ana: httpx.Client
) -> None:
    here = begun(ana)
    hall, page = row(running, here).id, f"{here}/agenda"
    for title, minutes in (("Welcome", "10"), ("Questions", "60"), ("Close", "5")):
        send(ana, page, title=title, minutes=minutes)
    ids = {i.title: i.id for i in running.town.rows(AgendaItem, AgendaItem.hall_id == hall)}
    send(ana, page, up=str(ids["Close"]))
    send(ana, page, down=str(ids["Close"]))
    send(ana, page, up=str(ids["Questions"]))
    send(ana, page, up=str(ids["Questions"]))  # it is on top already
    assert titles(running, hall) == ["Questions", "Welcome", "Close"]
    gone = send(ana, page, status=200, remove=str(ids["Welcome"]))
    assert "“Welcome” was removed" in html.unescape(gone.text)
    assert titles(running, hall) == ["Questions", "Close"]
    back = fields_of(gone.text.partition('role="status"')[2].partition("</form>")[0])
    assert ana.post(page, data=back).status_code == 303
    assert titles(running, hall) == ["Questions", "Welcome", "Close"]
    assert "1 hour 15 minutes" in text_of(ana, page)
    item = f"{page}/{ids['Close']}"
    assert "from 1 to 600" in send(ana, item, status=422, title="Close", minutes="soon").text
    stale = ana.post(item, data={"title": "The end", "minutes": "7", "revision": "1"})
    assert stale.status_code == 409
    assert 'value="The end"' in stale.text
    send(ana, item, title="The end", minutes="7")
    assert "The end" in titles(running, hall)
    send(ana, page, status=404, remove="999999")


def test_polls_are_prepared_in_order_and_nobody_sees_them(
    running: RunningSite, meeting: Meeting, ana: httpx.Client
) -> None:
    here = written(ana, meeting)
    hall, page = row(running, here).id, f"{here}/polls"
    options = "Repair it\nReplace it"
    send(ana, f"{page}/new", kind="single", question="What about the bridge?", options=options)
    send(ana, f"{page}/new", kind="cloud", question="Your ward in a word?", most="2")
    assert "Give 2 to 20 options" in send(ana, f"{page}/new", status=422, kind="multiple", question="Which?").text
    first, second = running.town.rows(Poll, Poll.hall_id == hall)
    send(ana, page, up=str(second.id))
    shown = text_of(ana, page)
    assert shown.index("Your ward in a word?") < shown.index("What about the bridge?")
    stale = ana.post(f"{page}/{first.id}", data={"kind": "single", "question": "New?", "options": options, "rev": "9"})
    assert stale.status_code == 409
    assert "New?" in stale.text
    rev = fields_of(ana.get(f"{page}/{first.id}").text)["rev"]
    send(ana, f"{page}/{first.id}", kind="rating", question="How good is the bridge?", rev=rev)
    gone = send(ana, page, status=200, remove=str(second.id))
    back = fields_of(gone.text.partition('role="status"')[2].partition("</form>")[0])
    assert ana.post(f"{page}/new", data=back).status_code == 303
    shown = text_of(ana, page)
    assert shown.index("Your ward in a word?") < shown.index("How good is the bridge?")
    send(ana, f"{here}/edit/when", **times("18:00", "19:30"))
    send(ana, here, f"{here}/schedule")
    with running.client() as visitor:
        for suffix in ("", ".json", ".ics"):
            assert "bridge" not in text_of(visitor, here.removeprefix("/hosting") + suffix)


def test_videos_are_https_and_nothing_of_them_loads_by_itself(
    running: RunningSite, meeting: Meeting, ana: httpx.Client
) -> None:
    here = written(ana, meeting)
    for kind, url, says in (
        ("hls", "https://video.example.org/live", "ends in .m3u8"),
        ("link", "http://video.example.org/live", "begins with https://"),
        ("link", "javascript:alert(1)", "begins with https://"),
        ("link", "", "Enter the address"),
    ):
        assert says in send(ana, f"{here}/edit/watch", status=422, video_kind=kind, video_url=url).text
    send(ana, f"{here}/edit/watch", video_kind="hls", video_url="https://video.example.org/live.m3u8")
    send(ana, f"{here}/edit/when", **times("18:00", "19:30"))
    send(ana, here, f"{here}/schedule")
    with running.client() as visitor:
        page = text_of(visitor, here.removeprefix("/hosting"))
        assert "from video.example.org, once you press Play" in page
        assert not re.findall(r'(?:src|href|poster)="https://video', page)


def test_documents_are_read_by_colleagues_at_once_and_by_everybody_once_it_is_public(
    running: RunningSite, meeting: Meeting, ana: httpx.Client
) -> None:
    here = written(ana, meeting)
    page = f"{here}/documents"
    assert "Choose a file" in ana.post(page, data={"title": "None"}, files={"document": ("", b"")}).text
    for title in ("Figures", "Slip"):
        sent = ana.post(page, data={"title": title}, files={"document": ("a.txt", f"{title} of 2027".encode())})
        assert sent.status_code == 303, sent.text
    numbers = re.findall(r'name="remove_file" value="(\d+)"', ana.get(page).text)
    assert ana.post(f"{page}/remove", data={"remove_file": numbers[1]}).status_code == 303
    assert ana.get(f"{page}/{numbers[0]}").content == b"Figures of 2027"
    assert ana.get(f"{page}/{numbers[1]}").status_code == 404
    send(ana, f"{here}/edit/when", **times("18:00", "19:30"))
    send(ana, here, f"{here}/schedule")
    assert ana.post(f"{page}/remove", data={"remove_file": numbers[0]}).status_code == 409
    with running.client() as visitor:
        public = text_of(visitor, here.removeprefix("/hosting"))
        link = re.search(r'href="(/files/[^"]+)"', public)
        assert link is not None
        assert visitor.get(link[1]).content == b"Figures of 2027"


def test_cancelled_with_a_reason_that_everybody_reads(
    running: RunningSite, meeting: Meeting, ana: httpx.Client
) -> None:
    here = written(ana, meeting)
    send(ana, f"{here}/edit/when", **times("18:00", "19:30"))
    assert ana.get(f"{here}/cancel").status_code == 409  # nobody knows of it yet
    send(ana, here, f"{here}/schedule")
    before = calendar_of(ana, here)
    assert "Give the reason" in send(ana, f"{here}/cancel", status=422, reason=" ").text
    send(ana, f"{here}/cancel", reason="The hall is <b>flooded</b>.")
    assert row(running, here).state == HallState.CANCELLED
    with running.client() as visitor:
        after = calendar_of(visitor, here)
        assert after["UID"] == before["UID"]
        assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
        assert after["STATUS"] == "CANCELLED"
        page = visitor.get(here.removeprefix("/hosting")).text
        assert "This town hall was cancelled" in page
        assert "&lt;b&gt;flooded" in page
        assert "Go in" not in page
    assert ana.get(f"{here}/edit/when").status_code == 409
    send(ana, here, f"{here}/schedule", status=409)


def test_what_is_public_keeps_what_it_needs(running: RunningSite, meeting: Meeting, ana: httpx.Client) -> None:
    here = written(ana, meeting)
    send(ana, f"{here}/edit/when", **times("18:00", "19:30"))
    send(ana, here, f"{here}/schedule")
    empty = {"title": "Budget 2027, Ward 4", "summary": "", "body": "", "contact": ""}
    assert "cannot be empty" in send(ana, f"{here}/edit/about", status=422, **empty).text
    gone = times("", "", day="")
    assert "it needs a start and an end" in send(ana, f"{here}/edit/when", status=422, **gone).text
    past = times("18:00", "19:00", day="2026-08-01")
    assert "still to come" in send(ana, f"{here}/edit/when", status=422, **past).text
    assert "choose one" in send(ana, f"{here}/edit/people", status=422, host=str(meeting.ana)).text
    meeting.participant(row(running, here).id, "Dora Diaz")
    form = {"entry": "registered", "screening": "true", "code": row(running, here).code or ""}
    meeting.participant(row(running, here).id, "Emil Eder")
    assert "2 people have a place" in send(ana, f"{here}/edit/taking-part", status=422, capacity="1", **form).text
    send(ana, f"{here}/edit/taking-part", capacity="2", **form)
    with running.client() as visitor:
        page = text_of(visitor, here.removeprefix("/hosting"))
        assert "All 2 places are taken" in page
        assert "Join the waiting list" in page


def test_the_list_shows_mine_my_departments_and_all_by_state(
    running: RunningSite, meeting: Meeting, ana: httpx.Client
) -> None:
    for state in HallState:
        meeting.hall(state, title=f"One that is {state}")
    now = text_of(ana, "/hosting/townhalls?whose=department")
    assert now.index("One that is live") < now.index("One that is scheduled")
    assert "One that is ended" not in now
    assert "One that is ended" in text_of(ana, "/hosting/townhalls?state=ended")
    gone = text_of(ana, "/hosting/townhalls?state=gone&whose=mine")
    assert "One that is cancelled" in gone
    assert "One that is discarded" in gone
    assert "There is nothing here" not in text_of(ana, "/hosting/townhalls?whose=nonsense&state=nonsense")
    running.town.department("parks")
    running.town.staff("olga@example.org", "official", "parks")
    with running.signed_in("olga@example.org") as olga:
        assert "There is nothing here" in text_of(olga, "/hosting/townhalls")
        assert "One that is live" in text_of(olga, "/hosting/townhalls?whose=all")


def test_everything_that_was_done_holds(running: RunningSite) -> None:
    assert running.town.broken(running.town.now + timedelta(seconds=1)) == {}
