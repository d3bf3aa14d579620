"""Opening a case, and the one way to decide it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import length, tidy
from app.moderation.contribution import Moderated, Settlement
from app.moderation.model import Case, Decision, Reason, Revision
from app.moderation.rules.standards import STANDARDS_VERSION, Verdict

MOST_NOTE = 4_000


class AlreadyDecided(Conflict):
    code = "already-decided"
    title = _("Somebody has decided this already")
    message = _("Your decision was not stored. Look at the case to see what was decided.")
    way_on = ("/moderation", _("Back to the queue"))


class OutdatedRevision(Conflict):
    code = "outdated-revision"
    title = _("The text changed while you were reading")
    message = _("Your decision was not stored. Read the new text and decide again.")
    way_on = ("/moderation/{case}", _("Read the new text"))


def open_case(db: Session, subject: SubjectRef, digest: bytes, now: datetime) -> Case:
    """Put a text into the queue; a case that waits already gets the text as a new revision."""
    waiting = select(Case).where(
        Case.subject_kind == subject.kind, Case.subject_id == subject.id, Case.state == "waiting"
    )
    case = db.scalar(waiting)
    if case is None:
        case = Case(subject_kind=subject.kind, subject_id=subject.id, state="waiting", opened_at=now)
        db.add(case)
        db.flush()
    count = db.scalar(select(func.count()).where(Revision.case_id == case.id)) or 0
    db.add(Revision(case_id=case.id, number=count + 1, digest=digest, at=now))
    db.flush()
    return case


def decide(
    db: Session,
    moderated: Mapping[str, Moderated],
    case_id: int,
    *,
    revision_id: int,
    verdict: Verdict,
    reason_code: str = "",
    note: str = "",
    extras: Mapping[str, str] | None = None,
    by: int,
    now: datetime,
) -> Decision:
    """Judge one revision of one case. Decision, effect, letters and record are one transaction."""
    found = db.get(Case, case_id)
    if found is None or found.subject_kind not in moderated:
        raise NotFound
    kind = moderated[found.subject_kind]
    kind.lock(db, found.subject_id)
    case = db.scalars(
        select(Case).where(Case.id == case_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one()
    if case.state != "waiting":
        raise AlreadyDecided(case=case_id)
    _check_revision(db, case, revision_id)
    reason = _check_reason(db, verdict, reason_code)
    decision = Decision(
        case_id=case.id,
        revision_id=revision_id,
        verdict=Verdict.HIDE if reason is not None and reason.hides else verdict,
        reason_code=reason.code if reason else None,
        standards_version=reason.standards_version if reason else STANDARDS_VERSION,
        note=_check_note(note),
        by_id=by,
        at=now,
    )
    db.add(decision)
    case.state, case.decided_at = "decided", now
    db.flush()
    kind.settle(db, case.subject_id, Settlement(decision, extras or {}), by=by, now=now)
    facts = {"verdict": decision.verdict, "reason": decision.reason_code, "decision": decision.id}
    subject = SubjectRef(case.subject_kind, case.subject_id)
    audit.record(db, "moderation.decide", subject, by=by, now=now, facts=facts)
    return decision


def close_case(db: Session, subject: SubjectRef, now: datetime) -> None:
    """Its subject went away undecided."""
    for case in db.scalars(
        select(Case).where(Case.subject_kind == subject.kind, Case.subject_id == subject.id, Case.state == "waiting")
    ):
        case.state, case.decided_at = "closed", now


def _check_revision(db: Session, case: Case, revision_id: int) -> None:
    newest = db.scalar(select(func.max(Revision.id)).where(Revision.case_id == case.id))
    if newest != revision_id:
        raise OutdatedRevision(case=case.id)


def _check_reason(db: Session, verdict: Verdict, code: str) -> Reason | None:
    if verdict is Verdict.PUBLISH:
        return None
    reason = db.get(Reason, (code, STANDARDS_VERSION))
    if reason is None or reason.retired_at is not None:
        raise Invalid([FieldError("reason", _("Choose the rule that the text breaks."))])
    return reason


def _check_note(note: str) -> str:
    note = tidy(note)
    if length(note) > MOST_NOTE:
        raise Invalid([FieldError("note", _("Keep the note to 4,000 characters."))])
    return note
