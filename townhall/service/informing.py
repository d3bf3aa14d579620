"""Who asked a question, or wants it answered, is told of its written answer and of promises about it, once each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.i18n import _
from app.core.security.keys import Keys
from app.mail import queries as outbox
from app.mail import service as mail
from app.mail.schedule import news_due
from app.outcomes.contribution import Telling
from app.outcomes.events import AnswerWithdrawn, ReferralAnswered
from app.outcomes.model import Answer, Referral
from townhall.events import CommitmentRecorded
from townhall.model import Hall, News, Question
from townhall.queries import wanting
from townhall.rules.news import ASKED, TEMPLATES, NewsKind
from townhall.service import telling
from townhall.service.locking import QUESTION


class LettersLeft(Conflict):
    code = "letters-left"
    title = _("Letters about this have already left")
    message = _("It cannot be taken back any more, because people were told. You can still correct it.")
    way_on = ("/desk", _("Back to your desk"))


@dataclass(frozen=True)
class Informing:
    """Hears answers and promises, and says on the desk who was told. ``window``: when news may leave."""

    window: str
    zone: ZoneInfo
    base_url: str

    def note_answer(self, db: Session, event: ReferralAnswered) -> None:
        question = _question(db, event.subject.kind, event.subject.id)
        if question is not None and event.tell:
            self._tell(db, question, event.answer_id, event.at)

    def note_withdrawal(self, db: Session, event: AnswerWithdrawn) -> None:
        """What has not left stays here; :class:`LettersLeft` once somebody was told."""
        question = _question(db, event.subject.kind, event.subject.id)
        if question is None:
            return
        self.call_off(db, question.id, event.at)
        for news in _of_answers(db, question.hall_id, _answers(db, question.id)):
            counts = outbox.batch_counts(db, news.batch)
            if counts.get("sent") or counts.get("waiting"):
                raise LettersLeft

    def note_promise(self, db: Session, event: CommitmentRecorded) -> None:
        if event.question_id is not None:
            telling.announce(db, event.hall_id, NewsKind.PROMISED, event.commitment_id, event.at)

    # what the desk asks

    def audience(self, db: Session, subject_id: int) -> int:
        question = db.get(Question, subject_id)
        return wanting.how_many(db, question.hall_id, question.id) if question else 0

    def leaves_at(self, now: datetime) -> datetime:
        return news_due(self.window, self.zone, now)

    def tellings(self, db: Session, subject_id: int, answers: Collection[int]) -> Sequence[Telling]:
        question = db.get(Question, subject_id)
        found = _of_answers(db, question.hall_id, answers) if question else []
        return [self._telling(db, news) for news in found]

    def preview(self, db: Session, subject_id: int, summary: str, department: str) -> tuple[str, Mapping[str, Any]]:
        question = db.get_one(Question, subject_id)
        values = {
            "hall": db.get_one(Hall, question.hall_id),
            "question": question,
            "question_link": f"{self.base_url}/townhalls/{question.hall_id}#question-{question.id}",
            "answer": {"summary": summary},
            "department": {"name": department},
            "say": f"{self.base_url}/answers/…",  # each reader has an address of their own
        }
        return TEMPLATES[NewsKind.ANSWERED], values

    def tell(self, db: Session, subject_id: int, answer_id: int, *, by: int, now: datetime) -> None:
        self._tell(db, db.get_one(Question, subject_id), answer_id, now)

    def call_off(self, db: Session, subject_id: int, now: datetime) -> int:
        question = db.get_one(Question, subject_id)
        return _call_off(db, question.hall_id, _answers(db, question.id), now)

    def _tell(self, db: Session, question: Question, answer_id: int, now: datetime) -> None:
        """A corrected answer takes the place of letters that have not left."""
        _call_off(db, question.hall_id, [n for n in _answers(db, question.id) if n != answer_id], now)
        telling.announce(db, question.hall_id, NewsKind.ANSWERED, answer_id, now)

    def _telling(self, db: Session, news: News) -> Telling:
        counts = outbox.batch_counts(db, news.batch)
        return Telling(
            about=news.about,
            at=news.at,
            leaves_at=self.leaves_at(news.at),
            preparing=news.done_at is None,
            queued=sum(counts.values()),
            sent=counts.get("sent", 0),
            waiting=counts.get("waiting", 0),
            undeliverable=counts.get("dead", 0),
            dropped=counts.get("dropped", 0),
            cancelled=counts.get("cancelled", 0),
            called_off_at=news.called_off_at,
        )


@dataclass(frozen=True)
class Askers:
    """Those whose letters about an answer hold the token."""

    keys: Keys

    def asker(self, db: Session, subject_id: int, token: str) -> int | None:
        number = self.keys.read_token(ASKED, token)
        return number if number is not None and wanting.concerns(db, number, subject_id) else None


def _question(db: Session, kind: str, subject_id: int) -> Question | None:
    return db.get(Question, subject_id) if kind == QUESTION else None


def _answers(db: Session, question_id: int) -> Sequence[int]:
    """Numbers of every version that was ever given."""
    mine = select(Referral.id).where(Referral.subject_kind == QUESTION, Referral.subject_id == question_id)
    return db.scalars(select(Answer.id).where(Answer.referral_id.in_(mine))).all()


def _of_answers(db: Session, hall_id: int, answers: Collection[int]) -> Sequence[News]:
    rows = select(News).where(News.hall_id == hall_id, News.kind == NewsKind.ANSWERED, News.about.in_(answers))
    return db.scalars(rows.order_by(News.id.desc()).with_for_update().execution_options(populate_existing=True)).all()


def _call_off(db: Session, hall_id: int, answers: Collection[int], now: datetime) -> int:
    """Withdraw what has not left; answers how many letters. Finished news whose letters have left stays as it is."""
    letters = 0
    for news in _of_answers(db, hall_id, answers):
        stopped = mail.cancel_batch(db, news.batch, now) if news.called_off_at is None else 0
        if stopped or news.done_at is None:
            news.called_off_at, news.done_at = now, news.done_at or now
        letters += stopped
    db.flush()
    return letters
