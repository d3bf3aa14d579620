"""What an answer and its promises must say."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.core.errors import BadField, Invalid
from app.outcomes.rules.answers import Grade, read_answer
from app.outcomes.rules.commitments import (
    PROGRESS_MOVES,
    Progress,
    Promise,
    is_overdue,
    is_safe_link,
    read_links,
    read_promises,
    read_update_note,
)
from app.outcomes.rules.deadlines import WorkingDays
from app.outcomes.rules.referrals import MOVES, OWED, UNANSWERED, InACircle, ReferralState, Ruled, check_not_ours

TODAY, WEEK = date(2026, 3, 2), WorkingDays()
ROW = {"text": "Open the gate", "owner": "Head of Parks", "due": "2026-05-04"}
GATE = Promise("Open the gate", "Head of Parks", date(2026, 5, 4))


def test_who_examines_says_by_when_and_nobody_else_is_asked():
    read = read_answer("examine", "We look into it.", "A survey.", "2026-05-04", today=TODAY, working=WEEK)
    assert read.examine_by == date(2026, 5, 4)
    assert read_answer("no", "No.", "No.", "2026-05-04", today=TODAY, working=WEEK).examine_by is None
    for day in ("", "2026-05-02", "2026-03-02", "soon"):
        with pytest.raises(Invalid) as refused:
            read_answer("examine", "We look into it.", "A survey.", day, today=TODAY, working=WEEK)
        assert [e.field for e in refused.value.errors] == ["examine_by"]


@pytest.mark.parametrize("grade", list(Grade))
def test_promises_go_with_an_answer_that_does_something(grade: Grade):
    if grade in ("will-do", "in-part", "examine"):
        assert read_answer(grade, "Yes.", "By stages.", promises=[GATE]).promises == (GATE,)
    else:
        with pytest.raises(Invalid) as refused:
            read_answer(grade, "No.", "Because.", promises=[GATE])
        assert [e.field for e in refused.value.errors] == ["grade"]


def test_empty_rows_are_none_and_half_filled_ones_are_wrong():
    blank = {"text": " ", "owner": "", "due": ""}
    assert read_promises([blank, ROW, blank], today=TODAY, working=WEEK) == ([GATE], [])
    half = [{**ROW, "text": ""}, blank, {**ROW, "owner": "\u200b"}, {**ROW, "due": "2026-05-03"}, {"due": "2026-05-04"}]
    read, wrong = read_promises(half, today=TODAY, working=WEEK)
    assert read == []
    assert [e.field for e in wrong] == [
        "promise-1-text",
        "promise-3-owner",
        "promise-4-due",
        "promise-5-text",
        "promise-5-owner",
    ]


def test_a_note_is_asked_for_and_dropping_needs_its_reason():
    assert read_update_note("  It is open.\n", "done") == "It is open."
    with pytest.raises(BadField, match="what has happened"):
        read_update_note(" ", "done")
    with pytest.raises(BadField, match="reason for dropping"):
        read_update_note("\u200b", "dropped")
    with pytest.raises(BadField, match="2,000"):
        read_update_note("x" * 2_001, "done")


def test_evidence_is_full_addresses_one_a_line():
    assert read_links(" https://a.example/x \n\nhttps://a.example/x\nhttps://b.example") == (
        "https://a.example/x",
        "https://b.example",
    )
    for text in ("http://a.example", "a.example", "javascript:alert(1)", "https://a.example https://b.example"):
        with pytest.raises(BadField, match="https://"):
            read_links(text)
    with pytest.raises(BadField, match="at most 5"):
        read_links("\n".join(f"https://a.example/{n}" for n in range(6)))


@given(some.text())
def test_no_text_breaks_the_reading_of_links(text: str):
    try:
        assert all(is_safe_link(link) for link in read_links(text))
    except BadField:
        assert text.strip()


@pytest.mark.parametrize("link", ["https://me:word@a.example", "https://a", "https://[::1", "https://a.example:x/"])
def test_addresses_that_hide_something_are_none(link: str):
    assert not is_safe_link(link)


def test_a_promise_is_late_from_the_day_after_its_own():
    assert not is_overdue("planned", TODAY, TODAY)
    assert is_overdue("under-way", date(2026, 3, 1), TODAY)
    assert not is_overdue("done", date(2026, 3, 1), TODAY)


def test_every_state_has_its_moves_and_can_be_reached():
    assert set(MOVES) == set(ReferralState)
    assert set().union(*MOVES.values()) == set(ReferralState)
    assert set(PROGRESS_MOVES) == set(Progress) == set().union(*PROGRESS_MOVES.values())
    assert UNANSWERED < OWED


@given(some.sets(some.integers(1, 9)), some.integers(1, 9), some.booleans())
def test_a_department_gets_a_matter_once_and_what_is_decided_stays(had_it: set[int], to: int, ruled: bool):
    try:
        check_not_ours(1, to, "Roads", had_it, ruled=ruled)
    except Ruled:
        assert ruled
    except InACircle:
        assert to in had_it
    else:
        assert to not in had_it
        assert not ruled
