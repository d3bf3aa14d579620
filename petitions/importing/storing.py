"""Storing one checked record: a petition created, brought up to date, or left as it is."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.freshness import touch
from app.departments.model import Department
from app.outcomes.model import Answer, Referral
from petitions.importing.facts import RecordFacts
from petitions.model.petition import AreaCount, CountryCount, Petition
from petitions.policy import PetitionPolicy
from petitions.rules.texts import text_digest
from petitions.service.sorting import link_topics


def store(db: Session, *, facts: RecordFacts, policy: PetitionPolicy, now: datetime) -> str:
    """Create or bring up to date; answers ``created``, ``updated`` or ``unchanged``."""
    petition = db.scalar(
        select(Petition)
        .where(Petition.source == facts.source, Petition.source_id == facts.source_id)
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


def outlook(db: Session, facts: RecordFacts) -> str:
    """What :func:`store` would answer, without storing anything."""
    known = select(Petition).where(Petition.source == facts.source, Petition.source_id == facts.source_id)
    petition = db.scalar(known)
    if petition is None:
        return "created"
    return "updated" if _changed(db, petition, facts) else "unchanged"


def _new(facts: RecordFacts, policy: PetitionPolicy, now: datetime) -> Petition:
    return Petition(
        source=facts.source,
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
        if row.name  # of our own people alone it has none
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
    _store_areas(db, petition_id, {area["code"]: area for area in facts.areas})


def _store_areas(db: Session, petition_id: int, stated: Mapping[str, Mapping[str, Any]]) -> None:
    """What the source no longer states goes, unless people signed from there here."""
    rows = {r.code: r for r in db.scalars(select(AreaCount).where(AreaCount.petition_id == petition_id))}
    for code, row in rows.items():
        if code in stated:
            row.name, row.imported = stated[code]["name"], stated[code]["imported"]
            row.representative = stated[code]["representative"]
        elif row.validated or row.seen:
            row.name, row.imported, row.representative = "", 0, None
        else:
            db.delete(row)
    db.add_all(AreaCount(petition_id=petition_id, validated=0, **stated[code]) for code in sorted(stated.keys() - rows))


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
            took=_seconds(petition.response_reached_at, at),
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


def _seconds(since: datetime | None, until: datetime) -> int | None:
    """How long an answer took, where the source said both."""
    return max(0, int((until - since).total_seconds())) if since else None
