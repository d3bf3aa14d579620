"""Serving a crossing: what reaching a threshold brings. Runs in a savepoint, so that counting cannot fail.

A crossing that could not be served stays *unserved*; a job tries again, and ``verify`` and
``/readyz`` say so.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exc, select, update
from sqlalchemy.orm import Session

from app.core.db import is_collision, is_outage
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.model import Department, Officer
from app.departments.queries import by_slug
from app.mail import service as mail
from app.moderation import service as moderation
from app.outcomes.model import Referral
from app.outcomes.service import Referring
from petitions.events import ThresholdReached
from petitions.model.petition import Crossing, Petition
from petitions.policy import PetitionPolicy
from petitions.queries import story
from petitions.rules.lifecycle import PetitionState
from petitions.rules.texts import Texts
from petitions.rules.thresholds import Threshold, sponsors_to_go
from petitions.service.counting import Counting, NewCrossing, SponsorsJoined
from petitions.service.looking import look_at

log = logging.getLogger("townsquare.petitions")


@dataclass(frozen=True)
class Serving:
    """Serves what a batch's counting brought."""

    policy: PetitionPolicy
    referring: Referring

    def __call__(self, db: Session, brought: Counting, now: datetime) -> set[str]:
        """Answers which pages of departments change with it, for the caller to touch at its very end."""
        for crossing in brought.crossings:
            self.serve(db, crossing, now)
        for joined in brought.sponsors:
            tell_progress(db, joined, now)
        return pages_of_duties(db, {c.petition_id for c in brought.crossings})

    def serve(self, db: Session, crossing: NewCrossing, now: datetime) -> bool:
        """Whether its duties and letters are stored now."""
        try:
            with db.begin_nested():
                self._bring(db, crossing, now)
        except exc.DBAPIError as fault:
            if is_outage(fault) or is_collision(fault):
                raise
            log.exception("crossing of petition %d is unserved", crossing.petition_id)
            return False
        except Exception:
            log.exception("crossing of petition %d is unserved", crossing.petition_id)
            return False
        return True

    def _bring(self, db: Session, crossing: NewCrossing, now: datetime) -> None:
        petition = db.get_one(Petition, crossing.petition_id, populate_existing=True)
        if crossing.threshold is Threshold.MODERATION:
            submit(db, petition, now)
        else:
            self._refer(db, petition, crossing, now)
        db.execute(
            update(Crossing)
            .where(
                Crossing.petition_id == crossing.petition_id,
                Crossing.threshold == crossing.threshold,
                Crossing.episode == crossing.episode,
            )
            .values(served_at=now)
        )
        announce(db, ThresholdReached(petition.id, crossing.threshold, crossing.episode, now))
        db.flush()

    def _refer(self, db: Session, petition: Petition, crossing: NewCrossing, now: datetime) -> None:
        if crossing.threshold is Threshold.RESPONSE:
            petition.response_reached_at = petition.response_reached_at or now
        else:
            petition.debate_reached_at = petition.debate_reached_at or now
        topics = story.topics(db, [petition.id]).get(petition.id, ())
        referral = self.referring.refer(
            db,
            SubjectRef("petition", petition.id),
            cause=str(crossing.threshold),
            episode=crossing.episode,
            lead_id=self._department(db, petition, crossing.threshold),
            topics=[t.slug for t in topics],
            now=now,
        )
        facts = {"threshold": str(crossing.threshold), "referral": referral.id}
        rows = [_to_creator(petition, "petitions/mail/threshold_reached", now, facts)]
        officers = db.scalars(select(Officer.account_id).where(Officer.department_id == referral.department_id))
        rows += [mail.row("petitions/mail/referred", ("account", o), now, facts=facts) for o in officers]
        mail.queue(db, [r for r in rows if r])

    def _department(self, db: Session, petition: Petition, threshold: Threshold) -> int | None:
        """As a person named it; None leaves it to the rules for the petition's topics."""
        named = debate_department(db, self.policy) if threshold is Threshold.DEBATE else None
        return named.id if named is not None else petition.lead_department_id


def debate_department(db: Session, policy: PetitionPolicy) -> Department | None:
    """Whom debates are referred to; None where that is each petition's own, also where the one named is not there."""
    named = by_slug(db, policy.debate_department) if policy.debate_department else None
    return named if named is not None and named.dissolved_at is None else None


@dataclass(frozen=True)
class DebateDepartmentAdvice:
    """A setting that names no department: debates go where they would without it, which nobody may have meant."""

    policy: PetitionPolicy

    def __call__(self, db: Session, now: datetime) -> Iterable[str]:
        if self.policy.debate_department and debate_department(db, self.policy) is None:
            yield _(
                "TOWNSQUARE_PETITIONS_DEBATE_DEPARTMENT names {slug}, and there is no such department: "
                "calls for a debate go to each petition’s own department until there is."
            ).format(slug=self.policy.debate_department)


def submit(db: Session, petition: Petition, now: datetime) -> None:
    """Enough sponsors: the petition goes to the moderators."""
    if petition.state in (PetitionState.PENDING, PetitionState.COLLECTING):
        petition.state, petition.submitted_at, petition.updated_at = PetitionState.IN_MODERATION, now, now
        texts = Texts(petition.action, petition.background, petition.additional_details)
        seen = look_at(db, petition.id, texts, now)
        subject = SubjectRef("petition", petition.id)
        moderation.open_case(db, subject, texts.digest, now, excerpt=petition.action, signals=seen)
        mail.queue(db, [r for r in [_to_creator(petition, "petitions/mail/submitted", now, {})] if r])


def tell_progress(db: Session, joined: SponsorsJoined, now: datetime) -> None:
    """One letter to the creator for each sponsor who joined while some are still missing."""
    petition = db.get_one(Petition, joined.petition_id)
    left = [sponsors_to_go(count, joined.needed) for count in joined.counts]
    rows = [_to_creator(petition, "petitions/mail/sponsor_joined", now, {"left": n}) for n in left if n]
    mail.queue(db, [r for r in rows if r])


def unserved(db: Session) -> Sequence[Crossing]:
    """Crossings whose duties do not exist yet, in the order in which every writer locks petitions."""
    return db.scalars(
        select(Crossing).where(Crossing.served_at.is_(None)).order_by(Crossing.petition_id, Crossing.reached_at)
    ).all()


def serve_again(db: Session, serving: Serving, crossing: Crossing, now: datetime) -> bool:
    """The job's try at one unserved crossing, under its petition's lock."""
    db.execute(select(Petition.id).where(Petition.id == crossing.petition_id).with_for_update(key_share=True))
    again = NewCrossing(crossing.petition_id, Threshold(crossing.threshold), crossing.episode, crossing.signature_count)
    served = serving.serve(db, again, now)
    if served:
        keys = pages_of_duties(db, {crossing.petition_id})
        touch(db, f"petition:{crossing.petition_id}", "petitions", *keys)
    return served


def pages_of_duties(db: Session, petitions: Collection[int]) -> set[str]:
    """The public pages that show what departments owe about these petitions."""
    about = (Referral.subject_kind == "petition", Referral.subject_id.in_(petitions))
    wanted = select(Referral.department_id).where(*about, Referral.department_id.is_not(None)).distinct()
    found = db.scalars(wanted).all() if petitions else ()
    return {"outcomes", *(f"department:{number}" for number in found)} if found else set()


def _to_creator(petition: Petition, template: str, now: datetime, facts: dict[str, object]) -> dict[str, object] | None:
    if petition.creator_signature_id is None:
        return None
    return mail.row(template, ("petitions.signature", petition.creator_signature_id), now, facts=facts)
