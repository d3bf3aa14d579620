"""Each line of verify sees its fault."""

from __future__ import annotations

import pytest

from tests.app.following.readers import MAYA, Readers
from tests.app.following.test_digests import correct, followed

FAULTS = {
    "following: follows have a confirmed follower": "UPDATE following_follower SET confirmed_at = NULL",
    "following: happenings bear the tag of their subject": "DELETE FROM following_happening_tag WHERE kind = 'petition'",
    "following: tags point at happenings": "UPDATE following_happening SET at = '2026-01-01 00:00:00+00'",
    "following: sealed addresses open and fit their mailbox": "UPDATE following_follower SET sealed = mailbox",
    "following: digests go to confirmed mailboxes": "UPDATE following_follower SET confirmed_at = NULL",
}


@pytest.mark.parametrize("line", FAULTS)
def test_verify_sees(readers: Readers, line: str):
    petition = followed(readers, MAYA)
    correct(readers.town, petition)
    readers.morning()
    assert readers.town.broken() == {}
    readers.town.sql(FAULTS[line])
    assert line in readers.town.broken()
