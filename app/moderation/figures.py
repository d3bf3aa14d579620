"""The published figures, worked out from the log's lines and from nothing else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from app.moderation.log import UNDO
from app.moderation.model import Decision, LogLine
from app.moderation.rules.verdicts import AT_ONCE, OF_TEXTS, REFUSALS

MONTH = re.compile(r"(2[01]\d\d)-(0[1-9]|1[0-2])\Z")


@dataclass(frozen=True)
class Times:
    """Whole seconds from arrival to decision: the middle one, and the one that nine in ten did not pass."""

    count: int
    median: int
    ninetieth: int


@dataclass(frozen=True)
class ByReason:
    code: str
    version: int
    count: int


@dataclass(frozen=True)
class Figures:
    """Of one month, or of everything. What was undone counts nowhere but in ``undone``."""

    verdicts: dict[str, int]
    reasons: Sequence[ByReason]
    times: Times | None
    upheld: int
    overturned: int
    undone: int
    #: texts decided, by the first day of the local month (of a month: by day)
    history: Sequence[tuple[date, int]]

    @property
    def appeals(self) -> int:
        return self.upheld + self.overturned

    @property
    def share_upheld(self) -> int | None:
        """Whole per cent of the appeals heard in which the first decision was upheld."""
        return round(100 * self.upheld / self.appeals) if self.appeals else None


def read_month(text: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """``2026-03`` as the instants at which the local month begins and ends; None for anything else."""
    found = MONTH.match(text)
    if found is None:
        return None
    year, month = int(found[1]), int(found[2])
    nextmonth = (year + month // 12, month % 12 + 1)
    return datetime(year, month, 1, tzinfo=zone), datetime(*nextmonth, 1, tzinfo=zone)


def figures(db: Session, zone: ZoneInfo, span: tuple[datetime, datetime] | None = None) -> Figures:
    """What the page shows; ``span`` as :func:`read_month` answers it."""
    within = _within(span)
    grouped = (LogLine.verdict, LogLine.reason_code, LogLine.standards_version)
    verdicts, reasons = Counter[str](), Counter[tuple[str, int]]()
    for verdict, code, version, count in db.execute(
        select(*grouped, func.count()).where(*within, _stands()).group_by(*grouped)
    ):
        verdicts[verdict] += count
        if verdict in REFUSALS:
            reasons[code or "", version] += count
    return Figures(
        verdicts=dict(verdicts),
        reasons=[ByReason(*key, n) for key, n in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))],
        times=_times(db, within),
        upheld=verdicts["uphold"],
        overturned=verdicts["overturn"],
        undone=db.scalar(select(func.count()).where(*within, *_UNDOING)) or 0,
        history=_history(db, zone, span),
    )


def times(db: Session, span: tuple[datetime, datetime]) -> Times | None:
    """How long texts waited that were decided between two instants; None where none was."""
    return _times(db, _within(span))


def waits(db: Session, kind: str, span: tuple[datetime, datetime]) -> Sequence[tuple[datetime, int]]:
    """When each text of a kind was decided, and the seconds that it had waited: of decisions that stand."""
    texts = (*_within(span), _stands(), LogLine.origin.in_(OF_TEXTS), LogLine.kind == kind)
    return [(at, seconds) for at, seconds in db.execute(select(LogLine.at, LogLine.seconds_waited).where(*texts))]


def months(db: Session, zone: ZoneInfo) -> list[str]:
    """Every local month from the first line to the last, the newest first, as ``2026-03``."""
    first, last = db.execute(select(func.min(LogLine.at), func.max(LogLine.at))).one()
    if first is None:
        return []
    at, end, found = first.astimezone(zone).date().replace(day=1), last.astimezone(zone).date(), []
    while at <= end:
        found.append(f"{at:%Y-%m}")
        at = (at + timedelta(days=32)).replace(day=1)
    return found[::-1]


def lines(db: Session, span: tuple[datetime, datetime] | None = None) -> Iterator[LogLine]:
    """Every line, oldest first, as the public may have them."""
    return iter(db.scalars(select(LogLine).where(*_within(span)).order_by(LogLine.id)))


def counts(db: Session, span: tuple[datetime, datetime] | None = None) -> list[tuple[str, str, str | None, int]]:
    """Kind of content, decision and rule with how often that was decided; what was undone counts nowhere."""
    grouped = (LogLine.kind, LogLine.verdict, LogLine.reason_code)
    found = db.execute(select(*grouped, func.count()).where(*_within(span), _stands()).group_by(*grouped))
    return sorted(
        ((kind, verdict, code, n) for kind, verdict, code, n in found), key=lambda row: (*row[:2], row[2] or "")
    )


def faults(db: Session) -> Iterator[str]:
    """Where the figures of the log are not those of the decisions that stand."""
    logged = Counter[tuple[str, str]]()
    asked = select(LogLine.verdict, LogLine.reason_code, func.count()).where(_stands())
    for verdict, code, count in db.execute(asked.group_by(LogLine.verdict, LogLine.reason_code)):
        logged[verdict, code or ""] += count
    stored = Counter[tuple[str, str]]()
    decided = select(Decision.verdict, Decision.reason_code, func.count()).where(Decision.undone_at.is_(None))
    for verdict, code, count in db.execute(decided.group_by(Decision.verdict, Decision.reason_code)):
        stored[verdict, code or ""] += count
    for key in sorted(logged.keys() | stored.keys()):
        if logged[key] != stored[key]:
            yield f"{' '.join(key).strip()}: the log has {logged[key]}, the decisions {stored[key]}"


def _within(span: tuple[datetime, datetime] | None) -> list[ColumnElement[bool]]:
    return [LogLine.at >= span[0], LogLine.at < span[1]] if span else []


_OTHER = aliased(LogLine)
#: lines that undo another; they are few, and by index
_UNDOING = (LogLine.about_id > 0, LogLine.verdict == UNDO)
_UNDONE = select(_OTHER.about_id).where(_OTHER.about_id > 0, _OTHER.verdict == UNDO)


def _stands() -> ColumnElement[bool]:
    """A decision that nobody undid."""
    return (LogLine.verdict != UNDO) & LogLine.id.not_in(_UNDONE)


def _times(db: Session, within: Sequence[ColumnElement[bool]]) -> Times | None:
    """By nearest rank, over texts that waited: not reports, appeals, or what was decided at once."""
    texts = (*within, _stands(), LogLine.origin.in_(OF_TEXTS))
    count = db.scalar(select(func.count()).where(*texts)) or 0
    if not count:
        return None
    ordered = select(LogLine.seconds_waited).where(*texts).order_by(LogLine.seconds_waited)

    def ranked(per_cent: int) -> int:
        return db.scalar(ordered.offset(-(-count * per_cent // 100) - 1).limit(1)) or 0

    return Times(count, ranked(50), ranked(90))


def _history(db: Session, zone: ZoneInfo, span: tuple[datetime, datetime] | None) -> list[tuple[date, int]]:
    """Decisions that stand by local month, or by day within one; hours are grouped by the database."""
    dialect = db.get_bind().dialect.name
    hour: ColumnElement[str] = (
        func.substr(LogLine.at, 1, 13)
        if dialect == "sqlite"
        else func.to_char(func.timezone("UTC", LogLine.at), "YYYY-MM-DD HH24")
    )
    counted: Counter[date] = Counter()
    asked = select(hour, func.count()).where(*_within(span), _stands(), LogLine.origin.not_in(AT_ONCE)).group_by(hour)
    for said, count in db.execute(asked):
        day = datetime.fromisoformat(f"{said}:00:00+00:00").astimezone(zone).date()
        counted[day if span else day.replace(day=1)] += count
    return _without_gaps(counted, by_day=span is not None)


def _without_gaps(counted: Mapping[date, int], *, by_day: bool) -> list[tuple[date, int]]:
    """Every day, or first day of a month, from the first to the last: one on which nothing was decided has a 0."""
    found: list[tuple[date, int]] = []
    at, last = min(counted, default=None), max(counted, default=None)
    while at is not None and last is not None and at <= last:
        found.append((at, counted.get(at, 0)))
        at = at + timedelta(days=1) if by_day else (at + timedelta(days=32)).replace(day=1)
    return found
