"""The room's acts at the intake, and what they are answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.core.intake import Act
from app.core.people.addresses import Address


@dataclass(slots=True, kw_only=True)
class SendResponse(Act):
    """A checked response. ``answers``: as :mod:`consultations.rules.answers` stores them, encoded as JSON.

    ``proven``: the address is known to be its sender's, by an account or by the link of a draft; then the response
    counts at once. ``amends``: the response that it is to be the next version of.
    """

    consultation_id: int
    form_key: str
    answers: bytes
    questionnaire_version: int
    name: str
    address: Address
    organisation: str
    easy_read: bool
    consent: str
    notify: bool
    language: str
    privacy: str
    proven: bool = False
    account_id: int | None = None
    draft_id: int | None = None
    amends: int | None = None
    late_pass_id: int | None = None
    files: Sequence[int] = ()

    def encoded(self, answer: Any) -> tuple[int, bytes]:
        return 202, SENT_JSON


@dataclass(slots=True, kw_only=True)
class ConfirmResponse(Act):
    """The owner of the mailed link presses the button."""

    response_id: int

    def encoded(self, answer: Any) -> tuple[int, bytes]:
        return 200, COUNTED_JSON


SENT_JSON = b'{"state":"pending"}'
COUNTED_JSON = b'{"state":"submitted"}'


@dataclass(frozen=True, slots=True)
class Sent:
    """A stored response; ``counts`` unless its address has to be confirmed first."""

    response_id: int
    counts: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """The response that counts: the confirmed one, or the earlier one of the same address that it became part of."""

    response_id: int
    joined: bool = False
