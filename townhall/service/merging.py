"""Joining questions that ask the same, and taking that back to the last vote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.errors import Conflict
from app.core.events import announce
from app.core.i18n import _
from townhall.events import QuestionSettled
from townhall.model import Merge, Question
from townhall.rules.asking import QuestionElsewhere
from townhall.rules.operations import MergeQuestions, OneQuestion
from townhall.rules.questions import QuestionState
from townhall.service import deciding, families, moving
from townhall.service.commanding import Work

Q = QuestionState
#: what others can be joined to
_TAKES_OTHERS = frozenset({Q.OPEN, Q.ANSWERED})


class AlreadyOne(Conflict):
    code = "already-joined"
    title = _("These are one question already")
    message = _("Nothing was changed.")


def merge(work: Work, d: MergeQuestions) -> Mapping[str, Any]:
    """``question.merge``: ``{"question", "into", "votes"}``. What waits is published with it; into one that is joined to
    another itself means into that one."""
    question = moving.found(work.db, work.hall, d.question, d.rev)
    into = _last(work, moving.found(work.db, work.hall, d.into))
    if into.id == question.id or question.merged_into_id is not None:
        raise AlreadyOne
    if into.state not in _TAKES_OTHERS:
        raise QuestionElsewhere(state=into.state)
    if question.state == Q.WAITING:
        deciding.let_pass(work, question)
    if question.state != Q.OPEN:
        raise QuestionElsewhere(state=question.state)
    _join(work, question, into)
    return {"question": question.id, "into": into.id, "votes": into.votes}


def unmerge(work: Work, d: OneQuestion) -> Mapping[str, Any]:
    """``question.unmerge``: both are as they would be had nobody joined them."""
    question = moving.found(work.db, work.hall, d.question)
    if question.merged_into_id is None:
        raise QuestionElsewhere(state=question.state)
    into = moving.let_go(work.db, question, work.now, by=work.account_id)
    question.rev, question.settled_at = question.rev + 1, work.now
    work.db.flush()
    work.happened("question.unmerged", question.id, out_of=into)
    _tell(work, question.id, "unmerged")
    return {"question": question.id, "out_of": into, "votes": question.votes}


def _join(work: Work, question: Question, into: Question) -> None:
    if work.hall.stage_id == question.id:
        work.hall.stage_id = into.id  # what everyone looks at is the same question still
        into.staged_at = work.now
        work.happened("question.staged", into.id)
    row = Merge(
        question_id=question.id, into_id=into.id, state_before=question.state, at=work.now, by_id=work.account_id
    )
    work.db.add(row)
    question.state_before, question.state = question.state, Q.MERGED
    question.merged_into_id, question.settled_at = into.id, work.now
    question.shortlisted_at, question.rev = None, question.rev + 1
    families.recount(work.db, [into.id])
    work.happened("question.merged", question.id, into=into.id)
    _tell(work, question.id, "merged")
    _tell(work, into.id, "joined")


def _last(work: Work, question: Question) -> Question:
    """What it was joined to in the end, or itself."""
    while question.merged_into_id is not None:
        question = moving.found(work.db, work.hall, question.merged_into_id)
    return question


def _tell(work: Work, question_id: int, verdict: str) -> None:
    announce(work.db, QuestionSettled(work.hall.id, question_id, verdict, work.now))
