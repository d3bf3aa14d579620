"""Which question is next, on stage, answered or put away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from townhall.rules.asking import QuestionElsewhere
from townhall.rules.operations import ShortlistQuestion, StageQuestion
from townhall.rules.questions import QuestionState
from townhall.service import moving
from townhall.service.commanding import Work
from townhall.service.deciding import said

Q = QuestionState
_CAN_BE_STAGED = frozenset({Q.OPEN, Q.ANSWERED})
#: whose words are public for themselves: what waits, or was refused, is for moderators alone to publish
_ON_SHOW = _CAN_BE_STAGED | {Q.ARCHIVED}


def shortlist(work: Work, d: ShortlistQuestion) -> Mapping[str, Any]:
    """``question.shortlist``: on the staff's list of what comes next, or off it."""
    question = moving.found(work.db, work.hall, d.question)
    if d.on and question.state != Q.OPEN:
        raise QuestionElsewhere(state=question.state)
    if d.on != (question.shortlisted_at is not None):
        question.shortlisted_at = work.now if d.on else None
        work.happened("question.shortlisted", question.id, public=False)
    return {"question": question.id, "on": d.on}


def stage(work: Work, d: StageQuestion) -> Mapping[str, Any]:
    """``question.stage``: in front of everyone, instead of the one before; none: nothing is."""
    if d.question is None:
        moving.clear_stage(work.db, work.hall, work.now, by=work.account_id)
        return {"question": None}
    question = moving.found(work.db, work.hall, d.question, d.rev)
    if question.state not in _CAN_BE_STAGED:
        raise QuestionElsewhere(state=question.state)
    if work.hall.stage_id != question.id:
        work.hall.stage_id, question.staged_at = question.id, work.now
        work.happened("question.staged", question.id)
    return {"question": question.id}


def answered(work: Work, d: StageQuestion) -> Mapping[str, Any]:
    """``question.answered``: by voice, now; the stage is free then. None: what is on stage."""
    asked = d.question if d.question is not None else work.hall.stage_id
    if asked is None:
        raise Invalid([FieldError("question", _("Say which question was answered."))])
    question = moving.found(work.db, work.hall, asked, d.rev)
    if question.state not in _ON_SHOW:
        raise QuestionElsewhere(state=question.state)
    if question.state != Q.ANSWERED:
        question.answered_at, question.shortlisted_at = work.now, None
        moving.move(work.db, work.hall, question, Q.ANSWERED, work.now, by=work.account_id)
    if work.hall.stage_id == question.id:
        moving.clear_stage(work.db, work.hall, work.now, by=work.account_id)
    return said(question)


def archive(work: Work, d: ShortlistQuestion) -> Mapping[str, Any]:
    """``question.archive``: put away, still to be read; off: back where it was."""
    question = moving.found(work.db, work.hall, d.question)
    if d.on == (question.state == Q.ARCHIVED):
        return said(question)
    if question.state not in _ON_SHOW:
        raise QuestionElsewhere(state=question.state)
    if d.on:
        if work.hall.stage_id == question.id:
            moving.clear_stage(work.db, work.hall, work.now, by=work.account_id)
        question.shortlisted_at = None
        moving.move(work.db, work.hall, question, Q.ARCHIVED, work.now, by=work.account_id)
    else:
        back = Q.ANSWERED if question.answered_at is not None else Q.OPEN
        moving.move(work.db, work.hall, question, back, work.now, by=work.account_id)
    return said(question)
