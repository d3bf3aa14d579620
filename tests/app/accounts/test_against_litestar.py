"""What our sessions withstand, tried in the same way on Litestar's own: there each of these attacks works.

The small site beside ours is as its handbook has it: server-side sessions in a store, CSRF
protection by a cookie and a header.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar, Request, get, post
from litestar.config.csrf import CSRFConfig
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.stores.memory import MemoryStore

from app.core.security import sessions
from app.core.security.sessions import SignedIn
from tests.site import MODERATOR, PASSWORD, RunningSite

CHOSEN = "chosen-by-somebody-else"


class Slow:
    """A page that has begun and waits until it is let go on."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()


@dataclass
class Theirs:
    """A site with Litestar's own sessions."""

    base: str
    slow: Slow

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.base, timeout=30)


@pytest.fixture(scope="module")
def theirs() -> Iterator[Theirs]:
    slow = Slow()

    @post("/sign-in", status_code=200)
    async def sign_in(request: Request[Any, Any, Any]) -> str:
        request.session["who"] = "maureen"
        return "in"

    @get("/desk")
    async def desk(request: Request[Any, Any, Any]) -> str:
        return str(request.session.get("who", "nobody"))

    @get("/slow", sync_to_thread=True)
    def slow_page(request: Request[Any, Any, Any]) -> str:
        who = str(request.session.get("who", "nobody"))
        slow.begun.set()
        slow.go_on.wait(10)
        return who

    @post("/sign-out", status_code=200)
    async def sign_out(request: Request[Any, Any, Any]) -> str:
        request.clear_session()
        return "out"

    app = Litestar(
        [sign_in, desk, slow_page, sign_out],
        middleware=[ServerSideSessionConfig().middleware],
        stores={"sessions": MemoryStore()},
    )
    with _served(app) as base:
        yield Theirs(base, slow)


class _served:  # noqa: N801  reads as a verb
    def __init__(self, app: Any) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
        self.thread = threading.Thread(target=self.server.run, args=([self.socket],), daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        until = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __exit__(self, *_fault: object) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        self.socket.close()


# fixation: the attacker chooses the cookie, the victim signs in, the attacker uses it


def test_with_theirs_a_planted_cookie_becomes_the_victims_session(theirs: Theirs):
    with theirs.client() as victim, theirs.client() as attacker:
        for client in (victim, attacker):
            client.cookies.set("session", CHOSEN)
        victim.post("/sign-in")
        assert attacker.get("/desk").text == "maureen", "the attack no longer works: say so in the decision on sessions"


def test_with_ours_it_never_does(site: RunningSite):
    site.town.moderator()
    with site.client() as victim, site.client() as attacker:
        for client in (victim, attacker):
            client.cookies.set("townsquare", CHOSEN, domain="127.0.0.1", path="/")
        assert victim.post("/sign-in", data={"email": MODERATOR, "password": PASSWORD}).status_code == 303
        assert attacker.get("/moderation/tags").status_code == 404


def test_nor_does_a_session_that_the_attacker_really_has(site: RunningSite):
    """A stranger with an account of their own plants their own living cookie: it ends, and nobody becomes somebody else."""
    site.town.moderator()
    site.town.staff("mallory@example.org", "moderator")
    with site.signed_in("mallory@example.org") as mallory, site.client() as victim:
        planted = mallory.cookies["townsquare"]
        victim.cookies.set("townsquare", planted, domain="127.0.0.1", path="/")
        victim.post("/sign-in", data={"email": MODERATOR, "password": PASSWORD})
        assert mallory.get("/moderation/tags").status_code == 404
        assert site.town.rows(SignedIn, SignedIn.id == sessions.digest(planted)) == []


# the race: a slow request is under way while its owner signs out


def test_with_theirs_a_slow_page_brings_the_session_back_after_signing_out(theirs: Theirs):
    theirs.slow.begun.clear()
    theirs.slow.go_on.clear()
    with theirs.client() as owner, ThreadPoolExecutor(1) as beside:
        owner.post("/sign-in")
        cookie = {"cookie": f"session={owner.cookies['session']}"}
        slow = beside.submit(httpx.get, f"{theirs.base}/slow", headers=cookie, timeout=30)
        assert theirs.slow.begun.wait(10)
        owner.post("/sign-out")
        assert httpx.get(f"{theirs.base}/desk", headers=cookie).text == "nobody"
        theirs.slow.go_on.set()
        slow.result(20)
        assert httpx.get(f"{theirs.base}/desk", headers=cookie).text == "maureen", "the attack no longer works"


def test_with_ours_it_stays_ended(site: RunningSite, monkeypatch: pytest.MonkeyPatch):
    """The same order: the page has found the session, its owner signs out, then the page goes on and notes its use."""
    site.town.moderator()
    begun, go_on, real = threading.Event(), threading.Event(), sessions.seen

    def slowly(*given: Any) -> None:
        begun.set()
        go_on.wait(10)
        real(*given)

    with site.signed_in(MODERATOR) as owner, ThreadPoolExecutor(1) as beside:
        token = owner.cookies["townsquare"]
        site.town.sql(
            "UPDATE core_session SET last_seen_at = created_at WHERE holder_id = :who", who=site.town.moderator()
        )
        site.town.clock.advance(sessions.SEEN_EVERY)
        monkeypatch.setattr(sessions, "seen", slowly)
        cookie = {"cookie": f"townsquare={token}"}
        if site.town.database.is_sqlite:  # the note waits at the gate, so the page waits before it reaches that
            real_look = SignedIn.is_over

            def look_slowly(*given: Any) -> bool:
                is_over = real_look(*given)
                begun.set()
                go_on.wait(10)
                return is_over

            monkeypatch.setattr(sessions, "seen", real)
            monkeypatch.setattr(SignedIn, "is_over", look_slowly)
        slow = beside.submit(httpx.get, f"{site.base}/moderation/tags", headers=cookie, timeout=30)
        assert begun.wait(10)
        signed_out = owner.post("/sign-out")
        go_on.set()
        slow.result(20)
        monkeypatch.undo()
        assert signed_out.status_code == 303
        assert httpx.get(f"{site.base}/moderation/tags", headers=cookie).status_code == 404
        assert site.town.rows(SignedIn, SignedIn.id == sessions.digest(token)) == []


# cross-site: another page makes the browser send a form, cookie and all


def test_with_theirs_a_token_that_the_attacker_planted_is_good_for_the_victims_session():
    """The token is bound to no session: whoever can set a cookie (a sister host, plain http) brings one of their own."""
    secret = secrets.token_hex(16)

    @get("/")
    async def front() -> str:
        return "front"

    @post("/act", status_code=200)
    async def act(request: Request[Any, Any, Any]) -> str:
        return str(request.session.get("who", "nobody"))

    @post("/sign-in", status_code=200)
    async def sign_in(request: Request[Any, Any, Any]) -> str:
        request.session["who"] = "maureen"
        return "in"

    app = Litestar(
        [front, act, sign_in],
        middleware=[ServerSideSessionConfig().middleware],
        csrf_config=CSRFConfig(secret=secret),
        stores={"sessions": MemoryStore()},
    )
    with _served(app) as base, httpx.Client(base_url=base) as attacker, httpx.Client(base_url=base) as victim:
        attacker.get("/")
        planted = attacker.cookies["csrftoken"]
        victim.get("/")
        victim.post("/sign-in", headers={"x-csrftoken": victim.cookies["csrftoken"]})
        cookie = f"session={victim.cookies['session']}; csrftoken={planted}"
        headers = {
            "cookie": cookie,
            "x-csrftoken": planted,
            "origin": "https://evil.example",
            "sec-fetch-site": "cross-site",
        }
        assert httpx.post(f"{base}/act", headers=headers).text == "maureen", "the attack no longer works"


@pytest.mark.parametrize(
    "said",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    ],
    ids=str,
)
def test_with_ours_no_other_site_acts_for_the_victim(site: RunningSite, said: dict[str, str]):
    site.town.moderator()
    with site.signed_in(MODERATOR) as victim:
        cookie = {"cookie": f"townsquare={victim.cookies['townsquare']}"}
        for path in ("/sign-out", "/account/sessions/end", "/moderation/signatures", "/sign-in"):
            assert (
                httpx.post(f"{site.base}{path}", headers=cookie | said, data={"session": "others"}).status_code == 403
            )
        assert victim.get("/moderation/tags").status_code == 200


def test_a_form_that_says_nothing_of_its_origin_acts_for_nobody(site: RunningSite):
    site.town.moderator()
    with site.signed_in(MODERATOR) as victim:
        cookie = {"cookie": f"townsquare={victim.cookies['townsquare']}"}
        assert httpx.post(f"{site.base}/moderation/signatures", headers=cookie, data={"q": "x"}).status_code == 404
        assert httpx.post(f"{site.base}/sign-out", headers=cookie).status_code == 303
        assert victim.get("/moderation/tags").status_code == 200, "signed out was whoever came without a cookie"
