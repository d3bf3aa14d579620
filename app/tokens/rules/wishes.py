"""What an administrator asks for: a name, scopes, and for how long."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.text.figures import is_whole
from app.core.text.plain import is_blank, length, tidy_line
from app.tokens.rules.scopes import NEEDS, Scope

MOST_NAME = 80


@dataclass(frozen=True)
class Wish:
    """A checked wish. ``days``: how long it works."""

    name: str
    scopes: tuple[Scope, ...]
    days: int


def read_wish(name: str, scopes: Collection[str], days: str, *, most_days: int) -> Wish:
    """:class:`Invalid` names each field that is wrong."""
    name, errors = tidy_line(name), []
    if is_blank(name):
        errors.append(FieldError("name", _("Say what the program is called, such as Case system of the parks.")))
    elif length(name) > MOST_NAME:
        errors.append(FieldError("name", _("Keep the name to 80 characters.")))
    wanted = tuple(scope for scope in Scope if scope in scopes)
    if not wanted or len(wanted) != len(set(scopes)):
        errors.append(FieldError("scopes", _("Choose what the program may do.")))
    elif any(need not in wanted for scope, need in NEEDS.items() if scope in wanted):
        errors.append(FieldError("scopes", _("A program that publishes answers must be allowed to write them, too.")))
    number = int(days) if is_whole(days, figures=5) else 0
    if not 1 <= number <= most_days:
        errors.append(FieldError("days", str(_("Choose for how long, at most {most} days.")).format(most=most_days)))
    if errors:
        raise Invalid(errors)
    return Wish(name, wanted, number)
