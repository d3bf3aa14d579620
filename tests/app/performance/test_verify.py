"""Each line of ``verify`` about figures: the rows are spoilt behind the services' back, and exactly that line says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core.db import abandon
from app.performance.rules.uptime import A_MINUTE, Heart
from app.performance.service import beating
from tests.app.performance.seen import SPOILT
from tests.fakes import NOON
from tests.site import Town

VALUES = {"later": "2026-03-05 12:00:00", "now": "2026-03-02 12:00:00"}


@pytest.fixture
def kept(town: Town) -> Town:
    """It was up for an hour of the day before yesterday, and of yesterday."""
    begin = NOON - timedelta(days=2)

    def leave(db):
        for minute in (*range(60), *range(24 * 60, 25 * 60)):
            beating.beat(db, Heart.PAGES, begin + minute * A_MINUTE)

    town.database.retrying(leave)
    while town.database.retrying(lambda db: beating.settle_days(db, town.now, town.settings.zone)):
        pass
    assert town.broken() == {}
    return town


@pytest.mark.parametrize(("line", "statement", "named"), SPOILT)
def test_what_is_spoilt_is_named_by_its_line_alone(kept: Town, line: str, statement: str, named: str):
    no = "0" if kept.database.is_sqlite else "false"
    db = kept.database.session(writes=True)
    try:
        for part in statement.format(**VALUES, no=no).split(";"):
            db.execute(text(part))
        found = {i.name: list(i.broken(db, kept.now)) for i in kept.site.invariants}
    finally:
        abandon(db)
    assert [name for name, faults in found.items() if faults] == [f"performance: {line}"]
    assert named in " ".join(found[f"performance: {line}"])
