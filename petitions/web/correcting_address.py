"""What somebody just sent, kept for an hour in their own browser, so that a mistyped address can be corrected.

The words travel sealed in a cookie that only this site can open; nothing more about the request is
stored here, and the page that follows stays the same for everyone.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.people.addresses import read_address
from app.core.security.keys import CannotUnseal, Keys
from petitions.forms import PersonFields

KEPT_FOR = timedelta(hours=1)
_BOUND = b"petitions.sent"


@dataclass(frozen=True)
class SentRequest:
    """A request for a signature as it was sent: the act's id, and what was typed."""

    act: int
    petition_id: int
    person: PersonFields
    sponsor: bool
    at: datetime


def cookie_name(secure: bool) -> str:
    return "__Host-townsquare-sent" if secure else "townsquare-sent"


def cookie(keys: Keys, sent: SentRequest, *, secure: bool) -> bytes:
    """The ``Set-Cookie`` value that lets its sender correct the address."""
    sealed = keys.seal(_facts(sent), _BOUND, passing=True)
    return _cookie(cookie_name(secure), base64.urlsafe_b64encode(sealed).decode(), secure)


def read_cookie(keys: Keys, value: str, petition_id: int, now: datetime) -> SentRequest | None:
    """What was sent to this petition within the hour; None for anything else."""
    try:
        facts = keys.unseal(base64.urlsafe_b64decode(value.encode("ascii")), _BOUND, passing=True)
        sent = _sent(facts)
    except (CannotUnseal, UnicodeEncodeError, binascii.Error, KeyError, ValueError):
        return None
    fresh = timedelta(0) <= now - sent.at < KEPT_FOR
    return sent if fresh and sent.petition_id == petition_id else None


def _cookie(name: str, value: str, secure: bool) -> bytes:
    most = int(KEPT_FOR.total_seconds())
    text = f"{name}={value}; Path=/; Max-Age={most}; HttpOnly; SameSite=Lax"
    return (text + "; Secure" if secure else text).encode("ascii")


def _facts(sent: SentRequest) -> dict[str, str]:
    person = sent.person
    return {
        "act": str(sent.act),
        "petition": str(sent.petition_id),
        "name": person.name,
        "email": person.address.display,
        "country": person.country,
        "postcode": person.postcode,
        "notify": "1" if person.notify else "",
        "privacy": person.privacy,
        "sponsor": "1" if sent.sponsor else "",
        "at": sent.at.isoformat(),
    }


def _sent(facts: dict[str, str]) -> SentRequest:
    person = PersonFields(
        name=facts["name"],
        address=read_address(facts["email"]),
        country=facts["country"],
        postcode=facts["postcode"],
        notify=bool(facts["notify"]),
        privacy=facts["privacy"],
    )
    return SentRequest(
        int(facts["act"]),
        int(facts["petition"]),
        person,
        bool(facts["sponsor"]),
        datetime.fromisoformat(facts["at"]),
    )
