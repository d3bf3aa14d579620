"""The address of a receiver, as an administrator types it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import quote, urlsplit

import idna

from app.core.errors import BadField
from app.core.i18n import _
from app.webhooks.rules.networks import Reach, reach

MOST_ADDRESS = 500
#: once what is not ASCII is spelled in it
MOST_URL = 1_000
_NETLOC = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:@\[\]\\/?#%]+)(?::(?P<port>\d{1,5}))?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_PORTS = {"https": 443, "http": 80}
_IN_PATH = "/%:@!$&'()*+,;=~-._"


@dataclass(frozen=True)
class Target:
    """``host`` in ASCII, lower case, without a dot or brackets around it; ``resource``: path and query."""

    scheme: str
    host: str
    port: int
    resource: str

    @property
    def authority(self) -> str:
        """As the ``Host`` header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.resource}"

    @property
    def is_encrypted(self) -> bool:
        return self.scheme == "https"


@dataclass(frozen=True)
class Ways:
    """Where this deployment sends to. ``allowed``: hosts, or ``host:port``, that may be of this network."""

    ports: Collection[int]
    allowed: Collection[str] = ()
    needs_encryption: bool = True

    def allows(self, target: Target) -> bool:
        """Whether this host is allowed by name, whatever its address."""
        host = f"[{target.host}]" if ":" in target.host else target.host
        return host in self.allowed or f"{host}:{target.port}" in self.allowed


def read_target(text: str, ways: Ways) -> Target:
    """Raises :class:`BadField`. What its name resolves to is looked at each time something is sent."""
    target = _parsed(text.strip())
    if ways.needs_encryption and not target.is_encrypted:
        raise BadField(str(_("The address must begin with https://")))
    if ways.allows(target):
        return target
    if target.port not in ways.ports:
        ports = ", ".join(map(str, sorted(ways.ports)))
        raise BadField(_("This site sends to these ports alone: {ports}").format(ports=ports))
    if target.host == "localhost" or target.host.endswith(".localhost") or _is_inner_number(target.host):
        raise BadField(str(_("This address is inside a private network. Whoever runs this site can allow it by name.")))
    return target


def split(url: str) -> Target:
    """A stored address; :class:`BadField` where it is none."""
    return _parsed(url)


def _parsed(text: str) -> Target:
    if not text:
        raise BadField(str(_("Enter the receiver's address, such as https://example.org/hooks")))
    if len(text) > MOST_ADDRESS:
        raise BadField(str(_("The address must be 500 characters or fewer")))
    if any(letter.isspace() or not letter.isprintable() for letter in text) or "\\" in text:
        raise BadField(str(_("The address cannot have spaces or backslashes in it")))
    try:
        parts = urlsplit(text)
    except ValueError as wrong:
        raise BadField(str(_("This is not an address, such as https://example.org/hooks"))) from wrong
    if parts.scheme not in _PORTS:
        raise BadField(str(_("The address must begin with https:// or http://")))
    if "@" in parts.netloc:
        raise BadField(str(_("Leave user name and password out: the signature shows who sends")))
    if "#" in text:
        raise BadField(str(_("Leave out what comes after #: it is never sent")))
    found = _NETLOC.fullmatch(parts.netloc)
    if found is None:
        raise BadField(str(_("This is not an address, such as https://example.org/hooks")))
    port = int(found["port"]) if found["port"] else _PORTS[parts.scheme]
    if not 0 < port < 65_536:
        raise BadField(str(_("The port must be a number from 1 to 65535")))
    resource = quote(parts.path or "/", safe=_IN_PATH) + (
        f"?{quote(parts.query, safe=_IN_PATH + '?')}" if parts.query else ""
    )
    target = Target(parts.scheme, _host(found["host"]), port, resource)
    if len(target.url) > MOST_URL:
        raise BadField(str(_("The address must be 500 characters or fewer")))
    return target


def _host(text: str) -> str:
    """In ASCII. A number is an address in its usual spelling or nothing: resolvers read many others as one."""
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1]))
        except ValueError as wrong:
            raise BadField(str(_("Write the IP address in its usual way, such as [2001:db8::1]"))) from wrong
    try:
        host = idna.encode(text.rstrip("."), uts46=True, std3_rules=True).decode().lower()
    except (idna.IDNAError, UnicodeError) as wrong:
        raise BadField(str(_("This is not the name of a server"))) from wrong
    if not _NUMBER.fullmatch(host.rpartition(".")[2]):
        return host
    try:
        return str(ip_address(host))
    except ValueError as wrong:
        raise BadField(str(_("Write the IP address in its usual way, such as 192.0.2.1"))) from wrong


def _is_inner_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return reach(host) is not Reach.PUBLIC
