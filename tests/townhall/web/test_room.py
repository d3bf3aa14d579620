"""A hall's pages without a script: everything is a form."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import httpx
import pytest

from tests.site import ADMINISTRATOR, RunningSite
from tests.townhall.meeting import Meeting
from townhall.rules.lifecycle import Entry, HallState


@pytest.fixture(scope="module")
def meeting(sqlite_site: RunningSite) -> Meeting:
    return Meeting(sqlite_site.town, "room-pages")


@pytest.fixture
def nora(sqlite_site: RunningSite) -> Iterator[httpx.Client]:
    with sqlite_site.client() as client:
        yield client


def page(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[-800:])
    return html.unescape(answer.text)


def test_nora_reads_without_registering_and_is_told_how_to_take_part(nora: httpx.Client, meeting: Meeting) -> None:
    hall = meeting.hall()
    meeting.question(hall, "Why is <Oak Street> still closed?")
    shown = page(nora, f"/townhalls/{hall}/room")
    assert "Why is <Oak Street> still closed?" in shown
    assert f'href="/townhalls/{hall}/register"' in shown
    assert 'http-equiv="refresh" content="20"' in shown


def test_the_page_one_writes_on_does_not_refresh_itself(nora: httpx.Client, meeting: Meeting) -> None:
    hall = meeting.hall(entry=Entry.OPEN)
    assert 'http-equiv="refresh"' in page(nora, f"/townhalls/{hall}/room")
    writing = page(nora, f"/townhalls/{hall}/room?write=yes")
    assert 'http-equiv="refresh"' not in writing
    assert re.search(r'<textarea[^>]* name="text"', writing)


def test_staff_pages_are_there_for_staff_alone(sqlite_site: RunningSite, meeting: Meeting) -> None:
    hall = meeting.hall()
    meeting.question(hall, "May I ask?")
    for address, path in (
        (f"ana.{meeting.home}@example.org", f"/hosting/townhalls/{hall}/console"),
        (f"ben.{meeting.home}@example.org", f"/moderation/townhalls/{hall}"),
    ):
        with sqlite_site.signed_in(address) as staff:
            assert "May I ask?" in page(staff, path)
        with sqlite_site.client() as nobody:
            assert nobody.get(path).status_code == 404


def test_console_and_desk_lead_nobody_to_a_page_that_is_not_theirs(sqlite_site: RunningSite, meeting: Meeting) -> None:
    """Ana hosts and does not moderate, Ben moderates and plans nothing, Ada is neither official nor moderator."""
    hall = meeting.hall()
    sqlite_site.town.staff(ADMINISTRATOR, "administrator")
    console, desk = f"/hosting/townhalls/{hall}/console", f"/moderation/townhalls/{hall}"
    ana, ben = f"ana.{meeting.home}@example.org", f"ben.{meeting.home}@example.org"
    for address, path in ((ana, console), (ben, console), (ben, desk), (ADMINISTRATOR, desk)):
        with sqlite_site.signed_in(address) as staff:
            leads_to = set(re.findall(r'href="(/(?:hosting|moderation)/townhalls/[^"]*)"', page(staff, path)))
            assert {there: staff.get(there).status_code for there in leads_to} == dict.fromkeys(leads_to, 200), address


def test_the_projector_shows_how_to_join(nora: httpx.Client, meeting: Meeting) -> None:
    hall = meeting.hall(code="WARD4A")
    shown = page(nora, f"/townhalls/{hall}/screen")
    assert "WARD4A" in shown
    assert "<svg" in shown


@pytest.mark.parametrize("state", [HallState.ENDED, HallState.CANCELLED])
def test_the_projector_that_comes_back_when_it_is_over_is_led_to_the_hall_s_page(
    nora: httpx.Client, meeting: Meeting, state: HallState
) -> None:
    hall = meeting.hall(state)
    answer = nora.get(f"/townhalls/{hall}/screen")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/townhalls/{hall}")


@pytest.mark.parametrize("state", [HallState.DRAFT, HallState.DISCARDED])
def test_what_is_not_public_has_no_room(nora: httpx.Client, meeting: Meeting, state: HallState) -> None:
    hall = meeting.hall(state)
    assert nora.get(f"/townhalls/{hall}/room").status_code == 404
    assert nora.get(f"/townhalls/{hall}/screen").status_code == 404


def answer(nora: httpx.Client, hall: int, poll: int, **fields: str) -> httpx.Response:
    return nora.post(f"/townhalls/{hall}/room", data={"op": "poll.answer", "poll": str(poll)} | fields)


def test_nora_is_told_what_is_wrong_with_her_answer(nora: httpx.Client, meeting: Meeting) -> None:
    hall = meeting.hall(entry=Entry.OPEN)
    single, ranking = meeting.poll(hall), meeting.poll(hall, "ranking")
    page(nora, f"/townhalls/{hall}/room")
    for refused, words in (
        (answer(nora, hall, single), "Choose an answer."),
        (
            answer(nora, hall, ranking, **{"rank-1": "1", "rank-2": "1", "rank-3": "2"}),
            "Two of them stand on the same place",
        ),
    ):
        assert (refused.status_code, words in refused.text) == (422, True)
    assert answer(nora, hall, ranking, **{"rank-1": "2", "rank-2": "1", "rank-3": "3"}).status_code == 303


@pytest.mark.parametrize("kind", ["single", "multiple", "ranking", "cloud"])
def test_enter_in_a_poll_sends_the_answer_and_never_a_mark(nora: httpx.Client, meeting: Meeting, kind: str) -> None:
    hall = meeting.hall(entry=Entry.OPEN)
    poll = meeting.poll(hall, kind)
    form = page(nora, f"/townhalls/{hall}/room").partition(f'id="poll-{poll}"')[2]
    first = re.search(r"<button[^>]*>([^<]*)", form)
    assert first is not None
    assert first[1] == "Send my answer"
    assert "name=" not in first[0]
