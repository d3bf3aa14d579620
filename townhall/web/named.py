"""The people of a hall in a form: who hosts and moderates, speakers row by row, departments."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy_line
from app.core.web.forms import Form, Sent
from townhall.model import Hall
from townhall.queries import halls
from townhall.rules.lifecycle import Part
from townhall.rules.writing import MOST_SPEAKERS

MOST_NAME, MOST_ABOUT = 120, 200
#: rows that are empty when the form is opened
SPARE = 2


def read_speakers(shown: Form, form: Sent) -> list[tuple[str, str]]:
    """``speaker_1``, ``speaker_1_about`` and so on, in their order; rows that were emptied go."""
    found = []
    for row in range(1, MOST_SPEAKERS + 1):
        name = shown.read(f"speaker_{row}", lambda text: _line(text, MOST_NAME))
        about = shown.read(f"speaker_{row}_about", lambda text: _line(text, MOST_ABOUT))
        if name:
            found.append((name, about or ""))
        elif about:
            shown.refuse(f"speaker_{row}", str(_("Enter the name of this speaker.")))
    return found


def _line(text: str, most: int) -> str:
    text = tidy_line(text)
    if length(text) > most:
        raise BadField(_("Keep it to {most} characters.").format(most=most))
    return "" if is_blank(text) else text


def speaker_rows(values: Mapping[str, str], *, more: bool = False) -> int:
    """How many rows the form has: those that are filled, and some to fill."""
    filled = [row for row in range(1, MOST_SPEAKERS + 1) if _is_filled(values, row)]
    last = max(filled, default=0)
    return min(last + SPARE * (2 if more else 1), MOST_SPEAKERS)


def _is_filled(values: Mapping[str, str], row: int) -> bool:
    return bool(values.get(f"speaker_{row}") or values.get(f"speaker_{row}_about"))


def stands_as(db: Session, hall: Hall) -> list[tuple[str, str]]:
    """The form's fields that would be read as what stands."""
    people = halls.staff_of(db, hall.id)
    pairs = [("host", str(account.id)) for account in people[Part.HOST]]
    pairs += [("moderators", str(account.id)) for account in people[Part.MODERATOR]]
    pairs += [("departments", str(department.id)) for department in halls.beside(db, hall.id)]
    for row, speaker in enumerate(halls.speakers(db, hall.id), 1):
        pairs += [(f"speaker_{row}", speaker.name), (f"speaker_{row}_about", speaker.about)]
    return pairs
