"""The numbers of webhooks that a deployment may change (``TOWNSQUARE_WEBHOOKS_*``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.core.settings import PREFIX, civic_number
from app.webhooks.rules.targets import Ways

PORTS = "80,443,8080,8443"
_ALLOWED = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?")


@dataclass(frozen=True)
class WebhooksPolicy:
    """Where webhooks go, and for how long one keeps trying."""

    ways: Ways
    #: a receiver that did nothing but fail for so long is switched off
    off_after: timedelta = timedelta(days=5)
    #: the log goes after it
    keep: timedelta = timedelta(days=30)
    #: how long the secret of before signs beside a new one
    overlap: timedelta = timedelta(hours=24)
    most: int = 50

    @classmethod
    def from_settings(cls, section: Mapping[str, str], *, is_production: bool) -> WebhooksPolicy:
        """ValueError names the variable that is wrong."""
        ways = Ways(
            ports=_ports(section.get("ports", PORTS)),
            allowed=_allowed(section.get("allow_private", "")),
            needs_encryption=is_production,
        )
        return cls(
            ways=ways,
            off_after=timedelta(days=civic_number("webhooks", section, "off_after_days", 5)),
            overlap=timedelta(hours=civic_number("webhooks", section, "overlap_hours", 24)),
            most=civic_number("webhooks", section, "most", 50),
        )


def _ports(text: str) -> frozenset[int]:
    ports = [part.strip() for part in text.split(",")]
    if not all(port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536 for port in ports):
        raise ValueError(f"{PREFIX}WEBHOOKS_PORTS: {text!r} is not a list of ports such as {PORTS}")
    return frozenset(map(int, ports))


def _allowed(text: str) -> frozenset[str]:
    hosts = [part.strip().lower() for part in text.split(",") if part.strip()]
    for host in hosts:
        if not _ALLOWED.fullmatch(host):
            raise ValueError(
                f"{PREFIX}WEBHOOKS_ALLOW_PRIVATE: {host!r} is neither a host nor host:port, such as cases.internal:8080"
            )
    return frozenset(hosts)
