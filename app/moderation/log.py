"""Writing the public log of decisions, checking that nobody changed it, and erasing what is beside it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.subject import SubjectRef
from app.moderation.model import Beside, Case, Decision, LogHead, LogLine

START = b"\0" * 32
UNDO = "undo"


def append(
    db: Session, case: Case, decision: Decision, *, now: datetime, about_id: int | None = None, verdict: str = ""
) -> LogLine:
    """One line for a decision, or for its undoing. Only codes, times and salted digests: call it near the end."""
    locked = select(LogHead).where(LogHead.id == 1).with_for_update(key_share=True)
    head = db.scalars(locked.execution_options(populate_existing=True)).one()  # made by its migration
    salt = secrets.token_bytes(16)
    subject = SubjectRef(case.subject_kind, case.subject_id)
    line = LogLine(
        id=head.lines + 1,
        at=now,
        kind=case.subject_kind,
        case_id=case.id,
        subject_digest=salted(salt, str(subject)),
        verdict=verdict or str(decision.verdict),
        reason_code=decision.reason_code,
        standards_version=decision.standards_version,
        origin=decision.origin,
        seconds_waited=max(0, int((decision.at - case.opened_at).total_seconds())),
        seconds_open=decision.seconds_open,
        about_id=about_id,
        moderator_digest=salted(salt, f"account:{decision.by_id}"),
        previous=head.digest,
    )
    line.digest = digest_of(line)
    db.add(line)
    head.lines, head.digest = line.id, line.digest
    db.flush()
    db.add(
        Beside(
            log_id=line.id,
            salt=salt,
            decision_id=decision.id,
            subject_kind=subject.kind,
            subject_id=subject.id,
            moderator_id=decision.by_id,
        )
    )
    db.flush()
    return line


def line_of(db: Session, decision_id: int) -> int | None:
    """The line that a decision was logged as."""
    return db.scalar(
        select(LogLine.id)
        .join(Beside, Beside.log_id == LogLine.id)
        .where(Beside.decision_id == decision_id, LogLine.verdict != UNDO)
    )


def salted(salt: bytes, said: str) -> bytes:
    """32 bytes that say nothing once the salt is gone."""
    return hashlib.sha256(salt + said.encode()).digest()


def digest_of(line: LogLine) -> bytes:
    """SHA-256 over the previous link and everything the line says."""
    said = [
        line.id,
        int(line.at.timestamp() * 1_000_000),
        line.kind,
        line.case_id,
        line.subject_digest.hex(),
        line.verdict,
        line.reason_code,
        line.standards_version,
        line.origin,
        line.seconds_waited,
        line.seconds_open,
        line.about_id,
        line.moderator_digest.hex(),
    ]
    return hashlib.sha256(line.previous + msgspec.json.encode(said)).digest()


def faults(db: Session) -> Iterator[str]:
    """What is wrong with the chain: the first line that is not what was written, or a missing end."""
    previous, count = START, 0
    for line in db.scalars(select(LogLine).order_by(LogLine.id).execution_options(yield_per=1000)):
        count += 1
        if line.id != count or line.previous != previous or line.digest != digest_of(line):
            yield f"at line {line.id}"
            return
        previous = line.digest
    head = db.get(LogHead, 1)
    if head is None or (head.lines, head.digest) != (count, previous):
        yield "its newest lines are missing"


def faults_beside(db: Session) -> Iterator[str]:
    """Lines whose open side says something else than they do."""
    rows = select(LogLine, Beside, Decision).join(Beside, Beside.log_id == LogLine.id)
    rows = rows.outerjoin(Decision, Decision.id == Beside.decision_id)
    for line, beside, decision in db.execute(rows.order_by(LogLine.id).execution_options(yield_per=1000)):
        subject = SubjectRef(beside.subject_kind, beside.subject_id)
        opens = salted(beside.salt, str(subject)) == line.subject_digest
        if beside.moderator_id is not None:
            opens = opens and salted(beside.salt, f"account:{beside.moderator_id}") == line.moderator_digest
        said = decision is None or (
            (decision.case_id, decision.reason_code, decision.by_id)
            == (line.case_id, line.reason_code, beside.moderator_id or decision.by_id)
            and line.verdict in (decision.verdict, UNDO)
        )
        if not (opens and said):
            yield f"line {line.id}"


def forget_subject(db: Session, subject: SubjectRef) -> None:
    """Nobody can tell any more which lines were about this; the lines and every figure stay."""
    here = (Beside.subject_kind == subject.kind, Beside.subject_id == subject.id)
    db.execute(delete(Beside).where(*here))


def forget_moderator(db: Session, account_id: int) -> None:
    """Nobody can tell any more which lines this account wrote: their salts go."""
    db.execute(delete(Beside).where(Beside.moderator_id == account_id))
