"""Switches for the whole site: on with a reason, off again, known to every process, on record."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.audit.model import AuditEntry
from app.audit.service import first_broken_link
from app.core import freshness, switches
from app.core.freshness import SITE
from app.core.switches import CommentsStopped, ReadOnly, Switch, Switches
from app.operation import notices, switching
from app.operation.switching import SwitchedAlready
from tests.site import ADMINISTRATOR, Town


def on(
    town: Town, known: Switches, switch: Switch = Switch.READ_ONLY, message: str = "", reason: str = "A drill"
) -> None:
    ada = town.staff(ADMINISTRATOR, "administrator")
    town.database.retrying(
        lambda db: switching.switch_on(db, known, switch, message=message, reason=reason, by=ada, now=town.now)
    )


def off(town: Town, known: Switches, switch: Switch = Switch.READ_ONLY) -> None:
    ada = town.staff(ADMINISTRATOR, "administrator")
    town.database.retrying(
        lambda db: switching.switch_off(db, known, switch, reason="It is over", by=ada, now=town.now)
    )


def said(town: Town) -> list[str]:
    with town.database.reading() as db:
        return [str(words) for words in notices.said(db, town.now)]


def test_ada_makes_the_site_read_only_and_lets_it_go_on(town: Town) -> None:
    known = Switches()
    assert known.refusal(Switch.READ_ONLY) is None
    on(town, known, message="We are looking into something.")
    refusal = known.refusal(Switch.READ_ONLY)
    assert isinstance(refusal, ReadOnly)
    assert refusal.sentence.startswith("We are looking into something. Nothing was stored.")
    assert refusal.headers == {"retry-after": "300"}
    assert said(town) == [
        "You can only read this site at the moment. Nothing can be sent. We are looking into something."
    ]
    off(town, known)
    assert known.refusal(Switch.READ_ONLY) is None
    assert said(town) == []


def test_another_process_learns_of_it(town: Town) -> None:
    here, there = Switches(), Switches()
    on(town, here, Switch.COMMENTS)
    with town.database.reading() as db:
        switching.remember(there, db)
    assert isinstance(there.refusal(Switch.COMMENTS), CommentsStopped)
    assert not there.is_on(Switch.READ_ONLY)
    off(town, here, Switch.COMMENTS)
    with town.database.reading() as db:
        switching.remember(there, db)
    assert not there.is_on(Switch.COMMENTS)


def test_what_was_not_stored_is_not_remembered(town: Town) -> None:
    known, ada = Switches(), town.staff(ADMINISTRATOR, "administrator")

    def fails(db: Any) -> None:
        switching.switch_on(db, known, Switch.READ_ONLY, message="", reason="A drill", by=ada, now=town.now)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        town.database.retrying(fails)
    assert not known.is_on(Switch.READ_ONLY)


@pytest.mark.parametrize("first", [on, off])
def test_a_second_press_changes_nothing(town: Town, first: Any) -> None:
    known = Switches()
    on(town, known)
    if first is off:
        off(town, known)
    with pytest.raises(SwitchedAlready):
        first(town, known)


def test_each_change_is_on_record_with_its_reason(town: Town) -> None:
    known = Switches()
    on(town, known, Switch.SIGN_UP, reason="Robots make accounts")
    off(town, known, Switch.SIGN_UP)
    ada = town.staff(ADMINISTRATOR, "administrator")
    with town.database.reading() as db:
        kept = db.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "switch").order_by(AuditEntry.id)).all()
        row = switches.rows(db)[Switch.SIGN_UP]
        assert [(e.act, e.actor_id, e.facts["reason"]) for e in kept] == [
            ("operation.sign-up-stopped-on", ada, "Robots make accounts"),
            ("operation.sign-up-stopped-off", ada, "It is over"),
        ]
        assert (row.since, row.reason, row.by_id, row.changed_at) == (None, "It is over", ada, town.now)
        assert first_broken_link(db) is None


def test_every_page_is_told(town: Town) -> None:
    with town.database.reading() as db:
        before = freshness.versions(db, [SITE]).get(SITE, 0)
    on(town, Switches())
    with town.database.reading() as db:
        assert freshness.versions(db, [SITE])[SITE] == before + 1


def test_while_the_site_is_read_only_nothing_else_is_said(town: Town) -> None:
    known = Switches()
    on(town, known, Switch.COMMENTS)
    on(town, known, Switch.SIGN_UP)
    assert said(town) == ["Comments are stopped at the moment.", "New accounts cannot be made at the moment."]
    on(town, known)
    assert said(town) == ["You can only read this site at the moment. Nothing can be sent."]
