"""The moderators' desk: one decision for each revision, with a reason, by somebody who may."""

from __future__ import annotations

import html
import re
import secrets
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import select

from app.audit.model import AuditEntry
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation import service as moderation
from app.moderation.model import Case, Decision, Reason, Revision
from app.moderation.rules.standards import STANDARDS
from tests.people import crowd
from tests.site import ADMINISTRATOR, MODERATOR, OFFICER, RunningSite


@pytest.fixture
def waiting(site: RunningSite) -> tuple[int, int]:
    """A petition and its case."""
    site.town.department("parks")
    site.town.moderator()
    petition = site.town.start(action=f"Open the reading room {secrets.token_hex(8)}")
    site.town.support(petition)
    return petition, site.town.rows(Case, Case.subject_id == petition, Case.subject_kind == "petition")[0].id


def form(moderator: httpx.Client, case: int, **fields: str) -> dict[str, str]:
    page = moderator.get(f"/moderation/{case}").text
    found = re.search(r'name="revision"[^>]*value="(\d+)"|value="(\d+)"[^>]*name="revision"', page)
    assert found
    return {"revision": found[1] or found[2]} | fields


def summary(page: httpx.Response) -> list[str]:
    part = page.text.partition('class="govuk-error-summary"')[2].partition("</ul>")[0]
    return re.findall(r'<a href="#([\w-]+)">', part)


def test_maureen_publishes_what_waits(site: RunningSite, waiting: tuple[int, int]):
    petition, case = waiting
    with site.signed_in(MODERATOR) as moderator:
        queue = moderator.get("/moderation", params={"q": site.town.petition(petition).action})
        assert f'href="/moderation/{case}?' in queue.text
        done = moderator.post(f"/moderation/{case}", data=form(moderator, case, verdict="publish", department="parks"))
    assert (done.status_code, site.town.petition(petition).state) == (303, "open")
    (decision,) = site.town.rows(Decision, Decision.case_id == case)
    assert (decision.verdict, decision.reason_code, decision.by_id) == ("publish", None, site.town.moderator())
    (entry,) = site.town.rows(AuditEntry, AuditEntry.act == "moderation.decide", AuditEntry.subject_id == petition)
    assert entry.actor_id == site.town.moderator()


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({}, ["verdict"]),
        ({"verdict": "burn"}, ["verdict"]),
        ({"verdict": "hide"}, ["reason"]),
        ({"verdict": "reject"}, ["reason"]),
        ({"verdict": "reject", "reason": "i-dislike-it"}, ["reason"]),
        ({"verdict": "reject", "reason": "no-action", "note": "n" * 4_001}, ["note"]),
        ({"verdict": "publish"}, ["department"]),
        ({"verdict": "publish", "department": "nowhere"}, ["department"]),
        ({"verdict": "reject", "reason": "duplicate", "survivor": "0"}, ["survivor"]),
    ],
)
def test_a_decision_without_what_it_needs_changes_nothing(
    site: RunningSite, waiting: tuple[int, int], fields: dict[str, str], faults: list[str]
):
    petition, case = waiting
    with site.signed_in(MODERATOR) as moderator:
        page = moderator.post(f"/moderation/{case}", data=form(moderator, case, **fields))
    assert (page.status_code, summary(page)) == (422, faults)
    assert "<title>Error: " in page.text
    if fields.get("note"):
        assert fields["note"] in page.text
    assert site.town.petition(petition).state == "in_moderation"
    assert not site.town.rows(Decision, Decision.case_id == case)


def test_two_moderators_decide_at_once_and_one_is_told_so(site: RunningSite, waiting: tuple[int, int]):
    petition, case = waiting
    with site.signed_in(MODERATOR) as moderator, ThreadPoolExecutor(4) as at_once:
        data = form(moderator, case, verdict="publish", department="parks")
        answers = list(at_once.map(lambda _n: moderator.post(f"/moderation/{case}", data=data).status_code, range(4)))
    assert sorted(answers) == [303, 409, 409, 409]
    assert len(site.town.rows(Decision, Decision.case_id == case)) == 1
    assert site.town.petition(petition).text_version == 1


def test_a_text_that_changed_meanwhile_has_to_be_read_again(site: RunningSite, waiting: tuple[int, int]):
    petition, case = waiting
    with site.signed_in(MODERATOR) as moderator:
        data = form(moderator, case, verdict="publish", department="parks")
        with site.town.database.writing() as db:
            db.add(Revision(case_id=case, number=2, digest=b"\0" * 32, at=site.town.now))
        page = moderator.post(f"/moderation/{case}", data=data)
        assert page.status_code == 409
        assert "The text changed while you were reading" in page.text
        fresh = form(moderator, case, verdict="publish", department="parks")
        assert moderator.post(f"/moderation/{case}", data=fresh).status_code == 303
    assert site.town.petition(petition).state == "open"


def test_a_decided_case_is_read_and_not_decided_again(site: RunningSite, waiting: tuple[int, int]):
    _petition, case = waiting
    with site.signed_in(MODERATOR) as moderator:
        data = form(moderator, case, verdict="reject", reason="spam", note="Once is enough.")
        assert moderator.post(f"/moderation/{case}", data=data).status_code == 303
        again = moderator.post(f"/moderation/{case}", data=data | {"verdict": "publish", "department": "parks"})
        page = moderator.get(f"/moderation/{case}")
    assert again.status_code == 409
    assert "Once is enough." in html.unescape(page.text)
    assert 'name="verdict"' not in page.text


@pytest.mark.parametrize("role", ["nobody", "officer", "citizen"])
def test_to_others_the_desk_does_not_exist(site: RunningSite, waiting: tuple[int, int], role: str):
    petition, case = waiting
    site.town.officer()
    with site.client() if role == "nobody" else site.signed_in(OFFICER) as other:
        for path in ("/moderation", f"/moderation/{case}"):
            assert other.get(path).status_code == 404
        answer = other.post(f"/moderation/{case}", data={"revision": "1", "verdict": "publish", "department": "parks"})
        assert answer.status_code == 404
    assert site.town.petition(petition).state == "in_moderation"


def test_an_administrator_may_judge_too(site: RunningSite, waiting: tuple[int, int]):
    site.town.staff(ADMINISTRATOR, "administrator")
    with site.signed_in(ADMINISTRATOR) as administrator:
        assert administrator.get("/moderation").status_code == 200


@pytest.mark.parametrize("case", ["0", "999999", "9" * 30, "abc"])
def test_an_unknown_case_is_not_found(site: RunningSite, case: str):
    site.town.moderator()
    with site.signed_in(MODERATOR) as moderator:
        assert moderator.get(f"/moderation/{case}").status_code == 404
        assert moderator.post(f"/moderation/{case}", data={"verdict": "publish"}).status_code == 404


def test_a_desk_without_its_origin_is_refused(site: RunningSite, waiting: tuple[int, int]):
    petition, case = waiting
    with site.signed_in(MODERATOR) as moderator:
        data = form(moderator, case, verdict="publish", department="parks")
        del moderator.headers["Origin"]
        assert moderator.post(f"/moderation/{case}", data=data).status_code == 404
        moderator.headers["Origin"] = "https://evil.example"
        assert moderator.post(f"/moderation/{case}", data=data).status_code == 403
    assert site.town.petition(petition).state == "in_moderation"


def test_the_published_standards_are_those_that_decisions_name(site: RunningSite):
    with site.town.database.reading() as db:
        stored = {r.code: r for r in db.scalars(select(Reason).where(Reason.retired_at.is_(None)))}
    assert {r.code: r.hides for r in stored.values()} == {rule.code: rule.hides for rule in STANDARDS}
    assert {r.code: str(r.rule) for r in stored.values()} == {rule.code: str(rule.rule) for rule in STANDARDS}
    with site.client() as visitor:
        page = html.unescape(visitor.get("/standards").text)
    for rule in STANDARDS:
        assert str(rule.rule) in page


def test_a_retired_reason_judges_nobody_new(site: RunningSite, waiting: tuple[int, int]):
    petition, case = waiting
    try:
        with site.town.database.writing() as db:
            db.get_one(Reason, ("advert", 1)).retired_at = site.town.now
        with site.signed_in(MODERATOR) as moderator:
            assert 'value="advert"' not in moderator.get(f"/moderation/{case}").text
            page = moderator.post(f"/moderation/{case}", data=form(moderator, case, verdict="reject", reason="advert"))
        assert (page.status_code, summary(page)) == (422, ["reason"])
    finally:
        with site.town.database.writing() as db:
            db.get_one(Reason, ("advert", 1)).retired_at = None
    assert site.town.petition(petition).state == "in_moderation"


def test_a_petition_whose_creator_never_confirmed_is_not_published_by_a_form_made_by_hand(site: RunningSite):
    site.town.department("parks")
    site.town.moderator()
    petition = site.town.start()
    subject = SubjectRef("petition", petition)
    case = site.town.database.retrying(lambda db: moderation.open_case(db, subject, b"d" * 32, site.town.now).id)
    (revision,) = site.town.rows(Revision, Revision.case_id == case)
    form_by_hand = {"revision": str(revision.id), "verdict": "publish", "department": "parks"}
    before = len(site.town.rows(Letter))
    with site.signed_in(MODERATOR) as moderator:
        page = moderator.post(f"/moderation/{case}", data=form_by_hand)
    assert page.status_code == 409
    assert "creator has not confirmed" in page.text
    assert (site.town.petition(petition).state, len(site.town.rows(Letter))) == ("pending", before)


def test_maureen_takes_down_in_two_steps_and_nothing_she_wrote_is_lost(site: RunningSite, waiting: tuple[int, int]):
    petition, case = waiting
    site.town.decide(petition)
    path = f"/moderation/take-down/petition/{petition}"
    with site.signed_in(MODERATOR) as moderator, site.client() as visitor:
        assert f'href="{path}"' in moderator.get(f"/moderation/{case}").text
        assert moderator.get(path).status_code == 200
        wrong = moderator.post(path, data={"step": "check", "note": "Names a person."})
        assert (wrong.status_code, summary(wrong)) == (422, ["reason"])
        assert "Names a person." in wrong.text
        fields = {"reason": "libellous", "note": "Names a person."}
        asked = moderator.post(path, data=fields | {"step": "check"})
        assert asked.status_code == 200
        assert "Nobody can read the text any more" in asked.text
        again = moderator.post(path, data=fields | {"step": "edit"})
        assert "Names a person." in again.text
        assert site.town.petition(petition).state == "open"
        done = moderator.post(path, data=fields | {"step": "do"})
        assert done.status_code == 303
        newest = done.headers["location"]
        assert visitor.get(f"/petitions/{petition}").status_code == 410
        page = html.unescape(moderator.get(newest).text)
        assert "Names a person." in page
        assert "Only an administrator can restore it" in page
        assert "Maureen" in page
        second = moderator.post(path, data=fields | {"step": "do"})
        assert second.status_code == 409
        assert moderator.get(path).status_code == 409
        assert moderator.post(newest.replace("/moderation/", "/admin/cases/") + "/restore").status_code == 404
    assert site.town.petition(petition).state == "hidden"


def test_ada_restores_with_a_reason(site: RunningSite, waiting: tuple[int, int]):
    petition, case = waiting
    site.town.decide(petition)
    site.town.take_down(petition)
    site.town.staff(ADMINISTRATOR, "administrator")
    with site.signed_in(ADMINISTRATOR) as administrator:
        assert f'action="/admin/cases/{case}/restore"' in administrator.get(f"/moderation/{case}").text
        wrong = administrator.post(f"/admin/cases/{case}/restore", data={"restore_note": " "})
        assert (wrong.status_code, summary(wrong)) == (422, ["restore_note"])
        done = administrator.post(f"/admin/cases/{case}/restore", data={"restore_note": "It names nobody."})
        assert done.status_code == 303
        page = html.unescape(administrator.get(done.headers["location"]).text)
        assert "It names nobody." in page
        assert 'name="verdict"' in page
        assert "open the newest case" in administrator.get(f"/moderation/{case}").text
        twice = administrator.post(f"/admin/cases/{case}/restore", data={"restore_note": "It names nobody."})
        assert twice.status_code == 409
    assert site.town.petition(petition).state == "in_moderation"


def test_two_moderators_take_down_at_once_and_one_case_is_made(site: RunningSite, waiting: tuple[int, int]):
    petition, _case = waiting
    site.town.decide(petition)
    path = f"/moderation/take-down/petition/{petition}"
    data = {"step": "do", "reason": "spam"}
    with site.signed_in(MODERATOR) as moderator, ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(lambda _n: moderator.post(path, data=data).status_code, range(4)))
    assert sorted(answers) == [303, 409, 409, 409]
    assert len(site.town.rows(Case, Case.subject_id == petition, Case.subject_kind == "petition")) == 2


def test_what_nobody_may_read_leaves_the_home_page_and_its_officer_knows(site: RunningSite):
    title = "Tell everyone what Mr Gravel did"
    petition = site.town.open_petition(action=title)
    site.town.sign(petition, *crowd(6))
    site.town.answer(petition)
    with site.client() as visitor, site.signed_in(OFFICER) as officer:
        assert title in html.unescape(visitor.get("/").text)
        site.town.take_down(petition)
        assert title not in html.unescape(visitor.get("/").text)
        referral = site.town.referrals(petition)[0].id
        pages = (officer.get(f"/desk?show=answered&page={page}").text for page in range(1, 40))
        listed = next(page for page in pages if f'href="/desk/referrals/{referral}"' in page)
        own = listed.partition(f'href="/desk/referrals/{referral}"')[2].partition("</li>")[0]
        assert "Taken down by a moderator" in own
        assert "Taken down by a moderator" in officer.get(f"/desk/referrals/{referral}").text


@pytest.mark.parametrize("path", ["nothing/1", "petition/999999", f"petition/{'9' * 30}", "petition/abc"])
def test_what_does_not_exist_cannot_be_taken_down(site: RunningSite, path: str):
    site.town.moderator()
    with site.signed_in(MODERATOR) as moderator:
        assert moderator.get(f"/moderation/take-down/{path}").status_code == 404
        assert moderator.post(f"/moderation/take-down/{path}", data={"step": "do"}).status_code == 404


def test_a_case_is_opened_once_and_gathers_revisions(site: RunningSite):
    subject = SubjectRef("nothing", 4242)
    for digest in (b"a" * 32, b"b" * 32):
        site.town.database.retrying(lambda db, d=digest: moderation.open_case(db, subject, d, site.town.now))
    (case,) = site.town.rows(Case, Case.subject_kind == "nothing")
    assert [r.number for r in site.town.rows(Revision, Revision.case_id == case.id)] == [1, 2]
    site.town.database.retrying(lambda db: moderation.close_case(db, subject, site.town.now))
    assert site.town.rows(Case, Case.subject_kind == "nothing")[0].state == "closed"
