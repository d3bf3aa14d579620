"""What a room contributes so that its subjects take part in stories."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.accounts.model import Account


class StoryStep(Protocol):
    """One dated step of a subject's own trail; :class:`app.outcomes.trail.Step` is one."""

    @property
    def at(self) -> datetime: ...
    @property
    def text(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def said(self) -> str: ...
    @property
    def href(self) -> str: ...


@dataclass(frozen=True)
class Member:
    """One subject as a story shows it. ``state`` is where it stands, in words; ``began_at`` puts it in its place."""

    title: str
    href: str
    state: str
    began_at: datetime
    #: whether everybody may read it at the moment
    public: bool = True


@dataclass(frozen=True)
class OwnSteps:
    """``until``: when the clock alone changes what they say."""

    steps: Sequence[StoryStep]
    until: datetime | None = None


class Storied(Protocol):
    """One kind of subject that can lead to others."""

    #: one of them, as people call it
    name: str
    #: where the page of each begins, such as ``/petitions/``
    path: str
    #: where staff work on one; ``{}`` is its number. Empty: they come from their desk
    workplace: str
    #: staff with this act see those that are not public yet, too
    drafts_act: str

    def members(self, db: Session, ids: Collection[int], now: datetime) -> Mapping[int, Member]:
        """Those that are there, public or not."""
        ...

    def steps(self, db: Session, subject_id: int, pages: Any, now: datetime) -> OwnSteps:
        """What the public reads of one that is public. ``pages`` is :class:`app.core.web.page.Pages`."""
        ...

    def found(self, db: Session, words: str, most: int, now: datetime, *, drafts: bool) -> Sequence[int]:
        """Numbers of those whose title has these words, the newest first; with drafts, where they may be seen."""
        ...

    def is_theirs(self, db: Session, account: Account, subject_id: int) -> bool:
        """Whether this officer or official may say what it came from or led to."""
        ...
