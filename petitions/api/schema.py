"""The API's bodies, in and out. Unknown fields are refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from app.outcomes.api.shapes import OutcomeOut

_AREA = "Code of the area the person lives in, of /areas.json; a postcode that the site's table has comes first."


class SignatureIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody signs. Nothing is counted until the mailed link is confirmed."""

    name: Annotated[str, Meta(description="Full name, as you would sign a letter.", examples=["Amina Okafor"])]
    email: Annotated[str, Meta(examples=["amina@example.org"])]
    country: Annotated[str, Meta(description="ISO 3166-1 alpha-2.", examples=["GB"])]
    eligible: Annotated[bool, Meta(description="The person says that they may sign.")]
    privacy: Annotated[str, Meta(description="Version of the privacy notice that was shown.", examples=["1"])]
    postcode: Annotated[str, Meta(description="Needed in the home country.", examples=["N1 1TY"])] = ""
    notify: Annotated[bool, Meta(description="Letters about this petition, please.")] = False
    area: Annotated[str, Meta(description=_AREA, examples=["W07"])] = ""


class PetitionIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Somebody starts a petition."""

    action: Annotated[str, Meta(description="The one request, at most 80 characters.")]
    background: Annotated[str, Meta(description="Why, at most 300 characters.")]
    creator_name: Annotated[str, Meta(description="Shown on the petition while it is open.", examples=["Amina Okafor"])]
    email: Annotated[str, Meta(examples=["amina@example.org"])]
    country: Annotated[str, Meta(description="ISO 3166-1 alpha-2.", examples=["GB"])]
    eligible: Annotated[bool, Meta(description="The person says that they may start one.")]
    privacy: Annotated[str, Meta(description="Version of the privacy notice that was shown.", examples=["1"])]
    additional_details: Annotated[str, Meta(description="At most 800 characters.")] = ""
    postcode: Annotated[str, Meta(description="Needed in the home country.", examples=["N1 1TY"])] = ""
    notify: Annotated[bool, Meta(description="Letters about this petition, please.")] = True
    area: Annotated[str, Meta(description=_AREA, examples=["W07"])] = ""


class ConfirmationIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The token of the mailed link, without the address before it."""

    token: Annotated[str, Meta(examples=["DKiHs22psiec9hTOxCCSyedNlAWOfCjI"])]


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
    """Whole addresses. ``sign`` is null while the petition cannot be signed; ``uk`` has the UK site's shape."""

    self: str
    page: str
    sign: str | None
    count: str
    history: str
    versions: str
    feed: str
    uk: str
    qr: str
    story: str


class PetitionOut(Struct, frozen=True):
    """A petition as programs read it."""

    id: int
    state: Annotated[str, Meta(description="open, closed, rejected or withdrawn.")]
    action: str
    background: str
    additional_details: str
    text_version: Annotated[int, Meta(description="Rises with each correction; 0: an import without versions.")]
    public_note: Annotated[str | None, Meta(description="What the moderators say to its readers.")]
    creator_name: Annotated[str | None, Meta(description="Only while it is open.")]
    signature_count: int
    imported_count: Annotated[int, Meta(description="How many of them another system had counted.")]
    response_threshold: int
    debate_threshold: int
    department: str | None
    topics: list[str]
    created_at: datetime
    updated_at: datetime
    opened_at: datetime | None
    closes_at: datetime | None
    extended_days: Annotated[int, Meta(description="Days its closing was put off because signing was stopped.")]
    closed_at: datetime | None
    rejected_at: datetime | None
    rejection_code: str | None
    withdrawn_at: datetime | None
    response_reached_at: Annotated[datetime | None, Meta(description="Null again if the count falls below it.")]
    answered_at: datetime | None
    debate_reached_at: datetime | None
    debate_state: Annotated[str | None, Meta(description="scheduled, outcome or not_held.")]
    debate_on: date | None
    debate_outcome_at: datetime | None
    signable: bool
    links: PetitionLinks


class PetitionWhole(PetitionOut, frozen=True):
    """A petition with what departments owe and answered about it, oldest first."""

    outcomes: list[OutcomeOut]


class Hour(Struct, frozen=True):
    """``hour`` is its beginning."""

    hour: datetime
    signatures: int


class PetitionHistory(Struct, frozen=True):
    """Confirmed signatures by hour, oldest first, without hours that had none.

    A signature that is withdrawn leaves its hour too. What another system counted has no hours.
    """

    petition_id: int
    signature_count: int
    imported_count: int
    hours: list[Hour]


class PetitionVersion(Struct, frozen=True):
    """The text as it was from ``at`` on; ``note`` says why it was corrected."""

    version: int
    at: datetime
    note: str
    action: str
    background: str
    additional_details: str
    digest: Annotated[str, Meta(description="SHA-256 over the three texts in UTF-8, each after its length in 4 bytes.")]


class PetitionVersions(Struct, frozen=True):
    """Every public version, the first one first. An import that was never corrected has none."""

    petition_id: int
    versions: list[PetitionVersion]


class PetitionPage(Struct, frozen=True):
    """One page of the list, 25 petitions."""

    total: int
    page: int
    pages: int
    petitions: list[PetitionOut]
    next: str | None
    previous: str | None
