"""A petition's life: every state is in the table, can be reached, and has a name people read."""

from __future__ import annotations

import pytest

from petitions.rules.lifecycle import (
    BEFORE_PUBLICATION,
    MOVES,
    STATE_NAMES,
    TAKES_SPONSORS,
    VISIBLE,
    PetitionState,
    may_move,
)

S = PetitionState


def test_every_state_has_its_moves_and_its_name():
    assert set(MOVES) == set(S)
    assert set(STATE_NAMES) == set(S)
    assert all(str(name).strip() for name in STATE_NAMES.values())


def test_every_state_can_be_reached_from_the_first():
    reached, frontier = {S.PENDING}, [S.PENDING]
    while frontier:
        found = MOVES[frontier.pop()] - reached
        reached |= found
        frontier += found
    assert reached == set(S)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (S.PENDING, S.COLLECTING),
        (S.COLLECTING, S.IN_MODERATION),
        (S.IN_MODERATION, S.OPEN),
        (S.IN_MODERATION, S.REJECTED),
        (S.IN_MODERATION, S.HIDDEN),
        (S.OPEN, S.CLOSED),
        (S.REJECTED, S.IN_MODERATION),
    ],
)
def test_a_petition_goes_on(old: S, new: S):
    assert may_move(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (S.PENDING, S.OPEN),
        (S.COLLECTING, S.OPEN),
        (S.CLOSED, S.OPEN),
        (S.REJECTED, S.OPEN),
        (S.WITHDRAWN, S.OPEN),
        (S.STOPPED, S.COLLECTING),
        (S.OPEN, S.IN_MODERATION),
    ],
)
def test_a_petition_never_skips_the_moderators_or_comes_back_from_its_end(old: S, new: S):
    assert not may_move(old, new)


def test_the_public_reads_no_text_before_a_moderator_has():
    assert not VISIBLE & BEFORE_PUBLICATION
    assert S.HIDDEN not in VISIBLE
    assert TAKES_SPONSORS == BEFORE_PUBLICATION
