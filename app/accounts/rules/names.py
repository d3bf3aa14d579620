"""Names that would be taken for somebody else's office: refused in whichever alphabet they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from app.core.errors import BadField
from app.core.i18n import _

#: letters of other alphabets that look like these Latin ones (Unicode's table of confusables has them all)
_CYRILLIC_AND_GREEK = "авсԁеһіјӏкмпорԛгѕтцѵѡхуαβγεηικνορτυχω", "abcdehijlkmnopqrstuvwxyabyenikvoptuxw"
_SMALL_CAPITALS = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnopqrstuvwyz"
_LISU = "ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑꓣꓢꓔꓴꓦꓪꓫꓬꓜ", "abcdefghijklmnoprstuvwxyz"
_LOOK_ALIKES = {
    k: v for alike in (_CYRILLIC_AND_GREEK, _SMALL_CAPITALS, _LISU) for k, v in str.maketrans(*alike).items()
}
_RESERVED = frozenset(
    {
        "admin",
        "administration",
        "administrator",
        "moderation",
        "moderator",
        "official",
        "staff",
        "support",
        "system",
        "webmaster",
        "postmaster",
        "town square",
        "townsquare",
        "name withheld",
        "former participant",
    }
)
#: nobody is called so, not even in part
_ROLES = frozenset({"admin", "admins", "administrator", "administrators", "mod", "moderator", "moderators", "official"})
_OFFICES = re.compile(r"(the )?(ministry|department|office|council|government|parliament|committee)( (of|for|on)\b|$)")
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)


def check_shown_name(name: str, taken: Iterable[str] = ()) -> str:
    """The name as it was read, or ``BadField``. ``taken``: names of departments and of the site."""
    if mixes_alphabets(name):
        raise BadField(_("Write your name in one alphabet: letters of another one look the same and mislead."))
    seen, others = _glance(name), [_glance(other) for other in taken]
    reserved = {*map(_glance, _RESERVED), *others}
    imitates = {_glance(role) for role in _ROLES} & {*seen.split(), _spelled_out(seen)}
    begins_like = any(seen.startswith(f"{other} ") for other in others if " " in other)
    if seen in reserved or imitates or begins_like or _OFFICES.match(skeleton(name)):
        raise BadField(_("This name is kept for those who hold an office here. Use your own."))
    return name


def skeleton(name: str) -> str:
    """What a reader sees at a glance: no accents, no capitals, no digits or signs, look-alikes as Latin letters."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(c for c in folded if not unicodedata.combining(c)).translate(_LOOK_ALIKES)
    leet = bare.translate(str.maketrans("013457@$|!ıɑ", "oleastasliia"))
    return " ".join(_WORD.findall(leet))


def _glance(name: str) -> str:
    """The skeleton with what looks like one stroke as one letter: "Adm1n", "AdmIn" and "admin" are the same."""
    return skeleton(name).replace("l", "i")


def _spelled_out(seen: str) -> str:
    """ "A d m i n" as one word; words of more than a letter are words."""
    words = seen.split()
    return "".join(words) if all(len(word) == 1 for word in words) else ""


def mixes_alphabets(name: str) -> bool:
    """Whether one word has letters of Latin and of Greek or Cyrillic."""
    return any(len(_alphabets(word)) > 1 for word in _WORD.findall(name))


def _alphabets(word: str) -> set[str]:
    found = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    return found & {"LATIN", "GREEK", "CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"}
