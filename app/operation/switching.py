"""Switching something off for everyone, and letting it go on."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core import switches as known
from app.core.batches import upsert
from app.core.db import after_commit
from app.core.errors import Conflict
from app.core.freshness import SITE, touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.switches import Standing, Switch, Switches, SwitchRow

_TABLE: Table = SwitchRow.__table__  # type: ignore[assignment]
_NUMBERS = {switch: number for number, switch in enumerate(Switch, start=1)}


class SwitchedAlready(Conflict):
    """Two administrators press at once, or from an old page."""

    code = "switched-already"
    title = _("Somebody has changed this already")
    message = _("Look at the page again before you change anything. Nothing was changed.")
    way_on = ("/admin/switches", _("See what is switched"))


def switch_on(
    db: Session, switches: Switches, switch: Switch, *, message: str, reason: str, by: int, now: datetime
) -> None:
    """From now on; raises :class:`SwitchedAlready`. ``message`` is said to the public, ``reason`` goes on record."""
    row = _locked(db, switch, now)
    if row.since is not None:
        raise SwitchedAlready
    row.since, row.message = now, message
    _changed(db, row, "on", reason, by, now)
    after_commit(db, partial(switches.note_one, switch, Standing(now, message)))


def switch_off(db: Session, switches: Switches, switch: Switch, *, reason: str, by: int, now: datetime) -> None:
    """It goes on from now; raises :class:`SwitchedAlready`."""
    row = _locked(db, switch, now)
    if row.since is None:
        raise SwitchedAlready
    row.since = None
    _changed(db, row, "off", reason, by, now)
    after_commit(db, partial(switches.note_one, switch, None))


def subject_of(switch: Switch) -> SubjectRef:
    """As the record names it."""
    return SubjectRef("switch", _NUMBERS[switch])


def remember(switches: Switches, db: Session) -> None:
    """What the rows say, for this process; see :class:`app.core.watch.Watch`."""
    switches.note(known.standing(db))


def _locked(db: Session, switch: Switch, now: datetime) -> SwitchRow:
    """The switch's row, made where it was never used."""
    new = {"name": str(switch), "message": "", "reason": "", "changed_at": now}
    db.execute(upsert(db, _TABLE).values(**new).on_conflict_do_nothing())
    locked = select(SwitchRow).where(SwitchRow.name == switch).with_for_update()
    return db.scalars(locked.execution_options(populate_existing=True)).one()


def _changed(db: Session, row: SwitchRow, to: str, reason: str, by: int, now: datetime) -> None:
    row.reason, row.by_id, row.changed_at = reason, by, now
    db.flush()
    subject = subject_of(Switch(row.name))
    audit.record(db, f"operation.{row.name}-{to}", subject, by=by, now=now, facts={"reason": reason})
    touch(db, SITE)
