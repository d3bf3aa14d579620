"""Queueing letters, and the caps that keep our forms from being used against a mailbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, Table, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session

from app.core import ready
from app.core.batches import Prepared, insert_many, insert_new
from app.core.db import after_commit, rows_changed
from app.core.ids import new_id
from app.mail.model import BOUNCED, Lane, Letter, LetterState, MailboxDay

MAILBOX_A_DAY = 20
_DAYS: Table = MailboxDay.__table__  # type: ignore[assignment]
_LETTERS: Table = Letter.__table__  # type: ignore[assignment]
_TODAY = ready.OfMany(
    "mail.today",
    _DAYS.c.mailbox.type,
    lambda mailboxes: select(_DAYS.c.mailbox, _DAYS.c.letters).where(
        _DAYS.c.mailbox.in_(mailboxes), _DAYS.c.day == ready.given("today", _DAYS.c.day.type)
    ),
)
_COUNT = Prepared(
    lambda insert: (
        one := insert(_DAYS).values({name: bindparam(name) for name in ("mailbox", "day", "letters")})
    ).on_conflict_do_update(
        index_elements=["mailbox", "day"], set_={"letters": _DAYS.c.letters + one.excluded.letters}
    ),
    distinct=True,
)


def row(
    template: str,
    recipient: tuple[str, int],
    now: datetime,
    *,
    lane: Lane = Lane.FIRST,
    facts: Mapping[str, Any] | None = None,
    letter_id: int | None = None,
    once: str | None = None,
    due: datetime | None = None,
    batch: int | None = None,
) -> dict[str, Any]:
    """One outbox row as columns, for :func:`queue`."""
    return {
        "id": letter_id or new_id(),
        "lane": int(lane),
        "template": template,
        "language": "en",
        "recipient_kind": recipient[0],
        "recipient_id": recipient[1],
        "facts": dict(facts or {}),
        "batch": batch,
        "once": once,
        "state": LetterState.WAITING,
        "created_at": now,
        "due_at": due or now,
        "attempts": 0,
    }


def queue(db: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put letters into the outbox of this transaction and wake the postman once it is stored."""
    insert_many(db, Letter.__table__, rows)  # type: ignore[arg-type]
    if rows:
        wake_postman(db)


def queue_once(db: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """As :func:`queue`, for rows with ``once``: those already queued stay as they are."""
    if rows:
        insert_new(db, _LETTERS, rows)
        wake_postman(db)


def wake_postman(db: Session) -> None:
    for wake in db.info.get("postmen", ()):
        after_commit(db, wake)


def room_in_mailboxes(db: Session, mailboxes: Sequence[bytes], now: datetime) -> dict[bytes, int]:
    """How many more letters each mailbox (a keyed digest) may get today."""
    used = dict(_TODAY.rows(db, set(mailboxes), today=now.date()))
    return {mailbox: MAILBOX_A_DAY - used.get(mailbox, 0) for mailbox in mailboxes}


def count_letters(db: Session, letters: Mapping[bytes, int], now: datetime) -> None:
    """Note letters queued to mailboxes, in a steady order so that batches cannot deadlock."""
    _COUNT.run(db, [{"mailbox": m, "day": now.date(), "letters": n} for m, n in sorted(letters.items())])


def drop_waiting(
    db: Session,
    recipient_kind: str,
    recipient_ids: Sequence[int] | Select[int],
    now: datetime,
    *,
    templates: Sequence[str] | None = None,
    held: bool = False,
) -> None:
    """Nobody is left to read these letters; with ``templates`` only these make no sense any more.

    ``held``: only those that were not to leave yet; what is due already may be on its way.
    """
    waiting = update(Letter).where(
        Letter.recipient_kind == recipient_kind,
        Letter.recipient_id.in_(recipient_ids),
        Letter.state == LetterState.WAITING,
    )
    if templates is not None:
        waiting = waiting.where(Letter.template.in_(templates))
    if held:
        waiting = waiting.where(Letter.due_at > now)
    db.execute(waiting.values(state=LetterState.DROPPED, settled_at=now))


def drop_unwanted(db: Session, once: Sequence[str], why: str, now: datetime) -> None:
    """Their reader wants none of these any more; :func:`want_again` takes it back."""
    for some in _chunks(once):
        waiting = update(Letter).where(Letter.once.in_(some), Letter.state == LetterState.WAITING)
        db.execute(waiting.values(state=LetterState.DROPPED, settled_at=now, fault=why))


def want_again(db: Session, once: Sequence[str], why: str) -> None:
    """What was dropped for this reason waits for its turn again."""
    for some in _chunks(once):
        dropped = update(Letter).where(Letter.once.in_(some), Letter.state == LetterState.DROPPED, Letter.fault == why)
        db.execute(dropped.values(state=LetterState.WAITING, settled_at=None, claimed_until=None, fault=None))
    wake_postman(db)


def _chunks(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[start : start + 500] for start in range(0, len(names), 500)]


def cancel_batch(db: Session, batch: int, now: datetime) -> int:
    """Withdraw letters of one announcement that have not left; answers how many.

    What a postman holds at this moment is left to its composer, which drops news that was called off.
    """
    free = or_(Letter.claimed_until.is_(None), Letter.claimed_until < now)
    done = db.execute(
        update(Letter)
        .where(Letter.batch == batch, Letter.state == LetterState.WAITING, free)
        .values(state=LetterState.CANCELLED, settled_at=now)
    )
    return rows_changed(done)


def revive_batch(db: Session, batch: int, due: datetime, *, called_off: bool) -> int:
    """Letters of one announcement that wait, or that were called off, leave at ``due``."""
    states = [LetterState.WAITING]
    if called_off:
        states += [LetterState.CANCELLED, LetterState.DROPPED]
    done = db.execute(
        update(Letter)
        .where(Letter.batch == batch, Letter.state.in_(states))
        .values(state=LetterState.WAITING, due_at=due, settled_at=None)
    )
    return rows_changed(done)


def revive_dropped(db: Session, batch: int, due: datetime, *, since: datetime) -> int:
    """Letters of one announcement that had nothing to tell when they should have left, from ``since`` on, get another
    turn at ``due``. What its reader wanted no more stays dropped."""
    dropped = (Letter.batch == batch, Letter.state == LetterState.DROPPED, Letter.settled_at >= since)
    again = update(Letter).where(*dropped, Letter.fault.is_(None))
    return rows_changed(db.execute(again.values(state=LetterState.WAITING, due_at=due, settled_at=None)))


def try_again(db: Session, letter_id: int, now: datetime) -> bool:
    """Give a dead letter another life."""
    done = db.execute(
        update(Letter)
        .where(Letter.id == letter_id, Letter.state == LetterState.DEAD)
        .values(state=LetterState.WAITING, attempts=0, due_at=now, settled_at=None)
    )
    if rows_changed(done):
        wake_postman(db)
    return bool(rows_changed(done))


def forget_old(db: Session, now: datetime) -> None:
    """Mailbox counts go after two days, settled letters after thirty; those given up stay, but for bounces."""
    db.execute(delete(MailboxDay).where(MailboxDay.day < (now - timedelta(days=1)).date()))
    db.execute(
        delete(Letter).where(
            or_(
                Letter.state.in_((LetterState.SENT, LetterState.DROPPED, LetterState.CANCELLED)),
                (Letter.state == LetterState.DEAD) & Letter.fault.startswith(BOUNCED),
            ),
            Letter.settled_at < now - timedelta(days=30),
        )
    )
