"""Countries and postcodes, as far as a form needs to know them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from babel import Locale, UnknownLocaleError

from app.core.i18n import _
from app.core.people.detail import BadDetail
from app.core.text.plain import fold, tidy_line

#: The officially assigned codes of ISO 3166-1 alpha-2; the names below come from CLDR, which knows more.
CODES = tuple(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905  a table to compare with the standard
)
_CODES = frozenset(CODES)

# The shape of a British postcode without its space. The area is one or two letters, the district
# one or two digits or a digit and a letter; the last two letters never use C, I, K, M, O or V.
_BRITISH = re.compile(
    r"(GIR(?=0AA)|[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9]{1,2}|[0-9][A-Z]|[A-HK-Y][0-9][A-Z]))"
    r"([0-9][ABD-HJLNP-UW-Z]{2})"
)
_ELSEWHERE = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{0,8}[A-Z0-9])")
_BETWEEN = str.maketrans("", "", " -.\t")


class BadCountry(BadDetail):
    """Not one of the codes."""


class BadPostcode(BadDetail):
    """Not a postcode of the home country."""


def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=64)
def country_names(locale: str = "en") -> Mapping[str, str]:
    """Code to name in a language, in the order of a list to choose from.

    ``locale`` as in ``cy`` or ``en-GB``; English for what CLDR does not name in it.
    """
    known, english = _locale(locale).territories, Locale("en").territories
    names = {code: str(known.get(code) or english[code]) for code in CODES}
    return MappingProxyType(dict(sorted(names.items(), key=lambda row: fold(row[1]))))


#: Code to English name, all 249, in the order of the names.
COUNTRIES = country_names("en")


def country_name(code: str, locale: str = "en") -> str:
    """A country's name in a language. Raises KeyError for what is not one of :data:`CODES`."""
    return country_names(locale)[code]


def read_country(text: str) -> str:
    """The code chosen on a form, capital or small. Raises :class:`BadCountry`."""
    if text in _CODES:
        return text
    code = text.strip().upper() if text.isascii() else ""
    if code not in _CODES:
        raise BadCountry(_("Select your country"))
    return code


def read_postcode(text: str, country: str, home_country: str) -> str:
    """The postcode of somebody at home, in its usual form; "" for everybody else.

    British ones are checked for shape and written like "N1 1TY"; those of other home countries
    are 2 to 10 letters, digits, spaces and hyphens. Raises :class:`BadPostcode`.
    """
    if country != home_country:
        return ""
    typed = _capitals(text)
    code = _british(typed) if country == "GB" else _elsewhere(typed)
    if code is None:
        if not text.strip():
            raise BadPostcode(_("Enter your postcode"))
        raise BadPostcode(_("Enter a full postcode in the correct format"))
    return code


def _capitals(text: str) -> str:
    line = text if text.isascii() else tidy_line(text)
    # Only of ASCII: elsewhere a capital can be a letter that was not typed (a dotless i makes an I).
    return line.upper() if line.isascii() else line


def _british(typed: str) -> str | None:
    shape = _BRITISH.fullmatch(typed.translate(_BETWEEN)) if len(typed) < 20 else None
    return f"{shape[1]} {shape[2]}" if shape else None


def _elsewhere(typed: str) -> str | None:
    code = " ".join(typed.split())
    return code if _ELSEWHERE.fullmatch(code) else None
