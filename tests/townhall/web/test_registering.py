"""Scenario 2 through the pages: a letter, a button, a place, a waiting list; without an account and with one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from tests.consultations.visiting import Visitor
from tests.site import RunningSite, path_in
from tests.townhall.arriving import Arriving
from townhall.model import Hall, Participant
from townhall.queries.joining import CANCEL, CONFIRM
from townhall.rules.lifecycle import HallState, Place
from townhall.verify import places

FORM = {"name": "Dora Diaz", "email": "dora@example.org", "notify": "true"}
COOKIE = "townsquare-hall"
OF_PLACES = {line.name for line in places.INVARIANTS}


@pytest.fixture
def door(site: RunningSite) -> Arriving:
    return Arriving(site.town, home="ward4")


@pytest.fixture
def dora(site: RunningSite) -> Iterator[Visitor]:
    visitor = Visitor(site.base)
    yield visitor
    visitor.http.close()


def letter(door: Arriving, email: str, subject: str) -> str:
    """The path of the link in the newest letter with this subject."""
    return door.town.deliver().link(email, subject)


def ask(dora: Visitor, hall: int, **fields: str) -> httpx.Response:
    dora.open(f"/townhalls/{hall}/register")
    return dora.fill(FORM | fields)


def test_dora_cannot_register_as_the_moderator_and_the_form_says_which_word(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED)
    refused = ask(dora, hall, name="Dora Moderator")
    assert refused.status_code == 422
    assert "“Moderator” is kept for those who hold an office here" in dora.words
    assert 'value="Dora Moderator"' in refused.text
    assert 'value="dora@example.org"' in refused.text
    assert door.town.deliver().to("dora@example.org") == []


def test_dora_registers_by_a_letter_and_comes_in(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED)
    assert ask(dora, hall).status_code == 200
    assert dora.at == f"/townhalls/{hall}/register/sent"
    link = letter(door, "dora@example.org", "Confirm that you want to take part")
    assert door.row(Hall, hall).taken == 0
    for _scanner in range(2):
        assert "Confirm and register" in dora.open(link).text
    assert door.row(Hall, hall).taken == 0, "whoever opens a link acts not yet"
    dora.fill({"name": "Dora Diaz"})
    assert (dora.at, dora.page.status_code) == (f"/townhalls/{hall}/place", 200)
    assert "You are registered" in dora.words
    assert COOKIE in dora.http.cookies
    assert dora.page.headers["cache-control"] == "no-store"
    assert door.row(Hall, hall).taken == 1
    assert dora.open(link).status_code == 200, "used, and good for another device"
    assert "You are registered" in dora.words
    told = door.town.deliver().last_to("dora@example.org")
    assert told["Subject"] == "You are registered"
    calendar = re.search(r"(/townhalls/\d+\.ics)", told.get_content())
    assert calendar is not None
    assert "BEGIN:VEVENT" in dora.http.get(calendar[1]).text
    assert {line for line in door.town.broken() if line in OF_PLACES} == set(), (
        "others spoil what is theirs on this site"
    )


def test_in_a_live_hall_the_button_leads_into_the_room(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.LIVE)
    ask(dora, hall)
    dora.open(letter(door, "dora@example.org", "Confirm"))
    answer = dora.post({"name": "Dora"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/townhalls/{hall}/room")
    assert dora.open(f"/townhalls/{hall}/room").status_code == 200
    assert "Register to take part" not in dora.words
    assert f'href="/townhalls/{hall}/place"' in dora.page.text, "where the place is given back"


def test_a_known_address_is_answered_as_a_new_one(door: Arriving, site: RunningSite) -> None:
    hall = door.hall(HallState.SCHEDULED)
    door.register(hall, "dora@example.org")
    answers = []
    for email in ("dora@example.org", "anew@example.org"):
        with site.client() as client:
            sent = client.post(f"/townhalls/{hall}/register", data=FORM | {"email": email, "privacy": "1"})
            page = client.get(sent.headers["location"])
            cookies = [(name, len(value)) for name, value in client.cookies.items()]
            answers.append((sent.status_code, sent.headers["location"], sent.content, page.text, cookies))
    assert answers[0] == answers[1]
    letters = door.town.deliver()
    assert letters.subjects("dora@example.org")[-1] == "You are registered"
    assert letters.subjects("anew@example.org") == ["Confirm that you want to take part"]


def test_another_device_comes_in_by_another_letter(door: Arriving, site: RunningSite, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED)
    number = door.register(hall, "dora@example.org")
    ask(dora, hall, email="DORA@Example.org")
    dora.open(letter(door, "dora@example.org", "You are registered"))
    dora.fill()
    assert dora.at == f"/townhalls/{hall}/place"
    assert door.row(Hall, hall).taken == 1
    dora.fill({"act": "cancel"})
    assert door.row(Participant, number).place == Place.CANCELLED
    assert "You are not registered" in dora.words


def test_links_that_are_unknown_expired_or_of_no_use(door: Arriving, site: RunningSite) -> None:
    hall = door.hall(HallState.SCHEDULED)
    waits, gone = door.ask(hall, "dora@example.org"), door.register(hall, "emil@example.org")
    door.cancel(gone)
    door.town.sql("UPDATE townhall_participant SET asked_at = :then WHERE id = :id", id=waits, then=_long_ago(door))
    with site.client() as client:
        for made_up in ("x" * 32, "short"):
            assert client.get(f"/townhalls/confirm/{made_up}").status_code == 404
            assert client.post(f"/townhalls/confirm/{made_up}").status_code == 404
        for number in (waits, gone):
            path = f"/townhalls/confirm/{door.town.keys.token(CONFIRM, number)}"
            for answer in (client.get(path), client.post(path)):
                assert answer.status_code == 410
                assert f"/townhalls/{hall}/register" in answer.text
    assert door.row(Hall, hall).taken == 0


def _long_ago(door: Arriving) -> str:
    return (door.town.now - timedelta(days=8)).strftime("%Y-%m-%d %H:%M:%S")


def test_a_mistyped_address_is_corrected(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED)
    ask(dora, hall, email="dora@exmaple.org")
    first = letter(door, "dora@exmaple.org", "Confirm")
    dora.open(f"/townhalls/{hall}/register/sent")
    assert dora.fill({"email": "no address", "again": ""}).status_code == 422
    dora.open(f"/townhalls/{hall}/register/sent")
    dora.fill({"email": "dora@example.org", "again": ""})
    assert "Another letter is on its way" in dora.words
    assert dora.open(first).status_code == 410
    dora.open(letter(door, "dora@example.org", "Confirm"))
    dora.fill({"name": "Dora"})
    assert "You are registered" in dora.words
    assert door.row(Hall, hall).taken == 1


def test_a_stranger_takes_away_nobodys_letter_by_correcting(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED)
    emils = door.ask(hall, "emil@example.org")
    ask(dora, hall, email="emil@example.org")
    dora.open(f"/townhalls/{hall}/register/sent")
    dora.fill({"email": "dora@example.org", "again": ""})
    assert door.row(Participant, emils).place == Place.PENDING


def test_the_letter_comes_again_five_times_at_most(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED)
    ask(dora, hall)
    for _again in range(6):
        dora.open(f"/townhalls/{hall}/register/sent")
        assert dora.fill({}, form=1).status_code == 200
    assert len(door.town.deliver().to("dora@example.org")) == 5


def test_whoever_did_not_register_says_so(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED)
    ask(dora, hall)
    told = door.town.deliver().last_to("dora@example.org").get_content()
    path = re.search(r"(/townhalls/not-me/\S+)", told)
    assert path is not None
    dora.open(path[1])
    dora.fill()
    assert "Thank you for telling us" in dora.words
    assert dora.open(path_in(door.town.deliver().last_to("dora@example.org"))).status_code == 410
    assert {line for line in door.town.broken() if line in OF_PLACES} == set(), (
        "others spoil what is theirs on this site"
    )


def test_emil_gives_his_place_back_by_the_letters_link_and_dora_has_it(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED, capacity=1)
    emil = door.register(hall, "emil@example.org")
    dora.open(f"/townhalls/{hall}/register")
    assert "All places are taken" in dora.words
    dora.fill(FORM)
    dora.open(letter(door, "dora@example.org", "Confirm"))
    dora.fill({"name": "Dora Diaz"})
    assert "You are number 1" in dora.words
    emils = Visitor(str(dora.http.base_url))
    emils.open(f"/townhalls/cancel/{door.town.keys.token(CANCEL, emil)}")
    emils.fill()
    assert "Your place was given back" in emils.words
    emils.open(emils.at)
    assert "Your place was given back" in emils.words
    assert door.town.deliver().subjects("dora@example.org")[-1] == "A place is free: you are registered"
    dora.open(f"/townhalls/{hall}/place")
    assert "You are registered" in dora.words
    assert {line for line in door.town.broken() if line in OF_PLACES} == set(), (
        "others spoil what is theirs on this site"
    )


def test_what_is_wrong_is_said_beside_its_field(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED)
    answer = ask(dora, hall, name="www.buy.example", email="dora")
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert 'href="#name"' in answer.text
    assert 'href="#email"' in answer.text
    assert 'value="www.buy.example"' in answer.text
    assert door.town.rows(Participant, Participant.hall_id == hall) == []


def test_a_crowd_of_forms_waits_with_its_fields(
    door: Arriving, dora: Visitor, site: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = door.hall(HallState.SCHEDULED)
    monkeypatch.setattr(site.house.limits, "on", True)
    with site.client() as client:
        for n in range(60):
            client.post(f"/townhalls/{hall}/register", data={"name": f"Nobody {n}"})
    answer = ask(dora, hall)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert 'value="dora@example.org"' in answer.text
    assert door.town.rows(Participant, Participant.hall_id == hall) == []


@pytest.mark.parametrize(
    ("state", "status"),
    [(HallState.DRAFT, 404), (HallState.DISCARDED, 404), (HallState.ENDED, 409), (HallState.CANCELLED, 409)],
)
def test_nobody_registers_for_what_does_not_take_place(
    door: Arriving, site: RunningSite, state: HallState, status: int
) -> None:
    hall = door.hall(state)
    with site.client() as client:
        assert client.get(f"/townhalls/{hall}/register").status_code == status
        sent = client.post(f"/townhalls/{hall}/register", data=FORM | {"privacy": "1"})
    assert sent.status_code == status
    assert door.town.rows(Participant, Participant.hall_id == hall) == []


def test_a_member_registers_at_one_click(door: Arriving, site: RunningSite) -> None:
    hall = door.hall(HallState.SCHEDULED)
    door.town.sql(
        "UPDATE accounts_account SET email_confirmed_at = created_at WHERE email = :e", e="rhoda.ward4@example.org"
    )
    with site.signed_in("rhoda.ward4@example.org") as rhoda:
        page = rhoda.get(f"/townhalls/{hall}/register").text
        assert "Register as Rhoda" in page
        sent = rhoda.post(f"/townhalls/{hall}/register/account")
        assert (sent.status_code, sent.headers["location"]) == (303, f"/townhalls/{hall}/place")
        assert COOKIE in sent.headers["set-cookie"]
        assert "You are registered" in rhoda.get(f"/townhalls/{hall}/place").text
        again = rhoda.post(f"/townhalls/{hall}/register/account")
        assert again.status_code == 303
    assert door.town.deliver().subjects("rhoda.ward4@example.org") == ["You are registered"]
    with site.client() as nobody:
        answer = nobody.post(f"/townhalls/{hall}/register/account")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


def test_a_shared_browser_is_left(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED)
    ask(dora, hall)
    dora.open(letter(door, "dora@example.org", "Confirm"))
    dora.fill({"name": "Dora"})
    dora.http.post(f"/townhalls/{hall}/place", data={"act": "leave"})
    assert dora.open(f"/townhalls/{hall}/place").status_code == 200
    assert dora.at == f"/townhalls/{hall}/register"
    assert door.row(Hall, hall).taken == 1


@pytest.mark.parametrize(
    ("change", "said", "letters"),
    [
        ("state = 'cancelled', cancelled_reason = 'Flooded'", "This town hall does not take place.", ""),
        ("state = 'ended', started_at = starts_at, ended_at = ends_at", "is over", "We tell you what came of it."),
    ],
)
def test_dora_s_place_in_what_is_over_promises_nothing(
    door: Arriving, dora: Visitor, change: str, said: str, letters: str
) -> None:
    hall = door.hall(HallState.SCHEDULED)
    ask(dora, hall)
    dora.open(letter(door, "dora@example.org", "Confirm"))
    dora.fill({"name": "Dora"})
    door.town.sql(f"UPDATE townhall_hall SET {change} WHERE id = :id", id=hall)
    dora.open(f"/townhalls/{hall}/place")
    assert "You were registered" in dora.words
    assert said in dora.words
    assert letters in dora.words
    assert "You can ask" not in dora.words
    assert "remind you" not in dora.words


def test_pete_who_was_excluded_is_told_so_where_his_place_was(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.LIVE)
    ask(dora, hall)
    dora.open(letter(door, "dora@example.org", "Confirm"))
    dora.fill({"name": "Pete"})
    (pete,) = door.town.rows(Participant, Participant.hall_id == hall)
    door.send(hall, door.staff(door.ben), "ban.set", participant=pete.id, on=True)
    dora.open(f"/townhalls/{hall}/place")
    assert "A moderator has excluded you" in dora.words
    assert "You can ask, vote" not in dora.words
    assert "Go to the room" not in dora.words


def test_another_site_cannot_give_somebodys_place_back(door: Arriving, dora: Visitor) -> None:
    hall = door.hall(HallState.SCHEDULED)
    ask(dora, hall)
    dora.open(letter(door, "dora@example.org", "Confirm"))
    dora.fill({"name": "Dora"})
    foreign = {"Origin": "https://elsewhere.example"}
    answer = dora.http.post(f"/townhalls/{hall}/place", data={"act": "cancel"}, headers=foreign)
    assert answer.status_code == 403
    assert door.row(Hall, hall).taken == 1


@pytest.mark.parametrize("number", ["0", "999999999", "9" * 30, "-1", "one"])
def test_a_hall_that_is_none_is_not_found(site: RunningSite, number: str) -> None:
    with site.client() as client:
        for page in ("register", "register/sent", "place"):
            assert client.get(f"/townhalls/{number}/{page}").status_code == 404
        for page in ("register", "register/correct", "place"):
            assert client.post(f"/townhalls/{number}/{page}", data=FORM | {"privacy": "1"}).status_code in (404, 409)


def test_what_gil_has_here_is_on_the_page_of_his_account(door: Arriving, site: RunningSite) -> None:
    hall = door.hall(HallState.SCHEDULED, title="What the account shows")
    door.register(hall, "rhoda.ward4@example.org")
    with site.signed_in("rhoda.ward4@example.org") as rhoda:
        page = rhoda.get("/account").text
        assert "What the account shows" in page
        offered = re.search(r'action="(/account/held/townhall/\d+/cancel)"', page)
        assert offered is not None
        assert "Somebody else may have it then." in rhoda.post(offered[1]).text
        assert rhoda.post(offered[1], data={"sure": "yes"}).status_code == 303
        assert "What the account shows" in rhoda.get("/account/download").text
    assert door.row(Hall, hall).taken == 0
