"""Small cells: nobody finds a count that is left out by subtracting what is shown."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from consultations.rules.tables import Protected, Range, place_in, protect, protect_line, ranges, shares

SMALL = 5
COUNTS = st.one_of(st.integers(0, 7), st.integers(0, 60))
TABLES = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(COUNTS, min_size=width, max_size=width), min_size=1, max_size=5)
)


def equations(counts: list[list[int]], *, column_totals: bool) -> list[dict[tuple[str, int, int], int]]:
    """What everybody knows of a table: each sums to nothing."""
    height, width = len(counts), len(counts[0])
    known = [{("x", i, j): 1 for j in range(width)} | {("r", i, 0): -1} for i in range(height)]
    known.append({("r", i, 0): 1 for i in range(height)} | {("t", 0, 0): -1})
    if column_totals:
        known += [{("x", i, j): 1 for i in range(height)} | {("c", j, 0): -1} for j in range(width)]
        known.append({("c", j, 0): 1 for j in range(width)} | {("t", 0, 0): -1})
    return known


def unseen(made: Protected) -> list[tuple[str, int, int]]:
    cells = [("x", i, j) for i, row in enumerate(made.rows) for j, cell in enumerate(row) if not cell.shown]
    cells += [("r", i, 0) for i, cell in enumerate(made.row_totals) if not cell.shown]
    cells += [("c", j, 0) for j, cell in enumerate(made.column_totals) if not cell.shown]
    return cells + ([] if made.total.shown else [("t", 0, 0)])


def derived(counts: list[list[int]], made: Protected, *, column_totals: bool = True) -> list[tuple[str, int, int]]:
    """Cells that are left out and follow from the shown ones: alone in a row once the equations are solved."""
    missing = unseen(made)
    rows = [[Fraction(e.get(cell, 0)) for cell in missing] for e in equations(counts, column_totals=column_totals)]
    done = 0
    for column in range(len(missing)):
        pivot = next((r for r in range(done, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        rows[done] = [v / rows[done][column] for v in rows[done]]
        for r in range(len(rows)):
            if r != done and rows[r][column]:
                rows[r] = [v - rows[r][column] * w for v, w in zip(rows[r], rows[done], strict=True)]
        done += 1
    return [missing[row.index(1)] for row in rows[:done] if sum(1 for v in row if v) == 1]


@settings(max_examples=300, deadline=None)
@given(TABLES)
def test_no_cell_that_is_left_out_follows_from_the_totals(counts: list[list[int]]) -> None:
    made = protect(counts, SMALL)
    assert derived(counts, made) == []
    every = [c for row in made.rows for c in row] + [*made.row_totals, *made.column_totals, made.total]
    assert not [c for c in every if c.shown and 0 < c.count < SMALL]


@settings(max_examples=200, deadline=None)
@given(st.lists(COUNTS, min_size=1, max_size=8))
def test_nor_in_the_answers_to_one_question(counts: list[int]) -> None:
    made = protect_line(counts, SMALL)
    assert derived([counts], made, column_totals=False) == []
    assert not [c for c in made.rows[0] if c.shown and 0 < c.count < SMALL]


def test_a_small_cell_takes_one_of_its_row_and_one_of_its_column_with_it() -> None:
    made = protect([[20, 3, 40], [30, 25, 35], [50, 60, 70]], SMALL)
    assert [[c.public for c in row] for row in made.rows] == [[None, None, 40], [None, None, 35], [50, 60, 70]]
    assert [c.public for c in made.row_totals] == [63, 90, 180]
    assert made.total.public == 333


def test_a_table_of_large_cells_is_shown_whole_and_zeros_with_it() -> None:
    assert protect([[20, 0], [30, 25]], SMALL).is_whole


def test_two_small_cells_that_are_two_people_take_a_third_along() -> None:
    made = protect_line([1, 1, 30, 40], SMALL)
    assert [c.public for c in made.rows[0]] == [None, None, None, 40]
    assert made.total.public == 72


def test_a_table_of_too_few_people_shows_nothing() -> None:
    made = protect([[1, 1], [0, 2]], SMALL)
    assert made.shows_nothing
    assert [c.public for row in made.rows for c in row] == [None] * 4


def test_numbers_are_told_in_round_ranges() -> None:
    those = ranges([3, 18, 22, 41, 77])
    assert those[0] == Range(0, 10)
    assert len(those) == 8
    assert [place_in(v, those) for v in (3, 18, 77)] == [0, 1, 7]
    assert ranges([]) == []
    assert ranges([4, 4]) == [Range(4, 4)]


@given(st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=30))
@example([99_999_999_999_999.98, 99_999_999_999_999.99])
@example([0.0, 1e-40])
def test_every_number_is_in_its_range(values: list[float]) -> None:
    those = ranges(values)
    assert len(those) <= 10
    assert sum(sum(1 for v in values if place_in(v, those) == i) for i in range(len(those))) == len(values)


def test_shares_of_nobody_are_none() -> None:
    assert shares([0, 0], 0) == [0, 0]
    assert shares([1, 3], 4) == [25, 75]
