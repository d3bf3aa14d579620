"""A petition's page tells everything that happened to it, in order, and what is still to come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from app.core.web.assets import Assets
from app.core.web.page import Pages
from app.main import STATIC
from app.outcomes import service as outcomes
from petitions.model.petition import Petition
from petitions.rules.debates import DebateState, DebateText
from petitions.service import withdrawing
from petitions.service.telling import tell
from petitions.web.trail import Step, read_story, trail
from tests.people import SAM, crowd
from tests.site import Town


def steps(town: Town, petition: int) -> list[Step]:
    with town.database.reading() as db:
        told = read_story(db, db.get_one(Petition, petition))
        return trail(told, Pages(town.settings, Assets(STATIC)), town.now)


def happened(town: Town, petition: int) -> list[str]:
    return [step.text for step in steps(town, petition) if step.state == "done"]


def say(town: Town, petition: int, kind: str, **facts: object) -> None:
    town.database.retrying(lambda db: tell(db, petition, kind, town.now, **facts))


def tomorrow(town: Town) -> None:
    town.clock.advance(timedelta(days=1))


def test_from_the_first_supporter_to_the_answer(town: Town):
    petition = town.open_petition()
    tomorrow(town)
    town.sign(petition, *crowd(4, "public"))
    assert [(s.text, s.state) for s in steps(town, petition)][-2:] == [
        ("Answer from Parks is due", "due"),
        ("Last day to sign", "due"),
    ]
    tomorrow(town)
    town.answer(petition)
    assert happened(town, petition) == [
        "Started",
        "Had enough supporters to be checked",
        "Published",
        "Reached 10 signatures, for an answer",
        "Referred to Parks",
        "Answered by Parks",
    ]
    answered = steps(town, petition)[-2]
    assert (answered.said, answered.href[:8]) == ("We will open on Sundays from May.", "#answer-")


def test_a_duty_that_is_overdue_says_so(town: Town):
    petition = town.open_petition()
    town.sign(petition, *crowd(4, "public"))
    town.clock.advance(timedelta(days=40))
    assert [(s.text, s.state) for s in steps(town, petition)][-2] == ("Answer from Parks was due", "late")


def test_a_count_that_falls_and_rises_again_leaves_three_steps(town: Town):
    petition = town.open_petition()
    signers = town.sign(petition, *crowd(4, "public"))
    tomorrow(town)
    town.database.retrying(lambda db: withdrawing.withdraw(db, signers[-1], closed_on="", now=town.now))
    tomorrow(town)
    town.sign(petition, SAM)
    about_it = [text for text in happened(town, petition) if "signatures" in text]
    assert about_it == [
        "Reached 10 signatures, for an answer",
        "Fell below 10 signatures: no answer is due for now",
        "Reached 10 signatures again, for an answer",
    ]
    assert len({s.key for s in steps(town, petition)}) == len(steps(town, petition))


def test_a_correction_stands_with_its_reason_and_leads_to_the_versions(town: Town):
    petition = town.open_petition()
    tomorrow(town)
    town.correct(petition, "It is four hours, not five.", background="People work on Saturdays until five.")
    [step] = [s for s in steps(town, petition) if s.key == "version-2"]
    assert (step.text, step.note) == ("Wording corrected", "It is four hours, not five.")
    assert step.href == f"/petitions/{petition}/versions"


def test_what_was_taken_down_and_came_back_says_both(town: Town):
    petition = town.open_petition()
    town.take_down(petition)
    tomorrow(town)
    town.restore(petition)
    tomorrow(town)
    town.decide(petition)
    told = ["Taken down by the moderators", "Brought back, to be checked again", "Published again"]
    assert happened(town, petition)[-3:] == told


def test_days_put_off_one_after_the_other_are_one_step(town: Town):
    petition = town.open_petition()
    for _midnight in range(3):
        tomorrow(town)
        say(town, petition, "extended", days=1)
    tomorrow(town)
    say(town, petition, "restored")
    tomorrow(town)
    say(town, petition, "extended", days=1)
    assert [text for text in happened(town, petition) if "put off" in text] == [
        "Deadline put off by 3 days, because signing was stopped",
        "Deadline put off by 1 day, because signing was stopped",
    ]


def test_an_entry_of_a_kind_that_nobody_taught_the_page_is_left_out(town: Town):
    petition = town.open_petition()
    before = happened(town, petition)
    say(town, petition, "something-of-next-year", name="Anna")
    assert happened(town, petition) == before


def test_an_answer_taken_back_is_told_and_the_next_one_is_no_correction(town: Town):
    petition = town.open_petition()
    town.sign(petition, *crowd(4, "public"))
    town.answer(petition, tell=False)
    tomorrow(town)
    referral, by = town.referrals(petition)[0], town.officer()
    department = referral.department_id or 0

    def take_back(db):
        town.site.locks["petition"](db, petition)
        outcomes.withdraw_answer(db, referral.id, department, after_version=1, by=by, now=town.now)

    town.database.retrying(take_back)
    assert happened(town, petition)[-2:] == ["Referred to Parks", "Answer taken back by the department"]
    tomorrow(town)
    town.answer(petition, "No.", after=1)
    assert happened(town, petition)[-1] == "Answered by Parks"
    tomorrow(town)
    town.answer(petition, "No, and this is why.", after=2)
    assert happened(town, petition)[-1] == "Answer corrected by Parks"


def test_a_debate_is_set_moved_held_and_told(town: Town):
    town.clock.set(datetime(2026, 8, 1, 9, 0, tzinfo=UTC))
    petition = town.open_petition()
    town.sign(petition, *crowd(14, "public"))
    day, later = date(2026, 8, 18), date(2026, 8, 20)
    debate(town, petition, DebateText(DebateState.SCHEDULED, day), 0)
    tomorrow(town)
    debate(town, petition, DebateText(DebateState.SCHEDULED, later), 1)
    [coming] = [s for s in steps(town, petition) if s.key == "debate-day"]
    assert (coming.text, coming.state, coming.at.date()) == ("Debate", "due", later)
    town.clock.set(datetime(2026, 8, 21, 9, 0, tzinfo=UTC))
    [held] = [s for s in steps(town, petition) if s.key == "debate-day"]
    assert held.text == "Debate; its report is still to come"
    debate(town, petition, DebateText(DebateState.OUTCOME, later, "They agreed."), 2)
    assert happened(town, petition)[-3:] == [
        "Debate set for 18 August 2026",
        "Debate moved to 20 August 2026",
        "Report of the debate published",
    ]
    assert [s for s in steps(town, petition) if s.key == "debate-day"] == []


def debate(town: Town, petition: int, said: DebateText, after: int) -> None:
    by = town.officer()
    owner = next(r.department_id or 0 for r in town.referrals(petition) if r.cause == "debate")
    release = town.site.dependencies["debating"].release
    town.database.retrying(
        lambda db: release(db, petition, owner, said, after_version=after, send_news=False, by=by, now=town.now)
    )
