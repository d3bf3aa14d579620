"""Mia and Max moderate, Ada administers; Ana and Ben say things. They act through the services, as pages do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.core.subject import SubjectRef
from app.moderation import appeals, bulk, claims, duty, hiding, service
from app.moderation.hiding import ReporterKey
from app.moderation.model import Appeal, Case, Decision, LogLine, Revision
from app.moderation.rules.standards import Verdict
from tests.app.comments.forum import Forum
from tests.site import Town


class Moderators:
    """The desk of one forum."""

    def __init__(self, forum: Forum) -> None:
        self.forum, self.town = forum, forum.town
        self.database, self.site = forum.town.database, forum.town.site

    @classmethod
    def of(cls, town: Town) -> Moderators:
        """Of a town that only petitions."""
        return cls(Forum(town))

    @property
    def now(self) -> datetime:
        return self.town.now

    @property
    def mia(self) -> int:
        return self.town.staff("mia@example.org", "moderator")

    @property
    def max(self) -> int:
        return self.town.staff("max@example.org", "moderator")

    @property
    def ada(self) -> int:
        return self.town.staff("ada@example.org", "administrator")

    def duty(self, account: int, *, on: bool) -> None:
        self.database.retrying(lambda db: duty.switch(db, account, to=on, now=self.now))

    # what waits

    def case(self, comment: int, origin: str = "") -> Case:
        """The newest about this comment."""
        about = (Case.subject_kind == "comment", Case.subject_id == comment)
        return self.town.rows(Case, *about, *([Case.origin == origin] if origin else []))[-1]

    def state(self, case: int) -> str:
        with self.database.reading() as db:
            return db.get_one(Case, case).state

    def revision(self, case: int) -> int:
        with self.database.reading() as db:
            return db.scalar(select(func.max(Revision.id)).where(Revision.case_id == case)) or 0

    def decisions(self) -> list[Decision]:
        """About comments; the petition that they are about was decided too."""
        comments = select(Case.id).where(Case.subject_kind == "comment")
        return self.town.rows(Decision, Decision.case_id.in_(comments))

    def lines(self) -> list[LogLine]:
        """Of the log, about comments."""
        return self.town.rows(LogLine, LogLine.kind == "comment")

    # what moderators do

    def decide(
        self,
        case: int,
        verdict: str = "publish",
        *,
        by: int | None = None,
        revision: int | None = None,
        reason: str = "",
        note: str = "",
        internal: str = "",
    ) -> Decision:
        seen = self.revision(case) if revision is None else revision
        by = self.mia if by is None else by
        return self.database.retrying(
            lambda db: service.decide(
                db,
                self.site.moderated,
                case,
                revision_id=seen,
                verdict=Verdict(verdict),
                reason_code=reason,
                note=note,
                internal=internal,
                by=by,
                now=self.now,
            )
        )

    def reject(self, comment: int, reason: str = "spam", *, by: int | None = None, note: str = "") -> Decision:
        """The comment's waiting case."""
        return self.decide(self.case(comment).id, "reject", reason=reason, note=note, by=by)

    def claim(self, case: int, by: int) -> claims.Holder | None:
        return self.database.retrying(lambda db: claims.claim(db, case, by, self.now, moderated=self.site.moderated))

    def release(self, case: int, by: int) -> None:
        self.database.retrying(lambda db: claims.release(db, case, by, self.now))

    def step_back(self, case: int, by: int, why: str = "My brother wrote it.") -> None:
        self.database.retrying(lambda db: claims.step_back(db, case, why, by=by, now=self.now))

    def decide_many(self, cases: list[int], verdict: str = "reject", *, reason: str = "spam", by: int) -> bulk.Done:
        chosen = [(case, self.revision(case)) for case in cases]
        return bulk.decide_many(
            self.database,
            self.site.moderated,
            chosen,
            verdict=Verdict(verdict),
            reason_code=reason,
            by=by,
            now=self.now,
        )

    def undo(self, batch: int, by: int) -> bulk.Done:
        return bulk.undo(self.database, self.site.moderated, batch, by=by, now=self.now)

    # what authors and readers do

    def appeal(self, decision: int, words: str = "I named nobody.") -> Appeal:
        return self.database.retrying(
            lambda db: appeals.appeal(db, self.site.moderated, self.site.moderating, decision, words, self.now)
        )

    def report(self, comment: int, name: str = "", *, reason: str = "offensive", trusted: bool = True) -> Any:
        """By this person, or by somebody unknown."""
        who = ReporterKey(self.forum.person(name).id, trusted=trusted) if name else ReporterKey()
        return self.database.retrying(
            lambda db: hiding.receive(
                db,
                self.site.moderated,
                SubjectRef("comment", comment),
                reason,
                "",
                reporter=who,
                hide_at=self.site.moderating.reports_hide_at,
                now=self.now,
            )
        )

    def shown(self, comment: int) -> str:
        """Its state."""
        return str(self.forum.comment(comment).state)
