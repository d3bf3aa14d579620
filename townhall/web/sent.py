"""What somebody just sent to register, kept for an hour in their own browser, so that a mistyped address can be corrected.

The words travel sealed in a cookie that only this site can open; the page that follows stays the same for everyone.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from litestar import Response

from app.core.people.addresses import read_address
from app.core.security.keys import CannotUnseal, Keys
from townhall.service.registering import Asked, Wish
from townhall.web.browser import Connection

KEPT_FOR = timedelta(hours=1)
_BOUND = b"townhall.sent"


@dataclass(frozen=True)
class SentWish:
    """A request as it was sent, and the row that it is about."""

    hall_id: int
    wish: Wish
    asked: Asked


def cookie_name(secure: bool) -> str:
    return "__Host-townsquare-hall-sent" if secure else "townsquare-hall-sent"


def keep(response: Response[Any], keys: Keys, sent: SentWish, *, secure: bool) -> None:
    """Let its sender correct the address."""
    value = base64.urlsafe_b64encode(keys.seal(_facts(sent), _BOUND, passing=True)).decode()
    most = int(KEPT_FOR.total_seconds())
    response.set_cookie(
        cookie_name(secure), value, max_age=most, path="/", secure=secure, httponly=True, samesite="lax"
    )


def kept(connection: Connection, hall_id: int, now: datetime) -> SentWish | None:
    """What this browser sent to this hall within the hour; None for anything else."""
    state = connection.app.state
    value = connection.cookies.get(cookie_name(state.settings.secure), "")
    try:
        facts = state.keyring.unseal(base64.urlsafe_b64decode(value.encode("ascii")), _BOUND, passing=True)
        sent = _sent(facts)
    except (CannotUnseal, UnicodeEncodeError, binascii.Error, KeyError, ValueError):
        return None
    fresh = timedelta(0) <= now - sent.asked.asked_at < KEPT_FOR
    return sent if fresh and sent.hall_id == hall_id else None


def _facts(sent: SentWish) -> dict[str, str]:
    wish, asked = sent.wish, sent.asked
    at = asked.asked_at.isoformat()
    # as long as a time: the length of what is sealed must not tell whether the address was known
    began = (asked.began_at.isoformat() if asked.began_at else "").ljust(len(at))
    return {
        "hall": str(sent.hall_id),
        "name": wish.name,
        "email": wish.address.display,
        "notify": "1" if wish.notify else "",
        "privacy": wish.privacy,
        "language": wish.language,
        "row": str(asked.participant_id),
        "began": began,
        "at": at,
    }


def _sent(facts: dict[str, str]) -> SentWish:
    began = facts["began"].strip()
    return SentWish(
        int(facts["hall"]),
        Wish(facts["name"], read_address(facts["email"]), bool(facts["notify"]), facts["privacy"], facts["language"]),
        Asked(int(facts["row"]), datetime.fromisoformat(began) if began else None, datetime.fromisoformat(facts["at"])),
    )
