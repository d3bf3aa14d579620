"""Carrying out a command, whichever way it came: by the socket, posted to the hall, or from a plain form."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import exc
from sqlalchemy.orm import Session

from app.core.errors import FieldError
from app.core.ids import new_id
from app.core.switches import Switch
from app.core.web.edge import in_worker
from townhall.live.allowances import Allowances
from townhall.live.senders import participant_of
from townhall.model import Hall, Participant, Ticket
from townhall.rules.commands import BadCommand, CommandIdReused, NoSuchThing, Sent
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, Entry, HallState, Place
from townhall.rules.operations import WriteCaption
from townhall.rules.reactions import Reaction
from townhall.service import locking
from townhall.service.acts import BY_OPERATION
from townhall.service.commanding import (
    Commands,
    Reply,
    Sender,
    check_participant,
    check_staff,
    check_state,
    remembered,
)

T = TypeVar("T")


class Carrying:
    """What commands of one process share beside the database; one in the site's dependencies as ``hall_carrying``.

    ``react(hall_id, kind)`` and ``caption(hall_id, text)`` note what no database keeps: the halls of this process do.
    """

    def __init__(self, commands: Commands) -> None:
        self.commands = commands
        self.allowances = Allowances()
        self.react: Callable[[int, str], None] = lambda _hall, _kind: None
        self.caption: Callable[[int, str], None] = lambda _hall, _text: None
        #: told on the event loop whose command was carried out, and by which connection it came
        self.done: Callable[[int, Sender, str], None] = lambda _hall, _sender, _conn: None


async def carry_out(state: Any, hall_id: int, sender: Sender, sent: Sent, *, conn: str = "") -> Reply:
    """The reply once it is stored; raises a refusal, and nothing is stored then.

    ``state`` is the application's; ``conn`` the connection that needs not be told beside its reply. Who may send what is checked here, in the transaction itself: nobody need ask before.
    """
    carrying: Carrying = state.site.dependencies["hall_carrying"]
    if (refusal := state.switches.refusal(Switch.READ_ONLY)) is not None:
        raise refusal
    sender = await entered(state, hall_id, sender, sent)
    spends = bool(sent.operation.bucket) and state.limits.on and sender != Sender()
    if spends:
        carrying.allowances.spend(sender.key, sent.operation.bucket)
    try:
        reply = await _carried_out(state, carrying, hall_id, sender, sent)
    except CommandIdReused:
        raise
    except Exception:
        if spends and sent.operation.bucket == "ask":  # who corrects a text need not wait for it
            carrying.allowances.give_back(sender.key, "ask")
        raise
    if reply.dup and spends:
        carrying.allowances.give_back(sender.key, sent.operation.bucket)
    if not reply.dup and sent.op != "react":
        carrying.done(hall_id, sender, conn)
    return reply


async def _carried_out(state: Any, carrying: Carrying, hall_id: int, sender: Sender, sent: Sent) -> Reply:
    if (act := BY_OPERATION.get(sent.op)) is not None:
        reply: Reply = await state.intake.submit(act(at=state.clock.now(), hall_id=hall_id, sender=sender, sent=sent))
        return reply
    if sent.op == "react":
        return await in_worker(_react, state, carrying, hall_id, sender, sent)
    if isinstance(sent.d, WriteCaption) and sent.d.partial:
        return await in_worker(_caption, state, carrying, hall_id, sender, sent)
    return await in_worker(_perform, state, carrying.commands, hall_id, sender, sent)


def _perform(state: Any, commands: Commands, hall_id: int, sender: Sender, sent: Sent) -> Reply:
    if sent.op not in commands.handlers:
        raise NoSuchThing
    try:
        return state.database.retrying(  # type: ignore[no-any-return]
            lambda db: commands.perform(db, hall_id, sender, sent, state.clock.now())
        )
    except exc.IntegrityError:  # sent twice at once: the other one was stored
        with state.database.reading() as db:
            known = remembered(db, hall_id, sender, sent)
        if known is None:
            raise
        return known


def _react(state: Any, carrying: Carrying, hall_id: int, sender: Sender, sent: Sent) -> Reply:
    if sent.d.kind not in frozenset(Reaction):
        raise BadCommand([FieldError("kind", ", ".join(Reaction))])
    with state.database.reading() as db:
        hall = _hall(db, hall_id)
        check_participant(db, hall, sender, state.clock.now())
        check_state(hall, sent.operation.states)
    carrying.react(hall_id, sent.d.kind)
    return Reply({"kind": sent.d.kind})


def _caption(state: Any, carrying: Carrying, hall_id: int, sender: Sender, sent: Sent) -> Reply:
    """A line that is still being spoken: shown, never kept."""
    most = carrying.commands.means.policy.caption_most
    with state.database.reading() as db:
        hall = _hall(db, hall_id)
        check_staff(db, carrying.commands.means, sender, sent.operation.act, state.clock.now())
        check_state(hall, sent.operation.states)
    carrying.caption(hall_id, sent.d.text[:most])
    return Reply({"partial": True})


async def entered(state: Any, hall_id: int, sender: Sender, sent: Sent | None = None) -> Sender:
    """The sender; whoever has no participant yet, and whose hall is open to everybody, with one that is made now."""
    known = sender.participant_id is not None or (sender.ticket is None and sender.account_id is None)
    if known or (sent is not None and sent.operation.act):
        return sender
    return await in_worker(_enter, state, hall_id, sender)


def _enter(state: Any, hall_id: int, sender: Sender) -> Sender:
    with state.database.reading() as db:
        hall, known = _hall(db, hall_id), participant_of(db, hall_id, sender.account_id, sender.ticket)
    if known is not None or hall.entry != Entry.OPEN or HallState(hall.state) not in OPEN_TO_PEOPLE:
        return replace(sender, participant_id=known)
    with suppress(exc.IntegrityError):  # the same browser at the same moment
        return replace(sender, participant_id=state.database.retrying(lambda db: _new(db, state, hall_id, sender)))
    with state.database.reading() as db:
        return replace(sender, participant_id=participant_of(db, hall_id, sender.account_id, sender.ticket))


def _new(db: Session, state: Any, hall_id: int, sender: Sender) -> int:
    """Its number. The hall is held: two tabs at once are one participant."""
    locking.locked(db, hall_id)
    if (known := participant_of(db, hall_id, sender.account_id, sender.ticket)) is not None:
        return known
    number, now = new_id(), state.clock.now()
    db.add(
        Participant(
            id=number,
            hall_id=hall_id,
            place=Place.BROWSER,
            account_id=sender.account_id,
            created_at=now,
            asked_at=now,
        )
    )
    db.flush()
    if sender.ticket is not None:
        db.add(Ticket(hall_id=hall_id, key=sender.ticket, participant_id=number, at=now))
        db.flush()
    return number


def _hall(db: Session, hall_id: int) -> Hall:
    hall = db.get(Hall, hall_id)
    if hall is None:
        raise NoSuchThing
    return hall
