"""Moving everything stored under the site's secret to a new secret, in steps that may be interrupted.

The site must not run meanwhile. Each area and room contributes a :class:`~app.core.security.rekeying.Rekeyer`; a step and the
note of how far it came are one transaction, so that no row is moved twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Conflict
from app.core.i18n import _
from app.core.security.keys import Keys
from app.core.security.rekeying import Rekeyer
from app.core.subject import SubjectRef
from app.operation.model import Rekeying


class OtherSecrets(Conflict):
    code = "other-secrets"
    title = _("A change of the secret is half way")
    message = _("It began with another pair of secrets. Run it again with the same two as the first time.")


class WrongOldSecret(Conflict):
    code = "wrong-old-secret"
    title = _("The old secret opens nothing")
    message = _("None of the first rows of {name} open with it. Nothing of them was changed.")


def begin(db: Session, rekeyers: Mapping[str, Rekeyer], old: Keys, new: Keys, now: datetime) -> bool:
    """Write down what is to do; False where it was all done with these secrets before.

    Raises :class:`OtherSecrets` where a change with others is half way.
    """
    pair = pair_of(old, new)
    rows = {row.name: row for row in db.scalars(select(Rekeying).with_for_update())}
    if any(row.done_at is None and row.secrets != pair for row in rows.values()):
        raise OtherSecrets
    is_again = any(row.secrets == pair for row in rows.values())
    for row in rows.values():
        if row.secrets != pair:
            db.delete(row)
    db.flush()
    for name in rekeyers:
        if name not in rows or rows[name].secrets != pair:
            db.add(Rekeying(name=name, secrets=pair, started_at=now))
    db.flush()
    if not is_again:
        audit.record(db, "operation.rekey-begin", SubjectRef("rekeying", 0), by=None, now=now)
    return is_unfinished(db)


def step(db: Session, name: str, rekeyer: Rekeyer, old: Keys, new: Keys, now: datetime) -> Rekeying:
    """One step of one area; answers how far it is. Raises :class:`WrongOldSecret` at its very first step."""
    row = db.get_one(Rekeying, name, with_for_update=True, populate_existing=True)
    if row.done_at is not None:
        return row
    done = rekeyer.step(db, old, new, row.reached)
    if done.unknown and not done.moved and not row.rows:
        raise WrongOldSecret(name=name)
    row.reached, row.rows = done.reached, row.rows + done.moved
    if done.is_last:
        row.done_at = now
    db.flush()
    return row


def finish(db: Session, now: datetime) -> None:
    """All of it is done: one line on record."""
    rows = db.scalars(select(Rekeying).order_by(Rekeying.name)).all()
    facts = {row.name: row.rows for row in rows}
    audit.record(db, "operation.rekey-end", SubjectRef("rekeying", 0), by=None, now=now, facts=facts)


def is_unfinished(db: Session) -> bool:
    """Whether rows of both secrets lie beside each other: the site must not run then."""
    return bool(db.scalar(select(exists().where(Rekeying.done_at.is_(None)))))


def pair_of(old: Keys, new: Keys) -> bytes:
    """32 bytes that tell this pair of secrets from any other, and nothing else."""
    return new.digest("rekeying", old.digest("rekeying"))


def faults(db: Session, rekeyers: Mapping[str, Rekeyer], keys: Keys) -> Iterator[str]:
    """What does not fit these keys."""
    for name, rekeyer in rekeyers.items():
        for what in rekeyer.unreadable(db, keys):
            yield f"{name}: {what}"


def run(
    database: Database, rekeyers: Mapping[str, Rekeyer], old: Keys, new: Keys, clock: Clock, say: Callable[[str], None]
) -> list[str]:
    """All of it, or what an earlier run left; answers what does not fit the new secret afterwards.

    A transaction a step: whoever interrupts it loses one step at most and starts the command again.
    """
    if database.retrying(lambda db: begin(db, rekeyers, old, new, clock.now())):
        for name, rekeyer in rekeyers.items():
            row = _all_steps(database, name, rekeyer, old, new, clock)
            say(f"{name}: {row.rows:,} moved")
        database.retrying(lambda db: finish(db, clock.now()))
    else:
        say("Everything had been moved to this secret before.")
    with database.reading() as db:
        for rekeyer in rekeyers.values():
            for sentence in rekeyer.left_to_do(db):
                say(f"To do by hand: {sentence}")
        return list(faults(db, rekeyers, new))


def _all_steps(database: Database, name: str, rekeyer: Rekeyer, old: Keys, new: Keys, clock: Clock) -> Rekeying:
    while True:
        row = database.retrying(lambda db: step(db, name, rekeyer, old, new, clock.now()))
        if row.done_at is not None:
            return row
