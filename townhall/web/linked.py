"""A town hall in the words of schema.org: an event."""

from __future__ import annotations

from typing import Any

from app.core.web.linked_data import moment
from app.departments.model import Department
from townhall.model import Hall
from townhall.rules.lifecycle import HallState

_WORDS = "https://schema.org"


def hall(found: Hall, lead: Department | None, base_url: str) -> dict[str, Any]:
    link = f"{base_url}/townhalls/{found.id}"
    online = {"@type": "VirtualLocation", "url": link}
    here = {"@type": "Place", "name": found.venue, "address": found.venue}
    cancelled = found.state == HallState.CANCELLED
    return {
        "@type": "Event",
        "@id": link,
        "url": link,
        "name": found.title,
        "description": found.summary,
        "startDate": moment(found.started_at or found.starts_at),
        "endDate": moment(found.ended_at or found.ends_at),
        "eventStatus": f"{_WORDS}/{'EventCancelled' if cancelled else 'EventScheduled'}",
        "eventAttendanceMode": f"{_WORDS}/{'Mixed' if found.venue else 'Online'}EventAttendanceMode",
        "location": [online, here] if found.venue else online,
        "isAccessibleForFree": True,
        "maximumAttendeeCapacity": found.capacity,
        "organizer": _organiser(lead, base_url),
    }


def _organiser(lead: Department | None, base_url: str) -> dict[str, str] | None:
    if lead is None:
        return None
    return {"@type": "GovernmentOrganization", "name": lead.name, "url": f"{base_url}/departments/{lead.slug}"}
