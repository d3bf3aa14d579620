"""A petition in figures for staff: sums alone, nobody's name.

Each figure comes from an index of its own or from a bounded number of rows; the letters, which no
index knows by petition, are why large petitions are worked out once a minute only.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, TextClause, exists, func, select, text
from sqlalchemy.orm import Session, aliased

from app.core.remember import Remembered
from app.mail.model import Letter, LetterState
from petitions.model.petition import HourCount, Petition
from petitions.model.signature import Signature
from petitions.rules.lifecycle import SignatureState

HOURS = 48
#: the newest confirmations, of which the median is taken
NEWEST = 10_000
_ENDED = (SignatureState.INVALIDATED, SignatureState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Shares are per cent, or None where there is nothing to divide.

    ``ended``: how many by (state, reason). ``hours``: the start of each of the last 48 and the
    signatures confirmed in it, oldest first, zeros included. ``letters``: how many by state.
    """

    validated: int
    pending: int
    held: int
    ended: Mapping[tuple[str, str], int]
    confirmed_share: float | None
    minutes: float | None
    minutes_of: int
    news: int
    news_share: float | None
    pairs: int
    letters: Mapping[str, int]
    hours: Sequence[tuple[datetime, int]]
    at: datetime

    def ended_as(self, state: str) -> int:
        return sum(n for (ended, _reason), n in self.ended.items() if ended == state)


def statistics(db: Session, petition: Petition, now: datetime) -> Statistics:
    """As of now."""
    validated = petition.signature_count - petition.imported_count
    pending = _count(db, _of(petition, SignatureState.PENDING))
    ended, left = _ended(db, petition)
    minutes = _minutes_to_confirm(db, petition.id)
    news = _news(db, petition.id)
    return Statistics(
        validated=validated,
        pending=pending,
        held=_count(db, _of(petition, SignatureState.HELD)),
        ended=ended,
        confirmed_share=_share(validated + left, validated + pending + sum(ended.values())),
        minutes=median(minutes) if minutes else None,
        minutes_of=len(minutes),
        news=news,
        news_share=_share(news, validated),
        pairs=_pairs(db, petition.id),
        letters=_letters(db, petition.id),
        hours=_hours(db, petition.id, now),
        at=now,
    )


class Shelf:
    """Statistics that took long to work out, kept for a minute; the oldest make room."""

    LONG, SECONDS, MOST = 0.25, 60.0, 200

    def __init__(self) -> None:
        self._kept: OrderedDict[int, Remembered[Statistics]] = OrderedDict()

    def get(self, petition_id: int, work_out: Callable[[], Statistics]) -> Statistics:
        """What is kept, or what ``work_out`` says now."""
        if (kept := self._kept.get(petition_id)) is not None:
            return kept.get(work_out)
        began = time.monotonic()
        made = work_out()
        if time.monotonic() - began > self.LONG:
            self._kept[petition_id] = kept = Remembered(self.SECONDS)
            kept.get(lambda: made)
            while len(self._kept) > self.MOST:
                self._kept.popitem(last=False)
        return made


def _of(petition: Petition, state: SignatureState) -> ColumnElement[bool]:
    return (Signature.petition_id == petition.id) & (Signature.state == state)


def _count(db: Session, *conditions: ColumnElement[bool] | TextClause) -> int:
    return db.scalar(select(func.count()).select_from(Signature).where(*conditions)) or 0


def _news(db: Session, petition_id: int) -> int:
    """Who wants news, in the words of the index that news itself goes by."""
    wants = text("state = 'validated' AND notify")
    return _count(db, Signature.petition_id == petition_id, Signature.id > 0, wants)


def _ended(db: Session, petition: Petition) -> tuple[Mapping[tuple[str, str], int], int]:
    """How many ended by state and reason, and how many of them had been counted before."""
    rows = (
        select(Signature.state, Signature.end_reason, func.count(), func.count(Signature.number))
        .where(Signature.petition_id == petition.id, Signature.ended_at.is_not(None), Signature.state.in_(_ENDED))
        .group_by(Signature.state, Signature.end_reason)
    )
    found, left = {}, 0
    for state, reason, count, counted in db.execute(rows):
        found[state, reason or ""] = count
        left += counted
    return found, left


def _minutes_to_confirm(db: Session, petition_id: int) -> list[float]:
    """Of the newest confirmations, by their numbers."""
    rows = (
        select(Signature.requested_at, Signature.validated_at)
        .where(Signature.petition_id == petition_id, Signature.number.is_not(None))
        .order_by(Signature.number.desc())
        .limit(NEWEST)
    )
    return [(validated - asked).total_seconds() / 60 for asked, validated in db.execute(rows) if validated]


def _pairs(db: Session, petition_id: int) -> int:
    """Addresses under which two people count."""
    first = aliased(Signature)
    other = exists().where(
        first.petition_id == petition_id,
        first.address_key == Signature.address_key,
        first.slot == 1,
        first.state == SignatureState.VALIDATED,
    )
    valid = (Signature.petition_id == petition_id) & (Signature.state == SignatureState.VALIDATED)
    return _count(db, valid, Signature.slot == 2, other)


def _letters(db: Session, petition_id: int) -> Mapping[str, int]:
    """Letters to its signers that are still on record: those sent go after thirty days."""
    rows = (
        select(Letter.state, func.count())
        .join(Signature, Signature.id == Letter.recipient_id)
        .where(Letter.recipient_kind == "petitions.signature", Signature.petition_id == petition_id)
        .group_by(Letter.state)
    )
    found = {state: count for state, count in db.execute(rows)}
    return {str(state): found.get(state, 0) for state in LetterState}


def _hours(db: Session, petition_id: int, now: datetime) -> Sequence[tuple[datetime, int]]:
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    first = this_hour - timedelta(hours=HOURS - 1)
    rows = select(HourCount.hour, HourCount.validated).where(
        HourCount.petition_id == petition_id, HourCount.hour >= first
    )
    counted = {hour: count for hour, count in db.execute(rows)}
    hours = [first + timedelta(hours=i) for i in range(HOURS)]
    return [(hour, counted.get(hour, 0)) for hour in hours]


def _share(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
