"""Referring a subject to a department, and the department's answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.db import rows_changed
from app.core.errors import Conflict, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.outcomes.contribution import NewsOfAnswers
from app.outcomes.events import AnswerWithdrawn, ReferralAnswered
from app.outcomes.model import Answer, Referral
from app.outcomes.rules.answers import AnswerText


class AnswerChanged(Conflict):
    code = "answer-changed"
    title = _("Somebody else answered while you were writing")
    message = _("Your text was not stored. Read the answer that was given; you can still correct it.")
    way_on = ("/desk/referrals/{referral}", _("Read the answer"))


class NoLongerOwed(Conflict):
    code = "no-longer-owed"
    title = _("This answer is no longer owed")
    message = _("Signatures fell below the goal before an answer was given, so nothing was published.")
    way_on = ("/desk", _("Back to your desk"))


class NothingToTakeBack(Conflict):
    code = "no-answer"
    title = _("No answer stands here")
    message = _("It was taken back, or not given yet. Nothing was changed.")
    way_on = ("/desk/referrals/{referral}", _("Look at the matter"))


class AnsweredElsewhere(Conflict):
    code = "answered-elsewhere"
    title = _("This matter is answered on a page of its own")
    message = _("Nothing was stored. The page asks for what readers need to know here.")
    way_on = ("{door}", _("Go to that page"))


def refer(
    db: Session,
    subject: SubjectRef,
    *,
    cause: str,
    department_id: int,
    due_at: datetime,
    now: datetime,
    episode: int = 1,
) -> Referral:
    """Hand a subject to a department, once for each cause and episode."""
    same = select(Referral).where(
        Referral.subject_kind == subject.kind,
        Referral.subject_id == subject.id,
        Referral.cause == cause,
        Referral.episode == episode,
    )
    referral = db.scalar(same)
    if referral is None:
        referral = Referral(
            subject_kind=subject.kind,
            subject_id=subject.id,
            cause=cause,
            episode=episode,
            department_id=department_id,
            state="received",
            received_at=now,
            due_at=due_at,
        )
        db.add(referral)
        db.flush()
    return referral


def hand_over(db: Session, subject: SubjectRef, *, from_department: int | None, to_department: int) -> int:
    """Another department leads now: the unanswered referrals of the old one are its own; clocks go on."""
    moved = db.execute(
        update(Referral)
        .where(
            Referral.subject_kind == subject.kind,
            Referral.subject_id == subject.id,
            Referral.state == "received",
            Referral.department_id == from_department,
        )
        .values(department_id=to_department)
    )
    return rows_changed(moved)


def close(db: Session, subject: SubjectRef, cause: str, episode: int, now: datetime) -> Referral | None:
    """What caused a duty is undone: its unanswered referral is no longer owed. None where nothing was.

    The caller has locked the subject's row.
    """
    owed = select(Referral).where(
        Referral.subject_kind == subject.kind,
        Referral.subject_id == subject.id,
        Referral.cause == cause,
        Referral.episode == episode,
        Referral.state == "received",
    )
    referral = db.scalar(owed.with_for_update(key_share=True).execution_options(populate_existing=True))
    if referral is None:
        return None
    referral.state, referral.closed_at = "closed", now
    db.flush()
    touch(db, "outcomes", str(subject))
    return referral


def answer(
    db: Session,
    referral_id: int,
    department_id: int,
    text: AnswerText,
    *,
    after_version: int,
    by: int,
    now: datetime,
    tell: bool | None = None,
) -> Answer:
    """Give an answer, or a corrected one; ``after_version`` is what its writer had seen (0: none).

    ``tell`` has those who asked for news told; by default of a first answer only. The caller has
    locked the subject's row. A foreign referral is as good as none.
    """
    referral = _locked(db, referral_id, department_id)
    newest = _newest_version(db, referral, after_version)
    given = Answer(
        referral_id=referral.id,
        version=newest + 1,
        grade=text.grade,
        summary=text.summary,
        details=text.details,
        by_id=by,
        at=now,
    )
    db.add(given)
    first = referral.state != "answered"
    if first:
        referral.state, referral.answered_at = "answered", now
    db.flush()
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    told = first if tell is None else tell
    announce(db, ReferralAnswered(subject, referral.cause, referral.id, given.id, given.version, now, told, by))
    facts = {"referral": referral.id, "answer": given.id, "version": given.version}
    audit.record(db, "outcomes.answer", subject, by=by, now=now, facts=facts)
    touch(db, "outcomes", str(subject))
    return given


def withdraw_answer(
    db: Session, referral_id: int, department_id: int, *, after_version: int, by: int, now: datetime
) -> Referral:
    """Take an answer back with all its versions: the duty stands again, with the date it had.

    The versions stay on record. A room that hears :class:`AnswerWithdrawn` refuses once people were told.
    """
    referral = _locked(db, referral_id, department_id)
    if referral.state != "answered":
        raise NothingToTakeBack(referral=referral_id)
    _newest_version(db, referral, after_version)
    standing = db.scalars(
        select(Answer)
        .where(Answer.referral_id == referral.id, Answer.withdrawn_at.is_(None))
        .order_by(Answer.version.desc())
    ).all()
    for given in standing:
        given.withdrawn_at, given.withdrawn_by_id = now, by
    referral.state, referral.answered_at = "received", None
    db.flush()
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    announce(db, AnswerWithdrawn(subject, referral.cause, referral.id, standing[0].id, now, by))
    facts = {"referral": referral.id, "answer": standing[0].id, "version": standing[0].version}
    audit.record(db, "outcomes.withdraw-answer", subject, by=by, now=now, facts=facts)
    touch(db, "outcomes", str(subject))
    return referral


def send_news(
    db: Session,
    news: NewsOfAnswers,
    referral_id: int,
    department_id: int,
    *,
    after_version: int,
    by: int,
    now: datetime,
) -> None:
    """Have those who asked for news told of the answer as it stands, again where letters still wait."""
    referral = _locked(db, referral_id, department_id)
    if referral.state != "answered":
        raise NothingToTakeBack(referral=referral_id)
    version = _newest_version(db, referral, after_version)
    standing = db.scalars(select(Answer).where(Answer.referral_id == referral.id, Answer.version == version)).one()
    news.tell(db, referral.subject_id, standing.id, by=by, now=now)
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    audit.record(db, "outcomes.send-news", subject, by=by, now=now, facts={"answer": standing.id})


def call_off_news(
    db: Session, news: NewsOfAnswers, referral_id: int, department_id: int, *, by: int, now: datetime
) -> int:
    """Letters about the answer that have not left stay; answers how many."""
    referral = _locked(db, referral_id, department_id)
    letters = news.call_off(db, referral.subject_id, now)
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    facts = {"referral": referral.id, "letters": letters}
    audit.record(db, "outcomes.call-off-news", subject, by=by, now=now, facts=facts)
    return letters


def _locked(db: Session, referral_id: int, department_id: int) -> Referral:
    """A duty of this department that is still owed or answered."""
    wanted = select(Referral).where(Referral.id == referral_id, Referral.department_id == department_id)
    referral = db.scalar(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    if referral is None:
        raise NotFound
    if referral.state == "closed":
        raise NoLongerOwed(referral=referral_id)
    return referral


def _newest_version(db: Session, referral: Referral, after_version: int) -> int:
    """The newest version, taken back or not, as its writer has seen it; else :class:`AnswerChanged`."""
    newest = db.scalar(select(func.max(Answer.version)).where(Answer.referral_id == referral.id)) or 0
    if newest != after_version:
        raise AnswerChanged(referral=referral.id)
    return newest
