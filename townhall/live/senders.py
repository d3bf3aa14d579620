"""Who sends something to a hall: the session's cookie tells an account, the browser's a participant."""

from __future__ import annotations

import re
from typing import Any

from litestar.connection import ASGIConnection
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.cookies import cookie_name, session_of
from app.accounts.model import Account
from app.core.security import sessions
from app.core.security.sessions import SignedIn
from app.core.web.edge import in_worker
from townhall import identity
from townhall.model import Participant, Ticket
from townhall.rules.lifecycle import TAKES_PART
from townhall.service.commanding import Sender

Connection = ASGIConnection[Any, Any, Any, Any]
NOBODY = Sender()
_SECRET = re.compile(r"[A-Za-z0-9_-]{32}")


async def sender_of(connection: Connection, hall_id: int) -> Sender:
    """Whoever the cookies of this request or handshake tell; :data:`NOBODY` where they tell nobody."""
    state = connection.app.state
    token, ticket = session_of(connection), ticket_of(connection, hall_id)
    if not token and ticket is None:
        return NOBODY
    return await in_worker(_read, state, hall_id, token, ticket)


def ticket_of(connection: Connection, hall_id: int) -> bytes | None:
    """What stands for this browser in this hall: 16 bytes; None where it has no cookie of ours."""
    state = connection.app.state
    secret = connection.cookies.get(f"{cookie_name(state.settings.secure)}-hall", "")
    return identity.ticket(secret, hall_id, state.keyring) if _SECRET.fullmatch(secret) else None


def _read(state: Any, hall_id: int, token: str, ticket: bytes | None) -> Sender:
    with state.database.reading() as db:
        session = sessions.find(db, token, state.clock.now())
        account = db.get(Account, session.holder_id) if session else None
        if account is not None and session is not None and not _counts(state, account, session):
            account = None
        return Sender(
            participant_id=participant_of(db, hall_id, account.id if account else None, ticket),
            account_id=account.id if account else None,
            role=account.role if account else "",
            session=session.id if account and session else None,
            ticket=ticket,
        )


def _counts(state: Any, account: Account, session: SignedIn) -> bool:
    """Staff without the second factor that this site requires are nobody here."""
    if account.disabled_at is not None:
        return False
    return session.strong or not account.is_staff or state.settings.staff_second_factor != "required"


def participant_of(db: Session, hall_id: int, account_id: int | None, ticket: bytes | None) -> int | None:
    """The account's own participant, one who may take part before one who may not; else the browser's."""
    if account_id is not None:
        mine = select(Participant.id, Participant.place).where(
            Participant.hall_id == hall_id, Participant.account_id == account_id
        )
        found = sorted(db.execute(mine), key=lambda row: (row.place not in TAKES_PART, row.id))
        if found:
            return int(found[0].id)
    row = db.get(Ticket, (hall_id, ticket)) if ticket else None
    return row.participant_id if row else None
