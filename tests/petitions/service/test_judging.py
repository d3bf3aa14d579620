"""What a moderator's verdict does to a petition."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.audit.model import AuditEntry
from app.core.errors import Invalid
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation import bulk
from app.moderation import queries as moderation_queries
from app.moderation import service as moderation
from app.moderation.model import Case
from app.moderation.queries import newest_revision
from app.moderation.rules.standards import BY_CODE, Verdict
from app.moderation.service import NotPublic, NotRefused
from petitions.model.petition import Crossing, Event, TextVersion
from petitions.rules.eligibility import NotOpen, TooLateToWithdraw
from petitions.rules.texts import text_digest
from petitions.service import authoring
from petitions.service.announcing import Announcing
from petitions.service.judging import PeopleForgotten
from petitions.service.publishing import NotWaiting
from petitions.service.withdrawing import withdraw
from tests.people import ANNA, LAURA, SAM, SUZIE, crowd
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


@pytest.mark.parametrize(
    "survivor", ["", "999999", "9" * 30, "itself", "unpublished", "rejected", "taken back", "-1", "٣"]
)
def test_a_duplicate_of_nothing_is_refused(town: Town, waiting: int, survivor: str):
    known = {"itself": waiting, "unpublished": town.start(), "rejected": town.start(), "taken back": town.start()}
    town.support(known["rejected"])
    town.decide(known["rejected"], Verdict.REJECT, reason="advert")
    town.withdraw_petition(known["taken back"])
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


def test_what_is_taken_down_as_libel_cannot_be_read_and_only_its_creator_is_told(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    town.deliver()
    before = len(town.letters.all)
    town.take_down(petition, "libellous", note="The third line names a person.")
    found = town.petition(petition)
    assert (found.state, found.hidden_at, found.signature_count) == ("hidden", town.now, 7)
    assert len(town.deliver().all) == before + 1
    letter = town.letters.last_to(ANNA)
    assert letter["Subject"] == "Your petition was taken down"
    words = " ".join(letter.get_content().split())
    assert str(BY_CODE["libellous"].rule) in words
    assert "The third line names a person." in words
    assert "library" not in words
    (event,) = town.rows(Event, Event.petition_id == petition, Event.kind == "taken-down")
    assert event.facts == {"reason": "libellous"}
    (entry,) = town.rows(AuditEntry, AuditEntry.act == "moderation.take-down")
    assert (entry.actor_id, entry.subject_id) == (town.moderator(), petition)
    assert town.broken() == {}


def test_what_is_taken_down_for_a_rule_that_shows_stays_readable(town: Town):
    petition = town.open_petition()
    town.take_down(petition, "advert")
    found = town.petition(petition)
    assert (found.state, found.rejection_code, found.rejected_at) == ("rejected", "advert", town.now)
    assert "It stays readable" in " ".join(town.deliver().last_to(ANNA).get_content().split())
    assert town.broken() == {}


def test_a_duplicate_taken_down_points_to_the_petition_it_repeats(sqlite_town: Town):
    petition, survivor = sqlite_town.open_petition(), sqlite_town.open_petition()
    with pytest.raises(Invalid):
        sqlite_town.take_down(petition, "duplicate")
    assert sqlite_town.petition(petition).state == "open"
    sqlite_town.take_down(petition, "duplicate", survivor=str(survivor))
    assert sqlite_town.petition(petition).duplicate_of_id == survivor


def test_what_is_not_published_cannot_be_taken_down(town: Town, waiting: int):
    with pytest.raises(NotPublic):
        town.take_down(waiting)
    petition = town.open_petition()
    town.take_down(petition)
    with pytest.raises(NotPublic):
        town.take_down(petition)
    assert len(town.rows(Case, Case.subject_id == petition)) == 2


@pytest.mark.parametrize("reason", ["", "i-dislike-it"])
def test_nothing_is_taken_down_without_a_reason(sqlite_town: Town, reason: str):
    petition = sqlite_town.open_petition()
    with pytest.raises(Invalid):
        sqlite_town.take_down(petition, reason)
    assert sqlite_town.petition(petition).state == "open"


def test_what_was_restored_and_published_again_goes_on_as_it_was(town: Town):
    petition = town.open_petition()
    town.sign(petition, *crowd(6))
    before = town.petition(petition)
    assert before.response_reached_at is not None
    town.clock.advance(timedelta(days=3))
    town.take_down(petition)
    town.restore(petition, "No person is named.")
    assert (town.petition(petition).state, town.petition(petition).rejection_code) == ("in_moderation", None)
    assert town.deliver().subjects(ANNA)[-1] == "Your petition is looked at again"
    assert town.broken() == {}
    town.clock.advance(timedelta(days=2))
    town.decide(petition)
    found = town.petition(petition)
    same = ("opened_at", "closes_at", "signature_count", "last_number", "text_version", "response_reached_at")
    assert [getattr(found, name) for name in same] == [getattr(before, name) for name in same]
    assert (found.state, found.hidden_at) == ("open", None)
    crossings = town.rows(Crossing, Crossing.petition_id == petition, Crossing.threshold == "response")
    assert [c.episode for c in crossings] == [1]
    assert len(town.referrals(petition)) == 1
    letter = town.deliver().last_to(ANNA)
    assert "public again with all its signatures" in " ".join(letter.get_content().split())
    assert town.letters.subjects("sponsor.1@example.org").count("A petition you supported is published") == 1
    assert town.sign(petition, SAM)
    assert [e.kind for e in town.rows(Event, Event.petition_id == petition)] == [
        "taken-down",
        "restored",
        "published-again",
    ]
    assert town.broken() == {}


def test_what_is_published_again_after_its_last_day_is_closed_at_once(town: Town):
    petition = town.open_petition()
    closes_at = town.petition(petition).closes_at
    town.take_down(petition)
    town.deliver()
    town.clock.advance(timedelta(days=200))
    town.restore(petition)
    town.decide(petition)
    found = town.petition(petition)
    assert (found.state, found.closed_at, found.closes_at) == ("closed", closes_at, closes_at)
    assert town.broken() == {}


def test_what_is_rejected_again_after_it_was_restored_stays_down_and_its_sponsors_hear_nothing(town: Town):
    petition = town.open_petition()
    town.take_down(petition)
    town.restore(petition)
    town.decide(petition, Verdict.REJECT, reason="libellous")
    assert town.petition(petition).state == "hidden"
    assert town.deliver().subjects(ANNA)[-1] == "Your petition was taken down"
    assert "A petition you supported was not accepted" not in town.letters.subjects("sponsor.1@example.org")


@pytest.mark.parametrize("reason", ["no-action", "offensive"])
def test_what_was_rejected_before_publication_can_be_restored_too(town: Town, waiting: int, reason: str):
    town.decide(waiting, Verdict.REJECT, reason=reason)
    town.restore(waiting, "The rule was used wrongly.")
    found = town.petition(waiting)
    assert (found.state, found.rejected_at, found.hidden_at) == ("in_moderation", None, None)
    (again,) = town.rows(Case, Case.subject_id == waiting, Case.state == "waiting")
    town.decide(waiting)
    found = town.petition(waiting)
    assert (found.state, found.opened_at, found.text_version) == ("open", town.now, 1)
    with town.database.reading() as db:
        history = moderation_queries.history(db, SubjectRef("petition", waiting))
    assert [(d.decision.verdict, d.by) for d in history] == [
        ("publish", "Maureen"),
        ("restore", "Ada"),
        ("reject" if reason == "no-action" else "hide", "Maureen"),
    ]
    assert history[1].decision.note == "The rule was used wrongly."
    assert again.opened_at == town.now
    assert town.broken() == {}


def test_restoring_needs_to_say_why_and_something_to_restore(town: Town, waiting: int):
    with pytest.raises(NotRefused):
        town.restore(waiting)
    town.decide(waiting, Verdict.REJECT, reason="spam")
    for note in ("", " \u200b ", "n" * 4_001):
        with pytest.raises(Invalid) as refused:
            town.restore(waiting, note)
        assert [e.field for e in refused.value.errors] == ["note"]
    assert town.petition(waiting).state == "rejected"
    town.restore(waiting)
    with pytest.raises(NotRefused):
        town.restore(waiting)
    assert len(town.rows(Case, Case.subject_id == waiting, Case.state == "waiting")) == 1


def test_once_its_people_are_forgotten_an_unpublished_petition_is_not_restored(town: Town, waiting: int):
    town.decide(waiting, Verdict.REJECT, reason="spam")
    town.deliver()
    town.clock.advance(timedelta(days=200))
    town.work()
    town.work()
    with pytest.raises(PeopleForgotten):
        town.restore(waiting)
    assert town.petition(waiting).state == "rejected"


def test_letters_about_what_nobody_may_read_are_not_sent(town: Town):
    petition = town.open_petition()
    town.request(petition, SAM)
    town.take_down(petition)
    assert town.deliver().subjects(SAM) == []


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


def test_a_withdrawn_petition_whose_words_do_harm_is_taken_down_and_stays_withdrawn_when_it_comes_back(town: Town):
    petition = town.open_petition()
    announcing = Announcing(town.settings.news_window, town.settings.zone)
    town.database.retrying(lambda db: authoring.withdraw(db, announcing, petition, town.now))
    town.take_down(petition)
    assert town.petition(petition).state == "hidden"
    town.restore(petition)
    town.decide(petition)
    assert town.petition(petition).state == "withdrawn"
    assert town.broken() == {}


def test_what_is_judged_again_takes_no_supporters_and_its_clock_goes_on(town: Town):
    petition = town.open_petition()
    (signed,), (asked,) = town.sign(petition, SAM), town.request(petition, LAURA)
    town.take_down(petition)
    town.restore(petition)
    (late,) = town.perform([town.request_act(petition, SUZIE, sponsor=True)])
    assert [type(a) for a in (late, *town.confirm(asked))] == [NotOpen, NotOpen]
    closes_at = town.petition(petition).closes_at
    assert closes_at is not None
    town.clock.set(closes_at)
    with pytest.raises(TooLateToWithdraw):
        town.database.retrying(lambda db: withdraw(db, signed, closed_on="", now=town.now))
    assert town.count(petition) == 7


def test_what_closed_while_it_was_down_is_told_once_it_is_back(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    closes_at = town.petition(petition).closes_at
    assert closes_at is not None
    town.clock.set(closes_at - timedelta(days=1))
    town.take_down(petition)
    town.clock.set(closes_at + timedelta(days=1))
    town.restore(petition)
    town.decide(petition)
    town.work()
    letters = town.deliver()
    assert letters.subjects(SAM)[-1] == "A petition you signed has closed"
    assert letters.subjects(ANNA).count("Your petition has closed") == 1


def test_a_refusal_that_stands_no_more_is_told_to_nobody(town: Town, waiting: int):
    """Rejected with others: its letters wait for ten minutes, in which Anna finds it on her page and sends it in again."""
    case = town.rows(Case, Case.subject_id == waiting, Case.subject_kind == "petition")[-1]
    with town.database.reading() as db:
        chosen = [(case.id, newest_revision(db, case.id).id)]
    site, by = town.site.moderated, town.moderator()
    bulk.decide_many(town.database, site, chosen, verdict=Verdict.REJECT, reason_code="irrelevant", by=by, now=town.now)
    town.resubmit(waiting, action="Open the library on Sundays and Mondays")
    town.clock.advance(bulk.UNDO_FOR)
    letters = town.deliver()
    everyone = letters.subjects(ANNA) + letters.subjects("sponsor.1@example.org")
    assert not {s for s in everyone if "not accepted" in s}


def test_news_of_a_correction_does_not_leave_while_the_petition_is_judged_again(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    town.correct(petition, action="Open the town library on every Sunday")
    town.take_down(petition)
    town.restore(petition)
    town.work()
    assert "A petition you signed was corrected" not in town.deliver().subjects(SAM)


def test_news_that_was_due_while_the_petition_was_down_leaves_once_it_is_back(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    town.correct(petition, action="Open the town library on every Sunday")
    town.take_down(petition)
    town.work()
    assert "A petition you signed was corrected" not in town.deliver().subjects(SAM)
    town.restore(petition)
    town.decide(petition)
    town.work()
    assert town.deliver().subjects(SAM).count("A petition you signed was corrected") == 1
