"""The room's performer at the intake: sending responses and confirming them, a batch at a time.

One batch, in lock order: the consultations, passes and drafts, responses, letters, the keys of pages. Each sender's
answer is a value or a refusal of their own; a constraint that a race could break stops the whole batch, which the
intake then performs act by act.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from app.core.db import after_commit
from app.core.intake import Act
from app.core.security.keys import Keys
from app.core.tally import Tally
from consultations.model import Response, ResponseVersion
from consultations.policy import ConsultationPolicy
from consultations.queries.measured import RESPONDING, SENT
from consultations.rules.responses import ResponseState
from consultations.service import confirming
from consultations.service.acts import ConfirmResponse, Counted, SendResponse
from consultations.service.acts import Sent as Stored
from consultations.service.sending import send
from consultations.service.standing import lock_standings, store_counts
from consultations.service.versions import Rows

_RESPONSE: Table = Response.__table__  # type: ignore[assignment]
_VERSION: Table = ResponseVersion.__table__  # type: ignore[assignment]
_STORED = (
    select(_RESPONSE.c.id, _RESPONSE.c.state, _VERSION.c.act_id)
    .join(_VERSION, _VERSION.c.response_id == _RESPONSE.c.id)
    .where(_VERSION.c.act_id.in_(bindparam("acts", expanding=True)))
)


class Responding:
    """Carries out :class:`SendResponse` and :class:`ConfirmResponse`."""

    def __init__(self, keys: Keys, policy: ConsultationPolicy, tally: Tally) -> None:
        self.keys, self.policy, self.tally = keys, policy, tally

    def perform(self, db: Session, acts: Sequence[Act], now: datetime) -> Sequence[Any]:
        sends = [a for a in acts if isinstance(a, SendResponse)]
        confirmations = [a for a in acts if isinstance(a, ConfirmResponse)]
        places = confirming.places_of(db, [c.response_id for c in confirmations])
        standings = lock_standings(db, {s.consultation_id for s in sends} | set(places.values()))
        answers: dict[int, Any] = {}
        rows = Rows(self.keys, now)
        letters = send(db, self.keys, standings, rows, sends, answers, now)
        letters += confirming.confirm(db, self.keys, self.policy, standings, rows, places, confirmations, answers)
        rows.store(db)
        letters.queue(db, now)
        store_counts(db, standings.values(), also=rows.taken_down)
        if rows.begun:
            after_commit(db, partial(self._count, rows.begun))
        return [answers[a.id] for a in acts]

    def _count(self, begun: Sequence[datetime]) -> None:
        """Responses that were sent, on the days on which they were begun: not whose."""
        for at in begun:
            self.tally.add(RESPONDING, SENT, at=at)

    def performed(self, db: Session, acts: Sequence[Act]) -> Mapping[int, Any]:
        """Effects found by the act that stored a version; a confirmed response answers every confirmation alike."""
        stored = {act: (row, state) for row, state, act in db.execute(_STORED, {"acts": [a.id for a in acts]})}
        found: dict[int, Any] = {}
        for act in acts:
            if isinstance(act, SendResponse) and act.id in stored:
                row, state = stored[act.id]
                found[act.id] = Stored(row, state != ResponseState.PENDING)
            elif isinstance(act, ConfirmResponse) and act.id in stored:
                found[act.id] = Counted(stored[act.id][0], joined=True)
        return found | self._confirmed(db, [a for a in acts if isinstance(a, ConfirmResponse) and a.id not in found])

    def _confirmed(self, db: Session, acts: Sequence[ConfirmResponse]) -> dict[int, Any]:
        rows = select(Response.id).where(
            Response.id.in_({a.response_id for a in acts}), Response.state == ResponseState.SUBMITTED
        )
        counted = set(db.scalars(rows))
        return {a.id: Counted(a.response_id) for a in acts if a.response_id in counted}
