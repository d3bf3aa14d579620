"""Carrying out a moderator's verdict on a petition: published, refused, taken down, or judged again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.departments import queries as departments
from app.departments.model import Department
from app.moderation.cases import close_texts
from app.moderation.contribution import Lead, Settlement, Shown
from app.moderation.refusals import NotPublic, NotRefused
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import OF_TEXTS, Origin
from app.outcomes import service as outcomes
from petitions.events import PetitionRemoved
from petitions.identity import address_key
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.policy import PetitionPolicy
from petitions.queries.authoring import can_resubmit
from petitions.rules.lifecycle import VISIBLE, PetitionState, may_move
from petitions.service.announcing import Announcing
from petitions.service.publishing import NotWaiting, Publishing, move
from petitions.service.removing import ILLEGAL, evidence_of, wipe
from petitions.service.showing import PUBLISHED, REFUSED, can_be_taken_down, can_restore, shown
from petitions.service.telling import tell
from petitions.service.writing import (
    Hold,
    keep_refusal_to_ourselves,
    write_to_creator,
    write_to_officers,
    write_to_sponsors,
)


class PeopleForgotten(Conflict):
    code = "people-forgotten"
    title = _("It is too late to restore this petition")
    message = _(
        "Who started and supported it was deleted, as promised, so it could not be published. Nothing was changed."
    )
    way_on = ("/moderation", _("Back to the queue"))


class CannotUndo(Conflict):
    code = "cannot-undo"
    title = _("This decision cannot be undone")
    message = _("A petition that was published stays so, and what was decided or sent in since stands.")
    way_on = ("/moderation", _("Back to the queue"))


@dataclass(frozen=True)
class PetitionUnderModeration:
    """How the desk shows and settles a petition."""

    policy: PetitionPolicy
    zone: ZoneInfo
    keys: Keys
    announcing: Announcing
    name: str = "Petition"
    needs_department: bool = True
    offers_survivor: bool = True
    #: a rejected one is changed and sent in again, its supporters with it
    can_return: bool = False
    writes_letters: bool = True

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
        outcomes.hand_over(db, subject, from_department=old, to_department=department.id, now=now)
        write_to_officers(db, subject, department.id, now)
        audit.record(db, "petitions.lead", subject, by=by, now=now, facts={"from": old, "to": department.id})
        touch(db, "petitions", f"petition:{petition.id}")

    def show(self, db: Session, subject_id: int) -> Shown:
        petition = db.get(Petition, subject_id)
        if petition is None:
            raise NotFound
        return shown(db, petition)

    def lock(self, db: Session, subject_id: int) -> None:
        self._locked(db, subject_id)

    def settle(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        petition = self._locked(db, subject_id)
        if can_be_taken_down(petition):
            self._look_again(db, petition, settlement, by=by, now=now)
            return
        if petition.state != PetitionState.IN_MODERATION:
            raise NotWaiting
        match settlement.decision.verdict:
            case Verdict.PUBLISH:
                self._publish(db, petition, settlement.extras, now)
            case _refused:
                self._refuse(db, petition, settlement, now)
        self._end(db, petition, now)

    def _look_again(self, db: Session, petition: Petition, settlement: Settlement, *, by: int, now: datetime) -> None:
        """A corrected text is public already: it stays, or all of the petition goes."""
        if settlement.decision.verdict != Verdict.PUBLISH:
            self.take_down(db, petition.id, settlement, by=by, now=now)

    def is_author(self, db: Session, subject_id: int, account: Account) -> bool:
        """By its creator's address, which is kept as a keyed digest."""
        petition = db.get(Petition, subject_id)
        if petition is None or petition.salt is None or petition.creator_signature_id is None or not account.email:
            return False
        creator = db.get(Signature, petition.creator_signature_id)
        return creator is not None and creator.address_key == address_key(self.keys, petition.salt, account.email)

    def author(self, db: Session, subject_id: int) -> tuple[str, int] | None:
        petition = db.get(Petition, subject_id)
        creator = petition.creator_signature_id if petition else None
        return ("petitions.signature", creator) if creator is not None else None

    def hide_provisionally(self, db: Session, subject_id: int, now: datetime) -> bool:
        """Never: a few readers could stop thousands from signing. It comes first in the queue instead."""
        return False

    def show_again(self, db: Session, subject_id: int, *, by: int, now: datetime) -> None:
        """Nothing was hidden."""

    def unsettle(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """A refusal is taken back before anybody was told; what was published stays so."""
        petition, decision = self._locked(db, subject_id), settlement.decision
        if decision.verdict not in (Verdict.REJECT, Verdict.HIDE) or petition.state not in REFUSED:
            raise CannotUndo
        was_public = decision.origin not in OF_TEXTS or decision.origin == Origin.EDIT
        await_judgement(petition, now)
        if was_public:
            self._publishing.carry_on(db, petition, now)
        if petition.was_published:
            tell(db, petition.id, "published-again" if was_public else "restored", now)
        self._end(db, petition, now)

    def overturn(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Published as if it had been at once, under the department that leads or that is named."""
        petition = self._locked(db, subject_id)
        if petition.state not in REFUSED:
            raise NotRefused
        if not can_restore(petition):
            raise PeopleForgotten
        department = settlement.extras.get("department") or self.lead(db, subject_id)
        await_judgement(petition, now)
        keep_refusal_to_ourselves(db, petition.id, now)
        self._publish(db, petition, {"department": department}, now)
        self._end(db, petition, now)

    def evidence(self, db: Session, subject_id: int) -> Mapping[str, str]:
        return evidence_of(db, self._locked(db, subject_id))

    def remove(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        petition = self._locked(db, subject_id)
        was_readable = petition.state in VISIBLE and (petition.was_published or petition.source is not None)
        if petition.state != PetitionState.HIDDEN and may_move(PetitionState(petition.state), PetitionState.HIDDEN):
            petition.state, petition.hidden_at, petition.rejected_at = PetitionState.HIDDEN, now, None
        wipe(db, petition)
        if petition.was_published or petition.source:
            tell(db, petition.id, "taken-down", now, reason=ILLEGAL)
        self._end(db, petition, now)
        if was_readable:
            announce(db, PetitionRemoved(petition.id, now))

    def take_down(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Out of the lists, unsigned from now on; its creator is told. Duties that were reached stay on record."""
        petition = self._locked(db, subject_id)
        if not can_be_taken_down(petition):
            raise NotPublic
        if petition.closes_at is not None and petition.closes_at <= now:
            petition.closed_at = petition.closed_at or petition.closes_at
        self._refuse(db, petition, settlement, now)
        close_texts(db, SubjectRef("petition", petition.id), now)
        self._end(db, petition, now)
        announce(db, PetitionRemoved(petition.id, now))

    def restore(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Back to the queue, as if it had just come in; what it had reached stays its own."""
        petition = self._locked(db, subject_id)
        if petition.state not in REFUSED:
            raise NotRefused
        if not can_restore(petition):
            raise PeopleForgotten
        await_judgement(petition, now)
        keep_refusal_to_ourselves(db, petition.id, now)
        tell(db, petition.id, "restored", now)
        write_to_creator(db, petition, "petitions/mail/restored", now)
        self._end(db, petition, now)

    @property
    def _publishing(self) -> Publishing:
        return Publishing(self.policy, self.zone, self.announcing)

    def _end(self, db: Session, petition: Petition, now: datetime) -> None:
        petition.updated_at = now
        db.flush()
        subject = SubjectRef("petition", petition.id)
        touch(db, "petitions", str(subject), *outcomes.pages_of(db, subject))

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
        department = _department(db, extras.get("department", ""))
        self._publishing.publish(db, petition, department, now)

    def _refuse(self, db: Session, petition: Petition, settlement: Settlement, now: datetime) -> None:
        """Rejected, or hidden where showing it would itself do harm; whoever has to know is told."""
        decision = settlement.decision
        hides = decision.verdict == Verdict.HIDE
        move(petition, PetitionState.HIDDEN if hides else PetitionState.REJECTED)
        if hides:
            petition.hidden_at = now
        else:
            petition.rejected_at = now
        petition.rejection_code, petition.rejection_details = decision.reason_code, decision.note
        if decision.reason_code == "duplicate":
            petition.duplicate_of_id = _survivor(db, petition, settlement.extras.get("survivor", ""))
        hold = Hold(settlement.letters_due, settlement.batch)
        if petition.was_published or petition.source:
            tell(db, petition.id, "taken-down", now, reason=decision.reason_code)
        if settlement.silent:
            return
        if petition.was_published or petition.source:
            write_to_creator(db, petition, "petitions/mail/taken_down", now, hold=hold, decision=decision.id)
        else:
            letter = "petitions/mail/hidden" if hides else "petitions/mail/rejected"
            again = can_resubmit(db, self.policy, petition)
            write_to_creator(db, petition, letter, now, hold=hold, again=again, decision=decision.id)
            write_to_sponsors(db, petition, "petitions/mail/rejected_sponsor", now, hold=hold, decision=decision.id)


def await_judgement(petition: Petition, now: datetime) -> None:
    """A refused petition is judged anew: nothing of the refusal stays on it."""
    move(petition, PetitionState.IN_MODERATION)
    petition.submitted_at = petition.submitted_at or now
    petition.rejected_at = petition.hidden_at = None
    petition.rejection_code = petition.rejection_details = petition.duplicate_of_id = None


def _department(db: Session, slug: str) -> Department:
    department = departments.by_slug(db, slug)
    if department is None or department.dissolved_at is not None:
        raise Invalid([FieldError("department", _("Choose the department that will answer."))])
    return department


def _survivor(db: Session, petition: Petition, text: str) -> int:
    """The petition that a duplicate's readers are sent to: to sign it, or to read what came of it."""
    is_number = is_whole(text)
    survivor = db.get(Petition, int(text)) if is_number else None
    if survivor is None or survivor.id == petition.id or survivor.state not in PUBLISHED:
        raise Invalid([FieldError("survivor", _("Enter the number of the published petition that it repeats."))])
    return survivor.id
