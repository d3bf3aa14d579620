"""What a moderator's verdict does to a petition."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.errors import Invalid
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation import service as moderation
from app.moderation.model import Case
from app.moderation.queries import newest_revision
from app.moderation.rules.standards import BY_CODE, Verdict
from petitions.model.petition import TextVersion
from petitions.rules.texts import text_digest
from petitions.service.judging import NotWaiting
from tests.people import ANNA, SAM, crowd
from tests.site import Town


@pytest.fixture
def waiting(town: Town) -> int:
    petition = town.start()
    town.support(petition)
    town.deliver()
    return petition


def test_anna_hears_of_each_supporter_and_then_that_it_is_being_checked(town: Town):
    petition = town.start()
    ids = town.request(petition, *crowd(6), sponsor=True)
    for signature in ids:
        town.confirm(signature)
        town.confirm(ids[4])  # clicks again
    assert town.deliver().subjects(ANNA) == [
        "Share your petition with supporters",
        *[f"A supporter signed: {left} to go" for left in (4, 3, 2, 1)],
        "Your petition was sent to moderation",
    ]


def test_publishing_freezes_the_text_and_starts_the_clock(town: Town, waiting: int):
    town.clock.advance(timedelta(days=2))
    town.decide(waiting)
    petition = town.petition(waiting)
    assert (petition.state, petition.opened_at, petition.text_version) == ("open", town.now, 1)
    assert petition.closes_at is not None
    assert f"{petition.closes_at:%Y-%m-%d %H:%M}" == "2026-09-04 23:00"
    assert (petition.response_threshold, petition.debate_threshold) == (10, 20)
    (version,) = town.rows(TextVersion, TextVersion.petition_id == waiting)
    assert version.digest == petition.text_digest
    assert version.digest == text_digest(petition.action, petition.background, petition.additional_details)
    letters = town.deliver()
    assert letters.subjects(ANNA)[-1] == "Your petition is published"
    assert letters.subjects("sponsor.1@example.org") == ["A petition you supported is published"]
    assert town.broken() == {}


@pytest.mark.parametrize("code", [c for c, rule in BY_CODE.items() if not rule.hides and c != "duplicate"])
def test_a_rejection_is_shown_with_its_reason(sqlite_town: Town, code: str):
    town = sqlite_town
    petition = town.start()
    town.support(petition)
    town.decide(petition, Verdict.REJECT, reason=code, note="Say who should do it.")
    found = town.petition(petition)
    assert (found.state, found.rejection_code, found.rejection_details) == ("rejected", code, "Say who should do it.")
    letter = town.deliver().last_to(ANNA)
    assert letter["Subject"] == "Your petition was not accepted"
    assert str(BY_CODE[code].rule) in " ".join(letter.get_content().split())
    assert "Say who should do it." in letter.get_content()
    assert "It stays readable" in letter.get_content()


@pytest.mark.parametrize("code", [c for c, rule in BY_CODE.items() if rule.hides])
def test_a_reason_that_hides_hides_and_the_letter_says_so(sqlite_town: Town, code: str):
    town = sqlite_town
    petition = town.start()
    town.support(petition)
    town.decide(petition, Verdict.REJECT, reason=code)
    assert town.petition(petition).state == "hidden"
    letter = town.deliver().last_to(ANNA).get_content()
    assert "its text is not shown to anyone" in letter
    assert "library" not in letter
    assert "library" not in town.letters.last_to("sponsor.1@example.org").get_content()


def test_a_duplicate_points_to_the_petition_it_repeats(town: Town, waiting: int):
    survivor = town.open_petition()
    town.decide(waiting, Verdict.REJECT, reason="duplicate", survivor=str(survivor))
    assert town.petition(waiting).duplicate_of_id == survivor
    assert f"/petitions/{survivor}" in town.deliver().last_to(ANNA).get_content()


@pytest.mark.parametrize("survivor", ["", "999999", "9" * 30, "itself", "unpublished", "-1", "٣"])
def test_a_duplicate_of_nothing_is_refused(town: Town, waiting: int, survivor: str):
    known = {"itself": waiting, "unpublished": town.start()}
    with pytest.raises(Invalid) as refused:
        town.decide(waiting, Verdict.REJECT, reason="duplicate", survivor=str(known.get(survivor, survivor)))
    assert [e.field for e in refused.value.errors] == ["survivor"]
    assert town.petition(waiting).state == "in_moderation"
    assert [c.state for c in town.rows(Case, Case.subject_id == waiting)] == ["waiting"]


@pytest.mark.parametrize("department", ["", "nowhere"])
def test_nothing_is_published_without_a_department_that_will_answer(sqlite_town: Town, department: str):
    town = sqlite_town
    petition = town.start()
    town.support(petition)
    town.moderator()
    before = len(town.rows(Letter))
    with pytest.raises(Invalid) as refused:
        _decide_for(town, petition, department)
    assert [e.field for e in refused.value.errors] == ["department"]
    assert (town.petition(petition).state, len(town.rows(Letter))) == ("in_moderation", before)


def test_a_dissolved_department_gets_nothing_new(sqlite_town: Town):
    town = sqlite_town
    petition = town.start()
    town.support(petition)
    town.department("parks")
    town.sql("UPDATE departments_department SET dissolved_at = '2026-01-01 00:00:00'")
    with pytest.raises(Invalid):
        _decide_for(town, petition, "parks")


def test_a_petition_whose_creator_never_confirmed_cannot_be_published(town: Town):
    petition = town.start()
    digest = town.petition(petition).salt or b""
    town.database.retrying(
        lambda db: moderation.open_case(db, SubjectRef("petition", petition), digest.ljust(32), town.now)
    )
    before = len(town.rows(Letter))
    with pytest.raises(NotWaiting, match="not-waiting"):
        town.decide(petition)
    assert "creator has not confirmed" in NotWaiting().sentence
    assert (town.petition(petition).state, len(town.rows(Letter))) == ("pending", before)
    assert [c.state for c in town.rows(Case, Case.subject_id == petition)] == ["waiting"]


def test_supporters_who_have_not_confirmed_hear_nothing(town: Town):
    petition = town.start()
    town.support(petition)
    town.request(petition, SAM, sponsor=True)
    town.decide(petition)
    assert town.deliver().subjects(SAM) == ["Confirm your signature"]


def _decide_for(town: Town, petition: int, department: str) -> None:
    case = town.rows(Case, Case.subject_id == petition)[0]
    by = town.moderator()
    with town.database.reading() as db:
        revision = newest_revision(db, case.id)
    assert revision is not None
    town.database.retrying(
        lambda db: moderation.decide(
            db,
            town.site.moderated,
            case.id,
            revision_id=revision.id,
            verdict=Verdict.PUBLISH,
            extras={"department": department},
            by=by,
            now=town.now,
        )
    )
