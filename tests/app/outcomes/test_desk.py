"""A department's desk: what is owed, by when, and the answer with its versions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from app.audit.model import AuditEntry
from app.outcomes.model import Answer, Referral
from app.outcomes.rules.answers import Grade, grades_for
from tests.people import crowd
from tests.site import OFFICER, RunningSite, Town

GOOD = {"grade": "will-do", "summary": "We will open on Sundays.", "details": "From May.\n\n- Four hours\n- Every week"}


@pytest.fixture
def duty(site: RunningSite) -> Referral:
    cleared(site.town)
    petition = site.town.open_petition()
    site.town.sign(petition, *crowd(4, f"signer{petition}"))
    (referral,) = site.town.referrals(petition)
    return referral


def cleared(town: Town) -> None:
    """Imran's desk without what other tests of this site left there."""
    town.officer()
    town.department("attic")
    attic = "SELECT id FROM departments_department WHERE slug = 'attic'"
    town.sql(f"UPDATE outcomes_referral SET department_id = ({attic})")


@pytest.fixture
def imran(site: RunningSite, duty: Referral) -> Iterator[httpx.Client]:
    with site.signed_in(OFFICER) as officer:
        yield officer


def test_imran_finds_what_is_owed_with_its_day(site: RunningSite, duty: Referral, imran: httpx.Client):
    page = html.unescape(imran.get("/desk").text)
    assert f'href="/desk/referrals/{duty.id}"' in page
    assert duty.due_at is not None
    assert site.house.pages.say_last_day(duty.due_at) in page


def test_he_sees_it_as_the_public_will_before_it_is_released(site: RunningSite, duty: Referral, imran: httpx.Client):
    path = f"/desk/referrals/{duty.id}"
    preview = imran.post(path, data=GOOD | {"after_version": "0", "step": "preview"})
    assert preview.status_code == 200
    assert "<li>Four hours" in preview.text.replace("<li>\n", "<li>")
    assert not site.town.rows(Answer, Answer.referral_id == duty.id)
    back = imran.post(path, data=GOOD | {"after_version": "0", "step": "edit"})
    assert back.status_code == 200
    assert "We will open on Sundays." in back.text
    done = imran.post(path, data=GOOD | {"after_version": "0", "step": "release"})
    assert (done.status_code, done.headers["location"]) == (303, path)
    (answer,) = site.town.rows(Answer, Answer.referral_id == duty.id)
    assert (answer.version, answer.grade, answer.summary) == (1, "will-do", "We will open on Sundays.")
    (referral,) = site.town.rows(Referral, Referral.id == duty.id)
    assert (referral.state, referral.answered_at) == ("answered", answer.at)
    assert site.town.rows(AuditEntry, AuditEntry.act == "outcomes.answer", AuditEntry.subject_id == duty.subject_id)


def test_a_correction_is_a_second_version_and_the_first_stays(site: RunningSite, duty: Referral, imran: httpx.Client):
    path = f"/desk/referrals/{duty.id}"
    imran.post(path, data=GOOD | {"after_version": "0", "step": "release"})
    words = f"From June, says number {duty.id}."
    imran.post(path, data=GOOD | {"summary": words, "after_version": "1", "step": "release"})
    versions = sorted(site.town.rows(Answer, Answer.referral_id == duty.id), key=lambda a: a.version)
    assert [(a.version, a.summary) for a in versions] == [(1, "We will open on Sundays."), (2, words)]
    with site.client() as visitor:
        assert words in visitor.get(f"/petitions/{duty.subject_id}").text
        assert words in visitor.get("/").text


@pytest.mark.parametrize("seen", ["0", "2", "", "x", "-1"])
def test_who_has_not_seen_the_newest_answer_overwrites_nothing(
    site: RunningSite, duty: Referral, imran: httpx.Client, seen: str
):
    path = f"/desk/referrals/{duty.id}"
    imran.post(path, data=GOOD | {"after_version": "0", "step": "release"})
    page = imran.post(path, data=GOOD | {"summary": "Other", "after_version": seen, "step": "release"})
    assert page.status_code == 409
    assert len(site.town.rows(Answer, Answer.referral_id == duty.id)) == 1


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"grade": "", "summary": "", "details": ""}, ["grade", "summary", "details"]),
        ({"grade": "perhaps"}, ["grade"]),
        ({"summary": "s" * 201}, ["summary"]),
        ({"details": "d" * 6_001}, ["details"]),
        ({"summary": "\u200b", "details": "\u00a0"}, ["summary", "details"]),
    ],
)
@pytest.mark.parametrize("step", ["preview", "release"])
def test_an_answer_that_says_nothing_is_sent_back_with_its_words(
    site: RunningSite, duty: Referral, imran: httpx.Client, wrong: dict[str, str], fields: list[str], step: str
):
    page = imran.post(f"/desk/referrals/{duty.id}", data=GOOD | wrong | {"after_version": "0", "step": step})
    part = page.text.partition('class="govuk-error-summary"')[2].partition("</ul>")[0]
    assert (page.status_code, re.findall(r'<a href="#([\w-]+)">', part)) == (422, fields)
    assert "<title>Error: " in page.text
    if "details" not in wrong:
        assert "- Four hours" in page.text
    assert not site.town.rows(Answer, Answer.referral_id == duty.id)


def test_another_departments_duty_does_not_exist_here(site: RunningSite, duty: Referral):
    site.town.officer("buses")
    with site.signed_in("officer.buses@example.org") as other:
        assert f"/desk/referrals/{duty.id}" not in other.get("/desk").text
        assert other.get(f"/desk/referrals/{duty.id}").status_code == 404
        page = other.post(f"/desk/referrals/{duty.id}", data=GOOD | {"after_version": "0", "step": "release"})
        assert page.status_code == 404
    assert not site.town.rows(Answer, Answer.referral_id == duty.id)


def test_a_stranger_finds_no_desk(site: RunningSite, duty: Referral):
    with site.client() as stranger:
        assert stranger.get("/desk").status_code == 404
        assert stranger.get(f"/desk/referrals/{duty.id}").status_code == 404


def test_what_is_late_is_called_late(site: RunningSite, duty: Referral, imran: httpx.Client):
    with site.town.database.writing() as db:
        db.get_one(Referral, duty.id).due_at = site.town.now - timedelta(days=3)
    with site.client() as visitor:
        page = visitor.get(f"/petitions/{duty.subject_id}").text
    assert "was due" in page
    assert imran.get("/desk").status_code == 200


def test_markup_in_an_answer_is_made_safe(site: RunningSite, duty: Referral, imran: httpx.Client):
    hostile = "<script>alert(1)</script> [x](javascript:alert(1)) <a href='http://evil.example' onclick='x'>y</a>"
    data = GOOD | {"summary": "<b>No</b> & no", "details": hostile, "after_version": "0", "step": "release"}
    assert imran.post(f"/desk/referrals/{duty.id}", data=data).status_code == 303
    with site.client() as visitor:
        for path in (f"/petitions/{duty.subject_id}", "/"):
            page = visitor.get(path).text
            assert "<script>alert" not in page
            assert 'href="javascript' not in page
            assert "onclick='x'" not in page.replace("&lt;a href='http://evil.example' onclick='x'&gt;", "")
            assert "<b>No</b>" not in page


def test_grades_are_those_of_the_form(site: RunningSite, duty: Referral, imran: httpx.Client):
    page = imran.get(f"/desk/referrals/{duty.id}").text
    assert set(re.findall(r'name="grade"[^>]*value="([\w-]+)"', page)) == set(grades_for(duty.cause))
    assert Grade.EXPLAINED not in grades_for(duty.cause), "who asked that something be done gets no mere explanation"
