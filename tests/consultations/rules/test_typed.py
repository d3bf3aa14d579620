"""What is typed into each kind of field, and what it answers."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from app.core.errors import BadField
from app.core.web.forms import Sent
from consultations.forms import check, typed_in, typed_of
from consultations.policy import ConsultationPolicy
from consultations.rules.conditions import read_condition
from consultations.rules.questionnaire import (
    Asks,
    Condition,
    Option,
    Page,
    Question,
    QuestionKind,
    Questionnaire,
    shown,
)
from consultations.rules.saying import said

K = QuestionKind
A, B, C = Option(101, "Apples"), Option(102, "Pears"), Option(103, "Plums")
QUESTIONS = (
    Question(1, K.SHORT, "Short"),
    Question(2, K.LONG, "Long"),
    Question(3, K.SINGLE, "One", options=(A, B), other=True),
    Question(4, K.MULTIPLE, "Many", options=(A, B, C), other=True, most=3),
    Question(5, K.SCALE, "Scale", low="Bad", high="Good"),
    Question(6, K.MATRIX, "Grid", rows=(Option(201, "Here"), Option(202, "There")), options=(A, B)),
    Question(7, K.RANKING, "Order", options=(A, B, C)),
    Question(8, K.NUMBER, "Number"),
    Question(9, K.DATE, "Day"),
)
ASKED = Questionnaire(pages=(Page(300, "All", questions=QUESTIONS),))
POLICY = ConsultationPolicy()


def checked(*pairs: tuple[str, str]) -> tuple[dict[int, object], list[int]]:
    found = check(ASKED, typed_in(QUESTIONS, Sent(list(pairs))), POLICY)
    return found.answers, [p.question for p in found.problems]


def test_every_kind_is_read_and_given_back_as_it_was_typed() -> None:
    pairs = [
        ("q1", "A word"),
        ("q2", "Two\nlines"),
        ("q3", "other"),
        ("q3_other", "Quinces"),
        ("q4", "101"),
        ("q4", "103"),
        ("q5", "5"),
        ("q6_201", "102"),
        ("q7_101", "2"),
        ("q7_102", "1"),
        ("q7_103", "3"),
        ("q8", "12.50"),
        ("q9_day", "1"),
        ("q9_month", "3"),
        ("q9_year", "2027"),
    ]
    answers, problems = checked(*pairs)
    assert problems == []
    assert answers == {
        1: "A word",
        2: "Two\nlines",
        3: {"other": "Quinces"},
        4: {"options": [101, 103]},
        5: 5,
        6: {"201": 102},
        7: [102, 101, 103],
        8: "12.5",
        9: "2027-03-01",
    }
    assert check(ASKED, typed_of(ASKED, answers), POLICY) == (answers, [])
    words = {q.id: said(q, answers[q.id]) for q in QUESTIONS}
    assert words[3] == ["Something else: Quinces"]
    assert words[5] == ["5 – Good"]
    assert words[6] == ["Here: Pears"]
    assert words[7] == ["1. Pears", "2. Apples", "3. Plums"]


def test_two_equal_places_a_missing_one_and_a_place_too_far_are_refused() -> None:
    for places in (("1", "1", "2"), ("1", "2", ""), ("1", "2", "4"), ("1", "2", "x")):
        _answers, problems = checked(*zip(("q7_101", "q7_102", "q7_103"), places, strict=True))
        assert problems == [7], places


def test_more_choices_than_allowed_are_refused_by_the_server() -> None:
    assert checked(("q4", "101"), ("q4", "102"), ("q4", "103"), ("q4", "other"), ("q4_other", "x"))[1] == [4]


def test_words_of_ones_own_count_only_where_they_were_meant() -> None:
    assert checked(("q3", "101"), ("q3_other", "left over"))[0] == {3: {"options": [101]}}
    assert checked(("q3_other", "never ticked"))[0] == {3: {"other": "never ticked"}}
    assert checked(("q3", "other"))[1] == [3]


def test_what_is_no_date_no_option_and_no_number_is_refused() -> None:
    wrong = [
        ("q3", "999"),
        ("q4", "abc"),
        ("q5", "9"),
        ("q6_201", "103"),
        ("q8", "many"),
        ("q9_day", "31"),
        ("q9_month", "2"),
    ]
    assert checked(*wrong, ("q9_year", "2027"))[1] == [3, 4, 5, 6, 8, 9]
    assert checked(("q9_day", "1"), ("q9_month", "1"), ("q9_year", "27"))[1] == [9]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("12.50", "12.5"), ("-0", "0"), ("1e3", "1000"), (f"0.{'3' * 30}", f"0.{'3' * 30}"), ("٣", "3")],
)
def test_ada_s_number_is_kept_in_one_way_and_never_rounded(typed: str, kept: str) -> None:
    assert checked(("q8", typed)) == ({8: kept}, [])


@pytest.mark.parametrize("typed", ["1e-400000", "1_000", "12,5", "NaN", "1e15"])
def test_eve_s_short_number_that_is_long_to_keep_is_none(typed: str) -> None:
    assert checked(("q8", typed))[1] == [8]


def test_what_ben_is_asked_hangs_on_the_number_and_not_on_how_anybody_wrote_it() -> None:
    how_many, why = Question(1, K.NUMBER, "How many?"), Question(2, K.SHORT, "Why so many?")
    for written in ("12.50", "12.5"):
        asked = replace(why, conditions=(Condition(1, Asks.EQUALS, written),))
        questionnaire = Questionnaire(pages=(Page(3, "All", questions=(how_many, asked)),))
        assert 2 in shown(questionnaire, {1: "12.5"})
        assert 2 not in shown(questionnaire, {1: "12"})
    assert read_condition(how_many, "equals", " 12.50 ").value == "12.5"
    with pytest.raises(BadField, match="Enter a number"):
        read_condition(how_many, "equals", "a dozen")


def test_apples_are_not_the_only_answer_of_who_wrote_one_of_their_own_beside_them() -> None:
    asked = Question(10, K.SHORT, "Why only apples?", conditions=(Condition(4, Asks.EQUALS, "101"),))
    questionnaire = Questionnaire(pages=(Page(300, "All", questions=(*QUESTIONS, asked)),))
    assert 10 in shown(questionnaire, {4: {"options": [101]}})
    assert 10 not in shown(questionnaire, {4: {"options": [101], "other": "Quinces"}})
