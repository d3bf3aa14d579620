"""What the creator of a petition may do with it: change and send in a rejected text once more, or withdraw it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.mail import service as mail
from app.moderation import service as moderation
from petitions.events import PetitionWithdrawn
from petitions.model.petition import JudgedText, Petition
from petitions.model.signature import Signature
from petitions.policy import PetitionPolicy
from petitions.queries.authoring import can_resubmit, can_withdraw
from petitions.rules.lifecycle import PetitionState
from petitions.rules.texts import Texts
from petitions.service.announcing import WITHDRAWN, Announcing
from petitions.service.correcting import texts_of
from petitions.service.election import refuse_once_begun
from petitions.service.judging import await_judgement
from petitions.service.looking import look_at
from petitions.service.telling import tell
from petitions.service.writing import keep_refusal_to_ourselves, write_to_creator, write_to_sponsors

#: letters that make no sense once their petition is withdrawn
_POINTLESS = (
    "petitions/mail/confirm",
    "petitions/mail/gather_support",
    "petitions/mail/sponsor_joined",
    "petitions/mail/submitted",
    "petitions/mail/published",
    "petitions/mail/published_sponsor",
)


class CannotResubmit(Conflict):
    code = "cannot-resubmit"
    title = _("This petition cannot be sent in again")
    message = _("Nothing was stored. It may be waiting already, or it was changed and sent in before.")
    way_on = ("/standards", _("Read the standards"))


class CannotWithdraw(Conflict):
    code = "cannot-withdraw"
    title = _("This petition can no longer be withdrawn")
    message = _("It is closed or was rejected, so there is nothing left to withdraw. Nothing was changed.")
    way_on = ("/petitions", _("See the petitions"))


def resubmit(db: Session, policy: PetitionPolicy, petition_id: int, texts: Texts, now: datetime) -> Petition:
    """A changed text goes back to the moderators; supporters stay. The same form twice is as once."""
    petition = _locked(db, petition_id)
    if petition.state == PetitionState.IN_MODERATION and petition.resubmitted_at and texts == texts_of(petition):
        return petition
    if not can_resubmit(db, policy, petition):
        raise CannotResubmit
    refuse_once_begun(db, now)
    check_changed(petition, texts)
    _keep_judged(db, petition, now)
    petition.action, petition.background, petition.additional_details = texts
    petition.resubmitted_at = petition.updated_at = now
    await_judgement(petition, now)
    keep_refusal_to_ourselves(db, petition.id, now)
    subject = SubjectRef("petition", petition.id)
    seen = look_at(db, petition.id, texts, now)
    moderation.open_case(db, subject, texts.digest, now, origin="resubmission", excerpt=texts.action, signals=seen)
    tell(db, petition.id, "resubmitted", now)
    write_to_creator(db, petition, "petitions/mail/submitted", now, again=True)
    audit.record(db, "petitions.resubmit", subject, by=None, now=now)
    touch(db, "petitions", f"petition:{petition.id}")
    return petition


def check_changed(petition: Petition, texts: Texts) -> None:
    """Sending the same words again helps nobody."""
    if texts == texts_of(petition):
        raise Invalid([FieldError("action", _("Change something first: these are the words that were rejected."))])


def withdraw(db: Session, announcing: Announcing, petition_id: int, now: datetime) -> Petition:
    """The creator takes it back for good. What it had reached already stays owed to those who signed."""
    petition = _locked(db, petition_id)
    if petition.state == PetitionState.WITHDRAWN:
        return petition
    if not can_withdraw(petition, now):
        raise CannotWithdraw
    subject = SubjectRef("petition", petition.id)
    petition.state = PetitionState.WITHDRAWN
    petition.withdrawn_at = petition.updated_at = now
    moderation.close_case(db, subject, now)
    db.flush()
    if petition.was_published:
        announcing.tell_signers(db, petition.id, WITHDRAWN, petition.id, now)
        announce(db, PetitionWithdrawn(petition.id, now))
    else:
        write_to_sponsors(db, petition, "petitions/mail/withdrawn_sponsor", now)
    people = select(Signature.id).where(Signature.petition_id == petition.id)
    mail.drop_waiting(db, "petitions.signature", people, now, templates=_POINTLESS)
    write_to_creator(db, petition, "petitions/mail/withdrawn_creator", now)
    audit.record(db, "petitions.withdraw", subject, by=None, now=now, facts={"published": petition.was_published})
    touch(db, "petitions", f"petition:{petition.id}")
    return petition


def _locked(db: Session, petition_id: int) -> Petition:
    wanted = select(Petition).where(Petition.id == petition_id).with_for_update(key_share=True)
    petition = db.scalar(wanted.execution_options(populate_existing=True))
    if petition is None:
        raise NotFound
    return petition


def _keep_judged(db: Session, petition: Petition, now: datetime) -> None:
    """The rejected words stay for the moderators to compare, and for nobody else."""
    old = texts_of(petition)
    db.merge(JudgedText(petition_id=petition.id, digest=old.digest, at=now, **old._asdict()))
