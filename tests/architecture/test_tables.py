"""Every table belongs to one room or area, and points at its own or down."""

from __future__ import annotations

import tomllib

import pytest
from sqlalchemy import DateTime, Table

from app.core.db import Base, Instant
from tests import databases
from tests.architecture.source import ROOMS, ROOT, area_of


@pytest.fixture(scope="module")
def tables() -> list[Table]:
    databases.load_tables()
    return Base.metadata.sorted_tables


@pytest.fixture(scope="module")
def floors() -> dict[str, int]:
    """How high each area stands, from the import contract; rooms stand on all of them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c.get("containers") == ["app"])
    heights = {name.strip(" ()"): height for height, layer in enumerate(reversed(layers)) for name in layer.split("|")}
    return heights | dict.fromkeys(ROOMS, len(layers))


def owner(table: Table) -> str:
    return table.name.partition("_")[0]


def test_there_are_tables_to_look_at(tables: list[Table]) -> None:
    assert len(tables) > 15
    assert {owner(t) for t in tables} >= {"core", "mail", "audit", "accounts", "departments", *ROOMS}


def test_a_tables_name_begins_with_its_owners(tables: list[Table], floors: dict[str, int]) -> None:
    assert [t.name for t in tables if owner(t) not in floors or "_" not in t.name] == []
    classes = [m.class_ for m in Base.registry.mappers]
    assert len(classes) == len(tables)
    assert [c.__name__ for c in classes if area_of(c.__module__) != c.__table__.name.partition("_")[0]] == []


def test_foreign_keys_stay_at_home_or_point_down(tables: list[Table], floors: dict[str, int]) -> None:
    """Shared areas point at content by kind and id; a key upwards would tie them to a room."""
    keys = [(t, key.column.table) for t in tables for key in t.foreign_keys]
    assert any(owner(t) != owner(target) for t, target in keys)
    up = [
        f"{t.name} -> {target.name}"
        for t, target in keys
        if owner(t) != owner(target) and floors[owner(target)] >= floors[owner(t)]
    ]
    assert up == []


def test_every_time_is_an_instant(tables: list[Table]) -> None:
    times = [c for t in tables for c in t.columns if isinstance(c.type, (DateTime, Instant))]
    assert times
    assert [str(c) for c in times if not isinstance(c.type, Instant)] == []


def test_every_constraint_has_a_name_that_a_migration_can_use(tables: list[Table]) -> None:
    assert [str(c) for t in tables for c in t.constraints if not c.name] == []
    assert [str(i) for t in tables for i in t.indexes if not i.name] == []


def test_every_name_fits_postgresql(tables: list[Table]) -> None:
    """Longer ones are cut there, and two of them may then be the same."""
    names = [n for t in tables for n in (t.name, *(i.name for i in t.indexes), *(c.name for c in t.constraints))]
    assert [n for n in names if len(str(n)) > 63] == []
