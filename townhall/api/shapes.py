"""What programs read of town halls."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct


class HallLinks(Struct, frozen=True):
    """``room``: where people take part, from its announcement to its end."""

    room: str | None
    calendar: str
    story: str


class HallOut(Struct, frozen=True):
    """One town hall that is public."""

    id: int
    url: str
    state: Annotated[str, Meta(description="`scheduled`, `live`, `ended` or `cancelled`.")]
    title: str
    summary: str
    department: Annotated[str | None, Meta(description="The short name of the department that leads it.")]
    starts_at: datetime
    ends_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cancelled_reason: str | None
    entry: Annotated[
        str,
        Meta(
            description="Who asks and votes: `registered` (a confirmed address) or `open` (results are not one a person)."
        ),
    ]
    screening: Annotated[bool, Meta(description="Questions are read by a moderator before they are shown.")]
    anonymous_allowed: bool
    venue: str | None
    capacity: Annotated[int | None, Meta(description="Null: as many may register as want to.")]
    places_left: Annotated[int | None, Meta(description="0: further people come onto the waiting list.")]
    captions: str | None
    sign_language: str | None
    code: Annotated[str | None, Meta(description="What people type at `/join`.")]
    links: HallLinks


class SpeakerOut(Struct, frozen=True):
    name: str
    about: str


class AgendaItemOut(Struct, frozen=True):
    id: int
    title: str
    minutes: int


class HallWhole(HallOut, frozen=True):
    """With its text, its people and its agenda. ``sequence`` grows with every change that a calendar must learn."""

    body: Annotated[str, Meta(description="Formatted text (Markdown).")]
    contact: str
    access_notes: str | None
    beside: Annotated[
        list[str], Meta(description="Short names of the departments that take part beside the one that leads.")
    ]
    speakers: list[SpeakerOut]
    agenda: list[AgendaItemOut]
    sequence: int


class HallPage(Struct, frozen=True):
    total: int
    page: int
    pages: int
    townhalls: list[HallOut]
    next: str | None
    previous: str | None


_BASE = "https://townhalls.example.org/townhalls/17"
_FACTS = {
    "id": 17,
    "url": _BASE,
    "state": "scheduled",
    "title": "Budget 2027, Ward 4",
    "summary": "Ask your councillor what the ward gets, and what it pays.",
    "department": "council",
    "starts_at": datetime(2026, 10, 5, 16, 0, tzinfo=UTC),
    "ends_at": datetime(2026, 10, 5, 17, 30, tzinfo=UTC),
    "started_at": None,
    "ended_at": None,
    "cancelled_reason": None,
    "entry": "registered",
    "screening": True,
    "anonymous_allowed": True,
    "venue": "Ward 4 library, 2 Oak Street",
    "capacity": 50,
    "places_left": 12,
    "captions": "Typed by a person, in English",
    "sign_language": None,
    "code": "WARD4",
    "links": HallLinks(f"{_BASE}/room", f"{_BASE}.ics", "https://townhalls.example.org/api/v1/trails/townhall/17"),
}
EXAMPLE = HallOut(**_FACTS)  # type: ignore[arg-type]
EXAMPLE_PAGE = HallPage(1, 1, 1, [EXAMPLE], None, None)
EXAMPLE_WHOLE = HallWhole(
    **_FACTS,  # type: ignore[arg-type]
    body="The budget of 2027, and what of it is spent in **Ward 4**.",
    contact="townhalls@council.example.org",
    access_notes=None,
    beside=["roads"],
    speakers=[SpeakerOut("Rhoda Rivers", "Head of Roads")],
    agenda=[AgendaItemOut(3, "Welcome", 10), AgendaItemOut(4, "Your questions", 60)],
    sequence=0,
)
