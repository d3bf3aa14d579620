"""Names that would be taken for somebody else's office: refused in whichever alphabet they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from app.core.errors import BadField
from app.core.i18n import _
from app.core.people.names import BadName, read_name

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
_KEPT = _("“{words}” is kept for those who hold an office here, and readers would take you for one. Use your own name.")
_KEPT_FROM_ALL = _("“{words}” is kept for those who hold an office here. Use the organisation's own name.")


def read_shown_name(text: str, taken: Iterable[str] = ()) -> str:
    """A name that somebody may be shown under; ``BadField`` says what is wrong with it."""
    try:
        return check_shown_name(read_name(text), taken)
    except BadName as wrong:
        raise BadField(str(wrong.message)) from wrong


def check_shown_name(name: str, taken: Iterable[str] = ()) -> str:
    """The name as it was read, or ``BadField``. ``taken``: names of departments and of the site."""
    if mixes_alphabets(name):
        raise BadField(_("Write your name in one alphabet: letters of another one look the same and mislead."))
    if kept := _office_in(name, taken):
        raise BadField(_KEPT.format(words=kept))
    return name


def check_organisation(name: str) -> str:
    """The same of an organisation's name, which may well begin like an office or have a role's word among others."""
    seen = _glance(name).removeprefix("the ")
    if {seen, _spelled_out(seen)} & (_ROLES_AT_A_GLANCE | _RESERVED_AT_A_GLANCE):
        raise BadField(_KEPT_FROM_ALL.format(words=name))
    return name


def _office_in(name: str, taken: Iterable[str]) -> str:
    """The words of the name that somebody would be taken for an office by, as they were typed; empty where none."""
    seen, others = _glance(name), {_glance(other): other for other in taken}
    if _spelled_out(seen) in _ROLES_AT_A_GLANCE or seen in _RESERVED_AT_A_GLANCE or seen in others:
        return name
    if found := next((word for word in name.split() if _ROLES_AT_A_GLANCE & set(_glance(word).split())), ""):
        return found
    if found := next((typed for other, typed in others.items() if " " in other and seen.startswith(f"{other} ")), ""):
        return found
    office = _OFFICES.match(skeleton(name))
    return " ".join(name.split()[: len(office[0].split())]) if office else ""


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


_RESERVED_AT_A_GLANCE = frozenset(map(_glance, _RESERVED))
_ROLES_AT_A_GLANCE = frozenset(map(_glance, _ROLES))
