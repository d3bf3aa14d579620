"""Measures of the rooms, asked in the background and kept; shares of few are not shown."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.moderation.rules.standards import Verdict
from app.outcomes.service import steering
from app.performance.contribution import Measure, Share, Times, Unit
from app.performance.model import Figure, StepCount
from app.performance.queries import figures
from app.performance.queries.figures import Kept
from app.performance.rules.periods import Period, Span
from app.performance.service import counting
from app.performance.service.rolling import EVERY, Rolling
from petitions.queries.measured import CONFIRMED, SENT, SIGNING
from tests.people import LAURA, crowd
from tests.site import Town

TWO_DAYS = timedelta(days=2)


def roll(town: Town, rolling: Rolling | None = None) -> None:
    """A round, as the job makes it."""
    town.database.retrying(lambda db: counting.empty(db, town.site.tally))
    rolling = rolling or Rolling(town.site.measures, town.settings.zone)
    while town.database.retrying(lambda db: rolling.step(db, town.now)):
        pass


def kept(town: Town, measure: str, period: Period = Period.DAY) -> dict[date, tuple[int | None, int]]:
    rows = town.rows(Figure, Figure.measure == measure, Figure.period == str(period))
    return {row.first_day: (row.part if row.median is None else row.median, row.whole) for row in rows}


def steps(town: Town) -> dict[str, int]:
    town.database.retrying(lambda db: counting.empty(db, town.site.tally))
    return {row.step: row.times for row in town.rows(StepCount, StepCount.journey == SIGNING)}


@pytest.fixture
def measure(town: Town) -> list[Share | Times]:
    """What a made-up measure answers to each question, the last of them again and again."""
    answers: list[Share | Times] = [Share(0, 0)]

    def read(_db, _span: Span) -> Share | Times:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    town.site.measures.clear()
    town.site.measure(Measure("made-up", "Here", "Made up", "Nothing.", "Nowhere.", Unit.SHARE, read, ("A", "B")))
    return answers


def test_a_signature_counts_as_confirmed_on_the_day_on_which_it_was_asked_for(town: Town):
    petition = town.open_petition()
    first = town.now.date()
    early = town.request(petition, *crowd(12, "early"))
    town.confirm(*early[:6])
    town.clock.advance(TWO_DAYS)
    town.sign(petition, *crowd(3, "late"))
    town.confirm(*early[6:9])
    roll(town)
    assert kept(town, "signing-completion") == {first: (9, 12), first + TWO_DAYS: (3, 3)}
    assert kept(town, "signing-completion", Period.MONTH) == {first.replace(day=1): (12, 15)}
    (lately,) = kept(town, "signing-completion", Period.LATELY).values()
    assert lately == (12, 15)
    town.deliver()
    assert town.broken() == {}


def test_each_signature_is_counted_once_and_supporters_are_not(town: Town):
    petition = town.open_petition()
    assert steps(town) == {}, "the creator and those who supported it before publication"
    (asked,) = town.request(petition, LAURA)
    town.request(petition, LAURA)
    assert steps(town) == {SENT: 1}
    town.confirm(asked, asked)
    town.confirm(asked)
    assert steps(town) == {SENT: 1, CONFIRMED: 1}


def test_what_is_rolled_back_is_not_counted(town: Town):
    petition = town.open_petition()
    with pytest.raises(RuntimeError), town.database.writing() as db:
        town.performer.perform(db, [town.request_act(petition, LAURA)], town.now)
        raise RuntimeError
    assert steps(town) == {}


def test_petitions_checked_in_the_promised_time(town: Town):
    for days in (1, 6, 9):
        petition = town.start()
        town.support(petition)
        town.clock.advance(timedelta(days=days))
        town.decide(petition, Verdict.PUBLISH)
    roll(town)
    assert sum(part or 0 for part, _whole in kept(town, "petitions-checked-in-time").values()) == 2
    (month,) = kept(town, "moderation-times", Period.MONTH).values()
    assert month == (6 * 86_400, 3)


def test_answers_of_departments_are_measured(town: Town):
    petition = town.open_petition()
    town.sign(petition, *crowd(10, "reader"))
    town.clock.advance(timedelta(days=4))
    town.answer(petition)
    roll(town)
    (month,) = kept(town, "answer-times", Period.MONTH).values()
    assert month == (4 * 86_400, 1)
    assert kept(town, "answers-on-time") == {town.now.date(): (1, 1)}


def test_an_answer_that_the_committee_sent_back_counts_once_when_it_is_given_anew_months_later(town: Town):
    petition = town.open_petition()
    town.sign(petition, *crowd(10, "reader"))
    town.answer(petition)
    roll(town)
    (referral,) = town.referrals(petition)
    by, due = town.officer(), town.now + 60 * TWO_DAYS
    town.database.retrying(lambda db: steering.send_back(db, referral.id, due, "By when?", by=by, now=town.now))
    town.clock.advance(40 * TWO_DAYS)
    other = town.open_petition()
    town.sign(other, *crowd(10, "other"))
    town.answer(other)
    roll(town)
    town.answer(petition, after=1)
    roll(town)
    assert kept(town, "answers-on-time") == {town.now.date(): (2, 2)}
    assert list(kept(town, "answer-times", Period.MONTH)) == [town.now.date().replace(day=1)]


def test_letters_that_somebody_waits_for_are_counted_when_they_leave(town: Town):
    petition = town.open_petition()
    town.deliver()
    town.site.tally.take()
    town.request(petition, *crowd(2, "soon"))
    town.clock.advance(timedelta(seconds=59))
    town.deliver()
    town.request(petition, LAURA)
    town.clock.advance(timedelta(seconds=61))
    town.deliver()
    roll(town)
    assert kept(town, "letters-within-a-minute") == {town.now.date(): (2, 3)}


def test_an_empty_site_keeps_nothing(town: Town):
    roll(town)
    assert town.rows(Figure) == []


def test_rounds_are_rare_and_bring_what_has_changed_since(town: Town, measure: list[Share | Times]):
    rolling = Rolling(town.site.measures, town.settings.zone)
    measure[:] = [Share(1, 2)]
    roll(town, rolling)
    first = kept(town, "made-up")[town.now.date()]
    measure[:] = [Share(2, 4)]
    roll(town, rolling)
    assert kept(town, "made-up")[town.now.date()] == first
    town.clock.advance(EVERY)
    roll(town, rolling)
    assert kept(town, "made-up")[town.now.date()] == (2, 4)
    town.clock.advance(EVERY)
    measure[:] = [Share(0, 0)]
    roll(town, rolling)
    assert town.now.date() not in kept(town, "made-up"), "what was undone is gone"


def test_a_measure_that_fails_stops_its_round_and_not_the_site(town: Town, measure: list[Share | Times]):
    measure[:] = [Share(1, 2)]
    roll(town)
    before = kept(town, "made-up")

    def fail(_db, _span):
        raise ZeroDivisionError

    town.site.measure(Measure("broken", "Here", "Broken", "Nothing.", "Nowhere.", Unit.SHARE, fail, ("A", "B")))
    town.runner.run_all()
    assert kept(town, "made-up") == before


def test_more_parts_than_the_whole_are_never_shown(town: Town, measure: list[Share | Times]):
    """After a crash the sums of a minute are missing."""
    measure[:] = [Share(5, 3)]
    roll(town)
    assert set(kept(town, "made-up").values()) == {(5, 5)}


def test_what_is_told_of_few_is_nothing():
    few, some = (Kept(Period.WEEK, date(2026, 3, 2), n, n, None, None) for n in (9, 10))
    assert few.is_few(10)
    assert not some.is_few(10)
    assert (some.share, some.last) == (100.0, date(2026, 3, 8))


def test_days_make_weeks_and_old_ones_are_not_shown(town: Town):
    zone = town.settings.zone
    today = town.now.astimezone(zone).date()

    def store(db):
        for ago in (0, 1, 8, 200):
            day = today - timedelta(days=ago)
            db.add(Figure(measure="made-up", period="day", first_day=day, part=1, whole=2, at=town.now))

    town.database.retrying(store)
    with town.database.reading() as db:
        shown = figures.of_all(db, today)["made-up"]
    told = {first: (k.part, k.whole) for first, k in shown.weeks if k}
    assert told == {date(2026, 3, 2): (1, 2), date(2026, 2, 23): (1, 2), date(2026, 2, 16): (1, 2)}


def test_two_measures_cannot_have_one_key(town: Town):
    twin = town.site.measures["signing-completion"]
    with pytest.raises(ValueError, match="signing-completion"):
        town.site.measure(twin)
    with pytest.raises(ValueError, match="cannot be called"):
        Measure("A key", "", "", "", "", Unit.SHARE, twin.read, ())
