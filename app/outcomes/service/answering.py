"""A department's answer: given, corrected, taken back, and told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, NotFound
from app.core.events import announce
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.outcomes.contribution import NewsOfAnswers
from app.outcomes.events import AnswerWithdrawn, ReferralAnswered
from app.outcomes.model import Answer, Referral
from app.outcomes.rules.answers import AnswerText
from app.outcomes.rules.referrals import ReferralState
from app.outcomes.service import committing
from app.outcomes.service.referring import tell_pages


class AnswerChanged(Conflict):
    code = "answer-changed"
    title = _("Somebody else answered while you were writing")
    message = _("Your text was not stored. Read the answer that was given; you can still correct it.")
    way_on = ("/desk/referrals/{referral}", _("Read the answer"))


class NoLongerOwed(Conflict):
    code = "no-longer-owed"
    title = _("This answer is no longer owed")
    message = _("The matter was closed before, so nothing was published.")
    way_on = ("/desk/referrals/{referral}", _("Look at the matter"))


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


def answer(
    db: Session,
    referral_id: int,
    department_id: int,
    text: AnswerText,
    *,
    after_version: int,
    by: int | None,
    now: datetime,
    tell: bool | None = None,
    released_by: int | None = None,
    token: int | None = None,
) -> Answer:
    """Give an answer, or a corrected one; ``after_version`` is what its writer had seen (0: none).

    ``tell`` has those who asked for news told; by default of a first answer, and of the first after it was
    sent back. ``released_by`` is the second person where there were two; ``token`` that of the program which wrote
    it, in nobody's name (``by`` is None). The caller has locked the subject's row. A foreign referral is as good as none.
    """
    referral = locked(db, referral_id, department_id)
    newest = newest_version(db, referral, after_version)
    given = Answer(
        referral_id=referral.id,
        version=newest + 1,
        grade=text.grade,
        summary=text.summary,
        details=text.details,
        examine_by=text.examine_by,
        by_id=by,
        released_by_id=released_by,
        token_id=token,
        at=now,
    )
    db.add(given)
    owed = referral.state != ReferralState.ANSWERED
    if owed:
        referral.state, referral.answered_at = ReferralState.ANSWERED, now
        if not referral.sandbox:  # no figure counts what was made up
            referral.took = max(0, int((now - referral.received_at).total_seconds()))
    db.flush()
    committing.commit_all(db, referral, text.promises, by=by, now=now)
    facts: dict[str, object] = {"referral": referral.id, "answer": given.id, "version": given.version}
    if released_by is not None:
        facts["released-by"] = released_by
    facts |= by_token(token)
    subject = _record(db, "outcomes.answer", referral, by, now, facts)
    if not referral.sandbox:
        told = owed if tell is None else tell
        announce(db, ReferralAnswered(subject, referral.cause, referral.id, given.id, given.version, now, told, by))
    tell_pages(db, referral)
    return given


def withdraw_answer(
    db: Session, referral_id: int, department_id: int, *, after_version: int, by: int, now: datetime
) -> Referral:
    """Take an answer back with all its versions: the duty stands again, with the date it had.

    The versions stay on record, as do its promises, which nobody was told of. A room that hears
    :class:`AnswerWithdrawn` refuses once people were told.
    """
    referral = locked(db, referral_id, department_id)
    if referral.state != ReferralState.ANSWERED:
        raise NothingToTakeBack(referral=referral_id)
    newest_version(db, referral, after_version)
    standing = _standing(db, referral.id)
    for given in standing:
        given.withdrawn_at, given.withdrawn_by_id = now, by
    referral.state = ReferralState.ACCEPTED if referral.accepted_at else ReferralState.RECEIVED
    referral.answered_at = referral.took = None
    committing.take_back(db, referral, now)
    db.flush()
    facts: dict[str, object] = {"referral": referral.id, "answer": standing[0].id, "version": standing[0].version}
    subject = _record(db, "outcomes.withdraw-answer", referral, by, now, facts)
    if not referral.sandbox:
        announce(db, AnswerWithdrawn(subject, referral.cause, referral.id, standing[0].id, now, by))
    tell_pages(db, referral)
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
    referral = locked(db, referral_id, department_id)
    if referral.state != ReferralState.ANSWERED:
        raise NothingToTakeBack(referral=referral_id)
    version = newest_version(db, referral, after_version)
    standing = db.scalars(select(Answer).where(Answer.referral_id == referral.id, Answer.version == version)).one()
    news.tell(db, referral.subject_id, standing.id, by=by, now=now)
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    audit.record(db, "outcomes.send-news", subject, by=by, now=now, facts={"answer": standing.id})


def call_off_news(
    db: Session, news: NewsOfAnswers, referral_id: int, department_id: int, *, by: int, now: datetime
) -> int:
    """Letters about the answer that have not left stay; answers how many."""
    referral = locked(db, referral_id, department_id)
    letters = news.call_off(db, referral.subject_id, now)
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    facts = {"referral": referral.id, "letters": letters}
    audit.record(db, "outcomes.call-off-news", subject, by=by, now=now, facts=facts)
    return letters


def locked(db: Session, referral_id: int, department_id: int | None, *, closed_too: bool = False) -> Referral:
    """A referral of this department (None: of any), its row locked. :class:`NotFound`, :class:`NoLongerOwed`."""
    wanted = select(Referral).where(Referral.id == referral_id)
    if department_id is not None:
        wanted = wanted.where(Referral.department_id == department_id)
    referral = db.scalar(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))
    if referral is None:
        raise NotFound
    if referral.state == ReferralState.CLOSED and not closed_too:
        raise NoLongerOwed(referral=referral_id)
    return referral


def newest_version(db: Session, referral: Referral, after_version: int) -> int:
    """The newest version, taken back or not, as its writer has seen it; else :class:`AnswerChanged`."""
    newest = db.scalar(select(func.max(Answer.version)).where(Answer.referral_id == referral.id)) or 0
    if newest != after_version:
        raise AnswerChanged(referral=referral.id)
    return newest


def _standing(db: Session, referral_id: int) -> Sequence[Answer]:
    return db.scalars(
        select(Answer)
        .where(Answer.referral_id == referral_id, Answer.withdrawn_at.is_(None))
        .order_by(Answer.version.desc())
    ).all()


def by_token(token: int | None) -> dict[str, object]:
    """For the record: which program did it, where one did."""
    return {} if token is None else {"token": token}


def _record(
    db: Session, act: str, referral: Referral, by: int | None, now: datetime, facts: dict[str, object]
) -> SubjectRef:
    """Before anybody hears of it: listeners and pages lock what comes after the audit."""
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    audit.record(db, act, subject, by=by, now=now, facts=facts)
    return subject
