"""What stands on top of every page: read once a second, and never from before a change that a page must show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.core.db import Database
from app.front.notices import Notices
from tests.fakes import FixedClock

SITE = frozenset({"site"})


class Said:
    """A room's source that counts who asks; ``during`` happens while somebody reads."""

    def __init__(self) -> None:
        self.text, self.asked = "Back on Monday.", 0
        self.during: Any = lambda: None

    def __call__(self, _db: object, _now: datetime) -> Iterator[str]:
        self.asked += 1
        yield self.text
        self.during()


def test_many_pages_ask_once(sqlite_database: Database):
    said = Said()
    notices = Notices(sqlite_database, [said], FixedClock())
    assert [notices.now() for _ in range(5)] == [("Back on Monday.",)] * 5
    assert said.asked == 1


def test_a_change_is_seen_by_the_next_page(sqlite_database: Database):
    said = Said()
    notices = Notices(sqlite_database, [said], FixedClock())
    notices.now()
    said.text = "Back on Tuesday."
    notices.forget(frozenset({"petition:1"}))
    assert notices.now() == ("Back on Monday.",)  # another page's matter
    notices.forget(SITE)
    assert notices.now() == notices.said == ("Back on Tuesday.",)


def test_what_was_read_while_it_changed_is_not_remembered(sqlite_database: Database):
    said = Said()
    notices = Notices(sqlite_database, [said], FixedClock())
    said.during = lambda: notices.forget(SITE)
    notices.now()
    said.during, said.text = lambda: None, "Back on Tuesday."
    assert notices.now() == ("Back on Tuesday.",)


def test_without_a_source_nobody_asks_the_database():
    notices = Notices(None, [], FixedClock())  # type: ignore[arg-type]
    assert notices.now() == ()
