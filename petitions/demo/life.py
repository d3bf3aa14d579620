"""One petition's life, from its creator's form to where the content says that it stands today."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from petitions.demo.crowd import Person, creator_address, spread
from petitions.demo.staff import Staff
from petitions.demo.town import Town
from petitions.demo.wards import Neighbourhood
from petitions.model.signature import Signature
from petitions.rules.lifecycle import PetitionState, SignatureState
from petitions.rules.texts import Texts
from petitions.service import authoring, closing, drafting, ending, stopping, withdrawing
from petitions.service.acts import SignatureConfirmation, SignatureRequest

A_CHUNK = 12
A_MOMENT = timedelta(minutes=10)
#: who opens the letter at all does so within this time
SOON = timedelta(seconds=170)
#: nobody of the steady stream comes later than this; who comes in the last hour is counted apart
QUIET = timedelta(minutes=75)
Entry = Mapping[str, Any]


class Life:
    """Plans each step when the one before it has happened."""

    def __init__(self, town: Town, entry: Entry, all_lives: Mapping[str, Life]) -> None:
        self.town, self.entry, self.all_lives = town, entry, all_lives
        self.chance = random.Random(f"Northmere {entry['key']}")
        self.staff = Staff(town, entry)
        self.regulars = [*town.crowd.regulars.get(entry["key"], ())]
        self.neighbourhood = Neighbourhood(entry["key"], town.crowd.names)
        self.id, self.created_at = 0, self._at("days_ago_created")
        #: something waits for the day on which an answer falls due
        self.awaits_duty = "answer" in entry or "changed_minds" in entry

    def begin(self) -> None:
        self.town.timeline.plan(self.created_at, self.create)

    def create(self, at: datetime) -> None:
        """The creator sends it in."""
        _name, _address, country, postcode = self.town.crowd.person()
        draft = drafting.Draft(
            action=self.entry["action"],
            background=self.entry["background"],
            additional_details=self.entry["details"],
            creator_name=self.entry["creator"],
            address=creator_address(self.entry),
            country=country,
            postcode=postcode,
            notify=True,
            privacy="1",
            submission_id=f"demo-{self.entry['key']}",
        )
        keys, policy = self.town.site.keys, self.town.policy
        self.id = self.staff.petition_id = self.town.write(lambda db: drafting.start(db, keys, policy, draft, at).id)
        if self.entry["state"] != PetitionState.PENDING:
            self._gather_support(at)

    # before publication

    def _gather_support(self, created: datetime) -> None:
        """Its first supporters; at the last who is needed it goes to the moderators."""
        needed = self.town.policy.sponsors_needed
        decided, submitted = self._decided_at(), self._submitted_at(created)
        supporters = needed if "days_ago_opened" in self.entry else self.entry["signatures"] - 1
        first = spread(created, submitted, min(supporters, needed), "burst", self.chance)
        if supporters >= needed:
            first[-1] = submitted
        self._sign(first, sponsor=True)
        self._sign(
            spread(submitted, decided or self.town.now, supporters - needed, "steady", self.chance), sponsor=True
        )
        if decided is not None:
            self.town.timeline.plan(decided, self.publish if "days_ago_opened" in self.entry else self.reject)
        if self.entry["state"] == PetitionState.STOPPED:
            given_up = created + timedelta(days=self.town.policy.abandoned_days, hours=1)
            self.town.timeline.plan(given_up, self._give_up)
        self.town.timeline.plan((decided or submitted) + A_MOMENT, self.staff.sort)

    def _submitted_at(self, created: datetime) -> datetime:
        if "days_ago_submitted" in self.entry:
            return self._at("days_ago_submitted")
        decided = self._decided_at()
        if self.entry["state"] == PetitionState.STOPPED:
            return created + timedelta(days=20)
        return created + (decided - created) / 2 if decided else self.town.now - QUIET

    def _decided_at(self) -> datetime | None:
        """When the moderators decide for the first time, if they have."""
        decision = "days_ago_opened" if "days_ago_opened" in self.entry else "days_ago_closed"
        return self._at(decision) if decision in self.entry else None

    def _give_up(self, at: datetime) -> None:
        self.town.write(lambda db: stopping.stop_abandoned(db, self.town.policy, at))

    def reject(self, at: datetime) -> None:
        """It is refused; perhaps its creator changes it and sends it in again."""
        survivor = self.all_lives.get(self.entry.get("duplicate_of", ""))
        rejected = self.staff.reject(at, survivor.id if survivor else 0)
        if rejected and self.town.policy.resubmissions and (changed := self.entry.get("resubmission")):
            texts = Texts(changed["action"], changed["background"], changed["details"])
            again = self.town.at_work(changed["days_ago"], self.chance)
            self.town.timeline.plan(again, partial(self._resubmit, texts))

    def _resubmit(self, texts: Texts, at: datetime) -> None:
        self.town.write(lambda db: authoring.resubmit(db, self.town.policy, self.id, texts, at))

    # open to everyone

    def publish(self, at: datetime) -> None:
        """The moderators publish it, and everyone may sign."""
        closes_at = self.staff.publish(at)
        if closes_at is None:  # other numbers than the demo's: it never came to the moderators
            return
        ended = closes_at
        if "days_ago_closed" in self.entry:
            ended = min(self._at("days_ago_closed"), closes_at - A_MOMENT)
            self.town.timeline.plan(ended, self._end_early)
        self.town.timeline.plan(closes_at, self._close)
        self._gather(at, min(ended, self.town.now - QUIET))
        self._gather_lately()
        self.staff.plan_debates_and_corrections(self.chance)

    def _gather(self, opened: datetime, until: datetime) -> None:
        leave = self.entry.get("changed_minds", 0) + self.entry.get("discarded", 0)
        more = self.entry["signatures"] + leave - self.town.policy.sponsors_needed - 1 - self.entry.get("last_hour", 0)
        times = spread(opened, until, more, self.entry["pace"], self.chance)
        self._sign(times, at_once=1 if "changed_minds" in self.entry else A_CHUNK)
        if "discarded" in self.entry:
            self.town.timeline.plan(until - (until - opened) / 10, self._discard)

    def _gather_lately(self) -> None:
        """Who came within the last hour, and who has still to open the letter."""
        minutes = sorted((3 + 50 * self.chance.random() for _ in range(self.entry.get("last_hour", 0))), reverse=True)
        self._sign([self.town.now - timedelta(minutes=m) for m in minutes], at_once=1)
        for _one in range(self.entry.get("unconfirmed", 0)):
            at = self.town.now - timedelta(minutes=3 + 50 * self.chance.random())
            self.town.timeline.plan(at, partial(self._ask_only, [at]))

    def _end_early(self, at: datetime) -> None:
        """Its creator withdraws it, or a moderator takes it down."""
        if self.entry["state"] == PetitionState.WITHDRAWN:
            self.town.write(lambda db: authoring.withdraw(db, self.town.announcing, self.id, at))
        else:
            self.staff.take_down(at)
        self.town.send_news(at)

    def _close(self, at: datetime) -> None:
        self.town.write(lambda db: closing.close_overdue(db, at, self.town.announcing))
        self.town.send_news(at)

    # signatures

    def _sign(self, times: Sequence[datetime], *, sponsor: bool = False, at_once: int = A_CHUNK) -> None:
        """People sign and confirm, some at a time."""
        for start in range(0, len(times), at_once):
            chunk = times[start : start + at_once]
            self.town.timeline.plan(chunk[-1], partial(self._ask_and_confirm, chunk, sponsor))

    def _ask_and_confirm(self, times: Sequence[datetime], sponsor: bool, at: datetime) -> None:
        asked = [self._request(when, sponsor) for when in times]
        kept = [SignatureConfirmation(at=a.at + SOON * self.chance.random(), signature_id=a.id) for a in asked]

        def perform(db: Session) -> None:
            self.town.performer.perform(db, asked, at)
            self.town.performer.perform(db, kept, at + SOON)

        self.town.write(perform)
        if self.awaits_duty:
            self._look_for_duty(at)

    def _ask_only(self, times: Sequence[datetime], at: datetime) -> None:
        asked = [self._request(when, sponsor=False) for when in times]
        self.town.write(partial(self.town.performer.perform, acts=asked, now=at))

    def _request(self, at: datetime, sponsor: bool) -> SignatureRequest:
        name, address, country, postcode = self._next_person(sponsor)
        return SignatureRequest(
            at=at,
            petition_id=self.id,
            name=name,
            address=address,
            country=country,
            postcode=postcode,
            notify=self.chance.random() < 0.6,
            privacy="1",
            sponsor=sponsor,
        )

    def _next_person(self, sponsor: bool) -> Person:
        """A regular comes in the place of somebody: everyone else stays who they are."""
        person = self.town.crowd.person()
        return self.regulars.pop() if self.regulars and not sponsor else self.neighbourhood.moves_in(person)

    def _look_for_duty(self, at: datetime) -> None:
        """Once the response threshold is reached: an answer to come, or people who leave."""
        received = self.staff.received_at()
        if received is None:
            return
        self.awaits_duty = False
        self.staff.plan_answers(received)
        if "changed_minds" in self.entry:
            self.town.timeline.plan(at + A_MOMENT, self._change_minds)

    def _change_minds(self, at: datetime) -> None:
        def leave(db: Session) -> None:
            for signature in self._newest(db, self.entry["changed_minds"]):
                withdrawing.withdraw(db, signature, closed_on="", now=at)

        self.town.write(leave)

    def _discard(self, at: datetime) -> None:
        why = "Three names out of one list, a second apart."

        def discard(db: Session) -> None:
            for signature in self._newest(db, self.entry["discarded"]):
                ending.invalidate(db, signature, reason="automated", by=self.town.moderator, now=at, note=why)

        self.town.write(discard)

    def _newest(self, db: Session, count: int) -> Sequence[int]:
        counted = (Signature.petition_id == self.id, Signature.state == SignatureState.VALIDATED)
        newest = select(Signature.id).where(*counted, Signature.kind == "public").order_by(Signature.number.desc())
        return db.scalars(newest.limit(count)).all()

    def _at(self, name: str) -> datetime:
        """The instant of an entry's day: the same whenever it is asked for."""
        return self.town.at_work(self.entry[name], random.Random(f"{self.entry['key']} {name}"))
