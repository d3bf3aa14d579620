"""Plain text from people: made tidy, measured, cut and compared. Never HTML.

Everything here takes and returns ``str``, raises nothing, and takes time in proportion to the
length of the text, whatever the text is. Ordinary ASCII takes a short way through, because
names and postcodes pass here thousands of times a second.
"""

from __future__ import annotations

import re
import unicodedata

#: More combining marks than this on one letter is scribbling over other people's lines.
MOST_MARKS = 10

# Characters that show nothing and change how their neighbours read: controls, zero-width
# characters, bidirectional controls, lone halves of surrogate pairs, tag characters.
_HIDDEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff"
)
# Letters by their Unicode class, and yet nothing to see.
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
# Scripts that are misspelt without the zero-width joiners, and the pictures made with them.
_JOINED = (
    "\u0600-\u061b\u061d-\u077f\u0840-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u180d\u180f-\u18af\ua8e0-\ua8ff"
    "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
)
_IDEOGRAPHS = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_VARIANTS = "\U000e0100-\U000e01ef"  # the exact shape of an ideograph, as Japanese names use it
_FLAG = "\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,6}\U000e007f"  # Scotland, Wales, …

_REMOVED = re.compile(
    f"({_FLAG}|(?<=[{_IDEOGRAPHS}])[{_VARIANTS}]|(?<=[{_JOINED}])[\u200c\u200d](?=[{_JOINED}]))|[\u200c\u200d{_HIDDEN}]"
)
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANK_LINES = re.compile("\n{3,}")
_PERHAPS_PILED = re.compile(rf"[^\x00-\u02ff\w\s]{{{MOST_MARKS + 1},}}")
_UNSEEN = re.compile(rf"[\s\u200c\u200d{_HIDDEN}{_BLANK_LETTERS}\ufe00-\ufe0f]+")

_FORMULA_STARTS = frozenset("=+-@＝＋－＠")
_CELL_BREAKS = frozenset("\t\r\n")

_LINK = re.compile(
    r"https?://|\bwww\.\w"
    r"|(?<=[^\W_])\.[^\W\d_]{2,63}/"
    r"|(?<=[^\W_])\.(?:com|org|net|info|biz|xyz|online|site|shop|top|(?:co|gov|org)\.uk)(?![\w@-])",
    re.IGNORECASE,
)

# Signs over and under letters that people leave out or type differently. Vowel signs of Indic
# scripts and the voicing marks of kana are not among them: they make another word.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef]+"
)
_SAME_SIGNS = str.maketrans(dict.fromkeys("‘’ʼʹ′", "'") | dict.fromkeys("‐‑‒–—―−", "-"))


def tidy(text: str) -> str:
    """Text of several lines as it is stored: NFC, lines ended by LF, nothing hidden, trimmed.

    Tabs become spaces and runs of blank lines one blank line. Joiners stay where a script or a
    picture needs them, and go elsewhere. Tidying twice changes nothing.
    """
    if text.isascii():
        if text.isprintable():
            return text.strip()
        text = _REMOVED.sub("", _broken_by_lf(text))
    else:
        text = _composed(_broken_by_lf(text))
        text = _unpiled(_composed(_REMOVED.sub(_kept, text)))
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip()


def tidy_line(text: str) -> str:
    """Text of one line: as :func:`tidy`, and each run of white space is one space."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(tidy(text).split())


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing at all."""
    if text.isascii() and text.isprintable():
        return not text.strip()
    return not _UNSEEN.sub("", text)


def length(text: str) -> int:
    """Characters as limits count them: code points after NFC, a line break being one."""
    if "\r" in text:
        text = _BREAKS.sub("\n", text)
    return len(text) if text.isascii() else len(_composed(text))


def excerpt(text: str, n: int) -> str:
    """The beginning on one line, at most ``n`` code points, "…" included where it was cut.

    Cut between words where a word ends in the second half, and never inside a letter with its marks.
    """
    line = tidy_line(text)
    if len(line) <= n:
        return line
    cut = max(n - 1, 0)
    space = line.rfind(" ", cut // 2, cut + 1)
    return line[: space if space > 0 else _between_letters(line, cut)].rstrip() + "…"[:n]


def csv_cell(text: str) -> str:
    """Text for a spreadsheet cell: an apostrophe first where a program would compute it."""
    return "'" + text if starts_like_formula(text) else text


def starts_like_formula(text: str) -> bool:
    """Whether a spreadsheet may take it for a formula: begins with = + - @, a tab or a line break.

    Spaces and hidden characters before the sign do not hide it, nor do the full-width signs.
    """
    if text[:1] in _CELL_BREAKS:
        return True
    seen = text.lstrip() if text.isascii() and text.isprintable() else _UNSEEN.sub("", text[:200])
    return seen[:1] in _FORMULA_STARTS


def has_link(text: str) -> bool:
    """Whether tidied text holds something a mail program would turn into a link.

    ``https://…``, ``www.…``, ``council.example/…``, and ``shop.com`` with one of the commonest endings.
    """
    return ("." in text or ":" in text) and _LINK.search(text) is not None


def fold(text: str) -> str:
    """A form for comparing names, never shown: no case, accents, pointing or double spaces.

    Compatibility forms (full width, ligatures) and kinds of apostrophe and dash become one.
    Scripts stay apart and keep the signs that tell words apart. Folding twice changes nothing.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    signs = tidy_line(text).translate(_SAME_SIGNS)
    caseless = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", signs).casefold())
    return " ".join(_ACCENTS.sub("", caseless).translate(_SAME_SIGNS).split())


def bidi_isolate(text: str) -> str:
    """Text that may run right to left, wrapped so that it cannot reorder its neighbours.

    For letters and other plain text; pages use ``<bdi>``. ASCII needs no wrapping.
    """
    return text if text.isascii() else f"\u2068{text}\u2069"


def _broken_by_lf(text: str) -> str:
    return _BREAKS.sub("\n", text).replace("\t", " ")


def _composed(text: str) -> str:
    # Composing sorts each run of marks, in time quadratic in the run: so the run is cut first.
    return unicodedata.normalize("NFC", _unpiled(text))


def _unpiled(text: str) -> str:
    return _PERHAPS_PILED.sub(_without_pile, text)


def _without_pile(match: re.Match[str]) -> str:
    kept, run = [], 0
    for character in match[0]:
        run = run + 1 if unicodedata.category(character)[0] == "M" else 0
        if run <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _kept(match: re.Match[str]) -> str:
    return match[1] or ""


def _between_letters(line: str, cut: int) -> int:
    """The last place at or before ``cut`` where no mark, joiner or variant is torn from its letter."""
    earliest = max(cut - 2 * MOST_MARKS, 0)
    while cut > earliest and (_extends(line[cut]) or line[cut - 1] == "\u200d"):
        cut -= 1
    return cut


def _extends(character: str) -> bool:
    return character in "\u200c\u200d" or unicodedata.category(character)[0] == "M"
