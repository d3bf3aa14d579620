"""The home page: what is open in each room, and what came of it."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.outcomes.queries import newest_answers


@get("/", name="front.home", guards=[anyone], sync_to_thread=True)
def home(request: Request[Any, Any, Any], db: NamedDependency[Session]) -> Response[bytes]:
    state = request.app.state
    now = state.clock.now()
    newest = []
    for referral, answer in newest_answers(db):
        show = state.site.referred.get(referral.subject_kind)
        subject = show(db, referral.subject_id) if show else None
        if subject is not None and subject.public:
            newest.append((subject.href, subject.title, answer.summary, state.pages.say_date(answer.at)))
    panels = [panel(db, now) for panel in state.site.panels]
    response: Response[bytes] = state.pages.public(
        "front/home.html", keys=("petitions", "outcomes"), fresh_for=5, panels=panels, newest=newest
    )
    return response


HANDLERS = [home]
