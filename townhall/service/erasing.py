"""Forgetting who took part: some months after the end, at their own wish, and what was never confirmed.

What people asked stays, and every total; sealed words, browsers' tickets, account numbers and the salt that keyed
addresses go. The keys themselves give way to random bytes, which say nothing. Each step is short and stored for itself.
"""

from __future__ import annotations

import calendar
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Table, bindparam, delete, exists, func, select, update
from sqlalchemy.orm import Session

from app.core.batches import Prepared
from app.mail import service as mail
from townhall.identity import KEY_BYTES
from townhall.model import Ban, Hall, Hand, Participant, Person, PollAnswer, Question, Ticket, Upvote
from townhall.policy import TownHallPolicy
from townhall.rules.lifecycle import HallState, Place
from townhall.rules.news import PARTICIPANT

A_STEP = 500
#: how long a request that nobody confirmed is kept beyond its link
UNCONFIRMED_FOR = timedelta(days=30)
#: the language of whoever is forgotten: nobody writes to them any more
ERASED = "-"
_PARTICIPANT: Table = Participant.__table__  # type: ignore[assignment]
_UNKNOWN = Prepared(
    lambda _insert: (
        update(_PARTICIPANT).where(_PARTICIPANT.c.id == bindparam("row")).values(address_key=bindparam("key"))
    )
)


def erase_some(db: Session, policy: TownHallPolicy, now: datetime) -> int:
    """Up to 500 participants of one hall whose time has come; answers whether there is more to do."""
    hall = _due(db, policy, now)
    if hall is None:
        return 0
    known = select(Participant.id).where(Participant.hall_id == hall.id, Participant.language != ERASED)
    some = db.scalars(known.order_by(Participant.id).limit(A_STEP)).all()
    erase_people(db, some, now)
    if len(some) < A_STEP:
        hall.salt, hall.erased_at = None, now
        db.flush()
    return 1


def erase_people(db: Session, participant_ids: Sequence[int], now: datetime) -> None:
    """All that tells who these are, and letters that wait for them; where they stand stays.

    The key of somebody who is excluded stays until the hall's salt goes: erasing is no way back in.
    """
    mail.drop_waiting(db, PARTICIPANT, participant_ids, now)
    db.execute(delete(Person).where(Person.participant_id.in_(participant_ids)))
    db.execute(delete(Ticket).where(Ticket.participant_id.in_(participant_ids)))
    db.execute(
        update(Participant)
        .where(Participant.id.in_(participant_ids))
        .values(account_id=None, name="", notify=False, language=ERASED)
    )
    keyed = db.scalars(
        select(Participant.id).where(
            Participant.id.in_(participant_ids), Participant.place != Place.BROWSER, Participant.banned_at.is_(None)
        )
    ).all()
    _UNKNOWN.run(db, [{"row": row, "key": secrets.token_bytes(KEY_BYTES)} for row in sorted(keyed)])
    db.flush()
    db.expire_all()


def make_anonymous(db: Session, participant_ids: Sequence[int]) -> None:
    """Their questions stand without a name from now on."""
    theirs = update(Question).where(Question.participant_id.in_(participant_ids))
    db.execute(theirs.values(anonymous=True, name=""))
    db.flush()


def forget_unconfirmed(db: Session, policy: TownHallPolicy, now: datetime) -> int:
    """Up to 500 requests that nobody ever confirmed, whole: of time run out, corrected, or somebody else's doing."""
    before = now - timedelta(days=policy.confirm_days) - UNCONFIRMED_FOR
    unused = [
        ~exists().where(table.participant_id == Participant.id) for table in (Question, Upvote, PollAnswer, Hand, Ban)
    ]
    stale = db.scalars(
        select(Participant.id)
        .where(
            Participant.place.in_((Place.PENDING, Place.CANCELLED)),
            Participant.confirmed_at.is_(None),
            Participant.asked_at < before,
            *unused,
        )
        .order_by(Participant.id)
        .limit(A_STEP)
    ).all()
    mail.drop_waiting(db, PARTICIPANT, stale, now)
    for table in (Person, Ticket):
        db.execute(delete(table).where(table.participant_id.in_(stale)))
    db.execute(delete(Participant).where(Participant.id.in_(stale)))
    db.flush()
    return len(stale) // A_STEP


def _due(db: Session, policy: TownHallPolicy, now: datetime) -> Hall | None:
    """The hall that was over longest ago and still knows who took part; one that nobody ended is over as planned."""
    over = func.coalesce(Hall.ended_at, Hall.cancelled_at, Hall.ends_at)
    oldest = select(Hall).where(Hall.salt.is_not(None), Hall.state != HallState.DRAFT, over < now).order_by(over)
    found = db.scalar(oldest.limit(1).with_for_update(key_share=True).execution_options(populate_existing=True))
    ended_at = (found.ended_at or found.cancelled_at or found.ends_at) if found is not None else None
    if ended_at is None or months_later(ended_at, policy.erase_after_months) > now:
        return None
    return found


def months_later(instant: datetime, months: int) -> datetime:
    """The same day of a later month, or that month's last."""
    year, month0 = divmod(instant.month - 1 + months, 12)
    year, month = instant.year + year, month0 + 1
    return instant.replace(year=year, month=month, day=min(instant.day, calendar.monthrange(year, month)[1]))
