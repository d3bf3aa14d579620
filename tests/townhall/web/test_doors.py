"""How moderators and departments come to a hall: by their desks, and to their own halls alone."""

from __future__ import annotations

import html

import httpx
import pytest

from app.outcomes.model import Answer, Referral
from tests.site import RunningSite
from tests.townhall.meeting import Meeting
from townhall.rules.lifecycle import HallState
from townhall.rules.questions import QuestionState


@pytest.fixture
def meeting(site: RunningSite) -> Meeting:
    return Meeting(site.town, "doors")


def page(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[-800:])
    return html.unescape(answer.text)


def test_rhoda_answers_in_writing_while_the_hall_is_live_and_corrects_it(site: RunningSite, meeting: Meeting) -> None:
    hall = meeting.hall(title="Doors of Ward 4")
    question = meeting.question(hall, "Why is <b>Oak Street</b> still closed?")
    with site.signed_in(f"rhoda.{meeting.home}@example.org") as rhoda:
        assert 'href="/desk/townhalls"' in page(rhoda, "/desk")
        assert "Doors of Ward 4" in page(rhoda, "/desk/townhalls")
        desk = f"/desk/townhalls/{hall}"
        assert "Why is <b>Oak Street</b> still closed?" in page(rhoda, desk)
        assert "<b>Oak Street</b>" not in rhoda.get(desk).text
        form = {"op": "question.answer", "question": str(question), "back": "answers", "grade": "explained"}
        empty = rhoda.post(f"/townhalls/{hall}/room", data=form | {"text": " "})
        assert (empty.status_code, "Enter the answer." in empty.text) == (422, True)
        for text in ("It opens in May.", "It opens in June."):
            sent = rhoda.post(f"/townhalls/{hall}/room", data=form | {"text": text})
            assert (sent.status_code, sent.headers["location"]) == (303, f"{desk}?done=question.answer")
        assert "It opens in June." in page(rhoda, desk)
    (referral,) = meeting.town.rows(Referral, Referral.subject_kind == "question", Referral.subject_id == question)
    assert [a.version for a in meeting.town.rows(Answer, Answer.referral_id == referral.id)] == [1, 2]


def test_another_departments_hall_is_as_good_as_none(site: RunningSite, meeting: Meeting) -> None:
    hall = meeting.hall()
    question = meeting.question(hall)
    Meeting(site.town, "elsewhere")
    with site.signed_in("rhoda.elsewhere@example.org") as stranger:
        assert stranger.get(f"/desk/townhalls/{hall}").status_code == 404
        assert stranger.get("/desk/townhalls/987654321").status_code == 404
        form = {"op": "question.answer", "question": str(question), "text": "Ask us.", "back": "answers"}
        assert stranger.post(f"/townhalls/{hall}/room", data=form).status_code in (403, 404)
        assert f"/desk/townhalls/{hall}" not in page(stranger, "/desk/townhalls")
    with site.signed_in(f"ben.{meeting.home}@example.org") as ben:
        assert ben.get("/desk/townhalls").status_code == 404


def test_ben_finds_what_waits_from_the_queue(site: RunningSite, meeting: Meeting) -> None:
    hall, draft = meeting.hall(title="A hall with a door"), meeting.hall(HallState.DRAFT, title="Nobody's yet")
    meeting.question(hall, state=QuestionState.WAITING)
    with site.signed_in(f"ben.{meeting.home}@example.org") as ben:
        shown = page(ben, "/moderation/townhalls")
        assert f'href="/moderation/townhalls/{hall}"' in shown
        assert f"/moderation/townhalls/{draft}" not in shown
        assert 'href="/moderation/townhalls"' in page(ben, "/moderation")
