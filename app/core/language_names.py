"""Languages by the names that their speakers give them.

Babel knows all of them, but reads a megabyte of dates and numbers for each: it is asked for what is not here.
"""

from __future__ import annotations

from babel import Locale

OWN_NAMES = {
    "ar": "العربية",
    "bn": "বাংলা",
    "cy": "Cymraeg",
    "en": "English",
    "es": "español",
    "fr": "français",
    "ga": "Gaeilge",
    "gd": "Gàidhlig",
    "pa": "ਪੰਜਾਬੀ",
    "pl": "polski",
    "pt": "português",
    "ro": "română",
    "uk": "українська",
    "ur": "اردو",
    "zh": "中文",
}


def own_name(code: str) -> str:
    """Of a language such as ``cy`` or ``pt-BR``; raises :class:`babel.UnknownLocaleError` or :class:`ValueError`."""
    if code in OWN_NAMES:
        return OWN_NAMES[code]
    return str(Locale.parse(code, sep="-").get_display_name(code.replace("-", "_")))
