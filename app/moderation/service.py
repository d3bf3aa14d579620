"""Deciding a case; taking down what was published, and restoring what was refused.

A decision, its effect, its letter, its line in the public log and its entry in the record are one
transaction. Who comes second is told who came first and what they decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import FieldError, Invalid, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import is_blank
from app.moderation import appeals, fairness, hiding, log, queries, reporting, telling
from app.moderation.cases import DESK, add_revision, become_moot, close_case, open_case, waiting_case
from app.moderation.checking import check_free, check_note, check_reason, check_revision, kind_of, lock_case
from app.moderation.contribution import Moderated, Settlement
from app.moderation.model import Case, Decision, Reason, Revision
from app.moderation.refusals import AlreadyDecided, NotPublic, NotRefused, OutdatedRevision, WrongVerdict
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import REFUSALS, Origin, allowed

__all__ = [
    "AlreadyDecided",
    "Bulk",
    "NotPublic",
    "NotRefused",
    "OutdatedRevision",
    "check_note",
    "check_reason",
    "close_case",
    "decide",
    "dismiss_reports",
    "open_case",
    "restore",
    "take_down",
]

#: the public log's page
LOG = "standards-log"


@dataclass(frozen=True)
class Bulk:
    """A decision that is one of many: its letters wait until it can no longer be undone."""

    batch: int
    letters_due: datetime


def decide(
    db: Session,
    moderated: Mapping[str, Moderated],
    case_id: int,
    *,
    revision_id: int,
    verdict: Verdict,
    reason_code: str = "",
    note: str = "",
    internal: str = "",
    extras: Mapping[str, str] | None = None,
    bulk: Bulk | None = None,
    by: int,
    now: datetime,
) -> Decision:
    """Judge one revision of one case. ``note`` goes to the author, ``internal`` stays among moderators."""
    kind, case = lock_case(db, moderated, case_id)
    check_free(db, case, by, now)
    check_revision(db, case, revision_id)
    fairness.check(db, kind, case, by)
    if verdict not in allowed(case.origin, can_return=kind.can_return):
        raise WrongVerdict(case=case.id)
    reason = check_reason(db, reason_code) if verdict in REFUSALS else None
    note = check_note(note)
    if verdict is Verdict.RETURN and is_blank(note):
        raise Invalid([FieldError("note", _("Say what its author should change."))])
    decision = _store(db, case, revision_id, verdict, reason, note, check_note(internal), bulk, by, now)
    settlement = _settlement(db, decision, reason, extras, bulk)
    about = _carry_out(db, kind, case, settlement, by, now)
    _record(db, "moderation.decide", case, decision, now, about)
    return decision


def take_down(
    db: Session,
    moderated: Mapping[str, Moderated],
    subject: SubjectRef,
    *,
    reason_code: str,
    note: str = "",
    internal: str = "",
    extras: Mapping[str, str] | None = None,
    by: int,
    now: datetime,
) -> Decision:
    """Refuse what was published: the case of its reports is decided, or one that nobody had to wait for."""
    kind = kind_of(moderated, subject.kind)
    kind.lock(db, subject.id)
    fairness.check_subject(db, kind, subject, by)
    reason = check_reason(db, reason_code)
    case = waiting_case(db, subject, {Origin.REPORT}) or _case_at_once(db, subject, Origin.TAKE_DOWN, now)
    check_free(db, case, by, now)
    revision = add_revision(db, case, kind.show(db, subject.id).digest, now)
    decision = _store(
        db, case, revision.id, Verdict.REJECT, reason, check_note(note), check_note(internal), None, by, now
    )
    settlement = _settlement(db, decision, reason, extras, None)
    _take_down(db, kind, case, settlement, by, now)
    _record(db, "moderation.take-down", case, decision, now)
    return decision


def dismiss_reports(
    db: Session, moderated: Mapping[str, Moderated], subject: SubjectRef, *, up_to: int, by: int, now: datetime
) -> None:
    """What was reported stands, as far as its moderator saw: with nothing newer, their case is decided."""
    fairness.check_subject(db, kind_of(moderated, subject.kind), subject, by)
    case = waiting_case(db, subject, {Origin.REPORT})
    newest = queries.newest_revision(db, case.id) if case else None
    if case is None or newest is None or reporting.newest_waiting(db, subject) > up_to:
        reporting.handle(db, subject, up_to=up_to, by=by, now=now)
    else:
        decide(db, moderated, case.id, revision_id=newest.id, verdict=Verdict.DISMISS, by=by, now=now)


def restore(
    db: Session, moderated: Mapping[str, Moderated], case_id: int, *, note: str, by: int, now: datetime
) -> Case:
    """Have what was refused judged again, saying why; answers the new case, which waits.

    Reports that were made of this text before do not count again.
    """
    found = db.get(Case, case_id)
    if found is None:
        raise NotFound
    subject, kind = SubjectRef(found.subject_kind, found.subject_id), kind_of(moderated, found.subject_kind)
    kind.lock(db, subject.id)
    fairness.check_subject(db, kind, subject, by)
    note = check_note(note)
    if is_blank(note):
        raise Invalid([FieldError("note", _("Say why it should be looked at again."))])
    at_once = _case_at_once(db, subject, Origin.RESTORE, now)
    digest = kind.show(db, subject.id).digest
    revision = add_revision(db, at_once, digest, now)
    decision = _store(db, at_once, revision.id, Verdict.RESTORE, None, note, "", None, by, now)
    kind.restore(db, subject.id, Settlement(decision, digest=digest), by=by, now=now)
    hiding.make_immune(db, subject, digest, now)
    case = open_case(
        db, subject, digest, now, origin=Origin.RESUBMISSION, author_id=found.author_id, excerpt=found.excerpt
    )
    _record(db, "moderation.restore", at_once, decision, now)
    return case


def _case_at_once(db: Session, subject: SubjectRef, origin: Origin, now: datetime) -> Case:
    """A case that nobody had to wait for."""
    case = Case(
        subject_kind=subject.kind,
        subject_id=subject.id,
        state="decided",
        opened_at=now,
        decided_at=now,
        origin=str(origin),
    )
    db.add(case)
    db.flush()
    return case


def _store(
    db: Session,
    case: Case,
    revision_id: int,
    verdict: Verdict,
    reason: Reason | None,
    note: str,
    internal: str,
    bulk: Bulk | None,
    by: int,
    now: datetime,
) -> Decision:
    """One decision; a reason that hides makes a rejection one that hides."""
    hides = reason is not None and reason.hides and verdict is not Verdict.RETURN
    mine = case.claimed_by_id == by and case.claimed_since is not None and case.claimed_until is not None
    opened = case.claimed_since if mine and case.claimed_until and case.claimed_until > now else None
    decision = Decision(
        case_id=case.id,
        revision_id=revision_id,
        verdict=Verdict.HIDE if hides else verdict,
        reason_code=reason.code if reason else None,
        standards_version=reason.standards_version if reason else queries.standards_version(db),
        note=note,
        internal=internal,
        origin=case.origin,
        seconds_open=int((now - opened).total_seconds()) if opened else None,
        batch_id=bulk.batch if bulk else None,
        by_id=by,
        at=now,
    )
    db.add(decision)
    case.state, case.decided_at = "decided", now
    case.claimed_by_id = case.claimed_since = case.claimed_until = None
    db.flush()
    return decision


def _settlement(
    db: Session, decision: Decision, reason: Reason | None, extras: Mapping[str, str] | None, bulk: Bulk | None
) -> Settlement:
    return Settlement(
        decision,
        extras or {},
        letters_due=bulk.letters_due if bulk else None,
        batch=bulk.batch if bulk else None,
        silent=reason is not None and not reason.notifies,
        digest=db.get_one(Revision, decision.revision_id).digest,
    )


def _carry_out(db: Session, kind: Moderated, case: Case, settlement: Settlement, by: int, now: datetime) -> int | None:
    """The room's part, by what the case was about; answers the log line that an appeal was about."""
    subject, verdict = SubjectRef(case.subject_kind, case.subject_id), Verdict(settlement.decision.verdict)
    if case.origin == Origin.APPEAL:
        return appeals.settle(db, kind, case, settlement, by, now)
    if case.origin == Origin.REPORT:
        if verdict is Verdict.DISMISS:
            hiding.let_stand(db, kind, subject, settlement, by, now)
        else:
            _take_down(db, kind, case, settlement, by, now)
        return None
    kind.settle(db, subject.id, settlement, by=by, now=now)
    if verdict is Verdict.PUBLISH:
        become_moot(db, subject, now)
    elif not kind.show(db, subject.id).can_take_down:  # a refused change leaves the text before it to its readers
        hiding.answered(db, subject, by=by, now=now)
    if not kind.writes_letters:
        telling.tell_author(db, kind, subject, settlement, now)
    return None


def _take_down(db: Session, kind: Moderated, case: Case, settlement: Settlement, by: int, now: datetime) -> None:
    subject = SubjectRef(case.subject_kind, case.subject_id)
    kind.take_down(db, subject.id, settlement, by=by, now=now)
    hiding.leave_nothing(db, subject, by=by, now=now)
    if not kind.writes_letters:
        telling.tell_author(db, kind, subject, settlement, now)


def _record(db: Session, act: str, case: Case, decision: Decision, now: datetime, about: int | None = None) -> None:
    """The public line, the staff's record, then the pages: everybody locks them in this order."""
    log.append(db, case, decision, now=now, about_id=about)
    facts = {"verdict": decision.verdict, "reason": decision.reason_code, "decision": decision.id}
    subject = SubjectRef(case.subject_kind, case.subject_id)
    audit.record(db, act, subject, by=decision.by_id, now=now, facts=facts)
    touch(db, DESK, LOG)
