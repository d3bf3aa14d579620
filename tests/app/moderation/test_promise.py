"""By which day a moderator decides, where nobody moderates on some days, and when the queue is long."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import SystemClock
from app.core.settings import BadSettings, Settings
from app.core.subject import SubjectRef
from app.floors import load_rooms
from app.moderation import holidays
from app.moderation.model import Case
from app.moderation.promise import Promising, in_a_row, waiting_since
from app.moderation.rules.promise import FreeDays, promised_by
from app.site import Site
from tests.people import ANNA
from tests.site import ADMINISTRATOR, Town

LONDON = ZoneInfo("Europe/London")
CHRISTMAS = FreeDays("Christmas", date(2026, 12, 24), date(2026, 12, 27))
NEW_YEAR = FreeDays("New Year", date(2026, 12, 31), date(2027, 1, 1))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


@pytest.mark.parametrize(
    ("came_in", "free", "by", "because"),
    [
        ("2026-12-01T10:00", [CHRISTMAS], "2026-12-08", ()),
        ("2026-12-16T23:59", [CHRISTMAS], "2026-12-23", ()),
        ("2026-12-17T00:00", [CHRISTMAS], "2026-12-28", ("Christmas",)),
        ("2026-12-22T10:00", [CHRISTMAS, NEW_YEAR], "2027-01-04", ("Christmas", "New Year")),
        ("2026-12-25T10:00", [CHRISTMAS], "2027-01-03", ("Christmas",)),  # comes in on a holiday
        ("2026-12-27T10:00", [CHRISTMAS], "2027-01-03", ()),  # its last day: the next ones count
        ("2026-12-20T10:00", [CHRISTMAS, CHRISTMAS], "2026-12-31", ("Christmas",)),
        ("2026-12-20T10:00", [], "2026-12-27", ()),
    ],
)
def test_days_of_a_holiday_do_not_count(came_in: str, free: list[FreeDays], by: str, because: tuple[str, ...]):
    found = promised_by(at(came_in), 7, free, LONDON)
    assert (found.by.isoformat(), found.because) == (by, because)


def test_holidays_that_overlap_count_once():
    closing = FreeDays("The council's closing days", date(2026, 12, 26), date(2026, 12, 30))
    found = promised_by(at("2026-12-23T09:00"), 7, [closing, CHRISTMAS], LONDON)
    assert (found.by, found.because) == (date(2027, 1, 6), ("Christmas", "The council's closing days"))


def test_the_day_is_that_of_the_deployment():
    late_in_london = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)  # 2 July there
    assert promised_by(late_in_london, 7, [], LONDON).by == date(2026, 7, 9)


spans = st.builds(
    lambda start, days: FreeDays(
        "Free", date(2026, 1, 1) + timedelta(start), date(2026, 1, 1) + timedelta(start + days)
    ),
    st.integers(0, 120),
    st.integers(0, 20),
)


@given(st.integers(0, 100), st.integers(1, 20), st.lists(spans, max_size=5))
def test_exactly_the_promised_days_lie_between(start: int, days: int, free: list[FreeDays]):
    came_in = date(2026, 1, 1) + timedelta(start)
    noon = datetime(came_in.year, came_in.month, came_in.day, 12, tzinfo=UTC)
    by = promised_by(noon, days, free, LONDON).by
    between = [came_in + timedelta(n) for n in range(1, (by - came_in).days + 1)]
    counted = [day for day in between if not any(h.first <= day <= h.last for h in free)]
    assert len(counted) == days
    assert counted[-1] == by


def test_names_stand_in_a_row():
    assert in_a_row(("Christmas",)) == "Christmas"
    assert in_a_row(("Christmas", "New Year")) == "Christmas and New Year"
    assert in_a_row(("Christmas", "New Year", "Easter")) == "Christmas, New Year and Easter"


@pytest.mark.parametrize("name", ["PROMISE_DAYS", "DELAY_AT"])
def test_a_number_that_is_none_stops_the_start_by_name(name: str):
    settings = Settings.from_environment({f"TOWNSQUARE_MODERATION_{name}": "soon"})
    with pytest.raises(BadSettings, match=f"MODERATION_{name}"):
        load_rooms(Site(settings=settings, keys=None, clock=SystemClock()))  # type: ignore[arg-type]


# on a database


def holiday(town: Town, name: str, first: date, last: date) -> None:
    by = town.staff(ADMINISTRATOR, "administrator")
    town.database.retrying(lambda db: holidays.add(db, name, first, last, by=by, now=town.now))


def queue_up(town: Town, count: int, first: int = 1_000_000) -> None:
    """Cases of petitions that nobody will look for."""
    with town.database.writing() as db:
        db.add_all(
            Case(subject_kind="petition", subject_id=first + n, state="waiting", opened_at=town.now)
            for n in range(count)
        )


def outlook(town: Town, promising: Promising):
    promising.forget()
    with town.database.reading() as db:
        return promising.outlook(db, "petition", town.now)


def test_the_outlook_says_by_when_and_why_only_where_a_holiday_falls_inside(town: Town):
    promising = town.site.promising
    assert (outlook(town, promising).days, outlook(town, promising).by) == (7, None)
    today = promising.today(town.now)
    holiday(town, "Easter", today + timedelta(3), today + timedelta(6))
    found = outlook(town, promising)
    assert (found.days, found.by, found.because) == (7, today + timedelta(11), "Easter")


def test_the_queue_is_long_at_500_and_not_at_499(town: Town):
    promising = town.site.promising
    queue_up(town, 499)
    assert outlook(town, promising).waiting is None
    queue_up(town, 1, first=2_000_000)
    assert outlook(town, promising).waiting == 500
    with town.database.writing() as db:
        db.add(Case(subject_kind="other", subject_id=1, state="waiting", opened_at=town.now))
    assert outlook(town, promising).waiting == 500, "of another kind"


def test_the_figure_is_worked_out_once_for_all_who_ask_meanwhile(sqlite_town: Town):
    town, promising = sqlite_town, sqlite_town.site.promising
    queue_up(town, 500)
    assert outlook(town, promising).waiting == 500
    queue_up(town, 5, first=3_000_000)
    with town.database.reading() as db:
        assert promising.outlook(db, "petition", None).waiting == 500


def test_a_case_says_since_when_it_waits(town: Town):
    petition = town.start(ANNA)
    subject = SubjectRef("petition", petition)
    with town.database.reading() as db:
        assert waiting_since(db, subject) is None
    town.support(petition)
    with town.database.reading() as db:
        assert waiting_since(db, subject) == town.now
    town.decide(petition)
    with town.database.reading() as db:
        assert waiting_since(db, subject) is None
