"""Staff find what everyone finds, and what their role and their department may read; nobody else finds that."""

from __future__ import annotations

import html
from collections.abc import Iterator

import pytest

from app.accounts.model import Account
from app.comments.rules.lifecycle import Mode
from app.search.queries.finding import Wanted
from app.search.rules.query import read_query
from app.search.web.staff import readers_for
from consultations.rules.lifecycle import EditorialState
from tests.app.comments.forum import Forum
from tests.app.outcomes.matters import Matters
from tests.consultations.asking import Asking
from tests.site import ADMINISTRATOR, MODERATOR, RunningSite, Town
from tests.townhall.meeting import Meeting
from townhall.rules.lifecycle import HallState
from townhall.rules.questions import QuestionState

PUBLIC = {"petition", "comment", "townhall", "question"}
#: who finds which kinds of what is not public
TABLE = {
    "nobody": set(),
    "citizen": set(),
    "moderator": {"waiting petition", "hidden petition", "waiting comment", "waiting question"},
    "administrator": {"waiting petition", "hidden petition", "waiting comment", "waiting question"},
    "official": {"draft consultation", "draft hall"},
    "officer of the department that owes an answer": {"hidden petition"},
    "officer of another department": set(),
}


class Square:
    """One thing of each kind about the word quince, public ones and others."""

    def __init__(self, town: Town) -> None:
        self.town, self.matters = town, Matters(town)
        town.site.discussed["petition"].mode = Mode.AFTER  # type: ignore[attr-defined]
        self.forum = forum = Forum(town)
        town.open_petition(action="Quince trees by the weir")
        hidden = town.open_petition(action="A libel about a quince")
        self.matters.referred(petition=hidden)
        town.take_down(hidden)
        waiting = town.start(action="Quince waiting for its supporters")
        town.support(waiting)
        forum.published("Ben", "My quince is ripe.")
        meeting = Meeting(town)
        hall = meeting.hall(title="The quince evening")
        meeting.question(hall, "Which quince is best?")
        draft_hall = meeting.hall(HallState.DRAFT, title="A quince hall to come")
        asked = meeting.question(hall, "Is this quince checked?", state=QuestionState.WAITING)
        draft = Asking(town).published(title="A quince draft")
        town.sql(f"UPDATE consultations_consultation SET state = '{EditorialState.DRAFT}' WHERE id = {draft}")
        said = forum.say("Cleo", "A quince that nobody has read.")
        town.sql(
            f"UPDATE comments_comment SET state = 'pending', published_at = NULL, shown_revision = NULL WHERE id = {said}"
        )
        town.index()
        self.names = {
            f"petition:{hidden}": "hidden petition",
            f"petition:{waiting}": "waiting petition",
            f"comment:{said}": "waiting comment",
            f"question:{asked}": "waiting question",
            f"townhall:{draft_hall}": "draft hall",
            f"consultation:{draft}": "draft consultation",
        }

    def account(self, who: str) -> int | None:
        town = self.town
        return {
            "nobody": lambda: None,
            "citizen": lambda: self.forum.person("Ben").id,
            "moderator": town.moderator,
            "administrator": lambda: town.staff(ADMINISTRATOR, "administrator"),
            "official": lambda: self.matters.olga,
            "officer of the department that owes an answer": lambda: self.matters.imran,
            "officer of another department": lambda: town.officer("transport"),
        }[who]()

    def finds(self, who: str) -> list[tuple[str, bool]]:
        number = self.account(who)
        with self.town.database.reading() as db:
            account = db.get(Account, number) if number else None
            readers = readers_for(db, account, self.town.site.permissions) if account else frozenset()
            wanted = Wanted(read_query("quince"), readers=readers)
            found = self.town.site.dependencies["searching"].find(db, wanted, self.town.now)
            return [(row.ref, row.is_public) for row in found.rows]


@pytest.fixture
def square(town: Town) -> Square:
    return Square(town)


def test_each_role_finds_what_is_public_and_what_the_table_says(square: Square):
    for who, beyond in TABLE.items():
        found = square.finds(who)
        assert {ref.partition(":")[0] for ref, is_public in found if is_public} == PUBLIC, who
        assert {square.names[ref] for ref, is_public in found if not is_public} == beyond, who


def test_what_is_not_public_is_not_counted_for_the_public_either(square: Square):
    with square.town.database.reading() as db:
        found = square.town.site.dependencies["searching"].find(db, Wanted(read_query("quince")), square.town.now)
    assert found.total == len(found.rows) == sum(found.kinds.values())
    assert "consultation" not in found.kinds


@pytest.fixture
def moderator(sqlite_site: RunningSite) -> Iterator[object]:
    sqlite_site.town.moderator()
    with sqlite_site.signed_in(MODERATOR) as client:
        yield client


def test_a_moderator_finds_a_waiting_text_and_goes_to_its_case(sqlite_site: RunningSite, moderator):
    town = sqlite_site.town
    petition = town.start(action="Polish the zephyr gong")
    town.support(petition)
    town.index()
    answer = moderator.get("/moderation/search?q=zephyr+gong")
    page = html.unescape(answer.text)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "Not public" in page
    assert "Polish the <mark>zephyr</mark> <mark>gong</mark>" in page
    assert 'href="/moderation/' in page
    with sqlite_site.client() as anyone:
        assert "zephyr</mark>" not in anyone.get("/search?q=zephyr+gong").text
        assert anyone.get("/moderation/search?q=zephyr").status_code == 404
        assert anyone.get("/hosting/search?q=zephyr").status_code == 404


def test_an_officer_has_no_door_to_the_moderators_search(sqlite_site: RunningSite):
    sqlite_site.town.officer("transport")
    with sqlite_site.signed_in("officer.transport@example.org") as officer:
        assert officer.get("/moderation/search?q=x").status_code == 404
