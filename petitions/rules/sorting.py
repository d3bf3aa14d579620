"""How staff sort petitions: what topics, tags and notes may say, and how one setting is told from another."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import fold, is_blank, length, tidy, tidy_line

MOST_PUBLIC_NOTE, MOST_STAFF_NOTE, MOST_REASON = 800, 4_000, 500
MOST_TAGS, MOST_TAG = 20, 40
MOST_TOPIC, MOST_SLUG = 80, 60
_APART = re.compile(r"[\W_]+")
_BETWEEN_TAGS = re.compile(r"[,;\n]")


@dataclass(frozen=True)
class Sorting:
    """Everything staff set for one petition by hand: topics by id, notes, tags."""

    topics: frozenset[int] = frozenset()
    public_note: str = ""
    staff_note: str = ""
    tags: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The same for the same settings: a form says by it which ones its reader saw."""
        said = (sorted(self.topics), self.public_note, self.staff_note, sorted(self.tags))
        return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def read_public_note(text: str) -> str:
    return _within(tidy(text), MOST_PUBLIC_NOTE, _("The public note must be 800 characters or fewer."))


def read_staff_note(text: str) -> str:
    return _within(tidy(text), MOST_STAFF_NOTE, _("The internal note must be 4,000 characters or fewer."))


def read_tags(text: str) -> tuple[str, ...]:
    """Small words between commas, each once; ``BadField`` says which is too long, or that they are too many."""
    tags = tuple(dict.fromkeys(tag for part in _BETWEEN_TAGS.split(tidy(text)) if (tag := one_tag(part))))
    for tag in tags:
        if length(tag) > MOST_TAG:
            raise BadField(_("A tag can have 40 characters at most. This one is longer: {tag}").format(tag=tag[:60]))
    if len(tags) > MOST_TAGS:
        raise BadField(_("A petition can have 20 tags at most."))
    return tags


def one_tag(text: str) -> str:
    """As it is stored: small letters, no number sign, single spaces."""
    tag = tidy_line(text).lower().lstrip("#").strip()
    return "" if is_blank(tag) else tag


def read_reason(text: str) -> str:
    """Why something is done that only administrators do; it goes on record."""
    text = tidy(text)
    if is_blank(text):
        raise BadField(_("Give the reason. It goes on record with your name."))
    return _within(text, MOST_REASON, _("Keep the reason to 500 characters."))


def read_topic(text: str) -> str:
    """A topic's name, as readers see it."""
    name = tidy_line(text)
    if is_blank(name) or not slug_of(name):
        raise BadField(_("Enter the topic's name, such as Libraries."))
    return _within(name, MOST_TOPIC, _("Keep the name to 80 characters."))


def slug_of(name: str) -> str:
    """What stands for the topic in addresses: ``business-and-industry``; empty where nothing can."""
    slug = _APART.sub("-", unicodedata.normalize("NFC", fold(name))).strip("-")
    return slug[:MOST_SLUG].rstrip("-")


def _within(text: str, most: int, message: str) -> str:
    if length(text) > most:
        raise BadField(message)
    return text
