"""Which area somebody lives in: by their postcode where a table has it, else as they said themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.areas.queries import AreaBook, Places, areas_of_postcodes
from app.areas.rules.postcodes import keys_of
from app.core.errors import FieldError, Invalid
from app.core.i18n import _


class Living(NamedTuple):
    """What somebody says of where they live; ``chosen`` is a code, or empty."""

    country: str
    postcode: str
    chosen: str


@dataclass(frozen=True)
class Placing:
    """Of people at home; who lives abroad lives in no area."""

    book: AreaBook
    home_country: str

    def has_places(self, db: Session) -> bool:
        """Whether there are areas at all; it asks the database once a second."""
        return bool(self.book.now(db))

    def areas_of(self, db: Session, people: Sequence[Living]) -> Sequence[str | Invalid | None]:
        """For each the code of their area, None where nobody knows it, or that they chose one there is not."""
        known = self.book.now(db)
        if not known:
            return [_wrong() if p.chosen and p.country == self.home_country else None for p in people]
        by_key = self._by_postcode(db, known, people)
        return [self._area(known, by_key, person) for person in people]

    def area_of(self, db: Session, person: Living) -> str | None:
        """The same for one; raises :class:`Invalid`."""
        (found,) = self.areas_of(db, [person])
        if isinstance(found, Invalid):
            raise found
        return found

    def choices(self, db: Session, *, asks_postcode: bool) -> Sequence[tuple[str, str]]:
        """Code and name of what a form offers; nothing where postcodes say it."""
        known = self.book.now(db)
        return () if asks_postcode and known.edition is not None else known.choices

    def _by_postcode(self, db: Session, known: Places, people: Sequence[Living]) -> dict[str, str]:
        if known.edition is None:
            return {}
        keys = {key for p in people if p.country == self.home_country for key in self._keys(p)}
        return dict(areas_of_postcodes(db, known.edition, sorted(keys))) if keys else {}

    def _area(self, known: Places, by_key: dict[str, str], person: Living) -> str | Invalid | None:
        if person.country != self.home_country:
            return None
        found = next((by_key[key] for key in self._keys(person) if key in by_key), None)
        if found is not None or not person.chosen:
            return found
        chosen = known.by_code.get(person.chosen)
        return person.chosen if chosen is not None and not chosen.retired else _wrong()

    def _keys(self, person: Living) -> Sequence[str]:
        return keys_of(person.postcode, self.home_country)


def _wrong() -> Invalid:
    return Invalid([FieldError("area", _("Choose your area from the list, or leave it empty."))])
