"""Whether a password is hard enough to guess: its length, and how soon a cracker with lists would have it.

The lists (common passwords, words, names) are those of the ``zxcvbn`` package; nothing is asked of
anybody on the network.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from app.core.errors import BadField
from app.core.i18n import _

#: in characters
LEAST_LENGTH, MOST_LENGTH = 12, 256
#: a cracker who knows the lists and the account needs at least 10 to the power of this many tries
LEAST_GUESSES = 8.0
#: signs that have nothing to do with the account or the site; digits and common endings aside
LEAST_BESIDE = 5
#: the estimate grows with the square of the length, and what is this long is judged by its beginning
_JUDGED = 64
#: it tries each reading of every sign that may stand for a letter, and all of them together: so it is given a few
_LOOK_ALIKES, _JUDGED_SIGNS = "4@8({[<369!1|0$5+7%2", 6
_HOUSE = (
    "townsquare",
    "town",
    "square",
    "petition",
    "petitions",
    "moderator",
    "administrator",
    "department",
    "official",
)


def check(password: str, about: Iterable[str]) -> None:
    """Raises :class:`BadField` with what to do; ``about``: names, addresses and words that belong to the account."""
    if len(password) > MOST_LENGTH:
        raise BadField(_("Use 256 characters or fewer."))
    if len(password) < LEAST_LENGTH:
        raise BadField(_("Use at least 12 characters. Three random words are easy to keep in mind."))
    words = context_words(about)
    if len(_beside(words, password)) < LEAST_BESIDE or _guesses(_judged(password), words) < LEAST_GUESSES:
        raise BadField(_("This is too easy to guess. Use three random words."))


def context_words(about: Iterable[str]) -> list[str]:
    """What a cracker who knows the person and the site would try first, whole and in parts."""
    found = dict.fromkeys(_HOUSE)
    for text in about:
        whole = text.casefold()
        parts = "".join(sign if sign.isalnum() else " " for sign in whole).split()
        found |= dict.fromkeys([whole, "".join(parts), *(part for part in parts if len(part) > 2)])
    return list(found)


def _beside(words: Iterable[str], password: str) -> str:
    """The letters that are left once the words of the account and the site are taken out."""
    rest = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, " ")
    return "".join(sign for sign in rest if not (sign.isdigit() or sign.isspace() or sign in "!.-_?@"))


def _judged(password: str) -> str:
    """Its beginning; of the signs that may stand for letters all but the first few mean nothing."""
    signs = [sign for sign in dict.fromkeys(password) if sign in _LOOK_ALIKES]
    return password[:_JUDGED].translate(dict.fromkeys(map(ord, signs[_JUDGED_SIGNS:]), "¤"))


def _guesses(password: str, words: list[str]) -> float:
    found: float = _estimator()(password, user_inputs=words)["guesses_log10"]
    return found


@cache
def _estimator() -> Any:
    """Its lists take some 15 MB: they are read when the first password is set."""
    from zxcvbn import zxcvbn

    return zxcvbn
