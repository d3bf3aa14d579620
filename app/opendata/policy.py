"""What a deployment may say about its open data (``TOWNSQUARE_OPENDATA_*``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from app.core.settings import PREFIX, Settings, civic_number

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?")
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
LICENCE_NAME = "Creative Commons Attribution 4.0 International (CC BY 4.0)"
ANYONE, NOBODY, NEVER = "*", "none", "never"


@dataclass(frozen=True)
class OpenDataPolicy:
    """Under which licence, by whom, when dumps are made and how long they stay, and who may embed."""

    folder: Path
    publisher: str
    licence: str = LICENCE
    licence_name: str = LICENCE_NAME
    #: local time; None: never by itself
    dump_at: time | None = time(2, 30)
    keep_days: int = 14
    #: ``*``, ``none``, or the addresses of sites, separated by spaces
    embed_by: str = ANYONE

    @classmethod
    def from_settings(cls, settings: Settings) -> OpenDataPolicy:
        """ValueError names the variable that is wrong."""
        section = settings.section("opendata")
        licence = section.get("licence", LICENCE)
        return cls(
            folder=Path(section.get("folder") or Path(settings.files_folder).parent / "dumps"),
            publisher=section.get("publisher", settings.site_name),
            licence=_address(licence),
            licence_name=section.get("licence_name", LICENCE_NAME if licence == LICENCE else licence),
            dump_at=_time(section),
            keep_days=civic_number("opendata", section, "keep_days", cls.keep_days),
            embed_by=_sites(section.get("embed_by", ANYONE)),
        )

    @property
    def keeps_for(self) -> timedelta:
        return timedelta(days=self.keep_days)

    @property
    def may_be_embedded(self) -> bool:
        return self.embed_by != NOBODY


def _time(section: Mapping[str, str]) -> time | None:
    text = section.get("dump_at", "02:30").strip()
    if text == NEVER:
        return None
    if not _TIME.fullmatch(text):
        raise ValueError(f"{PREFIX}OPENDATA_DUMP_AT: {text!r} is neither never nor a time such as 02:30")
    return time.fromisoformat(text)


def _address(text: str) -> str:
    if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).netloc:
        raise ValueError(f"{PREFIX}OPENDATA_LICENCE: {text!r} is not the address of a licence")
    return text


def _sites(text: str) -> str:
    """What stands behind ``frame-ancestors``: nothing that could end the directive and begin another."""
    sites = text.split()
    if sites in ([ANYONE], [NOBODY]):
        return sites[0]
    if not sites or not all(_ORIGIN.fullmatch(site) for site in sites):
        raise ValueError(
            f"{PREFIX}OPENDATA_EMBED_BY: {text!r} is neither *, none, nor addresses such as https://news.example"
        )
    return " ".join(sites)
