"""What templates say: the catalogue's words as markup, places filled with escaped values.

As Jinja's own (new) style of gettext has it; that one looks twice for the function and once for its
places at each of a page's fifty phrases, a fifth of the time that a page takes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from markupsafe import Markup

from app.core.i18n import gettext_now, language, translations


def said(source: str, /, **values: Any) -> Markup:
    """A phrase in the reader's language; ``source`` is a template's own and never anybody's text."""
    if values:
        return Markup(gettext_now(source)) % values  # noqa: S704  the catalogue is ours
    return _plain(language.get(), source)


@lru_cache(maxsize=8_192)
def _plain(code: str, source: str) -> Markup:
    return Markup(translations(code).gettext(source)) % {}  # noqa: S704  the catalogue is ours
