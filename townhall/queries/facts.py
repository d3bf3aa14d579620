"""A hall as data: the values of ``townhall.api.shapes``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.departments.model import Department
from app.departments.queries import by_ids
from townhall.model import Hall
from townhall.queries import halls
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, HallState
from townhall.rules.places import places_left


def facts_of(hall: Hall, leads: Mapping[int, Department], base: str) -> dict[str, Any]:
    """``places_left`` is None where as many may come as want to."""
    link = f"{base}/townhalls/{hall.id}"
    lead = leads.get(hall.department_id)
    is_open = HallState(hall.state) in OPEN_TO_PEOPLE
    return {
        "id": hall.id,
        "url": link,
        "state": hall.state,
        "title": hall.title,
        "summary": hall.summary,
        "department": lead.slug if lead else None,
        "starts_at": hall.starts_at,
        "ends_at": hall.ends_at,
        "started_at": hall.started_at,
        "ended_at": hall.ended_at,
        "cancelled_reason": hall.cancelled_reason or None,
        "entry": hall.entry,
        "screening": hall.screening,
        "anonymous_allowed": hall.anonymous_allowed,
        "venue": hall.venue or None,
        "capacity": hall.capacity,
        "places_left": places_left(hall),
        "captions": hall.captions or None,
        "sign_language": hall.sign_language or None,
        "code": hall.code if is_open else None,
        "links": {
            "room": f"{link}/room" if is_open else None,
            "calendar": f"{link}.ics",
            "story": f"{base}/api/v1/trails/townhall/{hall.id}",
        },
    }


def whole_of(db: Session, hall: Hall, base: str) -> dict[str, Any]:
    """With its text, its people and its agenda."""
    return facts_of(hall, by_ids(db, [hall.department_id]), base) | {
        "body": hall.body,
        "contact": hall.contact,
        "access_notes": hall.access_notes or None,
        "beside": [d.slug for d in halls.beside(db, hall.id)],
        "speakers": [{"name": s.name, "about": s.about} for s in halls.speakers(db, hall.id)],
        "agenda": [{"id": i.id, "title": i.title, "minutes": i.minutes} for i in halls.agenda(db, hall.id)],
        "sequence": hall.sequence,
    }
