"""A source that somebody wants blocked, as typed: read, made exact, refused where it would reach too far."""

from __future__ import annotations

import ipaddress
import re

import idna

from app.core.errors import BadField
from app.core.i18n import _
from app.core.people.addresses import DOMAIN_RULES

#: the widest networks a block may have, by version: 65,536 IPv4 addresses, one provider's customer of IPv6
WIDEST = {4: 16, 6: 32}
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})")
_SHARED = frozenset(
    [
        "ac",
        "co",
        "com",
        "edu",
        "go",
        "gob",
        "gouv",
        "gov",
        "ltd",
        "me",
        "mil",
        "ne",
        "net",
        "nhs",
        "nom",
        "or",
        "org",
        "plc",
        "police",
        "sch",
    ]
)
_ALIASES = {rule.domain: rule.alias_of for rule in DOMAIN_RULES if rule.alias_of}


def read_network(text: str) -> str:
    """``203.0.113.0/24`` or one address, with nothing set beyond its prefix. Raises BadField."""
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise BadField(_("Enter a network such as 203.0.113.0/24, or one address such as 203.0.113.7")) from None
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        inner = network.network_address.ipv4_mapped
        network = ipaddress.ip_network((str(inner), network.prefixlen - _MAPPED.prefixlen))
    if network.prefixlen < WIDEST[network.version]:
        if network.version == 4:
            raise BadField(_("That network is too wide: it would hold back whole towns. Block /16 or narrower."))
        raise BadField(_("That network is too wide: it would hold back whole providers. Block /32 or narrower."))
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def read_domain(text: str) -> str:
    """``spam.example``, or ``*.spam.example`` for all below it, in its ASCII form. Raises BadField."""
    typed = text.strip().removeprefix("@").rstrip(".")
    if "@" in typed:
        raise BadField(_("Enter the part after the @ alone. To block one mailbox, choose “One email address”."))
    star, rest = ("*.", typed[2:]) if typed.startswith("*.") else ("", typed)
    domain = _ascii(rest)
    if domain is None or "." not in domain:
        raise BadField(_("Enter a domain with a dot in it, such as spam.example or *.spam.example"))
    if _is_shared(domain):
        raise BadField(_("Nearly everyone in a country has an address that ends like this. Block a narrower domain."))
    if not _DOMAIN.fullmatch(domain):
        raise BadField(_("Enter a domain with a dot in it, such as spam.example or *.spam.example"))
    if domain in _ALIASES:
        same = _("Its addresses reach the same mailboxes as those of {domain}. Block {domain} instead.")
        raise BadField(same.format(domain=_ALIASES[domain]))
    return star + domain


def ascii_domain(domain: str) -> str:
    """A domain as blocks name it; one that has no such form stays as it is."""
    return _ascii(domain) or domain


def masked(display: str) -> str:
    """An address that staff who know it will recognise: ``s…@example.org``."""
    local, _at, domain = display.rpartition("@")
    return f"{local[:1] if len(local) > 1 else ''}…@{domain}"


def _ascii(domain: str) -> str | None:
    try:
        return domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        return None


def _is_shared(domain: str) -> bool:
    """``co.uk`` and its like: an ending under which strangers have their names."""
    parts = domain.split(".")
    return len(parts) == 2 and len(parts[1]) == 2 and parts[0] in _SHARED
