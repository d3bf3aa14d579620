"""Who may not judge what: nobody their own text, nobody an appeal against their own decision."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.moderation import duty
from app.moderation.contribution import Moderated
from app.moderation.model import Appeal, Case, Decision, Recusal
from app.moderation.refusals import OwnDecision, OwnText, SteppedBack
from app.moderation.rules.verdicts import Origin


def check(db: Session, kind: Moderated, case: Case, by: int) -> None:
    """Raises :class:`OwnText`, :class:`SteppedBack` or :class:`OwnDecision`."""
    check_subject(db, kind, SubjectRef(case.subject_kind, case.subject_id), by)
    if case.author_id == by:
        raise OwnText
    if case.origin == Origin.APPEAL and by in deciders_of(db, case):
        raise OwnDecision(others=_say_others(db, case))


def check_subject(db: Session, kind: Moderated, subject: SubjectRef, by: int) -> None:
    account = db.get(Account, by)
    if account is None:
        raise NotFound
    if kind.is_author(db, subject.id, account):
        raise OwnText
    if stands_back(db, subject, by):
        raise SteppedBack


def stands_back(db: Session, subject: SubjectRef, account_id: int) -> bool:
    """Whether this moderator stepped back from any case about the subject."""
    return bool(
        db.scalar(
            select(
                exists()
                .where(Recusal.account_id == account_id, Recusal.case_id == Case.id)
                .where(Case.subject_kind == subject.kind, Case.subject_id == subject.id)
            )
        )
    )


def deciders_of(db: Session, case: Case) -> set[int]:
    """Whose decision an appeal is against; empty for other cases."""
    asked = select(Decision.by_id).join(Appeal, Appeal.decision_id == Decision.id).where(Appeal.case_id == case.id)
    return set(db.scalars(asked))


def can_be_heard(db: Session, case: Case) -> bool:
    """Whether anybody on duty may hear this appeal: else it waits, and says so."""
    subject = SubjectRef(case.subject_kind, case.subject_id)
    free = duty.on_duty(db) - deciders_of(db, case) - {case.author_id or 0}
    return any(not stands_back(db, subject, one) for one in free)


def _say_others(db: Session, case: Case) -> str:
    if can_be_heard(db, case):
        return str(_("It waits for another moderator."))
    return str(_("Nobody else is on duty at the moment, so it waits until somebody is."))
