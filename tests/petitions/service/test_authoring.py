"""What Anna may do with her petition after she sent it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.errors import Invalid
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation.model import Case, Revision
from app.moderation.rules.standards import Verdict
from petitions.model.petition import Event, JudgedText
from petitions.service.authoring import CannotResubmit, CannotWithdraw
from tests.people import ANNA, LAURA, SAM, crowd
from tests.site import TEXTS, Town

BETTER = "Let the council open the town library on Sundays"


@pytest.fixture
def waiting(town: Town) -> int:
    petition = town.start()
    town.support(petition)
    return petition


@pytest.fixture
def rejected(town: Town, waiting: int) -> int:
    town.decide(waiting, Verdict.REJECT, reason="no-action", note="Say who should do it.")
    return waiting


def test_anna_changes_a_rejected_text_and_it_is_judged_once_more(town: Town, rejected: int):
    assert "send it in once more" in " ".join(town.deliver().last_to(ANNA).get_content().split())
    assert town.letters.link(ANNA, "not accepted")
    town.clock.advance(timedelta(days=1))
    town.resubmit(rejected, action=BETTER)
    found = town.petition(rejected)
    assert (found.state, found.action, found.resubmitted_at) == ("in_moderation", BETTER, town.now)
    assert (found.rejected_at, found.rejection_code, found.signature_count) == (None, None, 6)
    (case,) = town.rows(Case, Case.subject_id == rejected, Case.state == "waiting")
    assert [r.number for r in town.rows(Revision, Revision.case_id == case.id)] == [1]
    letter = town.deliver().last_to(ANNA)
    assert letter["Subject"] == "Your petition was sent to moderation"
    assert "You changed your petition" in letter.get_content()
    with town.database.reading() as db:
        shown = town.site.moderated["petition"].show(db, rejected)
    assert next((c.before, c.after) for c in shown.changes) == (TEXTS["action"], BETTER)
    town.decide(rejected)
    assert (town.petition(rejected).state, town.petition(rejected).text_version) == ("open", 1)
    assert town.deliver().subjects("sponsor.1@example.org")[-1] == "A petition you supported is published"
    assert town.broken() == {}


def test_what_was_hidden_can_be_changed_too_and_its_words_stay_with_the_moderators(town: Town, waiting: int):
    town.decide(waiting, Verdict.REJECT, reason="offensive")
    town.resubmit(waiting, background="People work on Saturdays, kindly.")
    assert town.petition(waiting).state == "in_moderation"
    (kept,) = town.rows(JudgedText, JudgedText.petition_id == waiting)
    assert kept.background == TEXTS["background"]
    assert town.broken() == {}


def test_the_second_rejection_is_final(town: Town, rejected: int):
    town.resubmit(rejected, action=BETTER)
    town.decide(rejected, Verdict.REJECT, reason="irrelevant")
    assert "This text cannot be sent in again" in " ".join(town.deliver().last_to(ANNA).get_content().split())
    with pytest.raises(CannotResubmit):
        town.resubmit(rejected, action="Once more: open the library")
    assert town.petition(rejected).action == BETTER
    assert len(town.rows(Event, Event.kind == "resubmitted", Event.petition_id == rejected)) == 1


def test_the_same_form_sent_twice_is_sent_in_once(town: Town, rejected: int):
    town.resubmit(rejected, action=BETTER)
    town.resubmit(rejected, action=BETTER)
    assert town.deliver().subjects(ANNA).count("Your petition was sent to moderation") == 2  # at first, and now
    assert len(town.rows(Event, Event.kind == "resubmitted", Event.petition_id == rejected)) == 1
    with pytest.raises(CannotResubmit):
        town.resubmit(rejected, action="Other words in another tab")


def test_the_same_words_again_are_refused(town: Town, rejected: int):
    with pytest.raises(Invalid) as refused:
        town.resubmit(rejected)
    assert [e.field for e in refused.value.errors] == ["action"]
    assert town.petition(rejected).state == "rejected"


def test_whatever_was_not_rejected_before_publication_is_not_sent_in_again(town: Town, waiting: int):
    with pytest.raises(CannotResubmit):
        town.resubmit(waiting, action=BETTER)
    town.decide(waiting)
    with pytest.raises(CannotResubmit):
        town.resubmit(waiting, action=BETTER)
    town.take_down(waiting, "advert")
    with pytest.raises(CannotResubmit):
        town.resubmit(waiting, action=BETTER)
    assert town.petition(waiting).action == TEXTS["action"]


def test_a_name_that_is_not_real_is_not_mended_by_other_words(sqlite_town: Town):
    petition = sqlite_town.start()
    sqlite_town.support(petition)
    sqlite_town.decide(petition, Verdict.REJECT, reason="fake-name")
    assert "This text cannot be sent in again" in " ".join(sqlite_town.deliver().last_to(ANNA).get_content().split())
    with pytest.raises(CannotResubmit):
        sqlite_town.resubmit(petition, action=BETTER)


def test_once_its_people_are_forgotten_it_is_too_late(town: Town, rejected: int):
    town.clock.advance(timedelta(days=200))
    town.work()
    town.work()
    assert town.petition(rejected).salt is None
    with pytest.raises(CannotResubmit):
        town.resubmit(rejected, action=BETTER)


def test_a_deployment_may_allow_none_or_several(town: Town, waiting: int):
    town.decide(waiting, Verdict.REJECT, reason="no-action")
    town.policy = town.policy.__class__(resubmissions=0)
    with pytest.raises(CannotResubmit):
        town.resubmit(waiting, action=BETTER)
    town.policy = town.policy.__class__(resubmissions=2)
    town.resubmit(waiting, action=BETTER)
    town.decide(waiting, Verdict.REJECT, reason="no-action")
    town.resubmit(waiting, action=TEXTS["action"])
    assert town.petition(waiting).state == "in_moderation"


def test_anna_withdraws_while_it_is_being_checked(town: Town, waiting: int):
    town.deliver()
    town.withdraw_petition(waiting)
    found = town.petition(waiting)
    assert (found.state, found.withdrawn_at) == ("withdrawn", town.now)
    assert [c.state for c in town.rows(Case, Case.subject_id == waiting)] == ["closed"]
    letters = town.deliver()
    assert letters.subjects(ANNA)[-1] == "You withdrew your petition"
    assert letters.subjects("sponsor.1@example.org")[-1] == "A petition you supported was withdrawn"
    assert town.broken() == {}


def test_letters_that_make_no_sense_any_more_do_not_leave(town: Town):
    petition = town.start()
    town.request(petition, SAM, sponsor=True)
    town.withdraw_petition(petition)
    assert town.deliver().subjects(SAM) == []
    assert town.letters.subjects(ANNA) == ["You withdrew your petition"]
    assert {x.state for x in town.rows(Letter) if "withdrew" not in x.template} >= {"dropped"}
    assert town.broken() == {}


def test_anna_withdraws_an_open_petition_and_signers_who_asked_are_told(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM, LAURA.but(notify=False))
    town.deliver()
    town.withdraw_petition(petition)
    town.work()
    letters = town.deliver()
    assert letters.subjects(SAM)[-1] == "A petition you signed was withdrawn"
    assert letters.last_to(SAM)["List-Unsubscribe"]
    assert "A petition you signed was withdrawn" not in letters.subjects(LAURA)
    assert letters.subjects(ANNA)[-1] == "You withdrew your petition"
    assert town.petition(petition).signature_count == 8
    town.withdraw_petition(petition)
    assert town.deliver().subjects(ANNA).count("You withdrew your petition") == 1
    assert town.broken() == {}


def test_an_answer_that_was_promised_is_still_owed_after_withdrawing(town: Town):
    petition = town.open_petition()
    town.sign(petition, *crowd(6))
    town.withdraw_petition(petition)
    (referral,) = town.referrals(petition)
    assert referral.state == "received"
    referred = town.site.referred["petition"]
    with town.database.reading() as db:
        shown = referred(db, petition)
    assert shown is not None
    assert "still due" in shown.note
    town.answer(petition)
    assert town.petition(petition).answered_at == town.now
    assert town.broken() == {}


def test_what_is_over_cannot_be_withdrawn(town: Town, rejected: int):
    with pytest.raises(CannotWithdraw):
        town.withdraw_petition(rejected)
    petition = town.open_petition()
    town.clock.advance(timedelta(days=200))
    with pytest.raises(CannotWithdraw):  # before the clock's job has said so
        town.withdraw_petition(petition)
    town.work()
    with pytest.raises(CannotWithdraw):
        town.withdraw_petition(petition)
    assert town.petition(petition).state == "closed"


def test_what_was_taken_down_cannot_be_shown_again_by_withdrawing_it(town: Town):
    petition = town.open_petition()
    town.take_down(petition)
    town.restore(petition)
    with pytest.raises(CannotWithdraw):
        town.withdraw_petition(petition)
    assert town.petition(petition).state == "in_moderation"


def test_a_withdrawn_petition_is_not_restored_and_not_decided(town: Town, waiting: int):
    town.withdraw_petition(waiting)
    with town.database.reading() as db:
        shown = town.site.moderated["petition"].show(db, waiting)
    assert not shown.can_restore
    assert not shown.can_take_down
    assert SubjectRef("petition", waiting)


def test_only_annas_letters_lead_to_her_own_page(town: Town):
    petition = town.open_petition()
    town.sign(petition, SAM)
    letters = town.deliver()
    link = town.creator_link(petition)
    assert [str(m["Subject"]) for m in letters.to(ANNA) if link in m.get_content()] == [
        "Share your petition with supporters",
        "Your petition was sent to moderation",
        "Your petition is published",
    ]
    others = [m for m in letters.all if m["To"] != ANNA.email]
    assert others
    assert not any("/petitions/mine/" in m.get_content() for m in others)
