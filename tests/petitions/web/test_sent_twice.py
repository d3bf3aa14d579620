"""Staff press a button twice, type what is no number, or a reader comes before the clock's job: nothing breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.db import Database
from app.moderation.model import Case
from petitions.model.debate import Debate
from petitions.model.petition import TextVersion
from petitions.policy import PetitionPolicy
from tests.people import SAM, crowd
from tests.site import MODERATOR, OFFICER, TEXTS, RunningSite

BETTER = "Open the town library on every Sunday"


@pytest.fixture
def own_site(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    """Of this test alone: its clock may be turned and all of it looked at. Twenty signatures call for a debate."""
    with RunningSite(database, tmp_path, petitions_response_at=10, petitions_debate_at=20) as site:
        yield site


def test_maureen_publishes_a_correction_with_two_clicks_and_there_is_one(own_site: RunningSite):
    site, petition = own_site, own_site.town.open_petition()
    site.town.moderator()
    address = f"/moderation/petitions/{petition}/correct"
    words = TEXTS | {"action": BETTER, "note": "A slip.", "version": "1", "go": "publish"}
    with site.signed_in(MODERATOR) as maureen:
        clicks = [maureen.post(address, data=words) for _click in range(2)]
        assert [(c.status_code, c.headers["location"]) for c in clicks] == [
            (303, f"/petitions/{petition}/versions")
        ] * 2
        assert maureen.post(address, data=words | {"note": "Another slip."}).status_code == 422
        assert maureen.post(address, data=words | {"action": "Open it on Mondays"}).status_code == 409
    assert [v.version for v in site.town.rows(TextVersion, TextVersion.petition_id == petition)] == [1, 2]
    assert len(site.town.queued("petitions/mail/corrected_creator")) == 1
    assert site.town.broken() == {}


def test_imran_tells_of_a_debate_with_two_clicks_and_it_is_told_once(own_site: RunningSite):
    petition = own_site.town.open_petition()
    own_site.town.officer()
    own_site.town.sign(petition, *crowd(14))
    desk = f"/desk/debates/{petition}"
    words = {"state": "not_held", "overview": "There is no time for it.", "after_version": "0", "step": "release"}
    with own_site.signed_in(OFFICER) as imran:
        clicks = [imran.post(desk, data=words) for _click in range(2)]
        assert [(c.status_code, c.headers["location"]) for c in clicks] == [(303, desk)] * 2
        assert imran.post(desk, data=words | {"overview": "Other words."}).status_code == 409
    assert [d.version for d in own_site.town.rows(Debate, Debate.petition_id == petition)] == [1]
    assert own_site.town.broken() == {}


@pytest.mark.parametrize("number", ["²", "٣", "1e3", "-1", "9" * 20])
def test_what_a_duplicate_repeats_must_be_a_number_of_ours(site: RunningSite, number: str):
    petition = site.town.start()
    site.town.support(petition)
    site.town.moderator()
    case = f"/moderation/{site.town.rows(Case, Case.subject_id == petition)[-1].id}"
    with site.signed_in(MODERATOR) as maureen:
        revision = re.search(r'name="revision" value="(\d+)"', maureen.get(case).text)
        assert revision is not None
        verdict = {"verdict": "reject", "reason": "duplicate", "survivor": number, "revision": revision[1]}
        page = maureen.post(case, data=verdict)
    assert page.status_code == 422
    assert "Enter the number of the published petition that it repeats." in page.text
    assert site.town.petition(petition).state == "in_moderation"


def test_from_its_last_second_on_no_page_offers_sam_to_withdraw(own_site: RunningSite):
    """Also before the clock's job has said that it is closed."""
    site, petition = own_site, own_site.town.open_petition()
    (sam,) = site.town.sign(petition, SAM)
    site.town.clock.set(site.town.petition(petition).closes_at)
    with site.client() as browser:
        page = browser.get(site.town.withdraw_link(sam)).text
        assert "Signatures can no longer be withdrawn" in page
        assert "Withdraw my signature" not in page
        assert browser.post(site.town.withdraw_link(sam)).status_code == 409
    assert (site.town.petition(petition).state, site.town.count(petition)) == ("open", 7)


def test_of_a_petition_that_anna_withdrew_no_page_offers_it_either(site: RunningSite):
    petition = site.town.open_petition()
    (sam,) = site.town.sign(petition, SAM)
    site.town.withdraw_petition(petition)
    with site.client() as browser:
        page = browser.get(site.town.withdraw_link(sam)).text
        assert "Signatures can no longer be withdrawn" in page
        assert "Withdraw my signature" not in page


def test_annas_own_signature_goes_with_her_petition_and_not_before(site: RunningSite):
    petition = site.town.start()
    site.town.support(petition)
    anna = site.town.petition(petition).creator_signature_id or 0
    with site.client() as browser:
        page = browser.get(site.town.withdraw_link(anna)).text
        assert "your signature goes with it" in page
        assert "Withdraw my signature" not in page


@pytest.mark.parametrize("hosts", ["https://parliament.uk", "*.parliament.uk", "parliament.uk:443", "parliament"])
def test_a_host_that_no_link_could_ever_lead_to_is_named_at_the_start(hosts: str):
    with pytest.raises(ValueError, match="TOWNSQUARE_PETITIONS_DEBATE_HOSTS: must be names of hosts alone"):
        PetitionPolicy.from_settings({"debate_hosts": hosts})


@pytest.mark.parametrize("hosts", ["", "parliament.uk", "Parliament.UK, parliamentlive.tv", "a.example.org,"])
def test_hosts_are_names_separated_by_commas_or_none(hosts: str):
    assert PetitionPolicy.from_settings({"debate_hosts": hosts}).debate_hosts == hosts.strip()
