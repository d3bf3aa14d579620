"""Email addresses: read from a form, kept as typed to write to, and made canonical to compare.

Two addresses with one canonical form reach one mailbox. A wrong merge silences somebody and a
missed one lets somebody in twice, so :data:`DOMAIN_RULES` holds only what providers state about
themselves; a deployment passes its own table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import email_validator

from app.core.i18n import _
from app.core.people.detail import BadDetail
from app.core.text.plain import tidy_line

MOST_CHARACTERS = 254
#: The row of a table that holds for every domain without one of its own.
ANY_DOMAIN = "*"

# Names that can never reach a stranger are still addresses: rehearsals and tests use them.
_REHEARSAL = frozenset({"test", "invalid"})
email_validator.SPECIAL_USE_DOMAIN_NAMES[:] = [
    name for name in email_validator.SPECIAL_USE_DOMAIN_NAMES if name not in _REHEARSAL
]

# Addresses that the library accepts and leaves as they are, but for the case of the domain. Names
# of functions ("info@") and reserved domains, of which the library has its own idea, go to it.
_ORDINARY = re.compile(
    r"(?!(?:info|marketing|sales|support|abuse|noc|security|postmaster|hostmaster|usenet|news|webmaster|www|uucp|ftp)@)"
    r"([a-z0-9_+'-]{1,64}(?:\.[a-z0-9_+'-]{1,64}){0,9})"
    r"@((?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,9}[a-z]{2,63})",
    re.ASCII | re.IGNORECASE,
)
_RESERVED_ENDS = ("arpa", "local", "localhost", "onion")


class BadAddress(BadDetail):
    """Not an email address we could write to."""


class Address(NamedTuple):
    """``display`` is what to show and write to; ``canonical`` is for comparing and never shown."""

    display: str
    canonical: str


class DomainRule(NamedTuple):
    """How a provider reads the part before the @ of its addresses.

    ``strip_dots``: dots in it mean nothing. ``extension``: the sign that begins a part of the
    owner's own choosing, or "". ``alias_of``: the domain that reaches the same mailboxes, or "".
    """

    domain: str
    strip_dots: bool = False
    extension: str = "+"
    alias_of: str = ""


DOMAIN_RULES = (
    DomainRule(ANY_DOMAIN),
    DomainRule("gmail.com", strip_dots=True),
    DomainRule("googlemail.com", alias_of="gmail.com"),
    DomainRule("outlook.com"),
    DomainRule("hotmail.com"),
    DomainRule("live.com"),
    DomainRule("icloud.com"),
    DomainRule("fastmail.com"),
    DomainRule("proton.me"),
    DomainRule("protonmail.com", alias_of="proton.me"),
    DomainRule("pm.me", alias_of="proton.me"),
)


def rule_table(rules: Iterable[DomainRule]) -> Mapping[str, DomainRule]:
    """Rules by domain, as :func:`read_address` takes them; an alias stands for what it points to.

    Raises ValueError where an alias points to a domain that has no rule or is an alias itself.
    """
    rows = {rule.domain.lower(): rule._replace(domain=rule.domain.lower()) for rule in rules}
    table = {ANY_DOMAIN: DomainRule(ANY_DOMAIN)}
    for domain, rule in rows.items():
        target = rows.get(rule.alias_of.lower()) if rule.alias_of else rule
        if target is None or (rule.alias_of and target.alias_of):
            raise ValueError(f"{domain} is an alias of a domain without a rule of its own")
        table[domain] = target
    return MappingProxyType(table)


RULES = rule_table(DOMAIN_RULES)


def read_address(text: str, rules: Mapping[str, DomainRule] = RULES) -> Address:
    """The address a person typed. Raises :class:`BadAddress`; asks no name server."""
    typed = text.strip()
    ordinary = _ORDINARY.fullmatch(typed)
    if ordinary is None or len(typed) > MOST_CHARACTERS:
        local, domain = _read_carefully(typed)
    else:
        local, domain = ordinary[1], ordinary[2].lower()
        if domain.endswith(_RESERVED_ENDS):
            local, domain = _read_carefully(typed)
    return Address(f"{local}@{domain}", _canonical(local, domain, rules))


def smtp_form(display: str) -> str:
    """An address for a mail server: the domain in its ASCII form, the part before it as it is."""
    if display.isascii():
        return display
    checked = email_validator.validate_email(display, check_deliverability=False)
    return f"{checked.local_part}@{checked.ascii_domain}"


def _canonical(local: str, domain: str, rules: Mapping[str, DomainRule]) -> str:
    rule = rules.get(domain)
    if rule is None:
        rule = rules[ANY_DOMAIN]
    else:
        domain = rule.domain
    if rule.extension:
        # An extension of nothing ("+news@…") is the whole name.
        local = local.partition(rule.extension)[0] or local
    if rule.strip_dots:
        local = local.replace(".", "")
    if local.isascii():
        return f"{local.lower()}@{domain}"
    return f"{unicodedata.normalize('NFC', local.casefold())}@{domain}"


def _read_carefully(typed: str) -> tuple[str, str]:
    """Both parts by the library, which knows every standard, and takes fifty times as long.

    Signs that nobody sees come along when an address is copied from a page: they are no part of it.
    """
    typed = tidy_line(typed)
    if not typed:
        raise BadAddress(_("Enter your email address"))
    if len(typed) > MOST_CHARACTERS:
        raise BadAddress(_("Your email address must be 254 characters or fewer"))
    try:
        checked = email_validator.validate_email(typed, check_deliverability=False)
    except email_validator.EmailNotValidError:
        raise BadAddress(_("Enter an email address in the correct format, like name@example.com")) from None
    return checked.local_part or "", checked.domain
