"""Carrying out a moderator's verdict on a petition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments import queries as departments
from app.departments.model import Department
from app.mail import service as mail
from app.moderation.contribution import Lead, Settlement, Shown
from app.moderation.model import Decision
from app.moderation.rules.standards import Verdict
from app.outcomes import service as outcomes
from petitions.events import PetitionPublished
from petitions.model.petition import Crossing, Petition, TextVersion
from petitions.model.signature import Signature
from petitions.policy import PetitionPolicy
from petitions.rules.closing import closing_instant
from petitions.rules.lifecycle import VISIBLE, PetitionState, SignatureState, may_move
from petitions.rules.texts import text_digest
from petitions.rules.thresholds import crossed


class NotWaiting(Conflict):
    code = "not-waiting"
    title = _("This petition is not waiting to be checked")
    message = _("Nothing was changed. It may have been withdrawn, or its creator has not confirmed it.")
    way_on = ("/moderation", _("Back to the queue"))


@dataclass(frozen=True)
class PetitionUnderModeration:
    """How the desk shows and settles a petition."""

    policy: PetitionPolicy
    zone: ZoneInfo
    name: str = "Petition"
    needs_department: bool = True
    offers_survivor: bool = True

    def leads(self, db: Session) -> list[Lead]:
        return [Lead(d.slug, d.name) for d in departments.active(db)]

    def lead(self, db: Session, subject_id: int) -> str:
        petition = db.get(Petition, subject_id)
        named = departments.by_ids(db, [petition.lead_department_id]) if petition else {}
        return next((d.slug for d in named.values()), "")

    def change_lead(self, db: Session, subject_id: int, slug: str, *, by: int, now: datetime) -> None:
        petition = self._locked(db, subject_id)
        if petition.state not in (PetitionState.OPEN, PetitionState.CLOSED):
            raise NotWaiting
        old, department = petition.lead_department_id, _department(db, slug)
        if old == department.id:
            return
        petition.lead_department_id, petition.updated_at = department.id, now
        db.flush()
        subject = SubjectRef("petition", petition.id)
        outcomes.hand_over(db, subject, from_department=old, to_department=department.id)
        audit.record(db, "petitions.lead", subject, by=by, now=now, facts={"from": old, "to": department.id})
        touch(db, "petitions", f"petition:{petition.id}")

    def show(self, db: Session, subject_id: int) -> Shown:
        petition = db.get(Petition, subject_id)
        if petition is None:
            raise NotFound
        return Shown(
            title=petition.action,
            href=f"/petitions/{petition.id}",
            paragraphs=[
                (str(_("Background")), petition.background),
                (str(_("More details")), petition.additional_details),
            ],
            facts=[
                (str(_("Started by")), petition.creator_name or ""),
                (str(_("Signatures so far")), f"{petition.signature_count:,}"),
            ],
            digest=text_digest(petition.action, petition.background, petition.additional_details),
        )

    def lock(self, db: Session, subject_id: int) -> None:
        self._locked(db, subject_id)

    def settle(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        petition = self._locked(db, subject_id)
        if petition.state != PetitionState.IN_MODERATION:
            raise NotWaiting
        match settlement.decision.verdict:
            case Verdict.PUBLISH:
                self._publish(db, petition, settlement.extras, now)
            case Verdict.REJECT:
                self._reject(db, petition, settlement.decision, settlement.extras, now)
            case _other:
                self._hide(db, petition, settlement.decision, now)
        petition.updated_at = now
        db.flush()
        touch(db, "petitions", f"petition:{petition.id}")

    def _locked(self, db: Session, subject_id: int) -> Petition:
        petition = db.scalar(
            select(Petition)
            .where(Petition.id == subject_id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        if petition is None:
            raise NotFound
        return petition

    def _publish(self, db: Session, petition: Petition, extras: Mapping[str, str], now: datetime) -> None:
        """Open it: text frozen, thresholds copied, clock started, sponsors told."""
        department = _department(db, extras.get("department", ""))
        _move(petition, PetitionState.OPEN)
        petition.lead_department_id = department.id
        petition.opened_at = now
        petition.closes_at = closing_instant(now, self.policy.open_months, self.zone)
        petition.response_threshold, petition.debate_threshold = self.policy.response_at, self.policy.debate_at
        freeze_text(db, petition, now)
        note_crossings(db, petition, now)
        tell_creator_and_sponsors(db, petition, "petitions/mail/published", "petitions/mail/published_sponsor", now)
        announce(db, PetitionPublished(petition.id, now))

    def _reject(
        self, db: Session, petition: Petition, decision: Decision, extras: Mapping[str, str], now: datetime
    ) -> None:
        _move(petition, PetitionState.REJECTED)
        petition.rejected_at = now
        petition.rejection_code, petition.rejection_details = decision.reason_code, decision.note
        if decision.reason_code == "duplicate":
            petition.duplicate_of_id = _survivor(db, petition, extras.get("survivor", ""))
        tell_creator_and_sponsors(db, petition, "petitions/mail/rejected", "petitions/mail/rejected_sponsor", now)

    def _hide(self, db: Session, petition: Petition, decision: Decision, now: datetime) -> None:
        _move(petition, PetitionState.HIDDEN)
        petition.hidden_at = now
        petition.rejection_code, petition.rejection_details = decision.reason_code, decision.note
        tell_creator_and_sponsors(db, petition, "petitions/mail/hidden", "petitions/mail/rejected_sponsor", now)


def freeze_text(db: Session, petition: Petition, now: datetime) -> None:
    """The text as it stands becomes the next public version, under its digest."""
    petition.text_version += 1
    petition.text_digest = text_digest(petition.action, petition.background, petition.additional_details)
    db.add(
        TextVersion(
            petition_id=petition.id,
            version=petition.text_version,
            action=petition.action,
            background=petition.background,
            additional_details=petition.additional_details,
            digest=petition.text_digest,
            at=now,
        )
    )


def note_crossings(db: Session, petition: Petition, now: datetime) -> None:
    """Where thresholds are low, supporters alone may have reached them: the clock's job serves that."""
    for threshold in crossed(0, petition.signature_count, petition, published=True):
        db.add(
            Crossing(
                petition_id=petition.id,
                threshold=str(threshold),
                episode=1,
                signature_count=petition.signature_count,
                reached_at=now,
            )
        )


def tell_creator_and_sponsors(
    db: Session, petition: Petition, creator_template: str, sponsor_template: str, now: datetime
) -> None:
    """One letter to the creator, one to each sponsor who confirmed."""
    rows = []
    if petition.creator_signature_id is not None:
        rows.append(mail.row(creator_template, ("petitions.signature", petition.creator_signature_id), now))
    sponsors = db.scalars(
        select(Signature.id)
        .where(
            Signature.petition_id == petition.id,
            Signature.kind == "sponsor",
            Signature.state == SignatureState.VALIDATED,
        )
        .order_by(Signature.id)
    )
    rows += [mail.row(sponsor_template, ("petitions.signature", s), now) for s in sponsors]
    mail.queue(db, rows)


def _department(db: Session, slug: str) -> Department:
    department = departments.by_slug(db, slug)
    if department is None or department.dissolved_at is not None:
        raise Invalid([FieldError("department", _("Choose the department that will answer."))])
    return department


def _move(petition: Petition, state: PetitionState) -> None:
    if not may_move(PetitionState(petition.state), state):
        raise NotWaiting
    petition.state = state


def _survivor(db: Session, petition: Petition, text: str) -> int:
    """The petition that a duplicate's readers are sent to."""
    survivor = db.get(Petition, int(text)) if text.isdigit() and len(text) < 16 else None
    if survivor is None or survivor.id == petition.id or survivor.state not in VISIBLE:
        raise Invalid([FieldError("survivor", _("Enter the number of the published petition that it repeats."))])
    return survivor.id
