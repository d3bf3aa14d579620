"""What an author is asked before sending: no refusal, a second look. Shown once; they may send it as it is."""

from __future__ import annotations

import re

from app.core.i18n import _
from app.core.text.plain import has_link

LINK = _("Your text has a link. Texts of new accounts that have links wait until a person has looked at them.")
#: of a text that every moderator reads anyway
LINK_SEEN = _("Your text has a link. Say what matters in your own words: many people open no links.")
PHONE = _("Your text seems to have a phone number. Everyone can read what you send.")
ADDRESS = _("Your text has an email address. Everyone can read what you send.")
SHOUTING = _("Your text is mostly in capital letters. Many people read that as shouting.")

_PHONE = re.compile(r"(?<![\w.,])\+?\(?\d[\d() /.-]{7,18}\d(?![\w])")
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\Z")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}")
LEAST_LETTERS = 20


def warnings(text: str, of_link: str = LINK) -> list[str]:
    """One sentence for each thing that its author may not have meant to publish."""
    found = []
    if _ADDRESS.search(text):
        found.append(str(ADDRESS))
    if has_link(_ADDRESS.sub(" ", text)):
        found.append(str(of_link))
    if any(_is_phone(match[0]) for match in _PHONE.finditer(text)):
        found.append(str(PHONE))
    if is_shouting(text):
        found.append(str(SHOUTING))
    return found


def is_shouting(text: str) -> bool:
    """Whether most letters that have two cases are capitals; not for a short cry or an abbreviation."""
    capitals = sum(c.isupper() for c in text)
    letters = capitals + sum(c.islower() for c in text)
    return letters >= LEAST_LETTERS and capitals > 0.7 * letters


def _is_phone(found: str) -> bool:
    digits = sum(c.isdigit() for c in found)
    return 9 <= digits <= 15 and not _DATE.match(found.strip())
