"""Carrying out a command, whichever way it came: by the socket, posted to the hall, or from a plain form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import exc
from sqlalchemy.orm import Session

from app.core.errors import FieldError
from app.core.i18n import _
from app.core.switches import Switch
from app.core.web.edge import in_worker
from townhall.live.allowances import Allowances
from townhall.live.senders import participant_of
from townhall.model import Hall
from townhall.rules.commands import BadCommand, CommandIdReused, NoSuchThing, Sent
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, Entry, HallState
from townhall.rules.operations import WriteCaption, act_of
from townhall.rules.reactions import Reaction
from townhall.service import captioning, duties, joining, locking
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
    spends = bool(sent.operation.bucket) and not act_of(sent.op, sent.d) and state.limits.on and sender != Sender()
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
        raise BadCommand([FieldError("kind", _("Choose one of: {kinds}.").format(kinds=", ".join(Reaction)))])
    with state.database.reading() as db:
        hall = _hall(db, hall_id)
        check_participant(db, hall, sender, state.clock.now())
        check_state(hall, sent.operation.states)
    carrying.react(hall_id, sent.d.kind)
    return Reply({"kind": sent.d.kind})


def _caption(state: Any, carrying: Carrying, hall_id: int, sender: Sender, sent: Sent) -> Reply:
    """A line that is still being spoken: shown, never kept."""
    means, act = carrying.commands.means, sent.operation.act
    text = captioning.read_line(sent.d.text, means.policy.caption_most) if sent.d.text.strip() else ""
    with state.database.reading() as db:
        hall = _hall(db, hall_id)
        check_staff(db, means, sender, act, state.clock.now())
        duties.check(db, hall, sender, sent.op, act)
        check_state(hall, sent.operation.states)
    carrying.caption(hall_id, text)
    return Reply({"partial": True})


async def entered(state: Any, hall_id: int, sender: Sender, sent: Sent | None = None) -> Sender:
    """The sender; where their browser is nobody's yet and the hall is open to everybody, somebody new from now on."""
    staffs = sent is not None and act_of(sent.op, sent.d)
    if sender.participant_id is not None or sender.ticket is None or staffs:
        return sender
    return await in_worker(_enter, state, hall_id, sender)


def _enter(state: Any, hall_id: int, sender: Sender) -> Sender:
    with state.database.reading() as db:
        hall, known = _hall(db, hall_id), participant_of(db, hall_id, sender.account_id, sender.ticket)
    if known is not None or hall.entry != Entry.OPEN or HallState(hall.state) not in OPEN_TO_PEOPLE:
        return replace(sender, participant_id=known)

    def enter(db: Session) -> int:
        return joining.enter(db, locking.shared(db, hall_id), sender.ticket or b"", state.clock.now()).id

    return replace(sender, participant_id=state.database.retrying(enter))


def _hall(db: Session, hall_id: int) -> Hall:
    hall = db.get(Hall, hall_id)
    if hall is None:
        raise NoSuchThing
    return hall
