"""Making rolls of digests after closing, and making them anew where a response was let in late, confirmed or ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.core.freshness import touch
from consultations.model import Consultation, Response, Roll
from consultations.rules.lifecycle import READABLE
from consultations.rules.responses import Channel, ResponseState
from consultations.rules.rolls import digest_of_list, pack, unpack

#: longer than anything takes from the instant by which it is stamped until it is stored
A_WHILE = timedelta(minutes=10)


def newest_roll(db: Session, consultation_id: int) -> Roll | None:
    return db.scalar(_rolls(consultation_id).limit(1))


def rolls(db: Session, consultation_id: int) -> list[Roll]:
    """The newest first."""
    return list(db.scalars(_rolls(consultation_id)))


def _rolls(consultation_id: int) -> Select[Roll]:
    return select(Roll).where(Roll.consultation_id == consultation_id).order_by(Roll.version.desc())


def write_due_rolls(db: Session, now: datetime) -> int:
    """A job: the next consultation that closed and has no roll, or whose responses changed since. Answers whether there was one."""
    for consultation, changed in db.execute(_perhaps_due(now)).all():
        if changed or _lists_others(db, consultation.id):
            write_roll(db, consultation, now)
            return 1
    return 0


def _perhaps_due(now: datetime) -> Select[Consultation, bool]:
    """Consultations, and whether something of theirs is stamped later than their newest roll.

    What was stamped before that roll and stored after it is not: these are found by their count, or for a while by
    their stamp, and their list is compared.
    """
    mine = Roll.consultation_id == Consultation.id
    newest = select(func.max(Roll.at)).where(mine).scalar_subquery()
    total = select(Roll.total).where(mine).order_by(Roll.version.desc()).limit(1).scalar_subquery()
    changed = or_(newest.is_(None), _changed_after(newest))
    return (
        select(Consultation, changed)
        .where(
            Consultation.state.in_(READABLE),
            Consultation.closes_at <= now,
            Consultation.questionnaire_version > 0,
            or_(changed, total != Consultation.response_count, _changed_after(now - A_WHILE)),
        )
        .order_by(Consultation.id)
        .with_for_update(skip_locked=True, key_share=True, of=Consultation)
    )


def _changed_after(instant: Any) -> ColumnElement[bool]:
    here = Response.consultation_id == Consultation.id
    changed = exists().where(here, Response.changed_at > instant, Response.state != ResponseState.PENDING)
    return or_(changed, exists().where(here, Response.ended_at > instant))


def _lists_others(db: Session, consultation_id: int) -> bool:
    """Whether the newest roll has other digests than the responses that count now."""
    newest = newest_roll(db, consultation_id)
    return newest is None or newest.digests != pack(counted(db, consultation_id))


def write_roll(db: Session, consultation: Consultation, now: datetime) -> Roll:
    """The next version; where nothing is different against the newest, that one again with a later instant."""
    before = newest_roll(db, consultation.id)
    packed = pack(counted(db, consultation.id))
    old, new = set(unpack(before.digests)) if before else set(), set(unpack(packed))
    roll = Roll(
        consultation_id=consultation.id,
        version=(before.version if before else 0) + 1,
        total=len(packed) // 32,
        digests=packed,
        digest=digest_of_list(packed),
        added=len(new - old) if before else 0,
        ended=len(old - new),
        at=now,
    )
    db.add(roll)
    db.flush()
    touch(db, f"consultation:{consultation.id}")
    return roll


def counted(db: Session, consultation_id: int) -> Iterable[bytes]:
    """The digests of all that count now."""
    counts = and_(Response.consultation_id == consultation_id, Response.state == ResponseState.SUBMITTED)
    return db.scalars(select(Response.digest).where(counts))


def faults(db: Session, now: datetime) -> Iterator[str]:
    """What does not fit between the newest rolls and the responses that count: for ``townsquare verify``."""
    for roll in db.scalars(select(Roll).order_by(Roll.consultation_id, Roll.version)):
        if digest_of_list(roll.digests) != roll.digest or len(roll.digests) != roll.total * 32:
            yield f"roll {roll.version} of consultation {roll.consultation_id} is not what was written"
    newest = select(Roll.consultation_id, func.max(Roll.version)).group_by(Roll.consultation_id)
    for consultation_id, version in db.execute(newest).all():
        yield from _differs(db, consultation_id, version)
    yield from _let_in(db)


def _differs(db: Session, consultation_id: int, version: int) -> Iterator[str]:
    roll = db.scalars(select(Roll).where(Roll.consultation_id == consultation_id, Roll.version == version)).one()
    known = set(unpack(roll.digests))
    rows = db.execute(
        select(Response.digest, Response.changed_at, Response.ended_at, Response.state).where(
            Response.consultation_id == consultation_id
        )
    ).all()
    standing = {r.digest for r in rows if r.state == ResponseState.SUBMITTED}
    later = {r.digest for r in rows if r.changed_at > roll.at or (r.ended_at and r.ended_at > roll.at)}
    explained = len(later)
    if extra := standing - known - later:
        yield f"consultation {consultation_id} counts {len(extra)} responses that its roll does not have"
    missing = known - standing
    if len(missing) > explained:
        yield f"consultation {consultation_id} lacks {len(missing) - explained} responses of its roll"


def _let_in(db: Session) -> Iterator[str]:
    """Nothing that was sent on this site after closing counts without a pass."""
    late = (
        select(Response.consultation_id, func.count())
        .join(Consultation, Consultation.id == Response.consultation_id)
        .where(
            Response.state == ResponseState.SUBMITTED,
            Response.channel == Channel.WEB,
            Response.late_pass_id.is_(None),
            Response.sent_at >= Consultation.closes_at,
        )
        .group_by(Response.consultation_id)
    )
    for consultation_id, count in db.execute(late):
        yield f"consultation {consultation_id} counts {count} responses that were sent after closing"
