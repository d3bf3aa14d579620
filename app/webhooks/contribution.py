"""What a room contributes so that programs elsewhere hear of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.subject import SubjectRef


@dataclass(frozen=True)
class Fact:
    """What everybody may read, and nothing else: never a person, never what is not published.

    ``subject``: whose public text this is; once that is removed nothing of the fact is sent any more.
    """

    subject: SubjectRef
    at: datetime
    #: path of its page
    href: str
    #: None where no words of it may be said
    title: str | None
    #: what it tells of, if not of the subject itself: a referral of it, a commitment
    about: SubjectRef | None = None
    #: path of the same for programs; empty where there is none
    api_href: str = ""
    #: numbers of those whose matter it is
    departments: Collection[int | None] = ()
    #: what else a receiver needs at once, as JSON can say it
    more: Mapping[str, Any] = field(default_factory=dict)


#: one event as a fact; None where the public does not hear of it
Teller = Callable[[Session, Any], Fact | None]


@dataclass(frozen=True)
class Announced:
    """One type of webhook, and the event it is made of."""

    #: the type that receivers know it by, such as ``petition.published``
    name: str
    event: type
    tell: Teller
    #: one sentence, for administrators and for the API's description
    about: str
    #: names of what :attr:`Fact.more` holds, with an example each
    more: Mapping[str, Any] = field(default_factory=dict)
    #: its subject is public no more: what waits about it is not sent, and its words are forgotten
    retracts: bool = False
