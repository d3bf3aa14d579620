"""After the hall: Ana says where the recording is, Cleo puts captions right; what stood there before is kept."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest

from app.core.errors import BadField
from tests.site import RunningSite, fields_of
from tests.townhall.meeting import Meeting
from townhall.model import Caption, CaptionText
from townhall.rules.lifecycle import HallState
from townhall.rules.recording import read_offset


@pytest.fixture(scope="module", params=["sqlite_site", "postgres_site"])
def site(request: pytest.FixtureRequest) -> RunningSite:
    made: RunningSite = request.getfixturevalue(request.param)
    return made


@pytest.fixture(scope="module")
def meeting(site: RunningSite) -> Meeting:
    return Meeting(site.town, "recording")


@pytest.fixture(scope="module")
def hall(meeting: Meeting) -> int:
    now = meeting.town.now
    number = meeting.hall(HallState.ENDED, starts=now - timedelta(minutes=90))
    line = Caption(hall_id=number, number=1, text="We will repair the crosing.", second=61, automatic=True, at=now)
    meeting.do(lambda db: db.add(line))
    return number


def test_moments_of_the_archive_lead_into_the_recording(site: RunningSite, meeting: Meeting, hall: int) -> None:
    here = f"/hosting/townhalls/{hall}/recording"
    url = "https://video.example.org/w4"
    with site.signed_in("ana.recording@example.org") as ana, site.client() as hana:
        revision = fields_of(ana.get(here).text)["revision"]
        wrong = ana.post(here, data={"recording_url": "http://x", "offset": "1:90", "revision": revision})
        assert wrong.status_code == 422
        assert "such as 1:30" in html.unescape(wrong.text)
        saved = ana.post(here, data={"recording_url": url, "offset": "1:30", "revision": revision})
        assert saved.status_code == 303
        assert f"{url}#t=151" in html.unescape(hana.get(f"/townhalls/{hall}/captions").text)
        late = ana.post(here, data={"recording_url": "", "offset": "", "revision": revision})
        assert late.status_code == 409
        assert ana.get(f"/hosting/townhalls/{meeting.hall()}/recording").status_code == 409


def test_cleo_corrects_a_line_and_what_it_said_is_kept(site: RunningSite, meeting: Meeting, hall: int) -> None:
    here = f"/hosting/townhalls/{hall}/captions"
    with site.signed_in("cleo.recording@example.org") as cleo, site.client() as hana:
        assert "written by a program" in hana.get(f"/townhalls/{hall}/captions").text
        assert f"{here}/1" in cleo.get(here).text
        assert cleo.post(f"{here}/1", data={"text": " ", "rev": "1"}).status_code == 422
        assert cleo.post(f"{here}/1", data={"text": "We will repair the crossing.", "rev": "1"}).status_code == 303
        late = cleo.post(f"{here}/1", data={"text": "Mine.", "rev": "1"})
        assert late.status_code == 409
        assert "Mine." in late.text
        assert "the crossing." in late.text
        shown = hana.get(f"/townhalls/{hall}/captions").text
        assert "We will repair the crossing." in shown
        assert "written by a program" not in shown
        assert "crosing" in cleo.get(f"{here}/1").text
        assert cleo.get(f"{here}/2").status_code == 404
        assert hana.get(here).status_code == 404
    (before,) = site.town.rows(CaptionText, CaptionText.hall_id == hall)
    assert before.text == "We will repair the crosing."
    assert meeting.events(hall) == [("caption.line", 1)]


def test_a_stranger_of_the_staff_corrects_nothing(site: RunningSite, meeting: Meeting, hall: int) -> None:
    meeting.town.staff("mona.recording@example.org", "moderator")
    with site.signed_in("mona.recording@example.org") as mona:
        refused = mona.post(f"/hosting/townhalls/{hall}/captions/1", data={"text": "Mine.", "rev": "2"})
    assert refused.status_code == 403
    assert meeting.row(Caption, (hall, 1)).text != "Mine."


@pytest.mark.parametrize(
    ("typed", "seconds"), [("", 0), ("90", 90), ("1:30", 90), ("1:02:03", 3723), ("-0:10", -10), (" 5 ", 5)]
)
def test_an_offset_is_typed_as_a_clock(typed: str, seconds: int) -> None:
    assert read_offset(typed) == seconds


@pytest.mark.parametrize("typed", ["1:90", "soon", "1:2:3:4", "999999", "٣"])
def test_what_is_no_moment_is_refused(typed: str) -> None:
    with pytest.raises(BadField):
        read_offset(typed)
