"""Opening a case and deciding it; taking down what was published, and restoring what was refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import is_blank, length, tidy
from app.moderation import reporting
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


class NotPublic(Conflict):
    code = "not-public"
    title = _("There is nothing to take down")
    message = _("It is not published at the moment: somebody may have taken it down already. Nothing was changed.")
    way_on = ("/moderation", _("Back to the queue"))


class NotRefused(Conflict):
    code = "not-refused"
    title = _("There is nothing to restore")
    message = _("It is neither rejected nor hidden: somebody may have restored it already. Nothing was changed.")
    way_on = ("/moderation", _("Back to the queue"))


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
    if found is None:
        raise NotFound
    kind = _kind(moderated, found.subject_kind)
    kind.lock(db, found.subject_id)
    case = db.scalars(
        select(Case).where(Case.id == case_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one()
    if case.state != "waiting":
        raise AlreadyDecided(case=case_id)
    _check_revision(db, case, revision_id)
    reason = None if verdict is Verdict.PUBLISH else check_reason(db, reason_code)
    decision = _decide(db, case, revision_id, verdict, reason, check_note(note), by, now)
    kind.settle(db, case.subject_id, Settlement(decision, extras or {}), by=by, now=now)
    _record(db, "moderation.decide", SubjectRef(case.subject_kind, case.subject_id), decision)
    return decision


def take_down(
    db: Session,
    moderated: Mapping[str, Moderated],
    subject: SubjectRef,
    *,
    reason_code: str,
    note: str = "",
    extras: Mapping[str, str] | None = None,
    by: int,
    now: datetime,
) -> Decision:
    """Refuse what was published: a case opened and decided at once, for a reason that the standards name."""
    kind = _kind(moderated, subject.kind)
    kind.lock(db, subject.id)
    reason = check_reason(db, reason_code)
    decision = _decide_at_once(db, kind, subject, Verdict.REJECT, reason, check_note(note), by, now)
    kind.take_down(db, subject.id, Settlement(decision, extras or {}), by=by, now=now)
    reporting.handle(db, subject, up_to=None, by=by, now=now)
    _record(db, "moderation.take-down", subject, decision)
    return decision


def restore(
    db: Session, moderated: Mapping[str, Moderated], case_id: int, *, note: str, by: int, now: datetime
) -> Case:
    """Have what was refused judged again, saying why; answers the new case, which waits."""
    found = db.get(Case, case_id)
    if found is None:
        raise NotFound
    subject, kind = SubjectRef(found.subject_kind, found.subject_id), _kind(moderated, found.subject_kind)
    kind.lock(db, subject.id)
    note = check_note(note)
    if is_blank(note):
        raise Invalid([FieldError("note", _("Say why it should be looked at again."))])
    decision = _decide_at_once(db, kind, subject, Verdict.RESTORE, None, note, by, now)
    kind.restore(db, subject.id, Settlement(decision), by=by, now=now)
    case = open_case(db, subject, kind.show(db, subject.id).digest, now)
    _record(db, "moderation.restore", subject, decision)
    return case


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


def _kind(moderated: Mapping[str, Moderated], name: str) -> Moderated:
    if name not in moderated:
        raise NotFound
    return moderated[name]


def _decide_at_once(
    db: Session,
    kind: Moderated,
    subject: SubjectRef,
    verdict: Verdict,
    reason: Reason | None,
    note: str,
    by: int,
    now: datetime,
) -> Decision:
    """A case that nobody had to wait for."""
    digest = kind.show(db, subject.id).digest
    case = Case(subject_kind=subject.kind, subject_id=subject.id, state="decided", opened_at=now, decided_at=now)
    db.add(case)
    db.flush()
    revision = Revision(case_id=case.id, number=1, digest=digest, at=now)
    db.add(revision)
    db.flush()
    return _decide(db, case, revision.id, verdict, reason, note, by, now)


def _decide(
    db: Session,
    case: Case,
    revision_id: int,
    verdict: Verdict,
    reason: Reason | None,
    note: str,
    by: int,
    now: datetime,
) -> Decision:
    """Store one decision; a reason that hides makes a rejection one."""
    decision = Decision(
        case_id=case.id,
        revision_id=revision_id,
        verdict=Verdict.HIDE if reason is not None and reason.hides else verdict,
        reason_code=reason.code if reason else None,
        standards_version=reason.standards_version if reason else STANDARDS_VERSION,
        note=note,
        by_id=by,
        at=now,
    )
    db.add(decision)
    case.state, case.decided_at = "decided", now
    db.flush()
    return decision


def _record(db: Session, act: str, subject: SubjectRef, decision: Decision) -> None:
    facts = {"verdict": decision.verdict, "reason": decision.reason_code, "decision": decision.id}
    audit.record(db, act, subject, by=decision.by_id, now=decision.at, facts=facts)


def check_reason(db: Session, code: str) -> Reason:
    """A rule in force; it cannot be deleted while this decision is made."""
    held = {"read": True, "key_share": True}
    reason = db.get(Reason, (code, STANDARDS_VERSION), with_for_update=held)
    if reason is None or reason.retired_at is not None:
        raise Invalid([FieldError("reason", _("Choose the rule that the text breaks."))])
    return reason


def check_note(note: str) -> str:
    """The note as it is stored."""
    note = tidy(note)
    if length(note) > MOST_NOTE:
        raise Invalid([FieldError("note", _("Keep the note to 4,000 characters."))])
    return note
