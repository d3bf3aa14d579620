"""Building a questionnaire: whatever is moved, renamed or removed, a condition means what it meant."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.core.errors import BadField
from consultations.policy import ConsultationPolicy
from consultations.rules import building
from consultations.rules.conditions import check_conditions, shown_when
from consultations.rules.copying import copy_pages
from consultations.rules.easy import EasyText, in_plain_words
from consultations.rules.questionnaire import Asks, Condition, Option, Question, QuestionKind, Questionnaire
from consultations.rules.readiness import faults, minutes
from consultations.rules.versions import How, changes, is_moved, settle
from tests.consultations.asking import BRIDGE, NO, YES

POLICY = ConsultationPolicy(questions_most=30)
WHY, HOW = 3, 5


def edited(questionnaire: Questionnaire, draw: Any) -> Questionnaire:
    """One edit of any kind, of anything that is there."""
    questions, pages = [q.id for q in questionnaire.questions()], [p.id for p in questionnaire.pages]
    one, page = draw(st.sampled_from(questions)), draw(st.sampled_from(pages))
    by = draw(st.sampled_from([building.UP, building.DOWN]))
    match draw(st.sampled_from(["move", "page", "place", "duplicate", "remove", "rename", "add", "add page"])):
        case "move":
            return building.move_question(questionnaire, one, by)
        case "page":
            return building.move_page(questionnaire, page, by)
        case "place":
            return building.place_question(questionnaire, one, page, draw(st.sampled_from([0, *questions])))
        case "duplicate":
            return building.duplicate(questionnaire, one, POLICY).questionnaire
        case "remove":
            return building.remove_question(questionnaire, one)
        case "rename":
            stands = questionnaire.by_id[one]
            options = tuple(Option(o.id, f"{o.text}!") for o in reversed(stands.options))
            return building.change_question(questionnaire, replace(stands, text="Else?", options=options))
        case "add":
            return building.add_question(
                questionnaire, page, Question(0, QuestionKind.LONG, "More?"), POLICY
            ).questionnaire
        case _:
            return building.add_page(questionnaire, "Further").questionnaire


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_row_of_edits_redirects_a_condition_or_uses_a_number_twice(data: st.DataObject) -> None:
    questionnaire, meant = BRIDGE, {q.id: q.conditions for q in BRIDGE.questions()}
    for _step in range(data.draw(st.integers(1, 12))):
        if not questionnaire.by_id:
            return
        try:
            questionnaire = edited(questionnaire, data.draw)
        except BadField:
            continue
        check_conditions(questionnaire)
        assert all(q.conditions == meant[q.id] for q in questionnaire.questions() if q.id in meant)
        numbers = [n for p in questionnaire.pages for n in (p.id, *(m for q in p.questions for m in _numbers(q)))]
        assert len(numbers) == len(set(numbers))
        assert max(numbers, default=0) < questionnaire.next_id


def _numbers(question: Question) -> list[int]:
    return [question.id, *(o.id for o in (*question.options, *question.rows))]


def test_a_condition_on_what_comes_later_on_itself_or_on_an_answer_that_is_not_offered_is_refused_in_words() -> None:
    later = Condition(HOW, Asks.CONTAINS, "14")
    with pytest.raises(BadField, match="has to come after it"):
        building.set_conditions(BRIDGE, WHY, [later], any_of=False)
    with pytest.raises(BadField, match="cannot depend on its own answer"):
        building.set_conditions(BRIDGE, WHY, [Condition(WHY, Asks.ANSWERED)], any_of=False)
    with pytest.raises(BadField, match="nobody could give any more"):
        building.set_conditions(BRIDGE, WHY, [Condition(2, Asks.EQUALS, "999")], any_of=False)
    with pytest.raises(BadField, match="in a circle"):
        building.set_conditions(BRIDGE, 2, [Condition(WHY, Asks.ANSWERED)], any_of=False)
    both = [Condition(2, Asks.EQUALS, str(NO.id)), Condition(2, Asks.EQUALS, str(YES.id))]
    either = building.set_conditions(BRIDGE, WHY, both, any_of=True)
    assert " or the answer to" in shown_when(either, either.by_id[WHY])


def test_another_wording_keeps_the_version_and_other_answers_make_another_one() -> None:
    question = BRIDGE.by_id[2]
    worded = building.change_question(BRIDGE, replace(question, text="Should it cost anything to cross?"))
    assert settle(BRIDGE, worded, ()).by_id[2].wording == 2
    meant = settle(BRIDGE, worded, {2}).by_id[2]
    assert (meant.version, meant.wording) == (2, 1)
    offered = building.change_question(BRIDGE, replace(question, options=(*question.options, Option(0, "Sometimes"))))
    assert settle(BRIDGE, offered, ()).by_id[2].version == 2
    moved = building.move_question(BRIDGE, 7, building.UP)
    assert changes(BRIDGE, moved) == []
    assert is_moved(BRIDGE, moved)
    gone = building.remove_question(BRIDGE, 7)
    assert [(c.how, c.number) for c in changes(BRIDGE, gone)] == [(How.REMOVED, 7)]


def test_copying_carries_conditions_and_names_those_that_stay_behind() -> None:
    whole = copy_pages(BRIDGE, BRIDGE, {1, 4}, POLICY)
    assert whole.dropped == []
    copied = whole.questionnaire.by_id[whole.numbers[WHY]]
    assert copied.conditions == (Condition(whole.numbers[2], Asks.EQUALS, str(whole.numbers[NO.id])),)
    check_conditions(whole.questionnaire)
    with pytest.raises(BadField, match="Choose the pages"):
        copy_pages(BRIDGE, BRIDGE, {99}, POLICY)


def test_what_cannot_be_asked_is_said_and_the_time_it_takes_is_told() -> None:
    assert faults(BRIDGE, POLICY) == []
    lone = Questionnaire((replace(BRIDGE.pages[0], questions=(Question(2, QuestionKind.SINGLE, "Yes?"),)),), 9)
    assert "Give two answers or more" in faults(lone, POLICY)[0]
    empty = building.add_page(BRIDGE, "Nothing").questionnaire
    assert "Nothing" in faults(empty, POLICY)[0]
    assert minutes(Questionnaire()) == 0
    assert 1 <= minutes(BRIDGE) <= 6


def test_plain_words_change_no_number() -> None:
    plain = in_plain_words(BRIDGE, {2: EasyText("Pay to cross?", options={YES.id: "Yes, pay"})})
    assert plain.by_id[2].text == "Pay to cross?"
    assert [o.id for o in plain.by_id[2].options] == [o.id for o in BRIDGE.by_id[2].options]
    assert plain.by_id[2].options[1].text == "No"
