"""The receipt, in its owner's hands; files as answers; numbers of another network."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.files.model import StoredFile
from consultations.model import Consultation, Draft, LatePass, Response, ResponseVersion
from consultations.rules.questionnaire import Option, Page, Question, QuestionKind, Questionnaire
from consultations.service.admitting import LATE, admit
from tests.consultations.asking import Asking
from tests.consultations.visiting import ABOUT, Visitor, answer_all, begin
from tests.site import RunningSite

K = QuestionKind
WITH_FILE = Questionnaire(
    pages=(
        Page(
            1,
            "Proof",
            questions=(
                Question(2, K.FILE, "Your calculation"),
                Question(3, K.LONG, "What does it show?", required=True),
                Question(4, K.SINGLE, "Sure?", options=(Option(11, "Yes"), Option(12, "No"))),
            ),
        ),
    ),
    next_id=20,
)
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


@pytest.fixture
def asking(sqlite_site: RunningSite) -> Asking:
    return Asking(sqlite_site.town)


def test_ana_changes_stops_publishing_and_withdraws_by_her_receipt(sqlite_site: RunningSite, asking: Asking) -> None:
    town, bridge = sqlite_site.town, asking.published()
    ana = answer_all(begin(sqlite_site.base, bridge), email="receipt@example.org")
    ana.fill()
    ana.open(town.deliver().link("receipt@example.org", "Confirm"))
    ana.fill()
    ana.open(link := town.deliver().link("receipt@example.org", "We have your response"))
    assert "It is too dear." in ana.words
    ana.fill(form=0)
    assert "Check your answers" in ana.words
    check = ana.at
    ana.open(check.removesuffix("check") + "1")
    ana.fill({"q2": "12", "q3": "Dearer than the ferry"})
    ana.open(check)
    ana.fill()
    assert "Your response is counted" in ana.words
    ana.open(link)
    assert "Dearer than the ferry" in ana.words
    assert "Version 2" in ana.words
    assert asking.consultation(bridge).response_count == 1
    ana.fill({"consent": "none"}, form=1)
    assert "Do not publish my response" in ana.words
    ana.open(f"{link}/withdraw")
    ana.fill()
    assert "Your response is not counted" in ana.words
    assert asking.consultation(bridge).response_count == 0
    ana.http.post(f"{link}/stop")
    assert ana.open(link).status_code == 410


def test_a_file_stays_though_another_answer_is_wrong_and_is_never_public(
    sqlite_site: RunningSite, asking: Asking
) -> None:
    town, bridge = sqlite_site.town, asking.published(WITH_FILE)
    ben = begin(sqlite_site.base, bridge)
    ben.fill({"q3": ""}, files={"q2_file": ("sums\u202efdp.exe.pdf", PDF, "application/pdf")})
    assert ben.page.status_code == 422
    assert 'href="#q3"' in ben.page.text
    assert "Remove" in ben.words, "the attached file is not lost"
    ben.fill({"q3": "That it costs more"}, files={"q2_file": ("evil.pdf", b"MZ\x90\x00 a program", "application/pdf")})
    assert ben.page.status_code == 422
    assert 'href="#q2_file"' in ben.page.text
    ben.fill({"q3": "That it costs more"}, files={"q2_file": ("", b"", "application/octet-stream")})
    ben.fill(ABOUT | {"email": "file@example.org"})
    ben.fill()
    (reply,) = town.rows(Response, Response.consultation_id == bridge)
    (file,) = town.rows(StoredFile, StoredFile.subject_kind == "response", StoredFile.subject_id == reply.id)
    assert "\u202e" not in file.name
    (version,) = town.rows(ResponseVersion, ResponseVersion.response_id == reply.id)
    assert f'"2":[{file.id}]' in version.answers
    assert Visitor(sqlite_site.base).open(file.href).status_code == 404


def test_a_file_that_is_too_large_costs_nothing_else(sqlite_site: RunningSite, asking: Asking) -> None:
    ben = begin(sqlite_site.base, asking.published(WITH_FILE))
    ben.fill({"q3": "Kept"}, files={"q2_file": ("big.pdf", b"%PDF-" + b"x" * 25_000_000, "application/pdf")})
    assert ben.page.status_code == 422
    assert "must be at most" in ben.words
    assert "Kept" in ben.page.text


def test_all_on_one_page_and_easy_read_reach_the_same_record(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    ana = begin(sqlite_site.base, bridge, way="all")
    ana.fill({"q2": "11", "q6": "3", "q7": "All at once"})
    ana.fill(ABOUT | {"email": "all@example.org"})
    assert "All at once" in ana.words
    ana.fill()
    easy = begin(sqlite_site.base, bridge, way="easy")
    easy.fill({"q2": "11"})
    easy.fill({})
    easy.fill(ABOUT | {"email": "easy@example.org"})
    easy.fill()
    one, two = asking.town.rows(Response, Response.consultation_id == bridge)
    assert (one.easy_read, two.easy_read) == (False, True)


def test_ana_goes_on_elsewhere_by_her_link_and_is_counted_at_once(sqlite_site: RunningSite, asking: Asking) -> None:
    town, bridge = sqlite_site.town, asking.published()
    ana = begin(sqlite_site.base, bridge)
    saved = ana.fill({"q2": "11", "act": "later"})
    assert "Save and come back later" in saved.text
    ana.fill({"email": "later@example.org"})
    phone = Visitor(sqlite_site.base)
    phone.open(link := town.deliver().link("later@example.org", "Go on"))
    assert town.rows(Draft, Draft.consultation_id == bridge)[0].submitted_at is None
    phone.open(f"{link}/1")
    assert re.search(r'value="11" checked', phone.page.text)
    phone.fill({"q2": "11"})
    phone.fill({})
    phone.fill({"name": "Ana Almeida", "consent": "named", "news": "no"})
    phone.fill()
    assert "Your response is counted" in phone.words
    assert asking.consultation(bridge).response_count == 1
    stranger = Visitor(sqlite_site.base)
    assert stranger.open(f"/consultations/{bridge}/answer/{'x' * 43}/1").status_code == 404


def test_a_link_that_cannot_count_offers_no_button_that_is_refused(sqlite_site: RunningSite, asking: Asking) -> None:
    """Expired, of a consultation that was withdrawn, of a pass that was taken back: said before anybody presses."""
    town = sqlite_site.town
    links = []
    for name in ("expired", "withdrawn", "revoked"):
        ana = answer_all(begin(sqlite_site.base, bridge := asking.published()), email=f"{name}@example.org")
        ana.fill()
        links.append((bridge, town.deliver().link(f"{name}@example.org", "Confirm")))
    (_bridge, expired), (withdrawn, of_withdrawn), (late, of_late) = links
    taking_back = "UPDATE consultations_consultation SET state = 'withdrawn', withdrawn_at = opens_at, withdrawn_reason = 'No money' WHERE id = :id"
    town.sql(taking_back, id=withdrawn)
    taken_back = LatePass(
        consultation_id=late,
        admitted="Ana",
        reason="The letter came late",
        until=town.now + timedelta(days=3),
        at=town.now,
        by_id=asking.edda,
        revoked_at=town.now,
    )
    asking.do(lambda db: db.add(taken_back))
    (stored,) = town.rows(LatePass, LatePass.consultation_id == late)
    town.sql("UPDATE consultations_response SET late_pass_id = :a WHERE consultation_id = :c", a=stored.id, c=late)
    for link, status, said in (
        (of_withdrawn, 409, "This consultation is not open"),
        (of_late, 410, "This link no longer admits a response"),
    ):
        assert ana.open(link).status_code == status
        assert said in ana.words
        assert ana.forms == []
        assert ana.http.post(link).status_code == status
    sqlite_site.clock.advance(timedelta(days=8))  # type: ignore[attr-defined]
    assert ana.open(expired).status_code == 410
    assert "This link has expired" in ana.words
    assert ana.http.post(expired).status_code == 410
    assert {c.response_count for c in town.rows(Consultation, Consultation.id.in_([b for b, _link in links]))} == {0}


def test_the_blind_who_are_admitted_late_are_not_told_that_they_came_in_time_and_may_withdraw(
    sqlite_site: RunningSite, asking: Asking
) -> None:
    town = sqlite_site.town
    over = asking.published(closes=town.now - timedelta(hours=1))
    until = town.now + timedelta(days=1)
    late = asking.do(lambda db: admit(db, over, "The blind", "No braille", until, by=asking.edda, now=town.now).id)
    club = Visitor(sqlite_site.base)
    club.open(f"/consultations/late/{town.keys.token(LATE, late)}")
    club.fill({"way": "pages", "as": "person"})
    answer_all(club, email="braille@example.org").fill()
    club.open(town.deliver().link("braille@example.org", "Confirm"))
    assert "it is marked as late" in club.words
    assert "sent it in time" not in club.words
    club.fill()
    club.open(town.deliver().link("braille@example.org", "We have your response"))
    assert "Change my answers" not in club.words
    club.open(f"{club.at}/withdraw")
    assert "the link that admitted you is used" in club.words
    club.fill()
    assert "Your response is not counted" in club.words


def test_ana_who_withdraws_or_changes_too_late_is_told_that_her_response_counts(
    sqlite_site: RunningSite, asking: Asking
) -> None:
    town = sqlite_site.town
    bridge = asking.published(closes=town.now + timedelta(minutes=10))
    ana = answer_all(begin(sqlite_site.base, bridge), email="too-late@example.org")
    ana.fill()
    ana.open(town.deliver().link("too-late@example.org", "Confirm"))
    ana.fill()
    receipt = town.deliver().link("too-late@example.org", "We have your response")
    ana.open(receipt)
    changing = ana.post(form=0).headers["location"]
    ana.open(f"{receipt}/withdraw")
    sqlite_site.clock.advance(timedelta(minutes=10))  # type: ignore[attr-defined]
    assert ana.fill().status_code == 409
    assert "yours counts as it is" in ana.words
    assert "was not counted" not in ana.words
    again = ana.http.post(f"{receipt}/amend")
    assert again.status_code == 409
    assert "yours counts as it is" in again.text
    assert ana.open(changing).status_code == 409
    assert "The response that you sent before counts as it is." in ana.words
    assert "your response was not counted" not in ana.words
    assert asking.consultation(bridge).response_count == 1
