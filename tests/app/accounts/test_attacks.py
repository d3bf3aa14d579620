"""Attacks on accounts that worked once: what somebody does, and what becomes of it now."""

from __future__ import annotations

import threading
import unicodedata
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete

from app.accounts import joining, links
from app.accounts.joining import Wish
from app.accounts.links import MOST_AN_HOUR, Purpose
from app.accounts.model import Account, Attempts, MailedLink
from app.accounts.rules import passwords as rules
from app.accounts.rules.names import check_shown_name
from app.accounts.service import set_password, signing_in
from app.accounts.stepping_up import PROOFS
from app.core.errors import BadField, Conflict, Unavailable
from app.core.people.addresses import read_address
from app.core.security import passwords as hashing
from app.core.security import sessions
from app.core.security.limits import OwnWindows
from app.core.security.passwords import Passwords
from app.core.security.sessions import UNKNOWN, SignedIn
from app.mail.service import MAILBOX_A_DAY
from tests.app.accounts.desk import give_password, with_factor
from tests.app.accounts.test_step_up import AGAIN, stale
from tests.site import RunningSite, Town

OTHER = "another few random words"


@pytest.fixture
def quiet(strict: RunningSite) -> RunningSite:
    """The strict site, before anybody has tried anything: the tests of a file share one network."""
    strict.house.limits._windows = OwnWindows()
    with strict.town.database.writing() as db:
        db.execute(delete(Attempts))
    return strict


def member(site: RunningSite | Town, email: str) -> int:
    """A citizen who signs in with a password."""
    town = site.town if isinstance(site, RunningSite) else site
    number = town.staff(email, "moderator")
    town.sql("UPDATE accounts_account SET role = 'citizen' WHERE id = :id", id=number)
    return number


def during(monkeypatch: pytest.MonkeyPatch, site: RunningSite, act: Any) -> None:
    """Do this while the next password is being checked, which takes a while."""
    check = site.house.passwords.check

    def slowly(stored: str | None, password: str) -> bool:
        monkeypatch.setattr(site.house.passwords, "check", check)
        found = check(stored, password)
        act()
        return found

    monkeypatch.setattr(site.house.passwords, "check", slowly)


def change_password(site: RunningSite, number: int) -> None:
    with site.town.database.writing() as db:
        set_password(db, db.get_one(Account, number), OTHER, site.house.passwords, now=site.town.now)


def living(site: RunningSite, number: int) -> list[SignedIn]:
    with site.town.database.reading() as db:
        return list(sessions.of_holder(db, number, site.town.now))


# what one form costs everybody else


def test_a_password_of_many_thousand_accents_is_not_sorted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign-in form of the usual size held up every other request for most of a second."""
    lengths: list[int] = []

    def normalize(form: Any, text: str) -> str:
        lengths.append(len(text))
        return unicodedata.normalize(form, text)

    monkeypatch.setattr(hashing, "unicodedata", SimpleNamespace(normalize=normalize))
    passwords = Passwords(1)
    stored = passwords.hash("e\u0301" * 20)
    assert not passwords.check(stored, "a" + "\u0301\u0327" * 16_000)
    assert passwords.check(stored, "\u00e9" * 20)
    assert max(lengths) <= 1_024


@pytest.mark.parametrize("signs", ["4@8({[<369!1|0$5+7%2", "4@({[<69$5!1|+7", "|71!+5$a96"])
def test_a_password_of_many_signs_that_look_like_letters_has_few_readings(signs: str) -> None:
    """One took three seconds to judge: a member who sent some at once stopped the site."""
    from zxcvbn import matching

    judged = rules._judged((signs * 16)[:256])
    readings = matching.enumerate_l33t_subs(matching.relevant_l33t_subtable(judged, matching.L33T_TABLE))
    assert len(readings) < 100
    rules.check(signs[:6] + "three random words", [])


def test_a_member_who_proves_again_and_again_leaves_the_hashing_to_others(quiet: RunningSite) -> None:
    member(quiet, "petra@example.org")
    with quiet.client() as client:
        give_password(client, "petra@example.org")
        answers = [client.post("/confirm-it-is-you", data=AGAIN).status_code for _ in range(PROOFS.most + 1)]
        assert answers == [303] * PROOFS.most + [429]
        changed = client.post("/account/password", data={"password": OTHER, "again": OTHER})
        assert changed.status_code == 429
        assert client.get("/account").status_code == 200


# keeping the owner out


def letters_with_link(site: RunningSite, email: str) -> int:
    site.town.deliver()
    return sum("/sign-in/link/" in letter.get_content() for letter in site.town.letters.to(email))


def test_letters_of_another_kind_do_not_use_up_those_that_sign_the_owner_in(quiet: RunningSite) -> None:
    """Somebody asks for what was signed with his address until it gets no more, and guesses his password meanwhile."""
    member(quiet, "quentin@example.org")
    with quiet.client() as stranger, quiet.client() as new_browser:
        for _ in range(MOST_AN_HOUR + 1):
            assert stranger.post("/mine", data={"email": "quentin@example.org"}).status_code == 303
        assert new_browser.post("/sign-in/link", data={"email": "quentin@example.org"}).status_code == 303
    assert letters_with_link(quiet, "quentin@example.org") == 1


def test_nor_does_a_day_full_of_letters(town: Town) -> None:
    number = member(town, "rosa@example.org")
    rosa = read_address("rosa@example.org")
    with town.database.writing() as db:
        for _ in range(MAILBOX_A_DAY + 5):
            links.write(db, town.keys, Purpose.MINE, "accounts/mail/mine", rosa, town.now, always=True)
        for _ in range(MOST_AN_HOUR):
            joining.ask_to_sign_in(db, town.keys, Wish(rosa, ""), town.now)
    found = [link for link in town.rows(MailedLink) if link.account_id == number]
    assert len(found) == 1, "one that works is enough: nobody floods her mailbox either"


# who comes a moment too late


def test_a_session_that_was_ended_is_not_brought_back_by_confirming(
    quiet: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sam ends all his sessions while a thief, who has one of them and the password, confirms that it is Sam."""
    number = member(quiet, "sam@example.org")

    def end_all() -> None:
        with quiet.town.database.writing() as db:
            sessions.end_all(db, number)

    with quiet.client() as thief:
        give_password(thief, "sam@example.org")
        stale(quiet, thief)
        during(monkeypatch, quiet, end_all)
        answer = thief.post("/confirm-it-is-you", data=AGAIN)
        assert "set-cookie" not in answer.headers
    assert living(quiet, number) == []


def test_a_session_that_is_being_renewed_ends_with_all_others(town: Town) -> None:
    """Sam changes his password while the thief's new session is being stored."""
    number, now, passwords = member(town, "simon@example.org"), town.now, Passwords(1)
    with town.database.writing() as db:
        begun = signing_in.begin(db, db.get_one(Account, number), now, browser=UNKNOWN)

    def change() -> None:
        with town.database.writing() as db:
            set_password(db, db.get_one(Account, number), OTHER, passwords, now=now)

    owner = threading.Thread(target=change)
    with town.database.writing() as db:
        old = sessions.digest(begun.token)
        assert signing_in.renew(db, db.get_one(Account, number), old, now, browser=UNKNOWN, strong=False)
        db.flush()
        owner.start()
        owner.join(0.5)  # as far as it gets
    owner.join()
    assert town.rows(SignedIn, SignedIn.holder_id == number) == []


def test_the_old_password_signs_nobody_in_that_is_changed_while_it_is_checked(
    quiet: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = member(quiet, "tara@example.org")
    during(monkeypatch, quiet, lambda: change_password(quiet, number))
    with quiet.client() as thief:
        answer = give_password(thief, "tara@example.org")
        assert answer.status_code == 422
        assert "set-cookie" not in answer.headers
        assert living(quiet, number) == []
        assert give_password(thief, "tara@example.org", OTHER).status_code == 303


def test_nor_one_that_is_changed_just_before_the_session_begins(town: Town) -> None:
    number = member(town, "uma@example.org")
    with town.database.reading() as db:
        proven = db.get_one(Account, number)
    town.sql("UPDATE accounts_account SET password_hash = 'another' WHERE id = :id", id=number)
    with pytest.raises(Conflict), town.database.writing() as db:
        signing_in.begin(db, proven, town.now, browser=UNKNOWN)
    assert town.rows(SignedIn, SignedIn.holder_id == number) == []


def test_an_account_that_is_shut_meanwhile_gets_no_session(quiet: RunningSite, monkeypatch: pytest.MonkeyPatch) -> None:
    number = member(quiet, "vera@example.org")
    shut = "UPDATE accounts_account SET disabled_at = :now WHERE id = :id"
    during(monkeypatch, quiet, lambda: quiet.town.sql(shut, id=number, now="2026-01-01 00:00:00.000000+00:00"))
    with quiet.client() as vera:
        assert give_password(vera, "vera@example.org").status_code in (409, 422)
    assert quiet.town.rows(SignedIn, SignedIn.holder_id == number) == []


def test_confirming_while_the_site_is_too_busy_to_hash_counts_as_no_failure(
    quiet: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of strangers' sign-ins made whoever was at work wait longer and longer."""
    member(quiet, "will@example.org")

    def busy(_stored: str | None, _password: str) -> bool:
        raise Unavailable

    with quiet.client() as will:
        give_password(will, "will@example.org")
        with monkeypatch.context() as flood:
            flood.setattr(quiet.house.passwords, "check", busy)
            answers = {will.post("/confirm-it-is-you", data=AGAIN).status_code for _ in range(7)}
            assert answers == {503}
        assert will.post("/confirm-it-is-you", data=AGAIN).status_code == 303


# a desk that nobody sits at


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(quiet: RunningSite) -> None:
    """On a busy day the open queue asked for news so often that an empty chair stayed signed in for twelve hours."""
    with with_factor(quiet, "xenia@example.org") as (desk, _phone):
        begun = sessions.digest(desk.cookies["townsquare"])

        def last_seen() -> datetime:
            found: datetime = quiet.town.rows(SignedIn, SignedIn.id == begun)[0].last_seen_at
            return found

        before = last_seen()
        quiet.town.clock.advance(timedelta(minutes=20))
        news = desk.get("/moderation/now", headers={"sec-fetch-mode": "cors"})
        assert (news.status_code, last_seen()) == (200, before)
        assert desk.get("/moderation", headers={"sec-fetch-mode": "navigate"}).status_code == 200
        assert last_seen() == quiet.town.now
        quiet.town.clock.advance(timedelta(minutes=31))
        assert desk.get("/moderation/now", headers={"sec-fetch-mode": "cors"}).status_code != 200


# whose office a name pretends


@pytest.mark.parametrize("name", ["ᴍᴏᴅᴇʀᴀᴛᴏʀ", "ᴀᴅᴍɪɴ", "Cᴏᴜɴᴛʏ ᴀᴅᴍɪɴ", "ꓮꓓꓟꓲꓠ", "ꓢꓔꓮꓝꓝ", "Tᴏᴡɴ Sꞯᴜᴀʀᴇ"])
def test_letters_drawn_like_latin_capitals_are_read_as_these(name: str) -> None:
    with pytest.raises(BadField):
        check_shown_name(name, ["Town Square"])


def test_a_name_in_small_capitals_of_its_own_is_a_name() -> None:
    assert check_shown_name("ᴊᴀɴᴇ ᴅᴏᴇ") == "ᴊᴀɴᴇ ᴅᴏᴇ"
