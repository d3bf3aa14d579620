"""What moderators and departments do with one petition."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.moderation import service as moderation
from app.moderation.model import Case, Revision
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import OF_TEXTS
from app.outcomes import queries as duties
from app.outcomes import service as outcomes
from app.outcomes.model import Answer, Referral
from app.outcomes.rules.answers import read_answer
from petitions.demo.town import Town, officer_of
from petitions.model.petition import Petition
from petitions.model.sorting import Topic
from petitions.queries.sorting import sorting_of
from petitions.rules.debates import LINKS, DebateState, DebateText
from petitions.rules.sorting import Sorting
from petitions.rules.texts import Texts
from petitions.service import correcting, debating, sorting

Entry = Mapping[str, Any]
#: answers and debates of today were given before the demo began
BEFORE = timedelta(hours=3)


class Staff:
    """The staff's side of one petition's life; ``petition_id`` is set once it is there."""

    def __init__(self, town: Town, entry: Entry) -> None:
        self.town, self.entry, self.petition_id = town, entry, 0

    # moderators

    def publish(self, at: datetime) -> datetime | None:
        """Publish it; answers when it closes, or None where it does not wait."""
        if not self._judge(at, Verdict.PUBLISH, extras={"department": self.entry["department"]}):
            return None
        return self.town.write(lambda db: db.get_one(Petition, self.petition_id).closes_at)

    def reject(self, at: datetime, survivor_id: int) -> bool:
        """Refuse it before publication; answers whether it waited."""
        why = self.entry["rejection"]
        survivor = str(survivor_id) if survivor_id else ""
        return self._judge(at, Verdict.REJECT, why["code"], why["details"], {"survivor": survivor})

    def _judge(
        self,
        at: datetime,
        verdict: Verdict,
        code: str = "",
        note: str = "",
        extras: Mapping[str, str] | None = None,
        by: int | None = None,
    ) -> bool:
        def decide(db: Session) -> bool:
            about_it = (Case.subject_kind == "petition", Case.subject_id == self.petition_id)
            case = db.scalar(select(Case.id).where(*about_it, Case.state == "waiting", Case.origin.in_(OF_TEXTS)))
            if case is None:
                return False
            moderation.decide(
                db,
                self.town.site.moderated,
                case,
                revision_id=db.scalars(select(func.max(Revision.id)).where(Revision.case_id == case)).one(),
                verdict=verdict,
                reason_code=code,
                note=note,
                extras=extras,
                by=by or self.town.moderator,
                now=at,
            )
            return True

        return self.town.write(decide)

    def take_down(self, at: datetime) -> None:
        why, subject = self.entry["rejection"], SubjectRef("petition", self.petition_id)

        def remove(db: Session) -> None:
            moderation.take_down(
                db,
                self.town.site.moderated,
                subject,
                reason_code=why["code"],
                note=why["details"],
                by=self.town.moderator,
                now=at,
            )

        self.town.write(remove)

    def sort(self, at: datetime) -> None:
        """Topics, notes and tags, where the content has any."""
        wanted = self.entry.get("topics", ())

        def store(db: Session) -> None:
            petition = db.get_one(Petition, self.petition_id)
            topics = frozenset(db.scalars(select(Topic.id).where(Topic.name.in_(wanted))))
            tags, notes = (
                tuple(sorted(self.entry.get("tags", ()))),
                (self._text("public_note"), self._text("staff_note")),
            )
            seen = sorting_of(db, petition).digest
            new = Sorting(topics, *notes, tags)
            sorting.sort(db, self.petition_id, new, seen=seen, by=self.town.moderator, now=at)

        self.town.write(store)

    def _text(self, name: str) -> str:
        return str(self.entry.get(name, ""))

    def plan_debates_and_corrections(self, chance: random.Random) -> None:
        """What is said of it on days of its own."""
        for said in self.entry.get("debate", ()):
            self.town.timeline.plan(self.town.at_work(said["days_ago_said"], chance), partial(self._debate, said))
        if "correction" in self.entry:
            at = self.town.at_work(self.entry["correction"]["days_ago"], chance)
            self.town.timeline.plan(at, self._correct)

    def _correct(self, at: datetime) -> None:
        """Put right what was wrong in the published text; a version that everyone can compare."""
        changed = self.entry["correction"]
        texts = Texts(*(changed.get(name, self.entry[name]) for name in ("action", "background", "details")))

        def store(db: Session) -> None:
            correcting.correct(
                db,
                self.town.announcing,
                self.petition_id,
                texts,
                changed["note"],
                after_version=1,
                by=self.town.moderator,
                now=at,
            )

        self.town.write(store)
        self._judge(at + timedelta(hours=2), Verdict.PUBLISH, by=self.town.administrator)
        self.town.send_news(at)

    # its department

    def received_at(self) -> datetime | None:
        """Since when an answer is owed."""
        with self.town.database.reading() as db:
            duty = self._duty(db, "response")
            return duty.received_at if duty else None

    def plan_answers(self, received: datetime) -> None:
        for name in ("answer", "answer_later"):
            if given := self.entry.get(name):
                at = min(received + timedelta(days=given["days_after"]), self.town.now - BEFORE)
                self.town.timeline.plan(at, partial(self._answer, given))

    def _answer(self, given: Entry, at: datetime) -> None:
        """The department answers what reached the response threshold, or corrects its answer."""
        text = read_answer(self.entry["answer"]["grade"], given["summary"], given["details"])

        def give(db: Session) -> None:
            if (duty := self._duty(db, "response")) is None:
                return
            version = db.scalar(select(func.max(Answer.version)).where(Answer.referral_id == duty.id)) or 0
            department = duty.department_id or 0
            by = officer_of(db, department)
            outcomes.answer(db, duty.id, department, text, after_version=version, by=by, now=at)

        self.town.write(give)
        self.town.send_news(at)

    def _debate(self, said: Entry, at: datetime) -> None:
        """What there is to say of the debate, where one is owed."""
        text = self._debate_text(said)

        def release(db: Session) -> None:
            if (duty := self._duty(db, "debate")) is None:
                return
            department = duty.department_id or 0
            self.town.debating.release(
                db,
                self.petition_id,
                department,
                text,
                after_version=len(debating.all_versions(db, self.petition_id)),
                send_news=True,
                by=officer_of(db, department),
                now=at,
            )

        self.town.write(release)
        self.town.send_news(at)

    def _debate_text(self, said: Entry) -> DebateText:
        day = self.town.day(said["day"]) if "day" in said else None
        links = {name: f"https://{said[name]}" for name in LINKS if name in said}
        return DebateText(DebateState(said["state"]), day, said.get("overview", ""), **links)

    def _duty(self, db: Session, cause: str) -> Referral | None:
        """The newest that is owed or answered."""
        found = duties.referrals_about(db, SubjectRef("petition", self.petition_id))
        return next((r for r in reversed(found) if r.cause == cause and r.state != "closed"), None)
