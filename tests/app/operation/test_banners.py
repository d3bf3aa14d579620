"""Notices to everyone: seen from their first minute to their last, told to pages that are kept ready."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.audit.model import AuditEntry
from app.core import freshness
from app.core.errors import BadField, Invalid, NotFound
from app.core.freshness import SITE
from app.operation import banners
from app.operation.banners import BannerText
from app.operation.rules import Level, read_instant, read_reason, read_words
from tests.site import ADMINISTRATOR, Town

DAY = timedelta(days=1)
WORDS = "Letters are slower than usual today."


def text(town: Town, *, words: str = WORDS, level: Level = Level.IMPORTANT, after: int = 0, ends: int | None = None):
    starts = town.now + after * DAY
    return BannerText(words, level, starts, town.now + ends * DAY if ends is not None else None)


def put_up(town: Town, **what) -> int:
    ada = town.staff(ADMINISTRATOR, "administrator")
    return town.database.retrying(
        lambda db: banners.add(db, text(town, **what), reason="The mail is slow", by=ada, now=town.now).id
    )


def seen(town: Town) -> list[tuple[str, str]]:
    with town.database.reading() as db:
        return [(str(words), words.level) for words in banners.said(db, town.now)]


def told(town: Town) -> int:
    with town.database.reading() as db:
        return freshness.versions(db, [SITE]).get(SITE, 0)


def tell(town: Town) -> None:
    town.database.retrying(lambda db: banners.tell_pages(db, town.now))


def test_a_notice_is_seen_from_its_beginning_to_its_end(town: Town) -> None:
    put_up(town, after=1, ends=3, level=Level.URGENT)
    assert seen(town) == []
    town.clock.advance(DAY)
    assert seen(town) == [(WORDS, "urgent")]
    town.clock.advance(2 * DAY)
    assert seen(town) == []


def test_pages_that_are_kept_ready_learn_of_both(town: Town) -> None:
    put_up(town, after=1, ends=3)
    before = told(town)
    tell(town)
    assert told(town) == before, "nothing begins yet"
    town.clock.advance(DAY)
    tell(town), tell(town)
    assert told(town) == before + 1
    town.clock.advance(2 * DAY)
    tell(town), tell(town)
    assert told(town) == before + 2


def test_ada_takes_a_notice_down_and_puts_it_back(town: Town) -> None:
    banner, ada = put_up(town), town.staff(ADMINISTRATOR, "administrator")
    said = {"reason": "It was wrong", "by": ada, "now": town.now}
    town.database.retrying(lambda db: banners.take_down(db, banner, **said))
    assert seen(town) == []
    town.database.retrying(lambda db: banners.take_down(db, banner, **said))
    town.database.retrying(lambda db: banners.put_back(db, banner, **said))
    assert seen(town) == [(WORDS, "important")]
    with town.database.reading() as db:
        acts = db.scalars(select(AuditEntry.act).where(AuditEntry.subject_kind == "banner").order_by(AuditEntry.id))
        assert list(acts) == ["operation.banner-add", "operation.banner-take-down", "operation.banner-put-back"]


def test_other_words_are_seen_at_once(town: Town) -> None:
    banner, ada = put_up(town), town.staff(ADMINISTRATOR, "administrator")
    before = told(town)
    changed = text(town, words="Letters are on time again.", level=Level.INFORMATION, ends=1)
    town.database.retrying(lambda db: banners.change(db, banner, changed, reason="Mended", by=ada, now=town.now))
    assert seen(town) == [("Letters are on time again.", "information")]
    assert told(town) == before + 1


def test_a_notice_that_was_over_begins_again_when_its_end_is_moved(town: Town) -> None:
    banner, ada = put_up(town, ends=1), town.staff(ADMINISTRATOR, "administrator")
    town.clock.advance(2 * DAY)
    tell(town)
    longer = BannerText(WORDS, Level.IMPORTANT, town.now - DAY, town.now + DAY)
    town.database.retrying(lambda db: banners.change(db, banner, longer, reason="It goes on", by=ada, now=town.now))
    assert seen(town) == [(WORDS, "important")]
    before = told(town)
    town.clock.advance(2 * DAY)
    tell(town)
    assert told(town) == before + 1


@pytest.mark.parametrize(("after", "ends"), [(0, 0), (2, 1), (-3, -1)])
def test_a_notice_must_be_seen_at_some_time(sqlite_town: Town, after: int, ends: int) -> None:
    with pytest.raises(Invalid):
        put_up(sqlite_town, after=after, ends=ends)


def test_a_notice_that_was_never_written_cannot_be_changed(sqlite_town: Town) -> None:
    with pytest.raises(NotFound):
        sqlite_town.database.retrying(lambda db: banners.take_down(db, 77, reason="Why", by=1, now=sqlite_town.now))


@pytest.mark.parametrize(
    "typed",
    ["tomorrow", "2026-13-01T10:00", "2026-03-04T10:00+02:00", "0001-01-01T00:00", "9999-12-31T23:59", "\0", "۲"],
)
def test_a_time_that_is_none_is_refused_in_words(sqlite_town: Town, typed: str) -> None:
    with pytest.raises(BadField, match="such as 2026-03-04"):
        read_instant(typed, sqlite_town.settings.zone)


def test_a_time_is_of_the_sites_zone(sqlite_town: Town) -> None:
    zone = sqlite_town.settings.zone
    assert read_instant("2026-07-01T10:00", zone).isoformat() == "2026-07-01T09:00:00+00:00"
    assert read_instant(" ", zone) is None


@pytest.mark.parametrize("typed", ["", "  ", "\u200b", "w" * 501])
def test_words_that_say_nothing_or_too_much_are_refused(typed: str) -> None:
    with pytest.raises(BadField):
        read_words(typed)


@pytest.mark.parametrize("typed", ["", "\n \n", "w" * 1_001])
def test_a_reason_is_needed(typed: str) -> None:
    with pytest.raises(BadField):
        read_reason(typed)
