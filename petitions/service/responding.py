"""When a department answers: the petition shows it, and every signer who asked for news is told."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.freshness import touch
from app.core.ids import new_id
from app.mail import service as mail
from app.mail.model import Lane
from app.mail.schedule import news_due
from app.outcomes.events import ReferralAnswered
from petitions.model.petition import Announcement, Petition
from petitions.model.signature import Signature
from petitions.rules.lifecycle import SignatureState

ANSWER_NEWS = "petitions/mail/answered"
A_STEP = 2_000


class Responding:
    """Hears answers; ``window`` and ``zone`` say when news may leave."""

    def __init__(self, window: str, zone: ZoneInfo) -> None:
        self.window, self.zone = window, zone

    def note_answer(self, db: Session, event: ReferralAnswered) -> None:
        """Record the answer on its petition and have its signers told, once for a first answer."""
        if event.subject.kind != "petition":
            return
        petition = db.get(Petition, event.subject.id)
        if petition is None:
            return
        petition.answered_at = petition.answered_at or event.at
        petition.updated_at = event.at
        if event.version == 1:
            self._announce(db, petition.id, ANSWER_NEWS, event.answer_id, event.at)
        db.flush()
        touch(db, "petitions", f"petition:{petition.id}")

    def _announce(self, db: Session, petition_id: int, news: str, about_id: int, now: datetime) -> None:
        due = news_due(self.window, self.zone, now)
        db.add(Announcement(petition_id=petition_id, news=news, about_id=about_id, at=now, due_at=due))
        mail.wake_postman(db)


def queue_some_news(db: Session, now: datetime) -> int:
    """One step of the oldest unfinished announcement: up to 2,000 letters into the outbox.

    Answers how many signers were looked at; 0 when nothing is left to do.
    """
    todo = db.scalar(
        select(Announcement)
        .where(Announcement.done_at.is_(None))
        .order_by(Announcement.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if todo is None:
        return 0
    signers = list(
        db.scalars(
            select(Signature.id)
            .where(
                Signature.petition_id == todo.petition_id,
                Signature.state == SignatureState.VALIDATED,
                Signature.notify,
                Signature.id > todo.reached_id,
            )
            .order_by(Signature.id)
            .limit(A_STEP)
        )
    )
    mail.queue_once(db, [_news_letter(todo, signer, now) for signer in signers])
    todo.queued += len(signers)
    if signers:
        todo.reached_id = signers[-1]
    if len(signers) < A_STEP:
        todo.done_at = now
    return max(1, len(signers))


def _news_letter(news: Announcement, signer: int, now: datetime) -> dict[str, object]:
    """All rows have the same keys; ``once`` makes a repeat of the step harmless."""
    return mail.row(
        news.news,
        ("petitions.signature", signer),
        now,
        lane=Lane.NEWS,
        facts={"answer": news.about_id},
        letter_id=new_id(),
        once=f"petition-news:{news.id}:{signer}",
        due=news.due_at,
    )
