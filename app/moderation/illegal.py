"""Content that somebody says is illegal: a track of its own, in which nobody acts alone.

Anybody may say so and gets a case number. The text is sealed as it stood at that moment, with a hash
in the record; one moderator proposes to remove it and another confirms. Who reads sealed evidence
later, and why, is written down before they see it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.audit import service as audit
from app.core.errors import FieldError, Invalid, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.security.keys import CannotUnseal, Keys
from app.core.subject import SubjectRef
from app.core.text.plain import is_blank, length, tidy, tidy_line
from app.moderation import fairness, hiding, log, queries, telling
from app.moderation.cases import DESK, forget_words, open_case
from app.moderation.checking import check_note, kind_of, lock_case
from app.moderation.contribution import Moderated, Settlement
from app.moderation.model import Case, Decision, IllegalReport, Reading, Revision
from app.moderation.refusals import NotReportable, SecondPersonNeeded
from app.moderation.rules.acts import EVIDENCE_READERS
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import Origin
from app.moderation.service import LOG

MOST_WORDS = 2_000
MOST_WHY = 500
_PURPOSE = "moderation.illegal"
_NUMBER = re.compile(r"TS-(\d{1,18})-([0-9a-f]{10})\Z")
_SUBMISSION = re.compile(r"[\w-]{16,64}\Z", re.ASCII)


def report(
    db: Session,
    moderated: Mapping[str, Moderated],
    keys: Keys,
    subject: SubjectRef,
    words: str,
    *,
    submission: str = "",
    now: datetime,
) -> IllegalReport:
    """Store what somebody says and seal the text; the same form twice is one report."""
    kind = kind_of(moderated, subject.kind)
    kind.lock(db, subject.id)
    submission_id = submission if _SUBMISSION.match(submission) else None
    same = select(IllegalReport).where(IllegalReport.submission_id == submission_id)
    if submission_id is not None and (twin := db.scalar(same)) is not None:
        return twin
    words = read_words(words)
    shown = kind.show(db, subject.id)
    if not shown.can_take_down:
        raise NotReportable
    case = open_case(db, subject, shown.digest, now, origin=Origin.ILLEGAL)
    evidence = dict(kind.evidence(db, subject.id))
    digest = _digest(evidence)
    new = IllegalReport(
        subject_kind=subject.kind,
        subject_id=subject.id,
        case_id=case.id,
        words=words,
        state="received",
        at=now,
        evidence=keys.seal(evidence, _bound(subject, digest)),
        evidence_digest=digest,
        submission_id=submission_id,
    )
    db.add(new)
    db.flush()
    facts = {"report": new.id, "evidence": digest.hex()}
    audit.record(db, "moderation.illegal.report", subject, by=None, now=now, facts=facts)
    return new


def read_words(text: str) -> str:
    """Which law it breaks, in the reporter's own words."""
    text = tidy(text)
    if is_blank(text):
        raise Invalid([FieldError("words", _("Say what is illegal about it, and why."))])
    if length(text) > MOST_WORDS:
        raise Invalid([FieldError("words", _("Keep it to 2,000 characters."))])
    return text


def case_number(keys: Keys, report_id: int) -> str:
    """What its reporter gets: nobody can guess another one."""
    proof = keys.digest(_PURPOSE, report_id.to_bytes(8, "big")).hex()[:10]
    return f"TS-{report_id}-{proof}"


def by_number(db: Session, keys: Keys, number: str) -> IllegalReport | None:
    found = _NUMBER.match(number)
    if found is None or int(found[1]) >= 2**63:
        return None
    if not hmac.compare_digest(case_number(keys, int(found[1])), number):
        return None
    return db.get(IllegalReport, int(found[1]))


def waiting(db: Session) -> Sequence[Case]:
    """Cases of this track that wait, the oldest first."""
    asked = select(Case).where(Case.origin == Origin.ILLEGAL, Case.state == "waiting")
    return db.scalars(asked.order_by(Case.opened_at, Case.id)).all()


def reports_in(db: Session, case_id: int) -> Sequence[IllegalReport]:
    """What was said in one case, the oldest first."""
    asked = select(IllegalReport).where(IllegalReport.case_id == case_id)
    return db.scalars(asked.order_by(IllegalReport.id)).all()


def propose(db: Session, moderated: Mapping[str, Moderated], case_id: int, *, by: int, now: datetime) -> None:
    """The first of two: this has to go."""
    kind, case = _lock(db, moderated, case_id)
    fairness.check(db, kind, case, by)
    proposed = {"state": "proposed", "proposed_by_id": by, "proposed_at": now}
    _set_reports(db, case_id, "received", proposed)
    subject = SubjectRef(case.subject_kind, case.subject_id)
    audit.record(db, "moderation.illegal.propose", subject, by=by, now=now, facts={"case": case_id})
    touch(db, DESK)


def confirm(
    db: Session, moderated: Mapping[str, Moderated], case_id: int, *, note: str = "", by: int, now: datetime
) -> Decision:
    """The second of two: it goes, its words are wiped from the site, and its author is told."""
    kind, case = _lock(db, moderated, case_id)
    fairness.check(db, kind, case, by)
    proposers = {r.proposed_by_id for r in reports_in(db, case_id) if r.state == "proposed"}
    if not proposers or by in proposers:
        raise SecondPersonNeeded
    decision = _decide(db, case, Verdict.REMOVE, check_note(note), by, now)
    subject = SubjectRef(case.subject_kind, case.subject_id)
    settlement = Settlement(decision)
    kind.remove(db, subject.id, settlement, by=by, now=now)
    decided = {"state": "removed", "decided_by_id": by, "decided_at": now}
    _set_reports(db, case_id, "received", decided)
    _set_reports(db, case_id, "proposed", decided)
    hiding.leave_nothing(db, subject, by=by, now=now)
    forget_words(db, subject)
    telling.tell_author(db, kind, subject, settlement, now)
    _record(db, case, decision, now)
    return decision


def dismiss(
    db: Session, moderated: Mapping[str, Moderated], case_id: int, *, note: str = "", by: int, now: datetime
) -> Decision:
    """It is not illegal: it stays, and the sealed copies are destroyed. Its hash stays in the record."""
    kind, case = _lock(db, moderated, case_id)
    fairness.check(db, kind, case, by)
    decision = _decide(db, case, Verdict.DISMISS, check_note(note), by, now)
    decided = {"state": "dismissed", "decided_by_id": by, "decided_at": now, "evidence": None}
    _set_reports(db, case_id, "received", decided)
    _set_reports(db, case_id, "proposed", decided)
    _record(db, case, decision, now)
    return decision


def read_evidence(db: Session, keys: Keys, report_id: int, why: str, *, by: int, now: datetime) -> Mapping[str, str]:
    """The sealed text, to those whose role reads it; the reading is stored first, with its reason."""
    account, found = db.get(Account, by), db.get(IllegalReport, report_id)
    if account is None or account.role not in EVIDENCE_READERS or found is None or found.evidence is None:
        raise NotFound
    why = tidy_line(why)
    if is_blank(why) or length(why) > MOST_WHY:
        raise Invalid([FieldError("why", _("Say why you have to read it, in 500 characters or fewer."))])
    subject = SubjectRef(found.subject_kind, found.subject_id)
    evidence = keys.unseal(found.evidence, bound_to(found))
    if _digest(evidence) != found.evidence_digest:
        raise CannotUnseal("changed")
    db.add(Reading(illegal_id=report_id, by_id=by, why=why, at=now))
    db.flush()
    audit.record(db, "moderation.illegal.read", subject, by=by, now=now, facts={"report": report_id})
    return evidence


def readings_of(db: Session, report_id: int) -> Sequence[tuple[Reading, str]]:
    """Who read the evidence of one report, the newest first."""
    asked = select(Reading, Account.name).join(Account, Account.id == Reading.by_id)
    rows = db.execute(asked.where(Reading.illegal_id == report_id).order_by(Reading.id.desc()))
    return [(reading, name) for reading, name in rows]


def bound_to(found: IllegalReport) -> bytes:
    """What the seal of a report's evidence is bound to."""
    return _bound(SubjectRef(found.subject_kind, found.subject_id), found.evidence_digest)


def _lock(db: Session, moderated: Mapping[str, Moderated], case_id: int) -> tuple[Moderated, Case]:
    kind, case = lock_case(db, moderated, case_id)
    if case.origin != Origin.ILLEGAL:
        raise NotFound
    return kind, case


def _decide(db: Session, case: Case, verdict: Verdict, note: str, by: int, now: datetime) -> Decision:
    newest = db.scalars(select(Revision.id).where(Revision.case_id == case.id).order_by(Revision.id.desc())).first()
    decision = Decision(
        case_id=case.id,
        revision_id=newest or 0,
        verdict=verdict,
        standards_version=queries.standards_version(db),
        note=note,
        origin=case.origin,
        by_id=by,
        at=now,
    )
    db.add(decision)
    case.state, case.decided_at = "decided", now
    case.claimed_by_id = case.claimed_since = case.claimed_until = None
    db.flush()
    return decision


def _set_reports(db: Session, case_id: int, state: str, values: Mapping[str, object]) -> None:
    which = (IllegalReport.case_id == case_id, IllegalReport.state == state)
    db.execute(update(IllegalReport).where(*which).values(**values))


def _record(db: Session, case: Case, decision: Decision, now: datetime) -> None:
    log.append(db, case, decision, now=now)
    subject, facts = SubjectRef(case.subject_kind, case.subject_id), {"decision": decision.id, "case": case.id}
    audit.record(db, f"moderation.illegal.{decision.verdict}", subject, by=decision.by_id, now=now, facts=facts)
    touch(db, DESK, LOG)


def _digest(evidence: Mapping[str, str]) -> bytes:
    return hashlib.sha256(msgspec.json.encode(dict(evidence), order="deterministic")).digest()


def _bound(subject: SubjectRef, digest: bytes) -> bytes:
    return b"evidence" + str(subject).encode() + digest
