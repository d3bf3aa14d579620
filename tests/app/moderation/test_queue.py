"""The queue: what stands in it and in which order, its filters, its pages, its figures, and who is next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core.subject import SubjectRef
from app.moderation import claims, decided, queue, waiting
from app.moderation.cases import open_case
from app.moderation.model import Case
from app.moderation.queue import Desk, place_of
from app.moderation.rules.promise import FreeDays, promised_by
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import Origin
from app.moderation.rules.wanted import Place, Wanted, read_place, read_wanted
from tests.people import ANNA
from tests.site import Town

LONDON = ZoneInfo("Europe/London")
HELD = {"code": "listed-words", "score": 0.9, "cause": "Words on this site's list: cheap.", "holds": True}
SEEN = {"code": "burst", "score": 0.5, "cause": "6 texts within ten minutes.", "holds": False}


class Queue:
    """Mia's desk, and texts that come in."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.mia = town.staff("mia@example.org", "moderator")
        self.omar = town.staff("omar@example.org", "moderator")

    def comes(self, words: str, *, ago: timedelta = timedelta(), **facts: object) -> int:
        """A case of a text of its own."""
        number = len(self.town.rows(Case)) + 1
        kind = str(facts.pop("kind", "petition"))

        def come(db):
            return open_case(db, SubjectRef(kind, number), b"d" * 32, self.town.now - ago, excerpt=words, **facts).id

        return self.town.database.retrying(come)

    def desk(self, *free: FreeDays) -> Desk:
        return Desk(self.mia, self.town.now, lambda since: promised_by(since, 7, free, LONDON), LONDON)

    def sees(self, *, after: Place | None = None, **wanted: object) -> list[int]:
        with self.town.database.reading() as db:
            return [line.id for line in queue.lines(db, self.desk(), Wanted(**wanted), after)]

    def next(self, after: Place | None = None, **wanted: object) -> int | None:
        with self.town.database.reading() as db:
            return queue.next_case(db, self.desk(), Wanted(**wanted), after)

    def takes(self, who: int, case: int) -> None:
        self.town.database.retrying(lambda db: claims.claim(db, case, who, self.town.now))

    def figures(self) -> waiting.Figures:
        with self.town.database.reading() as db:
            return waiting.figures(db, self.town.now)


@pytest.fixture
def desk(town: Town) -> Queue:
    return Queue(town)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def test_the_oldest_stands_first_whatever_its_kind(desk: Queue):
    young, old = desk.comes("Lime trees"), desk.comes("Cheap watches", ago=days(2), kind="comment")
    twin = desk.comes("Lime trees again")
    assert desk.sees() == [old, young, twin]
    assert desk.sees(kind="comment") == [old]


def test_illegal_content_has_a_track_of_its_own(desk: Queue):
    desk.comes("Unspeakable", origin=Origin.ILLEGAL)
    assert desk.sees() == []
    assert (desk.next(), desk.figures().states["waiting"]) == (None, 0)


def test_each_state_shows_its_own(desk: Queue):
    plain = desk.comes("Lime trees", signals=[SEEN])
    held = desk.comes("Cheap watches", signals=[HELD, SEEN])
    reported = desk.comes("You are a fool", origin=Origin.REPORT)
    appeal = desk.comes("It was no advert", origin=Origin.APPEAL)
    assert desk.sees() == [plain, held, reported, appeal]
    assert desk.sees(state="held") == [held]
    assert desk.sees(state="reported") == [reported]
    assert desk.sees(state="appeals") == [appeal]
    assert desk.sees(signal="burst") == [plain, held]
    assert desk.sees(signal="listed-words") == [held]
    shown = desk.figures().states
    assert (shown["waiting"], shown["held"], shown["reported"], shown["appeals"]) == (4, 1, 1, 1)
    assert desk.figures().kinds == {"petition": 4}


def test_who_has_what(desk: Queue):
    hers, his, free = (desk.comes(f"Lime trees {n}") for n in range(3))
    desk.takes(desk.mia, hers)
    desk.takes(desk.omar, his)
    assert desk.sees(who="me") == desk.sees(state="mine") == [hers]
    assert desk.sees(who="others") == [his]
    assert desk.sees(who="nobody") == [free]
    assert desk.figures().mine(desk.desk()) == 1
    desk.town.clock.advance(timedelta(minutes=5))
    assert desk.sees(who="nobody") == [hers, his, free]
    assert (desk.sees(state="mine"), desk.figures().mine(desk.desk())) == ([], 0)


def test_decided_ones_stand_the_latest_first_with_what_was_decided(desk: Queue):
    town = desk.town
    petitions = [town.start(ANNA, action=f"Lime trees, {n}") for n in range(2)]
    for petition in petitions:
        town.support(petition)
        town.decide(petition, Verdict.REJECT, reason="spam")
        town.clock.advance(timedelta(minutes=1))
    first, second = (c.id for c in town.rows(Case))
    assert desk.sees(state="decided") == [second, first]
    assert desk.sees() == []
    with town.database.reading() as db:
        judged = decided.judged(db, [first, second])
    assert (judged[first].verdict, judged[first].rule, judged[first].by) == ("reject", "Spam", "Maureen")


@pytest.mark.parametrize("state", ["waiting", "decided"])
def test_page_by_page_nothing_comes_twice_and_nothing_is_missed(desk: Queue, state: str):
    """Also where many came in at the same instant, and while new ones come in."""
    cases = [desk.comes(f"Lime trees {n}", ago=days(n // 20)) for n in range(60)]
    if state == "decided":
        desk.town.sql("UPDATE moderation_case SET state = 'decided', decided_at = opened_at")
    wanted, seen, after = Wanted(state=state), [], None
    for _page in range(3):
        with desk.town.database.reading() as db:
            found = queue.lines(db, desk.desk(), wanted, after)
        seen += [line.id for line in found[:25]]
        after = read_place(str(place_of(found[:25][-1], wanted)))
        desk.comes("Newcomer")
    if state == "waiting":
        assert seen[:60] == sorted(cases, key=lambda case: (-(cases.index(case) // 20), case))
    assert set(seen[:60]) == set(cases)


@pytest.mark.parametrize("words", ["lime", "LIME Trees", "trees lime", "grüne", "GRÜNE", "50% off_", "o'clock"])
def test_words_find_what_begins_with_them_in_any_case_and_order(desk: Queue, words: str):
    case = desk.comes("Lime trees grüne Bäume, 50% off_ at 5 o'clock")
    desk.comes("Something else, 50 off")
    assert desk.sees(q=words) == [case]


@pytest.mark.parametrize("words", ["%", "_", "\\", "'; DROP TABLE moderation_case; --", "lime ash"])
def test_what_is_not_there_is_not_found(desk: Queue, words: str):
    desk.comes("Lime trees")
    assert desk.sees(q=words) == []


def test_age_is_counted_against_the_promise_and_its_holidays(desk: Queue):
    late, soon, young = (desk.comes("Lime trees", ago=days(ago)) for ago in (8, 5, 4))
    assert desk.sees(age="late") == [late]
    assert desk.sees(age="soon") == [late, soon]
    today = desk.town.now.astimezone(LONDON).date()
    holiday = FreeDays("A feast", today - days(6), today - days(4))
    with desk.town.database.reading() as db:
        kept = [line.id for line in queue.lines(db, desk.desk(holiday), Wanted(age="late"))]
    assert kept == []
    assert young in desk.sees()


def test_the_next_is_the_oldest_that_is_free_and_not_ones_own(desk: Queue):
    own = desk.comes("Mia's own", ago=days(5), author_id=desk.mia)
    taken, first, second = (desk.comes(f"Lime trees {n}", ago=days(4 - n)) for n in range(3))
    desk.takes(desk.omar, taken)
    assert desk.next() == first
    opened = desk.town.rows(Case, Case.id == first)[0].opened_at
    assert desk.next(Place(opened, first)) == second
    last = desk.town.rows(Case, Case.id == second)[0].opened_at
    assert desk.next(Place(last, second)) == first, "from the start where none follows"
    with desk.town.database.reading() as db:
        assert queue.case_before(db, desk.desk(), Wanted(), Place(opened, first)) == taken
        assert queue.case_before(db, desk.desk(), Wanted(), Place(opened - days(9), own)) is None


def test_the_figures_say_how_long_texts_wait(desk: Queue):
    assert (desk.figures().oldest, desk.figures().median) == (None, None)
    for ago in (9, 3, 2, 1, 1):
        desk.comes("Lime trees", ago=days(ago))
    figures, now = desk.figures(), desk.town.now
    assert (figures.oldest, figures.median) == (now - days(9), now - days(2))
    newest = figures.newest
    desk.comes("Lime trees")
    with desk.town.database.reading() as db:
        assert (waiting.came_since(db, newest), waiting.came_since(db, newest + 1)) == (1, 0)


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.", ".1", "a.b", "-1.2", "1.2.3", "9" * 40 + ".1", "1." + "9" * 20, "٣.٤"],
)
def test_an_odd_place_is_the_start(text: str):
    assert read_place(text) is None


def test_a_place_survives_its_address():
    place = Place(datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC), 7)
    assert read_place(str(place)) == place


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, Wanted()),
        ({"state": "burnt", "kind": "hat", "age": "old", "who": "you", "size": "1000000"}, Wanted()),
        ({"signal": '" OR 1=1'}, Wanted()),
        ({"q": "a\0b"}, Wanted(q="ab")),
        ({"q": "x" * 500}, Wanted(q="x" * 80)),
        ({"state": "held", "size": "50", "kind": "petition"}, Wanted(state="held", size=50, kind="petition")),
    ],
)
def test_an_address_says_which_part_of_the_queue(asked: dict[str, str], wanted: Wanted):
    assert read_wanted(asked, {"petition": None}) == wanted
    assert read_wanted(wanted.query, {"petition": None}) == wanted


def test_the_day_of_the_promise_is_local(desk: Queue):
    """A text that came in before local midnight is due a day sooner than one that came in after it."""
    midnight = datetime(2026, 7, 1, 23, 0, tzinfo=UTC)  # in London
    assert promised_by(midnight - timedelta(seconds=1), 7, (), LONDON).by == date(2026, 7, 8)
    summer = Desk(1, datetime(2026, 7, 9, 12, tzinfo=UTC), lambda t: promised_by(t, 7, (), LONDON), LONDON)
    assert summer.came_in_before(-1) == midnight
