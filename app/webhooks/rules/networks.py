"""Which network addresses a webhook may be sent to."""

from __future__ import annotations

from enum import Enum, auto
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

IP = IPv4Address | IPv6Address


class Reach(Enum):
    """Who can be behind an address."""

    PUBLIC = auto()
    #: somebody of this machine or network; only for hosts that are allowed by name
    PRIVATE = auto()
    #: nobody who could be meant: no name allows it
    NEVER = auto()


_NEVER_4 = tuple(map(IPv4Network, ("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")))
_PRIVATE_4 = tuple(
    map(
        IPv4Network,
        (
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' own
            "127.0.0.0/8",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
        ),
    )
)
_NEVER_6 = tuple(map(IPv6Network, ("::/128", "fe80::/10", "ff00::/8")))
_UNICAST = IPv6Network("2000::/3")
#: of the addresses for everybody, those that are not, or that carry another address within
_PRIVATE_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_NAT64 = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/96")))
_COMPATIBLE = IPv6Network("::/96")


def reach(address: str) -> Reach:
    """Where an address as a resolver gives it leads; what cannot be read leads nowhere."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return Reach.NEVER
    return _reach_4(ip) if isinstance(ip, IPv4Address) else _reach_6(ip)


def _reach_4(ip: IPv4Address) -> Reach:
    if any(ip in network for network in _NEVER_4):
        return Reach.NEVER
    private = not ip.is_global or any(ip in network for network in _PRIVATE_4)
    return Reach.PRIVATE if private else Reach.PUBLIC


def _reach_6(ip: IPv6Address) -> Reach:
    """One that carries an older address within is private at best."""
    if any(ip in network for network in _NEVER_6):
        return Reach.NEVER
    within = _within(ip)
    if within is not None and ip != IPv6Address("::1"):
        return Reach.NEVER if _reach_4(within) is Reach.NEVER else Reach.PRIVATE
    private = ip not in _UNICAST or not ip.is_global or any(ip in network for network in _PRIVATE_6)
    return Reach.PRIVATE if private else Reach.PUBLIC


def _within(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _COMPATIBLE or any(ip in network for network in _NAT64):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
