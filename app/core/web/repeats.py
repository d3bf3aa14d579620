"""A call that carries an ``Idempotency-Key``: done once, and answered the same again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from litestar import Response
from sqlalchemy import exc
from sqlalchemy.orm import Session

from app.core import idempotency
from app.core.idempotency import Claim, KeyReused, Replay

JSON = "application/json"


class Done(NamedTuple):
    """What an act answers: status and JSON bytes."""

    status: int
    body: bytes


def once(state: Any, claim: Claim | None, act: Callable[[Session], Done]) -> Response[bytes]:
    """The act and its answer in one transaction of their own; a repeat is answered as before and does nothing.

    What is refused is not kept: the same key may be tried again.
    """

    def store(db: Session) -> Done | Replay | KeyReused:
        if claim and (earlier := idempotency.earlier_answers(db, [claim]).get(claim.key)):
            return earlier
        done = act(db)
        if claim:
            idempotency.keep(db, [(claim, done.status, done.body)], state.clock.now())
        return done

    with state.in_flight.hold(claim):
        try:
            answer = state.database.retrying(store)
        except exc.IntegrityError:  # another process did the same meanwhile
            answer = state.database.retrying(store)
    if isinstance(answer, KeyReused):
        raise answer
    headers = {"cache-control": "no-store"}
    if isinstance(answer, Replay):
        headers["idempotency-replayed"] = "true"
    return Response(answer.body, status_code=answer.status, media_type=JSON, headers=headers)
