"""A question on its way through its life, and what that brings: the stage, what was joined to it, the log.

The hall is held alone. Whatever leaves the public leaves the stage too, and lets go of what was joined to it: nobody's
question disappears because somebody else's was hidden.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.events import announce
from app.core.freshness import touch
from app.core.security import events as security
from app.core.subject import SubjectRef
from app.outcomes.service import pages_of
from townhall.events import QuestionPublished
from townhall.model import Hall, Merge, Question
from townhall.rules.asking import QuestionElsewhere
from townhall.rules.commands import NoSuchThing, Stale
from townhall.rules.questions import PUBLIC, QUESTION_MOVES, QuestionState
from townhall.service import families, locking, log
from townhall.service.locking import QUESTION
from townhall.service.log import Happening

Q = QuestionState
#: the states that a reader of the log is told under a name of their own
_LEFT = {Q.WITHDRAWN: "question.withdrawn"}
_SETTLED = {Q.REJECTED: "question.rejected", Q.HIDDEN: "question.hidden", Q.WAITING: "question.asked"}


def held(db: Session, question_id: int) -> tuple[Hall, Question]:
    """The question and its hall, both alone; raises :class:`NoSuchThing`."""
    hall_id = db.scalar(select(Question.hall_id).where(Question.id == question_id))
    if hall_id is None:
        raise NoSuchThing
    hall = locking.locked(db, hall_id)
    return hall, families.locked(db, [question_id])[question_id]


def found(db: Session, hall: Hall, question_id: int, rev: int | None = None) -> Question:
    """A question of this hall, which is held alone; raises :class:`Stale` where ``rev`` is not as it stands."""
    question = families.locked(db, [question_id]).get(question_id)
    if question is None or question.hall_id != hall.id or question.state == Q.REMOVED:
        security.note("a hall: a command about what is not in it")
        raise NoSuchThing
    if rev is not None and rev != question.rev:
        raise Stale
    return question


def move(db: Session, hall: Hall, question: Question, to: QuestionState, now: datetime, *, by: int | None) -> None:
    """Into another state, with all that follows; raises :class:`QuestionElsewhere` where its state does not lead there.

    The new state goes into the log as everyone may know it: once for whoever could read it before or can now, or for
    the staff alone.
    """
    was = Q(question.state)
    if to not in QUESTION_MOVES[was]:
        raise QuestionElsewhere(state=question.state)
    if was is Q.MERGED:
        let_go(db, question, now, by=by)  # its words were public under the other one
    question.state_before, question.state, question.settled_at = was, to, now
    question.rev += 1
    if was in PUBLIC and to not in PUBLIC:
        _leave(db, hall, question, now, by)
    db.flush()
    if (was in PUBLIC) != (to in PUBLIC):
        touch(db, *pages_of(db, SubjectRef(QUESTION, question.id)))
    _log(db, question, was, now, by)


def publish(db: Session, hall: Hall, question: Question, now: datetime, *, by: int | None) -> None:
    """Everyone reads it from now on; one that was answered before, as answered."""
    to = Q.ANSWERED if question.answered_at is not None else Q.OPEN
    if question.published_at is None:
        question.published_at = now
    move(db, hall, question, to, now, by=by)
    announce(db, QuestionPublished(hall.id, question.id, now))


def clear_stage(db: Session, hall: Hall, now: datetime, *, by: int | None) -> None:
    """Nothing is on stage."""
    if hall.stage_id is not None:
        hall.stage_id = None
        log.note(db, hall.id, Happening("question.staged", None, by_id=by), now)


def let_go(db: Session, question: Question, now: datetime, *, by: int | None) -> int | None:
    """Undo its joining: both have the figures that they would have without it. Answers what it was joined to."""
    into = question.merged_into_id
    if into is None:
        return None
    rows = select(Merge).where(Merge.question_id == question.id, Merge.undone_at.is_(None)).order_by(Merge.id)
    state: str = Q.OPEN
    for merge in db.scalars(rows.with_for_update(key_share=True)).all():
        merge.undone_at, merge.undone_by_id = now, by
        state = merge.state_before
    question.state, question.merged_into_id = state, None
    families.recount(db, [question.id, into])
    return into


def _leave(db: Session, hall: Hall, question: Question, now: datetime, by: int | None) -> None:
    question.shortlisted_at = None
    if hall.stage_id == question.id:
        clear_stage(db, hall, now, by=by)
    for joined in families.locked(db, families.below(db, question.id)).values():
        let_go(db, joined, now, by=by)
        joined.rev, joined.settled_at = joined.rev + 1, now
        db.flush()
        log.note(db, hall.id, Happening("question.unmerged", joined.id, facts={"out_of": question.id}, by_id=by), now)


def _log(db: Session, question: Question, was: QuestionState, now: datetime, by: int | None) -> None:
    state = Q(question.state)
    before, after = was in PUBLIC, state in PUBLIC
    if after and not before:
        kind = "question.published"
    elif after:
        kind = {Q.ANSWERED: "question.answered", Q.ARCHIVED: "question.archived"}.get(state, "question.published")
    elif before:
        kind = _LEFT.get(state, "question.hidden")
    else:
        kind = _LEFT.get(state) or _SETTLED.get(state, "question.hidden")
    log.note(db, question.hall_id, Happening(kind, question.id, public=before or after, by_id=by), now)
