"""News to everybody who registered for a hall: another date, cancelled, soon. One letter a person and thing.

A newer piece of news of a kind takes the place of letters that have not left. Letters tell how things stand when they
leave, so that whoever changes a date twice in a minute writes to most people once.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.core.ids import new_id
from app.mail import service as mail
from app.mail.model import Lane
from townhall.events import HallCancelled, HallMoved
from townhall.model import Hall, News, Participant
from townhall.queries.wanting import wanting
from townhall.rules.lifecycle import HallState, Place
from townhall.rules.news import (
    A_DAY,
    AFTERWARDS,
    OPTIONAL,
    PARTICIPANT,
    REMINDERS,
    TEMPLATES,
    NewsKind,
    due_reminder,
)

A_STEP = 1_000


def announce(db: Session, hall_id: int, kind: NewsKind, about: int, now: datetime) -> None:
    """Tell everyone from now on. The same thing again reaches nobody twice, but whoever it had not reached."""
    again = _about(db, hall_id, kind, about)
    if again is not None and again.called_off_at is None:
        return
    if kind not in AFTERWARDS:
        call_off(db, hall_id, {kind}, now)
    if again is None:
        db.add(News(hall_id=hall_id, kind=kind, about=about, batch=new_id(), reached=0, at=now))
    else:
        mail.revive_batch(db, again.batch, now, called_off=True)
        again.called_off_at, again.done_at, again.reached = None, None, 0
    db.flush()
    mail.wake_postman(db)


def call_off(db: Session, hall_id: int, kinds: Collection[NewsKind], now: datetime) -> None:
    """What has not left of these kinds stays here."""
    earlier = select(News).where(News.hall_id == hall_id, News.kind.in_(kinds), News.called_off_at.is_(None))
    for news in db.scalars(earlier.order_by(News.id).with_for_update().execution_options(populate_existing=True)).all():
        mail.cancel_batch(db, news.batch, now)
        news.called_off_at, news.done_at = now, news.done_at or now
    db.flush()


def note_moved(db: Session, event: HallMoved) -> None:
    """Reminders of the old date are void; whoever is registered hears of the new one."""
    hall = db.get_one(Hall, event.hall_id)
    call_off(db, hall.id, REMINDERS, event.at)
    announce(db, hall.id, NewsKind.MOVED, new_id(), event.at)


def note_cancelled(db: Session, event: HallCancelled) -> None:
    call_off(db, event.hall_id, {NewsKind.MOVED, *REMINDERS}, event.at)
    announce(db, event.hall_id, NewsKind.CANCELLED, 0, event.at)


def remind(db: Session, now: datetime) -> int:
    """Begin the reminders that are due; answers how many were begun."""
    soon = select(Hall).where(Hall.state == HallState.SCHEDULED, Hall.starts_at > now, Hall.starts_at <= now + A_DAY)
    begun = 0
    for hall in db.scalars(soon.order_by(Hall.id)).all():
        assert hall.starts_at is not None
        kind, about = due_reminder(hall.starts_at, hall.scheduled_at, now), int(hall.starts_at.timestamp())
        known = _about(db, hall.id, kind, about) if kind is not None else None
        if kind is not None and (known is None or known.called_off_at is not None):
            announce(db, hall.id, kind, about, now)
            begun += 1
    return begun


def queue_some(db: Session, now: datetime, leaves_at: datetime | None = None) -> int:
    """One step of the oldest unfinished news: up to a thousand letters into the outbox; 0 when nothing is left to do.

    ``leaves_at``: when news that can wait begins to leave.
    """
    todo = db.scalar(
        select(News).where(News.done_at.is_(None)).order_by(News.id).limit(1).with_for_update(skip_locked=True)
    )
    if todo is None:
        return 0
    found = db.scalars(_readers(todo).order_by(Participant.id).limit(A_STEP)).all()
    mail.queue_once(db, [_letter(todo, person, now, leaves_at) for person in found])
    if found:
        todo.reached = found[-1].id
    if len(found) < A_STEP:
        todo.done_at = now
    db.flush()
    return 1


def stop_letters(db: Session, person: Participant, now: datetime, *, wanted: bool = False) -> None:
    """Reminders and news of what came of a hall: no more from now on, what waits neither; with ``wanted`` again."""
    if person.notify == wanted:
        return
    person.notify = wanted
    db.flush()
    reminders = select(News.batch).where(News.hall_id == person.hall_id, News.kind.in_(OPTIONAL))
    names = [once_name(batch, person.id) for batch in db.scalars(reminders)]
    if wanted:
        mail.want_again(db, names, "unsubscribed")
    else:
        mail.drop_unwanted(db, names, "unsubscribed", now)


def once_name(batch: int, participant_id: int) -> str:
    """What the outbox calls one person's letter."""
    return f"townhall-news:{batch}:{participant_id}"


def _about(db: Session, hall_id: int, kind: NewsKind, about: int) -> News | None:
    same = select(News).where(News.hall_id == hall_id, News.kind == kind, News.about == about)
    return db.scalar(same.with_for_update().execution_options(populate_existing=True))


def _readers(news: News) -> Select[Participant]:
    """Who comes, and who still hopes to; reminders are for who has a place and wants them."""
    everyone = select(Participant).where(Participant.hall_id == news.hall_id, Participant.id > news.reached)
    if news.kind in AFTERWARDS:
        return everyone.where(Participant.id.in_(wanting(news.hall_id, news.kind, news.about)))
    if news.kind in REMINDERS:
        return everyone.where(Participant.place == Place.REGISTERED, Participant.notify)
    return everyone.where(Participant.place.in_((Place.REGISTERED, Place.WAITING)))


def _letter(news: News, person: Participant, now: datetime, leaves_at: datetime | None) -> dict[str, object]:
    kind = NewsKind(news.kind)
    facts = {"news": news.id, "kind": news.kind} | ({"about": news.about} if kind in AFTERWARDS else {})
    row = mail.row(
        TEMPLATES[kind],
        (PARTICIPANT, person.id),
        now,
        lane=Lane.NEWS,
        facts=facts,
        once=once_name(news.batch, person.id),
        batch=news.batch,
        due=leaves_at if kind in AFTERWARDS else None,
    )
    return row | {"language": person.language or "en"}
