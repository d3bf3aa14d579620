"""Ninety days of a service's life for the demo: marks, steps, opinions and a report, through the real tables."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.rules.roles import Role
from app.accounts.service import staff_account
from app.core.batches import insert_many
from app.core.db import Database
from app.core.security.nonces import new_nonce
from app.core.tally import Step
from app.mail.postman import FIRST, PROMPT, WAITED_FOR
from app.performance.contribution import Journey
from app.performance.model import Beat, StepCount
from app.performance.rules.opinions import Grade, nonce_at
from app.performance.rules.periods import days_between, lately, midnight
from app.performance.rules.reports import Recorded
from app.performance.rules.uptime import A_MINUTE, Heart, minute_of
from app.performance.service import beating, counting, opining, reporting
from app.performance.service.rolling import Rolling

#: days ago, minute of the day, minutes: what went wrong, and what was announced
OUTAGES = ((71, 185, 14), (44, 920, 3), (19, 610, 47), (6, 1302, 5))
READ_ONLY = ((33, 120, 40),)
GRADES = (Grade.VERY_SATISFIED, Grade.SATISFIED, Grade.NEITHER, Grade.DISSATISFIED, Grade.VERY_DISSATISFIED)
WEIGHTS = (46, 31, 11, 8, 4)
PROBLEMS = (
    "The chart of signatures by hour cannot be reached with the keyboard. Its table can.",
    "Some documents that departments attach are scans, which screen readers cannot read.",
    "In a live town hall, new questions are read out while somebody is typing.",
)


def fill(rolling: Rolling, site: Any, database: Database, now: datetime) -> None:
    """After everything else has happened: what rooms have counted is added to."""
    zone: ZoneInfo = site.settings.zone
    chance = random.Random("Northmere keeps count")
    today = now.astimezone(zone).date()
    database.retrying(lambda db: counting.empty(db, site.tally))
    for heart in Heart:
        database.retrying(lambda db, heart=heart: _beat(db, heart, today, now, zone))  # type: ignore[misc]
    database.retrying(lambda db: _walk(db, site, today, chance))
    database.retrying(lambda db: _opine(db, list(site.askings), today, zone, chance))
    database.retrying(lambda db: _report(db, now, today))
    while database.retrying(lambda db: beating.settle_days(db, now, zone)):
        pass
    while database.retrying(lambda db: rolling.step(db, now)):
        pass


def _beat(db: Session, heart: Heart, today: date, now: datetime, zone: ZoneInfo) -> None:
    """A mark for every minute, but when it was down."""
    begin = midnight(lately(today)[0], zone)
    down = {minute for ago, at, long in OUTAGES for minute in _minutes(today - timedelta(days=ago), at, long, zone)}
    closed = {minute for ago, at, long in READ_ONLY for minute in _minutes(today - timedelta(days=ago), at, long, zone)}
    count = (minute_of(now) - begin) // A_MINUTE
    minutes = [begin + n * A_MINUTE for n in range(count)]
    rows = [{"heart": str(heart), "minute": m, "read_only": m in closed} for m in minutes if m not in down]
    for at in range(0, len(rows), 5_000):
        insert_many(db, Beat.__table__, rows[at : at + 5_000])  # type: ignore[arg-type]


def _minutes(day: date, at: int, long: int, zone: ZoneInfo) -> Iterator[datetime]:
    begin = midnight(day, zone) + at * A_MINUTE
    return (begin + n * A_MINUTE for n in range(long))


def _walk(db: Session, site: Any, today: date, chance: random.Random) -> None:
    """Who opened a form and went no further; and where a room's demo counts no step at all, all of them."""
    counted: dict[Step, int] = {}
    for day in days_between(*lately(today)):
        for measure in site.measures.values():
            if measure.journey is not None:
                counted |= _journey(db, measure.journey, day, chance)
        sent = chance.randint(20, 60)
        counted[Step(WAITED_FOR, FIRST, day)] = sent
        counted[Step(WAITED_FOR, PROMPT, day)] = sent - (chance.randint(0, 2) if chance.random() < 0.3 else 0)
    counting.store(db, counted)


def _journey(db: Session, journey: Journey, day: date, chance: random.Random) -> dict[Step, int]:
    there = select(StepCount.step, StepCount.times).where(StepCount.journey == journey.key, StepCount.day == day)
    known = {step: times for step, times in db.execute(there)}
    found: dict[Step, int] = {}
    times = 0
    for step, _words in reversed(journey.steps):
        there_now = known.get(step, 0)
        times = max(there_now, round(times * chance.uniform(1.05, 1.4)) if times else there_now or chance.randint(2, 9))
        if times > there_now:
            found[Step(journey.key, step, day)] = times - there_now
    return found


def _opine(db: Session, askings: list[str], today: date, zone: ZoneInfo, chance: random.Random) -> None:
    for day in days_between(*lately(today)):
        noon = midnight(day, zone) + timedelta(hours=12)
        for asked in askings:
            for grade in chance.choices(GRADES, WEIGHTS, k=chance.randint(0, 3)):
                number = nonce_at(noon, int.from_bytes(new_nonce(), "big"))
                opining.say(db, asked, number, grade, noon, zone)


def _report(db: Session, now: datetime, today: date) -> None:
    administrator = staff_account(db, Role.ADMINISTRATOR)
    assert administrator is not None
    day = today - timedelta(days=52)
    tested = Recorded(
        tested_on=day,
        standard="WCAG 2.2 AA",
        tested_by="Northmere Centre for Independent Living",
        how="Twelve pages, by hand with two screen readers and a keyboard alone, and by a program.",
        passed=53,
        failed=3,
        link="",
        problems=PROBLEMS,
    )
    report = reporting.record(db, tested, by=administrator.id, now=now - timedelta(days=50))
    first = reporting.problems_of(db, report.id)[0]
    mended = day + timedelta(days=20)
    then = now - timedelta(days=31)
    reporting.mend(db, report.id, first.id, mended, by=administrator.id, today=today, now=then)
