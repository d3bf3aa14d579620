"""Maureen, Mia and another Mia read the same queue, one after another: nothing of one's page stands on another's."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import NamedTuple

import httpx
import pytest

from app.moderation import claims
from app.moderation.model import Case
from tests.site import ADMINISTRATOR, MODERATOR, RunningSite

MIA, NAMESAKE = "mia@example.org", "mia@elsewhere.example"
PARTS = ("", "?state=mine", "?state=decided", "?who=me", "?who=others", "?tick=all", "?q=reading&size=50", "?q=nothing")


class Desks(NamedTuple):
    """Who is signed in, by address; ``held`` is the case that Mia has, ``word`` stands in what came in for them alone."""

    site: RunningSite
    readers: dict[str, httpx.Client]
    held: int
    word: str

    def read(self, who: str, part: str) -> str:
        answer = self.readers[who].get("/moderation" + part)
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def desks(site: RunningSite) -> Iterator[Desks]:
    town = site.town
    town.department("parks")
    mia = town.staff(MIA, "moderator")
    word = f"room{secrets.token_hex(4)}"
    for action in ("Open the reading", "Close the reading", "Paint the reading"):
        town.support(town.start(action=f"{action} {word}"))
        site.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    cases = [case.id for case in town.rows(Case, Case.subject_kind == "petition", Case.state == "waiting")]
    assert town.database.retrying(lambda db: claims.claim(db, cases[-1], mia, town.now))
    town.moderator()
    town.staff(NAMESAKE, "moderator")
    town.staff(ADMINISTRATOR, "administrator")
    with ExitStack() as everybody:
        readers = {
            who: everybody.enter_context(site.signed_in(who)) for who in (MODERATOR, MIA, NAMESAKE, ADMINISTRATOR)
        }
        yield Desks(site, readers, cases[-1], word)


def test_each_reads_what_they_would_if_nobody_had_read_before(desks: Desks):
    for part in PARTS:
        desks.site.house.pages.forget()
        together = {who: desks.read(who, part) for _again in range(2) for who in desks.readers}
        for who, shown in together.items():
            desks.site.house.pages.forget()
            assert shown == desks.read(who, part), (who, part)


def test_nobody_is_shown_anothers_name_or_leases(desks: Desks):
    theirs = f"?q={desks.word}"
    for _again in range(2):
        maureens, mias, namesakes = (desks.read(who, theirs) for who in (MODERATOR, MIA, NAMESAKE))
        assert "Maureen" in maureens
        assert "Maureen" not in mias + namesakes
        assert "You have this until" in mias
        for others in (maureens, namesakes):
            assert "You have this until" not in others
            assert "Mia has this until" in others
        mine = f"{theirs}&state=mine"
        assert f'href="/moderation/{desks.held}?' in desks.read(MIA, mine)
        assert f'href="/moderation/{desks.held}?' not in desks.read(NAMESAKE, mine)
