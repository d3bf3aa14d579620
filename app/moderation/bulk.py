"""Deciding many cases for one reason, and taking that back for ten minutes.

Each case is decided as if alone: what cannot be is left as it was, with why. Letters leave when it can
no longer be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import FieldError, Invalid, NotFound, Refusal
from app.core.freshness import touch
from app.core.i18n import _
from app.core.ids import new_id
from app.core.subject import SubjectRef
from app.mail.model import Letter, LetterState
from app.moderation import hiding, log, queries, reporting
from app.moderation.cases import DESK, add_revision, waiting_case
from app.moderation.checking import check_note, check_reason, kind_of
from app.moderation.contribution import Moderated, Settlement
from app.moderation.model import Batch, Case, Decision, Revision
from app.moderation.refusals import NotYourBatch, UndoTooLate
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import OF_TEXTS, UNDO_FOR, Origin
from app.moderation.service import LOG, Bulk, decide

MOST = 500


@dataclass(frozen=True)
class Refused:
    """A case that was left as it was, and why in words."""

    case_id: int
    why: str


@dataclass(frozen=True)
class Done:
    """What became of a bulk act: how many were changed, and each that was not."""

    batch: int
    done: int
    refused: Sequence[Refused] = ()


def decide_many(
    db: Session,
    moderated: Mapping[str, Moderated],
    chosen: Sequence[tuple[int, int]],
    *,
    verdict: Verdict,
    reason_code: str = "",
    note: str = "",
    extras: Mapping[str, str] | None = None,
    by: int,
    now: datetime,
) -> Done:
    """Judge (case, revision) pairs alike; raises :class:`Invalid` where the choice itself makes no sense."""
    chosen = sorted(set(chosen))
    if not chosen or len(chosen) > MOST:
        raise Invalid([FieldError("cases", _("Choose at least one case, and at most 500."))])
    if verdict in (Verdict.REJECT, Verdict.RETURN, Verdict.HIDE):
        check_reason(db, reason_code)
    check_note(note)
    _lock_subjects(db, moderated, [case for case, _revision in chosen])
    bulk = Bulk(new_id(), now + UNDO_FOR)
    refused = []
    for case, revision in chosen:

        def one(case: int = case, revision: int = revision) -> None:
            decide(
                db,
                moderated,
                case,
                revision_id=revision,
                verdict=verdict,
                reason_code=reason_code,
                note=note,
                extras=extras,
                bulk=bulk,
                by=by,
                now=now,
            )

        if why := _alone(db, one):
            refused.append(Refused(case, why))
    done = len(chosen) - len(refused)
    kept = [[r.case_id, r.why] for r in refused]
    code = reason_code or None
    db.add(Batch(id=bulk.batch, by_id=by, verdict=str(verdict), reason_code=code, done=done, refused=kept, at=now))
    db.flush()
    return Done(bulk.batch, done, refused)


def undo(db: Session, moderated: Mapping[str, Moderated], batch_id: int, *, by: int, now: datetime) -> Done:
    """Take a bulk decision back, case by case, while its letters still wait."""
    batch = db.get(Batch, batch_id, with_for_update={"key_share": True}, populate_existing=True)
    if batch is None:
        raise NotFound
    if batch.by_id != by:
        raise NotYourBatch
    if batch.undone_at is not None or now >= undoable_until(batch):
        raise UndoTooLate
    decisions = db.scalars(
        select(Decision).where(Decision.batch_id == batch_id, Decision.undone_at.is_(None)).order_by(Decision.case_id)
    ).all()
    _lock_subjects(db, moderated, [d.case_id for d in decisions])
    undone, refused = [], []
    for decision in decisions:
        if why := _alone(db, lambda d=decision: _undo_one(db, moderated, d, by, now)):  # type: ignore[misc]
            refused.append(Refused(decision.case_id, why))
        else:
            undone.append(decision.id)
    _call_off(db, batch_id, undone, now)
    batch.undone_at = now
    db.flush()
    touch(db, DESK, LOG)
    return Done(batch_id, len(undone), refused)


def undoable(db: Session, account_id: int, now: datetime) -> Batch | None:
    """The newest bulk decision of this account that can still be undone."""
    mine = (Batch.by_id == account_id, Batch.undone_at.is_(None), Batch.at > now - UNDO_FOR, Batch.done > 0)
    return db.scalar(select(Batch).where(*mine).order_by(Batch.id.desc()).limit(1))


def undoable_until(batch: Batch) -> datetime:
    return batch.at + UNDO_FOR


def _lock_subjects(db: Session, moderated: Mapping[str, Moderated], case_ids: Sequence[int]) -> None:
    """All of them first, in the order in which everybody locks: then no two bulk acts wait for each other."""
    subjects = select(Case.subject_kind, Case.subject_id).where(Case.id.in_(case_ids)).distinct()
    for kind, subject_id in sorted((kind, row) for kind, row in db.execute(subjects)):
        if kind in moderated:
            try:
                moderated[kind].lock(db, subject_id)
            except NotFound:
                continue


def _alone(db: Session, act: Callable[[], None]) -> str:
    """Do one of many so that a refusal undoes it alone; answers why it was refused, else nothing."""
    try:
        with db.begin_nested():
            act()
    except Invalid as wrong:
        return " ".join(e.message for e in wrong.errors)
    except Refusal as refused:
        return f"{refused.heading}. {refused.sentence}"
    return ""


def _undo_one(db: Session, moderated: Mapping[str, Moderated], decision: Decision, by: int, now: datetime) -> None:
    """Its case waits again, with the same text as a new revision."""
    case = db.get_one(Case, decision.case_id)
    subject, kind = SubjectRef(case.subject_kind, case.subject_id), kind_of(moderated, case.subject_kind)
    last = queries.latest_decision(db, subject)
    track = {Origin.REPORT} if case.origin == Origin.REPORT else OF_TEXTS
    if last is None or last.id != decision.id or waiting_case(db, subject, track) is not None:
        raise UndoTooLate
    digest = db.get_one(Revision, decision.revision_id).digest
    if decision.verdict == Verdict.DISMISS:
        hiding.undo_let_stand(db, subject, digest, decision.at)
    else:
        kind.unsettle(db, subject.id, Settlement(decision, digest=digest), by=by, now=now)
        reporting.reopen(db, subject, decision.at)
    decision.undone_at = now
    case.state, case.decided_at = "waiting", None
    add_revision(db, case, digest, now)
    log.append(db, case, decision, now=now, about_id=log.line_of(db, decision.id), verdict=log.UNDO)
    audit.record(db, "moderation.undo", subject, by=by, now=now, facts={"decision": decision.id})


def _call_off(db: Session, batch_id: int, decisions: Sequence[int], now: datetime) -> None:
    """Letters about what was undone never leave."""
    waiting = select(Letter).where(Letter.batch == batch_id, Letter.state == LetterState.WAITING)
    undone = set(decisions)
    for letter in db.scalars(waiting):
        if letter.facts.get("decision") in undone:
            letter.state, letter.settled_at = LetterState.CANCELLED, now
    db.flush()
