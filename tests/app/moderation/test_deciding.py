"""One decision for each case: by somebody who may, on the text that stands, whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.accounts.model import Account
from app.audit import service as audit
from app.audit.model import AuditEntry
from app.comments.service.judging import CommentUnderModeration
from app.core.errors import Invalid
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation import log, service, telling
from app.moderation.model import Case, Decision, LogLine, Revision
from app.moderation.refusals import (
    AlreadyDecided,
    CaseClosed,
    HeldByAnother,
    OutdatedRevision,
    OwnText,
    SteppedBack,
    WrongVerdict,
)
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import LEASE
from tests.app.moderation.moderators import Moderators
from tests.people import ANNA
from tests.site import Town


def test_the_first_decision_wins_and_the_second_is_told_whose_and_what(desk: Moderators):
    said = desk.forum.say("Ana", "Mr Gravel lives at 4 Elm Road.")
    case = desk.case(said).id
    desk.decide(case, "reject", reason="personal-data", by=desk.mia)
    with pytest.raises(AlreadyDecided) as told:
        desk.decide(case, "publish", by=desk.max)
    assert "Mia decided: Hidden (Personal details)." in told.value.sentence
    assert told.value.link[0] == f"/moderation/{case}"
    assert desk.shown(said) == "hidden"
    assert len(desk.decisions()) == 1


def test_two_moderators_decide_at_the_same_moment(desk: Moderators):
    case = desk.case(desk.forum.say("Ana")).id
    revision = desk.revision(case)

    def decide(by: int) -> str:
        try:
            return desk.decide(case, by=by, revision=revision).verdict
        except AlreadyDecided:
            return "second"

    with ThreadPoolExecutor(4) as at_once:
        answers = list(at_once.map(decide, [desk.mia, desk.max, desk.mia, desk.max]))
    assert sorted(answers) == ["publish", "second", "second", "second"]
    assert len(desk.decisions()) == len(desk.lines()) == 1
    assert desk.town.broken() == {}


def test_what_mia_has_open_is_hers_for_five_minutes(desk: Moderators):
    case = desk.case(desk.forum.say("Ana")).id
    held = desk.claim(case, desk.mia)
    assert held is not None
    assert (held.name, held.until) == ("Mia", desk.now + LEASE)
    other = desk.claim(case, desk.max)
    assert other is not None
    assert other.account_id == desk.mia
    with pytest.raises(HeldByAnother, match="held-by-another") as told:
        desk.decide(case, by=desk.max)
    assert "Mia has it open" in told.value.sentence
    desk.town.clock.advance(LEASE)
    desk.decide(case, by=desk.max)
    assert desk.decisions()[0].by_id == desk.max


def test_a_lease_is_renewed_while_the_page_is_open_and_says_how_long_it_was(desk: Moderators):
    case = desk.case(desk.forum.say("Ana")).id
    desk.claim(case, desk.mia)
    desk.town.clock.advance(timedelta(minutes=4))
    desk.claim(case, desk.mia)
    desk.town.clock.advance(timedelta(minutes=4))
    with pytest.raises(HeldByAnother):
        desk.decide(case, by=desk.max)
    assert desk.decide(case, by=desk.mia).seconds_open == 480


def test_giving_it_back_gives_it_to_others_and_nobody_gives_back_for_mia(desk: Moderators):
    case = desk.case(desk.forum.say("Ana")).id
    desk.claim(case, desk.mia)
    desk.release(case, desk.max)
    with pytest.raises(HeldByAnother):
        desk.decide(case, by=desk.max)
    desk.release(case, desk.mia)
    assert desk.decide(case, by=desk.max).seconds_open is None


def test_nobody_decides_or_holds_their_own_text(desk: Moderators):
    mia = desk.mia
    desk.forum.people["Mia"] = desk.town.rows(Account, Account.id == mia)[0]
    case = desk.case(desk.forum.say("Mia", "My own words.")).id
    for act in (lambda: desk.decide(case, by=mia), lambda: desk.claim(case, mia)):
        with pytest.raises(OwnText):
            act()
    assert desk.state(case) == "waiting"
    desk.decide(case, by=desk.max)


def test_a_moderator_who_started_a_petition_is_known_by_its_address(town: Town):
    petition = town.start()
    town.support(petition)
    creator = town.staff(ANNA.address.canonical, "moderator")
    case = town.rows(Case, Case.subject_id == petition)[0]
    moderated, now = town.site.moderated, town.now
    revision = town.rows(Revision, Revision.case_id == case.id)[0].id
    town.department()
    given = {"revision_id": revision, "verdict": Verdict.PUBLISH, "extras": {"department": "parks"}}
    with pytest.raises(OwnText):
        town.database.retrying(lambda db: service.decide(db, moderated, case.id, **given, by=creator, now=now))
    town.decide(petition)
    with pytest.raises(OwnText):
        subject = SubjectRef("petition", petition)
        town.database.retrying(
            lambda db: service.take_down(db, moderated, subject, reason_code="spam", by=creator, now=now)
        )
    assert town.petition(petition).state == "open"


def test_whoever_steps_back_decides_nothing_about_it_any_more(desk: Moderators):
    said = desk.forum.say("Ana", "Text one of mine.")
    case = desk.case(said).id
    desk.claim(case, desk.mia)
    with pytest.raises(Invalid):
        desk.step_back(case, desk.mia, why="  ")
    desk.step_back(case, desk.mia)
    desk.decide(case, "return", reason="irrelevant", note="Say which park.", by=desk.max)
    desk.forum.edit("Ana", said, "The town park.")
    newer = desk.case(said).id
    assert newer != case
    for act in (lambda: desk.decide(newer, by=desk.mia), lambda: desk.claim(newer, desk.mia)):
        with pytest.raises(SteppedBack):
            act()
    (entry,) = desk.town.rows(AuditEntry, AuditEntry.act == "moderation.step-back")
    assert (entry.actor_id, entry.facts) == (desk.mia, {"case": case})


def test_a_text_that_changed_meanwhile_is_not_decided_unread(desk: Moderators):
    said = desk.forum.say("Ana", "Apples.")
    case = desk.case(said).id
    seen = desk.revision(case)
    desk.forum.edit("Ana", said, "Apples, and an insult.")
    with pytest.raises(OutdatedRevision):
        desk.decide(case, revision=seen)
    assert desk.shown(said) == "pending"
    assert desk.case(said).excerpt == "Apples, and an insult."
    desk.decide(case)
    assert desk.forum.read(said) == "Apples, and an insult."


def test_a_rule_with_a_zero_character_is_none(desk: Moderators):
    case = desk.case(desk.forum.say("Ana", "Pears beside the pond.")).id
    with pytest.raises(Invalid) as refused:
        desk.decide(case, "reject", reason="spam\0", by=desk.mia)
    assert [e.field for e in refused.value.errors] == ["reason"]


def test_a_case_whose_text_went_away_says_so(desk: Moderators):
    said = desk.forum.say("Ana")
    case = desk.case(said).id
    desk.forum.withdraw("Ana", said)
    with pytest.raises(CaseClosed):
        desk.decide(case)


def test_a_returned_text_comes_back_linked_to_its_first_case(desk: Moderators):
    said = desk.forum.say("Ana", "Mr Gravel of 4 Elm Road is to blame.")
    first = desk.case(said).id
    with pytest.raises(Invalid) as told:
        desk.decide(first, "return", reason="personal-data", note=" ")
    assert [e.field for e in told.value.errors] == ["note"]
    with pytest.raises(Invalid) as told:
        desk.decide(first, "return", note="Leave out the address.")
    assert [e.field for e in told.value.errors] == ["reason"]
    desk.decide(first, "return", reason="personal-data", note="Leave out the address.")
    assert desk.shown(said) == "returned"
    letter = desk.town.deliver().last_to("ana@example.org")
    assert letter["Subject"] == "Please change your text"
    assert "Leave out the address." in letter.get_content()
    desk.forum.edit("Ana", said, "Mr Gravel is to blame.")
    second = desk.case(said)
    assert (second.origin, second.previous_case_id) == ("resubmission", first)
    desk.decide(second.id, by=desk.max)
    assert desk.forum.read(said) == "Mr Gravel is to blame."
    assert desk.town.broken() == {}


@pytest.mark.parametrize("verdict", ["dismiss", "uphold", "overturn", "remove", "restore"])
def test_a_waiting_text_takes_only_the_decisions_that_fit_it(desk: Moderators, verdict: str):
    case = desk.case(desk.forum.say("Ana")).id
    with pytest.raises(WrongVerdict):
        desk.decide(case, verdict)
    assert desk.decisions() == []


@pytest.mark.parametrize("fails", ["effect", "letter", "log", "record", "page"])
def test_a_decision_is_whole_or_not_at_all(desk: Moderators, monkeypatch: pytest.MonkeyPatch, fails: str):
    said = desk.forum.say("Ana")
    case = desk.case(said).id
    mia = desk.mia
    places: dict[str, tuple[Any, str]] = {
        "effect": (CommentUnderModeration, "settle"),
        "letter": (telling, "tell_author"),
        "log": (log, "append"),
        "record": (audit, "record"),
        "page": (service, "touch"),
    }

    def fail(*_given: Any, **_named: Any) -> None:
        raise RuntimeError(fails)

    before = [len(desk.town.rows(t)) for t in (Decision, Letter, LogLine, AuditEntry)]
    with monkeypatch.context() as broken:
        broken.setattr(*places[fails], fail)
        with pytest.raises(RuntimeError):
            desk.decide(case, "reject", reason="spam", by=mia)
    assert [len(desk.town.rows(t)) for t in (Decision, Letter, LogLine, AuditEntry)] == before
    assert (desk.shown(said), desk.state(case)) == ("pending", "waiting")
    desk.decide(case, "reject", reason="spam", by=mia)
    assert [len(desk.town.rows(t)) for t in (Decision, Letter, LogLine)] == [n + 1 for n in before[:3]]
    assert desk.town.broken() == {}


def test_what_moderators_tell_each_other_is_in_no_letter(desk: Moderators):
    said = desk.forum.say("Ana")
    case = desk.case(said).id
    decision = desk.decide(case, "reject", reason="spam", note="Once is enough.", internal="The fourth from her.")
    assert decision.internal == "The fourth from her."
    written = "".join(m.get_content() for m in desk.town.deliver().all)
    assert "Once is enough." in written
    assert "The fourth from her." not in written


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "release", "decide", "wait"]), st.sampled_from(["mia", "max"]), st.integers(0, 6)
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
def test_whatever_two_moderators_do_one_holds_it_and_one_decides(desk: Moderators, steps: list[tuple[str, str, int]]):
    """Against a model of three lines: who holds it until when, and who decided."""
    case = desk.case(desk.forum.say(f"Ana {len(desk.town.rows(Case))}", f"Text {len(desk.town.rows(Case))}.")).id
    holder, until, decided = "", desk.now, ""
    for act, who, minutes in steps:
        by = getattr(desk, who)
        free = holder in ("", who) or until <= desk.now
        match act:
            case "wait":
                desk.town.clock.advance(timedelta(minutes=minutes))
            case "release":
                desk.release(case, by)
                holder = "" if holder == who else holder
            case "claim":
                found = desk.claim(case, by)
                if decided:
                    assert found is None
                    continue
                assert found is not None
                if free:
                    holder, until = who, desk.now + LEASE
                assert found.account_id == getattr(desk, holder)
            case "decide":
                if decided or not free:
                    with pytest.raises(AlreadyDecided if decided else HeldByAnother):
                        desk.decide(case, by=by)
                else:
                    desk.decide(case, by=by)
                    decided = who
    assert [d.by_id for d in desk.town.rows(Decision, Decision.case_id == case)] == (
        [getattr(desk, decided)] if decided else []
    )
