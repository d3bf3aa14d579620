"""What came of a hall, on its page: each question with its answer and moment, results, promises, who owes what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.core.web.edge import shows
from app.moderation import queries as moderation
from app.outcomes.rules.answers import GRADE_NAMES
from app.outcomes.rules.commitments import PROGRESS_NAMES
from app.outcomes.rules.deadlines import next_midnight
from townhall.model import Hall
from townhall.queries import archive
from townhall.rules.lifecycle import HallState
from townhall.web.readable import readable_hall


def part(request: Request[Any, Any, Any], db: Session, hall: Hall, now: datetime) -> Mapping[str, Any] | None:
    """The archive, once the hall has ended; figures of it that change by the day alone are made anew at midnight."""
    if hall.state != HallState.ENDED:
        return None
    settings = request.app.state.settings
    promises = archive.promises(db, hall.id, now.astimezone(settings.zone).date())
    questions = archive.questions(db, hall, promises, now)
    minutes_by = _minutes_by(request, hall)
    minutes_late = minutes_by is not None and now >= next_midnight(minutes_by, settings.zone)
    changes = promises or not minutes_late or any(a.owed for a in questions)
    return {
        "archive": {
            "questions": questions,
            "answered": sum(a.row.answered_at is not None or a.answer is not None for a in questions),
            "left": [a for a in questions if a.row.answered_at is None and a.answer is None],
            "promises": promises,
            "polls": archive.polls(db, hall.id),
            "captions": archive.how_many_captions(db, hall.id),
            "turnout": archive.turnout(db, hall),
            "reasons": {r.code: r.title for r in moderation.reasons(db)},
            "grades": GRADE_NAMES,
            "progress": PROGRESS_NAMES,
            "clock": clock,
            "moment": lambda second: moment_of(hall, second),
            "recording_host": urlsplit(hall.recording_url).hostname or "",
            "minutes_by": minutes_by,
            "minutes_late": minutes_late,
        },
        "until": next_midnight(now, settings.zone) if changes else None,
        "keys": ("outcomes",),
    }


@shows("/townhalls/{ref:str}/captions", name="townhalls.captions")
def captions_page(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    """Every line of what was said, with its moment; ``?q=`` leaves those that have these words."""
    hall = readable_hall(db, _number(request.path_params["ref"]))
    words = request.query_params.get("q", "")[:200]
    lines = archive.captions(db, hall.id, words)
    response: Response[bytes] = request.app.state.pages.public(
        "townhalls/captions.html",
        keys=(f"townhall:{hall.id}",),
        fresh_for=10,
        hall=hall,
        here=f"/townhalls/{hall.id}",
        lines=lines,
        words=words,
        clock=clock,
        moment=lambda second: moment_of(hall, second),
    )
    return response


def clock(second: int) -> str:
    """42:10; an hour and more as 1:02:03."""
    minutes, seconds = divmod(max(0, second), 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours}:{rest:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def moment_of(hall: Hall, second: int) -> str:
    """The recording at this second of the hall; empty where there is none."""
    if not hall.recording_url:
        return ""
    return f"{hall.recording_url}#t={max(0, second + hall.recording_offset)}"


def _minutes_by(request: Request[Any, Any, Any], hall: Hall) -> datetime | None:
    days = request.app.state.site.dependencies["hall_policy"].minutes_days
    return hall.ended_at + timedelta(days=days) if hall.ended_at else None


def _number(ref: str) -> int:
    if not ref.isdecimal() or len(ref) > 18:
        raise NotFound
    return int(ref)


HANDLERS = (captions_page,)
