"""Moderating from within a hall: the same cases, decisions, reasons, log and appeals as at the moderators' own desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.security import events as security
from app.core.text.plain import is_blank
from app.moderation import appeals, queries
from app.moderation import service as moderation
from app.moderation.cases import waiting_case
from app.moderation.policy import ModerationPolicy
from app.moderation.refusals import CannotAppeal
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import OF_TEXTS, Origin
from townhall.model import Question
from townhall.rules.asking import NotYourQuestion, QuestionElsewhere
from townhall.rules.operations import AskReview, JudgeQuestion
from townhall.rules.questions import PUBLIC, QuestionState
from townhall.service import moving
from townhall.service.commanding import Work
from townhall.service.screening import question_ref

Q = QuestionState
#: what the second moderator reads of somebody who pressed the button alone
NO_REASONS = _("Whoever asked the question gave no reasons.")


def publish(work: Work, d: JudgeQuestion) -> Mapping[str, Any]:
    """``question.publish``: what waits, or what readers' reports hid for the moment."""
    question = moving.found(work.db, work.hall, d.question, d.rev)
    if question.state != Q.WAITING:
        raise QuestionElsewhere(state=question.state)
    let_pass(work, question, d.note)
    return said(question)


def reject(work: Work, d: JudgeQuestion) -> Mapping[str, Any]:
    """``question.reject``: with a reason of the standards; who asked is told it and may ask for a review."""
    return _refuse(work, d, Verdict.REJECT)


def hide(work: Work, d: JudgeQuestion) -> Mapping[str, Any]:
    """``question.hide``: also what is on stage, which is empty then."""
    return _refuse(work, d, Verdict.HIDE)


def let_pass(work: Work, question: Question, note: str = "") -> None:
    """A moderator finds nothing wrong with it: everyone reads it."""
    subject = question_ref(question.id)
    case = waiting_case(work.db, subject, OF_TEXTS)
    verdict = Verdict.PUBLISH
    if case is None:
        case, verdict = waiting_case(work.db, subject, {Origin.REPORT}), Verdict.DISMISS
    newest = queries.newest_revision(work.db, case.id) if case is not None else None
    if case is None or newest is None:
        raise QuestionElsewhere(state=question.state)
    moderation.decide(
        work.db,
        work.means.moderated,
        case.id,
        revision_id=newest.id,
        verdict=verdict,
        note=note,
        by=work.account_id,
        now=work.now,
    )


@dataclass(frozen=True)
class Reviewing:
    """``review.ask``: the house's appeal, once, heard by another moderator."""

    policy: ModerationPolicy

    def ask(self, work: Work, d: AskReview) -> Mapping[str, Any]:
        question = moving.found(work.db, work.hall, d.question)
        if question.participant_id != work.person.id:
            security.note("a hall: review.ask of somebody else's question")
            raise NotYourQuestion
        decision = queries.latest_decision(work.db, question_ref(question.id), but={Verdict.DISMISS})
        if decision is None:
            raise CannotAppeal
        try:
            words = appeals.read_words(str(NO_REASONS) if is_blank(d.why) else d.why)
        except Invalid as wrong:
            raise Invalid([FieldError("why", error.message) for error in wrong.errors]) from None
        appeals.appeal(work.db, work.means.moderated, self.policy, decision.id, words, work.now)
        return {"question": question.id}


def _refuse(work: Work, d: JudgeQuestion, verdict: Verdict) -> Mapping[str, Any]:
    question = moving.found(work.db, work.hall, d.question, d.rev)
    case = waiting_case(work.db, question_ref(question.id), OF_TEXTS)
    newest = queries.newest_revision(work.db, case.id) if case is not None else None
    if question.state == Q.WAITING and case is not None and newest is not None:
        moderation.decide(
            work.db,
            work.means.moderated,
            case.id,
            revision_id=newest.id,
            verdict=verdict,
            reason_code=d.reason,
            note=d.note,
            by=work.account_id,
            now=work.now,
        )
    elif question.state in PUBLIC | {Q.WAITING}:
        moderation.take_down(
            work.db,
            work.means.moderated,
            question_ref(question.id),
            reason_code=d.reason,
            note=d.note,
            by=work.account_id,
            now=work.now,
        )
    else:
        raise QuestionElsewhere(state=question.state)
    return said(question)


def said(question: Question) -> Mapping[str, Any]:
    """Where a question stands after a command."""
    return {"question": question.id, "state": question.state, "rev": question.rev}
