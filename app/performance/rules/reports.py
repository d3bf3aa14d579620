"""What a report of accessibility says, and when it is too old to say anything of today."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import tidy, tidy_line

OLD_AFTER = timedelta(days=365)
EARLIEST = date(2000, 1, 1)
MOST_WORDS, MOST_PROBLEMS, MOST_OF_A_PROBLEM, MOST_COUNT = 200, 50, 500, 100_000
MOST_OF_A_LINK = 500
_LINK = re.compile(r"https?://[^\s<>\"']+\Z")


@dataclass(frozen=True)
class Recorded:
    """A report as an administrator records it; ``problems`` are what did not work then, each in a sentence."""

    tested_on: date
    standard: str
    tested_by: str
    how: str
    passed: int
    failed: int
    link: str
    problems: tuple[str, ...]


def is_old(tested_on: date, today: date) -> bool:
    return today - tested_on > OLD_AFTER


def check_day(day: date, today: date) -> date:
    """``BadField`` where nobody can have tested on it."""
    if day > today:
        raise BadField(_("The day of the test must not be in the future."))
    if day < EARLIEST:
        raise BadField(_("Enter the day of the test, such as 24/12/2026."))
    return day


def read_standard(text: str) -> str:
    return _line(text, _("Enter what it was tested against, such as WCAG 2.2 AA."))


def read_tester(text: str) -> str:
    return _line(text, _("Enter who tested it."))


def read_how(text: str) -> str:
    words = tidy(text)
    if len(words) > MOST_OF_A_PROBLEM:
        raise BadField(_("Shorten this to 500 characters."))
    return words


def read_count(text: str) -> int:
    digits = text.strip().replace(",", "")
    if not digits.isascii() or not digits.isdigit() or int(digits[:9]) > MOST_COUNT:
        raise BadField(_("Enter a whole number, such as 50; 0 where there are none."))
    return int(digits)


def read_link(text: str) -> str:
    """Empty, or an address of the web."""
    link = text.strip()
    if link and (len(link) > MOST_OF_A_LINK or not _LINK.match(link)):
        raise BadField(_("Enter the whole address of the report, beginning with https://, or leave this empty."))
    return link


def read_problems(text: str) -> tuple[str, ...]:
    """One a line."""
    found = tuple(line for line in map(tidy_line, text.splitlines()) if line)
    if len(found) > MOST_PROBLEMS:
        raise BadField(_("Enter at most 50 problems."))
    if any(len(line) > MOST_OF_A_PROBLEM for line in found):
        raise BadField(_("Shorten each problem to 500 characters."))
    return found


def _line(text: str, missing: str) -> str:
    line = tidy_line(text)
    if not line:
        raise BadField(missing)
    if len(line) > MOST_WORDS:
        raise BadField(_("Shorten this to 200 characters."))
    return line
