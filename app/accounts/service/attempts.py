"""Slowing whoever guesses, across processes: each failure under a key makes the next try wait longer.

Nobody is locked out. The owner of an account has three ways past the waits that a stranger causes:
a browser that signed in before has a count of its own, a mailed link needs no password, and a
recovery code is too long to be guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.model import Attempts
from app.core.batches import upsert
from app.core.errors import TooMany
from app.core.i18n import _
from app.core.security import events
from app.core.security.keys import Keys

FORGOTTEN_AFTER = timedelta(hours=24)


class TooSoon(TooMany):
    """The same for addresses that have an account and for those that have none."""

    code = "sign-in-too-soon"
    title = _("Too many attempts")
    message = _("Wait {minutes} and try again. It is the same whether there is an account or not.")


@dataclass(frozen=True)
class Pace:
    """So many tries are free; after that each waits twice as long as the one before, up to ``longest``."""

    free: int
    longest: timedelta = timedelta(minutes=15)

    def wait_after(self, failures: int) -> timedelta:
        over = failures - self.free
        return timedelta() if over < 0 else min(timedelta(seconds=2 ** min(over, 20)), self.longest)


ACCOUNT, NETWORK, DEVICE, CODES = Pace(5), Pace(30), Pace(5), Pace(10)


@dataclass(frozen=True)
class Counted:
    """What one try is counted under."""

    key: bytes
    pace: Pace


def under(keys: Keys, kind: str, pace: Pace, *parts: bytes) -> Counted:
    """A keyed digest: the table tells nobody who was tried, or from where."""
    return Counted(keys.digest("accounts.attempts", kind.encode(), *parts), pace)


def take(db: Session, counted: Sequence[Counted], now: datetime) -> None:
    """Count a try before it is judged, so that many at once cannot all be free; raises :class:`TooSoon`.

    In a transaction of its own: it stands whatever becomes of the try.
    """
    rows = _locked(db, counted, now)
    waits = max((row.wait_until for row in rows.values()), default=now)
    if waits > now:
        events.note("sign-in: somebody who guesses has to wait")
        raise TooSoon(retry_after=int((waits - now).total_seconds()) + 1)
    for each in counted:
        row = rows[each.key]
        row.failures, row.last_at = row.failures + 1, now
        row.wait_until = now + each.pace.wait_after(row.failures)


def give_back(db: Session, counted: Sequence[Counted], now: datetime) -> None:
    """The try was right: it counts for nothing. Those of others stay."""
    rows = _locked(db, counted, now)
    for each in counted:
        row = rows[each.key]
        row.failures = max(0, row.failures - 1)
        row.wait_until = now


def failures(db: Session, counted: Counted) -> int:
    return db.scalar(select(Attempts.failures).where(Attempts.id == counted.key)) or 0


def forget_old(db: Session, now: datetime) -> None:
    db.execute(delete(Attempts).where(Attempts.last_at < now - FORGOTTEN_AFTER))


def _locked(db: Session, counted: Sequence[Counted], now: datetime) -> dict[bytes, Attempts]:
    """The rows of these keys, made where they are missing, in the order in which everyone locks them."""
    ids = sorted(each.key for each in counted)
    blank = {"failures": 0, "began_at": now, "last_at": now, "wait_until": now}
    make = upsert(db, Attempts.__table__).on_conflict_do_nothing()  # type: ignore[arg-type]
    db.execute(make, [{"id": key, **blank} for key in ids])
    wanted = select(Attempts).where(Attempts.id.in_(ids)).order_by(Attempts.id).with_for_update()
    found = {row.id: row for row in db.scalars(wanted.execution_options(populate_existing=True))}
    for row in found.values():
        if row.last_at < now - FORGOTTEN_AFTER:
            row.failures, row.began_at, row.wait_until = 0, now, now
    return found
