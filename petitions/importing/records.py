"""One record of the UK's public JSON, read and checked; a broken one says why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import click

from app.core.errors import BadField
from app.core.people.places import country_names
from app.core.text.plain import is_blank, tidy, tidy_line
from petitions.importing.facts import MOST_COUNT, BadRecord, RecordFacts
from petitions.rules.lifecycle import PetitionState
from petitions.rules.sorting import read_topic

SOURCE = "uk-petitions"
STATES = frozenset({PetitionState.OPEN, PetitionState.CLOSED, PetitionState.REJECTED})
_KEPT = {
    "debate": dict,
    "debate_outcome_at": str,
    "debate_scheduled_on": str,
    "scheduled_debate_date": str,
    "committee_note": str,
    "topics": list,
}


def read_record(record: Any) -> RecordFacts:
    """Check one record; raises :class:`BadRecord` with the reason."""
    if not isinstance(record, dict):
        raise BadRecord("it is not an object")
    attributes = record.get("attributes")
    if not isinstance(attributes, dict):
        raise BadRecord("it has no attributes")
    source_id = _source_id(record.get("id"))
    state = attributes.get("state")
    if state not in STATES:
        raise BadRecord(f"state {state!r} is none of open, closed, rejected")
    count = attributes.get("signature_count")
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST_COUNT:
        raise BadRecord("signature_count is not a whole number of at least 0")
    columns = _texts(attributes) | _dates(attributes, state) | _debate(attributes) | _rejection(attributes, state)
    columns |= {"state": state, "imported_count": count, "creator_name": _words(attributes.get("creator_name"), 80)}
    columns["source_facts"] = _kept(record, attributes)
    return RecordFacts(
        SOURCE,
        source_id,
        columns,
        _countries(attributes.get("signatures_by_country"), count),
        list(_areas(attributes.get("signatures_by_constituency"))),
        _response(attributes),
        _department(attributes.get("departments")),
        *_topics(attributes.get("topics")),
    )


def read_records(file: Path) -> list[Any]:
    """The records of a file: one object, a list, or an object with ``petitions`` or ``data``."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as wrong:
        raise click.ClickException(f"{file.name} is not UTF-8 text (byte {wrong.start})") from wrong
    except (json.JSONDecodeError, RecursionError) as wrong:
        where = f" (line {wrong.lineno}, column {wrong.colno})" if isinstance(wrong, json.JSONDecodeError) else ""
        raise click.ClickException(f"{file.name} is not valid JSON{where}; nothing was imported") from wrong
    if isinstance(content, dict):
        for name in ("petitions", "data"):
            inner = content.get(name)
            if isinstance(inner, list):
                return inner
            if isinstance(inner, dict):
                return [inner]
        return [content]
    if isinstance(content, list):
        return content
    raise click.ClickException(f"{file.name} holds no petitions; nothing was imported")


def _source_id(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, str)) or not str(value).strip():
        raise BadRecord("it has no id")
    text = str(value).strip()
    if len(text) > 40 or not text.isprintable():
        raise BadRecord("its id is too long")
    return text


def _texts(attributes: Mapping[str, Any]) -> dict[str, Any]:
    action = _words(attributes.get("action"), 200)
    if action is None or is_blank(action):
        raise BadRecord("action is missing")
    background = tidy(_text(attributes.get("background"), "background"))
    details = tidy(_text(attributes.get("additional_details"), "additional_details"))
    return {"action": action, "background": background, "additional_details": details}


def _text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 20_000:
        raise BadRecord(f"{name} is not a text of at most 20,000 characters")
    return value


def _words(value: Any, most: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadRecord("a text is not a text")
    line = tidy_line(value)
    if len(line) > most:
        raise BadRecord(f"a line is longer than {most} characters")
    return line or None


def _dates(attributes: Mapping[str, Any], state: str) -> dict[str, Any]:
    opened = _instant(attributes, "opened_at") or _instant(attributes, "open_at")
    created = _instant(attributes, "created_at") or opened
    if created is None:
        raise BadRecord("created_at is missing")
    closed = _instant(attributes, "closed_at")
    rejected = _instant(attributes, "rejected_at")
    if state == PetitionState.REJECTED and rejected is None:
        rejected = _instant(attributes, "updated_at") or created
    return {
        "created_at": created,
        "opened_at": opened,
        "closed_at": closed,
        "closes_at": _closing(attributes) or closed,
        "rejected_at": rejected,
        "submitted_at": _instant(attributes, "moderation_threshold_reached_at"),
        "response_reached_at": _instant(attributes, "response_threshold_reached_at"),
        "debate_reached_at": _instant(attributes, "debate_threshold_reached_at"),
    }


def _closing(attributes: Mapping[str, Any]) -> datetime | None:
    """An instant, or the last day on which it can be signed: then it closes as that day ends."""
    moment, given = _instant(attributes, "closing_date"), attributes.get("closing_date")
    is_day = isinstance(given, str) and len(given) == len("2017-01-01")
    return moment + timedelta(days=1) if moment is not None and is_day else moment


def _instant(attributes: Mapping[str, Any], name: str) -> datetime | None:
    value = attributes.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        if len(value) == len("2017-01-01"):
            moment = datetime.combine(moment.date(), time(0))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as wrong:
        raise BadRecord(f"{name} is not a date: {value!r:.40}") from wrong
    if not 1900 <= moment.year <= 2200:
        raise BadRecord(f"{name} is in no plausible year")
    return moment


def _debate(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Scheduled for a day, told of, or neither; a day that is no day is as good as none."""
    given = attributes.get("debate")
    given = given if isinstance(given, dict) else {}
    told_at = _instant(attributes, "debate_outcome_at")
    held_on, planned = _day(given.get("debated_on")), _day(attributes.get("scheduled_debate_date"))
    if told_at is None and held_on is None:
        return {"debate_state": "scheduled" if planned else None, "debate_on": planned, "debate_outcome_at": None}
    told_at = told_at or _instant(given, "debated_on")
    state = "outcome" if held_on else "not_held"
    return {"debate_state": state, "debate_on": held_on, "debate_outcome_at": told_at}


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None


def _rejection(attributes: Mapping[str, Any], state: str) -> dict[str, Any]:
    if state != PetitionState.REJECTED:
        return {"rejection_code": None, "rejection_details": None}
    given = attributes.get("rejection")
    given = given if isinstance(given, dict) else {}
    code = given.get("code")
    details = tidy(_text(given.get("details"), "rejection details"))
    return {"rejection_code": _words(code, 40) or "unknown", "rejection_details": details}


def _kept(record: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    links = record.get("links")
    facts = {name: attributes[name] for name, kind in _KEPT.items() if isinstance(attributes.get(name), kind)}
    try:
        json.dumps(facts, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as wrong:
        raise BadRecord("its debate or topics hold what is no text") from wrong
    address = links.get("self") if isinstance(links, dict) else None
    if isinstance(address, str) and address.startswith("https://") and len(address) < 300 and address.isprintable():
        facts["source_url"] = address.removesuffix(".json")
    return facts


def _topics(rows: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of topics, given as words or as objects with a name; and what among them is no topic."""
    if rows is not None and not isinstance(rows, list):
        return (), ("its topics are no list",)
    names, left_out = [], []
    for row in rows or ():
        given = (row.get("name") or row.get("code")) if isinstance(row, dict) else row
        try:
            names.append(_topic_name(given))
        except BadField:
            left_out.append(f"topic {row!r:.60}")
    return tuple(dict.fromkeys(names)), tuple(left_out)


def _topic_name(given: Any) -> str:
    """``business-and-industry`` is a code: people read "Business and industry"."""
    name = read_topic(given if isinstance(given, str) else "")
    return name.replace("-", " ").capitalize() if name.islower() and "-" in name and " " not in name else name


def _countries(rows: Any, total: int) -> dict[str, int]:
    """By known country code; figures that name no country we know are only part of the total."""
    known = country_names()
    counts: dict[str, int] = {}
    for row in rows if isinstance(rows, list) else ():
        code, count = (row.get("code"), row.get("signature_count")) if isinstance(row, dict) else (None, None)
        if isinstance(code, str) and code in known and isinstance(count, int) and 0 < count <= MOST_COUNT:
            counts[code] = counts.get(code, 0) + count
    if sum(counts.values()) > total:
        raise BadRecord("its countries have more signatures than it has in all")
    return counts


def _areas(rows: Any) -> Iterator[dict[str, Any]]:
    seen = set()
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict):
            continue
        code, name, count = row.get("ons_code"), row.get("name"), row.get("signature_count")
        if not (isinstance(code, str) and isinstance(name, str) and isinstance(count, int)):
            continue
        code, name = tidy_line(code)[:20], tidy_line(name)[:120]
        if not code or code in seen:
            continue
        if not 0 <= count <= MOST_COUNT:
            raise BadRecord(f"its count in {name!r:.60} is not a plausible number")
        seen.add(code)
        mp = row.get("mp")
        representative = tidy_line(mp)[:120] if isinstance(mp, str) else None
        yield {"code": code, "name": name, "imported": count, "representative": representative}


def _response(attributes: Mapping[str, Any]) -> tuple[datetime, str, str] | None:
    given = attributes.get("government_response")
    if not isinstance(given, dict):
        return None
    at = (
        _instant(attributes, "government_response_at")
        or _instant(given, "responded_on")
        or _instant(given, "created_at")
    )
    summary = tidy_line(_text(given.get("summary"), "response summary"))
    if at is None or not summary:
        return None
    return at, summary, tidy(_text(given.get("details"), "response details"))


def _department(rows: Any) -> str:
    first = rows[0] if isinstance(rows, list) and rows else None
    name = first.get("name") if isinstance(first, dict) else None
    return tidy_line(name) if isinstance(name, str) else ""
