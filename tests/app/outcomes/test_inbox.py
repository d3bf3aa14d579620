"""A department's inbox: what is owed by its day, whose it is, and what an officer helps with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.subject import SubjectRef
from app.departments.model import Department
from app.outcomes.model import Referral
from app.outcomes.queries import inbox
from app.outcomes.queries.inbox import Desk, Show
from app.outcomes.rules.referrals import ReferralState
from app.outcomes.service import desk, drafting, practising
from app.outcomes.service.drafting import Typed
from app.outcomes.service.referring import refer, support
from tests.site import Town


class Office:
    """Parks, with matters due so many days from now."""

    def __init__(self, town: Town) -> None:
        self.town, self.imran = town, town.officer()
        self.una = town.staff("una@example.org", "department-officer", "parks")
        town.department("buses")
        with town.database.reading() as db:
            self.ids = {d.slug: d.id for d in db.scalars(select(Department))}

    def owes(self, number: int, days: float, *, department: str = "parks", **more: object) -> int:
        """``more``: columns as they stand once it has gone on."""
        with self.town.database.writing() as db:
            made = refer(
                db,
                SubjectRef("petition", number),
                cause="response",
                department_id=self.ids[department],
                due_at=self.town.now + timedelta(days=days),
                now=self.town.now,
            )
            for name, value in more.items():
                setattr(made, name, value)
            db.flush()
            return made.id

    def shows(self, show: Show, *, offset: int = 0, most: int = 50, account: int | None = None) -> list[int]:
        """The subjects of one part."""
        with self.town.database.reading() as db:
            return [r.subject_id for r in inbox.page(db, self.desk(account), show, offset=offset, most=most)]

    def counts(self, account: int | None = None) -> dict[Show, int]:
        with self.town.database.reading() as db:
            found = inbox.numbers(db, self.desk(account))
        return dict(found.of(account or self.imran))

    def desk(self, account: int | None) -> Desk:
        return Desk(self.ids["parks"], account or self.imran, self.town.now)


@pytest.fixture
def office(town: Town) -> Office:
    return Office(town)


def test_the_most_urgent_stands_first_whatever_its_state(office: Office):
    answered = {"answered_at": office.town.now, "took": 1}
    office.owes(1, 20)
    office.owes(2, -3, state=ReferralState.ACCEPTED)
    office.owes(3, 5, state=ReferralState.RETURNED, **answered)
    office.owes(4, 0)
    office.owes(5, 2, due_at=None)
    office.owes(6, 1, department="buses")
    office.owes(7, 1, state=ReferralState.ANSWERED, **answered)
    assert office.shows(Show.ALL) == [2, 4, 3, 1, 5]
    assert [office.shows(Show.ALL, offset=at, most=2) for at in (0, 2, 4, 6)] == [[2, 4], [3, 1], [5], []]
    assert office.shows(Show.LATE) == [2, 4]
    assert office.shows(Show.WEEK) == [3]
    assert office.shows(Show.NEW) == [4, 1, 5]
    assert office.shows(Show.RETURNED) == [3]
    assert office.shows(Show.ANSWERED) == [7]
    assert office.shows(Show.CLOSED) == []


def test_each_part_has_as_many_as_its_number_says(office: Office):
    office.owes(1, 20, assignee_id=office.imran)
    office.owes(2, -3, assignee_id=office.una)
    office.owes(3, 7)
    office.owes(4, -1, department="buses")
    counts = office.counts()
    for show in set(Show) - {Show.ANSWERED, Show.CLOSED}:
        assert counts[show] == len(office.shows(show)), show
    assert (counts[Show.ALL], counts[Show.MINE], counts[Show.NOBODY], counts[Show.WEEK]) == (3, 1, 1, 1)
    assert office.shows(Show.MINE, account=office.una) == [2]
    assert office.counts(office.una)[Show.MINE] == 1


def test_what_is_settled_has_the_newest_on_top_and_what_came_without_a_day_last(office: Office):
    answered = {"state": ReferralState.ANSWERED, "answered_at": office.town.now, "took": 1}
    for number, days in ((1, 3), (2, 9), (3, 6)):
        office.owes(number, days, **answered)
    office.owes(4, 0, due_at=None, **answered)
    assert office.shows(Show.ANSWERED) == [2, 3, 1, 4]
    with office.town.database.reading() as db:
        assert inbox.settled(db, office.desk(None), ReferralState.ANSWERED) == 4


def test_further_pages_of_what_is_settled_go_on_where_the_one_before_ended(office: Office):
    answered = {"state": ReferralState.ANSWERED, "answered_at": office.town.now, "took": 1}
    with office.town.database.writing() as db:
        made_up = practising.begin(db, office.town.site.calendar, office.ids["parks"], office.town.now)
        made_up.state, made_up.answered_at, made_up.due_at = "answered", office.town.now, office.town.now
    for number in range(1, 6):
        office.owes(number, number, **answered)
    office.owes(6, 0, due_at=None, **answered)
    assert [office.shows(Show.ANSWERED, offset=offset, most=2) for offset in range(0, 8, 2)] == [
        [5, 4],
        [3, 2],
        [1, 6],
        [],
    ]


def test_a_made_up_matter_is_in_no_part_and_no_number(office: Office):
    with office.town.database.writing() as db:
        practising.begin(db, office.town.site.calendar, office.ids["parks"], office.town.now)
        made_up = practising.of(db, office.ids["parks"])
        assert made_up is not None
        desk.assign(db, made_up.id, office.ids["parks"], office.imran, by=office.imran, now=office.town.now)
        assert practising.of(db, office.ids["buses"]) is None
    assert set(office.counts().values()) == {0}
    assert all(office.shows(show) == [] for show in Show)


def test_what_waits_for_a_second_person_stands_apart(office: Office):
    matter, other = office.owes(1, 20), office.owes(2, 10)
    words, said = Typed("will-do", "Yes.", "From May."), {"by": office.imran, "now": office.town.now}
    parks = office.ids["parks"]
    with office.town.database.writing() as db:
        drafting.save(db, other, parks, words, revision=0, after_version=0, **said)
        drafting.save(db, matter, parks, words, revision=0, after_version=0, **said)
        drafting.hand_in(db, matter, parks, revision=1, **said)
    assert office.shows(Show.WAITING) == [1]
    assert office.counts()[Show.WAITING] == 1
    with office.town.database.reading() as db:
        shown = {m.id: m for m in inbox.page(db, office.desk(None), Show.ALL, offset=0)}
    assert (shown[matter].written_by, shown[matter].waits_since is None) == (office.imran, False)
    assert (shown[other].written_by, shown[other].waits_since) == (office.imran, None)


def test_what_a_department_helps_with_is_not_its_own(office: Office):
    theirs = office.owes(1, 4, department="buses")
    office.owes(2, 9)
    with office.town.database.writing() as db:
        support(db, db.get_one(Referral, theirs), [office.ids["parks"]], office.town.now)
    assert office.shows(Show.SUPPORTING) == [1]
    assert office.shows(Show.ALL) == [2]
    assert (office.counts()[Show.SUPPORTING], office.counts()[Show.ALL]) == (1, 1)
