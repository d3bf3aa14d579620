"""A petition becomes public, for the first time or again after it was taken down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.events import announce
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.outcomes import service as outcomes
from petitions.events import PetitionPublished, PetitionRestored
from petitions.model.petition import Crossing, Event, Petition, TextVersion
from petitions.policy import PetitionPolicy
from petitions.rules.closing import closing_instant
from petitions.rules.lifecycle import PetitionState, may_move
from petitions.rules.texts import text_digest
from petitions.rules.thresholds import crossed
from petitions.service.announcing import Announcing
from petitions.service.closing import note_closing
from petitions.service.election import close_in_time
from petitions.service.telling import tell
from petitions.service.writing import write_to_creator, write_to_officers, write_to_sponsors


class NotWaiting(Conflict):
    code = "not-waiting"
    title = _("This petition is not waiting to be checked")
    message = _("Nothing was changed. It may have been withdrawn, or its creator has not confirmed it.")
    way_on = ("/moderation", _("Back to the queue"))


@dataclass(frozen=True)
class Publishing:
    """``zone``: that of the civic calendar by which a petition's months are counted."""

    policy: PetitionPolicy
    zone: ZoneInfo
    announcing: Announcing

    def publish(self, db: Session, petition: Petition, department: Department, now: datetime) -> None:
        """With the department that will answer. :class:`NotWaiting` where its state does not allow it."""
        if petition.was_published:
            self._publish_again(db, petition, department, now)
        else:
            self._open(db, petition, department, now)

    def _open(self, db: Session, petition: Petition, department: Department, now: datetime) -> None:
        """Text frozen, thresholds copied, clock started, sponsors told."""
        move(petition, PetitionState.OPEN)
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
        self.carry_on(db, petition, now)
        if petition.lead_department_id != department.id:
            subject = SubjectRef("petition", petition.id)
            outcomes.hand_over(
                db, subject, from_department=petition.lead_department_id, to_department=department.id, now=now
            )
            write_to_officers(db, subject, department.id, now)
            petition.lead_department_id = department.id
        if petition.source is None:
            note_crossings(db, petition, now)
        tell(db, petition.id, "published-again", now)
        write_to_creator(db, petition, "petitions/mail/published", now, again=True)

    def carry_on(self, db: Session, petition: Petition, now: datetime) -> None:
        """What was taken down, or decided in haste, is public again in the state it would have by now."""
        move(petition, _state_before(petition, now))
        if petition.state == PetitionState.OPEN:
            petition.closed_at = None
            close_in_time(db, petition, now)
        elif petition.state == PetitionState.CLOSED:
            self._close(db, petition, now)
        db.flush()
        if (since := _down_since(db, petition.id)) is not None:
            self.announcing.go_on(db, petition.id, since, now)
        announce(db, PetitionRestored(petition.id, now))

    def _close(self, db: Session, petition: Petition, now: datetime) -> None:
        """Its time ran out while it was down: nobody was told of that then."""
        if petition.closed_at is None:
            petition.closed_at = petition.closes_at
            note_closing(db, petition, self.announcing, now)


def move(petition: Petition, state: PetitionState) -> None:
    """:class:`NotWaiting` where the table of its life knows no such step."""
    if not may_move(PetitionState(petition.state), state):
        raise NotWaiting
    petition.state = state


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


def _down_since(db: Session, petition_id: int) -> datetime | None:
    return db.scalar(select(func.max(Event.at)).where(Event.petition_id == petition_id, Event.kind == "taken-down"))


def _state_before(petition: Petition, now: datetime) -> PetitionState:
    """What a petition that was taken down goes back to."""
    if petition.withdrawn_at is not None:
        return PetitionState.WITHDRAWN
    over = petition.closes_at is not None and petition.closes_at <= now
    return PetitionState.CLOSED if over else PetitionState.OPEN
