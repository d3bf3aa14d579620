"""What the public sees of a petition in each of its states."""

from __future__ import annotations

import html
from datetime import timedelta

import pytest

from app.moderation.rules.standards import Verdict
from petitions.model.petition import Crossing, Petition
from tests.people import ANNA, SAM, crowd
from tests.site import RunningSite

SECRET = "Mend the weir before the spring floods"


def statuses(site: RunningSite, petition: int) -> list[int]:
    """Of the page, its data, its count and the API."""
    paths = [f"/petitions/{petition}{end}" for end in ("", ".json", "/count.json")]
    with site.client() as visitor:
        return [visitor.get(path).status_code for path in (*paths, f"/api/v1/petitions/{petition}")]


def read(site: RunningSite, path: str) -> str:
    with site.client() as visitor:
        return html.unescape(visitor.get(path).text)


def test_before_publication_everyone_learns_that_it_exists_and_nobody_reads_it(site: RunningSite):
    petition = site.town.start(action=SECRET)
    assert statuses(site, petition) == [200, 404, 404, 404]
    assert SECRET not in read(site, f"/petitions/{petition}")
    site.town.support(petition)
    assert statuses(site, petition) == [200, 404, 404, 404]
    assert SECRET not in read(site, f"/petitions/{petition}")
    for path in ("/petitions?state=all&q=weir", "/petitions.json?state=all&q=weir", "/sitemap.xml", "/"):
        assert SECRET not in read(site, path)
        assert f"/petitions/{petition}<" not in read(site, path)


def test_the_secret_link_shows_the_text_and_opening_it_does_nothing(site: RunningSite):
    petition = site.town.start(action=SECRET)
    link = site.town.sponsor_link(petition)
    assert SECRET in read(site, link)
    assert (site.town.petition(petition).state, site.town.count(petition)) == ("pending", 0)
    with site.client() as sam:
        assert sam.post(link, data=SAM.form()).status_code == 303
    assert (site.town.petition(petition).state, site.town.count(petition)) == ("collecting", 1)


def test_the_twenty_first_supporter_is_led_to_being_checked(site: RunningSite):
    petition = site.town.start(action=SECRET)
    site.town.support(petition, 20)
    link = site.town.sponsor_link(petition)
    with site.client() as sam:
        for answer in (sam.get(link), sam.post(link, data=SAM.form())):
            assert (answer.status_code, answer.headers["location"]) == (303, f"/petitions/{petition}")
    assert not site.town.signatures(petition, SAM)


def test_the_secret_link_of_a_published_petition_leads_to_its_page(site: RunningSite):
    petition = site.town.open_petition()
    with site.client() as sam:
        answer = sam.get(site.town.sponsor_link(petition))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/petitions/{petition}")


def test_a_petition_that_was_hidden_is_not_there(site: RunningSite):
    petition = site.town.start(action=SECRET)
    site.town.support(petition)
    site.town.decide(petition, Verdict.REJECT, reason="libellous")
    assert statuses(site, petition) == [404, 404, 404, 404]
    with site.client() as sam:
        assert sam.get(site.town.sponsor_link(petition)).status_code == 404
        assert sam.post(site.town.sponsor_link(petition), data=SAM.form()).status_code == 404
    assert SECRET not in read(site, "/petitions?state=all&q=weir")
    with site.signed_in("maureen@example.org") as moderator:
        found = moderator.get("/moderation/petitions", params={"q": f"#{petition}", "state": "hidden"})
    assert SECRET in html.unescape(found.text)


def test_a_published_petition_that_was_taken_down_is_gone(site: RunningSite):
    petition = site.town.open_petition(ANNA, action=SECRET)
    with site.town.database.writing() as db:
        row = db.get_one(Petition, petition)
        row.state, row.hidden_at, row.rejection_code = "hidden", site.town.now, "libellous"
    assert statuses(site, petition)[:3] == [410, 410, 410]
    assert SECRET not in read(site, f"/petitions/{petition}")


def test_a_rejected_petition_is_shown_with_its_rule(site: RunningSite):
    petition = site.town.start(action=SECRET)
    site.town.support(petition)
    site.town.decide(petition, Verdict.REJECT, reason="no-action", note="Say who should mend it.")
    page = read(site, f"/petitions/{petition}")
    assert SECRET in page
    assert "It must say what somebody should do or change" in page
    assert "Say who should mend it." in page
    data = site_json(site, petition)
    assert (data["state"], data["rejection"]) == (
        "rejected",
        {"code": "no-action", "details": "Say who should mend it."},
    )


def test_a_closed_petition_shows_its_final_count(site: RunningSite):
    petition = site.town.open_petition()
    with site.town.database.writing() as db:
        db.get_one(Petition, petition).closes_at = site.town.now - timedelta(hours=1)
    page = read(site, f"/petitions/{petition}")
    assert f'href="/petitions/{petition}/sign"' not in page
    assert site_json(site, petition)["state"] == "closed"


def test_hostile_words_are_shown_as_words(site: RunningSite):
    words = '<img src=x onerror=alert(1)> "quoted" {{ 7*7 }} & so on'
    petition = site.town.open_petition(
        ANNA.but(name="<b>Anna</b>"),
        action=words,
        background=words,
        additional_details=f"[a](javascript:alert(1)) {words}",
    )
    with site.client() as visitor:
        page = visitor.get(f"/petitions/{petition}").text
        listed = visitor.get("/petitions?sort=recent").text
    for text in (page, listed):
        assert "<img" not in text
        assert "{{ 7*7 }}" in text or "49" not in text
        assert "javascript:alert" not in text.replace("[a](javascript:alert(1))", "")
    assert "<b>Anna" not in page
    assert words in html.unescape(page)


def test_an_answer_is_read_in_full_on_the_page_and_in_the_data(site: RunningSite):
    petition = site.town.open_petition()
    site.town.sign(petition, *crowd(4, f"reader{site.port}"))
    site.town.answer(petition)
    page = read(site, f"/petitions/{petition}")
    assert "We will open on Sundays from May." in page
    assert "Staff are hired." in page
    response = site_json(site, petition)["government_response"]
    assert (response["summary"], response["details"]) == (
        "We will open on Sundays from May.",
        "From May.\n\nStaff are hired.",
    )


@pytest.mark.parametrize(
    "path", ["/", "/petitions", "/petitions/new", "/accessibility", "/privacy", "/standards", "/contact"]
)
def test_every_page_is_the_same_for_everyone_and_sets_no_cookie(site: RunningSite, path: str):
    with site.client() as visitor, site.signed_in(_moderator(site)) as moderator:
        shown, theirs = visitor.get(path), moderator.get(path)
    assert shown.status_code == 200
    assert "set-cookie" not in shown.headers
    assert _without_chance(shown.text) == _without_chance(theirs.text)


def _without_chance(page: str) -> str:
    """The random id that each form of a new petition carries."""
    return page.split('name="submission"', maxsplit=1)[0]


def _moderator(site: RunningSite) -> str:
    site.town.moderator()
    return "maureen@example.org"


def site_json(site: RunningSite, petition: int):
    with site.client() as visitor:
        return visitor.get(f"/petitions/{petition}.json").json()["data"]["attributes"]


def test_a_crossing_that_waits_makes_the_site_unready_and_is_named(site: RunningSite):
    petition = site.town.open_petition()
    site.town.sign(petition, *crowd(4, f"ready{petition}"))
    with site.client() as probe:
        assert (probe.get("/readyz").status_code, probe.get("/healthz").status_code) == (200, 200)
        _serve(site, petition, served=False)
        answer = probe.get("/readyz")
        _serve(site, petition, served=True)
        assert probe.get("/readyz").status_code == 200
    said = [f"the response crossing of petition {petition} is unserved"]
    assert (answer.status_code, answer.json()) == (503, {"status": "unready", "faults": said})


def _serve(site: RunningSite, petition: int, *, served: bool) -> None:
    then = site.town.now - timedelta(minutes=5)
    with site.town.database.writing() as db:
        crossing = db.get_one(Crossing, (petition, "response", 1))
        crossing.reached_at, crossing.served_at = then, site.town.now if served else None
