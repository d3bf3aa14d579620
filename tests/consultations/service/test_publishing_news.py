"""News to respondents and to whoever saved a draft: one letter a person, replaceable until it leaves."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from app.core.ids import new_id
from app.core.people.addresses import read_address
from app.mail.model import Letter
from consultations.identity import seal_draft
from consultations.model import Announcement, Consultation, DateChange, Draft
from consultations.service import announcing
from consultations.service.announcing import EXTENDED, WITHDRAWN
from tests.consultations.asking import YES, Asking
from tests.site import Town

ANSWERS = {2: {"options": [YES.id]}}


@pytest.fixture
def asking(town: Town) -> Asking:
    return Asking(town)


def saved_draft(asking: Asking, consultation: int, email: str) -> int:
    number, now = new_id(), asking.town.now
    sealed = seal_draft(
        asking.town.site.keys, number, name="", email=email, canonical=read_address(email).canonical, organisation=""
    )
    draft = Draft(
        id=number, consultation_id=consultation, form_key=f"k{number}", sealed=sealed, language="en",
        questionnaire_version=1, created_at=now, saved_at=now, letters=1,
    )  # fmt: skip
    asking.do(lambda db: db.add(draft))
    return number


def extended(asking: Asking, consultation: int, leaves_at: datetime) -> None:
    def extend(db: object) -> None:
        found = db.get_one(Consultation, consultation)  # type: ignore[attr-defined]
        change = DateChange(
            consultation_id=consultation, closes_before=found.closes_at, closes_after=found.closes_at + timedelta(days=14),
            reason="Two post offices were closed.", at=asking.town.now, by_id=asking.edda,
        )  # fmt: skip
        db.add(change)  # type: ignore[attr-defined]
        found.closes_at = change.closes_after
        db.flush()  # type: ignore[attr-defined]
        announcing.announce(db, consultation, EXTENDED, change.id, now=asking.town.now, leaves_at=leaves_at)  # type: ignore[arg-type]

    asking.do(extend)


def test_ana_who_responded_and_saved_a_draft_and_ben_who_saved_one_each_have_one_letter(asking: Asking) -> None:
    bridge = asking.published()
    asking.responded(bridge, ANSWERS, email="ana@example.org")
    saved_draft(asking, bridge, "ana@example.org")
    saved_draft(asking, bridge, "ben@example.org")
    saved_draft(asking, bridge, "ben@example.org")
    extended(asking, bridge, asking.town.now)
    asking.town.work()
    letters = asking.town.deliver()
    assert letters.subjects("ana@example.org") == ["You have more time to answer"]
    assert letters.subjects("ben@example.org") == ["You have more time to answer"]
    body = letters.last_to("ben@example.org").get_content()
    assert "Two post offices were closed." in body
    assert letters.last_to("ben@example.org")["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_news_that_has_not_left_gives_way_to_newer_news(asking: Asking) -> None:
    town, bridge = asking.town, asking.published()
    asking.responded(bridge, ANSWERS, email="ana@example.org")
    later = town.now + timedelta(hours=6)
    extended(asking, bridge, later)
    town.work()
    extended(asking, bridge, later)
    town.work()
    town.clock.set(later)
    assert town.deliver().subjects("ana@example.org") == ["You have more time to answer"]
    states = sorted(row.state for row in town.rows(Letter, Letter.template == "consultations/mail/extended"))
    assert states == ["cancelled", "sent"]


def test_ana_who_wants_no_news_has_none_and_may_want_it_again(asking: Asking) -> None:
    town, bridge = asking.town, asking.published()
    ana = asking.responded(bridge, ANSWERS, email="ana@example.org")
    extended(asking, bridge, town.now)
    town.work()
    asking.do(lambda db: announcing.stop_news(db, ana, town.now))
    assert town.deliver().subjects("ana@example.org") == []
    asking.do(lambda db: announcing.stop_news(db, ana, town.now, wanted=True))
    assert len(town.deliver().subjects("ana@example.org")) == 1


def test_a_withdrawal_is_told_once_though_it_is_announced_twice(asking: Asking) -> None:
    town, bridge = asking.town, asking.published()
    asking.responded(bridge, ANSWERS, email="ana@example.org")
    town.sql(
        "UPDATE consultations_consultation SET state = 'withdrawn', withdrawn_reason = 'The bridge fell.',"
        f" withdrawn_at = opens_at WHERE id = {bridge}"
    )
    for _twice in range(2):
        asking.do(lambda db: announcing.announce(db, bridge, WITHDRAWN, bridge, now=town.now, leaves_at=town.now))
        town.work()
        town.deliver()
    assert town.letters.subjects("ana@example.org") == ["A consultation was withdrawn"]
    assert "The bridge fell." in town.letters.last_to("ana@example.org").get_content()
    assert re.search("/consultations/unsubscribe/", town.letters.last_to("ana@example.org").get_content())
    assert [news.queued for news in town.rows(Announcement)] == [1]
