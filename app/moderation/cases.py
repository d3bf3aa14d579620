"""Opening and closing cases, and forgetting what they repeat of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.core.freshness import touch
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt as excerpt_of
from app.moderation import log
from app.moderation.model import Appeal, Case, Revision, Sketch
from app.moderation.rules.sketching import bands
from app.moderation.rules.verdicts import OF_REPORTS, OF_TEXTS, Origin
from app.moderation.signals import Signal

#: the desk's own pages
DESK = "moderation-desk"
MOST_EXCERPT = 200


def open_case(
    db: Session,
    subject: SubjectRef,
    digest: bytes,
    now: datetime,
    *,
    origin: str = Origin.NEW,
    author_id: int | None = None,
    excerpt: str = "",
    context: SubjectRef | None = None,
    signals: Sequence[Signal | Mapping[str, Any]] = (),
) -> Case:
    """Put a text into the queue; a case that waits already gets the text as a new revision.

    ``excerpt``: how the text begins; ``context``: where it would appear.
    """
    case = _joined(db, subject, Origin(origin), now)
    if case is None:
        case = Case(
            subject_kind=subject.kind,
            subject_id=subject.id,
            state="waiting",
            opened_at=now,
            origin=str(origin),
            author_id=author_id,
            previous_case_id=_newest(db, subject),
        )
        db.add(case)
    if context is not None:
        case.context_kind, case.context_id = context.kind, context.id
    _describe(db, case, excerpt, [s.as_dict() if isinstance(s, Signal) else dict(s) for s in signals])
    add_revision(db, case, digest, now)
    touch(db, DESK)
    return case


def _joined(db: Session, subject: SubjectRef, origin: Origin, now: datetime) -> Case | None:
    """The waiting case that a text of this origin belongs to; each appeal has one of its own."""
    if origin is Origin.APPEAL:
        return None
    if origin not in OF_TEXTS:
        return waiting_case(db, subject, {origin})
    become_moot(db, subject, now)
    return waiting_case(db, subject, OF_TEXTS)


def become_moot(db: Session, subject: SubjectRef, now: datetime, *, against: int | None = None) -> None:
    """What waiting appeals were about is settled otherwise, such as by a new text: nobody has to hear them.

    ``against``: only the one against this decision, which is undone.
    """
    waiting = (
        select(Appeal, Case)
        .join(Case, Case.id == Appeal.case_id)
        .where(Case.subject_kind == subject.kind, Case.subject_id == subject.id, Appeal.state == "waiting")
    )
    if against is not None:
        waiting = waiting.where(Appeal.decision_id == against)
    found = db.execute(waiting.order_by(Appeal.id)).all()
    for heard, case in found:
        heard.state, heard.heard_at = "moot", now
        case.state, case.decided_at = "closed", now
    if found:
        db.flush()
        touch(db, DESK)


def close_texts(db: Session, subject: SubjectRef, now: datetime) -> None:
    """A text that waits behind one that was taken down is nobody's to judge any more."""
    while (case := waiting_case(db, subject, OF_TEXTS)) is not None:
        case.state, case.decided_at = "closed", now
        db.flush()
        touch(db, DESK)


def note_new_text(
    db: Session, subject: SubjectRef, digest: bytes, now: datetime, origins: frozenset[Origin] = OF_REPORTS
) -> None:
    """What a case is about reads otherwise by now: a decision about the text before no longer fits."""
    case = waiting_case(db, subject, origins)
    if case is not None:
        add_revision(db, case, digest, now)
        touch(db, DESK)


def open_again(db: Session, subject: SubjectRef, decided_at: datetime) -> None:
    """Cases that a decision at this instant closed beside its own wait again, where nothing newer does."""
    about = (Case.subject_kind == subject.kind, Case.subject_id == subject.id)
    closed = select(Case).where(*about, Case.state == "closed", Case.decided_at == decided_at)
    for case in db.scalars(closed.order_by(Case.id)).all():
        if case.origin == Origin.APPEAL:
            db.execute(update(Appeal).where(Appeal.case_id == case.id).values(state="waiting", heard_at=None))
        elif waiting_case(db, subject, OF_TEXTS if case.origin in OF_TEXTS else {Origin(case.origin)}) is not None:
            continue
        case.state, case.decided_at = "waiting", None
        db.flush()


def waiting_case(db: Session, subject: SubjectRef, origins: frozenset[Origin] | set[Origin]) -> Case | None:
    """The subject's waiting case of one of these origins, the oldest where there are several."""
    about = (Case.subject_kind == subject.kind, Case.subject_id == subject.id, Case.state == "waiting")
    return db.scalars(select(Case).where(*about, Case.origin.in_([str(o) for o in origins])).order_by(Case.id)).first()


def add_revision(db: Session, case: Case, digest: bytes, now: datetime) -> Revision:
    """The text as it stands now: earlier decisions on the case no longer fit it."""
    count = db.scalar(select(func.count()).where(Revision.case_id == case.id)) or 0
    revision = Revision(case_id=case.id, number=count + 1, digest=digest, at=now)
    db.add(revision)
    db.flush()
    return revision


def close_case(db: Session, subject: SubjectRef, now: datetime) -> None:
    """Its subject went away undecided: nothing about it is left to judge, illegal content excepted."""
    waiting = select(Case).where(
        Case.subject_kind == subject.kind,
        Case.subject_id == subject.id,
        Case.state == "waiting",
        Case.origin != Origin.ILLEGAL,
    )
    found = db.scalars(waiting.order_by(Case.id)).all()
    for case in found:
        case.state, case.decided_at = "closed", now
        if case.origin == Origin.APPEAL:
            db.execute(update(Appeal).where(Appeal.case_id == case.id).values(state="moot", heard_at=now))
    if found:
        db.flush()
        touch(db, DESK)


def forget(db: Session, subject: SubjectRef) -> None:
    """Erase what cases repeat of a text, and by which log lines it could be known; every figure stays."""
    forget_words(db, subject)
    log.forget_subject(db, subject)


def forget_words(db: Session, subject: SubjectRef) -> None:
    """Erase what cases repeat of a text, and no more: which decisions were about it can still be told."""
    here = (Case.subject_kind == subject.kind, Case.subject_id == subject.id)
    db.execute(delete(Sketch).where(Sketch.case_id.in_(select(Case.id).where(*here))))
    db.execute(update(Case).where(*here).values(excerpt="", signals=None))


def forget_author(db: Session, account_id: int) -> None:
    """The account is erased: no case says any more whose text it was."""
    db.execute(update(Case).where(Case.author_id == account_id).values(author_id=None))


def _describe(db: Session, case: Case, words: str, found: list[dict[str, Any]]) -> None:
    case.excerpt = excerpt_of(words, MOST_EXCERPT)
    case.signals = found or None
    case.weight = max((round(100 * float(s.get("score", 0))) for s in found), default=0)
    db.flush()
    db.execute(delete(Sketch).where(Sketch.case_id == case.id))
    db.add_all(Sketch(case_id=case.id, band=band, value=value) for band, value in bands(case.excerpt))


def _newest(db: Session, subject: SubjectRef) -> int | None:
    about = (Case.subject_kind == subject.kind, Case.subject_id == subject.id)
    return db.scalar(select(func.max(Case.id)).where(*about))
