"""Following with an address: a letter, a button, and the same answer to whoever asks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.model import Account
from app.following.service import asking
from app.following.service.asking import FollowLinkOver, FollowsTooMuch, NothingToFollow
from app.mail import service as mail
from app.mail.mailbox import mailbox_key
from tests.app.following.readers import MAYA, Readers
from tests.people import BOB, SAM

CONFIRM, ALREADY = "Confirm what you want to follow", "You follow this already"


def test_maya_gets_a_letter_and_follows_once_she_presses_the_button(readers: Readers):
    town, petition = readers.town, readers.town.open_petition()
    readers.ask(MAYA, "petition", petition, "weekly")
    letter = town.deliver().last_to(MAYA)
    assert str(letter["Subject"]) == CONFIRM
    assert "Open the town library on Sundays" in letter.get_content()
    assert readers.confirm_link(MAYA) in letter.get_content()
    assert (readers.follower(MAYA).confirmed_at, readers.follower(MAYA).period) == (None, "daily")
    readers.confirm(readers.follows(MAYA)[0].id)
    assert (readers.follower(MAYA).confirmed_at, readers.follower(MAYA).period) == (town.now, "weekly")
    assert town.broken() == {}


def test_pressing_twice_is_as_once(readers: Readers):
    follow = readers.follow(MAYA, "petition", readers.town.open_petition())
    readers.town.clock.advance(timedelta(days=9))
    readers.confirm(follow.id)
    assert readers.follows(MAYA) == [follow] or readers.follows(MAYA)[0].confirmed_at == follow.confirmed_at


def test_her_address_is_sealed_and_nowhere_else(readers: Readers):
    readers.follow(MAYA, "petition", readers.town.open_petition())
    follower = readers.follower(MAYA)
    assert b"maya" not in (follower.sealed or b"") + (follower.mailbox or b"")
    assert "maya" not in str([letter.facts for letter in readers.town.queued("following/mail/confirm")])


def test_the_letter_of_a_search_carries_no_word_of_whoever_typed_it(readers: Readers):
    readers.town.open_petition()
    readers.ask(MAYA, "search", "q=Buy+gold+at+gold.example")
    letter = readers.town.deliver().last_to(MAYA).get_content()
    assert "gold" not in letter
    assert "a search" in letter


def test_whoever_follows_already_is_told_so_once_an_hour(readers: Readers):
    petition = readers.town.open_petition()
    readers.follow(MAYA, "petition", petition)
    for _again in range(3):
        readers.ask(MAYA, "petition", petition)
    assert readers.town.deliver().subjects(MAYA) == []  # the first was confirmed before it left
    readers.town.clock.advance(timedelta(hours=2))
    for _again in range(3):
        readers.ask(MAYA, "petition", petition)
    assert readers.town.deliver().subjects(MAYA).count(ALREADY) == 1


def test_five_letters_for_one_thing_and_then_no_more(readers: Readers):
    petition = readers.town.open_petition()
    for _again in range(8):
        readers.ask(MAYA, "petition", petition)
    assert len(readers.town.queued("following/mail/confirm")) == 5


def test_a_mailbox_that_got_twenty_letters_today_gets_none_and_nothing_is_stored(readers: Readers):
    town, petition = readers.town, readers.town.open_petition()
    box = mailbox_key(town.keys, MAYA.address)
    town.database.retrying(lambda db: mail.count_letters(db, {box: 20}, town.now))
    readers.ask(MAYA, "petition", petition)
    assert town.queued("following/mail/confirm") == []
    with pytest.raises(IndexError):
        readers.follower(MAYA)


def test_a_strangers_wish_for_another_period_waits_for_the_button(readers: Readers):
    first, second = readers.town.open_petition(), readers.town.open_petition()
    readers.follow(MAYA, "petition", first)
    readers.ask(MAYA, "petition", second, "weekly")
    assert readers.follower(MAYA).period == "daily"
    readers.confirm(readers.follows(MAYA)[-1].id)
    assert readers.follower(MAYA).period == "weekly"


def test_a_letter_that_is_a_week_old_confirms_nothing_and_is_forgotten(readers: Readers):
    readers.ask(MAYA, "petition", readers.town.open_petition())
    follow = readers.follows(MAYA)[0]
    readers.town.deliver()
    readers.town.clock.advance(timedelta(days=7))
    with pytest.raises(FollowLinkOver):
        readers.confirm(follow.id)
    readers.town.work()
    with pytest.raises(IndexError):
        readers.follower(MAYA)
    with pytest.raises(FollowLinkOver):
        readers.confirm(follow.id)
    assert readers.town.broken() == {}


def test_asking_again_gives_the_link_another_week(readers: Readers):
    petition = readers.town.open_petition()
    readers.ask(MAYA, "petition", petition)
    readers.town.clock.advance(timedelta(days=6))
    readers.ask(MAYA, "petition", petition)
    readers.town.clock.advance(timedelta(days=6))
    readers.confirm(readers.follows(MAYA)[0].id)
    assert readers.follower(MAYA).confirmed_at == readers.town.now


def test_every_spelling_of_a_mailbox_is_one_follower(readers: Readers):
    first, second = readers.town.open_petition(), readers.town.open_petition()
    readers.follow(BOB, "petition", first)
    readers.follow(BOB.but(email="BobJones+news@googlemail.com"), "petition", second)
    assert len(readers.follows(BOB)) == 2


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("petition", "99"),
        ("petition", "x"),
        ("petition", ""),
        ("topic", "owls"),
        ("department", "nowhere"),
        ("search", "topic=owls"),
        ("search", "state=rejected"),
        ("moon", "1"),
    ],
)
def test_what_is_not_there_cannot_be_followed(sqlite_readers: Readers, kind: str, key: str):
    with pytest.raises(NothingToFollow):
        sqlite_readers.wish(kind, key)


def test_what_nobody_may_read_yet_cannot_be_followed(sqlite_readers: Readers):
    petition = sqlite_readers.town.start()
    with pytest.raises(NothingToFollow):
        sqlite_readers.wish("petition", petition)


def test_one_search_has_one_key_whatever_its_order_and_page(sqlite_readers: Readers):
    sqlite_readers.town.department("parks")
    spelt = sqlite_readers.wish("search", "?page=3&department=parks&sort=recent&q=++Owls+at+night&state=all").key
    assert spelt == "q=Owls+at+night&state=all&department=parks"
    assert sqlite_readers.wish("search", "state=open").key == ""
    assert sqlite_readers.wish("petition", f"0{sqlite_readers.town.open_petition()}").key.isdigit()


def test_nobody_follows_more_than_a_digest_can_hold(readers: Readers, monkeypatch: pytest.MonkeyPatch):
    object.__setattr__(readers.policy, "most", 2)
    petitions = [readers.town.open_petition() for _ in range(3)]
    for petition in petitions[:2]:
        readers.follow(MAYA, "petition", petition)
    with pytest.raises(FollowsTooMuch):
        readers.follow(MAYA, "petition", petitions[2])
    assert len([f for f in readers.follows(MAYA) if f.confirmed_at]) == 2


class TestMembers:
    def test_a_member_follows_at_once_without_a_letter(self, readers: Readers):
        petition, maya = readers.town.open_petition(), readers.member(MAYA)
        readers.town.deliver()
        found = readers.follow_as(maya, "petition", petition, "weekly")
        assert found.confirmed_at == readers.town.now
        assert readers.town.deliver().to(MAYA) == []
        assert readers.town.broken() == {}

    def test_what_was_followed_before_the_account_goes_on_with_its_old_links(self, readers: Readers):
        first, second = readers.town.open_petition(), readers.town.open_petition()
        before = readers.follow(MAYA, "petition", first)
        found = readers.follow_as(readers.member(MAYA), "petition", second)
        assert found.follower_id == before.follower_id
        assert readers.town.broken() == {}

    def test_her_address_typed_without_signing_in_waits_for_a_letter_to_her_account(self, readers: Readers):
        petition, maya = readers.town.open_petition(), readers.member(MAYA)
        readers.ask(MAYA, "petition", petition)
        readers.follow_as(maya, "department", "parks")
        assert readers.town.deliver().subjects(MAYA) == [CONFIRM]
        follows = {f.kind: f for f in readers.town.rows(asking.Follow)}
        assert follows["petition"].follower_id == follows["department"].follower_id
        assert follows["petition"].confirmed_at is None

    def test_an_account_that_was_never_proven_is_no_short_cut(self, readers: Readers):
        petition = readers.town.open_petition()
        readers.member(SAM)
        readers.town.sql("UPDATE accounts_account SET email_confirmed_at = NULL WHERE email = :e", e=SAM.email)
        readers.ask(SAM, "petition", petition)
        assert readers.follower(SAM).account_id is None

    def test_letters_follow_the_account_to_its_new_address(self, readers: Readers):
        petition, maya = readers.town.open_petition(), readers.member(MAYA)
        readers.follow_as(maya, "petition", petition)
        readers.town.clock.advance(timedelta(minutes=1))
        readers.town.correct(petition, background="They work on Sundays too.")
        readers.town.sql("UPDATE accounts_account SET email = 'new@example.org' WHERE email = :e", e=MAYA.email)
        readers.morning()
        assert (len(readers.digests(MAYA)), len(readers.digests("new@example.org"))) == (0, 1)

    def test_a_closed_account_gets_nothing(self, readers: Readers):
        petition, maya = readers.town.open_petition(), readers.member(MAYA)
        readers.follow_as(maya, "petition", petition)
        readers.town.clock.advance(timedelta(minutes=1))
        readers.town.correct(petition, background="They work on Sundays too.")
        readers.town.sql("UPDATE accounts_account SET disabled_at = created_at WHERE email = :e", e=MAYA.email)
        readers.morning()
        assert readers.digests(MAYA) == []
        assert readers.town.rows(Account, Account.email == MAYA.email)
