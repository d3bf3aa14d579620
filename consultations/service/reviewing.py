"""From a draft to what everyone reads: a second person approves, or somebody publishes by force and says why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core.errors import Conflict, FieldError, Forbidden, Invalid
from app.core.events import announce
from app.core.i18n import _
from app.core.local_times import whole_days
from app.departments.queries import officials_of
from app.mail import service as mail
from consultations import identity
from consultations.events import ConsultationPublished
from consultations.model import Authorship, Consultation
from consultations.policy import ConsultationPolicy
from consultations.queries.editing import authors, has_text
from consultations.rules.lifecycle import EditorialState as E
from consultations.rules.texts import CHECKS, Lack, lacks
from consultations.service import building
from consultations.service.editing import editable
from consultations.service.locking import locked, must_be, owned, record, tell_pages

WAITS, RETURNED, APPROVED, FORCED = (
    f"consultations/mail/{name}" for name in ("waits_for_review", "returned", "approved", "forced")
)


class OwnWork(Forbidden):
    code = "own-consultation"
    title = _("You wrote at this yourself")
    message = _("Somebody else has to approve it: an official who has written nothing of it. Nothing was changed.")
    way_on = ("/hosting/consultations/{consultation}", _("Back to the consultation"))


class HandedInAnew(Conflict):
    """The words that the approver read were taken back, and others handed in."""

    code = "handed-in-anew"
    title = _("It was changed and handed in again while you read")
    message = _("Nothing was approved. Read what stands there now, and approve that.")
    way_on = ("/hosting/consultations/{consultation}", _("Read it again"))


class OwnForce(Forbidden):
    code = "own-force"
    title = _("You published this yourself")
    message = _("The second look is for somebody else, who has written nothing of it.")
    way_on = ("/hosting/consultations/{consultation}", _("Back to the consultation"))


class NothingToLookAt(Conflict):
    code = "nothing-to-look-at"
    title = _("Nobody has to look at this a second time")
    message = _("It was looked at already, or was not published by force.")
    way_on = ("/hosting/consultations/{consultation}", _("Back to the consultation"))


@dataclass(frozen=True)
class Publishing:
    """What whoever publishes says: which of the four points they looked at, why the time is short, why by force."""

    checked: Collection[str]
    short_reason: str = ""
    force_reason: str = ""


def missing(db: Session, policy: ConsultationPolicy, consultation: Consultation, now: datetime) -> list[Lack]:
    """What stands between it and its review."""
    found = lacks(consultation, now)
    try:
        building.check_askable(db, policy, consultation, has_text=has_text(db, consultation.id))
    except Invalid as wrong:
        found += [Lack("questions", "questions", str(e.message)) for e in wrong.errors]
    return found


def submit(db: Session, policy: ConsultationPolicy, consultation_id: int, *, by: int, now: datetime) -> None:
    """Ask for a second person; :class:`Invalid` names each field that is missing."""
    consultation = editable(db, consultation_id, by)
    _check_complete(db, policy, consultation, now)
    consultation.state, consultation.submitted_at, consultation.submitted_by_id = E.IN_REVIEW, now, by
    consultation.returned_reason = ""
    if db.get(Authorship, (consultation.id, by)) is None:
        db.add(Authorship(consultation_id=consultation.id, account_id=by, at=now))
    wrote = authors(db, consultation.id) | {by}
    _write(db, WAITS, consultation, [p for p in officials_of(db, consultation.department_id) if p not in wrote], now)
    record(db, consultation, "submit", by=by, now=now, revision=consultation.revision)


def take_back(db: Session, consultation_id: int, *, by: int, now: datetime) -> None:
    """It is a draft once more; whoever approved it does so anew."""
    consultation = owned(db, consultation_id, by)
    must_be(consultation, (E.IN_REVIEW, E.APPROVED))
    _to_draft(consultation, now)
    record(db, consultation, "take-back", by=by, now=now)


def send_back(db: Session, consultation_id: int, remark: str, *, by: int, now: datetime) -> None:
    """It needs changes, by this remark; its authors have a letter."""
    consultation = locked(db, consultation_id)
    must_be(consultation, (E.IN_REVIEW, E.APPROVED))
    _to_draft(consultation, now)
    consultation.returned_reason = remark
    _write(db, RETURNED, consultation, sorted(authors(db, consultation.id) - {by}), now)
    record(db, consultation, "send-back", by=by, now=now)


def approve(
    db: Session, policy: ConsultationPolicy, consultation_id: int, *, by: int, now: datetime, handed_in: str = ""
) -> None:
    """By an official who has written nothing of it; :class:`OwnWork` for everyone else.

    ``handed_in``: when what they read was submitted, as ISO 8601; :class:`HandedInAnew` where that was taken back since.
    """
    consultation = locked(db, consultation_id)
    must_be(consultation, (E.IN_REVIEW,))
    wrote = authors(db, consultation.id)
    if by in wrote or by == consultation.submitted_by_id:
        raise OwnWork(consultation=consultation_id)
    if handed_in and consultation.submitted_at is not None and handed_in != consultation.submitted_at.isoformat():
        raise HandedInAnew(consultation=consultation_id)
    _check_complete(db, policy, consultation, now)
    consultation.state, consultation.approved_at, consultation.approved_by_id = E.APPROVED, now, by
    _write(db, APPROVED, consultation, sorted(wrote), now)
    record(db, consultation, "approve", by=by, now=now, revision=consultation.revision)


def publish(
    db: Session, policy: ConsultationPolicy, consultation_id: int, said: Publishing, *, by: int, now: datetime
) -> None:
    """What was approved becomes public; it opens by its own clock."""
    consultation = owned(db, consultation_id, by)
    must_be(consultation, (E.APPROVED,))
    _publish(db, policy, consultation, said, by=by, now=now)
    record(db, consultation, "publish", by=by, now=now, short=bool(consultation.short_reason))
    _make_known(db, consultation, now)


def force(
    db: Session, policy: ConsultationPolicy, consultation_id: int, said: Publishing, *, by: int, now: datetime
) -> None:
    """Public without a second person's approval, for a reason that stays on record; somebody looks at it later."""
    consultation = owned(db, consultation_id, by)
    must_be(consultation, (E.DRAFT, E.IN_REVIEW))
    if not said.force_reason:
        raise Invalid([FieldError("force_reason", str(_("Say why it cannot wait for a second person.")))])
    consultation.submitted_at = consultation.submitted_at or now
    consultation.submitted_by_id = consultation.submitted_by_id or by
    consultation.forced, consultation.forced_reason = True, said.force_reason
    _publish(db, policy, consultation, said, by=by, now=now)
    lookers = [p for p in officials_of(db, consultation.department_id) if p != by]
    _write(db, FORCED, consultation, [p for p in lookers if p not in authors(db, consultation.id)] or lookers, now)
    record(db, consultation, "force", by=by, now=now, reason=said.force_reason)
    _make_known(db, consultation, now)


def look_again(db: Session, consultation_id: int, *, by: int, now: datetime) -> None:
    """The second look at what was published by force, by somebody who had no part in it."""
    consultation = locked(db, consultation_id)
    if not consultation.forced or consultation.looked_at is not None:
        raise NothingToLookAt(consultation=consultation_id)
    if by == consultation.published_by_id or by in authors(db, consultation_id):
        raise OwnForce(consultation=consultation_id)
    consultation.looked_at, consultation.looked_by_id = now, by
    record(db, consultation, "look-again", by=by, now=now)


def _publish(
    db: Session, policy: ConsultationPolicy, consultation: Consultation, said: Publishing, *, by: int, now: datetime
) -> None:
    _check_complete(db, policy, consultation, now)
    _check_said(policy, consultation, said, now)
    consultation.state, consultation.published_at, consultation.published_by_id = E.PUBLISHED, now, by
    consultation.short_reason = said.short_reason if is_short(policy, consultation, now) else ""
    consultation.salt = consultation.salt or identity.new_salt()
    building.publish_first(db, policy, consultation, by=by, now=now, has_text=has_text(db, consultation.id))
    db.flush()


def _make_known(db: Session, consultation: Consultation, now: datetime) -> None:
    announce(db, ConsultationPublished(consultation.id, now))
    tell_pages(db, consultation)


def is_short(policy: ConsultationPolicy, consultation: Consultation, now: datetime) -> bool:
    """Whether people have fewer days than usual, counted from when it can be answered."""
    if consultation.opens_at is None or consultation.closes_at is None:
        return False
    return days_open(consultation, now) < policy.shortest_days


def days_open(consultation: Consultation, now: datetime) -> int:
    """Days that people have if it is published now. An hour that a clock change takes makes no day less."""
    assert consultation.opens_at is not None
    assert consultation.closes_at is not None
    return whole_days(max(consultation.opens_at, now) - timedelta(hours=1), consultation.closes_at)


def _check_complete(db: Session, policy: ConsultationPolicy, consultation: Consultation, now: datetime) -> None:
    if found := missing(db, policy, consultation, now):
        raise Invalid([FieldError(lack.field, lack.message) for lack in found])


def _check_said(policy: ConsultationPolicy, consultation: Consultation, said: Publishing, now: datetime) -> None:
    wrong = [FieldError(name, str(_("Look at this point first."))) for name in CHECKS if name not in said.checked]
    if is_short(policy, consultation, now) and not said.short_reason:
        words = _("It is open for fewer than {days} days. Give the reason: everyone can read it.")
        wrong.append(FieldError("short_reason", words.format(days=policy.shortest_days)))
    if wrong:
        raise Invalid(wrong)


def _to_draft(consultation: Consultation, now: datetime) -> None:
    consultation.state, consultation.updated_at = E.DRAFT, now
    consultation.approved_at, consultation.approved_by_id = None, None


def _write(db: Session, template: str, consultation: Consultation, people: Collection[int], now: datetime) -> None:
    facts = {"consultation": consultation.id}
    mail.queue(db, [mail.row(template, ("account", p), now, facts=facts) for p in people])
