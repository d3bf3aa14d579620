"""What of a petition's life programs elsewhere are told: what everybody may read, and never who signed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.subject import SubjectRef
from app.outcomes.events import ReferralAnswered
from app.webhooks.contribution import Announced, Fact, Teller
from petitions.events import (
    DebateTold,
    PetitionClosed,
    PetitionPublished,
    PetitionRemoved,
    PetitionRestored,
    PetitionWithdrawn,
    TextCorrected,
    ThresholdReached,
    ThresholdUndone,
)
from petitions.model.petition import Petition
from petitions.queries import story
from petitions.rules.debates import DebateState
from petitions.rules.lifecycle import VISIBLE
from petitions.rules.thresholds import Threshold
from petitions.service.followed import PETITION
from petitions.service.responding import RESPONSE

_COUNTED = {"state": "open", "signature_count": 10_412}


def _published(
    db: Session, event: PetitionPublished | PetitionRestored | PetitionWithdrawn | TextCorrected
) -> Fact | None:
    return _fact(db, event.petition_id, event.at)


def _closed(db: Session, event: PetitionClosed) -> Fact | None:
    return _fact(db, event.petition_id, event.at)


def _reached(db: Session, event: ThresholdReached | ThresholdUndone) -> Fact | None:
    """Not that its supporters were enough: nobody may read it then."""
    if event.threshold is Threshold.MODERATION:
        return None
    return _fact(db, event.petition_id, event.at, threshold=str(event.threshold))


def _responded(db: Session, event: ReferralAnswered) -> Fact | None:
    if event.subject.kind != PETITION or event.cause != RESPONSE:
        return None
    anchor = f"#answer-{event.referral_id}"
    return _fact(db, event.subject.id, event.at, anchor, referral_id=event.referral_id, version=event.version)


def _debate(state: DebateState) -> Teller:
    def tell(db: Session, event: DebateTold) -> Fact | None:
        if event.state is not state:
            return None
        said = next((d for d in story.debates(db, event.petition_id) if d.version == event.version), None)
        on = said.debated_on.isoformat() if said is not None and said.debated_on is not None else None
        return _fact(db, event.petition_id, event.at, "#debate", debated_on=on)

    return tell


def _removed(db: Session, event: PetitionRemoved) -> Fact:
    """Its number alone."""
    subject = SubjectRef(PETITION, event.petition_id)
    lead = db.get_one(Petition, event.petition_id).lead_department_id
    return Fact(subject, event.at, f"/petitions/{subject.id}", None, departments=(lead,))


def _fact(db: Session, petition_id: int, at: datetime, anchor: str = "", **more: object) -> Fact | None:
    """None while the public may not read it."""
    petition = db.get_one(Petition, petition_id)
    if petition.state not in VISIBLE:
        return None
    return Fact(
        SubjectRef(PETITION, petition.id),
        at,
        f"/petitions/{petition.id}{anchor}",
        petition.action,
        api_href=f"/api/v1/petitions/{petition.id}",
        departments=(petition.lead_department_id,),
        more={"state": petition.state, "signature_count": petition.signature_count, **more},
    )


def announced() -> list[Announced]:
    debated = {**_COUNTED, "debated_on": "2027-03-09"}
    reached = {**_COUNTED, "threshold": "response"}
    return [
        Announced("petition.published", PetitionPublished, _published, str(_("It can be signed.")), _COUNTED),
        Announced("petition.text_corrected", TextCorrected, _published, str(_("Its wording was corrected.")), _COUNTED),
        Announced(
            "petition.threshold_reached",
            ThresholdReached,
            _reached,
            str(_("So many have signed that it is answered, or considered for debate.")),
            reached,
        ),
        Announced(
            "petition.threshold_undone",
            ThresholdUndone,
            _reached,
            str(_("The count fell below a threshold before anything answered.")),
            reached,
        ),
        Announced(
            "petition.closed", PetitionClosed, _closed, str(_("Its time is over; the count is final.")), _COUNTED
        ),
        Announced(
            "petition.withdrawn", PetitionWithdrawn, _published, str(_("Whoever started it took it back.")), _COUNTED
        ),
        Announced(
            "petition.responded",
            ReferralAnswered,
            _responded,
            str(_("It was answered, or the answer was corrected (a higher version).")),
            {**_COUNTED, "referral_id": 31, "version": 1},
        ),
        Announced(
            "petition.debate_scheduled", DebateTold, _debate(DebateState.SCHEDULED), str(_("A debate is set.")), debated
        ),
        Announced("petition.debated", DebateTold, _debate(DebateState.OUTCOME), str(_("It was debated.")), debated),
        Announced(
            "petition.debate_not_held",
            DebateTold,
            _debate(DebateState.NOT_HELD),
            str(_("It will not be debated.")),
            {**debated, "debated_on": None},
        ),
        Announced(
            "petition.removed",
            PetitionRemoved,
            _removed,
            str(_("It was taken down: show nothing of it any more.")),
            retracts=True,
        ),
        Announced(
            "petition.restored", PetitionRestored, _published, str(_("What was taken down is public again.")), _COUNTED
        ),
    ]
