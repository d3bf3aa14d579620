"""How following a hall ends, and what a client is told then."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.core.db import Database
from tests.site import RunningSite
from tests.townhall.live.following import browser_of, following, meeting, session_of
from townhall.live import hall as live_hall
from townhall.rules.lifecycle import HallState


@pytest.fixture
def brief(sqlite_database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    """A site with little patience."""
    short = {"townhall_silence_seconds": 3, "townhall_hello_seconds": 1, "townhall_ping_seconds": 1}
    with RunningSite(sqlite_database, tmp_path, page_cache="off", **short) as site:
        yield site


def test_pete_is_shut_out_in_all_his_tabs_at_once(site: RunningSite) -> None:
    """Scenario 37."""
    town = meeting(site)
    hall = town.hall()
    pete = town.participant(hall, "Pete")
    question = town.question(hall)
    cookie = browser_of(site, hall, pete)
    with following(site, hall, cookies=cookie) as one, following(site, hall, cookies=cookie) as two:
        one.hello()
        two.hello()
        assert one.command("upvote.set", question=question, on=True)["t"] == "ok"
        town.send(hall, town.staff(town.ben), "ban.set", participant=pete, on=True, reason="Shouting")
        assert [one.close_code(), two.close_code()] == [4403, 4403]
    with following(site, hall, cookies=cookie) as again, following(site, hall) as hana:
        again.send({"t": "hello", "v": 1})
        assert again.close_code() == 4403
        hana.hello()
        hana.key(f"q.{question}.v", 0)
    town.send(hall, town.staff(town.ben), "ban.set", participant=pete, on=False)
    with following(site, hall, cookies=cookie) as back:
        back.hello()
        back.key(f"q.{question}.v", 1)


def test_olgas_login_ends_and_so_does_her_socket(site: RunningSite) -> None:
    """Scenario 32."""
    town = meeting(site)
    hall = town.hall()
    cookie = session_of(site, town.ben)
    with following(site, hall, cookies=cookie) as olga, following(site, hall, cookies=cookie) as idle:
        olga.hello("staff")
        idle.hello("staff")
        epoch, seq = olga.epoch, olga.seq
        site.town.sql("DELETE FROM core_session WHERE holder_id = :who", who=town.ben)
        refused = olga.command("announce", text="Still here?")
        assert refused["code"] == "auth_expired"
        assert [olga.close_code(), idle.close_code()] == [4401, 4401]
    with following(site, hall, cookies=session_of(site, town.ben)) as olga:
        assert olga.hello("staff", resume=(epoch, seq))["mode"] == "resumed"


def test_a_citizen_sends_what_is_not_theirs_to_send(site: RunningSite) -> None:
    """Scenario 35."""
    town = meeting(site)
    hall = town.hall()
    question, poll = town.question(hall), town.poll(hall)
    before = town.events(hall)
    with following(site, hall, cookies=browser_of(site, hall, town.participant(hall))) as gil:
        gil.hello()
        assert gil.command("question.hide", question=question)["code"] == "forbidden"
        assert gil.command("question.withdraw", question=question)["t"] == "err"
        assert gil.command("poll.close", poll=poll)["code"] == "forbidden"
        assert gil.command("ban.set", question=question, on=True)["code"] == "forbidden"
        assert gil.command("hall.end")["code"] == "forbidden"
        assert gil.command("hall.destroy")["code"] == "unknown_op"
        wrong = gil.command("upvote.set", question="seven", on=True)
        assert (wrong["code"], wrong["field"]) == ("invalid", "question")
        wrong = gil.command("react", kind="clap")
        assert (wrong["code"], wrong["field"]) == ("invalid", "kind")
        assert wrong["message"].startswith("Choose one of: applause, ")
        gil.send({"t": "hello", "v": 1, "lane": "staff"})
        assert gil.close_code() == 4403
    assert town.events(hall) == before


def test_frames_that_make_no_sense_are_answered_and_five_of_them_are_too_many(sqlite_site: RunningSite) -> None:
    hall = meeting(sqlite_site).hall()
    with following(sqlite_site, hall) as gil:
        gil.hello()
        for nonsense in ("{", '{"t":"dance"}', "[" * 400, b"\x00\x01"):
            gil.socket.send(nonsense)
            assert gil.next("err")["code"] == "bad_frame"
        gil.send('"hello"')
        assert gil.close_code() == 4400
    with following(sqlite_site, hall) as gil:
        gil.send({"t": "ack", "seq": 1})
        assert gil.close_code() == 4400


def test_an_oversized_frame_ends_that_socket_alone(sqlite_site: RunningSite) -> None:
    """Scenario 30."""
    hall = meeting(sqlite_site).hall()
    with following(sqlite_site, hall) as hana:
        hana.hello()
        with following(sqlite_site, hall) as huge:
            huge.hello()
            huge.send("x" * 2_000_000)
            assert huge.close_code() == 1009
        hana.key("here", 1)


def test_a_flood_of_commands_ends_in_4429(sqlite_site: RunningSite) -> None:
    hall = meeting(sqlite_site).hall()
    with following(sqlite_site, hall) as gil:
        gil.hello()
        with suppress(ConnectionClosed):
            for n in range(200):
                gil.send({"t": "cmd", "id": f"flooding-{n}", "op": "react", "d": {"kind": "applause"}})
        assert gil.close_code() == 4429


def test_five_tabs_are_enough(sqlite_site: RunningSite) -> None:
    town = meeting(sqlite_site)
    hall = town.hall()
    cookie = browser_of(sqlite_site, hall, town.participant(hall))
    opened = [following(sqlite_site, hall, cookies=cookie) for _ in range(6)]
    tabs = [tab.__enter__() for tab in opened]
    try:
        for tab in tabs[:5]:
            tab.hello()
        tabs[5].send({"t": "hello", "v": 1})
        assert tabs[5].close_code() == 4409
        tabs[0].key("here", 1)
    finally:
        for tab in opened:
            tab.__exit__(None, None, None)


def test_there_is_no_such_hall_version_or_lane(sqlite_site: RunningSite) -> None:
    town = meeting(sqlite_site)
    with following(sqlite_site, 999_999_999) as gil:
        gil.send({"t": "hello", "v": 1})
        assert gil.close_code() == 4404
    with following(sqlite_site, 2**63) as gil:
        gil.send({"t": "hello", "v": 1})
        assert gil.close_code() == 4404
    with following(sqlite_site, draft := town.hall(HallState.DRAFT)) as gil:
        gil.send({"t": "hello", "v": 1})
        assert gil.close_code() == 4404
    for unknown in (draft, 999_999_999):
        with sqlite_site.client() as gil_posts:
            react = {"id": "to-no-such-hall", "op": "react", "d": {"kind": "applause"}}
            answer = gil_posts.post(f"/townhalls/{unknown}/commands", json=react)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), unknown
    with following(sqlite_site, town.hall(HallState.ENDED)) as gil:
        gil.send({"t": "hello", "v": 1})
        assert gil.close_code() == 4440
    with following(sqlite_site, town.hall()) as gil:
        gil.send({"t": "hello", "v": 2})
        assert gil.close_code() == 4406
    with following(sqlite_site, town.hall(), subprotocols=["civic-live.v0"]) as gil:
        assert gil.close_code() == 4406


def test_another_site_opens_nothing(sqlite_site: RunningSite) -> None:
    hall = meeting(sqlite_site).hall()
    with pytest.raises(InvalidStatus), following(sqlite_site, hall, origin="https://evil.example"):
        pass


def test_everyone_leaves_with_the_hall(site: RunningSite) -> None:
    """Scenario 39, as far as the live part goes."""
    town = meeting(site)
    hall = town.hall()
    with following(site, hall) as hana, following(site, hall, cookies=session_of(site, town.ana)) as ana:
        hana.hello()
        ana.hello("staff")
        assert ana.command("hall.end")["t"] == "ok"
        assert hana.close_code() == 4440
        assert any(e["k"] == "hall.ended" for f in hana.frames for e in f.get("ev", ()))
    heard = httpx.get(f"{site.base}/townhalls/{hall}/events", timeout=20).text
    assert '"code":4440' in heard
    assert httpx.get(f"{site.base}/townhalls/{hall}/state").json()["state"]["hall"]["state"] == "ended"


def test_who_is_silent_is_let_go_and_counted_no_more(brief: RunningSite) -> None:
    """Scenario 24, with three seconds for 75."""
    hall = meeting(brief).hall()
    with following(brief, hall) as mute:
        assert mute.close_code() == 4408  # never said hello
    with following(brief, hall) as hana, following(brief, hall) as mia:
        hana.hello()
        mia.hello()
        hana.key("here", 2)
        hana.ack()
        mia.until(lambda f: f["t"] == "ping")
        while hana.state["here"] != 1:
            hana.ack()
            hana.receive()
        assert mia.close_code() == 4408


def test_a_viewer_that_never_reads_changes_nothing_for_others(
    brief: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_hall, "SLOW_SEND", 0.5)
    hall = meeting(brief).hall()
    halls = brief.house.site.dependencies["halls"]
    with _deaf(brief, hall), following(brief, hall) as hana:
        hana.hello()
        hana.key("here", 2)
        lane = halls.open[hall].lanes["public"]
        for n in range(14):
            lane.put("big", str(n) * 500_000)
            asyncio.run_coroutine_threadsafe(lane.flush(), halls._loop).result(5)
            hana.key("big", str(n) * 500_000)
            hana.ack()
        stuck = [viewer for viewer in lane.viewers if viewer.busy]
        assert len(stuck) == 1
        assert stuck[0]._wire is not None  # this server's frames are put together once for everybody
        assert stuck[0]._transport.get_write_buffer_size() < 1_500_000  # what one send left, never a backlog
        while hana.state["here"] != 1:
            hana.ack()
            hana.receive()
        assert stuck[0].ended == 4431


@contextmanager
def _deaf(site: RunningSite, hall: int) -> Iterator[None]:
    """Says hello and reads nothing of what comes then."""
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", site.port))
        key = base64.b64encode(b"0123456789abcdef").decode()
        lines = [f"GET /townhalls/{hall}/ws HTTP/1.1", "Host: here", "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", ""]
        hello = b'{"t":"hello","v":1}'
        raw.sendall("\r\n".join(lines).encode())
        assert b" 101 " in raw.recv(1024)
        raw.sendall(bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello)
        yield


def test_the_site_ends_and_everyone_is_told_when_to_come_back(sqlite_database: Database, tmp_path: Path) -> None:
    with RunningSite(sqlite_database, tmp_path, page_cache="off") as site:
        hall = meeting(site).hall()
        with following(site, hall) as hana:
            hana.hello()
            site.house._let_everybody_go()
            assert hana.close_code() == 1012
        said = next(f for f in hana.frames if f["t"] == "bye")
        assert said["retry_ms"] >= 3000
