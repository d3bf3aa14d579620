"""The only reader of the environment: every setting of the contract, checked once at start."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.people.places import CODES
from app.core.text.figures import is_whole

PREFIX = "TOWNSQUARE_"
MODES = ("demo", "development", "production")
#: signs and seals on a developer's machine only; production refuses it
DEVELOPMENT_SECRET = "for-development-only-change-me-before-anyone-signs"
SECRETS = ("secret", "key", "token", "password")
_PASSWORD = re.compile(r"(://[^:@/]*:).*(?=@)|(password=)[^&]*")
_SCANNER = re.compile(r"|/[^\0]+|[^/:\s]+:\d{1,5}|\[[0-9A-Fa-f:.]+\]:\d{1,5}")
_WINDOW = re.compile(r"always|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


class BadSettings(ValueError):
    """What is wrong with the environment, one sentence a fault, each naming its variable."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


@dataclass(frozen=True)
class Settings:
    """Effective settings. Times are in the units their names say."""

    mode: str = "development"
    database_url: str = "sqlite:///var/townsquare.db"
    secret_key: str = DEVELOPMENT_SECRET
    base_url: str = "http://127.0.0.1:8000"
    site_name: str = "Town Square"
    mail_url: str = "file:var/mail"
    mail_from: str = "Town Square <no-reply@localhost>"
    contact_email: str = "contact@localhost"
    redis_url: str = ""
    time_zone: str = "Europe/London"
    home_country: str = "GB"
    rate_limits: str = ""
    staff_second_factor: str = ""
    rooms: tuple[str, ...] = ("petitions", "consultations", "townhall")
    threads: int = 16
    password_threads: int = 2
    intake_batch: int = 256
    #: milliseconds that a batch waits for company; longer batches leave everyone idle while they commit
    intake_wait_ms: float = 1.0
    intake_backlog_seconds: float = 2.0
    form_max_bytes: int = 65_536
    #: where uploaded files are kept, relative to where the command runs
    files_folder: str = "var/files"
    files_most_mb: int = 10
    #: a virus scanner, ``host:port`` or the path of its socket; empty for none
    files_clamd: str = ""
    page_cache: str = "on"
    metrics_token: str = ""
    news_window: str = "always"
    environment: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
        """Read ``TOWNSQUARE_*``; raises :class:`BadSettings` naming every faulty variable."""
        given = {k: v for k, v in (os.environ if environment is None else environment).items() if k.startswith(PREFIX)}
        values: dict[str, object] = {"environment": given}
        faults: list[str] = []
        for spec in fields(cls):
            text = given.get(PREFIX + spec.name.upper())
            if spec.name == "environment" or text is None or text == "":
                continue
            try:
                values[spec.name] = _read(spec.name, text)
            except ValueError as wrong:
                faults.append(f"{PREFIX}{spec.name.upper()}: {wrong}")
        if faults:
            raise BadSettings(faults)
        settings = cls(**{**values, **overrides})  # type: ignore[arg-type]
        settings = settings._with_mode_defaults()
        faults = settings.faults()
        if faults:
            raise BadSettings(faults)
        return settings

    def _with_mode_defaults(self) -> Settings:
        strict = self.mode == "production"
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values["rate_limits"] = self.rate_limits or ("on" if strict else "off")
        values["staff_second_factor"] = self.staff_second_factor or ("required" if strict else "off")
        values["base_url"] = self.base_url.rstrip("/")
        return Settings(**values)

    def faults(self) -> list[str]:
        """Everything that must not be as it is, each in one sentence; empty when all is well."""
        found = []
        if self.mode not in MODES:
            found.append(f"{PREFIX}MODE: {self.mode!r} is none of {', '.join(MODES)}")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            found.append(f"{PREFIX}TIME_ZONE: {self.time_zone!r} is not a known time zone such as Europe/London")
        if self.home_country not in CODES:
            found.append(f"{PREFIX}HOME_COUNTRY: {self.home_country!r} is no code of a country such as GB")
        if urlsplit(self.base_url).scheme not in ("http", "https") or not urlsplit(self.base_url).netloc:
            found.append(f"{PREFIX}BASE_URL: {self.base_url!r} is not an address such as https://example.org")
        if urlsplit(self.database_url).scheme.split("+")[0] not in ("sqlite", "postgresql", "postgres"):
            found.append(f"{PREFIX}DATABASE_URL: must begin with sqlite:/// or postgresql://")
        if urlsplit(self.mail_url).scheme not in ("file", "smtp", "smtps"):
            found.append(f"{PREFIX}MAIL_URL: must begin with file:///, smtp:// or smtps://")
        if not _WINDOW.fullmatch(self.news_window):
            found.append(
                f"{PREFIX}NEWS_WINDOW: {self.news_window!r} is neither always nor a window such as 00:00-06:00"
            )
        if not _SCANNER.fullmatch(self.files_clamd):
            found.append(f"{PREFIX}FILES_CLAMD: {self.files_clamd!r} is neither host:port nor the path of a socket")
        found += _choice("RATE_LIMITS", self.rate_limits, ("on", "off"))
        found += _choice("PAGE_CACHE", self.page_cache, ("on", "off"))
        found += _choice("STAFF_SECOND_FACTOR", self.staff_second_factor, ("required", "off"))
        if self.mode == "production":
            found += self._weaknesses()
        return found

    def _weaknesses(self) -> list[str]:
        """Controls that production refuses to start without."""
        found = []
        if self.secret_key == DEVELOPMENT_SECRET or len(self.secret_key) < 32:
            found.append(f"{PREFIX}SECRET_KEY: production needs a secret of its own, at least 32 characters")
        if not self.base_url.startswith("https://"):
            found.append(f"{PREFIX}BASE_URL: production needs an https address")
        if self.rate_limits != "on":
            found.append(f"{PREFIX}RATE_LIMITS: cannot be off in production")
        if self.staff_second_factor != "required":
            found.append(f"{PREFIX}STAFF_SECOND_FACTOR: cannot be off in production")
        if self.environment.get(PREFIX + "DEBUG", "").lower() not in ("", "0", "off", "false"):
            found.append(f"{PREFIX}DEBUG: cannot be on in production")
        return found

    def section(self, room: str) -> dict[str, str]:
        """The ``TOWNSQUARE_<ROOM>_*`` variables of one room, names in lower case without the prefix."""
        start = f"{PREFIX}{room.upper()}_"
        return {k.removeprefix(start).lower(): v for k, v in self.environment.items() if k.startswith(start) and v}

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def origin(self) -> str:
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secure(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def shows_letters(self) -> bool:
        """``/dev/mail`` exists only where letters are files and nobody real gets them."""
        return self.mode in ("demo", "development") and self.mail_url.startswith("file:")

    @property
    def mail_folder(self) -> Path:
        """Where ``file:`` letters go; ``file:var/mail`` is relative to where the command runs."""
        return Path(urlsplit(self.mail_url).path)

    @property
    def files_most_bytes(self) -> int:
        return self.files_most_mb * 1_000_000

    def shown(self) -> dict[str, str]:
        """Name of variable to value as text, secrets masked."""
        rows = {}
        for spec in fields(self):
            if spec.name == "environment":
                continue
            value = getattr(self, spec.name)
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            rows[PREFIX + spec.name.upper()] = _masked(spec.name, text)
        extra = {k: _masked(k, v) for k, v in self.environment.items() if k not in rows}
        return rows | extra


def _read(name: str, text: str) -> object:
    if name == "rooms":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if name in ("threads", "password_threads", "intake_batch", "form_max_bytes", "files_most_mb"):
        return whole_number(text)
    if name in ("intake_wait_ms", "intake_backlog_seconds"):
        return _at_least_nothing(text)
    return text


def _at_least_nothing(text: str) -> float:
    if not 0 <= float(text) < math.inf:
        raise ValueError(f"{text!r} is not a number of at least 0")
    return float(text)


def whole_number(text: str, *, least: int = 1) -> int:
    """A whole number of at least ``least``; ValueError says so in words."""
    if not is_whole(text.strip()) or int(text) < least:
        raise ValueError(f"{text!r} is not a whole number of at least {least}")
    return int(text)


def civic_number(room: str, section: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of a room's section; ValueError names the variable."""
    try:
        return whole_number(section.get(name, str(default)))
    except ValueError as wrong:
        raise ValueError(f"{PREFIX}{room.upper()}_{name.upper()}: {wrong}") from wrong


def civic_values(room: str, section: Mapping[str, str], defaults: Any) -> dict[str, Any]:
    """What a room's section says of its policy, a dataclass with a default for each field: numbers where the default is
    one, else the text; ValueError names the variable."""
    said = {spec.name: (spec.default, section[spec.name]) for spec in fields(defaults) if spec.name in section}
    return {
        name: civic_number(room, section, name, default) if isinstance(default, int) else text.strip()
        for name, (default, text) in said.items()
    }


def _choice(name: str, value: str, allowed: tuple[str, ...]) -> list[str]:
    return [] if value in allowed else [f"{PREFIX}{name}: {value!r} is none of {', '.join(allowed)}"]


def _masked(name: str, text: str) -> str:
    """A secret is known by the end of its name, a password by its place in an address."""
    if text and name.lower().endswith(SECRETS):
        return "…"
    return _PASSWORD.sub(r"\1\2…", text)
