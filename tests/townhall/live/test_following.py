"""Following a hall: the whole first, then what happens, without a hole."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from tests.site import RunningSite
from tests.townhall.live.following import following, happens, meeting
from townhall.model import Question
from townhall.service.log import Happening


def _published(site: RunningSite, hall: int, question: int) -> None:
    def publish(db: Any) -> None:
        db.execute(update(Question).where(Question.id == question).values(state="open", published_at=site.town.now))

    happens(site, hall, Happening("question.published", question), change=publish)


def test_hana_sees_the_whole_and_then_what_is_published(site: RunningSite) -> None:
    town = meeting(site)
    hall = town.hall()
    old = town.question(hall, "Why is Oak Street closed?")
    with following(site, hall) as hana:
        welcome = hana.hello()
        assert welcome["mode"] == "snapshot"
        assert [q["id"] for q in hana.state["questions"]] == [old]
        assert hana.state["here"] == 0
        new = town.question(hall, "And the bus stop?", state="waiting")
        _published(site, hall, new)
        said = hana.event("question.published")
        assert (said["id"], said["text"]) == (new, "And the bus stop?")
        hana.key("here", 1)
