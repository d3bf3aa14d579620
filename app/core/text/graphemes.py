"""How many characters a reader sees: extended grapheme clusters, after Unicode's annex 29.

A family of four is one, though seven code points make it; so is a flag, a letter with its accents,
a Korean syllable. Counting takes time in proportion to the text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

#: planes that hold signs written onto others; the rest have none
_PLANES = (range(0x300, 0x20000), range(0xE0020, 0xE01F0))
_PICTURES = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934-\u2b55"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff"
)
_TONES = "\U0001f3fb-\U0001f3ff"
_FLAG_LETTER = "\U0001f1e6-\U0001f1ff"
#: Korean letters that make one syllable: those that begin it, its vowels, those that end it
_BEGIN, _VOWEL, _END = "\u1100-\u115f\ua960-\ua97c", "\u1160-\u11a7\ud7b0-\ud7c6", "\u11a8-\u11ff\ud7cb-\ud7fb"
_SYLLABLE = "\uac00-\ud7a3"


def grapheme_count(text: str) -> int:
    """Characters as a person counts them; a line break is one, whatever it is made of."""
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if text.isascii():
        return len(text)
    return sum(1 for _found in _pattern().finditer(text))


@cache
def _pattern() -> re.Pattern[str]:
    onto = f"[{_written_onto()}{_TONES}]"
    picture = f"[{_PICTURES}]"
    korean = f"[{_BEGIN}]*(?:[{_SYLLABLE}][{_VOWEL}]*[{_END}]*|[{_VOWEL}]+[{_END}]*)|[{_BEGIN}]+|[{_END}]+"
    seen = f"{picture}(?:{onto}*\u200d{picture})*|[{_FLAG_LETTER}]{{2}}|{korean}|."
    return re.compile(f"(?:{seen}){onto}*", re.DOTALL)


def _written_onto() -> str:
    """Marks, joiners and variants, as ranges for a pattern; Unicode's own classes say which."""
    ranges: list[list[int]] = []
    for plane in _PLANES:
        for point in plane:
            if unicodedata.category(chr(point))[0] == "M" or 0xE0020 <= point <= 0xE007F or point in (0x200C, 0x200D):
                if ranges and ranges[-1][1] == point - 1:
                    ranges[-1][1] = point
                else:
                    ranges.append([point, point])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
