"""Maureen signs in at a desk that others use too: nobody can bring her session, keep it, or wake it up again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import delete, func, select

from app.accounts import service as accounts
from app.accounts.guards import cookie_name
from app.accounts.model import Account
from app.audit.model import AuditEntry
from app.core.db import Database
from app.core.security import sessions
from app.core.security.passwords import Passwords
from app.core.security.sessions import CITIZEN, STAFF, Lifetime, SignedIn
from tests.app.core.served import Served
from tests.fakes import NOON

MAUREEN, PASSWORD = "maureen@example.org", "three random words"
CHOSEN = "chosen-by-somebody-else-and-put-into-her-browser"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def hashed() -> str:
    return Passwords(1).hash(PASSWORD)


@pytest.fixture
def maureen(sqlite_served: Served, hashed: str) -> Iterator[int]:
    """A moderator's account."""
    database = sqlite_served.database
    with database.writing() as db:
        account = accounts.add_staff(db, MAUREEN, "moderator", "Maureen", by=None, now=NOON)
        account.password_hash = hashed
    yield account.id
    with database.writing() as db:
        db.execute(delete(SignedIn))
        db.execute(delete(Account))


def sign_in(house: Served, cookie: str = "", password: str = PASSWORD) -> httpx.Response:
    headers = {"origin": house.base} | ({"cookie": cookie} if cookie else {})
    return house.ask("POST", "/sign-in", data={"email": MAUREEN, "password": password}, headers=headers)


def sign_out(house: Served, token: str) -> httpx.Response:
    return house.ask("POST", "/sign-out", headers=with_cookie(token) | {"origin": house.base})


def token_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    found = re.match(r"[^=]+=([^;]*)", answer.headers["set-cookie"])
    assert found
    return found[1]


def with_cookie(token: str) -> dict[str, str]:
    return {"cookie": f"townsquare={token}"}


def is_let_in(house: Served, token: str) -> bool:
    """The moderators' queue does not exist for anybody else; whose time ran out is sent to sign in."""
    status = house.get("/moderation", headers=with_cookie(token)).status_code
    assert status in (200, 303, 404)
    return status == 200


def count(database: Database) -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(SignedIn)) or 0


# fixation


def test_a_token_that_somebody_else_chose_never_becomes_hers(sqlite_served: Served, maureen: int) -> None:
    assert not is_let_in(sqlite_served, CHOSEN)
    token = token_of(sign_in(sqlite_served, cookie=f"townsquare={CHOSEN}"))
    assert token != CHOSEN
    assert is_let_in(sqlite_served, token)
    assert not is_let_in(sqlite_served, CHOSEN)
    assert count(sqlite_served.database) == 1


def test_an_earlier_visitors_session_does_not_become_hers(sqlite_served: Served, maureen: int) -> None:
    first = token_of(sign_in(sqlite_served))
    second = token_of(sign_in(sqlite_served, cookie=f"townsquare={first}"))
    assert first != second
    sign_out(sqlite_served, second)
    assert not is_let_in(sqlite_served, second)


def test_a_wrong_password_opens_no_session(sqlite_served: Served, maureen: int) -> None:
    answer = sign_in(sqlite_served, cookie=f"townsquare={CHOSEN}", password="three random birds")
    assert answer.status_code == 422
    assert "set-cookie" not in answer.headers
    assert count(sqlite_served.database) == 0


def test_a_browser_that_does_not_say_where_the_form_came_from_is_helped(sqlite_served: Served, maureen: int) -> None:
    answer = sqlite_served.ask("POST", "/sign-in", data={"email": MAUREEN, "password": PASSWORD})
    assert answer.status_code == 403
    assert "Origin" in answer.text
    assert "set-cookie" not in answer.headers
    assert count(sqlite_served.database) == 0


def test_the_token_is_nowhere_in_the_database(sqlite_served: Served, maureen: int) -> None:
    token = token_of(sign_in(sqlite_served))
    with sqlite_served.database.reading() as db:
        row = db.scalars(select(SignedIn)).one()
        noted = db.scalars(select(AuditEntry)).all()
    assert row.holder_id == maureen
    assert len(row.id) == 32
    assert token.encode() not in row.id
    assert not any(token in repr(vars(n)) for n in noted)


# the end


def test_signing_out_ends_the_session_wherever_the_token_is(sqlite_served: Served, maureen: int) -> None:
    token = token_of(sign_in(sqlite_served))
    answer = sign_out(sqlite_served, token)
    assert answer.status_code == 303
    assert token_of(answer) in ("", '""')
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert not is_let_in(sqlite_served, token)
    assert count(sqlite_served.database) == 0


def test_a_slow_request_does_not_bring_a_session_back_after_signing_out(
    sqlite_served: Served, maureen: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It found the session, then she signed out, and only then does it note that the session is in use."""
    token = token_of(sign_in(sqlite_served))
    sqlite_served.clock.advance(2 * MINUTE)
    real, signed_out = sessions.seen, []

    def slow(db: object, session: SignedIn, now: object) -> None:
        if not signed_out:
            signed_out.append(True)
            with sqlite_served.database.writing() as other:
                sessions.end(other, token)
        real(db, session, now)  # type: ignore[arg-type]

    monkeypatch.setattr(sessions, "seen", slow)
    is_let_in(sqlite_served, token)
    assert signed_out
    assert count(sqlite_served.database) == 0
    assert not is_let_in(sqlite_served, token)


def test_a_slow_form_of_hers_brings_nothing_back_either(sqlite_served: Served, maureen: int) -> None:
    token = token_of(sign_in(sqlite_served))
    sqlite_served.clock.advance(2 * MINUTE)
    headers = with_cookie(token) | {"origin": sqlite_served.base}
    many = [sqlite_served.begin("GET", "/moderation", headers=headers) for _ in range(8)]
    many += [sqlite_served.begin("POST", "/sign-out", headers=headers)]
    many += [sqlite_served.begin("GET", "/moderation", headers=headers) for _ in range(8)]
    assert {m.result(30).status_code for m in many} <= {200, 303, 404}
    assert not is_let_in(sqlite_served, token)
    assert count(sqlite_served.database) == 0


def test_a_session_ends_after_half_an_hour_of_rest(sqlite_served: Served, maureen: int) -> None:
    token = token_of(sign_in(sqlite_served))
    for _ in range(3):
        sqlite_served.clock.advance(29 * MINUTE)
        assert is_let_in(sqlite_served, token), "she was here within the half hour"
    sqlite_served.clock.advance(30 * MINUTE)
    assert not is_let_in(sqlite_served, token)
    sqlite_served.clock.advance(-5 * MINUTE)
    assert is_let_in(sqlite_served, token), "only the clock decides"


def test_a_session_ends_after_twelve_hours_however_busy_she_is(sqlite_served: Served, maureen: int) -> None:
    token = token_of(sign_in(sqlite_served))
    for _ in range(12 * 60 // 20 - 1):
        sqlite_served.clock.advance(20 * MINUTE)
        assert is_let_in(sqlite_served, token)
    sqlite_served.clock.advance(20 * MINUTE)
    assert not is_let_in(sqlite_served, token)


def test_her_being_there_is_written_once_a_minute_at_most(sqlite_served: Served, maureen: int) -> None:
    def last_seen() -> object:
        with sqlite_served.database.reading() as db:
            return db.scalars(select(SignedIn.last_seen_at)).one()

    token = token_of(sign_in(sqlite_served))
    sqlite_served.clock.advance(timedelta(seconds=59))
    is_let_in(sqlite_served, token)
    assert last_seen() == NOON
    sqlite_served.clock.advance(timedelta(seconds=1))
    is_let_in(sqlite_served, token)
    assert last_seen() == NOON + MINUTE


def test_a_new_password_ends_every_session_of_hers(sqlite_served: Served, maureen: int) -> None:
    tokens = [token_of(sign_in(sqlite_served)) for _ in range(2)]
    with sqlite_served.database.writing() as db:
        accounts.set_password(db, db.get_one(Account, maureen), "four other random words", Passwords(1), now=NOON)
    assert not any(is_let_in(sqlite_served, t) for t in tokens)


def test_a_disabled_account_is_not_let_in_with_a_living_session(sqlite_served: Served, maureen: int) -> None:
    token = token_of(sign_in(sqlite_served))
    with sqlite_served.database.writing() as db:
        db.get_one(Account, maureen).disabled_at = NOON
    assert not is_let_in(sqlite_served, token)


@pytest.mark.parametrize("token", ["", "x", "ä", "a" * 10_000, "' OR 1=1 --"])
def test_an_odd_cookie_is_nobodys(sqlite_served: Served, maureen: int, token: str) -> None:
    token_of(sign_in(sqlite_served))
    answer = sqlite_served.get("/moderation", headers={b"cookie": b"townsquare=" + token.encode()})
    assert answer.status_code == 404


# the cookie


def test_over_https_the_cookie_is_bound_to_this_host_from_its_first_day_to_its_last(
    sqlite_served: Served, maureen: int
) -> None:
    with Served(sqlite_served.database, base_url="https://town.example") as safe:
        given = sign_in(safe).headers["set-cookie"]
        taken = safe.ask("POST", "/sign-out", headers={"origin": safe.base}).headers["set-cookie"]
    for cookie in (given, taken):  # a browser drops a __Host- cookie that lacks any of these, and keeps the old one
        assert cookie.startswith("__Host-townsquare=")
        words = {w.strip().lower() for w in cookie.split(";")}
        assert {"secure", "path=/"} <= words
        assert not any(w.startswith("domain") for w in words)
    assert {"httponly", "samesite=lax"} <= {w.strip().lower() for w in given.split(";")}
    assert "max-age=0" in taken.lower()


def test_on_loopback_the_cookie_has_a_plain_name(sqlite_served: Served, maureen: int) -> None:
    cookie = sign_in(sqlite_served).headers["set-cookie"]
    words = {w.strip().lower() for w in cookie.split(";")}
    assert cookie.startswith("townsquare=")
    assert {"httponly", "samesite=lax", "path=/"} <= words
    assert "secure" not in words
    assert cookie_name(secure=True) == "__Host-townsquare"


# rows


def test_sessions_of_two_people_end_apart(database: Database) -> None:
    with database.writing() as db:
        mine, yours = sessions.begin(db, 1, STAFF, NOON), sessions.begin(db, 2, STAFF, NOON)
    with database.writing() as db:
        sessions.end_all(db, 1)
    with database.reading() as db:
        assert sessions.find(db, mine, NOON) is None
        found = sessions.find(db, yours, NOON)
        assert found is not None
        assert found.holder_id == 2
    with database.writing() as db:
        sessions.end(db, yours)
        assert sessions.find(db, yours, NOON) is None


def test_old_sessions_are_swept_away_and_living_ones_are_not(database: Database) -> None:
    short, long = Lifetime(MINUTE, MINUTE), Lifetime(MINUTE, timedelta(days=30))
    with database.writing() as db:
        sessions.begin(db, 1, short, NOON)
        living = sessions.begin(db, 1, long, NOON)
    with database.writing() as db:
        assert sessions.forget_ended(db, NOON + MINUTE) == 0, "what its holder still sends is not lost"
        assert sessions.forget_ended(db, NOON + MINUTE + sessions.LAPSED_FOR) == 1
    with database.writing() as db:
        assert sessions.find(db, living, NOON) is not None
        sessions.end_all(db, 1)


@pytest.mark.parametrize(
    ("lifetime", "idle", "most"),
    [(STAFF, timedelta(minutes=30), timedelta(hours=12)), (CITIZEN, timedelta(hours=24), timedelta(days=30))],
    ids=["staff", "citizen"],
)
def test_a_session_lives_as_long_as_was_promised(
    database: Database, lifetime: Lifetime, idle: timedelta, most: timedelta
) -> None:
    """Used just in time again and again, and ended by its age all the same."""
    instant = timedelta(microseconds=1)
    with database.writing() as db:
        token, now = sessions.begin(db, 7, lifetime, NOON), NOON
        while now + idle < NOON + most:
            now += idle - instant
            found = sessions.find(db, token, now)
            assert found is not None
            assert sessions.find(db, token, now + instant) is None, "unused for so long"
            sessions.seen(db, found, now)
            db.expire_all()
        assert sessions.find(db, token, NOON + most - instant) is not None
        assert sessions.find(db, token, NOON + most) is None
        sessions.end_all(db, 7)


def test_sockets_can_ask_which_of_their_sessions_still_live(database: Database) -> None:
    with database.writing() as db:
        ended, idle, living = (sessions.begin(db, n, STAFF, NOON) for n in (1, 2, 3))
        sessions.end(db, ended)
        found = sessions.find(db, living, NOON)
        assert found is not None
        sessions.seen(db, found, NOON + 20 * MINUTE)
    asked = [sessions.digest(token) for token in (ended, idle, living)] + [bytes([n % 256] * 32) for n in range(1200)]
    with database.writing() as db:
        assert sessions.alive(db, asked, NOON + 35 * MINUTE) == {sessions.digest(living)}
        assert sessions.alive(db, [], NOON) == set()
        sessions.end_everyones(db)


def test_a_session_that_ran_out_is_remembered_for_a_day_and_one_that_was_ended_is_not(database: Database) -> None:
    with database.writing() as db:
        ran_out, ended = sessions.begin(db, 1, STAFF, NOON), sessions.begin(db, 1, STAFF, NOON)
        sessions.end(db, ended)
        over = NOON + STAFF.idle
        assert sessions.find_lapsed(db, ran_out, over - timedelta(seconds=1)) is None, "it lives"
        assert sessions.find(db, ran_out, over) is None
        assert sessions.find_lapsed(db, ran_out, over) is not None
        assert sessions.find_lapsed(db, ran_out, over + sessions.LAPSED_FOR) is None
        assert sessions.find_lapsed(db, ended, over) is None
        sessions.end_all(db, 1)
