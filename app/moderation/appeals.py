"""Appeals: once, within the days that the letter names, heard by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import is_blank, length, tidy
from app.moderation import hiding, log, queries, telling
from app.moderation.cases import open_case
from app.moderation.checking import kind_of
from app.moderation.contribution import Moderated, Settlement
from app.moderation.model import Appeal, Case, Decision, Revision
from app.moderation.policy import ModerationPolicy
from app.moderation.refusals import AppealedAlready, CannotAppeal, TooLateToAppeal
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import APPEALABLE, Origin

MOST_WORDS = 4_000


def check_appeal(
    db: Session, moderated: Mapping[str, Moderated], policy: ModerationPolicy, decision_id: int, now: datetime
) -> Decision:
    """The decision, where its author may still appeal and could win; raises what stands in the way."""
    decision = db.get(Decision, decision_id)
    if decision is None:
        raise NotFound
    if appeal_against(db, decision_id) is not None:
        raise AppealedAlready
    if decision.verdict not in APPEALABLE or decision.undone_at is not None or not _stands(db, decision):
        raise CannotAppeal
    if now >= policy.appeal_until(decision.at):
        raise TooLateToAppeal(days=policy.appeal_days)
    subject = _subject(db, decision)
    if not kind_of(moderated, subject.kind).show(db, subject.id).can_restore:  # withdrawn meanwhile, or too old
        raise CannotAppeal
    return decision


def appeal(
    db: Session,
    moderated: Mapping[str, Moderated],
    policy: ModerationPolicy,
    decision_id: int,
    words: str,
    now: datetime,
) -> Appeal:
    """Put a decision before somebody else; the same form twice is one appeal."""
    found = db.get(Decision, decision_id)
    case = db.get(Case, found.case_id) if found else None
    if found is None or case is None or case.subject_kind not in moderated:
        raise NotFound
    kind = moderated[case.subject_kind]
    kind.lock(db, case.subject_id)
    words = read_words(words)
    known = appeal_against(db, decision_id)
    if known is not None and known.words == words:
        return known
    decision = check_appeal(db, moderated, policy, decision_id, now)
    subject = SubjectRef(case.subject_kind, case.subject_id)
    digest = db.get_one(Revision, decision.revision_id).digest
    heard_in = open_case(db, subject, digest, now, origin=Origin.APPEAL, author_id=case.author_id, excerpt=case.excerpt)
    heard_in.previous_case_id = case.id
    new = Appeal(decision_id=decision_id, case_id=heard_in.id, words=words, state="waiting", at=now)
    db.add(new)
    db.flush()
    telling.tell_author(db, kind, subject, Settlement(decision), now, template="moderation/mail/appeal_received")
    return new


def read_words(text: str) -> str:
    """Why the author thinks that it was wrong."""
    text = tidy(text)
    if is_blank(text):
        raise Invalid([FieldError("words", _("Say why you think that the rule was used wrongly."))])
    if length(text) > MOST_WORDS:
        raise Invalid([FieldError("words", _("Keep your appeal to 4,000 characters."))])
    return text


def appeal_against(db: Session, decision_id: int) -> Appeal | None:
    return db.scalar(select(Appeal).where(Appeal.decision_id == decision_id))


def appeal_in(db: Session, case_id: int) -> Appeal | None:
    """The appeal that is heard in this case."""
    return db.scalar(select(Appeal).where(Appeal.case_id == case_id))


def settle(db: Session, kind: Moderated, case: Case, settlement: Settlement, by: int, now: datetime) -> int | None:
    """Carry out what was decided about an appeal; answers the log line of the decision it was against."""
    heard = appeal_in(db, case.id)
    if heard is None:
        raise NotFound
    decision, subject = settlement.decision, SubjectRef(case.subject_kind, case.subject_id)
    if is_blank(decision.note):
        raise Invalid([FieldError("note", _("Say why. Its author reads it."))])
    granted = decision.verdict == Verdict.OVERTURN
    heard.state = "overturned" if granted else "upheld"
    heard.heard_at, heard.heard_by_id, heard.answer = now, by, decision.note
    if granted:
        kind.overturn(db, subject.id, settlement, by=by, now=now)
        hiding.make_immune(db, subject, kind.show(db, subject.id).digest, now)
    db.flush()
    against = db.get_one(Decision, heard.decision_id)
    telling.tell_author(
        db, kind, subject, Settlement(against), now, template="moderation/mail/appeal_heard", appeal=heard.id
    )
    return log.line_of(db, against.id)


def _stands(db: Session, decision: Decision) -> bool:
    """Whether it is the last word about its subject; that a reported text stands takes nothing of it back."""
    last = queries.latest_decision(db, _subject(db, decision), but={Verdict.DISMISS})
    return last is not None and last.id == decision.id


def _subject(db: Session, decision: Decision) -> SubjectRef:
    case = db.get_one(Case, decision.case_id)
    return SubjectRef(case.subject_kind, case.subject_id)
