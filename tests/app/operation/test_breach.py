"""The day of a breach: sessions end but one's own, and nothing that was mailed out opens anything any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.model import Account, PasswordLink
from app.accounts.service import account_of_link, inviting
from app.accounts.service.passwords import LinkUsed
from app.audit.model import AuditEntry
from app.core.security import generations, sessions
from app.core.security.keys import CannotUnseal, Keys
from app.core.security.sessions import SignedIn
from app.mail.render import letter_named, message_name
from app.operation import breach
from app.operation.breach import Whom
from petitions.mails import CONFIRM, UNSUBSCRIBE
from tests.people import SAM
from tests.site import ADMINISTRATOR, MODERATOR, Town, path_in

SECRET = "a secret of the town, long enough for anybody"


def citizen(town: Town, address: str) -> int:
    def make(db) -> int:
        account = Account(email=address, name="Citizen", role="citizen", created_at=town.now)
        db.add(account)
        db.flush()
        return account.id

    return town.database.retrying(make)


def signed_in(town: Town, account: int, lifetime=sessions.STAFF) -> str:
    return town.database.retrying(lambda db: sessions.begin(db, account, lifetime, town.now))


def rotate(town: Town) -> None:
    ada = town.staff(ADMINISTRATOR, "administrator")
    voids = town.site.at_rotation
    town.database.retrying(lambda db: breach.rotate_keys(db, town.keys, voids, reason="A drill", by=ada, now=town.now))


@pytest.mark.parametrize(
    ("whom", "left"),
    [(Whom.EVERYONE, {"ada"}), (Whom.STAFF, {"ada", "sam"}), (Whom.CITIZENS, {"ada", "maureen", "ada elsewhere"})],
)
def test_sessions_end_but_the_one_that_presses(town: Town, whom: Whom, left: set[str]) -> None:
    ada, maureen = town.staff(ADMINISTRATOR, "administrator"), town.staff(MODERATOR, "moderator")
    tokens = {
        "ada": signed_in(town, ada),
        "ada elsewhere": signed_in(town, ada),
        "maureen": signed_in(town, maureen),
        "sam": signed_in(town, citizen(town, "sam@example.org"), sessions.CITIZEN),
    }
    own = sessions.digest(tokens["ada"])
    ended = town.database.retrying(
        lambda db: breach.end_sessions(db, whom, spare=own, reason="A drill", by=ada, now=town.now)
    )
    with town.database.reading() as db:
        living = {name for name, token in tokens.items() if sessions.find(db, token, town.now) is not None}
        entry = db.scalars(select(AuditEntry).where(AuditEntry.act == "operation.end-sessions")).one()
    assert living == left
    assert ended == len(tokens) - len(left)
    assert entry.facts == {"whom": str(whom), "ended": ended, "reason": "A drill"}


def test_who_is_signed_in_is_counted_by_whose_they_are(town: Town) -> None:
    ada = town.staff(ADMINISTRATOR, "administrator")
    signed_in(town, ada)
    signed_in(town, citizen(town, "sam@example.org"), sessions.CITIZEN)
    town.clock.advance(timedelta(hours=1))
    signed_in(town, ada)
    with town.database.reading() as db:
        assert breach.count_sessions(db, town.now) == {Whom.EVERYONE: 2, Whom.STAFF: 1, Whom.CITIZENS: 1}
        assert len(db.scalars(select(SignedIn)).all()) == 3


def test_what_passes_is_void_after_a_rotation_and_what_lasts_stays() -> None:
    keys = Keys(SECRET)
    token, lasting = keys.token(CONFIRM, 7), keys.token(UNSUBSCRIBE, 7, lasting=True)
    cookie, stored = keys.seal({"a": "b"}, b"row", passing=True), keys.seal({"a": "b"}, b"row")
    digest, named = keys.digest("mailbox", b"sam"), f"{message_name(keys, 7)}@example.org"
    keys.turn(b"n" * 32)
    assert keys.read_token(CONFIRM, token) is None
    assert keys.read_token(UNSUBSCRIBE, lasting, lasting=True) == 7
    assert letter_named(keys, named) is None
    with pytest.raises(CannotUnseal):
        keys.unseal(cookie, b"row", passing=True)
    assert keys.unseal(stored, b"row") == {"a": "b"}
    assert keys.digest("mailbox", b"sam") == digest
    assert keys.read_token(CONFIRM, keys.token(CONFIRM, 7)) == 7
    assert keys.unseal(keys.seal({"a": "b"}, b"row", passing=True), b"row", passing=True) == {"a": "b"}


def test_two_generations_have_nothing_in_common() -> None:
    one, two = Keys(SECRET, b"1" * 32), Keys(SECRET, b"2" * 32)
    assert one.token(CONFIRM, 7) != two.token(CONFIRM, 7)
    assert two.read_token(CONFIRM, one.token(CONFIRM, 7)) is None
    assert one.turned(b"2" * 32).token(CONFIRM, 7) == two.token(CONFIRM, 7)
    assert one.generation == b"1" * 32, "looking ahead turns nothing"


def test_ada_rotates_the_keys_and_every_process_learns_of_it(town: Town) -> None:
    elsewhere = Keys(town.settings.secret_key)
    token = town.keys.token(CONFIRM, 7)
    rotate(town)
    assert town.keys.read_token(CONFIRM, token) is None
    with town.database.reading() as db:
        breach.turn_to_newest(elsewhere, db)
        assert len(generations.newest_salt(db)) == 32
    assert elsewhere.token(CONFIRM, 7) == town.keys.token(CONFIRM, 7)


def test_a_rotation_that_is_not_stored_turns_nothing(town: Town) -> None:
    ada, before = town.staff(ADMINISTRATOR, "administrator"), town.keys.token(CONFIRM, 7)

    def fails(db) -> None:
        breach.rotate_keys(db, town.keys, town.site.at_rotation, reason="A drill", by=ada, now=town.now)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        town.database.retrying(fails)
    assert town.keys.token(CONFIRM, 7) == before


def test_a_letter_that_waits_carries_a_link_that_works(town: Town) -> None:
    """The confirmation was asked for before the rotation and leaves after it."""
    petition = town.open_petition()
    (left,) = town.request(petition, SAM.but(name="Lee Early", email="lee@example.org"))
    town.deliver()
    early = town.letters.link("lee@example.org")
    (waiting,) = town.request(petition, SAM)
    rotate(town)
    town.deliver()
    late = town.letters.link(SAM)
    assert early != town.confirm_link(left)
    assert late == town.confirm_link(waiting)
    assert town.keys.read_token(CONFIRM, early.rpartition("/")[2]) is None


def test_invitations_that_left_are_void_and_those_that_wait_are_not(town: Town) -> None:
    maureen, ada = town.staff(MODERATOR, "moderator"), town.staff(ADMINISTRATOR, "administrator")

    def invite(account: int) -> None:
        town.database.retrying(
            lambda db: inviting.invite(db, town.keys, db.get_one(Account, account), by=ada, now=town.now)
        )

    invite(maureen)
    left = path_in(town.deliver().last_to(MODERATOR)).rpartition("/")[2]
    invite(ada)
    rotate(town)
    waited = path_in(town.deliver().last_to(ADMINISTRATOR)).rpartition("/")[2]
    with town.database.reading() as db:
        assert account_of_link(db, waited, town.now).id == ada
        assert len(db.scalars(select(PasswordLink)).all()) == 1
        with pytest.raises(LinkUsed):
            account_of_link(db, left, town.now)
