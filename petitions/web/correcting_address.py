"""What somebody just sent to a petition, kept for an hour in their own browser: see :mod:`app.core.web.just_sent`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.people.addresses import read_address
from app.core.security.keys import Keys
from app.core.web.just_sent import JustSent
from petitions.forms import PersonFields

_SENT = JustSent("townsquare-sent", b"petitions.sent")


@dataclass(frozen=True)
class SentRequest:
    """A request for a signature as it was sent: the act's id, and what was typed."""

    act: int
    petition_id: int
    person: PersonFields
    sponsor: bool
    at: datetime


def cookie_name(secure: bool) -> str:
    return _SENT.cookie_name(secure=secure)


def cookie(keys: Keys, sent: SentRequest, *, secure: bool) -> bytes:
    """The ``Set-Cookie`` value that lets its sender correct the address."""
    return _SENT.cookie(keys, _facts(sent), sent.at, secure=secure)


def read_cookie(keys: Keys, value: str, petition_id: int, now: datetime) -> SentRequest | None:
    """What was sent to this petition within the hour; None for anything else."""
    facts = _SENT.read(keys, value, now)
    try:
        sent = _sent(facts) if facts is not None else None
    except (KeyError, ValueError):
        return None
    return sent if sent is not None and sent.petition_id == petition_id else None


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
        "area": person.area,
        "sponsor": "1" if sent.sponsor else "",
    }


def _sent(facts: dict[str, str]) -> SentRequest:
    person = PersonFields(
        name=facts["name"],
        address=read_address(facts["email"]),
        country=facts["country"],
        postcode=facts["postcode"],
        notify=bool(facts["notify"]),
        privacy=facts["privacy"],
        area=facts.get("area", ""),
    )
    return SentRequest(
        int(facts["act"]),
        int(facts["petition"]),
        person,
        bool(facts["sponsor"]),
        datetime.fromisoformat(facts["at"]),
    )
