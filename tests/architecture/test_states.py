"""A life in one table: every state stands in it, and can be reached."""

from __future__ import annotations

import importlib
from enum import Enum
from types import ModuleType
from typing import Any

import pytest

from tests.architecture.source import trees

MODULES = [p.removesuffix(".py").replace("/", ".") for p in trees() if "/rules/" in p and not p.endswith("__init__.py")]


def lives(module: ModuleType) -> list[str]:
    return [name for name in vars(module) if name == "MOVES" or name.endswith("_MOVES")]


LIVES = [(m, name) for m in map(importlib.import_module, MODULES) for name in lives(m)]
each_life = pytest.mark.parametrize(("module", "name"), LIVES, ids=lambda v: getattr(v, "__name__", v))


def reached(moves: dict[Any, Any], start: Any) -> set[Any]:
    seen, next_ = set(), {start}
    while next_:
        seen |= next_
        next_ = {new for old in next_ for new in moves[old]} - seen
    return seen


def states_of(moves: dict[Any, Any]) -> type[Enum]:
    kinds = {type(state) for state in moves}
    assert len(kinds) == 1, "states of two kinds in one life"
    return kinds.pop()


def test_there_is_a_life_to_look_at() -> None:
    assert ("petitions.rules.lifecycle", "MOVES") in [(m.__name__, name) for m, name in LIVES]


@each_life
def test_every_state_stands_in_its_life(module: ModuleType, name: str) -> None:
    moves = getattr(module, name)
    assert set(moves) == set(states_of(moves))
    assert {new for targets in moves.values() for new in targets} <= set(moves)


@each_life
def test_every_state_can_be_reached_from_the_first(module: ModuleType, name: str) -> None:
    moves = getattr(module, name)
    assert set(moves) - reached(moves, next(iter(states_of(moves)))) == set()


@each_life
def test_nothing_moves_to_where_it_is(module: ModuleType, name: str) -> None:
    moves = getattr(module, name)
    assert [state for state in moves if state in moves[state]] == []


@each_life
def test_every_state_has_a_name_for_people(module: ModuleType, name: str) -> None:
    moves = getattr(module, name)
    names = next(v for k, v in vars(module).items() if k.endswith("_NAMES") and set(v) & set(moves))
    assert set(names) == set(moves)
