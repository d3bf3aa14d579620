"""The room's performer at the intake: asking for signatures and confirming them, a batch at a time.

One batch, in lock order: the petitions, their signatures, tallies and crossings, what a crossing
brings, letters. Each citizen's answer is a value or a refusal of their own; a constraint that a
race could break stops the whole batch, which the intake then performs act by act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.areas.service.placing import Living, Placing
from app.core.db import after_commit
from app.core.errors import Refusal
from app.core.freshness import hint, touch
from app.core.intake import Act
from app.core.security.keys import Keys
from app.core.tally import Tally
from app.mail.model import Letter
from petitions.model.signature import Signature
from petitions.policy import PetitionPolicy
from petitions.queries.measured import CONFIRMED, SENT, SIGNING
from petitions.service import confirming, counting, requesting
from petitions.service.acts import Confirmed, Requested, SignatureConfirmation, SignatureRequest
from petitions.service.blocking import Blocklist
from petitions.service.requesting import Hindrances
from petitions.service.standing import Standing, lock_standings, store_counts
from petitions.service.stops import Stopped, Switchboard

#: dates of closing are said of the day that ends; what begins at midnight belongs to the day after it
AN_INSTANT = timedelta(microseconds=1)


class Signing:
    """Carries out :class:`SignatureRequest` and :class:`SignatureConfirmation`."""

    def __init__(
        self,
        keys: Keys,
        policy: PetitionPolicy,
        say_date: Callable[[datetime], str],
        blocklist: Blocklist,
        switchboard: Switchboard,
        tally: Tally,
        placing: Placing,
    ) -> None:
        self.keys, self.policy, self.say_date = keys, policy, say_date
        self.blocklist, self.switchboard = blocklist, switchboard
        self.tally, self.placing = tally, placing
        #: serves crossings inside a savepoint; set by the room, so that counting knows no departments
        self.serve: Callable[[Session, counting.Counting, datetime], set[str]] | None = None

    def perform(self, db: Session, acts: Sequence[Act], now: datetime) -> Sequence[Any]:
        requests = [a for a in acts if isinstance(a, SignatureRequest)]
        confirmations = [a for a in acts if isinstance(a, SignatureConfirmation)]
        places = confirming.petitions_of(db, [c.signature_id for c in confirmations])
        standings = lock_standings(db, {r.petition_id for r in requests} | set(places.values()))
        stopped = self.switchboard.now(db, now)
        self._keep_to_the_clock(standings, stopped, now)
        answers: dict[int, Any] = {}
        hindrances = self._hindrances(db, stopped) if requests else Hindrances()
        placed = self._placed(db, requests, answers)
        asked = requesting.request(db, self.keys, self.policy, hindrances, standings, placed, answers, now)
        counted = confirming.confirm(db, self.policy, standings, places, confirmations, asked.proofs, answers, now)
        store_counts(db, standings.values(), now)
        brought = counting.count(db, standings, counted, now)
        duties = self.serve(db, brought, now) if brought and self.serve else set()
        changed = [f"petition:{s.id}" for s in standings.values() if s.signature_count != s.before]
        if changed:
            touch(db, *changed, *duties)
            hint(db, "petitions")
        confirmed = [c.requested_at for c in counted if c.kind == "public"]
        if asked.new or confirmed:
            after_commit(db, partial(self._count, asked.new, confirmed))
        return [answers[a.id] for a in acts]

    def performed(self, db: Session, acts: Sequence[Act]) -> Mapping[int, Any]:
        """Effects found by act id: a request's letter or row, a confirmation's mark on its signature."""
        requests = {a.id: a for a in acts if isinstance(a, SignatureRequest)}
        stored = set(db.scalars(select(Letter.id).where(Letter.id.in_(requests))))
        stored |= set(db.scalars(select(Signature.id).where(Signature.id.in_(requests))))
        found: dict[int, Any] = {i: Requested(requests[i].petition_id) for i in stored}
        confirmations = {a.id: a for a in acts if isinstance(a, SignatureConfirmation)}
        rows = db.execute(
            select(Signature.confirmed_by, Signature.petition_id, Signature.number).where(
                Signature.id.in_({c.signature_id for c in confirmations.values()}),
                Signature.confirmed_by.in_(confirmations),
            )
        )
        return found | {by or 0: Confirmed(petition, number or 0) for by, petition, number in rows}

    def _count(self, asked: Sequence[datetime], confirmed: Sequence[datetime]) -> None:
        """A form that was sent, and one that was confirmed, on the day on which it was sent: not whose."""
        for at in asked:
            self.tally.add(SIGNING, SENT, at=at)
        for at in confirmed:
            self.tally.add(SIGNING, CONFIRMED, at=at)

    def _placed(
        self, db: Session, requests: Sequence[SignatureRequest], answers: dict[int, Any]
    ) -> Sequence[SignatureRequest]:
        """Each with the area it is counted for; who chose one there is not is refused."""
        if not self.placing.has_places(db) and not any(r.area for r in requests):
            return requests
        people = [Living(r.country, r.postcode, r.area) for r in requests]
        placed = []
        for request, area in zip(requests, self.placing.areas_of(db, people), strict=True):
            if isinstance(area, Refusal):
                answers[request.id] = area
            else:
                placed.append(replace(request, area=area or ""))
        return placed

    def _hindrances(self, db: Session, stopped: Stopped) -> Hindrances:
        since = self.say_date(stopped.signing_since + AN_INSTANT) if stopped.signing_since else ""
        return Hindrances(self.blocklist.now(db), stopped, since)

    def _keep_to_the_clock(self, standings: Mapping[int, Standing], stopped: Stopped, now: datetime) -> None:
        for standing in standings.values():
            standing.keep_to_election(stopped.election_at, now)
            if standing.closes_at is not None:
                standing.closed_on = self.say_date(standing.closes_at)
