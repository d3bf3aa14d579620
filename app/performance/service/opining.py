"""One question after an act: how was it? Counted by day, and tied to nobody and nothing.

The page that asks is made for one reader and is never stored by anyone. It holds a number that no other page has, under
this site's seal; the number counts once. It says when the page was made, not for whom.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete
from sqlalchemy.orm import Session

from app.core.batches import upsert
from app.core.errors import Gone, NotFound
from app.core.i18n import _
from app.core.security.keys import Keys
from app.core.security.nonces import new_nonce
from app.performance.contribution import Asking
from app.performance.model import OpinionDay, UsedNonce
from app.performance.rules.opinions import OPEN_FOR, Grade, is_open, nonce_at

_OPINION: Table = OpinionDay.__table__  # type: ignore[assignment]
_USED: Table = UsedNonce.__table__  # type: ignore[assignment]
#: where people are shown that they were counted: a page of ours, without a query
_PATH = re.compile(r"/(?:[A-Za-z0-9_~.=-]+/?)+\Z")
MOST_OF_A_PATH = 300


class QuestionUnknown(NotFound):
    code = "question-unknown"
    title = _("We do not know this question")
    message = _("Nothing was counted. Only the page after you signed, answered or read an answer asks it.")


class QuestionOver(Gone):
    code = "question-over"
    title = _("This question was open for a day")
    message = _("Nothing was counted. What you did before stays as it is.")


@dataclass(frozen=True)
class Question:
    """What a page needs to ask it. ``back``: the page itself, which thanks where it asked."""

    asked: str
    nonce: str
    back: str
    #: they have just answered it
    thanked: bool = False


class Satisfaction:
    """Of one deployment: where people are asked, and with which seal."""

    def __init__(self, keys: Keys, askings: Mapping[str, Asking]) -> None:
        self.keys, self.askings = keys, askings

    def question(self, asked: str, back: str, now: datetime, *, thanked: bool = False) -> Question | None:
        """For a page that is nobody else's; None where nobody contributed the question."""
        if asked not in self.askings:
            return None
        number = nonce_at(now, int.from_bytes(new_nonce(), "big"))
        return Question(asked, self.keys.token(_purpose(asked), number), back, thanked)

    def read(self, asked: str, nonce: str, now: datetime) -> int:
        """The page's number; raises :class:`QuestionUnknown`, :class:`QuestionOver`."""
        number = self.keys.read_token(_purpose(asked), nonce) if asked in self.askings else None
        if number is None:
            raise QuestionUnknown
        if not is_open(number, now):
            raise QuestionOver
        return number


def say(db: Session, asked: str, number: int, grade: Grade, now: datetime, zone: ZoneInfo) -> bool:
    """Count it; False where this page's question was answered already, and nothing is counted."""
    used = upsert(db, _USED).values(nonce=number).on_conflict_do_nothing().returning(_USED.c.nonce)
    if db.scalar(used) is None:
        return False
    day = now.astimezone(zone).date()
    counted = upsert(db, _OPINION).values(asked=asked, day=day, grade=str(grade), people=1)
    keys = ["asked", "day", "grade"]
    db.execute(counted.on_conflict_do_update(index_elements=keys, set_={"people": _OPINION.c.people + 1}))
    return True


def forget_used(db: Session, now: datetime) -> int:
    """Pages that could not ask any more need not be remembered."""
    db.execute(delete(_USED).where(_USED.c.nonce < nonce_at(now - 2 * OPEN_FOR, 0)))
    return 0


def read_back(path: str) -> str:
    """Where to thank: a plain path of this site, else the page of figures."""
    return path if len(path) <= MOST_OF_A_PATH and _PATH.match(path) else ""


def _purpose(asked: str) -> str:
    return f"opinion:{asked}"
