"""Correcting a published text by the pages, and what everyone reads of it."""

from __future__ import annotations

import html
import re

import pytest

from tests.site import MODERATOR, TEXTS, RunningSite

MENDED = TEXTS | {"background": "Most people work on Saturdays.", "note": "Not everyone does.", "version": "1"}


@pytest.fixture
def published(site: RunningSite) -> int:
    site.town.moderator()
    return site.town.open_petition()


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_maureen_corrects_and_everyone_sees_what_changed(site: RunningSite, published: int):
    path = f"/moderation/petitions/{published}/correct"
    with site.signed_in(MODERATOR) as moderator, site.client() as visitor:
        assert "as it was published" in visitor.get(f"/petitions/{published}/versions").text
        assert 'name="version" value="1"' in moderator.get(path).text
        preview = moderator.post(path, data=MENDED | {"go": "preview"})
        assert preview.status_code == 200
        assert "[removed: People ] [added: Most people ] work on Saturdays." in words(preview.text)
        assert site.town.petition(published).text_version == 1
        assert "Not everyone does." in moderator.post(path, data=MENDED | {"go": "edit"}).text
        done = moderator.post(path, data=MENDED | {"go": "publish"})
        assert (done.status_code, done.headers["location"]) == (303, f"/petitions/{published}/versions")
        page = visitor.get(f"/petitions/{published}/versions")
        assert "set-cookie" not in page.headers
        for shown in ("Version 2", "Version 1", "Not everyone does.", "[removed: People ] [added: Most people ]"):
            assert shown in words(page.text)
        assert "Maureen" not in page.text
        assert "Most people work on Saturdays." in visitor.get(f"/petitions/{published}").text


@pytest.mark.parametrize("go", ["preview", "publish"])
@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"note": ""}, ["note"]),
        ({"background": TEXTS["background"]}, ["action"]),
        ({"action": "x" * 81, "note": "n" * 501}, ["action", "note"]),
        ({"action": "", "background": "", "additional_details": "d" * 801}, ["action", "background"]),
    ],
)
def test_a_correction_that_makes_no_sense_comes_back_as_it_was_typed(
    site: RunningSite, published: int, go: str, fields: dict[str, str], faults: list[str]
):
    with site.signed_in(MODERATOR) as moderator:
        page = moderator.post(f"/moderation/petitions/{published}/correct", data=MENDED | fields | {"go": go})
    assert page.status_code == 422
    assert all(f'href="#{name}"' in page.text for name in faults)
    assert all(value in html.unescape(page.text) for value in fields.values())
    assert site.town.petition(published).text_version == 1


@pytest.mark.parametrize("go", ["preview", "publish"])
def test_a_form_that_somebody_overtook_is_kept_beside_the_new_text(site: RunningSite, published: int, go: str):
    path = f"/moderation/petitions/{published}/correct"
    site.town.correct(published, background="People work all week.")
    with site.signed_in(MODERATOR) as moderator:
        page = moderator.post(path, data=MENDED | {"go": go})
        assert page.status_code == 409
        shown = html.unescape(page.text)
        assert "Somebody else corrected the text" in shown
        assert "Most people work on Saturdays." in shown
        assert "Not everyone does." in shown
        assert site.town.petition(published).background == "People work all week."
        assert 'name="version" value="2"' in page.text
        assert moderator.post(path, data=MENDED | {"go": "publish", "version": "2"}).status_code == 303
    assert site.town.petition(published).text_version == 3


@pytest.mark.parametrize("version", ["", "abc", "-1", "9" * 30])
def test_a_version_that_makes_no_sense_is_an_old_one(site: RunningSite, published: int, version: str):
    with site.signed_in(MODERATOR) as moderator:
        data = MENDED | {"go": "publish", "version": version}
        assert moderator.post(f"/moderation/petitions/{published}/correct", data=data).status_code == 409
    assert site.town.petition(published).text_version == 1


def test_what_nobody_may_read_has_no_versions(site: RunningSite, published: int):
    waiting = site.town.start()
    site.town.support(waiting)
    with site.client() as visitor:
        for unknown in (waiting, 999_999, "abc"):
            assert visitor.get(f"/petitions/{unknown}/versions").status_code == 404
        site.town.take_down(published)
        assert visitor.get(f"/petitions/{published}/versions").status_code == 410
    with site.signed_in(MODERATOR) as moderator:
        assert moderator.get(f"/moderation/petitions/{published}/correct").status_code == 409
        assert moderator.get("/moderation/petitions/999999/correct").status_code == 404


def test_moderators_find_any_petition_by_number_address_or_words(site: RunningSite, published: int):
    hidden = site.town.open_petition(action="Paint the zeppelin hangar")
    site.town.take_down(hidden)
    with site.signed_in(MODERATOR) as moderator:

        def found(**query: str) -> str:
            return html.unescape(moderator.get("/moderation/petitions", params=query).text)

        for query in (str(hidden), f"#{hidden}", f"{site.base}/petitions/{hidden}", "zeppelin", "Zeppelin hangars"):
            page = found(q=query)
            assert "Paint the zeppelin hangar" in page
            assert "Hidden" in page
        case = re.search(r'href="/moderation/(\d+)"', found(q="zeppelin"))
        assert case
        assert moderator.get(f"/moderation/{case[1]}").status_code == 200
        assert f"/moderation/take-down/petition/{published}" in found(q=str(published))
        assert f"/moderation/take-down/petition/{hidden}" not in found(q=str(hidden))
        assert "Paint the zeppelin hangar" not in found(q="zeppelin", state="open")
        assert "Paint the zeppelin hangar" in found(q="zeppelin", state="hidden")
        assert "No petition fits" in found(q="no such words anywhere")
        assert "No petition fits" in found(q="+*%'\"")
        assert "Find a petition" in found(state="nonsense", page="x")
    with site.client() as visitor:
        assert visitor.get("/moderation/petitions").status_code == 404
