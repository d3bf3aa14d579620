"""What Maya signed for becomes a consultation, a town hall and a promise, and she reads all of it as one story."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from app.core.subject import SubjectRef
from app.outcomes.rules.commitments import Promise
from app.outcomes.service import committing
from tests.app.trails.linked import Linked
from tests.journeys.browsing import Eyes, chromium
from tests.journeys.test_public_side import PHONE
from tests.people import LAURA, SAM, crowd
from tests.site import RunningSite, fields_of
from townhall.model import Promise as Recorded
from townhall.rules.lifecycle import HallState

TITLES = (
    "Mend the ferry steps at Pell Quay",
    "The ferry steps: stone, steel or a lift?",
    "The ferry steps: ask the engineer",
)
KEPT = "The lift works from April on."


@pytest.fixture(scope="module")
def browser_here() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def lived(site: RunningSite, home: str) -> tuple[Linked, list[SubjectRef]]:
    """A petition that was answered, a consultation, and a hall in which something was promised; nothing is linked yet."""
    town, linked = site.town, Linked(site.town, home)
    town.staff(f"olive.{home}@example.org", "official", home)
    petition = linked.petition(TITLES[0])
    town.sign(petition.id, SAM, LAURA, *crowd(5, f"{home}{petition.id}"))
    town.answer(petition.id, "We will ask everybody how the steps should be mended.")
    consultation, hall = linked.consultation(TITLES[1]), linked.hall(TITLES[2], state=HallState.ENDED)
    linked.do(lambda db: promise(linked, db, hall))
    return linked, [petition, consultation, hall]


def promise(linked: Linked, db: Any, hall: SubjectRef) -> None:
    now, by = linked.town.now, linked.meeting.ana
    words = Promise(KEPT, "Harbour master", (now + timedelta(days=90)).date())
    made = committing.make(db, hall, linked.asking.department.id, words, by=by, now=now)
    db.add(Recorded(commitment_id=made.id, hall_id=hall.id, question_id=None, second=60, at=now, by_id=by))


def link(olive: httpx.Client, subject: SubjectRef, found: SubjectRef, words: str, note: str) -> None:
    """As a person does: from the page where it is written, by words of the title."""
    here = f"/hosting/trails/{subject.kind}/{subject.id}"
    page = olive.get(here, params={"q": words})
    assert f'value="{found}"' in page.text, page.text
    form = {"q": fields_of(page.text)["q"], "other": str(found), "way": "from", "note": note}
    assert olive.post(here, data=form).status_code == 303


def test_a_petition_a_consultation_and_a_hall_are_one_story(site: RunningSite):
    home = f"ferry-{site.town.database.url[:6]}"
    linked, (petition, consultation, hall) = lived(site, home)
    with site.signed_in(f"olive.{home}@example.org") as olive:
        link(olive, consultation, petition, "ferry steps pell", "The petition left open how.")
        link(olive, hall, consultation, "stone steel", "")
    linked.tell()
    with site.client() as reader:
        story = reader.get(f"/api/v1/trails/townhall/{hall.id}").json()
        page = reader.get(f"/trails/petition/{petition.id}")
    assert [m["title"] for m in story["members"]] == list(TITLES)
    said = [step["text"] for step in story["steps"]]
    wanted = [r"Reached 10 signatures", r"Answered by", r"Opened", r"promised: The lift works", r"is due"]
    found = [next(text for text in said if re.search(words, text)) for words in wanted]
    assert len(found) == len(wanted)
    assert "The petition left open how." in page.text
    assert KEPT in page.text
    assert not [name for name in site.town.broken() if name.startswith("trails")]
    assert story["steps"][-1]["state"] == "due"


@pytest.mark.browser
def test_maya_walks_through_the_three_doors_without_scripts(sqlite_site: RunningSite, browser_here: Browser):
    site = sqlite_site
    linked, (petition, consultation, hall) = lived(site, "ferry-walk")
    linked.link(petition, consultation, "The petition left open how.")
    linked.link(consultation, hall)
    eyes = Eyes(site.base, axe=False)
    page = eyes.watch(browser_here.new_context(java_script_enabled=False, viewport=PHONE).new_page())  # type: ignore[arg-type]
    page.goto(f"{site.base}/petitions/{petition.id}")
    box = page.locator(".ts-story")
    expect(box.get_by_role("heading", name="What it led to")).to_be_visible()
    box.get_by_role("link", name=TITLES[1]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[1])
    expect(box).to_contain_text("Where this comes from")
    box.get_by_role("link", name=TITLES[2]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[2])
    box.get_by_role("link", name="Read it all as one story").click()
    expect(page).to_have_url(re.compile(rf"/trails/petition/{petition.id}$"))
    expect(page.locator(".ts-chain__one")).to_have_count(3)
    expect(page.locator(".ts-trail")).to_contain_text(KEPT)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator(".ts-chain").get_by_role("link", name=TITLES[0]).click()
    expect(page).to_have_url(re.compile(rf"/petitions/{petition.id}$"))
    assert (eyes.faults, eyes.foreign) == ([], set())
