"""The public page of a consultation, in each of its phases."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from sqlalchemy.orm import Session

from app.core.web.edge import shows
from consultations.rules.lifecycle import next_turn, phase_of
from consultations.web.addressed import readable


@shows("/consultations/{ref:str}", name="consultations.show")
def show(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    state = request.app.state
    now = state.clock.now()
    consultation = readable(db, request.path_params["ref"])
    response: Response[bytes] = state.pages.public(
        "consultations/page.html",
        keys=(f"consultation:{consultation.id}",),
        good_until=next_turn(consultation, now),
        consultation=consultation,
        phase=phase_of(consultation, now),
        now=now,
    )
    return response


HANDLERS = [show]
