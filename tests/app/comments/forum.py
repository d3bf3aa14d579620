"""A town that discusses its petitions: its people say, answer, vote and report; a moderator decides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app.accounts.model import Account
from app.comments.model import Comment, CommentRevision, Thread
from app.comments.queries import paging
from app.comments.queries.paging import Place, ThreadPage
from app.comments.queries.threads import thread_of
from app.comments.rules.lifecycle import Mode
from app.comments.rules.texts import Stance
from app.comments.service import editing, running, saying, withdrawing
from app.comments.service.saying import Words
from app.comments.service.voting import CommentVote, Voted
from app.core.db import Database
from app.core.errors import Refusal
from app.core.subject import SubjectRef
from app.moderation import service as moderation
from app.moderation.model import Case, Revision
from app.moderation.rules.standards import Verdict
from tests.site import Town, _hashed


def address_of(name: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))[-60:].strip("-")


class Forum:
    """``mode`` of the petition that everyone talks about: before or after."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.people: dict[str, Account] = {}
        self.performer = town.site.performers[CommentVote]
        self._petition: int | None = None

    @property
    def petition(self) -> int:
        if self._petition is None:
            self._petition = self.town.open_petition()
        return self._petition

    @property
    def subject(self) -> SubjectRef:
        return SubjectRef("petition", self.petition)

    # people

    def person(self, name: str, *, new: bool = False, role: str = "citizen") -> Account:
        """Somebody with an account; one whose texts passed before, unless they are new."""
        if name not in self.people:
            account = Account(
                email=f"{address_of(name)}@example.org",
                name=name,
                password_hash=_hashed(),
                role=role,
                created_at=self.town.now - timedelta(days=30),
                email_confirmed_at=self.town.now - timedelta(days=30),
                approved_texts=0 if new else 1,
            )
            with self.town.database.writing() as db:
                db.add(account)
            self.people[name] = account
        return self.people[name]

    def again(self, name: str) -> Account:
        """As the account stands now."""
        with self.town.database.reading() as db:
            return db.get_one(Account, self.people[name].id)

    # what they do

    def say(
        self,
        name: str,
        body: str = "Apples do well there.",
        *,
        to: int | None = None,
        about: SubjectRef | None = None,
        stance: Stance | None = None,
    ) -> int:
        """The number of what they said."""
        account, words = self.person(name), Words(body, "en", stance, to)
        subject, now = about or self.subject, self.town.now
        return self.town.database.retrying(
            lambda db: saying.say(db, self.town.site.discussed, subject, account, words, now).id
        )

    def published(self, name: str, body: str = "Apples do well there.", *, to: int | None = None) -> int:
        """Said, and published by a moderator where it has to wait."""
        comment = self.say(name, body, to=to)
        if self.comment(comment).state != "published":
            self.decide(comment)
        self.town.clock.advance(timedelta(seconds=1))
        return comment

    def edit(self, name: str, comment: int, body: str, *, after: int | None = None) -> None:
        seen = self.comment(comment).revision if after is None else after
        self.town.database.retrying(
            lambda db: editing.edit(
                db,
                self.town.site.discussed,
                comment,
                self.person(name),
                body,
                after_revision=seen,
                now=self.town.now,
            )
        )

    def withdraw(self, name: str, comment: int) -> None:
        self.town.database.retrying(lambda db: withdrawing.withdraw(db, comment, self.person(name), self.town.now))

    def vote_act(self, name: str, comment: int, value: int) -> CommentVote:
        return CommentVote(at=self.town.now, comment_id=comment, account_id=self.person(name).id, value=value)

    def perform(self, acts: Sequence[CommentVote]) -> list[Any]:
        """One batch, as the intake performs it; refusals are answers."""
        return self.town.database.retrying(lambda db: list(self.performer.perform(db, acts, self.town.now)))

    def vote(self, name: str, comment: int, value: int) -> Voted:
        [answer] = self.perform([self.vote_act(name, comment, value)])
        if isinstance(answer, Refusal):
            raise answer
        return answer

    # moderators

    def mode(self, mode: str) -> None:
        by = self.town.moderator()
        self.town.database.retrying(
            lambda db: running.set_mode(
                db, self.town.site.discussed, self.subject, Mode(mode), by=by, now=self.town.now
            )
        )

    def close(self) -> None:
        by = self.town.moderator()
        self.town.database.retrying(
            lambda db: running.close(db, self.town.site.discussed, self.subject, by=by, now=self.town.now)
        )

    def decide(self, comment: int, verdict: Verdict = Verdict.PUBLISH, *, reason: str = "", note: str = "") -> int:
        """The moderator decides the comment's waiting case; answers the decision's number."""
        by = self.town.moderator()
        case = self.town.rows(Case, Case.subject_kind == "comment", Case.subject_id == comment)[-1].id
        with self.town.database.reading() as db:
            revision = db.scalar(select(func.max(Revision.id)).where(Revision.case_id == case)) or 0
        decision = self.town.database.retrying(
            lambda db: moderation.decide(
                db,
                self.town.site.moderated,
                case,
                revision_id=revision,
                verdict=verdict,
                reason_code=reason,
                note=note,
                by=by,
                now=self.town.now,
            )
        )
        return decision.id

    def take_down(self, comment: int, reason: str = "offensive") -> None:
        by, subject = self.town.moderator(), SubjectRef("comment", comment)
        self.town.database.retrying(
            lambda db: moderation.take_down(
                db, self.town.site.moderated, subject, reason_code=reason, by=by, now=self.town.now
            )
        )

    # what is so

    def comment(self, comment: int) -> Comment:
        with self.town.database.reading() as db:
            return db.get_one(Comment, comment)

    @property
    def thread(self) -> Thread:
        with self.town.database.reading() as db:
            found = thread_of(db, self.subject)
        assert found is not None
        return found

    def texts(self, comment: int) -> list[str]:
        rows = self.town.rows(CommentRevision, CommentRevision.comment_id == comment)
        return [row.body for row in rows]

    def read(self, comment: int) -> str | None:
        """What everyone reads of it."""
        from app.comments.queries import threads

        with self.town.database.reading() as db:
            row = threads.one(db, comment)
        return row.body if row else None

    def page(self, sort: str = "newest", place: Place | None = None) -> ThreadPage:
        orders = self.town.site.dependencies["comment_orders"]
        with self.town.database.reading() as db:
            return paging.thread_page(db, orders, self.thread.id, sort, place, self.town.now)

    def broken(self) -> dict[str, list[str]]:
        return {name: faults for name, faults in self.town.broken().items() if "comments" in name}


def forum_on(database: Database, folder: Path, mode: str = "after", **more: Any) -> Forum:
    return Forum(Town(database, folder, petitions_discussion=mode, **more))
