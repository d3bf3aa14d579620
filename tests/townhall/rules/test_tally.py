"""Results of polls, against figures worked out by hand; and what counts as an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from townhall.rules.answers import read_answer
from townhall.rules.polls import PollDraft, PollKind, read_poll
from townhall.rules.tally import holds_any, tally


@dataclass
class Asked:
    kind: str
    most: int = 1
    options: list[dict[str, Any]] = field(default_factory=lambda: options(3))


def options(many: int) -> list[dict[str, Any]]:
    return [{"id": n, "text": f"Option {n}"} for n in range(1, many + 1)]


def test_three_people_order_five_things() -> None:
    """Scenario 18. Places give 5, 4, 3, 2, 1 points: 1 has 5+4+5, 2 has 4+5+1, 3 has 3+3+4, 4 has 2+2+3, 5 has 1+1+2."""
    orders = [[1, 2, 3, 4, 5], [2, 1, 3, 4, 5], [1, 3, 4, 5, 2]]
    results = tally(Asked("ranking", options=options(5)), [{"choices": order} for order in orders])
    assert [(o["id"], o["points"], o["place"], o["tied"]) for o in results["options"]] == [
        (1, 14, 1, False),
        (2, 10, 2, True),
        (3, 10, 2, True),
        (4, 7, 4, False),
        (5, 4, 5, False),
    ]


def test_the_example_of_the_help_text() -> None:
    orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3]]
    results = tally(Asked("ranking"), [{"choices": order} for order in orders])
    assert [o["points"] for o in results["options"]] == [8, 6, 4]


def test_four_people_rate_the_bus() -> None:
    """Scenario 18. (5 + 4 + 4 + 2) / 4 = 3.75."""
    results = tally(Asked("rating", options=[]), [{"choices": [n]} for n in (5, 4, 4, 2)])
    assert (results["answers"], results["mean"]) == (4, 3.75)
    assert [(o["id"], o["count"]) for o in results["options"]] == [(1, 0), (2, 1), (3, 0), (4, 2), (5, 1)]


def test_shares_are_of_the_people_who_answered() -> None:
    results = tally(Asked("multiple", most=2), [{"choices": [1, 2]}, {"choices": [1]}, {"choices": [3]}])
    assert [(o["count"], o["percent"]) for o in results["options"]] == [(2, 66.7), (1, 33.3), (1, 33.3)]


def test_nobody_answered() -> None:
    for kind in PollKind:
        results = tally(Asked(kind), [])
        assert results["answers"] == 0
    assert tally(Asked("rating"), [])["mean"] is None


def test_a_cloud_shows_what_two_people_said_and_nothing_that_is_listed() -> None:
    given = [["Buses", "safe streets"], ["buses", "SAFE STREETS"], ["BUSES", "my neighbour Otto"], ["damn", "buses"]]
    results = tally(Asked("cloud"), [{"words": words} for words in [*given, ["Damn!"], ["damn"]]], _is_damn)
    assert results["words"] == [{"word": "buses", "count": 4}, {"word": "SAFE STREETS", "count": 2}]
    assert results["left_out"] == 3  # my neighbour, both spellings of the listed word


def _is_damn(word: str) -> bool:
    return holds_any(word, ["damn"])


def test_a_listed_phrase_is_found_in_whatever_writing() -> None:
    assert holds_any("the Dirty-Dogs!", ["dirty dogs"])
    assert not holds_any("dogs, dirty", ["dirty dogs"])
    assert not holds_any("hotdogs", ["dogs"])


@given(st.lists(st.permutations([1, 2, 3, 4]), max_size=8))
def test_all_points_of_an_order_are_given_out(orders: list[list[int]]) -> None:
    results = tally(Asked("ranking", options=options(4)), [{"choices": order} for order in orders])
    assert sum(o["points"] for o in results["options"]) == 10 * len(orders)
    best = max(o["points"] for o in results["options"])
    assert all((o["place"] == 1) == (o["points"] == best) for o in results["options"])


@pytest.mark.parametrize(
    ("poll", "choices", "words", "stored"),
    [
        (Asked("single"), [2], [], {"choices": [2]}),
        (Asked("multiple", most=3), [3, 1], [], {"choices": [1, 3]}),
        (Asked("rating", options=[]), [5], [], {"choices": [5]}),
        (Asked("ranking"), [3, 1, 2], [], {"choices": [3, 1, 2]}),
        (Asked("cloud", most=2), [], [" Buses ", "buses", "", "Parks"], {"words": ["Buses", "Parks"]}),
    ],
)
def test_what_counts(poll: Asked, choices: list[int], words: list[str], stored: dict[str, Any]) -> None:
    assert read_answer(poll, choices, words) == stored


@pytest.mark.parametrize(
    ("poll", "choices", "words", "field"),
    [
        (Asked("single"), [], [], "choices"),
        (Asked("single"), [1, 2], [], "choices"),
        (Asked("single"), [9], [], "choices"),
        (Asked("single"), [1], ["why"], "words"),
        (Asked("multiple", most=2), [1, 2, 3], [], "choices"),
        (Asked("multiple", most=3), [1, 1], [], "choices"),
        (Asked("rating", options=[]), [6], [], "choices"),
        (Asked("rating", options=[]), [0], [], "choices"),
        (Asked("ranking"), [1, 2], [], "choices"),
        (Asked("ranking"), [1, 2, 2], [], "choices"),
        (Asked("cloud"), [], [" ", "\u200b"], "words"),
        (Asked("cloud"), [], ["one", "two"], "words"),
        (Asked("cloud"), [], ["x" * 31], "words"),
        (Asked("cloud"), [1], ["one"], "choices"),
    ],
)
def test_what_does_not(poll: Asked, choices: list[int], words: list[str], field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        read_answer(poll, choices, words)
    assert wrong.value.errors[0].field == field


def test_a_poll_as_it_is_typed() -> None:
    form = {"kind": "multiple", "question": " What  first? ", "options": "Repair\n\n Replace \nLeave", "most": "2"}
    assert read_poll(form) == PollDraft(PollKind.MULTIPLE, "What first?", ("Repair", "Replace", "Leave"), 2)
    assert read_poll({**form, "most": ""}).most == 3
    assert read_poll({"kind": "rating", "question": "How is it?", "options": "ignored"}).options == ()
    assert read_poll({"kind": "cloud", "question": "One word?"}).most == 3


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["kind", "question"]),
        ({"kind": "quiz", "question": "?"}, ["kind"]),
        ({"kind": "single", "question": "Which?", "options": "One"}, ["options"]),
        ({"kind": "single", "question": "Which?", "options": "One\none "}, ["options"]),
        ({"kind": "single", "question": "Which?", "options": "\n".join(map(str, range(21)))}, ["options"]),
        ({"kind": "ranking", "question": "x" * 301, "options": f"{'y' * 121}\nb"}, ["question", "options"]),
        ({"kind": "multiple", "question": "Which?", "options": "a\nb", "most": "3"}, ["most"]),
        ({"kind": "multiple", "question": "Which?", "options": "a\nb", "most": "²"}, ["most"]),
        ({"kind": "cloud", "question": "Which?", "most": "6"}, ["most"]),
    ],
)
def test_a_poll_that_cannot_be_asked(form: dict[str, str], fields: list[str]) -> None:
    with pytest.raises(Invalid) as wrong:
        read_poll(form)
    assert [error.field for error in wrong.value.errors] == fields
