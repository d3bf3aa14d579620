"""What of a hall's life programs elsewhere are told: what everybody may read, and never who asked or came."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.webhooks.contribution import Announced, Fact
from townhall.events import HallCancelled, HallEnded, HallMoved, HallScheduled, HallStarted, MinutesPublished
from townhall.queries import halls
from townhall.service.locking import subject_of

_TIMES = {"state": "scheduled", "starts_at": "2027-03-09T18:00:00Z", "ends_at": "2027-03-09T19:30:00Z"}


def _tell(db: Session, event: Any) -> Fact | None:
    """None while the public may not read it."""
    found = halls.readable_hall(db, event.hall_id)
    if found is None:
        return None
    return Fact(
        subject_of(found.id),
        event.at,
        f"/townhalls/{found.id}",
        found.title,
        api_href=f"/api/v1/townhalls/{found.id}",
        departments=(found.department_id, *(department.id for department in halls.beside(db, found.id))),
        more={"state": found.state, "starts_at": _say(found.starts_at), "ends_at": _say(found.ends_at)},
    )


def _say(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at is not None else None


def announced() -> list[Announced]:
    about = {
        "scheduled": (HallScheduled, _("It is announced.")),
        "moved": (HallMoved, _("Its time, place or link changed.")),
        "started": (HallStarted, _("It is live.")),
        "ended": (HallEnded, _("It is over.")),
        "cancelled": (HallCancelled, _("It does not take place.")),
        "minutes_published": (MinutesPublished, _("Its minutes can be read.")),
    }
    return [Announced(f"townhall.{name}", event, _tell, str(words), _TIMES) for name, (event, words) in about.items()]
