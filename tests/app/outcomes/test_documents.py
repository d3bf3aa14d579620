"""Documents beside an answer: colleagues' own before it, everyone's while it stands."""

from __future__ import annotations

import html

import httpx
import pytest

from app.audit.model import AuditEntry
from app.files.model import StoredFile
from app.outcomes.service.documents import owner
from tests.app.files.papers import pdf
from tests.app.outcomes.matters import Matters
from tests.site import RunningSite

PLAN = ("plan.pdf", pdf("The plan"), "application/pdf")


@pytest.fixture(scope="module")
def quays(sqlite_site: RunningSite) -> Matters:
    return Matters(sqlite_site.town, "quays")


def matter(quays: Matters) -> tuple[int, int]:
    """A public petition, and its matter on the desk."""
    petition = quays.town.open_petition()
    return petition, quays.referred(petition=petition, cause="question")


def add(client: httpx.Client, referral: int, file: tuple[str, bytes, str] = PLAN, **words: str) -> httpx.Response:
    return client.post(f"/desk/referrals/{referral}/documents", data=words, files={"document": file})


def kept(quays: Matters, referral: int) -> list[StoredFile]:
    return quays.town.rows(StoredFile, StoredFile.subject_kind == owner(0).kind, StoredFile.subject_id == referral)


def test_a_plan_is_public_with_the_answer_and_not_before(sqlite_site: RunningSite, quays: Matters):
    petition, referral = matter(quays)
    with sqlite_site.signed_in(quays.addresses[0]) as imran, sqlite_site.client() as reader:
        assert add(imran, referral, title="Timetable from May").status_code == 303
        page = imran.get(f"/desk/referrals/{referral}/documents").text
        (file,) = kept(quays, referral)
        assert "Timetable from May" in page
        assert imran.get(f"/desk/referrals/{referral}/documents/{file.id}").content == PLAN[1]
        assert reader.get(file.href).status_code == 404
        quays.answer(referral)
        answer = reader.get(file.href)
        assert (answer.status_code, answer.content) == (200, PLAN[1])
        assert answer.headers["content-disposition"].startswith("attachment")
        assert file.href in html.unescape(reader.get(f"/petitions/{petition}").text)
        gone = imran.post(f"/desk/referrals/{referral}/documents/remove", data={"remove_file": str(file.id)})
        assert gone.status_code == 303
        assert reader.get(file.href).status_code == 404
    acts = [e.act for e in quays.town.rows(AuditEntry, AuditEntry.subject_id == petition)]
    assert [a for a in acts if "document" in a] == ["outcomes.add-document", "outcomes.remove-document"]


def test_what_is_taken_down_takes_its_documents_along(sqlite_site: RunningSite, quays: Matters):
    petition, referral = matter(quays)
    with sqlite_site.signed_in(quays.addresses[0]) as imran, sqlite_site.client() as reader:
        add(imran, referral)
        quays.answer(referral)
        (file,) = kept(quays, referral)
        assert reader.get(file.href).status_code == 200
        quays.town.take_down(petition)
        assert reader.get(file.href).status_code == 404


def test_a_program_dressed_up_as_a_plan_is_refused_beside_its_field(sqlite_site: RunningSite, quays: Matters):
    _petition, referral = matter(quays)
    with sqlite_site.signed_in(quays.addresses[0]) as imran:
        answer = add(imran, referral, ("plan.pdf", b"MZ\x90\x00" * 50, "application/pdf"), title="The plan")
        assert answer.status_code == 422
        assert 'href="#document"' in answer.text
        assert 'value="The plan"' in answer.text
        nothing = imran.post(f"/desk/referrals/{referral}/documents", data={"title": "The plan"})
        assert (nothing.status_code, "Choose a file." in nothing.text) == (422, True)
    assert kept(quays, referral) == []


def test_nobody_else_sees_or_adds_anything(sqlite_site: RunningSite, quays: Matters):
    _petition, referral = matter(quays)
    quays.town.officer("locks")
    with sqlite_site.signed_in(quays.addresses[0]) as imran:
        add(imran, referral)
    (file,) = kept(quays, referral)
    with sqlite_site.signed_in("officer.locks@example.org") as stranger:
        assert stranger.get(f"/desk/referrals/{referral}/documents").status_code == 404
        assert stranger.get(f"/desk/referrals/{referral}/documents/{file.id}").status_code == 404
        assert add(stranger, referral).status_code == 404
    assert len(kept(quays, referral)) == 1


def test_where_two_people_release_nothing_is_added_to_a_public_answer_by_one(sqlite_site: RunningSite, quays: Matters):
    _petition, referral = matter(quays)
    _other, closed = matter(quays)
    quays.answer(referral)
    quays.settle(closed)
    quays.want_two_people()
    try:
        with sqlite_site.signed_in(quays.addresses[0]) as imran:
            assert add(imran, referral).status_code == 409
            assert add(imran, closed).status_code == 409
    finally:
        quays.want_two_people(False)
    assert kept(quays, referral) == kept(quays, closed) == []
