"""A story as programs read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct


class JoinedOut(Struct, frozen=True):
    """``number``: of the member at the other end. ``note``: what staff said of it in public."""

    number: int
    note: str | None


class MemberOut(Struct, frozen=True):
    number: Annotated[int, Meta(description="Its place in the story, from 1: what began it is first.")]
    kind: Annotated[str, Meta(description="`petition`, `consultation` or `townhall`.")]
    id: int
    url: str
    title: str
    state: Annotated[str, Meta(description="Where it stands, in words for people.")]
    came_from: list[JoinedOut]
    led_to: list[JoinedOut]


class StepOut(Struct, frozen=True):
    member: int
    at: datetime
    state: Annotated[str, Meta(description="`done`, `due` or `late`.")]
    text: str
    note: str | None
    url: str


class StoryOut(Struct, frozen=True):
    """The same from each of its members; what is to come stands last. ``url``: its page."""

    url: str
    members: list[MemberOut]
    steps: list[StepOut]


_BASE = "https://town.example.org"
EXAMPLE = StoryOut(
    url=f"{_BASE}/trails/petition/17",
    members=[
        MemberOut(
            1, "petition", 17, f"{_BASE}/petitions/17", "Plant fruit trees along the canal path",
            "Answered; 12,400 signatures", [], [JoinedOut(2, "Which trees, and where.")],
        ),
        MemberOut(
            2, "consultation", 4, f"{_BASE}/consultations/4", "Trees along the canal", "Open",
            [JoinedOut(1, "Which trees, and where.")], [],
        ),
    ],
    steps=[
        StepOut(1, datetime(2026, 11, 1, 9, 30, tzinfo=UTC), "done", "Started", None, f"{_BASE}/petitions/17"),
        StepOut(2, datetime(2027, 3, 1, 9, 0, tzinfo=UTC), "done", "Opened", None, f"{_BASE}/consultations/4"),
        StepOut(2, datetime(2027, 3, 27, 23, 45, tzinfo=UTC), "due", "Closes", None, f"{_BASE}/consultations/4"),
    ],
)  # fmt: skip
