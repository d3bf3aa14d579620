"""The UK petitions JSON shape, read-only: tools for it exist. Never a signer's name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from app.core.paging import Page
from app.core.people.places import country_name
from app.core.subject import SubjectRef
from app.departments import queries as departments
from app.outcomes import queries as outcomes
from petitions import queries
from petitions.model.petition import Petition
from petitions.rules.lifecycle import PetitionState

NOT_SHOWN = frozenset(
    {PetitionState.PENDING, PetitionState.COLLECTING, PetitionState.IN_MODERATION, PetitionState.STOPPED}
)


def petition_list(db: Session, page: Page[Petition], base_url: str, now: datetime) -> bytes:
    """``links`` and ``data``, 25 a page."""
    links = {
        "self": base_url + page.url(page.page),
        "first": base_url + page.url(1),
        "last": base_url + page.url(page.pages),
        "next": base_url + page.url(page.page + 1) if page.page < page.pages else None,
        "prev": base_url + page.url(page.page - 1) if page.page > 1 else None,
    }
    data = [resource(db, petition, base_url, now) for petition in page.rows]
    return msgspec.json.encode({"links": links, "data": data})


def petition_detail(db: Session, petition: Petition, base_url: str, now: datetime) -> bytes:
    """One petition with its signatures by country and area."""
    link = f"{base_url}/petitions/{petition.id}.json"
    data = resource(db, petition, base_url, now)
    data["attributes"]["signatures_by_country"] = [
        {"name": country_name(c.country), "code": c.country, "signature_count": c.imported + c.validated}
        for c in queries.countries(db, petition.id)
    ]
    data["attributes"]["signatures_by_constituency"] = [
        {"name": a.name, "ons_code": a.code, "mp": a.representative, "signature_count": a.imported + a.validated}
        for a in queries.areas(db, petition.id)
    ]
    return msgspec.json.encode({"links": {"self": link}, "data": data})


def count(petition: Petition) -> bytes:
    facts = petition.source_facts or {}
    return msgspec.json.encode(
        {
            "id": petition.id,
            "signature_count": petition.signature_count,
            "response_threshold_reached_at": _at(petition.response_reached_at),
            "government_response_at": _at(petition.answered_at),
            "debate_threshold_reached_at": _at(petition.debate_reached_at),
            "debate_scheduled_on": facts.get("scheduled_debate_date"),
            "debate_outcome_at": facts.get("debate_outcome_at"),
            "debated": _was_debated(facts),
        }
    )


def _was_debated(facts: Mapping[str, Any]) -> bool:
    debate = facts.get("debate")
    return isinstance(debate, dict) and bool(debate.get("debated_on"))


def resource(db: Session, petition: Petition, base_url: str, now: datetime) -> dict[str, Any]:
    """One item of the list."""
    return {
        "type": "petition",
        "id": petition.id,
        "links": {"self": f"{base_url}/petitions/{petition.id}.json"},
        "attributes": _attributes(db, petition, now),
    }


def _attributes(db: Session, petition: Petition, now: datetime) -> dict[str, Any]:
    facts = petition.source_facts or {}
    is_open = petition.state == PetitionState.OPEN
    lead = departments.by_ids(db, [petition.lead_department_id]).get(petition.lead_department_id or 0)
    return {
        "action": petition.action,
        "background": petition.background,
        "additional_details": petition.additional_details,
        "committee_note": facts.get("committee_note"),
        "state": shown_state(petition, now),
        "signature_count": petition.signature_count,
        "closing_date": _at(petition.closes_at) if is_open else None,
        "creator_name": petition.creator_name if is_open else None,
        "created_at": _at(petition.created_at),
        "updated_at": _at(petition.updated_at),
        "rejected_at": _at(petition.rejected_at),
        "opened_at": _at(petition.opened_at),
        "closed_at": _at(petition.closed_at),
        "moderation_threshold_reached_at": _at(petition.submitted_at),
        "response_threshold_reached_at": _at(petition.response_reached_at),
        "government_response_at": _at(petition.answered_at),
        "debate_threshold_reached_at": _at(petition.debate_reached_at),
        "debate_scheduled_on": facts.get("debate_scheduled_on"),
        "scheduled_debate_date": facts.get("scheduled_debate_date"),
        "debate_outcome_at": facts.get("debate_outcome_at"),
        "rejection": _rejection(petition),
        "government_response": _response(db, petition),
        "debate": facts.get("debate"),
        "departments": [{"acronym": lead.slug, "name": lead.name, "url": ""}] if lead else [],
        "topics": facts.get("topics") or [],
    }


def shown_state(petition: Petition, now: datetime) -> str:
    """A petition of ours whose time is over is closed before the job has said so."""
    over = petition.source is None and petition.closes_at is not None and petition.closes_at <= now
    return "closed" if petition.state == PetitionState.OPEN and over else petition.state


def _rejection(petition: Petition) -> dict[str, Any] | None:
    if petition.state != PetitionState.REJECTED:
        return None
    return {"code": petition.rejection_code, "details": petition.rejection_details or None}


def _response(db: Session, petition: Petition) -> dict[str, Any] | None:
    """The answer to the referral for a response, as it stands."""
    if petition.answered_at is None:
        return None
    for referral in outcomes.referrals_about(db, SubjectRef("petition", petition.id)):
        answers = outcomes.answers_to(db, referral.id)
        if answers:
            newest, first = answers[0], answers[-1]
            return {
                "responded_on": newest.at.date().isoformat(),
                "summary": newest.summary,
                "details": newest.details,
                "created_at": _at(first.at),
                "updated_at": _at(newest.at),
            }
    return None


def _at(instant: datetime | None) -> str | None:
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03d}Z" if instant else None
