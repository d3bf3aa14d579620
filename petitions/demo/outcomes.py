"""What departments and the committee do beside answering, and what signers say of the answers."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Refusal
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.departments.queries import by_slug
from app.outcomes import queries as duties
from app.outcomes.model import Commitment, Referral, Route
from app.outcomes.rules.answers import Addressed
from app.outcomes.rules.commitments import OPEN, Progress, Promise, Update
from app.outcomes.rules.deadlines import end_of
from app.outcomes.service import committing, feedback, steering
from app.outcomes.service.committing import report_progress
from petitions.demo.life import Life
from petitions.demo.town import Town, officer_of
from petitions.model.signature import Signature
from petitions.model.sorting import Topic
from petitions.rules.lifecycle import SignatureState

HERE = Path(__file__).resolve().parent
Entry = Mapping[str, Any]


class Outcomes:
    """Plans everything of ``outcomes.toml``; what does not fit on its day does not happen."""

    def __init__(self, town: Town, lives: Mapping[str, Life]) -> None:
        self.town, self.lives = town, lives
        self.content = tomllib.loads((HERE / "outcomes.toml").read_text(encoding="utf-8"))
        self.chance = random.Random("Department")
        self.calendar = town.site.calendar

    def plan(self) -> None:
        founded = min(life.created_at for life in self.lives.values()) - timedelta(hours=12)
        self.town.timeline.plan(founded, self._arrange)
        acts = {
            "accepted": self._accept,
            "handing": self._hand_on,
            "ruling": self._rule,
            "extension": self._extend,
            "returned": self._send_back,
            "settled": self._settle,
            "promise": self._promise,
            "said": self._say,
        }
        for name, act in acts.items():
            for entry in self.content[name]:
                self._plan(entry["days_ago"], partial(self._happen, partial(act, entry)))

    def _plan(self, days_ago: int, happening: Any, after: datetime | None = None) -> None:
        """On its day, but not before what it follows."""
        at = self.town.at_work(days_ago, self.chance)
        self.town.timeline.plan(max(at, after + timedelta(hours=1)) if after else at, happening)

    def _happen(self, act: Any, at: datetime) -> None:
        """In a transaction of its own; a refusal leaves nothing behind."""
        try:
            self.town.write(lambda db: act(db, at))
        except Refusal:
            return

    # the office

    def _arrange(self, _at: datetime) -> None:
        """Topics have their departments."""
        self.town.write(self._name_routes)

    def _name_routes(self, db: Session) -> None:
        slugs = {t.name: t.slug for t in db.scalars(select(Topic))}
        for route in self.content["route"]:
            topic = slugs[route["topic"]]
            db.add(Route(topic=topic, department_id=self._department(db, route["lead"]).id, part="lead"))
            helpers = [self._department(db, slug).id for slug in route["support"]]
            db.add_all(Route(topic=topic, department_id=helper, part="support") for helper in helpers)

    # whose it is, and by when

    def _accept(self, entry: Entry, db: Session, at: datetime) -> None:
        if (duty := self._duty(db, entry)) is not None:
            by = officer_of(db, duty.department_id)
            steering.accept(db, duty.id, duty.department_id or 0, by=by, now=at)

    def _hand_on(self, entry: Entry, db: Session, at: datetime) -> None:
        if (duty := self._duty(db, entry)) is not None:
            to, by = self._department(db, entry["to"]), officer_of(db, duty.department_id)
            steering.not_ours(db, duty.id, duty.department_id or 0, to, entry["reason"], by=by, now=at)

    def _rule(self, entry: Entry, db: Session, at: datetime) -> None:
        if (duty := self._duty(db, entry)) is not None:
            to = self._department(db, entry["to"])
            steering.rule(db, duty.id, to, entry["reason"], by=self.town.administrator, now=at)

    def _extend(self, entry: Entry, db: Session, at: datetime) -> None:
        if (duty := self._duty(db, entry)) is not None:
            by, due = officer_of(db, duty.department_id), self._end_of_work(db, entry["new_day"])
            steering.extend(db, duty.id, duty.department_id, due, entry["reason"], by=by, now=at)

    def _send_back(self, entry: Entry, db: Session, at: datetime) -> None:
        if (duty := self._duty(db, entry)) is not None:
            due = self._end_of_work(db, entry["new_day"])
            steering.send_back(db, duty.id, due, entry["reason"], by=self.town.administrator, now=at)

    def _settle(self, entry: Entry, db: Session, at: datetime) -> None:
        if (duty := self._duty(db, entry)) is not None and duty.answered_at is not None:
            steering.settle(db, duty.id, entry["reason"], by=self.town.administrator, now=at)

    # promises

    def _promise(self, entry: Entry, db: Session, at: datetime) -> None:
        """Made after the answer; its steps follow on days of their own."""
        duty = self._answered(db, entry, partial(self._promise, entry), at)
        if duty is None or duty.department_id is None:
            return
        day = self.calendar.working(db).from_day(self.town.day(entry["due"]))
        promise = Promise(entry["text"], entry["owner"], day)
        by, subject = officer_of(db, duty.department_id), SubjectRef(duty.subject_kind, duty.subject_id)
        made = committing.make(db, subject, duty.department_id, promise, by=by, now=at, referral=duty)
        for step in entry.get("step", ()):
            self._plan(step["days_ago"], partial(self._happen, partial(self._note, made.id, step)), at)

    def _note(self, promise_id: int, step: Entry, db: Session, at: datetime) -> None:
        promise = db.get_one(Commitment, promise_id)
        progress = Progress(step["progress"])
        later = self.town.day(step["new_day"]) if "new_day" in step and promise.progress in OPEN else None
        day = self.calendar.working(db).from_day(later) if later else None
        links = tuple(f"https://{link}" for link in step.get("links", ()))
        said, by = Update(progress, step["note"], links, day), officer_of(db, promise.department_id)
        department = promise.department_id
        report_progress(db, promise_id, department, said, after=promise.updates, by=by, now=at)

    # signers

    def _say(self, entry: Entry, db: Session, at: datetime) -> None:
        """As many as there are of those who signed before."""
        duty = self._answered(db, entry, partial(self._say, entry), at)
        if duty is None:
            return
        counted = (Signature.petition_id == duty.subject_id, Signature.state == SignatureState.VALIDATED)
        signers = db.scalars(select(Signature.id).where(*counted).order_by(Signature.number)).all()
        words = [each for each in Addressed for _one in range(entry[each])]
        for person, addressed in zip(signers, words, strict=False):
            feedback.say(db, duty.id, person, addressed, at)

    def _answered(self, db: Session, entry: Entry, act: Any, at: datetime) -> Referral | None:
        """What was answered; where that is still to come, the act waits until the next day."""
        duty = self._duty(db, entry)
        if duty is not None and duty.answered_at is not None:
            return duty
        self.town.timeline.plan(at + timedelta(days=1), partial(self._happen, act))
        return None

    def _duty(self, db: Session, entry: Entry) -> Referral | None:
        """The newest answer that is owed or was given."""
        about = SubjectRef("petition", self.lives[entry["petition"]].id)
        found = [r for r in duties.referrals_about(db, about) if r.cause == "response" and r.state != "closed"]
        return found[-1] if found else None

    def _department(self, db: Session, slug: str) -> Department:
        found = by_slug(db, slug)
        assert found is not None, slug
        return found

    def _end_of_work(self, db: Session, days_ago: int) -> datetime:
        return end_of(self.calendar.working(db).from_day(self.town.day(days_ago)), self.town.zone)
