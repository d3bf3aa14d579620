"""One petition and one person, as the API's description shows them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from litestar.openapi.spec import Example
from msgspec import structs

from app.outcomes.api.shapes import EXAMPLE_OUTCOME, OutcomeOut
from petitions.api.schema import (
    Hour,
    PetitionHistory,
    PetitionLinks,
    PetitionOut,
    PetitionPage,
    PetitionVersion,
    PetitionVersions,
    PetitionWhole,
)

BASE = "https://petitions.example.org"
TOKEN = "DKiHs22psiec9hTOxCCSyedNlAWOfCjI"
_OPENED = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
PERSON = {"email": "amina@example.org", "country": "GB", "postcode": "N1 1TY", "eligible": True, "privacy": "1"}
TEXTS = {
    "action": "Plant fruit trees along the canal path",
    "background": "The path has no shade, and fruit would be free for all.",
    "additional_details": "",
}
START = [Example(summary="A petition", value={**TEXTS, "creator_name": "Amina Okafor", **PERSON})]
SIGN = [Example(summary="A signature", value={"name": "Amina Okafor", **PERSON, "notify": True})]
CONFIRM = [Example(summary="The last part of the letter's link", value={"token": TOKEN})]


def links(petition_id: int, base: str, *, signable: bool) -> PetitionLinks:
    """Where to go on from a petition."""
    own, page = f"{base}/api/v1/petitions/{petition_id}", f"{base}/petitions/{petition_id}"
    return PetitionLinks(
        self=own,
        page=page,
        sign=f"{own}/signatures" if signable else None,
        count=f"{page}/count.json",
        history=f"{own}/history",
        versions=f"{own}/versions",
        feed=f"{page}.atom",
        uk=f"{page}.json",
        qr=f"{page}/qr.svg",
        story=f"{base}/api/v1/trails/petition/{petition_id}",
    )


PETITION = PetitionOut(
    id=17,
    state="open",
    **TEXTS,
    text_version=1,
    public_note=None,
    creator_name="Amina Okafor",
    signature_count=42,
    imported_count=0,
    response_threshold=10_000,
    debate_threshold=100_000,
    department="parks",
    topics=["trees"],
    created_at=datetime(2026, 11, 1, 9, 30, tzinfo=UTC),
    updated_at=datetime(2026, 11, 21, 16, 5, tzinfo=UTC),
    opened_at=_OPENED,
    closes_at=datetime(2027, 5, 4, tzinfo=UTC),
    extended_days=0,
    closed_at=None,
    rejected_at=None,
    rejection_code=None,
    withdrawn_at=None,
    response_reached_at=None,
    answered_at=None,
    debate_reached_at=None,
    debate_state=None,
    debate_on=None,
    debate_outcome_at=None,
    signable=True,
    links=links(17, BASE, signable=True),
)
WHOLE = PetitionWhole(**structs.asdict(PETITION), outcomes=[msgspec.convert(EXAMPLE_OUTCOME, OutcomeOut)])
PAGE = PetitionPage(total=1, page=1, pages=1, petitions=[PETITION], next=None, previous=None)
HISTORY = PetitionHistory(petition_id=17, signature_count=42, imported_count=0, hours=[Hour(_OPENED, 42)])
VERSIONS = PetitionVersions(
    petition_id=17,
    versions=[PetitionVersion(version=1, at=_OPENED, note="", **TEXTS, digest="9f2c" * 16)],
)
