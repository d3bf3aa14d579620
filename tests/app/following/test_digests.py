"""Digests: due and not yet there, one letter for all that is new, and nothing that may not be read any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.errors import Unavailable
from app.core.subject import SubjectRef
from app.following.contribution import Tag, Told
from app.following.model import HappeningTag
from app.following.service import digests, stopping
from app.mail import suppression
from app.mail.model import LetterState
from tests.app.following.readers import MAYA, Readers, entries, subject
from tests.people import AMINA, SAM, crowd
from tests.site import Town


def correct(town: Town, petition: int, *, after: int = 1) -> None:
    town.correct(petition, after=after, background=f"They work on Saturdays until {after + 4}.")


def later(town: Town, minutes: int = 1) -> None:
    town.clock.advance(timedelta(minutes=minutes))


def followed(readers: Readers, *people, period: str = "") -> int:
    """A petition that these people follow; nothing has happened to it since."""
    petition = readers.town.open_petition()
    later(readers.town)
    for person in people:
        readers.follow(person, "petition", petition, period)
    later(readers.town)
    return petition


def test_maya_is_told_in_the_morning_what_happened_since_she_followed(readers: Readers):
    town, petition = readers.town, followed(readers, MAYA)
    correct(town, petition)
    town.sign(petition, *crowd(4))
    readers.morning()
    (digest,) = readers.digests(MAYA)
    assert entries(digest) == [
        "3 March 2026: 10 have signed: a department has to answer.",
        "3 March 2026: Its wording was corrected.",
    ]
    assert digest.startswith("Open the town library on Sundays\n")
    assert f"{town.settings.base_url}/petitions/{petition}\n" in digest
    assert f"/petitions/{petition}/versions" in digest
    assert readers.manage_link(MAYA) in digest
    assert len(digest.split()) < 120
    assert town.broken() == {}


def test_nothing_new_no_letter(readers: Readers):
    followed(readers, MAYA)
    readers.morning()
    readers.morning(days=8)
    assert readers.queued() == []


def test_what_was_told_is_not_told_again(readers: Readers):
    petition = followed(readers, MAYA)
    correct(readers.town, petition)
    readers.morning()
    readers.morning()
    correct(readers.town, petition, after=2)
    readers.morning()
    assert [len(entries(d)) for d in readers.digests(MAYA)] == [1, 1]


def test_three_things_followed_one_letter_and_what_several_find_stands_once(readers: Readers):
    first, second = followed(readers, MAYA), followed(readers, MAYA)
    readers.follow(MAYA, "department", "parks")
    later(readers.town)
    for petition in (first, second):
        correct(readers.town, petition)
    third = readers.town.open_petition(action="Light the river path")
    readers.morning()
    (digest,) = readers.digests(MAYA)
    assert len(entries(digest)) == 3
    assert digest.startswith("Parks\n")
    assert "Light the river path: It was published" in digest
    assert f"/petitions/{third}" in digest
    assert str(readers.town.letters.last_to(MAYA)["Subject"]) == "3 things are new in what you follow"


def test_a_stranger_to_a_thing_hears_nothing_of_it(readers: Readers):
    petition = followed(readers, MAYA)
    followed(readers, SAM)
    correct(readers.town, petition)
    readers.morning()
    assert (len(readers.digests(MAYA)), readers.digests(SAM)) == (1, [])


def test_weekly_digests_come_on_mondays_with_the_whole_week(readers: Readers):
    petition = followed(readers, MAYA, period="weekly")
    readers.follow(SAM, "petition", petition)
    later(readers.town)
    correct(readers.town, petition)
    readers.morning()  # Wednesday
    correct(readers.town, petition, after=2)
    for _day in range(4):  # to Sunday
        readers.morning()
    assert (len(readers.digests(SAM)), readers.digests(MAYA)) == (2, [])
    readers.morning()
    assert readers.town.now.weekday() == 0
    (digest,) = readers.digests(MAYA)
    assert len(entries(digest)) == 2
    assert "once a week" in digest


def test_who_changes_the_period_midweek_hears_everything_once(readers: Readers):
    petition = followed(readers, MAYA, period="weekly")
    correct(readers.town, petition)
    readers.morning()
    readers.town.database.retrying(
        lambda db: stopping.change_period(db, readers.follower(MAYA).id, digests.Period.DAILY)
    )
    correct(readers.town, petition, after=2)
    for _day in range(6):
        readers.morning()
    assert [len(entries(d)) for d in readers.digests(MAYA)] == [2]


@pytest.mark.parametrize(("day", "due"), [((2026, 3, 29), 6), ((2026, 10, 25), 7)])
def test_the_clock_on_the_wall_counts_on_the_day_it_changes(readers: Readers, day: tuple[int, int, int], due: int):
    """Digests are made at seven in London, whatever that is elsewhere."""
    town = readers.town
    town.clock.set(datetime(*day, tzinfo=UTC) - timedelta(hours=8))
    petition = followed(readers, MAYA)
    correct(town, petition)
    town.clock.set(datetime(*day, due, 0, 30, tzinfo=UTC))
    assert readers.make() == []
    town.clock.advance(timedelta(minutes=1))
    assert len(readers.make()) == 1
    assert readers.queued()[0].facts["until"] == datetime(*day, due, tzinfo=UTC).isoformat()
    town.clock.advance(timedelta(hours=2))
    assert len(readers.make()) == 1


def test_a_machine_that_stood_still_makes_one_digest(readers: Readers):
    petition = followed(readers, MAYA)
    for version in range(1, 4):
        correct(readers.town, petition, after=version)
        readers.town.clock.advance(timedelta(days=1))
    readers.morning()
    (digest,) = readers.digests(MAYA)
    assert len(entries(digest)) == 3


def test_a_digest_that_the_postman_could_not_take_becomes_one_with_the_next(readers: Readers):
    town, petition = readers.town, followed(readers, MAYA)
    correct(town, petition)
    town.clock.set(datetime(2026, 3, 4, 7, 2, tzinfo=UTC))
    readers.make()
    correct(town, petition, after=2)
    readers.morning()
    (digest,) = readers.digests(MAYA)
    assert len(entries(digest)) == 2
    assert [letter.state for letter in readers.queued()] == [LetterState.DROPPED, LetterState.SENT]


def test_killed_between_two_steps_it_goes_on_where_it_was(readers: Readers, monkeypatch: pytest.MonkeyPatch):
    town, people = readers.town, crowd(5, "reader")
    petition = followed(readers, *people)
    correct(town, petition)
    town.clock.set(datetime(2026, 3, 4, 7, 2, tzinfo=UTC))
    monkeypatch.setattr(digests, "A_STEP", 2)
    while len(readers.queued()) < 4:
        assert readers.step()

    def die(*_args: object) -> None:
        raise Unavailable

    with monkeypatch.context() as killed:
        killed.setattr(digests.mail, "queue_once", die)
        with pytest.raises(Unavailable):
            readers.step()
    assert len(readers.queued()) == 4
    assert len(readers.make()) == 5
    assert {letter.recipient_id for letter in readers.queued()} == {readers.follower(p).id for p in people}
    assert town.broken() == {}


def test_an_issue_that_was_never_finished_is_made_good_by_the_next(readers: Readers, monkeypatch: pytest.MonkeyPatch):
    town, people = readers.town, crowd(3, "reader")
    petition = followed(readers, *people)
    correct(town, petition)
    town.clock.set(datetime(2026, 3, 4, 7, 2, tzinfo=UTC))
    monkeypatch.setattr(digests, "A_STEP", 1)
    while len(readers.queued()) < 1:
        assert readers.step()
    town.deliver()
    readers.morning()
    assert [len(readers.digests(p)) for p in people] == [1, 1, 1]


def test_what_was_taken_down_before_the_letter_leaves_is_not_in_it(readers: Readers):
    town, first, second = readers.town, followed(readers, MAYA), followed(readers, MAYA, SAM)
    for petition in (first, second):
        correct(town, petition)
    town.clock.set(datetime(2026, 3, 4, 7, 2, tzinfo=UTC))
    readers.make()
    town.take_down(second)
    town.deliver()
    (digest,) = readers.digests(MAYA)
    assert len(entries(digest)) == 1
    assert f"/petitions/{second}" not in digest
    assert readers.digests(SAM) == []
    assert [letter.state for letter in readers.queued()] == [LetterState.SENT, LetterState.DROPPED]


def test_an_answer_that_was_taken_back_is_not_told(readers: Readers):
    town, petition = readers.town, followed(readers, MAYA)
    town.sign(petition, *[p.but(notify=False) for p in crowd(4)])
    town.answer(petition, tell=False)
    duty = town.referrals(petition)[0]
    by = town.officer()
    town.database.retrying(
        lambda db: __import__("app.outcomes.service", fromlist=["x"]).withdraw_answer(
            db, duty.id, duty.department_id, after_version=1, by=by, now=town.now
        )
    )
    readers.morning()
    (digest,) = readers.digests(MAYA)
    assert entries(digest) == ["3 March 2026: 10 have signed: a department has to answer."]


def test_an_answer_and_its_correction_are_told_as_they_stand(readers: Readers):
    town, petition = readers.town, followed(readers, MAYA)
    town.sign(petition, *crowd(4))
    town.answer(petition, "We will open on Sundays from May.")
    later(town)
    town.answer(petition, "We will open on Sundays from June.", after=1)
    readers.morning()
    (digest,) = readers.digests(MAYA)
    assert "from May" not in digest
    assert entries(digest)[:2] == [
        "3 March 2026: The answer was corrected: We will open on Sundays from June.",
        "3 March 2026: It was answered.",
    ]
    assert f"/petitions/{petition}#answer-" in digest


def test_nobody_who_stopped_or_is_suppressed_gets_one(readers: Readers):
    town, petition = readers.town, followed(readers, MAYA, SAM, AMINA)
    correct(town, petition)
    town.clock.set(datetime(2026, 3, 4, 7, 2, tzinfo=UTC))
    readers.make()
    readers.stop_all(MAYA)
    town.database.retrying(lambda db: suppression.note_complaint(db, town.keys, SAM.email, "it said so", town.now))
    town.deliver()
    assert (readers.digests(MAYA), readers.digests(SAM), len(readers.digests(AMINA))) == ([], [], 1)
    correct(town, petition, after=2)
    readers.morning()
    assert (readers.digests(MAYA), len(readers.digests(AMINA))) == ([], 2)


def test_twenty_are_shown_and_the_rest_is_counted(readers: Readers):
    town, petition = readers.town, followed(readers, MAYA)
    for number in range(32):
        readers.tell(Told("petitions.text-corrected", subject(petition), town.now + timedelta(seconds=number)))
    readers.morning()
    (digest,) = readers.digests(MAYA)
    assert len(entries(digest)) == 20
    assert "And 12 more:" in digest
    assert "#news" in digest


def test_a_fact_that_no_line_tells_or_whose_subject_is_gone_is_left_out(readers: Readers):
    town, petition = readers.town, followed(readers, MAYA)
    readers.tell(Told("petitions.unheard-of", subject(petition), town.now))
    tagged = [Tag("petition", str(petition))]
    readers.tell(Told("petitions.published", SubjectRef("moon", 1), town.now, tags=tagged))
    readers.morning()
    assert [letter.state for letter in readers.queued()] == [LetterState.DROPPED]


class TestSearches:
    def test_one_search_is_looked_through_once_however_many_follow_it(
        self, readers: Readers, monkeypatch: pytest.MonkeyPatch
    ):
        town, people = readers.town, [MAYA, SAM, AMINA]
        followed(readers, *people)
        for person in people:
            readers.follow(person, "search", "q=river")
        later(town)
        found = town.open_petition(action="Light the river path")
        town.open_petition(action="Feed the ducks")
        looked = []
        search = town.site.followable["search"]
        matches = search.matches
        monkeypatch.setattr(search, "matches", lambda *given: looked.append(given[1]) or matches(*given))
        readers.morning()
        assert looked == ["q=river"]
        for person in people:
            (digest,) = readers.digests(person)
            assert "Open petitions about ‘river’" in digest
            assert f"/petitions/{found}" in digest
            assert len(entries(digest)) == 1

    def test_a_search_for_a_department_and_a_state(self, readers: Readers):
        town = readers.town
        petition = followed(readers, SAM)
        readers.follow(MAYA, "search", "state=with_response&department=parks")
        later(town)
        town.sign(petition, *crowd(4))
        readers.morning()
        assert readers.digests(MAYA) == []
        town.answer(petition)
        readers.morning()
        (digest,) = readers.digests(MAYA)
        assert "Answered petitions for Parks" in digest
        assert "Answered: We will open on Sundays from May." in digest

    def test_many_searches_are_looked_through_in_steps(self, readers: Readers, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(digests, "SEARCHES_A_STEP", 2)
        followed(readers, SAM)
        for word in ("river", "path", "light", "dusk"):
            readers.follow(MAYA, "search", f"q={word}")
        later(readers.town)
        readers.town.open_petition(action="Light the river path at dusk")
        readers.morning()
        assert {t.key for t in readers.town.rows(HappeningTag, HappeningTag.kind == "search")} == {
            "q=river",
            "q=path",
            "q=light",
            "q=dusk",
        }
        (digest,) = readers.digests(MAYA)
        assert len(entries(digest)) == 1


def test_a_topic_brings_what_happens_to_its_petitions(readers: Readers):
    town = readers.town
    first, other = followed(readers, SAM), followed(readers, SAM)
    town.sql("INSERT INTO petitions_topic (slug, name) VALUES ('libraries', 'Libraries')")
    town.sql("INSERT INTO petitions_petition_topic (petition_id, topic_id) SELECT :p, id FROM petitions_topic", p=first)
    readers.follow(MAYA, "topic", "libraries")
    later(town)
    for petition in (first, other):
        correct(town, petition)
    readers.morning()
    (digest,) = readers.digests(MAYA)
    assert "Petitions about Libraries" in digest
    assert len(entries(digest)) == 1


def test_old_happenings_are_forgotten_with_their_tags(readers: Readers):
    petition = followed(readers, MAYA)
    correct(readers.town, petition)
    readers.town.clock.advance(timedelta(days=59))
    readers.town.work()
    assert readers.happenings()
    readers.town.clock.advance(timedelta(days=2))
    readers.town.work()
    assert (readers.happenings(), readers.town.rows(HappeningTag)) == ([], [])


def test_the_news_window_holds_digests_back(readers: Readers):
    object.__setattr__(readers.policy, "window", "22:00-23:00")
    petition = followed(readers, MAYA)
    correct(readers.town, petition)
    readers.morning()
    assert readers.digests(MAYA) == []
    assert readers.queued()[0].due_at == datetime(2026, 3, 4, 22, tzinfo=UTC)
