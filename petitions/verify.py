"""What must hold of this room's data in every committed state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from app.areas.rules.withholding import SMALL
from app.mail.model import Letter
from app.moderation.model import Case
from app.outcomes.model import Answer, Referral
from app.site import Invariant
from petitions.model.debate import Debate
from petitions.model.operation import Block
from petitions.model.petition import Announcement, AreaCount, CountryCount, Crossing, HourCount, Petition, TextVersion
from petitions.model.signature import Household, Signature, Signer
from petitions.rules.lifecycle import PetitionState, SignatureState
from petitions.rules.texts import text_digest

_VALID = Signature.state == SignatureState.VALIDATED
PATIENCE = timedelta(minutes=2)


def counts_are_exact(db: Session, now: datetime) -> Iterable[str]:
    """Public count = stated baseline + validated rows."""
    valid = select(func.count()).where(Signature.petition_id == Petition.id, _VALID).scalar_subquery()
    wrong = select(Petition.id, Petition.signature_count, Petition.imported_count + valid).where(
        Petition.signature_count != Petition.imported_count + valid
    )
    for row, shown, true in db.execute(wrong):
        yield f"petition {row} shows {shown}, has {true}"


def countries_add_up(db: Session, now: datetime) -> Iterable[str]:
    """Each country's tally = its validated rows."""
    return _tallies(
        db,
        select(CountryCount.petition_id, CountryCount.country, CountryCount.validated),
        select(Signature.petition_id, Signature.country, func.count())
        .where(_VALID)
        .group_by(Signature.petition_id, Signature.country),
    )


def areas_add_up(db: Session, now: datetime) -> Iterable[str]:
    """Each area's tally = its validated rows."""
    return _tallies(
        db,
        select(AreaCount.petition_id, AreaCount.code, AreaCount.validated),
        select(Signature.petition_id, Signature.area, func.count())
        .where(_VALID, Signature.area.is_not(None))
        .group_by(Signature.petition_id, Signature.area),
    )


def small_figures_are_withheld(db: Session, now: datetime) -> Iterable[str]:
    """No figure under 5 is shown, and never one alone is not."""
    shown = select(AreaCount.petition_id, AreaCount.code).where(
        ~AreaCount.withheld, AreaCount.seen > 0, AreaCount.seen < SMALL
    )
    for petition, code in db.execute(shown.limit(20)):
        yield f"petition {petition}, {code}"
    kept_back = func.sum(case((AreaCount.withheld, AreaCount.seen), else_=0))
    alone = (
        select(AreaCount.petition_id)
        .group_by(AreaCount.petition_id)
        .having(kept_back > 0, kept_back < SMALL, func.sum(AreaCount.seen) > kept_back)
    )
    for petition in db.scalars(alone.limit(20)):
        yield f"petition {petition}: what is kept back can be worked out"


def hours_add_up(db: Session, now: datetime) -> Iterable[str]:
    """The history's sum = validated rows."""
    counted = (
        select(HourCount.petition_id, func.sum(HourCount.validated).label("n"))
        .group_by(HourCount.petition_id)
        .subquery()
    )
    valid = select(func.count()).where(Signature.petition_id == Petition.id, _VALID).scalar_subquery()
    wrong = (
        select(Petition.id)
        .outerjoin(counted, counted.c.petition_id == Petition.id)
        .where(func.coalesce(counted.c.n, 0) != valid)
    )
    for row in db.scalars(wrong):
        yield f"petition {row}"


def numbers_stay_below_the_last(db: Session, now: datetime) -> Iterable[str]:
    """No signature has a number that was never given out."""
    top = select(func.max(Signature.number)).where(Signature.petition_id == Petition.id).scalar_subquery()
    for row in db.scalars(select(Petition.id).where(func.coalesce(top, 0) > Petition.last_number)):
        yield f"petition {row}"


def creators_are_number_one(db: Session, now: datetime) -> Iterable[str]:
    """A petition that was started here and gathers or gathered signatures has its creator as number 1."""
    creator = select(Signature.number).where(Signature.id == Petition.creator_signature_id).scalar_subquery()
    wrong = select(Petition.id).where(
        Petition.source.is_(None), Petition.last_number > 0, func.coalesce(creator, 0) != 1
    )
    for row in db.scalars(wrong):
        yield f"petition {row}"


def crossings_are_recorded(db: Session, now: datetime) -> Iterable[str]:
    """Whoever is above a threshold has a crossing that stands; imports crossed none."""
    for threshold, mark in (("response", Petition.response_threshold), ("debate", Petition.debate_threshold)):
        recorded = _standing(threshold)
        above = select(Petition.id).where(
            Petition.source.is_(None),
            Petition.state.in_((PetitionState.OPEN, PetitionState.CLOSED)),
            Petition.signature_count >= mark,
            ~recorded,
        )
        for row in db.scalars(above):
            yield f"petition {row} is above its {threshold} threshold"


def reached_states_have_crossings(db: Session, now: datetime) -> Iterable[str]:
    """What a petition says it has reached is a served crossing that was not undone, and the other way round."""
    for threshold, reached in (("response", Petition.response_reached_at), ("debate", Petition.debate_reached_at)):
        stands = _standing(threshold, Crossing.served_at.is_not(None))
        wrong = select(Petition.id).where(Petition.source.is_(None), reached.is_not(None) != stands)
        for row in db.scalars(wrong):
            yield f"petition {row}, {threshold}"


def _standing(threshold: str, *more: ColumnElement[bool]) -> Exists:
    return exists().where(
        Crossing.petition_id == Petition.id, Crossing.threshold == threshold, Crossing.undone_at.is_(None), *more
    )


def crossings_are_served(db: Session, now: datetime) -> Iterable[str]:
    """Duties exist: no crossing waits, and each served one has its referral or case."""
    yield from unserved_crossings(db, now)
    referral = exists().where(
        Referral.subject_kind == "petition",
        Referral.subject_id == Crossing.petition_id,
        Referral.cause == Crossing.threshold,
        Referral.episode == Crossing.episode,
    )
    case = exists().where(Case.subject_kind == "petition", Case.subject_id == Crossing.petition_id)
    orphaned = select(Crossing.petition_id, Crossing.threshold).where(
        Crossing.served_at.is_not(None),
        Crossing.undone_at.is_(None),
        or_(
            and_(Crossing.threshold != "moderation", ~referral),
            and_(Crossing.threshold == "moderation", ~case),
        ),
    )
    for row, threshold in db.execute(orphaned):
        yield f"the {threshold} crossing of petition {row} has no duty"


def unserved_crossings(db: Session, now: datetime) -> Iterable[str]:
    """For readiness too: crossings whose duties do not exist after two minutes."""
    waiting = select(Crossing.petition_id, Crossing.threshold).where(
        Crossing.served_at.is_(None), Crossing.reached_at < now - PATIENCE
    )
    for row, threshold in db.execute(waiting):
        yield f"the {threshold} crossing of petition {row} is unserved"


def states_fit_their_dates(db: Session, now: datetime) -> Iterable[str]:
    """A state is never without the instant it began."""
    local = Petition.source.is_(None)
    wrong = select(Petition.id, Petition.state).where(
        or_(
            and_(
                local,
                Petition.state == PetitionState.OPEN,
                or_(Petition.opened_at.is_(None), Petition.closes_at.is_(None)),
            ),
            and_(local, Petition.state == PetitionState.CLOSED, Petition.closed_at.is_(None)),
            and_(Petition.state == PetitionState.IN_MODERATION, Petition.submitted_at.is_(None)),
            and_(Petition.state == PetitionState.REJECTED, Petition.rejected_at.is_(None)),
            and_(Petition.state == PetitionState.HIDDEN, Petition.hidden_at.is_(None)),
        )
    )
    for row, state in db.execute(wrong):
        yield f"petition {row} is {state}"


def who_waits_has_a_case(db: Session, now: datetime) -> Iterable[str]:
    """Every petition in moderation is on the desk."""
    case = exists().where(Case.subject_kind == "petition", Case.subject_id == Petition.id, Case.state == "waiting")
    for row in db.scalars(select(Petition.id).where(Petition.state == PetitionState.IN_MODERATION, ~case)):
        yield f"petition {row}"


def texts_are_as_published(db: Session, now: datetime) -> Iterable[str]:
    """The text shown, its newest frozen version and their digest agree."""
    newest = select(Petition, TextVersion).outerjoin(
        TextVersion,
        and_(TextVersion.petition_id == Petition.id, TextVersion.version == Petition.text_version),
    )
    published = newest.where(Petition.text_digest.is_not(None)).execution_options(yield_per=500)
    for petition, version in db.execute(published):
        true = text_digest(petition.action, petition.background, petition.additional_details)
        frozen = version.digest if version else (petition.text_digest if petition.source else None)
        if not true == petition.text_digest == frozen:
            yield f"petition {petition.id}"


def signers_are_sealed(db: Session, now: datetime) -> Iterable[str]:
    """While a petition keeps its salt, each signature that pends, is held or counts has its sealed person,
    unless that person had it erased."""
    alive = Signature.state.in_((SignatureState.PENDING, SignatureState.HELD, SignatureState.VALIDATED))
    missing = (
        select(Signature.petition_id, func.count())
        .join(Petition, Petition.id == Signature.petition_id)
        .outerjoin(Signer, Signer.signature_id == Signature.id)
        .where(alive, Petition.salt.is_not(None), Signer.signature_id.is_(None), Signature.erased_at.is_(None))
        .group_by(Signature.petition_id)
    )
    for row, count in db.execute(missing):
        yield f"petition {row}: {count} without their sealed words"


def held_signatures_have_a_block(db: Session, now: datetime) -> Iterable[str]:
    """Staff find what is held by its block; nothing held was ever counted."""
    block = exists().where(Block.id == Signature.held_by)
    held = select(Signature.id).where(Signature.state == SignatureState.HELD)
    for row in db.scalars(held.where(or_(~block, Signature.number.is_not(None)))):
        yield f"signature {row}"


def ends_fit_their_signatures(db: Session, now: datetime) -> Iterable[str]:
    """Only what has ended has an instant and a reason of its end; ends before reasons were kept have none."""
    has_ended = Signature.state.in_((SignatureState.INVALIDATED, SignatureState.WITHDRAWN))
    wrong = select(Signature.id).where(
        or_(
            has_ended != Signature.ended_at.is_not(None),
            and_(Signature.end_reason.is_not(None), ~has_ended),
        )
    )
    for row in db.scalars(wrong):
        yield f"signature {row}"


def households_are_lived_in(db: Session, now: datetime) -> Iterable[str]:
    """No address is bound to a postcode by nobody."""
    lived_in = exists().where(
        Signature.petition_id == Household.petition_id, Signature.address_key == Household.address_key, _VALID
    )
    empty = select(Household.petition_id, func.count()).where(~lived_in).group_by(Household.petition_id)
    for row, count in db.execute(empty):
        yield f"petition {row}: {count}"


def answers_are_shown(db: Session, now: datetime) -> Iterable[str]:
    """A petition is marked as answered exactly when a department's answer to its call for one stands."""
    answered = exists().where(
        Referral.subject_kind == "petition",
        Referral.subject_id == Petition.id,
        Referral.cause == "response",
        Answer.referral_id == Referral.id,
        Answer.withdrawn_at.is_(None),
    )
    for row in db.scalars(select(Petition.id).where(Petition.answered_at.is_not(None) != answered)):
        yield f"petition {row}"


def debates_are_shown(db: Session, now: datetime) -> Iterable[str]:
    """What a petition says of its debate is the newest version that stands, and answers its department's duty."""
    newest = (
        select(func.max(Debate.version))
        .where(Debate.petition_id == Petition.id, Debate.withdrawn_at.is_(None))
        .correlate(Petition)
        .scalar_subquery()
    )
    rows = select(Petition, Debate).outerjoin(Debate, and_(Debate.petition_id == Petition.id, Debate.version == newest))
    spoken_of = or_(Petition.debate_state.is_not(None), Debate.version.is_not(None))
    for petition, debate in db.execute(rows.where(Petition.source.is_(None), spoken_of)):
        stands = (debate.state, debate.debated_on) if debate else (None, None)
        told = stands[0] in ("outcome", "not_held")
        if (petition.debate_state, petition.debate_on) != stands or (petition.debate_outcome_at is not None) != told:
            yield f"petition {petition.id}"
    answered = exists().where(
        Referral.subject_kind == "petition",
        Referral.subject_id == Petition.id,
        Referral.cause == "debate",
        Referral.answered_at.is_not(None),
    )
    for row in db.scalars(
        select(Petition.id).where(Petition.debate_state.is_not(None), Petition.source.is_(None), ~answered)
    ):
        yield f"petition {row} has no answered duty"


def news_reaches_its_signers(db: Session, now: datetime) -> Iterable[str]:
    """A finished announcement put as many letters into the outbox as it says."""
    letters = select(func.count()).where(Letter.batch == Announcement.id).correlate(Announcement).scalar_subquery()
    recent = select(Announcement, letters).where(
        Announcement.done_at.is_not(None),
        Announcement.cancelled_at.is_(None),
        Announcement.at > now - timedelta(days=20),
    )
    for news, count in db.execute(recent):
        if count != news.queued:
            yield f"announcement {news.id} of petition {news.petition_id}: {count} of {news.queued}"


def letters_have_recipients(db: Session, now: datetime) -> Iterable[str]:
    """No letter waits for a signature that does not exist."""
    orphaned = (
        select(Letter.id)
        .outerjoin(Signature, Signature.id == Letter.recipient_id)
        .where(Letter.recipient_kind == "petitions.signature", Letter.state == "waiting", Signature.id.is_(None))
        .limit(20)
    )
    for row in db.scalars(orphaned):
        yield f"letter {row}"


def _tallies(db: Session, stored: Select[*tuple[Any, ...]], true: Select[*tuple[Any, ...]]) -> Iterator[str]:
    kept = {(p, key): n for p, key, n in db.execute(stored) if n}
    counted = {(p, key): n for p, key, n in db.execute(true)}
    for petition, key in sorted(kept.keys() | counted.keys()):
        if kept.get((petition, key), 0) != counted.get((petition, key), 0):
            yield f"petition {petition}, {key}: {kept.get((petition, key), 0)} of {counted.get((petition, key), 0)}"


INVARIANTS = [
    Invariant("petitions: public counts are exact", counts_are_exact),
    Invariant("petitions: countries add up", countries_add_up),
    Invariant("petitions: areas add up", areas_add_up),
    Invariant("petitions: small figures by area are withheld", small_figures_are_withheld),
    Invariant("petitions: history adds up", hours_add_up),
    Invariant("petitions: numbers were given out", numbers_stay_below_the_last),
    Invariant("petitions: creators are number 1", creators_are_number_one),
    Invariant("petitions: crossings are recorded", crossings_are_recorded),
    Invariant("petitions: what was reached has its crossing", reached_states_have_crossings),
    Invariant("petitions: crossings are served", crossings_are_served),
    Invariant("petitions: states fit their dates", states_fit_their_dates),
    Invariant("petitions: those in moderation have a case", who_waits_has_a_case),
    Invariant("petitions: texts are as published", texts_are_as_published),
    Invariant("petitions: signers are sealed", signers_are_sealed),
    Invariant("petitions: held signatures have a block", held_signatures_have_a_block),
    Invariant("petitions: ends fit their signatures", ends_fit_their_signatures),
    Invariant("petitions: households are lived in", households_are_lived_in),
    Invariant("petitions: answers are shown", answers_are_shown),
    Invariant("petitions: debates are shown", debates_are_shown),
    Invariant("petitions: news reaches its signers", news_reaches_its_signers),
    Invariant("petitions: letters have recipients", letters_have_recipients),
]
