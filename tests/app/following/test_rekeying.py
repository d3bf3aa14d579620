"""Followers under a new secret of the site."""

from __future__ import annotations

from app.core.security.keys import Keys
from app.following.rekeying import FollowingRekeyer
from tests.app.following.readers import MAYA, Readers
from tests.app.following.test_digests import followed
from tests.people import SAM


def test_addresses_move_to_the_new_secret_and_stay_whole(readers: Readers):
    followed(readers, MAYA, SAM)
    old, new, moving = readers.town.keys, Keys("another secret of the same town, long enough"), FollowingRekeyer()
    done = readers.town.database.retrying(lambda db: moving.step(db, old, new, 0))
    assert (done.moved, done.unknown, done.is_last) == (2, 0, True)
    with readers.town.database.reading() as db:
        assert list(moving.unreadable(db, new)) == []
        assert len(list(moving.unreadable(db, old))) == 2
    again = readers.town.database.retrying(lambda db: moving.step(db, old, new, 0))
    assert (again.moved, again.unknown) == (0, 2)
