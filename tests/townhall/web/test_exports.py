"""A hall as files: their counts equal the screen, nothing computes, nobody is named who did not want to be."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app.audit.model import AuditEntry
from tests.site import RunningSite
from tests.townhall.meeting import Meeting
from townhall.model import Caption
from townhall.rules.lifecycle import HallState
from townhall.rules.polls import PollState
from townhall.rules.questions import QuestionState
from townhall.rules.tracks import Line, web_track

FORMULA = '=HYPERLINK("https://evil.example","Budget")'


@pytest.fixture(scope="module", params=["sqlite_site", "postgres_site"])
def site(request: pytest.FixtureRequest) -> RunningSite:
    made: RunningSite = request.getfixturevalue(request.param)
    return made


@pytest.fixture(scope="module")
def meeting(site: RunningSite) -> Meeting:
    return Meeting(site.town, "exports")


@pytest.fixture(scope="module")
def ana(site: RunningSite, meeting: Meeting) -> Iterator[httpx.Client]:
    with site.signed_in("ana.exports@example.org") as client:
        yield client


@pytest.fixture(scope="module")
def hall(meeting: Meeting) -> int:
    now = meeting.town.now
    number = meeting.hall(HallState.ENDED, starts=now - timedelta(minutes=90), recording_offset=10)
    gil = meeting.participant(number, "Gil Gomez", email="gil.exports@example.org")
    kept = meeting.question(number, FORMULA, by=gil, anonymous=True, name="")
    meeting.question(number, "Joined to it", state=QuestionState.MERGED, merged_into_id=kept)
    meeting.question(number, "Rude words", state=QuestionState.REJECTED, reason_code="offensive")
    meeting.question(number, "Taken back", state=QuestionState.WITHDRAWN)
    results = {"answers": 3, "options": [{"id": n, "count": n, "percent": 33.3} for n in (1, 2, 3)]}
    meeting.poll(number, state=PollState.REVEALED, revealed_at=now, answers=3, results=results)
    meeting.poll(number, "cloud", state=PollState.CLOSED, closed_at=now, results={"words": [{"word": "x", "count": 2}]})
    meeting.do(lambda db: db.add(Caption(hall_id=number, number=1, text="A <b> & c", second=61, at=now)))
    return number


def taken(client: httpx.Client, hall: int, name: str) -> httpx.Response:
    answer = client.post(f"/hosting/townhalls/{hall}/export/{name}")
    assert answer.status_code == 200, (name, answer.status_code, answer.text[-500:])
    assert answer.headers["cache-control"] == "no-store"
    return answer


def lines_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_counts_of_csv_and_json_equal_the_screen(site: RunningSite, ana: httpx.Client, hall: int) -> None:
    page = ana.get(f"/hosting/townhalls/{hall}/export").text
    for name, count in (("questions", 4), ("polls", 2), ("captions", 1)):
        assert taken(ana, hall, f"{name}.json").json()["count"] == count
        assert f'<td class="govuk-table__cell govuk-table__cell--numeric">{count}</td>' in page
    assert len(lines_of(taken(ana, hall, "questions.csv"))) == 4
    with site.client() as hana:
        shown = hana.get(f"/townhalls/{hall}/questions.json").json()
        assert [q["text"] for q in shown["questions"]] == [FORMULA, "Joined to it"]
        assert len(lines_of(hana.get(f"/townhalls/{hall}/questions.csv"))) == shown["count"] == 2
        assert f"{hall}/questions.csv" in hana.get(f"/townhalls/{hall}").text


def test_no_spreadsheet_computes_a_question_and_none_is_named_who_asked_without(ana: httpx.Client, hall: int) -> None:
    answer = taken(ana, hall, "questions.csv")
    first = lines_of(answer)[0]
    assert first["text"] == f"'{FORMULA}"
    assert first["name"] == ""
    for name in ("questions.csv", "questions.json", "log.json", "polls.csv", "captions.csv", "log.csv"):
        text = taken(ana, hall, name).text
        assert "gil.exports" not in text
        assert "Taken back" not in text
    assert [q["name"] for q in json.loads(taken(ana, hall, "questions.json").text)["questions"]] == [
        "",
        "Gil Gomez",
        "Gil Gomez",
        "",
    ]


def test_results_that_nobody_revealed_are_in_no_file(ana: httpx.Client, hall: int) -> None:
    rows = lines_of(taken(ana, hall, "polls.csv"))
    assert [(r["option"], r["count"]) for r in rows] == [
        ("Repair it", "1"),
        ("Replace it", "2"),
        ("Leave it", "3"),
        ("", ""),
    ]
    assert taken(ana, hall, "polls.json").json()["polls"][1]["results"] is None


def test_who_took_a_file_stands_in_the_record(site: RunningSite, meeting: Meeting, ana: httpx.Client) -> None:
    hall = meeting.hall(HallState.ENDED)
    taken(ana, hall, "log.csv")
    (entry,) = site.town.rows(AuditEntry, AuditEntry.act == "townhalls.export", AuditEntry.subject_id == hall)
    assert (entry.actor_id, entry.facts) == (meeting.ana, {"file": "log.csv", "rows": 0})


def test_only_staff_take_them_and_only_what_ended_has_them(
    site: RunningSite, meeting: Meeting, ana: httpx.Client, hall: int
) -> None:
    live = meeting.hall(HallState.LIVE)
    assert ana.post(f"/hosting/townhalls/{hall}/export/people.csv").status_code == 404
    assert ana.get(f"/hosting/townhalls/{live}/export").status_code == 409
    with site.client() as hana:
        assert hana.post(f"/hosting/townhalls/{hall}/export/log.csv").status_code == 404
        assert hana.get(f"/townhalls/{live}/questions.csv").status_code == 404
        assert hana.get("/townhalls/x/captions.vtt").status_code == 404
    with site.signed_in("ben.exports@example.org") as ben:
        assert ben.get(f"/hosting/townhalls/{hall}/export").status_code == 200


def test_captions_come_as_text_and_for_a_player(site: RunningSite, hall: int) -> None:
    with site.client() as hana:
        assert hana.get(f"/townhalls/{hall}/captions.txt").text == "[1:01] A <b> & c\n"
        track = hana.get(f"/townhalls/{hall}/captions.vtt")
    assert track.headers["content-type"] == "text/vtt; charset=utf-8"
    assert track.text == "WEBVTT\n\n1\n00:01:01.000 --> 00:01:09.000\nA &lt;b&gt; &amp; c\n"


def test_a_line_ends_where_the_next_begins_and_moves_with_the_recording() -> None:
    made = web_track([Line(1, 2, "Early"), Line(2, 20, "One"), Line(3, 22, "Two")], offset=-10)
    assert "Early" not in made
    assert "00:00:10.000 --> 00:00:12.000\nOne" in made


def test_a_hall_without_captions_has_an_empty_track() -> None:
    assert web_track([]) == "WEBVTT\n"
