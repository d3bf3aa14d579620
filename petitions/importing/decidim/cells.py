"""What stands in Decidim's cells: texts in several languages, instants as Ruby writes them, numbers, addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.core.text.figures import is_whole
from app.core.text.from_html import to_plain
from petitions.importing.decidim.files import Row
from petitions.importing.facts import BadRecord

MOST_TEXT = 20_000
#: texts that a program translated; taken only where nobody wrote any
MACHINE = "machine_translations"
_ZONE = re.compile(r" (UTC|[+-]\d{4})\Z")
_IN_ADDRESS = re.compile(r"/initiatives/i-(\d{1,15})(?:/|\?|#|\Z)", re.ASCII)
_IN_REFERENCE = re.compile(r"(?:\A|-)(\d{1,15})\Z", re.ASCII)


def plain(row: Row, name: str, languages: Sequence[str]) -> str:
    """A text as plain words, in the first of these languages that has any, else in whichever has."""
    text = to_plain(translated(row, name, languages))
    if len(text) > MOST_TEXT:
        raise BadRecord(f"{name} is longer than {MOST_TEXT:,} characters")
    return text


def translated(row: Row, name: str, languages: Sequence[str]) -> str:
    """From columns such as ``title/en``, or from one that holds text or ``{"en": "…"}``."""
    texts = {language: text for language, text in _texts(row, name) if text.strip()}
    for language in (*languages, *(one for one in texts if not one.startswith(MACHINE))):
        if language in texts:
            return texts[language]
    return next(iter(texts.values()), "")


def _texts(row: Row, name: str) -> Iterator[tuple[str, str]]:
    if name in row.cells:
        yield from _of_cell(row.cells[name])
    for column, text in row.cells.items():
        head, _slash, language = column.partition("/")
        if head == name.partition("/")[0] and column.startswith(f"{name}/"):
            yield column.removeprefix(f"{name}/") or language, text


def _of_cell(text: str) -> Iterator[tuple[str, str]]:
    """By language; under no language where it is plain."""
    if text.lstrip()[:1] == "{":
        try:
            given = json.loads(text)
        except (ValueError, RecursionError):
            given = None
        if isinstance(given, Mapping):
            yield from ((str(k), v) for k, v in given.items() if isinstance(v, str))
            return
    yield "", text


def instant(row: Row, name: str) -> datetime | None:
    """``2024-05-03 10:11:12 UTC``, ``… +0200`` or ISO 8601; without a zone it is UTC."""
    text = row.get(name).strip()
    if not text:
        return None
    spelled = _ZONE.sub(lambda zone: "+00:00" if zone[1] == "UTC" else f"{zone[1][:3]}:{zone[1][3:]}", text)
    try:
        moment = datetime.fromisoformat(spelled)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise BadRecord(f"{name} is not a date: {text!r:.40}") from wrong
    if not 1900 <= moment.year <= 2200:
        raise BadRecord(f"{name} is in no plausible year")
    return moment


def end_of_day(row: Row, name: str, zone: ZoneInfo) -> datetime | None:
    """The midnight after a day; of an instant its day there."""
    text = row.get(name).strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text[:10])
    except ValueError as wrong:
        raise BadRecord(f"{name} is not a day: {text!r:.40}") from wrong
    if not 1900 <= day.year <= 2200:
        raise BadRecord(f"{name} is in no plausible year")
    return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)


def whole(row: Row, name: str, most: int) -> int:
    text = row.get(name).strip()
    if not (is_whole(text, figures=11) and int(text) <= most):
        raise BadRecord(f"{name} is not a whole number of at least 0")
    return int(text)


def number_of_initiative(row: Row) -> str:
    """Its number at the source: of its own column, its address, or the end of its reference."""
    own = row.get("id").strip()
    if is_whole(own):
        return str(int(own))
    found = _IN_ADDRESS.search(row.get("url")) or _IN_REFERENCE.search(row.get("reference").strip())
    if found is None:
        raise BadRecord("it has no id, no address and no reference with a number")
    return str(int(found[1]))


def initiative_in(address: str) -> str | None:
    """The number of the initiative that an address leads to; None where it leads to something else."""
    found = _IN_ADDRESS.search(address)
    return str(int(found[1])) if found else None
