"""Each line of ``verify`` about consultations: the data is spoilt behind the services' back, and that line says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.core.db import abandon
from app.verify import HOUSE
from consultations.rules.clauses import read_text
from consultations.service import publishing, texts
from tests.consultations.asking import YES, Asking
from tests.consultations.rules.test_mapping import TOLL
from tests.consultations.service.test_publishing_responses import publish
from tests.consultations.spoilt import SPOILT
from tests.site import Town


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A consultation with a draft text, that closed and has its roll; its three responses are public."""
    town: Town = request.getfixturevalue(f"{request.param}_ground").town(tmp_path_factory.mktemp("asked"))
    asking = Asking(town)
    bridge, now, edda = asking.published(closes=town.now + timedelta(days=2)), town.now, asking.edda
    made = asking.do(lambda db: texts.add(db, bridge, "Toll Order", "before", by=edda, now=now)).number
    asking.do(lambda db: texts.write(db, bridge, made, read_text(TOLL), based_on=0, after_revision=1, by=edda, now=now))
    asking.do(lambda db: texts.publish(db, bridge, made, "", after_revision=2, by=edda, now=now))
    for _n in range(3):
        asking.responded(bridge, {2: {"options": [YES.id]}})
    town.clock.advance(timedelta(days=3))
    town.work()
    asking.do(lambda db: publishing.pass_numbers(db, bridge, after=0, by=asking.tom, now=town.now))
    publish(asking, bridge)
    assert town.broken() == {}
    return town


@pytest.mark.parametrize(("line", "statement", "named"), SPOILT)
def test_what_is_spoilt_is_named_by_its_line_alone(lived: Town, line: str, statement: str, named: str) -> None:
    db = lived.database.session(writes=True)
    try:
        for part in statement.split(";"):
            db.execute(text(part))
        found = {i.name: list(i.broken(db, lived.now)) for i in [*HOUSE, *lived.site.invariants]}
    finally:
        abandon(db)
    assert [name for name, faults in found.items() if faults] == [line]
    assert named in " ".join(found[line])
