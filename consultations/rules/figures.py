"""Figures as they were published: of each closed question its tables, without what is left out of them.

What is left out is None here and stands nowhere else, so nothing that is made of these can tell it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

Count = int | None


class ShownTable(msgspec.Struct, frozen=True, kw_only=True):
    """``cells``: a list for each of ``rows``, with one number where ``columns`` is empty. ``people``: who is under a
    row, and in the table at all."""

    caption: str
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[Count]]
    row_people: Sequence[Count]
    people: Count
    mean: float | None = None

    @property
    def hides(self) -> bool:
        return self.people is None or any(None in row for row in (*self.cells, self.row_people))

    @property
    def smallest(self) -> int | None:
        """Of the figures that tell of somebody."""
        every = (self.people, *self.row_people, *(cell for row in self.cells for cell in row))
        return min((n for n in every if n), default=None)

    @property
    def shows_nothing(self) -> bool:
        return all(cell is None for row in self.cells for cell in row)

    @property
    def top(self) -> int:
        """What a full bar stands for: everybody who answered, or else the largest figure."""
        return self.people or max((cell for row in self.cells for cell in row if cell is not None), default=0) or 1

    def share(self, count: int) -> int | None:
        return round(100 * count / self.people) if self.people else None


class ShownQuestion(msgspec.Struct, frozen=True):
    """``number``: what people call it; 0: it is asked no more."""

    id: int
    number: int
    text: str
    tables: Sequence[ShownTable]


def those_who_count(ids: Collection[int], unwilling: Collection[int], small: int) -> tuple[set[int], int]:
    """Whom the published tables count, and how many are left out of them.

    Single responses are published beside the tables, so whoever subtracts those from these has the answers of people
    who wanted nothing published. Of a few that would be as good as publishing them: fewer than ``small`` are left out.
    """
    few = 0 < len(unwilling) < small
    return (set(ids) - set(unwilling), len(unwilling)) if few else (set(ids), 0)
