"""Whose duty it is and by when: "not ours", the committee's ruling, longer dates, answers sent back, ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import FieldError, Invalid
from app.core.events import announce
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.departments.queries import officers_of
from app.mail import service as mail
from app.outcomes.events import DueDayChanged
from app.outcomes.model import DueChange, Handing, Referral, Support
from app.outcomes.rules.referrals import MOVES, UNANSWERED, ClosedWhy, Move, ReferralState, WrongState, check_not_ours
from app.outcomes.service.answering import by_token, locked
from app.outcomes.service.referring import end, give, note_handing, support, tell_pages


def accept(
    db: Session, referral_id: int, department_id: int, *, by: int | None, now: datetime, token: int | None = None
) -> Referral:
    """The department says that the matter is its own; ``token``: by its program. Twice is once."""
    referral = locked(db, referral_id, department_id)
    if referral.state == ReferralState.ACCEPTED:
        return referral
    _move(referral, ReferralState.ACCEPTED)
    referral.accepted_at = now
    _record(db, "outcomes.accept", referral, by, now, **by_token(token))
    return referral


def not_ours(
    db: Session, referral_id: int, department_id: int, to: Department, reason: str, *, by: int, now: datetime
) -> Referral:
    """The department hands it on, with a reason that everyone reads; raises :class:`InACircle`, :class:`Ruled`."""
    referral = locked(db, referral_id, department_id)
    if referral.state not in UNANSWERED:
        raise WrongState(referral=referral_id)
    may_take(db, referral, to)
    _hand_on(db, referral, to, Move.NOT_OURS, reason, by=by, now=now)
    return referral


def may_take(db: Session, referral: Referral, to: Department) -> None:
    """Whether its department may hand it on to this one; raises what :func:`not_ours` does."""
    _check_department(to, referral)
    check_not_ours(referral.id, to.id, to.name, had_it(db, referral), ruled=referral.ruled)


def had_it(db: Session, referral: Referral) -> set[int]:
    """The departments that it is with or has been with."""
    return {h.to_id for h in handings(db, referral.id)} | {referral.department_id or 0}


def rule(db: Session, referral_id: int, to: Department, reason: str, *, by: int, now: datetime) -> Referral:
    """The committee decides whose it is; from then on no department hands it on."""
    referral = locked(db, referral_id, None)
    if referral.state not in UNANSWERED:
        raise WrongState(referral=referral_id)
    may_be_ruled(referral, to)
    if to.id == referral.department_id:
        referral.ruled = True
        note_handing(db, referral, Move.RULED, to.id, to.id, now=now, reason=reason, by=by)
        _record(db, "outcomes.rule", referral, by, now, to=to.id)
        return referral
    referral.ruled = True
    _hand_on(db, referral, to, Move.RULED, reason, by=by, now=now)
    return referral


def may_be_ruled(referral: Referral, to: Department) -> None:
    """Whether the committee may decide for this department: also for the one that has it."""
    if to.id != referral.department_id:
        _check_department(to, referral)


def _check_department(to: Department, referral: Referral) -> None:
    if to.dissolved_at is not None:
        raise Invalid([FieldError("to", _("This department was dissolved. Choose another one."))])
    if to.id == referral.department_id:
        raise Invalid([FieldError("to", _("It is with this department already."))])


def _hand_on(
    db: Session, referral: Referral, to: Department, move: Move, reason: str, *, by: int, now: datetime
) -> None:
    before = referral.department_id
    give(db, referral, to.id, move, now=now, reason=reason, by=by)
    tell_officers(db, referral, "outcomes/mail/handed_on", now)
    _record(db, f"outcomes.{move}", referral, by, now, **{"from": before, "to": to.id})
    tell_pages(db, referral, before)


def help_with(
    db: Session, referral_id: int, department_id: int | None, helper: Department, *, by: int, now: datetime
) -> None:
    """Another department supports the lead one, and its officers get a letter. ``department_id``: the lead's,
    None for the committee."""
    referral = locked(db, referral_id, department_id)
    may_help(db, referral, helper)
    support(db, referral, [helper.id], now)
    if not referral.sandbox:
        facts = {"referral": referral.id}
        rows = [
            mail.row("outcomes/mail/asked_to_help", ("account", p), now, facts=facts)
            for p in officers_of(db, helper.id)
        ]
        mail.queue(db, rows)
    _record(db, "outcomes.support", referral, by, now, department=helper.id)


def may_help(db: Session, referral: Referral, helper: Department) -> None:
    """Whether this department can be asked: one that leads or helps already cannot."""
    _check_department(helper, referral)
    if db.get(Support, (referral.id, helper.id)) is not None:
        raise Invalid([FieldError("to", _("It helps already. Choose another one."))])


def extend(
    db: Session, referral_id: int, department_id: int | None, due_at: datetime, reason: str, *, by: int, now: datetime
) -> Referral:
    """A later due day, with a reason that everyone reads. ``department_id``: None for the committee."""
    referral = locked(db, referral_id, department_id)
    if referral.state == ReferralState.ANSWERED:
        raise WrongState(referral=referral_id)
    if referral.due_at is not None and due_at <= referral.due_at:
        raise Invalid(
            [FieldError("due", _("Choose a day later than the one that stands. A date cannot be brought forward."))]
        )
    _set_due(db, referral, "extended", due_at, reason, by=by, now=now)
    _record(db, "outcomes.extend", referral, by, now, due=due_at.isoformat())
    _announce_due(db, referral, now, returned=False)
    return referral


def send_back(db: Session, referral_id: int, due_at: datetime, reason: str, *, by: int, now: datetime) -> Referral:
    """The committee wants a better answer by this day; the one that was given stays readable."""
    referral = locked(db, referral_id, None)
    _move(referral, ReferralState.RETURNED)
    _set_due(db, referral, "returned", due_at, reason, by=by, now=now)
    tell_officers(db, referral, "outcomes/mail/returned", now)
    _record(db, "outcomes.return", referral, by, now, due=due_at.isoformat())
    _announce_due(db, referral, now, returned=True)
    return referral


def settle(db: Session, referral_id: int, reason: str, *, by: int, now: datetime) -> Referral:
    """The committee closes the matter: content with the answer, or because none is needed."""
    referral = locked(db, referral_id, None)
    why = ClosedWhy.DROPPED if referral.state in UNANSWERED else ClosedWhy.SETTLED
    end(db, referral, why, now, reason)
    _record(db, "outcomes.close", referral, by, now, why=str(why))
    return referral


def _set_due(
    db: Session, referral: Referral, kind: str, due_at: datetime, reason: str, *, by: int, now: datetime
) -> None:
    before, referral.due_at = referral.due_at, due_at
    change = DueChange(
        referral_id=referral.id, kind=kind, before_at=before, after_at=due_at, reason=reason, at=now, by_id=by
    )
    db.add(change)
    db.flush()


def _announce_due(db: Session, referral: Referral, now: datetime, *, returned: bool) -> None:
    if referral.sandbox or referral.due_at is None:
        return
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    announce(
        db,
        DueDayChanged(subject, referral.cause, referral.id, referral.department_id, referral.due_at, returned, now),
    )


def tell_officers(db: Session, referral: Referral, template: str, now: datetime) -> None:
    """Everyone who acts for its department gets a letter; of a made-up matter nobody does."""
    if referral.sandbox:
        return
    facts = {"referral": referral.id}
    people = officers_of(db, referral.department_id or 0)
    mail.queue(db, [mail.row(template, ("account", person), now, facts=facts) for person in people])


def handings(db: Session, referral_id: int) -> Sequence[Handing]:
    """How it went from department to department, oldest first."""
    return db.scalars(select(Handing).where(Handing.referral_id == referral_id).order_by(Handing.id)).all()


def _move(referral: Referral, to: ReferralState) -> None:
    if to not in MOVES[ReferralState(referral.state)]:
        raise WrongState(referral=referral.id)
    referral.state = to


def _record(db: Session, act: str, referral: Referral, by: int | None, now: datetime, **facts: object) -> None:
    db.flush()
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    audit.record(db, act, subject, by=by, now=now, facts={"referral": referral.id, **facts})
    tell_pages(db, referral)
