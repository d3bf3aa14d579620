"""Following a hall: the whole first, then what happens, without a hole and without what is not public."""

from __future__ import annotations

import time

import httpx
import msgspec
import pytest

from tests.site import RunningSite
from tests.townhall.live.following import browser_of, following, happens, meeting, session_of
from townhall.live import hall as live_hall
from townhall.model import Participant, Presence
from townhall.rules.lifecycle import Entry, Place
from townhall.service import places
from townhall.service.locking import locked
from townhall.service.log import Happening

SECRET = "Why does the mayor's cousin own the quarry?"


def _stream(site: RunningSite, hall: int, until: str, **headers: str) -> str:
    """What a stream of events says up to a word."""
    heard = ""
    with httpx.stream("GET", f"{site.base}/townhalls/{hall}/events", headers=headers, timeout=10) as answer:
        for part in answer.iter_text():
            heard += part
            if until in heard:
                break
    return heard


def test_gils_question_is_nobodys_to_read_before_ben_publishes_it(site: RunningSite) -> None:
    """Scenario 5: over the socket, in the state, in the stream."""
    town = meeting(site)
    hall = town.hall()
    gil = town.participant(hall)
    with (
        following(site, hall) as hana,
        following(site, hall, cookies=browser_of(site, hall, gil)) as his,
        following(site, hall, cookies=session_of(site, town.ben)) as ben,
    ):
        hana.hello()
        assert "question.ask" in his.hello()["me"]["can"]
        ben.hello("staff")
        asked = his.command("question.ask", text=SECRET)
        assert asked["t"] == "ok", asked
        question = ben.event("question.asked")
        assert (question["text"], question["state"]) == (SECRET, "waiting")
        state = httpx.get(f"{site.base}/townhalls/{hall}/state").text
        stream = _stream(site, hall, '"t":"snap"')
        ben.command("announce", text="We begin in a minute.")
        hana.event("announced")
        assert SECRET not in hana.words
        assert SECRET not in state
        assert SECRET not in stream
        done = ben.command("question.publish", question=question["id"], rev=question["rev"])
        assert done["t"] == "ok", done
        assert hana.event("question.published")["text"] == SECRET
        assert hana.seq == done["seq"]
        mine = his.until(lambda f: f["t"] == "me" and f["me"]["questions"][0]["state"] == "open")
        assert mine["me"]["questions"][0]["id"] == question["id"]


def test_who_comes_back_gets_what_they_missed_and_nothing_that_was_hidden(site: RunningSite) -> None:
    """Scenario 21, and replay that does not resurrect."""
    town = meeting(site)
    hall = town.hall()
    with following(site, hall) as hana:
        hana.hello()
        epoch, seq = hana.epoch, hana.seq
    shown, hidden = town.question(hall, "And the bus stop?"), town.question(hall, SECRET)
    happens(site, hall, Happening("question.published", shown), Happening("question.published", hidden))
    ben = town.staff(town.ben)
    town.send(hall, ben, "question.hide", question=hidden, reason="offensive")
    with following(site, hall) as hana:
        hana.seq = seq
        welcome = hana.hello(resume=(epoch, seq))
        assert welcome["mode"] == "resumed"
        missed = [hana.next("u")]
        while hana.seq < seq + 3:
            missed.append(hana.next("u"))
        told = [(e["k"], e["id"], e.get("text"), bool(e.get("gone"))) for u in missed for e in u.get("ev", ())]
        assert told == [
            ("question.published", shown, "And the bus stop?", False),
            ("question.published", hidden, None, True),
            ("question.hidden", hidden, None, True),
        ]
        hana.hello(resume=(epoch, hana.seq))  # in the middle of it, as after a gap
        assert hana.seq == seq + 3
    with following(site, hall) as hana:
        assert hana.hello(resume=(epoch, 10_000))["mode"] == "snapshot"
    with following(site, hall) as hana:
        assert hana.hello(resume=("another", seq))["mode"] == "snapshot"


def test_who_missed_too_much_gets_the_whole(sqlite_site: RunningSite) -> None:
    town = meeting(sqlite_site)
    hall = town.hall()
    with following(sqlite_site, hall) as hana:
        hana.hello()
        epoch, seq = hana.epoch, hana.seq
    happens(sqlite_site, hall, *[Happening("agenda.moved", None)] * 301)
    with following(sqlite_site, hall) as hana:
        assert hana.hello(resume=(epoch, seq + 1))["mode"] == "resumed"
    with following(sqlite_site, hall) as hana:
        assert hana.hello(resume=(epoch, seq))["mode"] == "snapshot"


def test_votes_are_counts_and_a_crowd_makes_five_frames_a_second_at_most(site: RunningSite) -> None:
    town = meeting(site)
    hall = town.hall()
    question = town.question(hall)
    with (
        following(site, hall) as hana,
        following(site, hall, cookies=browser_of(site, hall, town.participant(hall))) as kim,
    ):
        hana.hello()
        kim.hello()
        began = time.monotonic()
        for n in range(30):
            assert kim.command("upvote.set", question=question, on=n % 2 == 0)["t"] == "ok"
        assert kim.command("upvote.set", question=question, on=True)["t"] == "ok"
        hana.key(f"q.{question}.v", 1)
        happens(site, hall, Happening("slow.set"))
        hana.event("slow.set")
        took = time.monotonic() - began
        counts = [f for f in hana.frames if f["t"] == "u"]
        assert len(counts) <= 5 * took + 2


def test_a_command_that_is_sent_again_gets_the_same_reply(site: RunningSite) -> None:
    town = meeting(site)
    hall = town.hall()
    with following(site, hall, cookies=browser_of(site, hall, town.participant(hall))) as gil:
        gil.hello()
        first = gil.command("question.ask", command_id="my-first-question", text="When?")
        again = gil.command("question.ask", command_id="my-first-question", text="When?")
        assert again["dup"]
        assert again["d"] == first["d"]
        other = gil.command("question.ask", command_id="my-first-question", text="Why?")
        assert other["code"] == "id_reused"
    with following(site, hall, cookies=session_of(site, town.ben)) as ben:
        ben.hello("staff")
        told = ben.command("announce", command_id="bens-announcement", text="We begin.")
        again = ben.command("announce", command_id="bens-announcement", text="We begin.")
        assert again == told | {"dup": True}
        assert again["seq"] >= 1


def test_in_an_open_hall_a_browser_becomes_a_participant_when_it_does_something(site: RunningSite) -> None:
    town = meeting(site)
    hall = town.hall(entry=Entry.OPEN)
    question = town.question(hall)
    cookie = "townsquare-hall=" + "b" * 32
    with following(site, hall, cookies=cookie) as one, following(site, hall, cookies=cookie) as two:
        assert "upvote.set" in one.hello()["me"]["can"]
        two.hello()
        assert one.command("upvote.set", question=question, on=True)["t"] == "ok"
        assert two.command("upvote.set", question=question, on=True)["t"] == "ok"
        two.key(f"q.{question}.v", 1)
    with following(site, hall) as nobody:
        assert nobody.hello()["me"]["can"] == []
        assert nobody.command("upvote.set", question=question, on=True)["code"] == "registration_needed"


def test_the_state_is_asked_for_again_and_costs_nothing_while_nothing_changes(site: RunningSite) -> None:
    town = meeting(site)
    hall = town.hall()
    question = town.question(hall, "<img src=x onerror=alert(1)> \u202ewhy?")
    with site.client() as client:
        first = client.get(f"/townhalls/{hall}/state")
        snap = first.json()
        assert (snap["t"], snap["state"]["questions"][0]["id"]) == ("snap", question)
        assert first.headers["etag"] == f'"{snap["epoch"]}:{snap["seq"]}:{snap["tick"]}"'
        again = client.get(f"/townhalls/{hall}/state", headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
        gone = client.get("/townhalls/999999999/state")
        closed = client.get(f"/townhalls/{hall}/state?lane=staff")
        for answer, status in ((gone, 404), (closed, 403)):
            assert answer.status_code == answer.json()["status"] == status
            assert answer.headers["content-type"].startswith("application/problem+json")
        assert client.get(f"/townhalls/{hall}/state?me=1").json()["me"]["can"] == []


def test_a_stream_goes_on_where_it_broke_off(site: RunningSite) -> None:
    town = meeting(site)
    hall = town.hall()
    first = _stream(site, hall, '"t":"snap"')
    assert "retry: " in first
    position = next(line for line in first.splitlines() if line.startswith("id: ")).removeprefix("id: ")
    happens(site, hall, Happening("slow.set"))
    heard = _stream(site, hall, '"slow.set"', **{"Last-Event-ID": position})
    records = [line.removeprefix("data: ") for line in heard.splitlines() if line.startswith("data: ")]
    welcome, *updates = (msgspec.json.decode(record) for record in records)
    assert welcome["mode"] == "resumed"
    assert [e["k"] for u in updates for e in u.get("ev", ())] == ["slow.set"]


def test_commands_are_posted_where_there_is_no_socket(site: RunningSite) -> None:
    town = meeting(site)
    hall = town.hall()
    name, _equals, secret = browser_of(site, hall, town.participant(hall)).partition("=")
    body = {"id": "posted-question", "op": "question.ask", "d": {"text": "Posted?"}}
    with site.client() as gil:
        gil.cookies.set(name, secret)
        answer = gil.post(f"/townhalls/{hall}/commands", json=body)
        assert (answer.status_code, answer.json()["t"]) == (200, "ok")
        assert gil.post(f"/townhalls/{hall}/commands", json=body).json()["dup"]
        wrong = gil.post(f"/townhalls/{hall}/commands", json=body | {"op": "hall.destroy", "id": "posted-other"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_op")
        latin = gil.post(f"/townhalls/{hall}/commands", content='{"id":"posted-latin","op":"café"}'.encode("latin-1"))
        assert (latin.status_code, latin.json()["code"]) == (422, "invalid")
        foreign = gil.post(f"/townhalls/{hall}/commands", json=body, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403
        del gil.headers["Origin"]
        nobody = gil.post(f"/townhalls/{hall}/commands", json=body | {"id": "posted-without"})
        assert nobody.json()["code"] == "registration_needed"


def test_what_is_hidden_on_stage_leaves_every_screen_and_the_stage(site: RunningSite) -> None:
    """Scenario 12."""
    town = meeting(site)
    hall = town.hall()
    question = town.question(hall, SECRET)
    town.send(hall, town.staff(town.ana), "question.stage", question=question)
    with following(site, hall) as screen, following(site, hall, cookies=session_of(site, town.ana)) as ana:
        screen.hello()
        assert screen.state["stage"] == question
        ana.hello("staff")
        town.send(hall, town.staff(town.ben), "question.hide", question=question, reason="offensive")
        assert screen.event("question.hidden")["gone"]
        assert ana.event("question.hidden")["state"] == "hidden"
        snap = httpx.get(f"{site.base}/townhalls/{hall}/state")
        assert snap.json()["state"]["stage"] is None
        assert SECRET not in snap.text


def test_staff_alone_see_hands_and_whether_the_host_is_away(site: RunningSite) -> None:
    town = meeting(site)
    hall = town.hall()
    gil = town.participant(hall, "Gil Gomez")
    with (
        following(site, hall, cookies=session_of(site, town.ben)) as ben,
        following(site, hall, cookies=browser_of(site, hall, gil)) as his,
    ):
        ben.hello("staff")
        assert ben.state["host"]["away"]
        his.hello()
        assert "hands" not in his.state
        assert "away" not in his.state["host"]
        assert his.command("hand.set", on=True)["t"] == "ok"
        hand = ben.until(lambda f: bool(f.get("st", {}).get("hands")))["st"]["hands"][0]
        assert (hand["participant"], hand["called"]) == (gil, False)
        said = ben.command("caption.write", text="Good evening, every", partial=True)
        assert said["d"] == {"partial": True}
        his.key("caption.part", "Good evening, every")
        with following(site, hall, cookies=session_of(site, town.ana)) as ana:
            ana.hello("staff")
            ben.until(lambda f: "host" in f.get("st", {}) and not f["st"]["host"]["away"])


def test_dora_has_a_place_and_her_open_page_learns_of_it(site: RunningSite) -> None:
    town = meeting(site)
    hall = town.hall(capacity=1)
    emil = town.participant(hall, "Emil Eder")
    dora = town.participant(hall, "Dora Diaz", place=Place.WAITING, waiting_number=1)
    with following(site, hall, cookies=browser_of(site, hall, dora)) as hers:
        assert hers.hello()["me"]["place"] == "waiting"
        town.do(lambda db: places.take_place(db, locked(db, hall), db.get_one(Participant, emil), town.town.now))
        assert hers.next("me")["me"]["place"] == "registered"
        assert hers.command("question.ask", text="May I ask now?")["t"] == "ok"


def test_how_many_came_and_how_they_reacted_stays_once_everybody_has_gone(
    site: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hall, "IDLE", 0.0)
    town, halls = meeting(site), site.house.site.dependencies["halls"]
    hall = town.hall()
    kim = browser_of(site, hall, town.participant(hall, "Kim"))
    for hearts in (1, 2):  # the second time the hall is opened anew
        with following(site, hall, cookies=kim) as one, following(site, hall) as other:
            one.hello()
            other.hello()
            one.key("here", 2)
            assert one.command("react", kind="heart")["t"] == "ok"
            one.key("react", {"heart": hearts})
        until = time.monotonic() + 30
        while hall in halls.open:
            assert time.monotonic() < until, "it stays open"
            time.sleep(0.05)
    until = time.monotonic() + 30
    while (row := town.town.rows(Presence, Presence.hall_id == hall)) and row[0].here:
        assert time.monotonic() < until, "somebody seems to be here"
        time.sleep(0.05)
    assert [(r.here, r.most, dict(r.reactions)) for r in row] == [(0, 2, {"heart": 2})]
