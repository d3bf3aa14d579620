"""Starting a petition step by step: nothing that was typed is lost, whatever comes in whatever order."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from petitions.model.petition import Petition
from petitions.web.drafting import STEPS
from tests.people import ANNA
from tests.site import RunningSite

PERSON = {
    "creator_name": ANNA.name,
    "email": ANNA.email,
    "country": "GB",
    "postcode": ANNA.postcode,
    "notify": "true",
    "eligible": "true",
    "privacy": "1",
}
HEADINGS = {
    "eligibility": "Start a petition",
    "action": "What should be done?",
    "similar": "Sign one of these instead?",
    "background": "Why should it be done?",
    "details": "Is there more to know? (optional)",
    "about": "About you",
    "check": "Check your petition",
}


@pytest.fixture
def anna(site: RunningSite) -> Iterator[httpx.Client]:
    with site.client() as client:
        yield client


def draft(site: RunningSite, title: str = "Keep the ferry on the Tarrow", **other: str) -> dict[str, str]:
    """Everything filled in, with a submission id of its own."""
    texts = {"action": title, "background": "It is the only way across.", "additional_details": "Line one.\r\n\r\nTwo."}
    return {"may": "yes", **texts, **PERSON, "submission": f"{abs(hash((title, site.port))):022d}"} | other


def send(anna: httpx.Client, step: str, go: str = "next", **fields: str) -> httpx.Response:
    return anna.post("/petitions/new", data={"step": step, "go": go, **fields})


def heading(page: httpx.Response) -> str:
    found = re.findall(r"<h1.*?</h1>", page.text, re.S)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", "", found[0]).split()))


def values(page: httpx.Response) -> dict[str, str]:
    """What the form on a page would send if its button were pressed."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page.text.partition('action="/petitions/new"')[2]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (("checkbox" not in tag and "radio" not in tag) or " checked" in tag):
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', page.text, re.S):
        found[name] = html.unescape(inner).removeprefix("\n")
    chosen = re.search(r'<option value="([^"]*)" selected', page.text)
    return found | ({"country": chosen[1]} if chosen else {})


def started(site: RunningSite, title: str) -> list[Petition]:
    return site.town.rows(Petition, Petition.action == title)


def test_each_step_leads_to_the_next_and_the_last_one_starts_it(site: RunningSite, anna: httpx.Client):
    given = draft(site, f"Paint the bandstand blue {site.port}")
    page, walked = anna.get("/petitions/new"), []
    for _ in range(10):
        walked.append(heading(page))
        fields = values(page)
        fields |= {name: given[name] for name in given if name in fields or name in ("may", "notify")}
        page = anna.post("/petitions/new", data=fields | {"go": "next"})
        if page.status_code != 200:
            break
    own = [step for step in walked if step != HEADINGS["similar"]]  # what is alike others of this site may have brought
    assert own == [HEADINGS[name] for name in STEPS if name != "similar"]
    assert (page.status_code, page.headers["location"]) == (303, "/petitions/new/sent")
    (petition,) = started(site, given["action"])
    assert (petition.state, petition.background) == ("pending", given["background"])
    assert petition.additional_details == "Line one.\n\nTwo."


@pytest.mark.parametrize("step", [name for name in STEPS if name != "similar"])
def test_going_back_and_forth_keeps_every_word(site: RunningSite, anna: httpx.Client, step: str):
    given = draft(
        site, 'Ring the "old" bell <b>&amp; the new</b>', background=" \u202fTwo\r\n  lines, \u201cquoted\u201d & more "
    )
    page = send(anna, step, "back", **given)
    assert page.status_code == 200
    kept = values(page)
    lost = {
        n: (kept.get(n), v)
        for n, v in given.items()
        if kept.get(n, "").replace("\n", "\r\n").replace("\r\r", "\r") != v
    }
    assert lost == {}
    again = values(send(anna, kept.pop("step"), "next", **kept))
    assert again["action"] == given["action"]


@pytest.mark.parametrize("wrong", ["action", "background", "additional_details", "email", "may"])
def test_whatever_comes_out_of_order_is_led_to_the_first_step_that_is_not_complete(
    site: RunningSite, anna: httpx.Client, wrong: str
):
    given = draft(site, "Leave out a step")
    bad = {"additional_details": "x" * 801}.get(wrong, "")
    step = {"may": "eligibility", "additional_details": "details", "email": "about"}.get(wrong, wrong)
    page = send(anna, "check", **given | {wrong: bad})
    assert (page.status_code, heading(page)) == (422, HEADINGS[step])
    kept = values(page)
    assert {n: kept[n] for n in ("creator_name", "submission")} == {n: given[n] for n in ("creator_name", "submission")}
    assert not started(site, given["action"])


@pytest.mark.parametrize("step", ["", "nothing", "check ", "\x00"])
def test_a_step_that_there_is_not_begins_anew_with_everything_kept(site: RunningSite, anna: httpx.Client, step: str):
    given = draft(site, "Go nowhere")
    page = send(anna, step, "away", **given)
    assert heading(page) == HEADINGS["eligibility"]
    assert values(page)["action"] == given["action"]
    assert not started(site, given["action"])


LIMITS = {"action": ("action", 80), "background": ("background", 300), "additional_details": ("details", 800)}


LETTERS = {"plain": "x", "accent": "é", "composed": "e\u0301", "owl": "🦉", "line": "\r\n"}


@pytest.mark.parametrize(
    ("field", "letter"),
    [(f, letter) for f in LIMITS for name, letter in LETTERS.items() if (f, name) != ("action", "line")],
)
def test_one_letter_over_the_limit_is_refused_and_kept(anna: httpx.Client, field: str, letter: str):
    """Counted as people count: a letter with its accent is one, a line end is one."""
    step, most = LIMITS[field]
    full = {"may": "yes", "action": "Do what has to be done", "background": "Because."}
    between = "".join("y" if letter == "\r\n" and n % 2 else letter for n in range(most - 3))
    exactly = f"Ab{between}z"
    fits = send(anna, step, **full | {field: exactly})
    assert fits.status_code == 200, heading(fits)
    over = send(anna, step, **full | {field: exactly[:1] + "b" + exactly[1:]})
    assert (over.status_code, heading(over)) == (422, HEADINGS[step])
    assert f"{most} characters or fewer" in over.text
    assert values(over)[field].replace("\r\n", "\n") == ("Ab" + exactly[1:]).replace("\r\n", "\n")


BLANK = {
    "spaces": "     ",
    "invisible": "\u200b\u2060\u00ad" * 9,
    "blank letters": "\u3164" * 6,
    "tags": "\U000e0041" * 8,
}


@pytest.mark.parametrize("title", BLANK.values(), ids=BLANK)
def test_a_title_that_shows_nothing_is_no_title(anna: httpx.Client, title: str):
    page = send(anna, "action", may="yes", action=title)
    assert (page.status_code, heading(page)) == (422, HEADINGS["action"])
    assert "Say in a few words what you want somebody to do." in page.text


@pytest.mark.parametrize("title", ["=SUM(A1)", "+1 for buses", "@home", "-"])
def test_a_title_that_a_spreadsheet_would_compute_is_refused(anna: httpx.Client, title: str):
    assert send(anna, "action", may="yes", action=title).status_code == 422


# similar petitions


@pytest.fixture
def libraries(site: RunningSite) -> dict[str, int]:
    """Open ones with their counts, a closed one, and one that was rejected."""
    found = {}
    for title, count, state in (
        ("Do not cut zwickelbad hours", 1_023, "open"),
        ("Zwickelbad hours must stay", 835, "open"),
        ("Zwickelbad hours for all", 2_000, "closed"),
        ("Zwickelbad hours cut now", 5, "rejected"),
    ):
        with site.town.database.reading() as db:
            known = db.query(Petition.id).filter(Petition.action == title).scalar()
        found[title] = known or _published(site, title, count, state)
    return found


def _published(site: RunningSite, title: str, count: int, state: str) -> int:
    petition = site.town.open_petition(ANNA, action=title, background="x", additional_details="")
    facts: dict[str, Any] = {
        "signature_count": count,
        "last_number": count,
        "state": state,
        "imported_count": count - 6,
    }
    if state == "rejected":
        facts |= {"rejection_code": "irrelevant", "opened_at": None, "imported_count": 0, "rejected_at": site.town.now}
    with site.town.database.writing() as db:
        row = db.get_one(Petition, petition)
        for name, value in facts.items():
            setattr(row, name, value)
    return petition


def test_open_petitions_that_ask_for_the_same_come_first_with_their_counts(
    anna: httpx.Client, libraries: dict[str, int]
):
    page = send(anna, "action", may="yes", action="zwickelbad hours")
    assert heading(page) == HEADINGS["similar"]
    listed = re.findall(r'href="/petitions/(\d+)"', page.text)
    titles = {str(i): title for title, i in libraries.items()}
    assert [titles[i] for i in listed] == [
        "Do not cut zwickelbad hours",
        "Zwickelbad hours must stay",
        "Zwickelbad hours for all",
    ]
    assert "1,023 signatures" in page.text
    assert "835 signatures" in page.text
    assert "Closed" in page.text
    onward = send(anna, "similar", **{k: v for k, v in values(page).items() if k not in ("step", "go")})
    assert heading(onward) == HEADINGS["background"]
    back = send(anna, "background", "back", **{k: v for k, v in values(onward).items() if k not in ("step", "go")})
    assert heading(back) == HEADINGS["similar"]
    assert values(back)["action"] == "zwickelbad hours"


def test_the_step_is_left_out_where_nothing_is_alike(anna: httpx.Client):
    given = {"may": "yes", "action": "Xylophones for zeppelins"}
    assert heading(send(anna, "action", **given)) == HEADINGS["background"]
    assert heading(send(anna, "background", "back", **given)) == HEADINGS["action"]


def test_programs_are_told_of_similar_petitions_too(site: RunningSite, anna: httpx.Client, libraries: dict[str, int]):
    answer = anna.get("/api/v1/petitions/similar", params={"action": "zwickelbad hours"})
    told = answer.json()["petitions"]
    assert [(p["action"], p["state"], p["signature_count"]) for p in told] == [
        ("Do not cut zwickelbad hours", "open", 1_023),
        ("Zwickelbad hours must stay", "open", 835),
        ("Zwickelbad hours for all", "closed", 2_000),
    ]
    assert told[0]["url"] == f"{site.base}/petitions/{libraries['Do not cut zwickelbad hours']}"
    for odd in ("", "\x00", "🦉", '"', "x" * 9_000):
        assert anna.get("/api/v1/petitions/similar", params={"action": odd}).json() == {"petitions": []}


# twice, and too often


def test_the_same_form_from_two_tabs_and_fifty_times_at_once_is_one_petition(site: RunningSite, anna: httpx.Client):
    given = draft(site, f"Count me once {site.port}")
    with ThreadPoolExecutor(25) as clicks:
        answers = list(clicks.map(lambda _n: send(anna, "check", **given), range(50)))
    assert {(a.status_code, a.headers["location"]) for a in answers} == {(303, "/petitions/new/sent")}
    (petition,) = started(site, given["action"])
    site.town.deliver()
    assert len([s for s in site.town.signatures(petition.id)]) == 1


def test_over_the_limit_nothing_is_stored_and_every_field_is_kept(
    site: RunningSite, anna: httpx.Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(site.house.limits, "on", True)
    most = site.town.policy.create_most
    first = [draft(site, f"Number {n} of many {site.port}") for n in range(most)]
    for given in first:
        assert send(anna, "check", **given).status_code == 303
    given = draft(site, f"One too many {site.port}")
    page = send(anna, "check", **given)
    assert (page.status_code, heading(page)) == (429, HEADINGS["check"])
    assert "Nothing was stored" in page.text
    assert int(page.headers["retry-after"]) > 0
    kept = values(page)
    assert {n: v.replace("\r\n", "\n") for n, v in given.items()} == {n: kept[n].replace("\r\n", "\n") for n in given}
    assert not started(site, given["action"])
    # whose click was stored before is told so, not that nothing was
    assert send(anna, "check", **first[0]).status_code == 303
    assert len(started(site, first[0]["action"])) == 1


def test_what_anna_may_not_have_meant_to_publish_is_asked_about_before_she_sends_it(
    anna: httpx.Client, site: RunningSite
):
    page = send(anna, "about", **draft(site, background="Call me on 020 7946 0958 about the ferry."))
    assert heading(page) == "Check your petition"
    assert "Your text seems to have a phone number" in page.text
    assert "Look again" not in send(anna, "about", **draft(site)).text
