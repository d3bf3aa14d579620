"""News of one petition to every signer who asked for it: queued in steps, leaving in the news window.

An announcement is about one thing (an answer, a debate's version, a closing). A newer one of the same
kind takes the place of letters that have not left; the same one pressed again reaches nobody twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, select, text
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.mail import queries as outbox
from app.mail import service as mail
from app.mail.model import Lane
from app.mail.schedule import news_due
from petitions.model.petition import Announcement, Petition
from petitions.model.signature import Signature

A_STEP = 2_000
ANSWERED = "petitions/mail/answered"
DEBATE_SCHEDULED, DEBATE_OUTCOME = "petitions/mail/debate_scheduled", "petitions/mail/debate_outcome"
CLOSED = "petitions/mail/closed"
CORRECTED, WITHDRAWN = "petitions/mail/corrected", "petitions/mail/withdrawn"
#: the creator has a letter of their own about these
CREATOR_KNOWS = frozenset({CLOSED, CORRECTED, WITHDRAWN})
#: in the words of the index that finds them: with bound values SQLite would not see that it fits
_WANTS_NEWS = text("petitions_signature.state = 'validated' AND petitions_signature.notify")


@dataclass(frozen=True)
class Announcing:
    """``window`` and ``zone`` say when news may leave. Callers hold the petition's lock."""

    window: str
    zone: ZoneInfo

    def leaves_at(self, now: datetime) -> datetime:
        """When news that is announced now begins to leave."""
        return news_due(self.window, self.zone, now)

    def tell_signers(
        self, db: Session, petition_id: int, template: str, about_id: int, now: datetime, *, by: int | None = None
    ) -> Announcement:
        """Announce one thing; what still waits of earlier news of the same kind is called off.

        The same thing again: letters that wait or were called off leave at the new time, who has one keeps
        to one, and who signed in between gets theirs.
        """
        due, again = self.leaves_at(now), None
        for earlier in _all_of(db, petition_id, template):
            if earlier.about_id == about_id:
                again = earlier
            else:
                _cancel(db, earlier, now)
        if again is None:
            again = Announcement(
                petition_id=petition_id, news=template, about_id=about_id, at=now, due_at=due, by_id=by
            )
            db.add(again)
        else:
            mail.revive_batch(db, again.id, due, called_off=again.cancelled_at is not None)
            again.due_at, again.by_id, again.cancelled_at = due, by, None
            again.reached_id, again.done_at = 0, None
        db.flush()
        mail.wake_postman(db)
        return again

    def call_off(self, db: Session, petition_id: int, template: str, now: datetime) -> int:
        """Withdraw what has not left of this kind of news; answers how many letters."""
        return sum(_cancel(db, earlier, now) for earlier in _all_of(db, petition_id, template))

    def go_on(self, db: Session, petition_id: int, since: datetime, now: datetime) -> None:
        """What could not be told because the petition was down, from ``since`` on, leaves with the next news."""
        same = select(Announcement.id).where(
            Announcement.petition_id == petition_id, Announcement.cancelled_at.is_(None)
        )
        due = self.leaves_at(now)
        revived = [
            mail.revive_dropped(db, news, due, since=since) for news in db.scalars(same.order_by(Announcement.id))
        ]
        if any(revived):
            mail.wake_postman(db)


def _all_of(db: Session, petition_id: int, template: str) -> Sequence[Announcement]:
    """Locked, so that a step of the same news is either over or sees what became of it."""
    same = select(Announcement).where(Announcement.petition_id == petition_id, Announcement.news == template)
    locked = same.order_by(Announcement.id).with_for_update().execution_options(populate_existing=True)
    return db.scalars(locked).all()


def _cancel(db: Session, news: Announcement, now: datetime) -> int:
    """Finished news whose letters have all left stays as it is."""
    if news.cancelled_at is not None:
        return 0
    letters = mail.cancel_batch(db, news.id, now)
    if letters or news.done_at is None or outbox.batch_counts(db, news.id).get("waiting"):
        news.cancelled_at, news.done_at = now, news.done_at or now
        db.flush()
    return letters


def wants_news(petition_id: int) -> ColumnElement[bool]:
    """Signatures that count and whose signers asked for news."""
    return and_(Signature.petition_id == petition_id, _WANTS_NEWS)


def audience(db: Session, petition_id: int) -> int:
    """How many people would be told."""
    return db.scalar(select(func.count()).select_from(Signature).where(wants_news(petition_id))) or 0


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
    signers = list(db.scalars(_next_signers(todo)))
    mail.queue_once(db, [_news_letter(todo, signer, now) for signer in signers])
    todo.queued += len(signers)
    if signers:
        todo.reached_id = signers[-1]
    if len(signers) < A_STEP:
        todo.done_at = now
        todo.queued = sum(outbox.batch_counts(db, todo.id).values())
    return max(1, len(signers))


def _next_signers(news: Announcement) -> Select[int]:
    wanted = select(Signature.id).where(wants_news(news.petition_id), Signature.id > news.reached_id)
    if news.news in CREATOR_KNOWS:
        creator = select(Petition.creator_signature_id).where(Petition.id == news.petition_id).scalar_subquery()
        wanted = wanted.where(Signature.id != func.coalesce(creator, 0))
    return wanted.order_by(Signature.id).limit(A_STEP)


def _news_letter(news: Announcement, signer: int, now: datetime) -> dict[str, object]:
    """All rows have the same keys; ``once`` makes a repeat of the step harmless."""
    facts = {"about": news.about_id, "announcement": news.id}
    if news.news == ANSWERED:
        facts["answer"] = news.about_id
    return mail.row(
        news.news,
        ("petitions.signature", signer),
        now,
        lane=Lane.NEWS,
        facts=facts,
        letter_id=new_id(),
        once=f"petition-news:{news.id}:{signer}",
        due=news.due_at,
        batch=news.id,
    )


@dataclass(frozen=True)
class Delivery:
    """What became of one announcement's letters."""

    news: Announcement
    sent: int
    waiting: int
    undeliverable: int
    dropped: int
    cancelled: int

    @property
    def queued(self) -> int:
        return self.news.queued

    @property
    def is_over(self) -> bool:
        """Every letter has left, or never will."""
        return self.news.done_at is not None and not self.waiting


def delivery(db: Session, news: Announcement) -> Delivery:
    """Counted from the outbox; sent letters are forgotten there after thirty days."""
    by_state = outbox.batch_counts(db, news.id)
    waiting, undeliverable, dropped, cancelled = (
        by_state.get(state, 0) for state in ("waiting", "dead", "dropped", "cancelled")
    )
    forgotten = max(0, news.queued - sum(by_state.values()))
    sent = by_state.get("sent", 0) + forgotten
    return Delivery(news, sent, waiting, undeliverable, dropped, cancelled)


def announced(db: Session, petition_id: int, template: str) -> Sequence[Announcement]:
    """All news of one kind, the newest first."""
    same = select(Announcement).where(Announcement.petition_id == petition_id, Announcement.news == template)
    return db.scalars(same.order_by(Announcement.id.desc())).all()
