"""Drafts that colleagues share, and answers that one person writes and another one releases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.audit.model import AuditEntry
from app.core.errors import NotFound
from app.outcomes.model import DeskNote
from app.outcomes.rules.answers import AnswerText, Grade
from app.outcomes.rules.commitments import Promise
from app.outcomes.service import AnswerChanged, drafting, withdraw_answer
from app.outcomes.service.drafting import DraftChanged, NeedsSecondPerson, NothingWaits, Typed
from tests.app.outcomes.matters import INA, SUNDAYS, TYPED, Matters
from tests.site import OFFICER, Town


@pytest.fixture
def matters(town: Town) -> Matters:
    return Matters(town)


@pytest.fixture
def two(matters: Matters) -> Matters:
    """The parks want two people."""
    matters.want_two_people()
    return matters


def test_an_unfinished_draft_is_kept_as_it_was_typed(matters: Matters):
    referral = matters.referred()
    typed = Typed("", "Half a", "", "24/12", [{"text": "Open it", "owner": "", "due": "soon"}], send_news=False)
    assert matters.save(referral, typed, by=matters.imran) == 1
    draft = matters.draft(referral)
    assert draft is not None
    assert (draft.grade, draft.summary, draft.examine_by, draft.send_news) == ("", "Half a", "24/12", False)
    assert draft.promises == [{"text": "Open it", "owner": "", "due": "soon"}]
    assert (draft.by_id, draft.waits_since) == (matters.imran, None)
    assert matters.of(referral).state == "received"


def test_of_two_who_write_at_once_the_second_overwrites_nothing(matters: Matters):
    referral = matters.referred()
    assert matters.save(referral, by=matters.imran) == 1
    with pytest.raises(DraftChanged):
        matters.save(referral, Typed(summary="Mine"), by=matters.ina)
    assert matters.save(referral, Typed(summary="Ours"), by=matters.ina, revision=1) == 2
    with pytest.raises(DraftChanged):
        matters.save(referral, Typed(summary="Late"), by=matters.imran, revision=1)
    draft = matters.draft(referral)
    assert draft is not None
    assert draft.summary == "Ours"


def test_of_two_who_answer_at_once_the_second_is_shown_the_first(matters: Matters):
    referral = matters.referred()
    matters.answer(referral)
    with pytest.raises(AnswerChanged):
        matters.answer(referral, AnswerText(Grade.NO, "No.", "No."), by=matters.ina)
    (given,) = matters.answers(referral)
    assert (given.summary, given.by_id, given.released_by_id) == ("We will open on Sundays.", matters.imran, None)


def test_a_release_forgets_the_draft_and_throws_no_colleagues_away(matters: Matters):
    referral = matters.referred()
    matters.save(referral, by=matters.imran)
    with pytest.raises(DraftChanged):
        matters.answer(referral, by=matters.ina)
    assert matters.answers(referral) == []
    matters.answer(referral, by=matters.ina, revision=1)
    assert matters.draft(referral) is None
    with pytest.raises(DraftChanged):
        matters.save(referral, by=matters.imran, revision=1, after=1)
    assert matters.town.broken() == {}


def test_nobody_releases_alone_where_two_people_do(two: Matters):
    referral = two.referred()
    with pytest.raises(NeedsSecondPerson):
        two.answer(referral)
    two.save(referral, by=two.imran)
    with pytest.raises(NothingWaits):
        two.release(referral, by=two.ina)
    two.hand_in(referral, by=two.imran)
    with pytest.raises(NeedsSecondPerson):
        two.release(referral, by=two.imran)
    assert two.answers(referral) == []
    two.release(referral, by=two.ina)
    (given,) = two.answers(referral)
    assert (given.by_id, given.released_by_id) == (two.imran, two.ina)
    assert two.draft(referral) is None
    (entry,) = two.town.rows(AuditEntry, AuditEntry.act == "outcomes.answer")
    assert entry.facts["released-by"] == two.ina
    assert two.town.broken() == {}


def test_whoever_changed_it_last_is_not_the_second_person(two: Matters):
    referral = two.referred()
    two.save(referral, by=two.imran)
    two.hand_in(referral, by=two.imran)
    two.save(referral, Typed("no", "No.", "No."), by=two.ina, revision=1)  # she changes it: it waits no more
    with pytest.raises(NothingWaits):
        two.release(referral, by=two.imran, revision=2)
    two.hand_in(referral, by=two.ina, revision=2)
    with pytest.raises(NeedsSecondPerson):
        two.release(referral, by=two.ina, revision=2)
    with pytest.raises(DraftChanged):
        two.release(referral, by=two.imran, revision=1)
    two.release(referral, AnswerText(Grade.NO, "No.", "No."), by=two.imran, revision=2)
    assert [(a.grade, a.by_id, a.released_by_id) for a in two.answers(referral)] == [("no", two.ina, two.imran)]


def test_the_colleague_is_told_that_it_waits_and_the_writer_that_it_came_back(two: Matters):
    referral = two.referred()
    two.save(referral, by=two.imran)
    two.hand_in(referral, by=two.imran)
    (waits,) = two.letters(INA)
    assert waits.startswith("An answer waits for a second person: A colleague has written an answer.")
    assert f"/desk/referrals/{referral}" in waits
    assert "The answer is due on 30 March 2026. Nothing is published before one of you releases it." in waits
    assert two.letters() == []
    parks, now = two.department().id, two.town.now
    two.do(lambda db: drafting.hand_back(db, referral, parks, "Say by when.", revision=1, by=two.ina, now=now))
    (note,) = two.town.rows(DeskNote)
    assert (note.text, note.by_id) == ("Say by when.", two.ina)
    (back,) = two.letters(OFFICER)
    assert back.startswith("Your answer was handed back to you: A colleague read your answer and wants it changed")
    with pytest.raises(NothingWaits):
        two.do(lambda db: drafting.hand_back(db, referral, parks, "Again", revision=1, by=two.ina, now=now))
    with pytest.raises(NothingWaits):
        two.release(referral, by=two.ina)


def test_a_correction_needs_two_people_as_well(two: Matters):
    referral = two.referred()
    two.save(referral, by=two.imran)
    two.hand_in(referral, by=two.imran)
    two.release(referral, by=two.ina)
    with pytest.raises(NeedsSecondPerson):
        two.answer(referral, after=1)
    with pytest.raises(AnswerChanged):
        two.save(referral, by=two.imran, after=0)
        two.hand_in(referral, by=two.imran)


def test_what_waits_where_the_matter_is_closed_is_released_by_nobody(two: Matters):
    referral = two.referred()
    two.save(referral, by=two.imran)
    two.hand_in(referral, by=two.imran)
    two.settle(referral)
    with pytest.raises(drafting.answering.NoLongerOwed):
        two.release(referral, by=two.ina)
    assert two.answers(referral) == []
    assert two.town.broken() == {}


def test_another_departments_officer_finds_no_draft(matters: Matters):
    referral, roads = matters.referred(), matters.department("roads")
    matters.save(referral, by=matters.imran)
    by, now = matters.officer("roads"), matters.town.now
    for act in (
        lambda db: drafting.save(db, referral, roads.id, TYPED, revision=1, after_version=0, by=by, now=now),
        lambda db: drafting.hand_in(db, referral, roads.id, revision=1, by=by, now=now),
        lambda db: drafting.release(db, referral, roads, SUNDAYS, revision=1, by=by, now=now),
        lambda db: drafting.publish(db, referral, roads, SUNDAYS, revision=1, after_version=0, by=by, now=now),
        lambda db: drafting.throw_away(db, referral, roads.id, revision=1, by=by, now=now),
    ):
        with pytest.raises(NotFound):
            matters.do(act)
    assert matters.draft(referral) is not None


def test_a_draft_that_is_thrown_away_is_gone_unless_it_was_changed_meanwhile(matters: Matters):
    referral, parks, now = matters.referred(), matters.department().id, matters.town.now
    matters.save(referral, by=matters.imran)
    matters.save(referral, by=matters.ina, revision=1)
    with pytest.raises(DraftChanged):
        matters.do(lambda db: drafting.throw_away(db, referral, parks, revision=1, by=matters.imran, now=now))
    matters.do(lambda db: drafting.throw_away(db, referral, parks, revision=2, by=matters.imran, now=now))
    assert matters.draft(referral) is None


def test_taking_an_answer_back_hides_its_promises_and_leaves_the_versions_on_record(matters: Matters):
    referral = matters.referred()
    matters.promising(referral, Promise("Open the gate", "Head of Parks", date(2026, 5, 4)))
    assert any("promised: Open the gate" in step for step in matters.steps(referral))
    parks, now = matters.department().id, matters.town.now
    matters.do(lambda db: withdraw_answer(db, referral, parks, after_version=1, by=matters.imran, now=now))
    assert not any("Open the gate" in step for step in matters.steps(referral))
    (promise,), (given,) = matters.promises(referral), matters.answers(referral)
    assert promise.withdrawn_at == given.withdrawn_at == now
    assert matters.of(referral).state == "received"
    matters.town.clock.advance(timedelta(days=90))
    matters.town.work()
    assert "A promise is late" not in " ".join(matters.letters())
    matters.answer(referral, after=1)
    assert [p.withdrawn_at for p in matters.promises(referral)] == [now]
    assert matters.town.broken() == {}
