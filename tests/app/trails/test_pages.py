"""Stories as everyone reads them, and the page where staff say what led to what."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as ET

import httpx
import pytest

from app.core.subject import SubjectRef
from tests.app.following.readers import EVENING, MAYA, Readers, entries
from tests.app.trails.linked import Linked
from tests.site import RunningSite, Town
from townhall.rules.lifecycle import HallState

HOME = "story-bridges"
OFFICIAL = f"olive.{HOME}@example.org"


@pytest.fixture
def linked(sqlite_site: RunningSite) -> Linked:
    found = Linked(sqlite_site.town, HOME)
    sqlite_site.town.staff(OFFICIAL, "official", HOME)
    return found


@pytest.fixture
def olive(sqlite_site: RunningSite, linked: Linked) -> Iterator[httpx.Client]:
    with sqlite_site.signed_in(OFFICIAL) as client:
        yield client


@pytest.fixture
def visitor(sqlite_site: RunningSite) -> Iterator[httpx.Client]:
    with sqlite_site.client() as client:
        yield client


def words(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))


def place(subject: SubjectRef) -> str:
    return f"/hosting/trails/{subject.kind}/{subject.id}"


def test_each_page_shows_what_it_came_from_and_led_to(visitor: httpx.Client, linked: Linked):
    petition, consultation, hall = linked.petition(), linked.consultation(), linked.hall(state=HallState.ENDED)
    for one in (petition, consultation, hall):
        room = {"petition": "petitions", "consultation": "consultations", "townhall": "townhalls"}[one.kind]
        assert "Where this comes from" not in words(visitor, f"/{room}/{one.id}")
    linked.link(petition, consultation, "Two places were left to choose from.")
    linked.link(consultation, hall)
    page = words(visitor, f"/petitions/{petition.id}")
    assert "What it led to Consultation A new footbridge: where and how Open Two places were left" in page
    page = words(visitor, f"/consultations/{consultation.id}")
    assert re.search(r"Where this comes from Petition Mend the footbridge at Alder Mill Open; \d+ signatures", page)
    assert "What it led to Town hall The footbridge: your questions Ended" in page
    assert "Where this comes from Consultation" in words(visitor, f"/townhalls/{hall.id}")


def test_a_story_is_told_in_the_order_of_time(visitor: httpx.Client, linked: Linked):
    petition, consultation = linked.petition(), linked.consultation()
    linked.link(petition, consultation)
    first = visitor.get(f"/trails/petition/{petition.id}")
    assert f'<link rel="canonical" href="{linked.town.settings.base_url}/trails/petition/{petition.id}">' in first.text
    page = words(visitor, f"/trails/consultation/{consultation.id}")
    steps = page[page.index("Step by step") :]
    assert steps.index("Opened") < steps.index("Started") < steps.index("Closes") < steps.index("Follow it")
    assert "Consultation: A new footbridge" in steps
    assert "set-cookie" not in first.headers


def test_a_story_as_data_and_as_a_feed(visitor: httpx.Client, linked: Linked):
    petition, hall = linked.petition(), linked.hall(state=HallState.ENDED)
    linked.link(petition, hall, "Ask <them> & us.")
    data = visitor.get(f"/trails/townhall/{hall.id}.json").json()
    assert [(m["kind"], m["id"]) for m in data["members"]] == [(petition.kind, petition.id), (hall.kind, hall.id)]
    assert data["members"][1]["came_from"] == [{"number": 1, "note": "Ask <them> & us."}]
    assert {step["member"] for step in data["steps"]} == {1, 2}
    feed = visitor.get(f"/trails/petition/{petition.id}.atom")
    found = [e.findtext("{*}title") for e in ET.fromstring(feed.content).iterfind("{*}entry")]
    assert "Town hall “The footbridge: your questions”: Ended" in found
    assert visitor.get(f"/api/v1/trails/petition/{petition.id}").json() == data


def test_each_subject_says_where_programs_read_its_story(visitor: httpx.Client, linked: Linked):
    base = linked.town.settings.base_url
    petition, consultation, hall = linked.petition(), linked.consultation(), linked.hall()
    for path in (
        f"/petitions/{petition.id}.json",
        f"/api/v1/petitions/{petition.id}",
        f"/api/v1/consultations/{consultation.id}",
        f"/townhalls/{hall.id}.json",
        f"/api/v1/townhalls/{hall.id}",
    ):
        story = visitor.get(path).json()["links"]["story"]
        assert story.startswith(f"{base}/api/v1/trails/")
        assert visitor.get(story.removeprefix(base)).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/trails/petition/999999999", "/trails/petition/1x", "/trails/petition/1.pdf", "/trails/planet/1",
     "/trails/petition/١", "/trails/petition/99999999999999999999", "/api/v1/trails/planet/1"],
)  # fmt: skip
def test_what_there_is_no_story_of_is_not_found(visitor: httpx.Client, path: str):
    assert visitor.get(path).status_code == 404


def test_olive_finds_links_and_takes_back(olive: httpx.Client, visitor: httpx.Client, linked: Linked):
    petition, consultation = linked.petition("Move the heron ladder at Alder Mill"), linked.consultation()
    assert f'href="{place(consultation)}"' in olive.get(f"/hosting/consultations/{consultation.id}").text
    for asked in ("heron ladder", f"#{petition.id}", f"https://town.example/petitions/{petition.id}?x=1"):
        assert f'value="petition:{petition.id}"' in olive.get(place(consultation), params={"q": asked}).text
    form = {"q": "heron", "other": str(petition), "way": "from", "note": "It asked for this."}
    sent = olive.post(place(consultation), data=form)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{place(consultation)}?done=linked")
    assert "It is linked." in words(olive, sent.headers["location"])
    assert "It asked for this." in words(visitor, f"/petitions/{petition.id}")
    (link,) = linked.links(petition)
    back = f"{place(consultation)}/links/{link.id}"
    assert olive.post(back, data={"reason": " "}).status_code == 422
    assert olive.post(back, data={"reason": "Not that one."}).status_code == 303
    assert "It asked for this." not in words(visitor, f"/petitions/{petition.id}")
    assert olive.get(back).status_code == 404


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(olive: httpx.Client, linked: Linked):
    petition, consultation = linked.petition("Paint the weir blue"), linked.consultation()
    long = {"q": "weir", "other": str(petition), "way": "to", "note": "word " * 80}
    answer = olive.post(place(consultation), data=long)
    assert answer.status_code == 422
    assert "Say it in at most 300 characters." in answer.text
    assert "word word" in answer.text
    nothing = olive.post(place(consultation), data={"q": "weir", "note": ""})
    assert "Find it, and choose one of what was found." in html.unescape(nothing.text)
    assert "Choose one of the answers." in nothing.text
    fine = long | {"note": "", "way": "from"}
    assert olive.post(place(consultation), data=fine).status_code == 303
    again = olive.post(place(consultation), data=fine | {"way": "to"})
    assert again.status_code == 422
    assert "That would be a circle" in again.text
    itself = olive.post(place(consultation), data=fine | {"other": str(consultation)})
    assert "Nothing leads to itself" in itself.text
    for bad in ("petition:x", "petition:99999999999", "planet:1", "petition:" + "9" * 40, "petition:-1"):
        assert olive.post(place(consultation), data=fine | {"other": bad}).status_code == 422, bad


ODD = ["%", "_", "'\"", "*", "NOT", "a AND", "\\", "🦆", "x" * 5_000, "/petitions/", "/petitions/" + "9" * 30, "#" * 300,
       "\0", "٣", "(", "a:b", "[", "-", "petition:1", "\ud7ff"]  # fmt: skip


def test_whatever_is_searched_for_is_answered(site: RunningSite):
    """Both databases have searches of their own, with signs that mean something to them."""
    linked = Linked(site.town, HOME)
    site.town.staff(OFFICIAL, "official", HOME)
    hall = linked.hall()
    with site.signed_in(OFFICIAL) as olive:
        for odd in ODD:
            assert olive.get(place(hall), params={"q": odd}).status_code == 200, odd
            sent = olive.post(place(hall), data={"q": odd, "other": odd, "way": odd, "note": odd})
            assert sent.status_code == 422, odd


def test_another_departments_things_are_as_good_as_none(sqlite_site: RunningSite, linked: Linked):
    town, consultation = sqlite_site.town, linked.consultation()
    town.department("story-others")
    town.staff("otto.story-others@example.org", "official", "story-others")
    with sqlite_site.signed_in("otto.story-others@example.org") as otto:
        assert otto.get(place(consultation)).status_code == 404
        assert otto.post(place(consultation), data={}).status_code == 404
    with sqlite_site.client() as anybody:
        assert anybody.get(place(consultation)).status_code in (303, 404)


def test_an_officer_says_what_the_matter_on_their_desk_led_to(sqlite_site: RunningSite, linked: Linked):
    town, consultation = sqlite_site.town, linked.consultation("Where should the new ford be?")
    mine, other, draft = (
        linked.petition("Build a ford"),
        linked.petition("Build a dam"),
        linked.hall(state=HallState.DRAFT),
    )
    matter = linked.do(
        lambda db: (
            town.site.referring.refer(db, mine, cause="response", lead_id=linked.asking.department.id, now=town.now).id
        )
    )
    with sqlite_site.signed_in(f"tom.{HOME}@example.org") as tom:
        assert f'href="{place(mine)}"' in tom.get(f"/desk/referrals/{matter}").text
        assert tom.get(place(other)).status_code == 404
        assert f'value="{draft}"' not in tom.get(place(mine), params={"q": str(draft.id)}).text, "drafts are not his"
        sent = tom.post(place(mine), data={"other": str(consultation), "way": "to", "note": ""})
        assert sent.status_code == 303
    assert linked.members(mine) == [mine, consultation]


def test_an_official_finds_drafts_too(olive: httpx.Client, linked: Linked):
    hall, draft = linked.hall(), linked.hall("Ducks: what next?", state=HallState.DRAFT)
    page = olive.get(place(hall), params={"q": "ducks what"})
    assert f'value="{draft}"' in page.text
    assert "Not public." in page.text


def test_who_follows_the_petition_is_told_what_it_led_to(town: Town):
    town.clock.set(EVENING)
    readers, linked = Readers(town), Linked(town)
    petition = linked.petition()
    town.clock.advance(timedelta(minutes=1))
    readers.follow(MAYA, "petition", petition.id)
    town.clock.advance(timedelta(minutes=1))
    hall, second = linked.hall(), linked.consultation()
    linked.link(petition, hall)
    wrong = linked.link(petition, second)
    linked.tell()
    linked.take_back(wrong)
    readers.morning()
    (digest,) = readers.digests(MAYA)
    assert [line.partition(": ")[2] for line in entries(digest)] == [
        "It led to this. Town hall: The footbridge: your questions"
    ]
    assert f"/trails/petition/{petition.id}" in digest
