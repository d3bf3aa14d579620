"""Does a source match a block? Networks as CIDR, domains exactly or with all their subdomains."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from petitions.rules.sources import ascii_domain

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Blocks:
    """The standing blocks, by kind, each leading to its id."""

    networks: tuple[tuple[Network, int], ...] = ()
    domains: Mapping[str, int] = field(default_factory=dict)
    mailboxes: Mapping[bytes, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.networks or self.domains or self.mailboxes)

    def holding(self, client: str, address: str, mailbox: bytes) -> int | None:
        """The id of the block that holds this source back, or None.

        ``client``: a network address; ``address``: a canonical mail address; ``mailbox``: its keyed digest.
        """
        return self._by_network(client) or self._by_domain(address) or self.mailboxes.get(mailbox)

    def _by_network(self, client: str) -> int | None:
        if not self.networks:
            return None
        ip = read_ip(client)
        return next((i for network, i in self.networks if ip is not None and ip in network), None)

    def _by_domain(self, address: str) -> int | None:
        if not self.domains:
            return None
        domain = ascii_domain(address.rpartition("@")[2])
        if domain in self.domains:
            return self.domains[domain]
        return next((self.domains[parent] for parent in _parents(domain) if parent in self.domains), None)


def read_ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as it stands for its network: an IPv4 one written as IPv6 is IPv4."""
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if ip.version == 6 else ip


def read_blocks(rows: Iterable[tuple[int, str, str, bytes | None]]) -> Blocks:
    """From (id, kind, pattern, mailbox); patterns were checked when they were added."""
    networks: list[tuple[Network, int]] = []
    domains: dict[str, int] = {}
    mailboxes: dict[bytes, int] = {}
    for block_id, kind, pattern, mailbox in rows:
        match kind:
            case "network":
                networks.append((ipaddress.ip_network(pattern, strict=False), block_id))
            case "domain":
                domains.setdefault(pattern.lower(), block_id)
            case _address if mailbox is not None:
                mailboxes.setdefault(mailbox, block_id)
    return Blocks(tuple(networks), domains, mailboxes)


def _parents(domain: str) -> Iterable[str]:
    """``*.spam.example`` for ``a.b.spam.example``, nearest first; the domain itself has no star."""
    parts = domain.split(".")
    return (f"*.{'.'.join(parts[i:])}" for i in range(1, len(parts)))
