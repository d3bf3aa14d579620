"""The UK petitions JSON shape, read-only: tools for it exist. Never a signer's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from app.areas.queries import Places
from app.core.paging import Page
from app.core.people.places import country_name
from app.core.subject import SubjectRef
from app.departments import queries as departments
from app.departments.model import Department
from app.opendata.contribution import At
from app.outcomes import queries as outcomes
from petitions import queries
from petitions.model.debate import Debate
from petitions.model.petition import Petition
from petitions.model.sorting import Topic
from petitions.queries import story
from petitions.queries.areas import where_signed
from petitions.queries.finding import Entry
from petitions.rules.closing import is_over
from petitions.rules.lifecycle import PetitionState

#: whose signatures by place are shown
_COUNTED = frozenset({PetitionState.OPEN, PetitionState.CLOSED, PetitionState.WITHDRAWN})
_DEBATE = (
    "debated_on",
    "transcript_url",
    "video_url",
    "debate_pack_url",
    "public_engagement_url",
    "debate_summary_url",
    "overview",
)


@dataclass(frozen=True)
class Beside:
    """What stands beside the rows of one answer, read in one go for all of them."""

    departments: Mapping[int, Department]
    #: by petition, ids of departments that help the lead one
    supporting: Mapping[int, Sequence[int]]
    topics: Mapping[int, Sequence[Topic]]
    debates: Mapping[int, Sequence[Debate]]


def read_beside(db: Session, petitions: Sequence[Petition]) -> Beside:
    ids = [p.id for p in petitions]
    supporting = outcomes.supporting_of(db, "petition", ids)
    concerned = [p.lead_department_id for p in petitions] + [i for found in supporting.values() for i in found]
    return Beside(
        departments=departments.by_ids(db, concerned),
        supporting=supporting,
        topics=story.topics(db, ids),
        debates=story.debates_of(db, ids),
    )


def petition_list(db: Session, page: Page[Petition], at: At) -> bytes:
    """``links`` and ``data``, 25 a page."""
    base_url = at.base_url
    links = {
        "self": base_url + page.url(page.page),
        "first": base_url + page.url(1),
        "last": base_url + page.url(page.pages),
        "next": base_url + page.url(page.page + 1) if page.page < page.pages else None,
        "prev": base_url + page.url(page.page - 1) if page.page > 1 else None,
    }
    beside = read_beside(db, page.rows)
    data = [resource(db, petition, beside, at) for petition in page.rows]
    return msgspec.json.encode({"links": links, "data": data})


def petition_detail(db: Session, petition: Petition, at: At, places: Places | None = None) -> bytes:
    """One petition, once it is or was open with its signatures by country and area."""
    link = f"{at.base_url}/petitions/{petition.id}.json"
    data = resource(db, petition, read_beside(db, [petition]), at)
    if petition.state in _COUNTED:
        data["attributes"] |= _where_signed(db, places or Places(), petition.id)
    links = {"self": link, "story": f"{at.base_url}/api/v1/trails/petition/{petition.id}"}
    return msgspec.json.encode({"links": links, "data": data})


def _where_signed(db: Session, places: Places, petition_id: int) -> dict[str, Any]:
    """Areas from which few signed are left out; nothing but a debate is parliamentary business here."""
    where = where_signed(db, places, petition_id)
    return {
        "signatures_by_country": [
            {"name": country_name(c.country), "code": c.country, "signature_count": c.imported + c.validated}
            for c in queries.countries(db, petition_id)
        ],
        "signatures_by_constituency": [
            {"name": a.name, "ons_code": a.code, "mp": a.representative, "signature_count": a.signatures}
            for a in sorted(where.areas, key=lambda area: area.code)
        ],
        "signatures_by_region": [
            {"name": r.name, "ons_code": r.code, "signature_count": r.signatures} for r in where.regions
        ],
        "other_parliamentary_business": [],
    }


def trending(rows: Sequence[Entry], base_url: str, now: datetime) -> bytes:
    """What gained most within the last hour. ``signature_count`` is all that a petition has."""
    data = [
        {
            "type": "petition",
            "id": row.id,
            "links": {"self": f"{base_url}/petitions/{row.id}.json"},
            "attributes": {"action": row.action, "signature_count": row.signature_count},
        }
        for row in rows
    ]
    links, meta = {"self": f"{base_url}/trending.json"}, {"updated_at": instant(now)}
    return msgspec.json.encode({"data": data, "links": links, "meta": meta})


def topics(found: Sequence[tuple[str, str]]) -> bytes:
    """By code, each with its name."""
    return msgspec.json.encode({slug: {"code": slug, "name": name} for slug, name in found})


def count(db: Session, petition: Petition) -> bytes:
    debates = story.debates(db, petition.id)
    return msgspec.json.encode(
        {
            "id": petition.id,
            "signature_count": petition.signature_count,
            "response_threshold_reached_at": instant(petition.response_reached_at),
            "government_response_at": instant(petition.answered_at),
            "debate_threshold_reached_at": instant(petition.debate_reached_at),
            "debate_scheduled_on": _scheduled_date(petition, debates),
            "debate_outcome_at": instant(petition.debate_outcome_at),
            "debated": bool((_debate(petition, debates) or {}).get("debated_on")),
        }
    )


def resource(db: Session, petition: Petition, beside: Beside, at: At) -> dict[str, Any]:
    """One item of the list."""
    base_url, now = at.base_url, at.now
    return {
        "type": "petition",
        "id": petition.id,
        "links": {"self": f"{base_url}/petitions/{petition.id}.json"},
        "attributes": {
            **_texts(petition),
            "state": shown_state(petition, now),
            "signature_count": petition.signature_count,
            "closing_date": _last_day(petition, at) if _is_open(petition, now) else None,
            **_instants(petition, beside.debates.get(petition.id, ()), now),
            "creator_name": petition.creator_name if _is_open(petition, now) else None,
            "rejection": _rejection(petition),
            "government_response": _response(db, petition, at),
            "debate": _debate(petition, beside.debates.get(petition.id, ())),
            "departments": _departments(petition, beside, base_url),
            "topics": _topics(petition, beside),
        },
    }


def _texts(petition: Petition) -> dict[str, Any]:
    facts = petition.source_facts or {}
    return {
        "action": petition.action,
        "background": petition.background,
        "additional_details": petition.additional_details,
        "committee_note": petition.public_note or facts.get("committee_note"),
    }


def _instants(petition: Petition, debates: Sequence[Debate], now: datetime) -> dict[str, str | None]:
    scheduled_at = next((d.at for d in debates if d.state == "scheduled"), None)
    return {
        "created_at": instant(petition.created_at),
        "updated_at": instant(petition.updated_at),
        "rejected_at": instant(petition.rejected_at),
        "opened_at": instant(petition.opened_at),
        "closed_at": instant(petition.closed_at or _over_since(petition, now)),
        "moderation_threshold_reached_at": instant(petition.submitted_at),
        "response_threshold_reached_at": instant(petition.response_reached_at),
        "government_response_at": instant(petition.answered_at),
        "debate_threshold_reached_at": instant(petition.debate_reached_at),
        "debate_scheduled_at": instant(scheduled_at),
        "scheduled_debate_date": _scheduled_date(petition, debates),
        "debate_outcome_at": instant(petition.debate_outcome_at),
    }


def _last_day(petition: Petition, at: At) -> str | None:
    """The last local day on which it can be signed: a day, where all else that happens is an instant."""
    closes = petition.closes_at
    return (closes - datetime.resolution).astimezone(at.zone).date().isoformat() if closes else None


def _is_open(petition: Petition, now: datetime) -> bool:
    return shown_state(petition, now) == PetitionState.OPEN


def _over_since(petition: Petition, now: datetime) -> datetime | None:
    """When an open petition closed that the job has not seen to yet."""
    is_late = petition.state == PetitionState.OPEN and not _is_open(petition, now)
    return petition.closes_at if is_late else None


def _scheduled_date(petition: Petition, debates: Sequence[Debate]) -> str | None:
    """The day it is set for, or was held on; an import's as its source had it."""
    if petition.source is not None and not debates:
        given = (petition.source_facts or {}).get("scheduled_debate_date")
        return given if isinstance(given, str) else None
    return petition.debate_on.isoformat() if petition.debate_on else None


def _debate(petition: Petition, debates: Sequence[Debate]) -> dict[str, Any] | None:
    """What came of it; a date alone is not that. An import's as its source had it."""
    if debates and debates[-1].state != "scheduled":
        newest = debates[-1]
        held = newest.debated_on if newest.state == "outcome" else None
        return {
            "debated_on": held.isoformat() if held else None,
            "transcript_url": newest.transcript_url or None,
            "video_url": newest.video_url or None,
            "debate_pack_url": newest.pack_url or None,
            "public_engagement_url": None,
            "debate_summary_url": None,
            "overview": newest.overview or None,
        }
    given = (petition.source_facts or {}).get("debate")
    return {name: given.get(name) for name in _DEBATE} if isinstance(given, dict) else None


def _departments(petition: Petition, beside: Beside, base_url: str) -> list[dict[str, str]]:
    """The one that leads first, then those that help it."""
    ids = dict.fromkeys((petition.lead_department_id or 0, *beside.supporting.get(petition.id, ())))
    found = [beside.departments[i] for i in ids if i in beside.departments]
    return [{"acronym": d.slug, "name": d.name, "url": f"{base_url}/departments/{d.slug}"} for d in found]


def _topics(petition: Petition, beside: Beside) -> list[str]:
    """Our short names; what an import's source called them where we gave none."""
    ours = [topic.slug for topic in beside.topics.get(petition.id, ())]
    return ours or (petition.source_facts or {}).get("topics") or []


def shown_state(petition: Petition, now: datetime) -> str:
    """A petition of ours whose time is over is closed before the job has said so."""
    over = is_over(petition.state, petition.closes_at, now, imported=petition.source is not None)
    return "closed" if over else petition.state


def _rejection(petition: Petition) -> dict[str, Any] | None:
    if petition.state != PetitionState.REJECTED:
        return None
    return {"code": petition.rejection_code, "details": petition.rejection_details or None}


def _response(db: Session, petition: Petition, at: At) -> dict[str, Any] | None:
    """The answer to the referral for a response, as it stands; an import's day as its source had it."""
    if petition.answered_at is None:
        return None
    zone = at.zone if petition.source is None else UTC
    referrals = outcomes.referrals_about(db, SubjectRef("petition", petition.id))
    for referral in reversed([r for r in referrals if r.cause == "response"]):
        answers = outcomes.answers_to(db, referral.id)
        if answers:
            newest, first = answers[0], answers[-1]
            return {
                "responded_on": newest.at.astimezone(zone).date().isoformat(),
                "summary": newest.summary,
                "details": newest.details,
                "created_at": instant(first.at),
                "updated_at": instant(newest.at),
            }
    return None


def instant(moment: datetime | None) -> str | None:
    """As the UK site writes it: UTC with milliseconds."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z" if moment else None
