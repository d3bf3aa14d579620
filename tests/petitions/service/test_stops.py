"""Stopping new petitions and signing: nobody loses a day of signing, whatever the worker missed meanwhile."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.audit.model import AuditEntry
from petitions.model.operation import Stop
from petitions.model.petition import Event, Petition
from petitions.rules.closing import end_of_day
from petitions.rules.eligibility import PetitionClosed, SigningStopped
from petitions.rules.stops import AlreadyStopped, NotStopped, StopKind
from petitions.service import extending, stops
from petitions.service.acts import Confirmed, Requested
from tests.people import LAURA, SAM
from tests.site import ADMINISTRATOR, Ground, Town

LONDON = ZoneInfo("Europe/London")
SEPTEMBER = datetime(2026, 9, 1, 9, tzinfo=UTC)


def stop(town: Town, kind: StopKind = StopKind.SIGNING, message: str = "", due_at: datetime | None = None) -> int:
    """Ada stops it; answers the stop's id."""
    by, board = town.staff(ADMINISTRATOR, "administrator"), town.site.dependencies["switchboard"]
    return town.database.retrying(
        lambda db: (
            stops.stop(
                db, board, kind, message=message, reason="Test.", due_at=due_at or town.now, by=by, now=town.now
            ).id
        )
    )


def go_on(town: Town, row: int, kind: StopKind = StopKind.SIGNING) -> None:
    by, board = town.staff(ADMINISTRATOR, "administrator"), town.site.dependencies["switchboard"]
    town.database.retrying(lambda db: stops.let_go_on(db, board, kind, row, reason="Test.", by=by, now=town.now))


def days_put_off(town: Town, petition: int, closed_before: datetime) -> int:
    """By the calendar of the town."""
    closes = town.petition(petition).closes_at
    assert closes is not None
    return (closes.astimezone(LONDON).date() - closed_before.astimezone(LONDON).date()).days


def test_laura_cannot_ask_while_signing_is_stopped_but_sams_letter_still_counts(town: Town):
    petition = town.open_petition()
    asked = town.request(petition, SAM)
    stop(town, message="We move house.")
    refused = town.perform([town.request_act(petition, LAURA)])[0]
    assert isinstance(refused, SigningStopped)
    assert refused.sentence.startswith("We move house. Signing has been stopped since 2 March 2026.")
    assert town.signatures(petition, LAURA) == []
    assert isinstance(town.confirm(*asked)[0], Confirmed)


def test_supporters_wait_as_well(town: Town):
    petition = town.start()
    row = stop(town)
    assert isinstance(town.perform([town.request_act(petition, SAM, sponsor=True)])[0], SigningStopped)
    go_on(town, row)
    assert isinstance(town.perform([town.request_act(petition, SAM, sponsor=True)])[0], Requested)


def test_paused_from_10_to_12_september_a_petition_gets_two_days(town: Town):
    town.clock.set(SEPTEMBER)
    petition = town.open_petition()
    closes = town.petition(petition).closes_at
    assert closes is not None
    late = town.start(LAURA)
    town.support(late)
    town.clock.set(datetime(2026, 9, 10, 10, tzinfo=UTC))
    row = stop(town)
    town.clock.set(datetime(2026, 9, 11, 10, tzinfo=UTC))
    town.work()
    town.work()  # once for each midnight, however often the worker looks
    assert days_put_off(town, petition, closes) == 1
    town.decide(late)  # published while signing is stopped: it was open at one midnight
    late_closes = town.petition(late).closes_at
    assert late_closes is not None
    town.clock.set(datetime(2026, 9, 12, 15, tzinfo=UTC))
    go_on(town, row)
    town.clock.set(datetime(2026, 9, 20, 10, tzinfo=UTC))
    town.work()
    assert days_put_off(town, petition, closes) == 2
    assert town.petition(petition).extended_days == 2
    assert days_put_off(town, late, late_closes) == 1
    told = town.rows(Event, Event.petition_id == petition, Event.kind == "extended")
    assert [e.facts for e in told] == [{"stop": row, "days": 2}]
    town.deliver()
    assert town.broken() == {}


def test_a_petition_whose_last_days_were_stopped_gets_them_back_though_the_worker_was_down(town: Town):
    petition = town.open_petition()
    closes = town.petition(petition).closes_at
    assert closes is not None
    town.clock.set(closes - timedelta(hours=30))  # two midnights before its end
    row = stop(town)
    town.clock.set(closes + timedelta(hours=15))
    go_on(town, row)
    town.work()  # the first time that anybody looks
    found = town.petition(petition)
    assert (found.state, found.closes_at) == (
        "open",
        end_of_day(closes.astimezone(LONDON).date() + timedelta(days=1), LONDON),
    )
    assert isinstance(town.perform([town.request_act(petition, SAM)])[0], Requested)
    town.clock.set(found.closes_at)
    assert isinstance(town.perform([town.request_act(petition, LAURA)])[0], PetitionClosed)
    town.work()
    assert town.petition(petition).state == "closed"


def test_what_ended_before_the_midnight_gets_nothing(town: Town):
    closed, gone, kept = town.open_petition(), town.open_petition(), town.open_petition()
    closes = town.petition(kept).closes_at
    town.sql("UPDATE petitions_petition SET state = 'withdrawn', withdrawn_at = updated_at WHERE id = :i", i=gone)
    town.sql("UPDATE petitions_petition SET closes_at = updated_at WHERE id = :i", i=closed)
    town.clock.advance(timedelta(hours=1))
    stop(town)
    town.clock.advance(timedelta(days=1))
    town.work()
    assert (town.petition(gone).extended_days, town.petition(closed).extended_days) == (0, 0)
    assert town.petition(closed).state == "closed"
    assert days_put_off(town, kept, closes) == 1


def test_an_interruption_between_steps_loses_nothing_and_repeats_nothing(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extending, "A_STEP", 2)
    petitions = [town.open_petition() for _ in range(5)]
    stop(town)
    town.clock.advance(timedelta(days=2))
    steps = []
    while town.database.retrying(lambda db: extending.extend_some(db, LONDON, town.now)):
        steps.append(sum(town.petition(p).extended_days for p in petitions))
        with pytest.raises(ZeroDivisionError):  # the machine fails in the middle of the next one
            town.database.retrying(lambda db: extending.extend_some(db, LONDON, town.now) / 0)
    assert steps == [2, 4, 5, 7, 9, 10]


def test_two_administrators_press_at_once_and_only_one_stop_stands(town: Town):
    row = stop(town)
    with pytest.raises(AlreadyStopped):
        stop(town)
    go_on(town, row)
    with pytest.raises(NotStopped):
        go_on(town, row)
    second = stop(town)
    with pytest.raises(NotStopped):
        go_on(town, row)  # a page from before: it meant the other one
    assert [s.id for s in town.rows(Stop, Stop.ended_at.is_(None))] == [second]


def test_every_change_is_on_record_with_its_reason(town: Town):
    row = stop(town)
    by, board = town.staff(ADMINISTRATOR, "administrator"), town.site.dependencies["switchboard"]
    town.database.retrying(
        lambda db: stops.reword(
            db, board, StopKind.SIGNING, row, message="Until Monday.", reason="People ask.", by=by, now=town.now
        )
    )
    go_on(town, row)
    entries = [e for e in town.rows(AuditEntry) if e.subject_kind == "petitions.stop"]
    assert [(e.act, e.actor_id, e.facts["reason"]) for e in entries] == [
        ("petitions.stop-signing", by, "Test."),
        ("petitions.reword-signing", by, "People ask."),
        ("petitions.resume-signing", by, "Test."),
    ]


def test_new_petitions_are_stopped_apart_from_signing(town: Town):
    petition = town.open_petition()
    row = stop(town, StopKind.CREATING, "Back on Monday.")
    with town.database.reading() as db:
        found = stops.stopped(db, town.now)
    assert (found.creating, found.signing, found.election_at) == ("Back on Monday.", None, None)
    town.sign(petition, SAM)
    go_on(town, row, StopKind.CREATING)
    with town.database.reading() as db:
        assert stops.stopped(db, town.now).creating is None


HOURS = st.integers(0, 24 * 20)
PAUSES = st.lists(HOURS, min_size=2, max_size=6, unique=True).map(sorted)


def owed_day_by_day(opened: datetime, closes: datetime, pauses: list[tuple[datetime, datetime]]) -> int:
    """Ten lines that know nothing of steps: go through the midnights and add a day for each that a pause covers."""
    day, days, end = date(2026, 10, 15), 0, closes
    while day < date(2026, 12, 1):
        midnight = end_of_day(day, LONDON)
        paused = any(began < midnight <= ended for began, ended in pauses)
        if paused and opened < midnight <= end:
            days += 1
            end = end_of_day(end.astimezone(LONDON).date(), LONDON)
        day += timedelta(days=1)
    return days


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    edges=PAUSES,
    looks=st.lists(HOURS, max_size=6),
    lives=st.lists(st.tuples(HOURS, st.integers(0, 20)), min_size=1, max_size=5),
)
def test_the_deadlines_are_what_going_day_by_day_says(
    sqlite_ground: Ground, tmp_path: Path, edges: list[int], looks: list[int], lives: list[tuple[int, int]]
):
    """Random pauses over the end of summer time, petitions of random lives, a worker that looks now and then."""
    town, start = sqlite_ground.town(tmp_path), datetime(2026, 10, 16, 3, 30, tzinfo=UTC)
    at = [start + timedelta(hours=h) for h in edges[: len(edges) // 2 * 2]]
    pauses = list(zip(at[::2], at[1::2], strict=True))
    published = [(start + timedelta(hours=h), days) for h, days in lives]
    ids = {}
    acts = [(b, "stop", None) for b, _e in pauses] + [(e, "go on", None) for _b, e in pauses]
    acts += [(start + timedelta(hours=h), "look", None) for h in looks]
    acts += [(opened, "publish", n) for n, (opened, _days) in enumerate(published)]
    row = 0
    for when, what, which in sorted(acts, key=lambda a: (a[0], a[1])):
        town.clock.set(when)
        if what == "stop":
            row = stop(town)
        elif what == "go on":
            go_on(town, row)
        elif what == "look":
            look(town)
        else:
            ids[which] = publish(town, published[which][1])
    town.clock.set(datetime(2026, 12, 24, tzinfo=UTC))
    look(town)
    for which, (opened, days) in enumerate(published):
        closes = end_of_day(opened.astimezone(LONDON).date() + timedelta(days=days), LONDON)
        owed = owed_day_by_day(opened, closes, pauses)
        found = town.petition(ids[which])
        assert found.extended_days == owed
        assert found.closes_at == end_of_day(opened.astimezone(LONDON).date() + timedelta(days=days + owed), LONDON)
        assert (found.state, found.closed_at) == ("closed", found.closes_at)


def look(town: Town) -> None:
    """The worker's closing job runs, and it alone."""
    town.runner.run(next(j for j in town.runner.jobs if j.name == "petitions: record closing"))


def publish(town: Town, days: int) -> int:
    """A petition that opens now and closes at the end of a day to come."""
    petition = Petition(
        state="open",
        action="Mend the bridge",
        background="It is broken.",
        sponsors_needed=5,
        sponsors_most=20,
        response_threshold=10,
        debate_threshold=20,
        created_at=town.now,
        updated_at=town.now,
        opened_at=town.now,
        closes_at=end_of_day(town.now.astimezone(LONDON).date() + timedelta(days=days), LONDON),
    )
    with town.database.writing() as db:
        db.add(petition)
    return petition.id
