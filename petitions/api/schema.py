"""The API's bodies, in and out. Unknown fields are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct


class SignatureIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody signs. Nothing is counted until the mailed link is confirmed."""

    name: Annotated[str, Meta(description="Full name, as you would sign a letter.", examples=["Amina Okafor"])]
    email: Annotated[str, Meta(examples=["amina@example.org"])]
    country: Annotated[str, Meta(description="ISO 3166-1 alpha-2.", examples=["GB"])]
    eligible: Annotated[bool, Meta(description="The person says that they may sign.")]
    privacy: Annotated[str, Meta(description="Version of the privacy notice that was shown.", examples=["1"])]
    postcode: Annotated[str, Meta(description="Needed in the home country.", examples=["N1 1TY"])] = ""
    notify: Annotated[bool, Meta(description="Letters about this petition, please.")] = False


class PetitionIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody starts a petition."""

    action: Annotated[str, Meta(description="The one request, at most 80 characters.")]
    background: Annotated[str, Meta(description="Why, at most 300 characters.")]
    creator_name: str
    email: str
    country: str
    eligible: bool
    privacy: str
    additional_details: Annotated[str, Meta(description="At most 800 characters.")] = ""
    postcode: str = ""
    notify: bool = True


class ConfirmationIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The token of the mailed link, without the address before it."""

    token: str


class Accepted(Struct, frozen=True):
    """A letter goes out; nothing is public yet."""

    state: str


class PetitionAccepted(Struct, frozen=True):
    id: int
    state: str


class Confirmation(Struct, frozen=True):
    """A counted signature."""

    petition_id: int
    state: str
    number: int


class PetitionLinks(Struct, frozen=True):
    self: str
    page: str
    sign: str | None
    count: str


class PetitionOut(Struct, frozen=True):
    """A petition as programs read it."""

    id: int
    state: str
    action: str
    background: str
    additional_details: str
    creator_name: str | None
    signature_count: int
    imported_count: int
    response_threshold: int
    debate_threshold: int
    department: str | None
    created_at: datetime
    opened_at: datetime | None
    closes_at: datetime | None
    closed_at: datetime | None
    signable: bool
    links: PetitionLinks


class PetitionPage(Struct, frozen=True):
    """One page of the list, 25 petitions."""

    total: int
    page: int
    pages: int
    petitions: list[PetitionOut]
    next: str | None
    previous: str | None


class ProblemField(Struct, frozen=True):
    field: str
    message: str


class Problem(Struct, frozen=True):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField]
    request_id: str
