"""Petitions as tables for everybody. What a person did or is called stands in none of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from app.areas.model import Area
from app.areas.rules.classes import per_thousand
from app.core.db import Instant
from app.core.people.places import country_name
from app.departments.queries import by_ids
from app.opendata.contribution import At, Row, Some
from app.opendata.rules.withholding import shown
from app.outcomes.model import Answer, Referral
from petitions.model.debate import Debate
from petitions.model.petition import AreaCount, CountryCount, HourCount, Petition
from petitions.queries import story
from petitions.queries.areas import SHOWN
from petitions.rules.closing import is_over
from petitions.rules.lifecycle import PetitionState

P, A = Petition, AreaCount
#: what stands on the list with its figures; a petition withdrawn before it was published was never there
COUNTED = (PetitionState.OPEN, PetitionState.CLOSED, PetitionState.WITHDRAWN)
PUBLISHED: ColumnElement[bool] = and_(P.state.in_(COUNTED), or_(P.opened_at.is_not(None), P.source.is_not(None)))
REJECTED: ColumnElement[bool] = P.state == PetitionState.REJECTED


def petitions(db: Session, at: At, cursor: Any, most: int) -> Some:
    found = _petitions(db, PUBLISHED, cursor, most)
    leads = {i: d.slug for i, d in by_ids(db, [p.lead_department_id for p in found]).items()}
    topics = story.topics(db, [p.id for p in found])
    rows: list[Row] = [
        (
            p.id,
            f"{at.base_url}/petitions/{p.id}",
            _state(p, at.now),
            p.action,
            p.background,
            p.additional_details,
            p.signature_count,
            p.imported_count,
            p.response_threshold,
            p.debate_threshold,
            leads.get(p.lead_department_id or 0),
            " ".join(topic.slug for topic in topics.get(p.id, ())),
            p.created_at,
            p.opened_at,
            p.closes_at,
            p.closed_at,
            p.withdrawn_at,
            p.response_reached_at,
            p.answered_at,
            p.debate_reached_at,
            p.debate_on,
            p.debate_outcome_at,
        )
        for p in found
    ]
    return _some(rows, found, most)


def rejected(db: Session, at: At, cursor: Any, most: int) -> Some:
    found = _petitions(db, REJECTED, cursor, most)
    rows: list[Row] = [
        (
            p.id,
            f"{at.base_url}/petitions/{p.id}",
            p.action,
            p.background,
            p.additional_details,
            p.created_at,
            p.rejected_at,
            p.rejection_code,
            p.rejection_details,
            p.duplicate_of_id,
        )
        for p in found
    ]
    return _some(rows, found, most)


def by_hour(db: Session, _at: At, cursor: Any, most: int) -> Some:
    """Hours without any are left out."""
    found = _hours(db, cursor, most)
    return Some(_of_published(db, found), found[-1][:2] if len(found) == most else None)


def by_day(db: Session, at: At, cursor: Any, most: int) -> Some:
    """Local days. One that may go on behind the last hour of a batch begins the next."""
    found = _hours(db, cursor, most)
    days = [list(group) for _key, group in groupby(found, lambda hour: (hour[0], _day(hour[1], at.zone)))]
    goes_on = len(found) == most
    if goes_on and len(days) == 1:
        return by_day(db, at, cursor, 2 * most)
    whole = days[:-1] if goes_on else days
    rows = [(some[0][0], _day(some[0][1], at.zone), sum(count for *_key, count in some)) for some in whole]
    return Some(_of_published(db, rows), whole[-1][-1][:2] if goes_on else None)


def by_country(db: Session, at: At, cursor: Any, most: int) -> Some:
    """Whole petitions at a time: which figures are withheld follows from all countries of one."""
    ids = db.scalars(select(P.id).where(PUBLISHED, P.id > (cursor or 0)).order_by(P.id).limit(max(1, most // 20))).all()
    total = CountryCount.imported + CountryCount.validated
    wanted = select(CountryCount.petition_id, CountryCount.country, total).where(CountryCount.petition_id.in_(ids))
    counted = db.execute(wanted.where(total > 0).order_by(CountryCount.petition_id, CountryCount.country)).all()
    rows: list[Row] = []
    for petition, group in groupby(counted, lambda row: row[0]):
        of_one = list(group)
        counts = shown([count for _petition, _country, count in of_one])
        rows += [
            (petition, country, country_name(country), count, count is None)
            for (_petition, country, _count), count in zip(of_one, counts, strict=True)
        ]
    return Some(rows, ids[-1] if len(ids) == max(1, most // 20) else None)


def by_area(db: Session, at: At, cursor: Any, most: int) -> Some:
    """Whole petitions at a time: what the public reads, and no more; see :mod:`petitions.queries.areas`."""
    some = max(1, most // 300)
    ids = db.scalars(select(P.id).where(PUBLISHED, P.id > (cursor or 0)).order_by(P.id).limit(some)).all()
    rows: list[Row] = [
        (petition, code, own or name, count, _decimal(per_thousand(count, people)))
        for petition, code, own, name, count, people in db.execute(_shown_by_area(ids))
    ]
    return Some(rows, ids[-1] if len(ids) == some else None)


def _shown_by_area(ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    columns: tuple[Any, ...] = (A.petition_id, A.code, Area.name, A.name, SHOWN, Area.population)
    found = select(*columns).outerjoin(Area, Area.code == A.code).where(A.petition_id.in_(ids), SHOWN > 0)
    return found.order_by(A.petition_id, A.code)


def _decimal(rate: float | None) -> Decimal | None:
    return None if rate is None else Decimal(str(rate))


def responses(db: Session, at: At, cursor: Any, most: int) -> Some:
    """Answers to what reached the threshold for a response; versions that were taken back are gone."""
    wanted = (
        select(Answer, Referral)
        .join(Referral, Referral.id == Answer.referral_id)
        .join(P, P.id == Referral.subject_id)
        .where(Referral.subject_kind == "petition", Referral.cause == "response", PUBLISHED)
        .where(Answer.withdrawn_at.is_(None), Answer.id > (cursor or 0))
    )
    found = db.execute(wanted.order_by(Answer.id).limit(most)).all()
    leads = by_ids(db, [referral.department_id for _answer, referral in found])
    rows: list[Row] = []
    for answer, referral in found:
        lead = leads.get(referral.department_id or 0)
        words = (answer.grade, answer.summary, answer.details)
        rows.append((referral.subject_id, referral.id, answer.version, lead.slug if lead else None, *words, answer.at))
    return Some(rows, found[-1][0].id if len(found) == most else None)


def debates(db: Session, at: At, cursor: Any, most: int) -> Some:
    """Every version that stands."""
    wanted = select(Debate).join(P, P.id == Debate.petition_id).where(PUBLISHED, Debate.withdrawn_at.is_(None))
    if cursor is not None:
        wanted = wanted.where(tuple_(Debate.petition_id, Debate.version) > tuple_(*cursor))
    found = db.scalars(wanted.order_by(Debate.petition_id, Debate.version).limit(most)).all()
    rows = [
        (
            d.petition_id,
            d.version,
            d.state,
            d.debated_on,
            d.overview,
            d.transcript_url,
            d.video_url,
            d.pack_url,
            d.at,
        )
        for d in found
    ]
    return Some(rows, (found[-1].petition_id, found[-1].version) if len(found) == most else None)


def first_day(db: Session, at: At) -> date | None:
    """On which the first petition that everybody may read was started."""
    found = db.scalar(select(func.min(P.created_at)).where(or_(PUBLISHED, REJECTED)))
    return _day(found, at.zone) if found else None


def _petitions(db: Session, which: ColumnElement[bool], cursor: Any, most: int) -> Sequence[Petition]:
    return db.scalars(select(P).where(which, P.id > (cursor or 0)).order_by(P.id).limit(most)).all()


def _hours(db: Session, cursor: Any, most: int) -> list[tuple[int, datetime, int]]:
    """Of any petition, along the key; whose may be shown is asked for those of a batch together."""
    key = tuple_(HourCount.petition_id, HourCount.hour)
    wanted = select(HourCount.petition_id, HourCount.hour, HourCount.validated)
    if cursor is not None:
        wanted = wanted.where(key > tuple_(literal(cursor[0], BigInteger()), literal(cursor[1], Instant())))
    found = db.execute(wanted.order_by(HourCount.petition_id, HourCount.hour).limit(most))
    return [(petition, hour, count) for petition, hour, count in found]


def _of_published(db: Session, rows: Sequence[Row]) -> list[Row]:
    ids = {row[0] for row in rows}
    published = set(db.scalars(select(P.id).where(PUBLISHED, P.id.in_(ids)))) if ids else set()
    return [row for row in rows if row[0] in published]


def _state(petition: Petition, now: datetime) -> str:
    """A petition whose time is over is closed before the job has said so."""
    over = is_over(petition.state, petition.closes_at, now, imported=petition.source is not None)
    return PetitionState.CLOSED if over else petition.state


def _day(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def _some(rows: Sequence[Row], found: Sequence[Petition], most: int) -> Some:
    return Some(rows, found[-1].id if len(found) == most else None)
