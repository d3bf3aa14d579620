"""The demo's two discussions: lively, in every state, and true to every rule of the site."""

from __future__ import annotations

import tomllib
from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.comments.model import Comment, Thread, Vote
from app.moderation.model import Case
from app.verify import check
from tests.petitions.demo.test_filling import DEMO, db, northmere
from tests.site import Town

__all__ = ["db", "northmere"]
TALK = tomllib.loads((DEMO / "talk.toml").read_text(encoding="utf-8"))["talk"]


def test_everything_of_the_file_was_said(northmere: Town, db: Session):
    threads = db.scalars(select(Thread)).all()
    assert len(threads) == len(TALK) == 2
    comments = db.scalars(select(Comment)).all()
    assert len(comments) == sum(len(talk["said"]) for talk in TALK)
    states = Counter(comment.state for comment in comments)
    assert states == {"published": 14, "hidden": 1, "withdrawn": 1, "pending": 1}
    assert {thread.mode for thread in threads} == {"before"}
    assert {comment.depth for comment in comments} == {1, 2, 3}
    assert {comment.language for comment in comments} == {"en", "cy"}
    assert [comment.revision for comment in comments if comment.edited_at] == [2]
    assert len(db.scalars(select(Vote)).all()) > 80


def test_one_comment_waits_for_whoever_tries_the_desk(northmere: Town, db: Session):
    assert len(db.scalars(select(Case).where(Case.subject_kind == "comment", Case.state == "waiting")).all()) == 1


def test_its_figures_are_those_of_its_rows(northmere: Town):
    faults = {n: f for n, f in check(northmere.site, northmere.database, northmere.now) if f and "comments" in n}
    assert faults == {}
