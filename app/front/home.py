"""The home page: what is open in each room, and what came of it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.outcomes.queries import public, shown
from app.outcomes.queries.public import Moment, Wanted
from app.outcomes.rules.deadlines import next_midnight
from app.trails.web.reading import newest_story

MOST_ANSWERS, MOST_PROMISES = 5, 4


@get("/", name="front.home", guards=[anyone], sync_to_thread=True)
def home(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    state = request.app.state
    now, zone, subjects = state.clock.now(), state.settings.zone, state.site.subjects
    at = Moment(now, now.astimezone(zone).date())
    answered = public.referrals(db, subjects, Wanted(), at, most=MOST_ANSWERS)
    promised = public.newest_promises(db, subjects, at, most=MOST_PROMISES)
    response: Response[bytes] = state.pages.public(
        "front/home.html",
        keys=("petitions", "consultations", "townhalls", "outcomes", "trails"),
        fresh_for=5,
        good_until=next_midnight(now, zone),
        panels=[panel(db, now) for panel in state.site.panels],
        newest=shown.outcomes(db, subjects, answered, at, zone),
        promises=shown.promises(db, subjects, promised, at),
        story=newest_story(state.site.stories, db, now),
        now=now,
    )
    return response


HANDLERS = [home]
