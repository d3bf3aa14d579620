"""Somebody guesses passwords: slower and slower, told nothing, and never at the price of the owner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import delete

from app.accounts.model import Account, Attempts
from app.accounts.service import attempts
from app.accounts.service.attempts import Pace, TooSoon
from app.core.errors import Unavailable
from app.core.security import events
from app.core.security.keys import Keys
from app.core.security.limits import OwnWindows
from tests.app.accounts.desk import give_code, give_password, with_factor
from tests.fakes import NOON
from tests.site import PASSWORD, RunningSite, Town

WRONG = "wrong random words"
KEY = attempts.under(Keys("a secret of thirty-two characters"), "test", Pace(3), b"x")


@pytest.fixture(autouse=True)
def forgotten(request: pytest.FixtureRequest) -> None:
    """The tests of this file share one network."""
    for name in {"strict", "sqlite_strict"}.intersection(request.fixturenames):
        site: RunningSite = request.getfixturevalue(name)
        site.house.limits._windows = OwnWindows()
        with site.town.database.writing() as db:
            db.execute(delete(Attempts))


def persist(site: RunningSite, attempt: Callable[[], httpx.Response], wait: int) -> None:
    """A patient guesser, who waits as long as they are told each time, until that is longer than ``wait`` seconds."""
    for _ in range(60):
        answer = attempt()
        if answer.status_code == 429:
            told = int(answer.headers["retry-after"])
            if told > wait:
                return
            site.town.clock.advance(timedelta(seconds=told))
    raise AssertionError("it never took longer")


def guess(client: httpx.Client, email: str, times: int) -> list[int]:
    return [give_password(client, email, WRONG).status_code for _ in range(times)]


def test_the_wait_doubles_up_to_a_quarter_of_an_hour():
    waits = [Pace(3).wait_after(n).total_seconds() for n in range(20)]
    assert waits[:8] == [0, 0, 0, 1, 2, 4, 8, 16]
    assert waits == sorted(waits)
    assert waits[-1] == 900


def test_after_free_tries_each_wait_is_longer_and_a_day_forgets(town: Town):
    def take(now):
        return town.database.retrying(lambda db: attempts.take(db, [KEY], now))

    now, waited = NOON, []
    for _ in range(10):
        try:
            take(now)
        except TooSoon as wait:
            waited.append(wait.retry_after)
            now += timedelta(seconds=wait.retry_after)
            take(now)
    assert waited == sorted(waited)
    assert waited[-1] > 30
    later = now + attempts.FORGOTTEN_AFTER + timedelta(seconds=1)
    for _ in range(3):
        take(later)


def test_a_right_try_counts_for_nothing(town: Town):
    for _ in range(20):
        town.database.retrying(lambda db: attempts.take(db, [KEY], NOON))
        town.database.retrying(lambda db: attempts.give_back(db, [KEY], NOON))
    assert town.rows(Attempts)[0].failures == 0


def test_many_tries_at_the_same_moment_are_not_all_free(town: Town):
    """Two processes, one table: what is counted before it is judged cannot be raced."""
    gate = threading.Barrier(8)

    def attempt(_n: int) -> bool:
        gate.wait()
        try:
            town.database.retrying(lambda db: attempts.take(db, [KEY], NOON))
        except TooSoon:
            return False
        return True

    with ThreadPoolExecutor(8) as crowd:
        let_in = [*crowd.map(attempt, range(8)), *crowd.map(attempt, range(8))]
    assert sum(let_in) == 3


def test_a_guesser_waits_and_hears_the_same_whether_there_is_an_account_or_not(strict: RunningSite):
    strict.town.staff("vic@example.org", "moderator")
    answers = {}
    for email in ("vic@example.org", "nobody-at-all@example.org"):
        with strict.client() as guesser:
            answers[email] = [give_password(guesser, email, WRONG) for _ in range(7)]
    statuses = {email: [a.status_code for a in given] for email, given in answers.items()}
    known, unknown = statuses.values()
    assert known == unknown
    assert statuses["vic@example.org"][-1] == 429
    pages = [given[-1].text.replace(email, "") for email, given in answers.items()]
    assert pages[0] == pages[1]
    assert "retry-after" in answers["vic@example.org"][-1].headers


def test_the_right_password_waits_like_a_wrong_one_while_a_stranger_guesses(strict: RunningSite):
    """Otherwise the wait would tell a guesser who was right."""
    strict.town.staff("wen@example.org", "moderator")
    with strict.client() as guesser:
        guess(guesser, "wen@example.org", 6)
        assert give_password(guesser, "wen@example.org").status_code == 429


def test_the_owners_own_browser_gets_in_in_the_middle_of_it(strict: RunningSite):
    with with_factor(strict, "xan@example.org") as (owner, phone):
        owner.post("/sign-out")
        with strict.client() as guesser:
            persist(strict, lambda: give_password(guesser, "xan@example.org", WRONG), 60)
            assert give_password(owner, "xan@example.org").headers["location"] == "/sign-in/code"
            assert give_code(owner, phone.next_code()).status_code == 303
            assert guess(guesser, "xan@example.org", 1) == [429], "the stranger's waits stay"


def test_a_stolen_device_cookie_gives_no_endless_tries(strict: RunningSite):
    with with_factor(strict, "yan@example.org") as (owner, _), strict.client() as thief:
        thief.cookies.set("townsquare-device", owner.cookies["townsquare-device"], domain="127.0.0.1", path="/")
        assert guess(thief, "yan@example.org", 7)[-1] == 429


def test_another_accounts_device_is_no_way_past_the_wait(strict: RunningSite):
    with with_factor(strict, "zan@example.org") as (insider, _):
        strict.town.staff("abe@example.org", "moderator")
        with strict.client() as guesser:
            guess(guesser, "abe@example.org", 6)
        insider.post("/sign-out")
        assert give_password(insider, "abe@example.org").status_code == 429


def test_one_network_that_tries_many_accounts_is_slowed(strict: RunningSite):
    with strict.client() as stuffer:
        answers = [give_password(stuffer, f"person{n}@example.org", WRONG).status_code for n in range(34)]
    assert answers[:20] == [422] * 20
    assert answers[-1] == 429


def test_wrong_codes_are_slowed_and_told_and_the_owner_still_gets_in(strict: RunningSite):
    """Somebody has the password. The owner comes in by a known browser, or by a recovery code from a new one."""
    with with_factor(strict, "bea@example.org") as (owner, phone), strict.client() as thief:
        give_password(thief, "bea@example.org")
        persist(strict, lambda: give_code(thief, phone.wrong_code), 60)
        assert strict.town.deliver().subjects("bea@example.org").count("Somebody knows your password") == 1
        with strict.client() as new:
            give_password(new, "bea@example.org")
            assert give_code(new, phone.next_code()).status_code == 429, "a code of the app could be guessed"
            assert give_code(new, phone.recovery[0]).status_code == 303, "a recovery code could not"
        owner.post("/sign-out")
        give_password(owner, "bea@example.org")
        assert give_code(owner, phone.next_code()).status_code == 303


def test_a_planted_device_cookie_is_not_taken_over(strict: RunningSite):
    strict.town.staff("cam@example.org", "moderator")
    with strict.client() as client:
        client.cookies.set("townsquare-device", "planted", domain="127.0.0.1", path="/")
        give_password(client, "cam@example.org")
        given = [c.value for c in client.cookies.jar if c.name == "townsquare-device"]
        assert given
        assert "planted" not in given[-1:]


def test_a_wrong_pair_costs_a_hash_whether_there_is_an_account_or_not(sqlite_strict: RunningSite, monkeypatch):
    """Counted, not timed: what takes long is the hash, and each case does exactly one."""
    sqlite_strict.town.staff("dan@example.org", "moderator")
    hasher, done = sqlite_strict.house.passwords._hasher, []
    real = hasher.verify
    monkeypatch.setattr(sqlite_strict.house.passwords, "_hasher", _Counting(hasher, done, real))
    for email in ("dan@example.org", "not-here@example.org", "no address"):
        done.clear()
        with sqlite_strict.client() as client:
            give_password(client, email, WRONG)
        assert len(done) == 1, email


class _Counting:
    def __init__(self, hasher, done, real):
        self.check_needs_rehash, self.hash = hasher.check_needs_rehash, hasher.hash
        self.done, self.real = done, real

    def verify(self, stored, password):
        self.done.append(stored)
        return self.real(stored, password)


def test_a_hash_made_by_older_rules_is_renewed_at_sign_in(site: RunningSite):
    from argon2 import PasswordHasher

    town = site.town
    account = town.staff("old@example.org", "moderator")
    older = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    with town.database.writing() as db:
        db.get_one(Account, account).password_hash = older
    with site.signed_in("old@example.org"):
        stored = town.rows(Account, Account.id == account)[0].password_hash
    assert stored != older
    assert not site.house.passwords.is_outdated(stored)
    with site.signed_in("old@example.org"):
        assert town.rows(Account, Account.id == account)[0].password_hash == stored


def test_the_table_of_attempts_names_nobody(strict: RunningSite):
    with strict.client() as guesser:
        guess(guesser, "named@example.org", 2)
    for row in strict.town.rows(Attempts):
        assert len(row.id) == 32
        assert b"named" not in row.id


def test_a_site_too_busy_to_judge_holds_it_against_nobody(sqlite_strict: RunningSite, monkeypatch):
    def busy(*_given: object) -> bool:
        raise Unavailable(retry_after=3)

    sqlite_strict.town.staff("eve@example.org", "moderator")
    with sqlite_strict.client() as client:
        monkeypatch.setattr(sqlite_strict.house.passwords, "check", busy)
        assert [give_password(client, "eve@example.org").status_code for _ in range(8)] == [503] * 8
        monkeypatch.undo()
        assert give_password(client, "eve@example.org").status_code == 303


def test_wrong_tries_and_shut_doors_stand_in_the_log_without_a_name(
    strict: RunningSite, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO", "townsquare.security")
    events.forget()
    strict.town.staff("nadia@example.org", "moderator")
    with strict.client() as client:
        give_password(client, "nadia@example.org", PASSWORD + "!")
        client.post("/sign-in", data={"email": "x"}, headers={"sec-fetch-site": "cross-site"})
        give_password(client, "nadia@example.org")
        client.get("/admin")
    said = [record.getMessage() for record in caplog.records if record.name == "townsquare.security"]
    assert said == [
        "sign-in: a wrong address or password (times: 1)",
        "a form: sent by another site (times: 1)",
        "a door: front.admin is not for the role moderator (times: 1)",
    ]
