"""News of one consultation to everyone who responded, and of its dates to whoever saved a draft: one letter a person.

An announcement is about one thing (a change of dates, a version of "you said", an answer). A newer one of the same
kind takes the place of letters that have not left; the same one again reaches nobody twice. Callers hold the
consultation's lock.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.core.security.keys import CannotUnseal, Keys
from app.mail import queries as outbox
from app.mail import service as mail
from app.mail.model import Lane
from app.mail.schedule import news_due
from consultations.identity import address_key, open_draft
from consultations.model import Announcement, Consultation, Draft, Respondent, Response
from consultations.rules.news import DRAFT, EXTENDED, FEEDBACK, OUTCOME, RESPONSE, TEMPLATES, WITHDRAWN
from consultations.rules.responses import ResponseState

__all__ = ["EXTENDED", "FEEDBACK", "OUTCOME", "WITHDRAWN", "News", "announce", "call_off"]
#: who is in the middle of an answer hears of these, too
TO_DRAFTS = frozenset({EXTENDED, WITHDRAWN})
A_STEP = 1_000


@dataclass(frozen=True)
class News:
    """``window`` and ``zone`` say when news may leave."""

    window: str
    zone: ZoneInfo

    def leaves_at(self, now: datetime) -> datetime:
        """When news that is announced now begins to leave."""
        return news_due(self.window, self.zone, now)


def announce(
    db: Session, consultation_id: int, kind: str, about: int, *, now: datetime, leaves_at: datetime
) -> Announcement:
    """Tell everyone of this thing from ``leaves_at`` on; what still waits of earlier news of the kind is called off."""
    again = None
    for earlier in _all_of(db, consultation_id, kind):
        if earlier.about == about:
            again = earlier
        else:
            _call_off(db, earlier, now)
    if again is None:
        again = Announcement(consultation_id=consultation_id, kind=kind, about=about, at=now, leaves_at=leaves_at)
        again.batch = new_id()
        db.add(again)
    else:
        mail.revive_batch(db, again.batch or 0, leaves_at, called_off=again.called_off_at is not None)
        again.leaves_at, again.called_off_at, again.done_at = leaves_at, None, None
        again.reached_response = again.reached_draft = 0
    db.flush()
    mail.wake_postman(db)
    return again


def call_off(db: Session, consultation_id: int, kind: str, now: datetime) -> int:
    """Withdraw what has not left of this kind of news; answers how many letters."""
    return sum(_call_off(db, earlier, now) for earlier in _all_of(db, consultation_id, kind))


def _all_of(db: Session, consultation_id: int, kind: str) -> Sequence[Announcement]:
    """Locked, so that a step of the same news is either over or sees what became of it."""
    same = select(Announcement).where(Announcement.consultation_id == consultation_id, Announcement.kind == kind)
    locked = same.order_by(Announcement.id).with_for_update().execution_options(populate_existing=True)
    return db.scalars(locked).all()


def _call_off(db: Session, news: Announcement, now: datetime) -> int:
    """Finished news whose letters have all left stays as it is."""
    if news.called_off_at is not None:
        return 0
    letters = mail.cancel_batch(db, news.batch or 0, now)
    if letters or news.done_at is None or outbox.batch_counts(db, news.batch or 0).get("waiting"):
        news.called_off_at, news.done_at = now, news.done_at or now
        db.flush()
    return letters


def wants_news(consultation_id: int) -> Select[int, bytes | None]:
    """Responses that count, whose writers asked for news and are still known."""
    known = exists().where(Respondent.response_id == Response.id)
    return select(Response.id, Response.address_key).where(
        Response.consultation_id == consultation_id,
        Response.state == ResponseState.SUBMITTED,
        Response.notify,
        known,
    )


def audience(db: Session, consultation_id: int) -> int:
    """How many people would be told."""
    return db.scalar(select(func.count()).select_from(wants_news(consultation_id).subquery())) or 0


def queue_some_news(keys: Keys, db: Session, now: datetime) -> int:
    """One step of the oldest unfinished announcement: up to a thousand letters into the outbox.

    Answers how many people were looked at; 0 when nothing is left to do.
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
    return _responses_step(db, todo, now) or _drafts_step(keys, db, todo, now) or _finish(db, todo, now)


def _responses_step(db: Session, news: Announcement, now: datetime) -> int:
    wanted = wants_news(news.consultation_id).where(Response.id > news.reached_response)
    found = db.execute(wanted.order_by(Response.id).limit(A_STEP)).all()
    mail.queue_once(db, [_letter(news, RESPONSE, row, key, now) for row, key in found])
    if found:
        news.reached_response = found[-1].id
    return len(found)


def _drafts_step(keys: Keys, db: Session, news: Announcement, now: datetime) -> int:
    """Drafts that wait to be sent; whoever responded, too, or has several, has one letter by the key of the address."""
    if news.kind not in TO_DRAFTS:
        return 0
    rows = select(Draft).where(
        Draft.consultation_id == news.consultation_id,
        Draft.id > news.reached_draft,
        Draft.submitted_at.is_(None),
        Draft.sealed.is_not(None),
        Draft.letters > 0,  # an address that was typed and never written to may be anybody's
        Draft.notify,
    )
    found = db.scalars(rows.order_by(Draft.id).limit(A_STEP)).all()
    salt = db.scalar(select(Consultation.salt).where(Consultation.id == news.consultation_id))
    keyed = [(draft.id, _draft_key(keys, salt, draft)) for draft in found]
    mail.queue_once(db, [_letter(news, DRAFT, row, key, now) for row, key in keyed if key])
    if found:
        news.reached_draft = found[-1].id
    return len(found)


def _draft_key(keys: Keys, salt: bytes | None, draft: Draft) -> bytes | None:
    """None where no address is known."""
    try:
        canonical = open_draft(keys, draft.id, draft.sealed or b"")["canonical"]
    except CannotUnseal:
        return None
    return address_key(keys, salt, canonical) if salt and canonical else None


def _finish(db: Session, news: Announcement, now: datetime) -> int:
    news.done_at = now
    news.queued = sum(outbox.batch_counts(db, news.batch or 0).values())
    return 1


def _letter(news: Announcement, kind: str, row: int, key: bytes | None, now: datetime) -> dict[str, object]:
    """All rows have the same keys; ``once`` makes a repeat of the step harmless, and a person's second letter."""
    return mail.row(
        TEMPLATES[news.kind],
        (kind, row),
        now,
        lane=Lane.NEWS,
        facts={"about": news.about, "announcement": news.id},
        letter_id=new_id(),
        once=once_name(news.batch or 0, key, row),
        due=news.leaves_at,
        batch=news.batch,
    )


def once_name(batch: int, key: bytes | None, row: int) -> str:
    """What the outbox calls the letter of one person."""
    return f"consultation-news:{batch}:{key.hex() if key else row}"


@dataclass(frozen=True)
class Delivery:
    """What became of one announcement's letters."""

    news: Announcement
    sent: int
    waiting: int
    undeliverable: int
    dropped: int
    cancelled: int


def delivery(db: Session, news: Announcement) -> Delivery:
    """Counted from the outbox; sent letters are forgotten there after thirty days."""
    by_state = outbox.batch_counts(db, news.batch or 0)
    waiting, undeliverable, dropped, cancelled = (
        by_state.get(state, 0) for state in ("waiting", "dead", "dropped", "cancelled")
    )
    forgotten = max(0, news.queued - sum(by_state.values()))
    return Delivery(news, by_state.get("sent", 0) + forgotten, waiting, undeliverable, dropped, cancelled)


def announced(db: Session, consultation_id: int, kind: str, about: Collection[int] | None = None) -> list[Announcement]:
    """All news of one kind, the newest first; with ``about`` those of these things."""
    same = select(Announcement).where(Announcement.consultation_id == consultation_id, Announcement.kind == kind)
    found = db.scalars(same.order_by(Announcement.id.desc())).all()
    return [news for news in found if about is None or news.about in about]


# stopping letters, by the link in one of them


def stop_news(db: Session, row_id: int, now: datetime, *, wanted: bool = False) -> None:
    """The writer of this response (or of this draft) gets no more news, nor what waits; with ``wanted`` gets it again."""
    found = newsreader(db, row_id)
    if found is None or found.notify == wanted:
        return
    found.notify = wanted
    db.flush()
    key = found.address_key if isinstance(found, Response) else None
    batches = db.scalars(select(Announcement.batch).where(Announcement.consultation_id == found.consultation_id)).all()
    names = [once_name(batch or 0, key, row_id) for batch in batches]
    if wanted:
        mail.want_again(db, names, "unsubscribed")
    else:
        mail.drop_unwanted(db, names, "unsubscribed", now)


def newsreader(db: Session, row_id: int) -> Response | Draft | None:
    """Numbers of responses and drafts are given once among all."""
    return db.get(Response, row_id) or db.get(Draft, row_id)
