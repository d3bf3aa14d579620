"""Ada's pages about webhooks: adding, changing, the log; and what nobody else finds there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from app.webhooks.model import Endpoint
from app.webhooks.rules.answers import Answer
from app.webhooks.rules.signing import read_secret
from app.webhooks.service import replaying
from app.webhooks.service.secrets import signing
from tests.app.webhooks.receivers import Programs, no_answer, status
from tests.site import ADMINISTRATOR, MODERATOR, PASSWORD, RunningSite, fields_of

LIST = "/admin/webhooks"
WHY = {"reason": "The receiver is serviced."}
_numbers = iter(range(1, 1_000))


def somewhere() -> str:
    """Nobody else's: the site is shared by many tests."""
    return f"http://receiver{next(_numbers)}.example/hooks"


@pytest.fixture
def programs(site: RunningSite) -> Iterator[Programs]:
    made = Programs(site.town)
    yield made
    with site.town.database.writing() as db:  # others' petitions are told to nobody
        for endpoint in db.query(Endpoint):
            db.delete(endpoint)


@pytest.fixture
def ada(site: RunningSite, programs: Programs) -> Iterator[httpx.Client]:
    with site.signed_in(ADMINISTRATOR) as client:
        yield client


def form(address: str, **more: object) -> dict[str, object]:
    return {"address": address, "description": "Case management of Parks", "which": "all", "department": "", **more}


def endpoint_at(site: RunningSite, url: str) -> Endpoint:
    return site.town.rows(Endpoint, Endpoint.url == url)[0]


def test_an_address_is_added_and_its_secret_shown_once(site: RunningSite, ada: httpx.Client):
    url = somewhere()
    assert "No address yet" in ada.get(LIST).text
    answer = ada.post(f"{LIST}/new", data=form(url))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    [secret] = re.findall(r"whsec_[A-Za-z0-9+/=]+", answer.text)
    endpoint = endpoint_at(site, url)
    assert signing(site.town.keys, endpoint, site.town.now) == [read_secret(secret)]
    assert secret.encode() not in endpoint.sealed
    for path in (LIST, f"{LIST}/{endpoint.id}", f"{LIST}/{endpoint.id}/edit"):
        page = ada.get(path)
        assert page.status_code == 200
        assert "whsec_" not in page.text
        assert url in page.text
    again = ada.post(f"{LIST}/new", data=form(url))
    assert again.status_code == 422
    assert "on the list already" in again.text


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("address", "", "Enter the receiver"),
        ("address", "http://127.0.0.1/", "inside a private network"),
        ("address", "http://2130706433/", "usual way"),
        ("address", "ftp://example.org", "must begin with"),
        ("address", "http://a:b@example.org/", "user name"),
        ("description", "   ", "Say whose address"),
        ("description", "a" * 201, "200 characters"),
        ("which", "some", "at least one type"),
        ("department", "nowhere", "one of the departments"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_the_rest_kept(
    site: RunningSite, ada: httpx.Client, field: str, value: str, says: str
):
    sent = form(somewhere(), description="Kept words") | {field: value}
    answer = ada.post(f"{LIST}/new", data=sent)
    assert answer.status_code == 422
    assert says in answer.text
    assert "There is a problem" in answer.text
    if field != "description":
        assert "Kept words" in answer.text
    assert site.town.rows(Endpoint) == []


def test_unknown_types_are_refused_and_known_ones_kept(site: RunningSite, ada: httpx.Client):
    url = somewhere()
    answer = ada.post(f"{LIST}/new", data=form(url, which="some", types=["petition.closed", "no.such"]))
    assert answer.status_code == 422
    assert re.search(r'value="petition.closed" checked', answer.text)
    answer = ada.post(f"{LIST}/new", data=form(url, which="some", types=["petition.closed", "townhall.started"]))
    assert answer.status_code == 200
    assert endpoint_at(site, url).types == ["petition.closed", "townhall.started"]


def test_what_it_is_told_is_changed_with_a_reason(site: RunningSite, programs: Programs, ada: httpx.Client):
    endpoint = programs.add(somewhere())
    path = f"{LIST}/{endpoint.id}/edit"
    sent = {"description": "Streets", "which": "some", "types": "petition.closed", "department": ""}
    assert ada.post(path, data=sent).status_code == 422
    done = ada.post(path, data=sent | WHY)
    assert done.headers["location"] == f"{LIST}/{endpoint.id}?done=change"
    page = ada.get(done.headers["location"]).text
    assert "petition.closed" in page
    assert "webhooks.change" in page
    assert WHY["reason"] in page


def test_pausing_resuming_a_new_secret_and_deleting(site: RunningSite, programs: Programs, ada: httpx.Client):
    endpoint, secret = programs.add_with_secret(somewhere())
    path = f"{LIST}/{endpoint.id}"
    assert ada.post(path, data={"act": "pause"}).status_code == 422
    assert ada.post(path, data={"act": "explode", **WHY}).status_code == 422
    for act, says in (("pause", "Paused"), ("resume", "Active")):
        location = ada.post(path, data={"act": act, **WHY}).headers["location"]
        assert says in ada.get(location).text
        assert ada.post(path, data={"act": act, **WHY}).status_code == 409
    rotating = {"act": "rotate", "was": fields_of(ada.get(path).text)["was"], **WHY}
    rotated = ada.post(path, data=rotating)
    assert rotated.status_code == 200
    assert ada.post(path, data=rotating).status_code == 409  # a second press does not end the overlap
    [new] = re.findall(r"whsec_[A-Za-z0-9+/=]+", rotated.text)
    assert new != secret
    assert "both signatures" in rotated.text
    gone = ada.post(path, data={"act": "delete", **WHY})
    assert "was deleted" in ada.get(gone.headers["location"]).text
    assert ada.get(path).status_code == 404


def test_dangerous_acts_want_a_proof_after_ten_minutes(site: RunningSite, programs: Programs, ada: httpx.Client):
    endpoint = programs.add(somewhere())
    path = f"{LIST}/{endpoint.id}"
    from datetime import timedelta

    site.clock.advance(timedelta(minutes=11))  # type: ignore[attr-defined]
    asked = ada.post(path, data={"act": "rotate", **WHY})
    assert asked.status_code == 403
    assert "whsec_" not in asked.text
    assert "it-is-you.password" in asked.text
    assert ada.post(f"{path}/ping").status_code == 303
    proven = ada.post(path, data={"act": "rotate", **WHY, "it-is-you.password": PASSWORD})
    assert proven.status_code == 307


def test_the_log_shows_what_came_back_as_plain_text(site: RunningSite, programs: Programs, ada: httpx.Client):
    endpoint = programs.add(somewhere())
    programs.wire.answers = [status(500, excerpt="<script>alert(1)</script>"), no_answer()]
    path = f"{LIST}/{endpoint.id}"
    location = ada.post(f"{path}/ping").headers["location"]
    assert "It leaves within a few seconds" in ada.get(location).text
    programs.deliver()
    page = ada.get(location).text
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "answer 500" in page
    assert "&#34;ping&#34;" in page
    programs.later(seconds=10)
    assert "refused the connection" in ada.get(location).text
    log = ada.get(path).text
    assert "Failing" in log
    assert "2 tries" in log
    assert "next try" in log
    for shown in ("waiting", "delivered", "failed", "nonsense", "9" * 40):
        assert ada.get(f"{path}?show={shown}&page={shown}").status_code == 200


def test_sending_again_what_failed(site: RunningSite, programs: Programs, ada: httpx.Client):
    endpoint = programs.add(somewhere())
    path = f"{LIST}/{endpoint.id}"
    programs.act(replaying.ping, endpoint.id, "http://x")
    programs.wire.always = status(500)
    for _ in range(110):
        programs.later(hours=1)
    assert programs.states(endpoint) == ["failed"]
    with site.signed_in(ADMINISTRATOR) as client:  # so many hours later
        for wrong in ("", "yesterday", "2999-01-01 00:00", "\0", "9" * 500):
            answer = client.post(f"{path}/replay", data={"since": wrong})
            assert answer.status_code == 422
            assert "Enter a" in answer.text
        programs.wire.always = Answer(200, 5)
        done = client.post(f"{path}/replay", data={"since": "2020-01-01 00:00"})
        assert done.headers["location"].endswith("done=replay&count=1")
        assert "sent again now" in client.get(done.headers["location"]).text
        assert programs.deliver() == 1
        [delivery] = programs.deliveries(endpoint)
        one = f"{path}/deliveries/{delivery.id}"
        again = client.post(f"{one}/replay")
        assert "sent again now" in client.get(again.headers["location"]).text
        assert client.post(f"{one}/replay").status_code == 409


def test_nobody_else_finds_any_of_it(site: RunningSite, programs: Programs):
    endpoint = programs.add(somewhere())
    site.town.moderator()
    site.town.officer()
    paths = [LIST, f"{LIST}/new", f"{LIST}/{endpoint.id}", f"{LIST}/{endpoint.id}/edit"]
    with site.client() as stranger, site.signed_in(MODERATOR) as maureen:
        for client in (stranger, maureen):
            for path in paths:
                assert client.get(path).status_code == 404
            for path in (*paths[1:], f"{paths[2]}/ping", f"{paths[2]}/replay"):
                assert client.post(path, data=form(somewhere(), act="delete", **WHY)).status_code == 404
    assert programs.endpoint(endpoint).state == "active"


def test_odd_numbers_are_no_pages(ada: httpx.Client):
    for number in ("0", "-1", "9" * 18, "9" * 30, "x"):
        for path in (f"{LIST}/{number}", f"{LIST}/{number}/edit", f"{LIST}/{number}/deliveries/{number}"):
            assert ada.get(path).status_code == 404
        for path in (f"{LIST}/{number}/ping", f"{LIST}/{number}/replay", f"{LIST}/{number}/deliveries/1/replay"):
            assert ada.post(path, data={"since": "2020-01-01 00:00"}).status_code == 404
        assert ada.post(f"{LIST}/{number}", data={"act": "delete", **WHY}).status_code == 404


def test_a_receiver_in_trouble_does_not_make_the_site_unready(site: RunningSite, programs: Programs, ada: httpx.Client):
    endpoint = programs.add(somewhere())
    programs.wire.always = no_answer()
    programs.act(replaying.ping, endpoint.id, "http://x")
    programs.later(hours=3)
    assert "nothing reaches" in ada.get("/admin").text or programs.later(hours=2)
    with site.client() as client:
        assert "webhook" not in client.get("/readyz").text
