"""One command, from whoever sent it to its reply: known already? allowed? done; logged; remembered.

Everything but upvotes and poll answers comes this way, one transaction a command. Those two go through the intake
(:mod:`townhall.service.voting`) and keep the same promises. Lock order: the hall's row, what the command changes, the
desks it reaches, the command's own row, the head of the log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.accounts.rules.acts import Permissions
from app.core.errors import Conflict
from app.core.freshness import touch
from app.core.security import events as security
from app.core.security import sessions
from app.core.security.keys import Keys
from app.core.security.sessions import SignedIn
from app.moderation.contribution import Moderated
from app.outcomes.service.referring import Referring
from townhall.model import Command, Hall, Participant
from townhall.policy import TownHallPolicy
from townhall.rules.commands import (
    AuthExpired,
    Banned,
    CommandIdReused,
    HallCancelled,
    HallLive,
    HallNotLive,
    NoSuchThing,
    NotAllowed,
    RegistrationNeeded,
    Sent,
    SessionEnded,
    UnknownOperation,
    WaitingForPlace,
)
from townhall.rules.lifecycle import READABLE, TAKES_PART, HallState, Place
from townhall.rules.operations import act_of
from townhall.service import duties, locking, log
from townhall.service.log import Happening


@dataclass(frozen=True)
class Sender:
    """Who sends a command: somebody signed in, a participant, or both. ``session``: the digest of the cookie.

    ``ticket``: what stands for their browser in this hall; see :func:`townhall.identity.ticket`.
    """

    participant_id: int | None = None
    account_id: int | None = None
    role: str = ""
    session: bytes | None = None
    ticket: bytes | None = None

    @property
    def key(self) -> bytes:
        """16 bytes under which commands are remembered: of the account where there is one."""
        who = f"account:{self.account_id}" if self.account_id else f"participant:{self.participant_id}"
        return hashlib.sha256(who.encode()).digest()[:16]


@dataclass(frozen=True)
class Reply:
    """``d``: what the operation answers; ``seq``: the number of the newest public event it made, 0 where none."""

    d: Mapping[str, Any]
    seq: int = 0
    dup: bool = False


@dataclass(frozen=True)
class Means:
    """What commands work with; one a deployment."""

    policy: TownHallPolicy
    keys: Keys
    zone: ZoneInfo
    permissions: Callable[[], Permissions]
    referring: Referring
    moderated: Mapping[str, Moderated]


@dataclass
class Work:
    """One command being carried out, inside its transaction."""

    db: Session
    hall: Hall
    sender: Sender
    now: datetime
    means: Means
    #: of the sender, where they are one
    participant: Participant | None = None
    happenings: list[Happening] = field(default_factory=list)

    def happened(self, kind: str, thing_id: int | None = None, *, public: bool = True, **facts: Any) -> None:
        """Log it, in order, at the end of the transaction. ``facts``: ids and numbers alone."""
        self.happenings.append(Happening(kind, thing_id, public, facts, self.by_id))

    @property
    def by_id(self) -> int | None:
        """Of the staff alone: what participants do, the log does not say of anybody."""
        return self.sender.account_id if self.participant is None else None

    @property
    def account_id(self) -> int:
        """Of the staff; behind an operation that has a row in the table of acts."""
        if self.sender.account_id is None:
            raise NotAllowed
        return self.sender.account_id

    @property
    def person(self) -> Participant:
        """Behind an operation for participants."""
        if self.participant is None:
            raise RegistrationNeeded
        return self.participant


Handler = Callable[[Work, Any], Mapping[str, Any]]


class Commands:
    """Every operation's handler; rooms' areas add theirs under the operation's name."""

    def __init__(self, means: Means) -> None:
        self.means = means
        self.handlers: dict[str, Handler] = {}

    def perform(self, db: Session, hall_id: int, sender: Sender, sent: Sent, now: datetime) -> Reply:
        """Raises a refusal; nothing is stored then."""
        operation, act = sent.operation, act_of(sent.op, sent.d)
        hall = (locking.locked if act or operation.alone else locking.shared)(db, hall_id)
        if (known := remembered(db, hall_id, sender, sent)) is not None:
            return known
        work = Work(db, hall, sender, now, self.means)
        if act:
            check_staff(db, self.means, sender, act, now)
            duties.check(db, hall, sender, sent.op, act)
        else:
            work.participant = check_participant(db, hall, sender, now)
        check_state(hall, operation.states)
        if (handler := self.handlers.get(sent.op)) is None:
            raise UnknownOperation([])
        with log.gathering(db, hall_id, work.happenings):
            answer = handler(work, sent.d)
        row = remember(db, hall_id, sender, sent, answer, now)
        is_public = any(h.public for h in work.happenings)
        if is_public:
            touch(db, log.page_key(hall_id))
        seq, _staff = log.append(db, hall_id, work.happenings, now)
        reply = Reply(answer, seq if is_public else 0)
        row.reply = stored(reply)
        return reply


def check_staff(db: Session, means: Means, sender: Sender, act: str, now: datetime) -> None:
    """A living session of an account whose role has a row for this act; what it is not, is logged as an attempt."""
    if sender.account_id is None or sender.session is None:
        security.note(f"a hall: {act} without an account")
        raise NotAllowed
    account = alive(db, sender, now)
    permissions = means.permissions()
    if not permissions.opens(account.role, act):
        security.note(f"a hall: {act} is not for the role {account.role}")
        raise NotAllowed
    session = db.get(SignedIn, sender.session)
    if permissions.needs_fresh(act) and (session is None or not session.is_fresh(now)):
        raise AuthExpired


def alive(db: Session, sender: Sender, now: datetime) -> Account:
    """The sender's account as it is now; :class:`AuthExpired` once their session is over."""
    account = db.get(Account, sender.account_id) if sender.account_id is not None else None
    living = sender.session is not None and sender.session in sessions.alive(db, [sender.session], now)
    if account is None or not living or account.disabled_at is not None:
        raise AuthExpired
    return account


def check_participant(db: Session, hall: Hall, sender: Sender, now: datetime) -> Participant:
    """The participant, who may take part; raises why not."""
    if sender.account_id is not None:
        alive(db, sender, now)
    return check_place(hall, db.get(Participant, sender.participant_id) if sender.participant_id is not None else None)


def check_place(hall: Hall, person: Participant | None) -> Participant:
    """The same of a participant who was read already, if there is one. Of a hall that is not public nobody is told."""
    if HallState(hall.state) not in READABLE:
        raise NoSuchThing
    if person is None or person.hall_id != hall.id:
        raise RegistrationNeeded
    if person.banned_at is not None:
        raise Banned
    if person.place == Place.WAITING:
        raise WaitingForPlace
    if person.place not in TAKES_PART:
        raise RegistrationNeeded
    return person


#: why a hall in this state does not do what another state is for
_UNFIT: dict[HallState, type[Conflict]] = {
    HallState.SCHEDULED: HallNotLive,
    HallState.LIVE: HallLive,
    HallState.ENDED: SessionEnded,
    HallState.CANCELLED: HallCancelled,
}


def check_state(hall: Hall, states: frozenset[str]) -> None:
    if hall.state in states:
        return
    if HallState(hall.state) not in READABLE:
        raise NoSuchThing
    raise _UNFIT[HallState(hall.state)]


def remembered(db: Session, hall_id: int, sender: Sender, sent: Sent) -> Reply | None:
    """The reply to the same command sent before; raises :class:`CommandIdReused` for another one under its id."""
    row = db.get(Command, (hall_id, sender.key, sent.id))
    if row is None:
        return None
    if row.digest != sent.digest:
        raise CommandIdReused
    return replace(read_stored(row.reply), dup=True)


def remember(
    db: Session, hall_id: int, sender: Sender, sent: Sent, answer: Mapping[str, Any], now: datetime
) -> Command:
    """Kept for the hall and a day more. Two at once with one id: the second stops at the key, and is a repeat then."""
    row = Command(
        hall_id=hall_id,
        sender=sender.key,
        command_id=sent.id,
        digest=sent.digest,
        reply=stored(Reply(answer)),
        at=now,
    )
    db.add(row)
    db.flush()
    return row


def stored(reply: Reply) -> str:
    """As its command's row keeps it: what it answers, and the number of the event."""
    return msgspec.json.encode((reply.d, reply.seq)).decode()


def read_stored(text: str) -> Reply:
    """From :func:`stored`. Rows of a hall that was live while the site was upgraded hold the answer alone."""
    said = msgspec.json.decode(text)
    return Reply(*said) if isinstance(said, list) else Reply(said)
