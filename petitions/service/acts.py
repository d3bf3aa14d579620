"""The room's acts at the intake, and what they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from app.core.intake import Act
from app.core.people.addresses import Address
from petitions.rules.lifecycle import SignatureState


@dataclass(slots=True, kw_only=True)
class SignatureRequest(Act):
    """A checked form: somebody asks that their signature be counted once they open a letter."""

    petition_id: int
    name: str
    address: Address
    country: str
    postcode: str
    #: code of the area that was chosen, or empty; postcodes that a table has come first
    area: str = ""
    notify: bool
    privacy: str
    sponsor: bool = False
    #: the network address it came from, for blocks alone; stored nowhere
    client: str = ""
    #: the request whose address this one corrects
    replaces: int | None = None

    def encoded(self, answer: Any) -> tuple[int, bytes]:
        return 202, REQUESTED_JSON


@dataclass(slots=True, kw_only=True)
class SignatureConfirmation(Act):
    """The owner of the mailed link presses the button."""

    signature_id: int

    def encoded(self, answer: Any) -> tuple[int, bytes]:
        return 200, confirmed_json(answer)


REQUESTED_JSON = b'{"state":"pending"}'


@dataclass(frozen=True, slots=True)
class Requested:
    """What every request is answered, whether the address is new, pending or has signed."""

    petition_id: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A counted signature; ``number`` is unique on its petition and stays."""

    petition_id: int
    number: int


def confirmed_json(answer: Confirmed) -> bytes:
    return msgspec.json.encode(
        {"petition_id": answer.petition_id, "state": str(SignatureState.VALIDATED), "number": answer.number}
    )
