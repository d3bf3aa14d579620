"""A mark a minute, however many processes leave it; what is not marked was down, and minutes become days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from app.core.errors import Unavailable
from app.core.tally import Step
from app.performance.heart import Beating
from app.performance.model import Beat, StepCount, UptimeDay
from app.performance.queries import uptime
from app.performance.rules.periods import A_DAY, midnight
from app.performance.rules.uptime import A_MINUTE, Heart, Uptime
from app.performance.service import beating
from tests.fakes import NOON
from tests.site import Town

MARCH = date(2026, 3, 1)


def mark(town: Town, minutes: Iterable[datetime], *, read_only: bool = False, heart: Heart = Heart.PAGES) -> None:
    """In each of these minutes something worked."""

    def leave(db):
        for minute in minutes:
            beating.beat(db, heart, minute, read_only=read_only)

    town.database.retrying(leave)


def minutes(begin: datetime, count: int, *, every: int = 1) -> list[datetime]:
    return [begin + n * every * A_MINUTE for n in range(count)]


def known(town: Town, first: date = MARCH) -> dict[date, Uptime]:
    with town.database.reading() as db:
        return dict(uptime.days(db, Heart.PAGES, first, town.now, town.settings.zone))


def keep(town: Town, months: int = 3) -> None:
    """As the job does, until it has nothing left."""
    zone = town.settings.zone
    while town.database.retrying(lambda db: beating.settle_days(db, town.now, zone)):
        pass
    while town.database.retrying(lambda db: beating.forget_minutes(db, town.now, zone, months)):
        pass


def test_before_the_first_mark_nothing_is_known(town: Town):
    assert known(town) == {}
    keep(town)
    assert town.rows(UptimeDay) == []


def test_several_processes_leave_one_mark(town: Town):
    for second in (0, 7, 59):
        mark(town, [NOON + timedelta(seconds=second)])
    assert [row.minute for row in town.rows(Beat)] == [NOON]
    town.clock.set(NOON + A_MINUTE)
    assert known(town) == {NOON.date(): Uptime(1, 1, 0)}


def test_what_is_not_marked_was_down_and_the_running_minute_does_not_count_yet(town: Town):
    mark(town, [*minutes(NOON, 3), *minutes(NOON + 8 * A_MINUTE, 2)])
    town.clock.set(NOON + timedelta(minutes=10, seconds=30))
    found = known(town)[NOON.date()]
    assert (found, found.down, found.share) == (Uptime(10, 5, 0), 5, 50.0)


def test_what_was_announced_as_read_only_is_told_apart(town: Town):
    mark(town, minutes(NOON, 4))
    mark(town, minutes(NOON + 4 * A_MINUTE, 4), read_only=True)
    town.clock.set(NOON + timedelta(minutes=10))
    found = known(town)[NOON.date()]
    assert found == Uptime(10, 4, 4)
    assert found.share == 66.66, "four of the six minutes for which nothing was announced"


def test_days_stand_and_their_minutes_go(town: Town):
    begin = midnight(MARCH, town.settings.zone) + timedelta(hours=18)
    mark(town, minutes(begin, 360))
    mark(town, minutes(begin + timedelta(hours=30), 10))
    town.clock.set(begin + timedelta(days=4))
    before = known(town)
    keep(town)
    assert before == {
        MARCH: Uptime(360, 360, 0),
        date(2026, 3, 2): Uptime(1_440, 0, 0),
        date(2026, 3, 3): Uptime(1_440, 10, 0),
        date(2026, 3, 4): Uptime(1_440, 0, 0),
        date(2026, 3, 5): Uptime(1_080, 0, 0),
    }
    assert known(town) == before
    assert [row.day for row in town.rows(UptimeDay)] == list(before)[:-1]
    assert len(town.rows(Beat)) == 370
    town.clock.set(begin + timedelta(days=140))
    keep(town)
    assert town.rows(Beat) == []
    known_then = known(town)
    assert {day: known_then[day] for day in list(before)[:-1]} == {day: before[day] for day in list(before)[:-1]}
    mark(town, [town.now])
    town.clock.advance(A_MINUTE)
    keep(town)
    assert town.broken() == {}


def test_the_day_on_which_the_clocks_change_has_its_own_length(town: Town):
    spring = date(2026, 3, 29)
    begin = midnight(spring, town.settings.zone)
    mark(town, minutes(begin, 46, every=30))
    town.clock.set(begin + timedelta(hours=26))
    keep(town)
    row = town.rows(UptimeDay)[0]
    assert (row.day, row.minutes, row.open) == (spring, 1_380, 46)
    assert town.broken() == {}


def test_a_clock_that_went_wrong_stops_nothing(town: Town):
    mark(town, [NOON + timedelta(days=400)])
    keep(town)
    assert known(town) == {}


def test_jobs_leave_their_mark_while_letters_leave(town: Town):
    town.open_petition()
    town.work()
    assert [row.heart for row in town.rows(Beat)] == [Heart.WORK]
    town.clock.advance(timedelta(minutes=20))
    town.work()
    assert len(town.rows(Beat)) == 1, "letters wait for more than a quarter of an hour"
    town.deliver()
    town.work()
    assert len(town.rows(Beat)) == 2


def test_a_server_marks_each_minute_once_and_stores_what_it_counted(town: Town):
    heart = Beating(town.site.tally, town.clock)
    town.site.tally.add_marked("petitions.sign:opened")
    assert heart.mark(town.database, read_only=False)
    town.site.tally.add_marked("petitions.sign:opened")
    assert heart.mark(town.database, read_only=False)
    assert [(row.step, row.times) for row in town.rows(StepCount)] == [("opened", 1)]
    town.clock.advance(A_MINUTE)
    assert heart.mark(town.database, read_only=True)
    assert [row.read_only for row in town.rows(Beat)] == [False, True]
    assert [(row.step, row.times) for row in town.rows(StepCount)] == [("opened", 2)]


def test_a_mark_that_the_database_does_not_take_loses_nothing_that_was_counted(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    heart, tally = Beating(town.site.tally, town.clock), town.site.tally
    tally.add_marked("petitions.sign:opened")

    def refuse(*_args, **_how):
        raise Unavailable(retry_after=5)

    with monkeypatch.context() as broken:
        broken.setattr("app.performance.service.counting.store", refuse)
        assert not heart.mark(town.database, read_only=False)
    assert town.rows(Beat) == []
    assert heart.mark(town.database, read_only=False)
    assert [row.times for row in town.rows(StepCount)] == [1]
    assert tally.take() == {}


def test_what_was_counted_on_two_days_is_stored_by_its_day(town: Town):
    late = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    town.site.tally.add("petitions.sign", "sent", at=late)
    town.site.tally.add("petitions.sign", "sent", 2, at=late - A_DAY)
    taken = town.site.tally.take()
    assert taken == {
        Step("petitions.sign", "sent", date(2026, 6, 2)): 1,
        Step("petitions.sign", "sent", date(2026, 6, 1)): 2,
    }
    town.site.tally.give_back(taken)
    assert town.site.tally.take() == taken
