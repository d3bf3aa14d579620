"""Tables of closed questions, and crosses of two: exact for the desk, with small cells left out for everyone else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from app.core.i18n import _
from consultations.queries.columns import LATE, ORGANISATION, Columns
from consultations.rules.questionnaire import Question, QuestionKind
from consultations.rules.responses import CHANNEL_NAMES, Channel
from consultations.rules.tables import Cell, Protected, Range, place_in, protect, ranges

K = QuestionKind
#: by what every table can be taken apart, beside the questions themselves
SPLITS = ("channel", "who", "late")


class Category(NamedTuple):
    """A heading of a table, and the bits of those who are under it."""

    label: str
    bits: int


@dataclass(frozen=True)
class Axis:
    """One side of a table. ``exclusive``: nobody is under two of its headings."""

    id: str
    label: str
    categories: Sequence[Category]
    exclusive: bool = True

    @property
    def bits(self) -> int:
        found = 0
        for category in self.categories:
            found |= category.bits
        return found


@dataclass(frozen=True)
class Table:
    """Counts with their headings. Totals count people, so where somebody may be under two headings they are less than
    the sum. ``hides``: some cells are left out."""

    caption: str
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[Cell]]
    row_people: Sequence[Cell]
    column_people: Sequence[Cell]
    people: Cell
    mean: float | None = None

    @property
    def hides(self) -> bool:
        cells = [c for row in self.cells for c in row]
        return not all(c.shown for c in (*cells, *self.row_people, *self.column_people, self.people))

    @property
    def is_empty(self) -> bool:
        return self.people.shown and not self.people.count


ONLY = Category("", -1)


def cross(columns: Columns, rows: Axis, across: Axis | None, among: int, *, small: int = 0) -> Table:
    """``small``: cells of fewer people are left out with others; 0: everything is shown, as on a desk."""
    heads = [c._replace(bits=c.bits & among) for c in rows.categories]
    sides = list(across.categories) if across else [ONLY]
    counts = [[(row.bits & side.bits).bit_count() for side in sides] for row in heads]
    both = rows.bits & among & (across.bits if across else -1)
    row_people = [(row.bits & (across.bits if across else -1)).bit_count() for row in heads]
    column_people = [(side.bits & both).bit_count() for side in sides] if across else []
    exclusive = rows.exclusive and (across is None or across.exclusive)
    made = _cells(counts, row_people, column_people, both.bit_count(), small, exclusive=exclusive)
    return Table(rows.label, [r.label for r in heads], [s.label for s in sides] if across else [], *made)


Cells = tuple[Sequence[Sequence[Cell]], Sequence[Cell], Sequence[Cell], Cell]


def _cells(
    counts: list[list[int]], rows: list[int], columns: list[int], people: int, small: int, *, exclusive: bool
) -> Cells:
    if not small or not counts:
        return ([[Cell(n) for n in row] for row in counts], [*map(Cell, rows)], [*map(Cell, columns)], Cell(people))
    if not columns:  # one column: its cells are a line, and their totals the cells themselves
        line = protect([[row[0] for row in counts]], small, column_totals=False)
        cells = [[cell] for cell in line.rows[0]]
        return cells, [c[0] for c in cells], [], _people(line.total, people, small, exclusive=exclusive)
    made: Protected = protect(counts, small)
    if exclusive:
        return made.rows, made.row_totals, made.column_totals, made.total
    kept = [_people(c, n, small, exclusive=False) for c, n in zip(made.row_totals, rows, strict=True)]
    sides = [_people(c, n, small, exclusive=False) for c, n in zip(made.column_totals, columns, strict=True)]
    return made.rows, kept, sides, _people(made.total, people, small, exclusive=False)


def _people(total: Cell, people: int, small: int, *, exclusive: bool) -> Cell:
    """Where people may be under two headings, their number is not the sum; it is shown where it is not small either."""
    return total if exclusive else Cell(people, total.shown and not 0 < people < small)


def tables_of(
    columns: Columns, question: Question, among: int, *, across: Axis | None = None, small: int = 0
) -> list[Table]:
    """Of one closed question: one table, of a grid one that shows every row where nothing is taken apart."""
    if question.kind is K.MATRIX and across is None:
        return [_grid(columns, question, among, small)]
    if question.kind is K.RANKING and across is None:
        return [_places(columns, question, among, small)]
    found = [cross(columns, axis, across, among, small=small) for axis in axes_of(columns, question)]
    return [_with_mean(columns, question, t, among) for t in found] if across is None else found


def _with_mean(columns: Columns, question: Question, table: Table, among: int) -> Table:
    """A mean would tell what is left out."""
    if table.hides or question.kind not in (K.SCALE, K.NUMBER) or not table.people.count:
        return table
    if question.kind is K.SCALE:
        points = {p: (columns["option", question.id, p] & among).bit_count() for p in question.scale}
        total: float = sum(p * n for p, n in points.items())
    else:
        numbers, places = columns.numbers.get(question.id, {}), columns.places
        total = sum(v for i, v in numbers.items() if among >> places[i] & 1)
    return replace(table, mean=total / table.people.count)


def _grid(columns: Columns, question: Question, among: int, small: int) -> Table:
    keys = [[("cell", question.id, row.id, o.id) for o in question.options] for row in question.rows]
    return _block(columns, question, among, small, keys, [r.text for r in question.rows], _texts(question))


def _places(columns: Columns, question: Question, among: int, small: int) -> Table:
    most = question.ranked or len(question.options)
    keys = [[("place", question.id, o.id, p) for p in range(1, most + 1)] for o in question.options]
    names = [str(_("Place {place}")).format(place=p) for p in range(1, most + 1)]
    return _block(columns, question, among, small, keys, _texts(question), names)


def _block(
    columns: Columns,
    question: Question,
    among: int,
    small: int,
    keys: list[list[tuple[str, int, int, int]]],
    rows: Sequence[str],
    across: Sequence[str],
) -> Table:
    counts = [[(columns[key] & among).bit_count() for key in row] for row in keys]
    people = (columns["answered", question.id] & among).bit_count()
    if not small:
        cells = [[Cell(n) for n in row] for row in counts]
        return Table(question.text, rows, across, cells, [Cell(sum(row)) for row in counts], [], Cell(people))
    made = protect(counts, small)  # as if the columns had totals, which people could add up from another table
    whole = Cell(people, made.total.shown and not 0 < people < small)
    return Table(question.text, rows, across, made.rows, made.row_totals, [], whole)


def _texts(question: Question) -> list[str]:
    return [o.text for o in question.options]


def axes_of(columns: Columns, question: Question) -> list[Axis]:
    """What a question can be crossed by: of a grid each row, of a ranking the first place."""
    q = question.id
    match question.kind:
        case K.SINGLE | K.MULTIPLE:
            those = [Category(o.text, columns["option", q, o.id]) for o in question.options]
            those += [Category(str(_("Something else")), columns["other", q])] if question.other else []
            return [Axis(f"q{q}", question.text, those, exclusive=question.kind is K.SINGLE)]
        case K.SCALE:
            return [Axis(f"q{q}", question.text, [Category(str(p), columns["option", q, p]) for p in question.scale])]
        case K.MATRIX:
            return [
                Axis(
                    f"q{q}_{row.id}",
                    f"{question.text}: {row.text}",
                    [Category(o.text, columns["cell", q, row.id, o.id]) for o in question.options],
                )
                for row in question.rows
            ]
        case K.RANKING:
            first = [Category(o.text, columns["place", q, o.id, 1]) for o in question.options]
            return [Axis(f"q{q}", f"{question.text}: {_('first place')}", first)]
        case K.NUMBER:
            return [Axis(f"q{q}", question.text, _numbers(columns, q))]
        case _:
            return []


def _numbers(columns: Columns, question: int) -> list[Category]:
    """As ranges, worked out once for as long as the columns stand."""
    known: list[Category] | None = columns.remembered.get(("numbers", question))
    if known is None:
        values = columns.numbers.get(question, {})
        those = ranges(values.values())
        within: list[list[int]] = [[] for _r in those]
        for number, value in values.items():
            within[place_in(value, those)].append(number)
        known = [Category(_range(r), columns.of(ids)) for r, ids in zip(those, within, strict=True)]
        columns.remembered["numbers", question] = known
    return known


def _range(one: Range) -> str:
    if one.low == one.high:
        return f"{one.low:g}"
    return str(_("{low} to under {high}")).format(low=f"{one.low:,g}", high=f"{one.high:,g}")


def split(columns: Columns, by: str) -> Axis | None:
    """Every table taken apart by where a response came from, who it is from, or whether it was late."""
    everyone = columns.submitted
    match by:
        case "channel":
            those = [Category(str(CHANNEL_NAMES[c]), columns["channel", c]) for c in Channel]
            return Axis("channel", str(_("Where it came from")), [c for c in those if c.bits & everyone])
        case "who":
            organisations = columns[ORGANISATION]
            names = (_("Organisations"), organisations), (_("People"), everyone & ~organisations)
            return Axis("who", str(_("Who it is from")), [Category(str(n), bits) for n, bits in names])
        case "late":
            late = columns[LATE]
            names = (_("In time"), everyone & ~late), (_("Admitted late"), late)
            return Axis("late", str(_("When it came")), [Category(str(n), bits) for n, bits in names])
    return None


def axes(columns: Columns, asked: Mapping[int, Question]) -> dict[str, Axis]:
    """Everything that a cross can have on a side, in the order of the questions."""
    found = {axis.id: axis for question in asked.values() for axis in axes_of(columns, question)}
    return found | {by: axis for by in SPLITS if (axis := split(columns, by)) is not None}


def is_counted(question: Question) -> bool:
    """Whether its answers make a table."""
    return question.is_closed or question.kind is K.NUMBER


def public_tables(columns: Columns, asked: Mapping[int, Question], small: int) -> dict[int, list[Table]]:
    """What may leave the desk: of each closed question one table of all responses, and no second one of the same
    people, by which the two could be compared. Confidential questions have none."""
    return {
        q.id: tables_of(columns, q, columns.submitted, small=small)
        for q in asked.values()
        if is_counted(q) and not q.confidential
    }
