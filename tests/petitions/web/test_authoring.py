"""Anna's own page, behind the link of her letters."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.db import Database
from app.moderation.model import Case
from app.moderation.rules.standards import Verdict
from tests.people import SAM
from tests.site import MODERATOR, TEXTS, RunningSite

BETTER = "Let the council open the town library on Sundays"


@pytest.fixture
def own_site(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    """Of this test alone: its clock may be turned and all of it looked at."""
    with RunningSite(database, tmp_path) as site:
        yield site


@pytest.fixture
def rejected(site: RunningSite) -> int:
    petition = site.town.start()
    site.town.support(petition)
    site.town.decide(petition, Verdict.REJECT, reason="no-action", note="Say who should do it.")
    return petition


def test_anna_mends_her_text_in_three_steps(site: RunningSite, rejected: int):
    mine = site.town.creator_link(rejected)
    with site.client() as anna:
        page = html.unescape(anna.get(mine).text)
        assert "Say who should do it." in page
        assert "Change it and send it in once more" in page
        form = html.unescape(anna.get(f"{mine}/edit").text)
        assert all(words in form for words in (*TEXTS.values(), "Say who should do it."))
        fields = TEXTS | {"action": BETTER}
        check = anna.post(f"{mine}/edit", data=fields | {"go": "check"})
        assert check.status_code == 200
        assert "<ins>" in check.text
        assert site.town.petition(rejected).state == "rejected"
        assert BETTER in anna.post(f"{mine}/edit", data=fields | {"go": "edit"}).text
        sent = anna.post(f"{mine}/edit", data=fields | {"go": "send"})
        assert (sent.status_code, sent.headers["location"]) == (303, mine)
        assert anna.post(f"{mine}/edit", data=fields | {"go": "send"}).status_code == 303  # a second click
        assert "A moderator checks it" in anna.get(mine).text
        assert anna.get(f"{mine}/edit").status_code == 409
    assert site.town.petition(rejected).action == BETTER


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({}, ["action"]),  # nothing changed
        ({"action": "x" * 81}, ["action"]),
        ({"action": "=SUM(A1)", "background": "b" * 301}, ["action", "background"]),
        ({"additional_details": "d" * 801}, ["additional_details"]),
        ({"action": " \u200b "}, ["action"]),
    ],
)
@pytest.mark.parametrize("go", ["check", "send"])
def test_a_text_beyond_its_limits_comes_back_as_it_was_typed(
    site: RunningSite, rejected: int, go: str, fields: dict[str, str], faults: list[str]
):
    mine = site.town.creator_link(rejected)
    with site.client() as anna:
        page = anna.post(f"{mine}/edit", data=TEXTS | fields | {"go": go})
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert all(f'href="#{name}"' in page.text for name in faults)
    assert all(value.strip("\u200b ") in html.unescape(page.text) for value in fields.values())
    assert site.town.petition(rejected).state == "rejected"


def test_opening_links_does_nothing_and_the_button_withdraws(site: RunningSite):
    petition = site.town.open_petition()
    mine = site.town.creator_link(petition)
    with site.client() as anna:
        assert f'href="{mine}/withdraw"' in anna.get(mine).text
        asked = anna.get(f"{mine}/withdraw")
        assert asked.status_code == 200
        assert "cannot be brought back" in asked.text
        assert site.town.petition(petition).state == "open"
        for _click in range(2):
            assert anna.post(f"{mine}/withdraw").status_code == 303
        assert "You withdrew it" in anna.get(mine).text
        assert anna.get(f"{mine}/withdraw").headers["location"] == mine
        page = anna.get(f"/petitions/{petition}")
        assert page.status_code == 200
        assert TEXTS["action"] in page.text
        assert anna.post(f"/petitions/{petition}/sign", data=SAM.form()).status_code == 409
    assert site.town.petition(petition).state == "withdrawn"


def test_sam_who_comes_by_the_link_of_a_petition_withdrawn_before_publication_is_told_so(site: RunningSite):
    petition = site.town.start()
    site.town.withdraw_petition(petition)
    with site.client() as sam:
        led = sam.get(site.town.sponsor_link(petition)).headers["location"]
        page = sam.get(led)
        assert (page.status_code, "took it back before it was published" in page.text) == (200, True)
        assert TEXTS["action"] not in page.text
        for there in (f"/petitions/{petition}.json", f"/api/v1/petitions/{petition}", f"/embed/petitions/{petition}"):
            assert sam.get(there).status_code == 404


def test_a_closed_petition_is_not_withdrawn_by_a_form_made_by_hand(site: RunningSite):
    petition = site.town.open_petition()
    site.town.take_down(petition, "advert")
    mine = site.town.creator_link(petition)
    with site.client() as anna:
        assert "A moderator took it down" in anna.get(mine).text
        assert f'href="{mine}/withdraw"' not in anna.get(mine).text
        assert anna.post(f"{mine}/withdraw").status_code == 409
    assert site.town.petition(petition).state == "rejected"


@pytest.mark.parametrize("way", ["", "/edit", "/withdraw"])
def test_another_link_is_nobodys(site: RunningSite, rejected: int, way: str):
    good = site.town.creator_link(rejected)
    sponsors = site.town.sponsor_link(rejected).replace("/sponsor/", "/petitions/mine/")
    with site.client() as visitor:
        for link in (good[:-1] + ("A" if good[-1] != "A" else "B"), "/petitions/mine/nonsense", sponsors):
            assert visitor.get(link + way).status_code == 404
            if way:
                assert visitor.post(link + way, data={"go": "send"}).status_code == 404


@pytest.mark.parametrize("state", ["pending", "collecting", "in_moderation", "open", "closed", "hidden", "stopped"])
def test_the_page_says_where_it_stands_in_every_state(site: RunningSite, state: str):
    petition = site.town.start() if state in ("pending", "collecting") else site.town.open_petition()
    site.town.sql(
        "UPDATE petitions_petition SET state = :state, closed_at = created_at WHERE id = :id", state=state, id=petition
    )
    with site.client() as anna:
        page = anna.get(site.town.creator_link(petition))
    site.town.sql("UPDATE petitions_petition SET state = 'withdrawn' WHERE id = :id", id=petition)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert TEXTS["action"] in page.text


def test_anna_finds_the_way_to_appeal_on_her_own_page_and_its_last_day(site: RunningSite, rejected: int):
    town = site.town
    mine, last = town.creator_link(rejected), town.now + timedelta(days=30, seconds=-1)
    with site.client() as anna:
        page = anna.get(mine).text
        assert f"you can appeal once, until {last.day} {last:%B %Y}" in page
        appeal = re.search(r'href="(/appeals/[^"]+)"', page)
        assert appeal is not None
        assert anna.get(appeal[1]).status_code == 200
        sent = anna.post(appeal[1], data={"words": "The council does run the library."})
        assert sent.status_code == 303
        page = anna.get(mine).text
        assert "See what became of your appeal" in page
        assert "you can appeal once" not in page


def test_of_a_petition_that_was_taken_down_anna_can_appeal_too(own_site: RunningSite):
    site, petition = own_site, own_site.town.open_petition()
    site.town.take_down(petition)
    with site.client() as anna:
        page = anna.get(site.town.creator_link(petition)).text
        assert "Appeal against this decision" in page
        assert "Only an administrator" not in page
    site.town.clock.advance(timedelta(days=30))
    with site.client() as anna:
        page = anna.get(site.town.creator_link(petition)).text
        assert "/appeals/" not in page
        assert "Only an administrator" in page


def test_nothing_is_said_of_appeals_while_nothing_was_refused(site: RunningSite, rejected: int):
    site.town.resubmit(rejected, action=BETTER)
    with site.client() as anna:
        assert "appeal" not in anna.get(site.town.creator_link(rejected)).text.casefold()


def test_supporters_who_leave_while_it_is_checked_are_told_of_and_cost_it_nothing(own_site: RunningSite):
    """Sam leaves and Laura's mailbox was used by a stranger: the moderator and Anna see it, and may go on."""
    site, town = own_site, own_site.town
    town.moderator()
    petition = town.start()
    sam, laura, *_others = town.support(petition)
    case = f"/moderation/{town.rows(Case, Case.subject_id == petition)[-1].id}"
    mine = town.creator_link(petition)
    with site.client() as anna, site.signed_in(MODERATOR) as maureen:
        assert "supporters are left" not in anna.get(mine).text
        assert "left of the" not in maureen.get(case).text
        anna.post(town.withdraw_link(sam))
        anna.post(town.not_me_link(laura))
        page = html.unescape(anna.get(mine).text)
        assert "3 of the 5 supporters are left" in page
        assert town.sponsor_link(petition) in page
        assert "3 left of the 5 it needed" in maureen.get(case).text
        assert town.petition(petition).state == "in_moderation"
        town.decide(petition)
        assert town.petition(petition).state == "open"
        assert "left of the" not in maureen.get(case).text
    assert town.broken() == {}
