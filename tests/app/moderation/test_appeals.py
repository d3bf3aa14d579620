"""An appeal is heard once, in time, and by somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.errors import Invalid
from app.moderation import fairness, service
from app.moderation.model import Appeal, Case, Decision, Immunity, LogLine
from app.moderation.refusals import (
    AppealedAlready,
    CannotAppeal,
    OwnDecision,
    SteppedBack,
    TooLateToAppeal,
    WrongVerdict,
)
from app.moderation.rules.standards import Verdict
from tests.app.moderation.moderators import Moderators
from tests.people import ANNA
from tests.site import Town

WORDS = "I named nobody."


@pytest.fixture
def refused(desk: Moderators) -> tuple[int, int]:
    """What Ana said, and Mia's decision not to publish it."""
    said = desk.forum.say("Ana", "The bench by the weir is broken.")
    return said, desk.reject(said, "irrelevant", by=desk.mia).id


def test_the_letter_says_the_rule_how_to_appeal_and_until_when(desk: Moderators, refused: tuple[int, int]):
    letter = " ".join(desk.town.deliver().last_to("ana@example.org").get_content().split())
    assert "It asks for something that the bodies answering here have no say in." in letter
    assert "you can appeal once, until" in letter
    assert "/account/comments" in letter, "what it is about stands there, also where a letter quotes nothing"
    assert f"/appeals/{desk.town.keys.token('moderation.appeal', refused[1])}" in letter


def test_somebody_else_hears_it_and_the_text_is_published(desk: Moderators, refused: tuple[int, int]):
    said, decision = refused
    desk.town.clock.advance(timedelta(days=29))
    case = desk.appeal(decision).case_id
    assert desk.town.deliver().subjects("ana@example.org")[-1] == "We have your appeal"
    with pytest.raises(WrongVerdict):
        desk.decide(case, "publish", by=desk.max)
    with pytest.raises(Invalid) as told:
        desk.decide(case, "overturn", by=desk.max)
    assert [e.field for e in told.value.errors] == ["note"]
    desk.decide(case, "overturn", by=desk.max, note="The weir is ours.")
    assert desk.forum.read(said) == "The bench by the weir is broken."
    (appeal,) = desk.town.rows(Appeal)
    assert (appeal.state, appeal.heard_by_id, appeal.answer) == ("overturned", desk.max, "The weir is ours.")
    letter = desk.town.deliver().last_to("ana@example.org")
    assert letter["Subject"] == "Your appeal was right"
    assert "The weir is ours." in letter.get_content()
    line = desk.lines()[-1]
    about = next(one for one in desk.lines() if one.id == line.about_id)
    assert (line.verdict, about.verdict, about.reason_code) == ("overturn", "reject", "irrelevant")
    assert len(desk.town.rows(Immunity)) == 1
    assert desk.town.broken() == {}


def test_turned_down_it_stays_as_it_was_and_ana_reads_why(desk: Moderators, refused: tuple[int, int]):
    said, decision = refused
    desk.decide(desk.appeal(decision).case_id, "uphold", by=desk.max, note="The weir is another town's.")
    assert desk.shown(said) == "rejected"
    letter = desk.town.deliver().last_to("ana@example.org")
    assert letter["Subject"] == "Your appeal was turned down"
    assert "The weir is another town's." in letter.get_content()
    assert desk.town.broken() == {}


def test_mia_does_not_hear_an_appeal_against_her_own_decision(desk: Moderators, refused: tuple[int, int]):
    case = desk.appeal(refused[1]).case_id
    desk.max  # noqa: B018  is on duty
    for act in (lambda: desk.decide(case, "uphold", by=desk.mia, note="No."), lambda: desk.claim(case, desk.mia)):
        with pytest.raises(OwnDecision) as told:
            act()
        assert "It waits for another moderator." in told.value.sentence
    desk.decide(case, "uphold", by=desk.max, note="No.")


def test_with_mia_alone_on_duty_it_waits_and_says_so(desk: Moderators, refused: tuple[int, int]):
    desk.duty(desk.town.moderator(), on=False)
    case = desk.appeal(refused[1]).case_id
    with pytest.raises(OwnDecision) as told:
        desk.decide(case, "uphold", by=desk.mia, note="No.")
    assert "Nobody else is on duty at the moment" in told.value.sentence
    assert desk.state(case) == "waiting"
    with desk.database.reading() as db:
        assert not fairness.can_be_heard(db, db.get_one(Case, case))
    ada = desk.ada
    desk.duty(ada, on=True)
    with desk.database.reading() as db:
        assert fairness.can_be_heard(db, db.get_one(Case, case))
    desk.decide(case, "overturn", by=ada, note="Yes.")


def test_a_relative_who_stepped_back_hears_no_appeal_either(desk: Moderators, refused: tuple[int, int]):
    desk.duty(desk.town.moderator(), on=False)
    desk.step_back(desk.case(refused[0]).id, desk.max)
    case = desk.appeal(refused[1]).case_id
    with pytest.raises(SteppedBack):
        desk.decide(case, "uphold", by=desk.max, note="No.")
    with desk.database.reading() as db:
        assert not fairness.can_be_heard(db, db.get_one(Case, case))


def test_thirty_days_and_no_longer(desk: Moderators, refused: tuple[int, int]):
    desk.town.clock.advance(timedelta(days=30))
    with pytest.raises(TooLateToAppeal) as told:
        desk.appeal(refused[1])
    assert "30 days" in told.value.sentence
    assert desk.town.rows(Appeal) == []


def test_once_and_the_same_form_twice_is_once(desk: Moderators, refused: tuple[int, int]):
    first = desk.appeal(refused[1], WORDS)
    assert desk.appeal(refused[1], f" {WORDS} ").id == first.id
    with pytest.raises(AppealedAlready):
        desk.appeal(refused[1], "And another thing.")
    desk.decide(first.case_id, "uphold", by=desk.max, note="No.")
    with pytest.raises(AppealedAlready):
        desk.appeal(refused[1], "And another thing.")


@pytest.mark.parametrize("words", ["", " \n ", "w" * 4_001])
def test_an_appeal_says_why_in_4000_characters(desk: Moderators, refused: tuple[int, int], words: str):
    with pytest.raises(Invalid):
        desk.appeal(refused[1], words)


def test_what_was_published_or_undone_is_nothing_to_appeal_against(desk: Moderators):
    published = desk.decide(desk.case(desk.forum.say("Ana")).id).id
    with pytest.raises(CannotAppeal):
        desk.appeal(published)
    said = desk.forum.say("Ben", "Buy now.")
    done = desk.decide_many([desk.case(said).id], by=desk.mia)
    (decision,) = desk.town.rows(Decision, Decision.batch_id == done.batch)
    desk.undo(done.batch, desk.mia)
    with pytest.raises(CannotAppeal):
        desk.appeal(decision.id)


def test_a_new_text_makes_the_appeal_against_the_old_one_moot(desk: Moderators):
    said = desk.forum.say("Ana", "One.")
    decision = desk.decide(desk.case(said).id, "return", reason="irrelevant", note="Say which.")
    appeal = desk.appeal(decision.id)
    desk.forum.edit("Ana", said, "The second one.")
    (found,) = desk.town.rows(Appeal)
    assert (found.state, desk.state(appeal.case_id)) == ("moot", "closed")
    assert desk.town.broken() == {}


def test_a_petition_whose_appeal_is_granted_opens_under_its_department(town: Town):
    desk = Moderators.of(town)
    petition = town.start()
    town.support(petition)
    town.decide(petition, Verdict.REJECT, reason="irrelevant", note="Not ours.")
    decision = town.rows(Decision)[-1]
    path = town.deliver().last_to(ANNA).get_content()
    assert "/appeals/" in path
    case = desk.appeal(decision.id).case_id
    with pytest.raises(Invalid) as told:
        desk.decide(case, "overturn", by=desk.max, note="It is ours.")
    assert [e.field for e in told.value.errors] == ["department"]
    revision = desk.revision(case)
    assert desk.state(case) == "waiting"
    town.database.retrying(
        lambda db: service.decide(
            db,
            town.site.moderated,
            case,
            revision_id=revision,
            verdict=Verdict.OVERTURN,
            note="It is ours.",
            extras={"department": "parks"},
            by=desk.max,
            now=town.now,
        )
    )
    assert town.petition(petition).state == "open"
    assert {"Your petition is published", "Your appeal was right"} <= set(town.deliver().subjects(ANNA))
    assert [line.verdict for line in town.rows(LogLine)] == ["reject", "overturn"]
    assert town.broken() == {}
