"""The demo's discussions: said, answered, voted on, changed, refused and withdrawn through the services, as people do."""

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

from app.accounts.model import Account
from app.accounts.rules.roles import Role
from app.comments.contribution import takes_comments
from app.comments.model import Comment
from app.comments.queries import threads
from app.comments.rules.lifecycle import CommentState
from app.comments.service import editing, saying, withdrawing
from app.comments.service.saying import Words
from app.comments.service.voting import CommentVote
from app.core.subject import SubjectRef
from app.moderation import queries as moderation_queries
from app.moderation import service as moderation
from app.moderation.model import Case
from app.moderation.rules.standards import Verdict
from petitions.demo.life import Life
from petitions.demo.town import Town
from petitions.model.petition import Petition

HERE = Path(__file__).resolve().parent
A_WHILE = timedelta(minutes=40)
#: whenever in that day it was published, it is open by then
BY_EVENING = timedelta(hours=8)
BEFORE = timedelta(days=60)
#: ago, in days: what waits came in then
A_FEW_DAYS = 6
Entry = Mapping[str, Any]


class Talk:
    """Plans what is said about the petitions that the file names."""

    def __init__(self, town: Town, lives: Mapping[str, Life]) -> None:
        self.town, self.lives = town, lives
        self.content: Entry = tomllib.loads((HERE / "talk.toml").read_text(encoding="utf-8"))
        self.chance = random.Random("Northmere talks")
        self.people: dict[str, Account] = {}
        self.said: dict[str, int] = {}
        self.act = town.site.performers[CommentVote]

    def plan(self) -> None:
        if self.town.site.discussed["petition"].mode is None:  # type: ignore[attr-defined]
            return
        founded = min(life.created_at for life in self.lives.values()) - BEFORE
        self.town.write(partial(self._settle_in, founded=founded))
        for talk in self.content["talk"]:
            life = self.lives[talk["petition"]]
            opened = self.town.at_work(life.entry["days_ago_opened"], self.chance) + BY_EVENING
            for entry in talk["said"]:
                at = opened + timedelta(hours=entry["hours"])
                if entry.get("verdict") == "wait":  # moderators keep their promise
                    at = max(at, self.town.at_work(A_FEW_DAYS, self.chance))
                self.town.timeline.plan(at, partial(self._say, life, entry))

    def _settle_in(self, db: Session, founded: datetime) -> None:
        """Everyone who speaks has an account; the newcomer's first text has not been checked yet."""
        for name in [*self.content["voices"], "newcomer"]:
            is_new = name == "newcomer"
            shown = "Edwin Farrow" if is_new else name
            account = Account(
                email=f"{shown.lower().replace(' ', '.')}@example.org",
                name=shown,
                role=Role.CITIZEN,
                created_at=founded,
                email_confirmed_at=founded,
                approved_texts=0 if is_new else 1,
            )
            db.add(account)
            self.people[name] = account
        officials = select(Account).where(Account.role == Role.OFFICIAL).order_by(Account.id)
        self.people["official"] = db.scalars(officials).first() or self.people["newcomer"]

    def _say(self, life: Life, entry: Entry, at: datetime) -> None:
        """Unless the petition came to an end before, in a demo of other numbers than usual."""
        about = SubjectRef("petition", life.id)
        to = self.said.get(entry.get("to", ""))
        if not self.town.write(partial(self._is_open, about=about, at=at)) or ("to" in entry and to is None):
            return
        words, by = Words(entry["body"], entry.get("language", "en"), None, to), self.people[entry["by"]]
        discussed = self.town.site.discussed
        comment = self.town.write(lambda db: saying.say(db, discussed, about, by, words, at).id)
        verdict = entry.get("verdict", "publish")
        if verdict != "wait":
            self.town.timeline.plan(at + A_WHILE, partial(self._judge, comment, entry))
        if verdict == "publish":
            self.said[entry["key"]] = comment
            self.town.timeline.plan(at + 2 * A_WHILE, partial(self._go_on, comment, entry))

    def _is_open(self, db: Session, about: SubjectRef, at: datetime) -> bool:
        known = self.town.site.discussed["petition"].about(db, about.id, at) if db.get(Petition, about.id) else None
        return known is not None and known.is_public and takes_comments(threads.thread_of(db, about), known)

    def _judge(self, comment: int, entry: Entry, at: datetime) -> None:
        self.town.write(partial(self._decide, comment=comment, entry=entry, at=at))

    def _decide(self, db: Session, comment: int, entry: Entry, at: datetime) -> None:
        mine = (Case.subject_kind == "comment", Case.subject_id == comment, Case.state == "waiting")
        case = db.scalar(select(Case.id).where(*mine))
        revision = moderation_queries.newest_revision(db, case) if case else None
        if case is None or revision is None:
            return
        moderation.decide(
            db,
            self.town.site.moderated,
            case,
            revision_id=revision.id,
            verdict=Verdict(entry.get("verdict", "publish")),
            reason_code=entry.get("reason", ""),
            note=entry.get("note", ""),
            by=self.town.moderator,
            now=at,
        )

    def _go_on(self, comment: int, entry: Entry, at: datetime) -> None:
        """Others vote; its author changes it, or takes it back."""
        by, discussed = self.people[entry["by"]], self.town.site.discussed
        others = [p for name, p in self.people.items() if p is not by and name not in ("official", "newcomer")]
        values = [1] * entry.get("up", 0) + [-1] * entry.get("down", 0)
        acts = [
            CommentVote(at=at, comment_id=comment, account_id=voter.id, value=value)
            for voter, value in zip(others, values, strict=False)
        ]
        if acts:
            self.town.write(lambda db: self.act.perform(db, acts, at))
        if "edited" in entry and self.town.write(partial(_is_published, comment=comment)):
            self.town.write(
                lambda db: editing.edit(db, discussed, comment, by, entry["edited"], after_revision=1, now=at)
            )
            self.town.timeline.plan(at + A_WHILE, partial(self._judge, comment, entry))
        if entry.get("withdrawn"):
            self.town.write(lambda db: withdrawing.withdraw(db, comment, by, at))


def _is_published(db: Session, comment: int) -> bool:
    return db.get_one(Comment, comment).state == CommentState.PUBLISHED
