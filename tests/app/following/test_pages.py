"""The pages of following: one answer for everyone, links that never act, one click that does."""

from __future__ import annotations

import httpx
import pytest

from app.core.errors import TooMany
from app.following.model import Follower
from tests.app.following.readers import MAYA, Readers
from tests.people import SAM, Person
from tests.site import RunningSite, _hashed, fields_of

_numbers = iter(range(1, 1_000))


def somebody(name: str) -> Person:
    """Nobody else's: the site is shared by many tests."""
    return Person(name, f"{name.lower()}.{next(_numbers)}@example.org")


@pytest.fixture
def readers(site: RunningSite) -> Readers:
    return Readers(site.town)


@pytest.fixture
def petition(site: RunningSite) -> int:
    return site.town.open_petition()


def test_the_answer_is_the_same_whoever_asks(site: RunningSite, readers: Readers, petition: int):
    new, waits, follows = somebody("New"), somebody("Waits"), somebody("Follows")
    readers.ask(waits, "petition", petition)
    readers.follow(follows, "petition", petition)
    said = set()
    with site.client() as client:
        for person in (new, waits, follows):
            form = {"kind": "petition", "key": str(petition), "email": person.email, "period": "daily"}
            answer = client.post("/follow", data=form)
            kept = {k: v for k, v in answer.headers.items() if k not in ("date", "x-request-id")}
            said.add((answer.status_code, answer.content, str(sorted(kept.items()))))
    assert len(said) == 1
    assert next(iter(said))[0] == 303


def test_from_the_petition_to_the_digest_and_out_again(site: RunningSite, readers: Readers, petition: int):
    maya = somebody("Maya")
    with site.client() as client:
        page = client.get(f"/petitions/{petition}").text
        assert f"/follow?kind=petition&amp;key={petition}" in page
        form = client.get(f"/follow?kind=petition&key={petition}")
        assert form.headers["cache-control"] == "no-store"
        assert fields_of(form.text)["key"] == str(petition)
        sent = client.post(
            "/follow", data={"kind": "petition", "key": petition, "email": maya.email, "period": "weekly"}
        )
        assert "Open the letter" in client.get(sent.headers["location"]).text
        link = site.town.deliver().link(maya, "Confirm what you want")
        for _again in range(2):
            assert "Confirm that you want to follow this" in client.get(link).text
        assert readers.follower(maya).confirmed_at is None
        for _again in range(2):
            home = client.post(link).headers["location"]
        assert "You follow this" in client.get(link).text
        manage = client.get(home).text
        assert "Open the town library on Sundays" in manage
        assert "Once a week" in manage
        assert maya.email not in manage


def test_one_click_in_the_mail_program_needs_no_page(site: RunningSite, readers: Readers, petition: int):
    maya = somebody("Maya")
    readers.follow(maya, "petition", petition)
    link = readers.stop_link(maya)
    with site.client() as client:
        assert "Stop these letters" in client.get(link).text
        assert readers.follower(maya).stopped_at is None
        answer = httpx.post(site.base + link, content=b"List-Unsubscribe=One-Click")
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/plain")
        assert readers.follower(maya).stopped_at
        assert "Pressed by mistake?" in client.get(link).text
        client.post(link, data={"act": "again"})
        assert readers.follower(maya).stopped_at is None


def test_she_stops_one_undoes_it_changes_the_period_and_erases_herself(
    site: RunningSite, readers: Readers, petition: int
):
    maya = somebody("Maya")
    follow = readers.follow(maya, "petition", petition)
    readers.follow(maya, "department", "parks")
    link, number = readers.manage_link(maya), readers.follower(maya).id
    with site.client() as client:
        page = client.post(link, data={"act": "stop", "follow": str(follow.id)}).text
        assert "You follow it no more" in page
        assert [f.kind for f in readers.follows(maya)] == ["department"]
        client.post(link, data={"act": "again", "kind": "petition", "key": str(petition)})
        assert {f.kind for f in readers.follows(maya)} == {"department", "petition"}
        client.post(link, data={"act": "weekly"})
        assert readers.follower(maya).period == "weekly"
        client.post(link, data={"act": "stop-all"})
        assert "You get no letters about it" in client.get(link).text
        client.post(link, data={"act": "go-on"})
        assert readers.follower(maya).stopped_at is None
        assert "This cannot be undone" in client.post(link, data={"act": "erase"}).text
        assert "Erased" in client.post(link, data={"act": "erase", "sure": "yes"}).text
        assert site.town.rows(Follower, Follower.id == number) == []
        assert client.get(link).status_code == 410
        assert client.post(link, data={"act": "sing"}).status_code == 410


def test_links_that_were_not_made_here_open_nothing(site: RunningSite, readers: Readers, petition: int):
    maya = somebody("Maya")
    readers.follow(maya, "petition", petition)
    swapped = readers.manage_link(maya).rpartition("/")[2]
    with site.client() as client:
        for path in ("/following/unknown", "/following/confirm/unknown", "/following/stop/unknown"):
            assert client.get(path).status_code == 404
            assert client.post(path).status_code == 404
        for place in ("stop", "confirm"):
            assert client.post(f"/following/{place}/{swapped}").status_code == 404
        assert client.post(readers.manage_link(maya), data={"act": "sing"}).status_code == 404
    assert readers.follower(maya).stopped_at is None


def test_bad_input_keeps_what_was_typed_and_what_is_not_there_is_not_found(site: RunningSite, petition: int):
    with site.client() as client:
        answer = client.post("/follow", data={"kind": "petition", "key": str(petition), "email": "maya"})
        assert (answer.status_code, fields_of(answer.text)["email"]) == (422, "maya")
        for form in ({}, {"kind": "petition"}, {"kind": "moon", "key": "1"}, {"kind": "petition", "key": "9" * 30}):
            assert client.post("/follow", data=form | {"email": SAM.email}).status_code == 404
            assert client.get("/follow", params=form).status_code == 404


def test_a_member_follows_with_one_press_and_finds_it_on_their_page(site: RunningSite, readers: Readers, petition: int):
    maya = somebody("Maya")
    account = readers.member(maya)
    site.town.sql("UPDATE accounts_account SET password_hash = :h WHERE id = :i", h=_hashed(), i=account.id)
    with site.signed_in(maya.email) as client:
        assert "Email address" not in client.get(f"/follow?kind=petition&key={petition}").text
        answer = client.post("/follow", data={"kind": "petition", "key": str(petition), "period": "daily"})
        assert answer.headers["location"] == "/account?done=follow#follow"
        page = client.get("/account").text
        assert "What you follow" in page
        assert "Once a day" in page
    assert site.town.deliver().to(maya) == []


def test_a_petitions_page_is_the_same_for_a_follower(site: RunningSite, readers: Readers, petition: int):
    with site.client() as stranger, site.client() as client:
        readers.follow(somebody("Maya"), "petition", petition)
        assert client.get(f"/petitions/{petition}").content == stranger.get(f"/petitions/{petition}").content


def test_the_list_offers_to_follow_the_search_and_the_topic(site: RunningSite, petition: int):
    with site.client() as client:
        page = client.get("/petitions", params={"q": "library", "department": "parks"}).text
        assert "/follow?kind=search&amp;key=q%3Dlibrary%26department%3Dparks" in page
        assert "/follow?kind=department&amp;key=parks" in page
        form = client.get("/follow", params={"kind": "search", "key": "q=library&department=parks"})
        assert "Open petitions about ‘library’ for Parks" in form.text


def test_too_many_letters_from_one_network(site: RunningSite, petition: int, monkeypatch: pytest.MonkeyPatch):
    def busy(*_what: object) -> None:
        raise TooMany(retry_after=60)

    monkeypatch.setattr(site.house.limits, "spend", busy)
    with site.client() as client:
        answer = client.post("/follow", data={"kind": "petition", "key": str(petition), "email": MAYA.email})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert fields_of(answer.text)["email"] == MAYA.email
