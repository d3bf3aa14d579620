"""Questions as the rest of the site sees them: departments' desks and lists of outcomes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.text.plain import excerpt
from app.outcomes.contribution import Referred
from townhall.model import Hall, Question
from townhall.rules.lifecycle import READABLE
from townhall.rules.questions import PUBLIC
from townhall.service import locking, moving

MOST_TITLE = 140


class QuestionReferred:
    """One question with its hall, or many of them for a list."""

    def __call__(self, db: Session, question_id: int) -> Referred | None:
        question = db.get(Question, question_id)
        hall = db.get(Hall, question.hall_id) if question else None
        if question is None or hall is None:
            return None
        joined = db.scalars(select(Question.text).where(Question.merged_into_id == question_id).order_by(Question.id))
        paragraphs = [(str(_("The question")), question.text)]
        paragraphs += [(str(_("Joined to it")), text) for text in joined]
        return _referred(question, hall, [*paragraphs, (str(_("Asked in")), hall.title)])

    def many(self, db: Session, ids: Collection[int]) -> dict[int, Referred]:
        rows = db.execute(select(Question, Hall).join(Hall, Hall.id == Question.hall_id).where(Question.id.in_(ids)))
        return {question.id: _referred(question, hall) for question, hall in rows}


def _referred(question: Question, hall: Hall, paragraphs: Collection[tuple[str, str]] = ()) -> Referred:
    public = question.state in PUBLIC and hall.state in READABLE
    return Referred(
        excerpt(question.text, MOST_TITLE) if public else str(_("A question that is not public any more")),
        f"/townhalls/{hall.id}#question-{question.id}",
        question.votes,
        list(paragraphs) if public else (),
        note="" if public else str(_("A moderator hid it, or whoever asked took it back.")),
        public=public,
    )


class QuestionsOnLists:
    """Which questions stand on public lists of outcomes."""

    name: str = _("Questions of town halls")

    def readable(self, subject_id: ColumnElement[int]) -> ColumnElement[bool]:
        public = select(Question.id).join(Hall, Hall.id == Question.hall_id)
        return exists(public.where(Question.id == subject_id, Question.state.in_(PUBLIC), Hall.state.in_(READABLE)))

    def shown(self, db: Session, ids: Collection[int]) -> Mapping[int, Referred]:
        found = QuestionReferred().many(db, ids) if ids else {}
        return {number: one for number, one in found.items() if one.public}


def lock(db: Session, question_id: int) -> None:
    moving.held(db, question_id)


__all__ = ["QuestionReferred", "QuestionsOnLists", "lock", "locking"]
