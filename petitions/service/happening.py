"""What of a petition's life those who follow it are told, and how each is said when a digest leaves.

A line is made of how things stand then: what was undone, taken back or replaced meanwhile has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt
from app.following.contribution import Happened, Line, Teller, Told
from app.outcomes.events import ReferralAnswered
from app.outcomes.model import Answer
from app.outcomes.queries import answers_to
from petitions.events import (
    DebateTold,
    PetitionClosed,
    PetitionPublished,
    PetitionWithdrawn,
    TextCorrected,
    ThresholdReached,
    ThresholdUndone,
)
from petitions.model.petition import Petition
from petitions.queries import story
from petitions.rules.debates import DebateState
from petitions.rules.thresholds import Threshold
from petitions.service.followed import PETITION
from petitions.service.responding import RESPONSE

PUBLISHED, CLOSED, WITHDRAWN = "petitions.published", "petitions.closed", "petitions.withdrawn"
REACHED, UNDONE = "petitions.threshold-reached", "petitions.threshold-undone"
ANSWERED, DEBATE, CORRECTED = "petitions.answered", "petitions.debate", "petitions.text-corrected"
MOST_QUOTED = 200


def _published(db: Session, event: PetitionPublished) -> Told:
    return _told(PUBLISHED, event.petition_id, event.at)


def _reached(db: Session, event: ThresholdReached) -> Told | None:
    """Not that its supporters were enough: nobody may read it then."""
    if event.threshold is Threshold.MODERATION:
        return None
    return _told(REACHED, event.petition_id, event.at, threshold=str(event.threshold), episode=event.episode)


def _undone(db: Session, event: ThresholdUndone) -> Told:
    return _told(UNDONE, event.petition_id, event.at, threshold=str(event.threshold), count=event.count)


def _closed(db: Session, event: PetitionClosed) -> Told:
    return _told(CLOSED, event.petition_id, event.at)


def _withdrawn(db: Session, event: PetitionWithdrawn) -> Told:
    return _told(WITHDRAWN, event.petition_id, event.at)


def _corrected(db: Session, event: TextCorrected) -> Told:
    href = f"/petitions/{event.petition_id}/versions"
    return _told(CORRECTED, event.petition_id, event.at, href=href, version=event.version)


def _answered(db: Session, event: ReferralAnswered) -> Told | None:
    """A call for a debate is told of as a debate."""
    if event.subject.kind != PETITION or event.cause != RESPONSE:
        return None
    href = f"/petitions/{event.subject.id}#answer-{event.referral_id}"
    facts = {"referral": event.referral_id, "answer": event.answer_id, "version": event.version}
    return _told(ANSWERED, event.subject.id, event.at, href=href, **facts)


def _debate(db: Session, event: DebateTold) -> Told:
    href = f"/petitions/{event.petition_id}#debate"
    return _told(DEBATE, event.petition_id, event.at, href=href, version=event.version)


def _told(code: str, petition_id: int, at: datetime, *, href: str = "", **facts: object) -> Told:
    return Told(code, SubjectRef(PETITION, petition_id), at, facts=facts, href=href)


TELLERS: Mapping[type, Teller] = {
    PetitionPublished: _published,
    ThresholdReached: _reached,
    ThresholdUndone: _undone,
    PetitionClosed: _closed,
    PetitionWithdrawn: _withdrawn,
    TextCorrected: _corrected,
    ReferralAnswered: _answered,
    DebateTold: _debate,
}


@dataclass(frozen=True)
class Lines:
    """Each fact in one sentence; ``say_day`` puts a day into words, ``say_last_day`` the last day before an instant."""

    say_day: Callable[[date], str]
    say_last_day: Callable[[datetime], str]

    def by_code(self) -> dict[str, Line]:
        return {
            PUBLISHED: self.published,
            REACHED: self.reached,
            UNDONE: self.undone,
            CLOSED: self.closed,
            WITHDRAWN: self.withdrawn,
            CORRECTED: self.corrected,
            ANSWERED: self.answered,
            DEBATE: self.debate,
        }

    def published(self, db: Session, told: Happened) -> str | None:
        petition = _petition(db, told)
        if petition.closes_at is None:
            return str(_("It was published."))
        return _("It was published, and can be signed until {day}.").format(day=self.say_last_day(petition.closes_at))

    def reached(self, db: Session, told: Happened) -> str | None:
        petition = _petition(db, told)
        if told.facts["threshold"] == Threshold.RESPONSE:
            words, goal = _("{count} have signed: a department has to answer."), petition.response_threshold
            stands = petition.response_reached_at is not None
        else:
            words, goal = _("{count} have signed: it is considered for debate."), petition.debate_threshold
            stands = petition.debate_reached_at is not None
        return words.format(count=f"{goal:,}") if stands else None

    def undone(self, db: Session, told: Happened) -> str | None:
        """No news once the goal was reached again."""
        petition = _petition(db, told)
        if told.facts["threshold"] == Threshold.RESPONSE:
            words, goal = _("Fewer than {count} have signed: no answer is due any more."), petition.response_threshold
            stands = petition.response_reached_at is None
        else:
            words = _("Fewer than {count} have signed: it is not considered for debate any more.")
            stands, goal = petition.debate_reached_at is None, petition.debate_threshold
        return words.format(count=f"{goal:,}") if stands else None

    def closed(self, db: Session, told: Happened) -> str | None:
        petition = _petition(db, told)
        if petition.closed_at is None:
            return None
        return _("It closed with {count} signatures.").format(count=f"{petition.signature_count:,}")

    def withdrawn(self, db: Session, told: Happened) -> str | None:
        return str(_("Whoever started it took it back."))

    def corrected(self, db: Session, told: Happened) -> str | None:
        return str(_("Its wording was corrected."))

    def answered(self, db: Session, told: Happened) -> str | None:
        """Quoted as it stands; one that was corrected since says so in the line of the correction."""
        standing = answers_to(db, told.facts["referral"])
        given = next((a for a in standing if a.id == told.facts["answer"]), None)
        if given is None:
            return None
        if given.id != standing[0].id:
            return str(_("It was answered."))
        return _quoted(given, is_first=given.version == 1)

    def debate(self, db: Session, told: Happened) -> str | None:
        """What the newest version says; of two of one kind the older is silent."""
        debates = story.debates(db, told.subject.id)
        if not debates or debates[-1].version != told.facts["version"]:
            return None
        said = debates[-1]
        if said.state == DebateState.NOT_HELD or said.debated_on is None:
            return str(_("It will not be debated."))
        if said.state == DebateState.SCHEDULED:
            return _("A debate is set for {day}.").format(day=self.say_day(said.debated_on))
        return _("It was debated on {day}.").format(day=self.say_day(said.debated_on))


def _quoted(answer: Answer, *, is_first: bool) -> str:
    words = _("Answered: {summary}") if is_first else _("The answer was corrected: {summary}")
    return words.format(summary=excerpt(answer.summary, MOST_QUOTED))


def _petition(db: Session, told: Happened) -> Petition:
    return db.get_one(Petition, told.subject.id)
