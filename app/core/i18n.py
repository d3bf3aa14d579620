"""Words people see, translatable from the first day (gettext)."""

from __future__ import annotations

import gettext
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

LOCALES = Path(__file__).resolve().parents[1] / "locale"
DEFAULT_LANGUAGE = "en"

language: ContextVar[str] = ContextVar("language", default=DEFAULT_LANGUAGE)


@cache
def translations(code: str) -> gettext.NullTranslations:
    """The compiled catalogue of a language; the source strings where there is none."""
    return gettext.translation("messages", LOCALES, languages=[code], fallback=True)


class Phrase(str):
    """A source string that is looked up when it is shown, not when the module is read."""

    __slots__ = ()

    def __str__(self) -> str:
        return translations(language.get()).gettext(str.__str__(self))

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))

    def format(self, *args: Any, **values: Any) -> str:
        """The translated phrase with its places filled."""
        return str(self).format(*args, **values)


def _(source: str) -> Phrase:
    """Mark a source string for the catalogue and for look-up when shown."""
    return Phrase(source)


def gettext_now(source: str) -> str:
    return translations(language.get()).gettext(source)


def ngettext_now(one: str, many: str, n: int) -> str:
    return translations(language.get()).ngettext(one, many, n)
