"""Bringing petitions in from the UK's public JSON: idempotent by source id, one bad record hurts no other.

The source's count becomes the stated baseline. Imports send no letter, cross no threshold and
start no clock; a response arrives as an answered referral.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy import delete, exc, select
from sqlalchemy.orm import Session

from app.core import schema
from app.core.clock import SystemClock
from app.core.db import Database
from app.core.errors import BadField
from app.core.freshness import touch
from app.core.people.places import country_names
from app.core.settings import Settings
from app.core.text.plain import is_blank, tidy, tidy_line
from app.departments.model import Department
from app.outcomes.model import Answer, Referral
from petitions.model.petition import AreaCount, CountryCount, Petition
from petitions.policy import PetitionPolicy
from petitions.rules.lifecycle import PetitionState
from petitions.rules.sorting import read_topic
from petitions.rules.texts import text_digest
from petitions.service.sorting import link_topics

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
DEMO_DATABASE = "sqlite:///var/demo/townsquare.db"
MOST_COUNT = 2_000_000_000


def _silent(done: int) -> None:
    """Progress that nobody watches."""


class BadRecord(ValueError):
    """Why one record cannot be imported."""


@dataclass
class Report:
    """What became of each record."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    #: what was left out of a record that was imported
    left_out: list[tuple[str, str]] = field(default_factory=list)


@click.command("uk-petitions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--demo", is_flag=True, help="Import into the demo's database.")
def uk_petitions(file: Path, demo: bool) -> None:
    """Import petitions in the shape of the UK's public JSON."""
    settings = Settings.from_environment(None, **(_demo_site() if demo else {}))
    database = Database(settings.database_url, pool=2)
    try:
        if database.is_sqlite:
            schema.migrate(database)
        policy = PetitionPolicy.from_settings(settings.section("petitions"))
        report = import_records(database, read_records(file), policy, SystemClock().now(), say=_progress)
    finally:
        database.close()
    for name, reason in report.refused:
        click.echo(f"refused {name}: {reason}", err=True)
    for name, reason in report.left_out:
        click.echo(f"left out of {name}: {reason}", err=True)
    click.echo(
        f"{report.created} created, {report.updated} updated, {report.unchanged} unchanged, "
        f"{len(report.refused)} refused."
    )
    if report.refused:
        sys.exit(1)


def _demo_site() -> dict[str, object]:
    """Where the demo keeps its data, unless the environment says otherwise."""
    given = Settings.from_environment()
    own = given.database_url != Settings.database_url
    return {"mode": "demo"} if own else {"mode": "demo", "database_url": DEMO_DATABASE}


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


def import_records(
    database: Database,
    records: Iterable[Any],
    policy: PetitionPolicy,
    now: datetime,
    say: Callable[[int], None] = _silent,
) -> Report:
    """Each record in a short transaction of its own, so that a running site is not held up."""
    report = Report()
    for place, record in enumerate(records, start=1):
        try:
            facts = read_record(record)
            outcome = database.retrying(partial(store, facts=facts, policy=policy, now=now))
            setattr(report, outcome, getattr(report, outcome) + 1)
            report.left_out += [(_name(record, place), reason) for reason in facts.left_out]
        except BadRecord as wrong:
            report.refused.append((_name(record, place), str(wrong)))
        except (exc.IntegrityError, exc.DataError):
            report.refused.append((_name(record, place), "its figures contradict each other"))
        say(place)
    return report


@dataclass(frozen=True)
class RecordFacts:
    """A checked record."""

    source_id: str
    columns: Mapping[str, Any]
    countries: Mapping[str, int]
    areas: list[dict[str, Any]]
    response: tuple[datetime, str, str] | None
    department: str
    topics: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


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
        source_id,
        columns,
        _countries(attributes.get("signatures_by_country"), count),
        list(_areas(attributes.get("signatures_by_constituency"))),
        _response(attributes),
        _department(attributes.get("departments")),
        *_topics(attributes.get("topics")),
    )


def store(db: Session, *, facts: RecordFacts, policy: PetitionPolicy, now: datetime) -> str:
    """Create or bring up to date; answers ``created``, ``updated`` or ``unchanged``."""
    petition = db.scalar(
        select(Petition)
        .where(Petition.source == SOURCE, Petition.source_id == facts.source_id)
        .with_for_update(key_share=True)
    )
    if petition is not None and not _changed(db, petition, facts):
        return "unchanged"
    outcome = "created" if petition is None else "updated"
    topics_before = None if petition is None else (petition.source_facts or {}).get("topics")
    if petition is None:
        petition = _new(facts, policy, now)
        db.add(petition)
    local = petition.signature_count - petition.imported_count
    for name, value in facts.columns.items():
        setattr(petition, name, value)
    petition.signature_count = petition.imported_count + local
    petition.lead_department_id = _department_id(db, facts.department, petition)
    petition.text_digest = text_digest(petition.action, petition.background, petition.additional_details)
    petition.answered_at = facts.response[0] if facts.response else None
    db.flush()
    _store_tallies(db, petition.id, facts)
    _store_response(db, petition, facts, now)
    if topics_before != facts.columns["source_facts"].get("topics"):  # else they are as staff here set them
        link_topics(db, petition.id, facts.topics)
    db.flush()
    touch(db, "petitions", f"petition:{petition.id}", "outcomes")
    return outcome


def _new(facts: RecordFacts, policy: PetitionPolicy, now: datetime) -> Petition:
    return Petition(
        source=SOURCE,
        source_id=facts.source_id,
        salt=secrets.token_bytes(16),
        signature_count=0,
        imported_count=0,
        last_number=0,
        sponsors_needed=policy.sponsors_needed,
        sponsors_most=policy.sponsors_most,
        response_threshold=policy.response_at,
        debate_threshold=policy.debate_at,
        updated_at=now,
        text_version=0,
    )


def _changed(db: Session, petition: Petition, facts: RecordFacts) -> bool:
    if any(getattr(petition, name) != value for name, value in facts.columns.items()):
        return True
    stored = {
        row.country: row.imported
        for row in db.scalars(select(CountryCount).where(CountryCount.petition_id == petition.id))
        if row.imported
    }
    places = {
        row.code: {"code": row.code, "name": row.name, "imported": row.imported, "representative": row.representative}
        for row in db.scalars(select(AreaCount).where(AreaCount.petition_id == petition.id))
    }
    return (
        stored != dict(facts.countries)
        or places != {area["code"]: area for area in facts.areas}
        or _answer_shown(db, petition) != facts.response
    )


def _answer_shown(db: Session, petition: Petition) -> tuple[datetime, str, str] | None:
    """The source's answer as it stands here."""
    answers = select(Answer.summary, Answer.details).join(Referral, Referral.id == Answer.referral_id)
    newest = db.execute(
        answers.where(Referral.subject_kind == "petition", Referral.subject_id == petition.id)
        .order_by(Answer.version.desc())
        .limit(1)
    ).first()
    return (petition.answered_at, newest.summary, newest.details) if newest and petition.answered_at else None


def _store_tallies(db: Session, petition_id: int, facts: RecordFacts) -> None:
    """The source's figures replace its earlier ones; our own stay."""
    rows = {r.country: r for r in db.scalars(select(CountryCount).where(CountryCount.petition_id == petition_id))}
    for country, row in rows.items():
        row.imported = facts.countries.get(country, 0)
    for country, count in facts.countries.items():
        if country not in rows:
            db.add(CountryCount(petition_id=petition_id, country=country, imported=count, validated=0))
    db.execute(delete(AreaCount).where(AreaCount.petition_id == petition_id))
    db.add_all(AreaCount(petition_id=petition_id, validated=0, **area) for area in facts.areas)


def _store_response(db: Session, petition: Petition, facts: RecordFacts, now: datetime) -> None:
    if facts.response is None:
        return
    at, summary, details = facts.response
    referral = db.scalar(
        select(Referral).where(
            Referral.subject_kind == "petition", Referral.subject_id == petition.id, Referral.cause == "response"
        )
    )
    if referral is None:
        referral = Referral(
            subject_kind="petition",
            subject_id=petition.id,
            cause="response",
            episode=1,
            department_id=petition.lead_department_id,
            state="answered",
            imported=True,
            received_at=petition.response_reached_at or at,
            answered_at=at,
        )
        db.add(referral)
        db.flush()
    newest = db.scalar(select(Answer).where(Answer.referral_id == referral.id).order_by(Answer.version.desc()).limit(1))
    if newest is None or (newest.summary, newest.details) != (summary, details):
        version = newest.version + 1 if newest else 1
        db.add(Answer(referral_id=referral.id, version=version, summary=summary, details=details, at=at))


def _department_id(db: Session, name: str, petition: Petition) -> int | None:
    """A department of ours with the source's name for it; none is founded for an import."""
    found = db.scalar(select(Department.id).where(Department.name == name)) if name else None
    return found or petition.lead_department_id


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
        "closes_at": _instant(attributes, "closing_date") or closed,
        "rejected_at": rejected,
        "submitted_at": _instant(attributes, "moderation_threshold_reached_at"),
        "response_reached_at": _instant(attributes, "response_threshold_reached_at"),
        "debate_reached_at": _instant(attributes, "debate_threshold_reached_at"),
    }


def _instant(attributes: Mapping[str, Any], name: str) -> datetime | None:
    value = attributes.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as wrong:
        raise BadRecord(f"{name} is not a date: {value!r:.40}") from wrong
    if len(value) == len("2017-01-01"):
        moment = datetime.combine(moment.date(), time(0))
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
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
    if isinstance(address, str) and address.startswith("https://") and len(address) < 300:
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
        if not (isinstance(code, str) and isinstance(name, str) and isinstance(count, int)) or code in seen:
            continue
        if not 0 <= count <= MOST_COUNT:
            raise BadRecord(f"its count in {name!r:.60} is not a plausible number")
        seen.add(code)
        mp = row.get("mp")
        representative = mp[:120] if isinstance(mp, str) else None
        yield {"code": code[:20], "name": name[:120], "imported": count, "representative": representative}


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


def _name(record: Any, place: int) -> str:
    source_id = record.get("id") if isinstance(record, dict) else None
    return f"record {place}" + (f" (id {source_id})" if source_id is not None else "")


def _progress(done: int) -> None:
    if sys.stderr.isatty() and done % 20 == 0:
        print(f"\r{done} petitions", end="", file=sys.stderr)
