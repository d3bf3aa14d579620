"""Carrying out a moderator's verdict on a petition: published, refused, taken down, or judged again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments import queries as departments
from app.departments.model import Department
from app.moderation.contribution import Change, Lead, Link, Settlement, Shown
from app.moderation.rules.standards import Verdict
from app.moderation.service import NotPublic, NotRefused
from app.outcomes import service as outcomes
from petitions.events import PetitionPublished
from petitions.model.petition import Crossing, JudgedText, Petition, TextVersion
from petitions.policy import PetitionPolicy
from petitions.queries.authoring import can_resubmit
from petitions.rules.closing import closing_instant
from petitions.rules.lifecycle import STATE_NAMES, VISIBLE, PetitionState, may_move
from petitions.rules.texts import text_digest
from petitions.rules.thresholds import crossed
from petitions.service.election import close_in_time
from petitions.service.telling import tell
from petitions.service.writing import write_to_creator, write_to_officers, write_to_sponsors


class NotWaiting(Conflict):
    code = "not-waiting"
    title = _("This petition is not waiting to be checked")
    message = _("Nothing was changed. It may have been withdrawn, or its creator has not confirmed it.")
    way_on = ("/moderation", _("Back to the queue"))


class PeopleForgotten(Conflict):
    code = "people-forgotten"
    title = _("It is too late to restore this petition")
    message = _(
        "Who started and supported it was deleted, as promised, so it could not be published. Nothing was changed."
    )
    way_on = ("/moderation", _("Back to the queue"))


_PUBLISHED = frozenset({PetitionState.OPEN, PetitionState.CLOSED})
_REFUSED = frozenset({PetitionState.REJECTED, PetitionState.HIDDEN})


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
        write_to_officers(db, subject, department.id, now)
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
            standing=str(STATE_NAMES[PetitionState(petition.state)]),
            changes=_changes(db, petition),
            links=_links(petition),
            can_take_down=can_be_taken_down(petition),
            can_restore=_can_restore(petition),
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
            case _refused:
                self._refuse(db, petition, settlement, now)
        self._end(db, petition, now)

    def take_down(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Out of the lists, unsigned from now on; its creator is told. Duties that were reached stay on record."""
        petition = self._locked(db, subject_id)
        if not can_be_taken_down(petition):
            raise NotPublic
        if petition.closes_at is not None and petition.closes_at <= now:
            petition.closed_at = petition.closed_at or petition.closes_at
        self._refuse(db, petition, settlement, now)
        self._end(db, petition, now)

    def restore(self, db: Session, subject_id: int, settlement: Settlement, *, by: int, now: datetime) -> None:
        """Back to the queue, as if it had just come in; what it had reached stays its own."""
        petition = self._locked(db, subject_id)
        if petition.state not in _REFUSED:
            raise NotRefused
        if not _can_restore(petition):
            raise PeopleForgotten
        await_judgement(petition, now)
        tell(db, petition.id, "restored", now)
        write_to_creator(db, petition, "petitions/mail/restored", now)
        self._end(db, petition, now)

    def _end(self, db: Session, petition: Petition, now: datetime) -> None:
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
        department = _department(db, extras.get("department", ""))
        if petition.was_published:
            self._publish_again(db, petition, department, now)
        else:
            self._open(db, petition, department, now)

    def _open(self, db: Session, petition: Petition, department: Department, now: datetime) -> None:
        """Text frozen, thresholds copied, clock started, sponsors told."""
        _move(petition, PetitionState.OPEN)
        petition.lead_department_id = department.id
        petition.opened_at = now
        petition.closes_at = closing_instant(now, self.policy.open_months, self.zone)
        close_in_time(db, petition, now)
        petition.response_threshold, petition.debate_threshold = self.policy.response_at, self.policy.debate_at
        freeze_text(db, petition, now)
        note_crossings(db, petition, now)
        write_to_creator(db, petition, "petitions/mail/published", now)
        write_to_sponsors(db, petition, "petitions/mail/published_sponsor", now)
        announce(db, PetitionPublished(petition.id, now))

    def _publish_again(self, db: Session, petition: Petition, department: Department, now: datetime) -> None:
        """What was taken down goes on as it was: its days, thresholds and signatures are those it had."""
        _move(petition, _state_before(petition, now))
        if petition.state == PetitionState.OPEN:
            petition.closed_at = None
            close_in_time(db, petition, now)
        elif petition.state == PetitionState.CLOSED:
            petition.closed_at = petition.closed_at or petition.closes_at
        if petition.lead_department_id != department.id:
            subject = SubjectRef("petition", petition.id)
            outcomes.hand_over(db, subject, from_department=petition.lead_department_id, to_department=department.id)
            write_to_officers(db, subject, department.id, now)
            petition.lead_department_id = department.id
        if petition.source is None:
            note_crossings(db, petition, now)
        tell(db, petition.id, "published-again", now)
        write_to_creator(db, petition, "petitions/mail/published", now, again=True)

    def _refuse(self, db: Session, petition: Petition, settlement: Settlement, now: datetime) -> None:
        """Rejected, or hidden where showing it would itself do harm; whoever has to know is told."""
        decision = settlement.decision
        hides = decision.verdict == Verdict.HIDE
        _move(petition, PetitionState.HIDDEN if hides else PetitionState.REJECTED)
        if hides:
            petition.hidden_at = now
        else:
            petition.rejected_at = now
        petition.rejection_code, petition.rejection_details = decision.reason_code, decision.note
        if decision.reason_code == "duplicate":
            petition.duplicate_of_id = _survivor(db, petition, settlement.extras.get("survivor", ""))
        if petition.was_published or petition.source:
            tell(db, petition.id, "taken-down", now, reason=decision.reason_code)
            write_to_creator(db, petition, "petitions/mail/taken_down", now, decision=decision.id)
        else:
            letter = "petitions/mail/hidden" if hides else "petitions/mail/rejected"
            write_to_creator(db, petition, letter, now, again=can_resubmit(db, self.policy, petition))
            write_to_sponsors(db, petition, "petitions/mail/rejected_sponsor", now)


def await_judgement(petition: Petition, now: datetime) -> None:
    """A refused petition is judged anew: nothing of the refusal stays on it."""
    _move(petition, PetitionState.IN_MODERATION)
    petition.submitted_at = petition.submitted_at or now
    petition.rejected_at = petition.hidden_at = None
    petition.rejection_code = petition.rejection_details = petition.duplicate_of_id = None


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


def _state_before(petition: Petition, now: datetime) -> PetitionState:
    """What a petition that was taken down goes back to."""
    if petition.withdrawn_at is not None:
        return PetitionState.WITHDRAWN
    over = petition.closes_at is not None and petition.closes_at <= now
    return PetitionState.CLOSED if over else PetitionState.OPEN


def can_be_taken_down(petition: Petition) -> bool:
    """Whether the public can read it: also where its creator withdrew it after publication."""
    withdrawn = petition.state == PetitionState.WITHDRAWN and petition.was_published
    return withdrawn or petition.state in _PUBLISHED


def note_crossings(db: Session, petition: Petition, now: datetime) -> None:
    """Where thresholds are low, supporters alone may have reached them: the clock's job serves that.

    What was reached before and still stands is not reached again.
    """
    for threshold in crossed(0, petition.signature_count, petition, published=True):
        same = (Crossing.petition_id == petition.id, Crossing.threshold == threshold)
        if db.scalar(select(Crossing.episode).where(*same, Crossing.undone_at.is_(None))) is not None:
            continue
        db.add(
            Crossing(
                petition_id=petition.id,
                threshold=str(threshold),
                episode=(db.scalar(select(func.max(Crossing.episode)).where(*same)) or 0) + 1,
                signature_count=petition.signature_count,
                reached_at=now,
            )
        )


def _can_restore(petition: Petition) -> bool:
    """What was never published needs its people still: without them nobody could sign it."""
    return petition.state in _REFUSED and (petition.was_published or petition.salt is not None)


def _changes(db: Session, petition: Petition) -> list[Change]:
    """From the text that was rejected last to the one that waits now."""
    if petition.state != PetitionState.IN_MODERATION:
        return []
    judged = select(JudgedText).where(JudgedText.petition_id == petition.id).order_by(JudgedText.at.desc()).limit(1)
    if (before := db.scalar(judged)) is None:
        return []
    return [
        Change(str(_("What should be done")), before.action, petition.action),
        Change(str(_("Background")), before.background, petition.background),
        Change(str(_("More details")), before.additional_details, petition.additional_details),
    ]


def _links(petition: Petition) -> list[Link]:
    """Where a moderator goes on from a petition's case."""
    links = [
        Link(f"/moderation/petitions/{petition.id}", str(_("Topics and notes"))),
        Link(f"/moderation/petitions/{petition.id}/statistics", str(_("Statistics"))),
    ]
    if petition.state in _PUBLISHED:
        links.append(Link(f"/moderation/petitions/{petition.id}/correct", str(_("Correct the text"))))
    return links


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
