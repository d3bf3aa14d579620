"""What a room contributes to the page of an area: what people there care about most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session


class LocalThing(NamedTuple):
    """One subject with how many people of an area took part, out of how many in all; ``standing`` in a word or two."""

    kind: str
    id: int
    title: str
    href: str
    here: int
    everywhere: int
    standing: str


@dataclass(frozen=True)
class Local:
    """A room's list: ``most(db, code, is_open, most, now)`` answers subjects that most people of this area joined.

    ``code_name`` stands in data, ``title`` and ``empty`` on the page.
    """

    code_name: str
    title: str
    empty: str
    most: Callable[[Session, str, bool, int, datetime], Sequence[LocalThing]]
