"""The desk's live pages on a real server: told of every change, closed with their session, no hindrance to a restart."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.accounts import service as accounts
from app.accounts.model import Account
from app.core import freshness
from app.core.db import Database
from app.core.security import sessions
from app.moderation import claims
from app.moderation.model import Case, Revision
from tests.site import MODERATOR, OFFICER, RunningSite

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def listening(client: httpx.Client) -> Iterator[Iterator[str]]:
    """The lines of the stream as they come; whoever waits too long for one fails."""
    with client.stream("GET", "/moderation/live", timeout=httpx.Timeout(30)) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
        yield answer.iter_lines()


def hear(lines: Iterator[str], event: str) -> Any:
    """What the next event of this name says; others, and what keeps the line open, are passed over."""
    for line in lines:
        if line == f"event: {event}":
            return json.loads(next(lines).removeprefix("data: "))
    raise AssertionError(f"the stream ended without {event}")


def case_of(site: RunningSite) -> int:
    petition = site.town.start()
    site.town.support(petition)
    return site.town.rows(Case, Case.subject_id == petition, Case.subject_kind == "petition")[-1].id


@pytest.fixture
def mia(site: RunningSite) -> int:
    site.town.department("parks")
    site.town.moderator()
    return site.town.staff("mia@example.org", "moderator")


def test_a_page_hears_of_a_commit_of_this_process_and_asks_what_it_was(site: RunningSite, mia: int):
    case = case_of(site)
    with site.signed_in(MODERATOR) as maureen, listening(maureen) as lines:
        assert hear(lines, "changed") == ["moderation-desk"]
        site.town.database.retrying(lambda db: claims.claim(db, case, mia, site.town.now))
        assert hear(lines, "changed") == ["moderation-desk"]
        (now,) = maureen.get(f"/moderation/now?cases={case}").json()["cases"]
    assert (now["id"], now["state"]) == (case, "held")
    assert now["words"].startswith("Mia has this until")


def test_a_page_hears_of_a_commit_of_another_process(site: RunningSite, mia: int):
    with site.signed_in(MODERATOR) as maureen, listening(maureen) as lines:
        hear(lines, "changed")
        other = Database(site.town.database.url)
        with other.writing() as db:
            freshness.touch(db, "moderation-desk")
        other.close()
        assert hear(lines, "changed") == ["moderation-desk"]


@pytest.mark.parametrize("how", ["signed out", "ended elsewhere", "idle"])
def test_a_stream_ends_with_its_session(site: RunningSite, mia: int, how: str):
    with site.signed_in("mia@example.org") as client, listening(client) as lines:
        hear(lines, "changed")
        if how == "signed out":
            with site.client() as tab:
                tab.cookies.update(client.cookies)
                assert tab.post("/sign-out").status_code == 303
        elif how == "ended elsewhere":
            site.town.database.retrying(lambda db: sessions.end_all(db, mia))
        else:
            long_ago = "UPDATE core_session SET last_seen_at = created_at, idle_seconds = 0 WHERE holder_id = :mia"
            site.town.sql(long_ago, mia=mia)
        assert hear(lines, "over") == "session"
        assert list(lines) in ([], [""])
        assert client.get("/moderation/now", follow_redirects=False).status_code != 200


def test_a_moderator_who_is_disabled_hears_nothing_more(site: RunningSite, mia: int):
    with site.signed_in("mia@example.org") as client:
        with site.town.database.writing() as db:
            db.get_one(Account, mia).disabled_at = site.town.now
        assert client.get("/moderation/live").status_code == 404
        with site.town.database.writing() as db:
            db.get_one(Account, mia).disabled_at = None


@pytest.mark.parametrize("path", ["/moderation/live", "/moderation/now", "/moderation/next", "/moderation/bulk/1"])
def test_to_others_there_is_nothing_to_hear(site: RunningSite, mia: int, path: str):
    site.town.officer()
    with site.client() as nobody, site.signed_in(OFFICER) as officer:
        assert nobody.get(path).status_code == 404
        assert officer.get(path).status_code == 404


def test_what_changed_on_an_open_case_is_said_in_words(site: RunningSite, mia: int):
    case = case_of(site)
    revision = max(r.id for r in site.town.rows(Revision, Revision.case_id == case))
    with site.signed_in(MODERATOR) as maureen:
        path = f"/moderation/now?cases={case}&revision={revision}"
        assert maureen.get(path).json()["said"] == ""
        with site.town.database.writing() as db:
            db.add(Revision(case_id=case, number=2, digest=b"\0" * 32, at=site.town.now))
        assert maureen.get(path).json()["said"] == "Its author changed the text while you were reading."
        site.town.decide(site.town.rows(Case, Case.id == case)[0].subject_id)
        told = maureen.get(path).json()
    assert told["said"].startswith("Maureen decided this at")
    assert told["said"].endswith(": Published")
    assert told["href"] == f"/moderation/{case}"


@pytest.mark.parametrize(
    "asked", ["cases=", "cases=abc.-1.1e3.999999", "newest=abc", "newest=-1", "cases=1&revision=x"]
)
def test_odd_questions_are_answered_all_the_same(site: RunningSite, mia: int, asked: str):
    with site.signed_in(MODERATOR) as maureen:
        answer = maureen.get(f"/moderation/now?{asked}")
    assert answer.status_code == 200
    assert answer.json()["said"] == "" or "revision" in asked


def test_an_open_page_does_not_keep_the_server_from_ending(sqlite_database: Database, tmp_path: Path):
    """The server waits for open answers before it tells the application: the signal itself has to end them."""
    now = datetime.now(UTC)
    with sqlite_database.writing() as db:
        mia = accounts.add_staff(db, "mia@example.org", "moderator", "Mia", by=None, now=now)
        db.flush()
        token = sessions.begin(db, mia.id, sessions.STAFF, now, strong=True)
    told = {"DATABASE_URL": sqlite_database.url, "MAIL_URL": f"file://{tmp_path / 'mail'}", "SECRET_KEY": "s" * 40}
    environment = os.environ | {f"TOWNSQUARE_{name}": value for name, value in told.items()}
    port = free_port()
    command = [sys.executable, "-m", "app", "serve", "--no-jobs", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies={"townsquare": token}) as client:
            wait_for(client)
            with listening(client) as lines:
                hear(lines, "changed")
                ender = threading.Timer(0.1, server.send_signal, [signal.SIGTERM])
                ender.start()
                assert hear(lines, "over") == "restart"
        assert server.wait(30) in (0, -signal.SIGTERM)
    finally:
        server.kill()
        server.wait()


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(client: httpx.Client) -> None:
    until = time.monotonic() + 40
    while time.monotonic() < until:
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")
