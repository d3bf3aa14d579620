"""Deciding many cases for one reason, and taking that back for ten minutes.

Each case is decided as if alone, in a transaction of its own: what cannot be is left as it was, with why.
The batch is stored first and counts with each of them, so that work which broke off says what was done and
can be undone. Letters leave when that is no longer possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.db import Database, rows_changed
from app.core.errors import FieldError, Invalid, NotFound, Refusal
from app.core.freshness import touch
from app.core.i18n import _
from app.core.ids import new_id
from app.core.subject import SubjectRef
from app.mail import service as mail
from app.mail.model import Letter, LetterState
from app.moderation import hiding, log, queries, reporting
from app.moderation.cases import DESK, add_revision, become_moot, open_again, waiting_case
from app.moderation.checking import check_note, check_reason, kind_of
from app.moderation.contribution import Moderated, Settlement
from app.moderation.model import Batch, Case, Decision, Revision
from app.moderation.refusals import AuthorLeft, NotYourBatch, UndoneMeanwhile, UndoTooLate
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import OF_TEXTS, REFUSALS, UNDO_FOR, Origin
from app.moderation.service import LOG, Bulk, decide

MOST = 500
#: what undoing takes at most
UNDOING_FOR = timedelta(minutes=2)
#: stored as the why of a case until it is known
NOT_REACHED = ""
#: nothing that a statement changes is read again from memory
_BLIND: Final = {"synchronize_session": False}


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
    database: Database,
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
    batch = Batch(id=new_id(), by_id=by, verdict=str(verdict), reason_code=reason_code or None, done=0, at=now)
    batch.refused = [[case, NOT_REACHED] for case, _revision in chosen]
    database.retrying(lambda db: _begin(db, batch, note))
    bulk, refused = Bulk(batch.id, now + UNDO_FOR), []
    for case, revision in chosen:

        def one(db: Session, case: int = case, revision: int = revision) -> None:
            _count_in(db, bulk.batch)
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

        if why := _alone(database, one):
            refused.append(Refused(case, why))
    database.retrying(lambda db: _end(db, bulk.batch, refused))
    return Done(bulk.batch, len(chosen) - len(refused), refused)


def undo(database: Database, moderated: Mapping[str, Moderated], batch_id: int, *, by: int, now: datetime) -> Done:
    """Take a bulk decision back, case by case, while its letters still wait. One that broke off may be undone again."""
    database.retrying(lambda db: _begin_undoing(db, batch_id, by, now))
    refused: dict[int, Refused] = {}
    while left := database.retrying(lambda db: _end_undoing(db, batch_id, refused, now)):
        for decision, case in left:
            why = _alone(database, lambda db, one=decision: _undo_one(db, moderated, one, by, now))  # type: ignore[misc]
            if why:
                refused[decision] = Refused(case, why)
    with database.reading() as db:
        return Done(batch_id, count_undone(db, batch_id), list(refused.values()))


def left_alone(db: Session, batch: Batch) -> list[Refused]:
    """Each case that the bulk decision did not change, and why; one that broke off never came to some of them."""
    if all(why for _case, why in batch.refused):
        return [Refused(case, why) for case, why in batch.refused]
    done = set(db.scalars(select(Decision.case_id).where(Decision.batch_id == batch.id)))
    said = str(_("Nothing was decided about this text here: it was not reached."))
    return [Refused(case, why or said) for case, why in batch.refused if case not in done]


def count_undone(db: Session, batch_id: int) -> int:
    undone = (Decision.batch_id == batch_id, Decision.undone_at.is_not(None))
    return db.scalar(select(func.count()).select_from(Decision).where(*undone)) or 0


def undoable(db: Session, account_id: int, now: datetime) -> Batch | None:
    """The newest bulk decision of this account that can still be undone."""
    mine = (Batch.by_id == account_id, Batch.undone_at.is_(None), Batch.at > now - UNDO_FOR, Batch.done > 0)
    return db.scalar(select(Batch).where(*mine).order_by(Batch.id.desc()).limit(1))


def undoable_until(batch: Batch) -> datetime:
    return batch.at + UNDO_FOR


def _begin(db: Session, batch: Batch, note: str) -> None:
    """What is stored before anything is decided: should the work break off, this says how far it came."""
    if batch.verdict in REFUSALS:
        check_reason(db, batch.reason_code or "")
    check_note(note)
    db.add(batch)


def _count_in(db: Session, batch_id: int) -> None:
    """One more is done, with the decision that this transaction is about; a batch that was undone takes no more."""
    here = update(Batch).where(Batch.id == batch_id, Batch.undone_at.is_(None))
    if not rows_changed(db.execute(here.values(done=Batch.done + 1), execution_options=_BLIND)):
        raise UndoneMeanwhile


def _end(db: Session, batch_id: int, refused: Sequence[Refused]) -> None:
    kept = [[r.case_id, r.why] for r in refused]
    db.execute(update(Batch).where(Batch.id == batch_id).values(refused=kept), execution_options=_BLIND)
    touch(db, DESK)


def _lock(db: Session, batch_id: int) -> Batch:
    batch = db.get(Batch, batch_id, with_for_update={"key_share": True}, populate_existing=True)
    if batch is None:
        raise NotFound
    return batch


def _begin_undoing(db: Session, batch_id: int, by: int, now: datetime) -> None:
    """Its letters wait until all is undone, however close to the last minute that begins."""
    batch = _lock(db, batch_id)
    if batch.by_id != by:
        raise NotYourBatch
    if batch.undone_at is not None or now >= undoable_until(batch):
        raise UndoTooLate
    mail.revive_batch(db, batch_id, undoable_until(batch) + UNDOING_FOR, called_off=False)


def _end_undoing(
    db: Session, batch_id: int, refused: Mapping[int, Refused], now: datetime
) -> Sequence[tuple[int, int]]:
    """The (decision, case) pairs that are left to undo; with none the batch is undone, and takes no more."""
    batch = _lock(db, batch_id)
    stands = select(Decision.id, Decision.case_id).where(Decision.batch_id == batch_id, Decision.undone_at.is_(None))
    left = [(one, case) for one, case in db.execute(stands.order_by(Decision.case_id)) if one not in refused]
    if not left and batch.undone_at is None:
        batch.undone_at = now
        touch(db, DESK, LOG)
    return left


def _alone(database: Database, act: Callable[[Session], None]) -> str:
    """Do one of many in a transaction of its own; answers why it was refused, else nothing.

    Citizens' acts go in between: together, hundreds of cases would hold SQLite's one writer for seconds.
    """
    try:
        database.retrying(act)
    except Invalid as wrong:
        return " ".join(e.message for e in wrong.errors)
    except Refusal as refused:
        return f"{refused.heading}. {refused.sentence}"
    return ""


def _undo_one(db: Session, moderated: Mapping[str, Moderated], decision_id: int, by: int, now: datetime) -> None:
    """Its case waits again, with the same text as a new revision; its letters never leave."""
    case_id = db.get_one(Decision, decision_id).case_id
    case = db.get_one(Case, case_id)
    subject, kind = SubjectRef(case.subject_kind, case.subject_id), kind_of(moderated, case.subject_kind)
    kind.lock(db, subject.id)
    case = db.get_one(Case, case_id, populate_existing=True)
    decision = db.get_one(Decision, decision_id, populate_existing=True)
    if decision.undone_at is not None:  # by the same form, sent twice
        return
    if (line := log.line_of(db, decision.id)) is None:
        raise AuthorLeft
    last = queries.latest_decision(db, subject)
    track = {Origin.REPORT} if case.origin == Origin.REPORT else OF_TEXTS
    if last is None or last.id != decision.id or waiting_case(db, subject, track) is not None:
        raise UndoTooLate
    open_again(db, subject, decision.at)
    become_moot(db, subject, now, against=decision.id)
    digest = db.get_one(Revision, decision.revision_id).digest
    if decision.verdict == Verdict.DISMISS:
        hiding.undo_let_stand(db, kind, case, digest, decision.at, now)
    else:
        kind.unsettle(db, subject.id, Settlement(decision, digest=digest), by=by, now=now)
        reporting.reopen(db, subject, decision.at)
        if not kind.show(db, subject.id).can_take_down:  # whatever readers said since is about what waits again
            hiding.answered(db, subject, by=by, now=now)
    decision.undone_at = now
    case.state, case.decided_at = "waiting", None
    add_revision(db, case, digest, now)
    _call_off(db, decision, now)
    log.append(db, case, decision, now=now, about_id=line, verdict=log.UNDO)
    audit.record(db, "moderation.undo", subject, by=by, now=now, facts={"decision": decision.id})
    touch(db, DESK, LOG)


def _call_off(db: Session, decision: Decision, now: datetime) -> None:
    """Letters about what was undone never leave."""
    about = (Letter.batch == decision.batch_id, Letter.facts["decision"].as_integer() == decision.id)
    waiting = update(Letter).where(*about, Letter.state == LetterState.WAITING)
    db.execute(waiting.values(state=LetterState.CANCELLED, settled_at=now), execution_options=_BLIND)
