"""The reading desk as Tom uses it, without a script."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from consultations.model import Code, Coding, Finding, Group, Response
from tests.consultations.asking import NO, YES, Asking
from tests.site import RunningSite

REFERENCE = re.compile("reference [0-9a-f]+")
WHY = "The bridge was paid for long ago. My mother is a nurse. <script>alert(1)</script> {{7*7}}"
LETTER = (
    "I support the toll on the Harbour Bridge because the repairs must be paid. It keeps lorries out of our streets."
)


@pytest.fixture(scope="module")
def asking(sqlite_site: RunningSite) -> Asking:
    return Asking(sqlite_site.town, "reading-desk")


@pytest.fixture(scope="module")
def tom(sqlite_site: RunningSite, asking: Asking) -> Iterator[httpx.Client]:
    with sqlite_site.signed_in("tom.reading-desk@example.org") as client:
        yield client


@pytest.fixture(scope="module")
def bridge(sqlite_site: RunningSite, asking: Asking) -> int:
    opens = sqlite_site.town.now - timedelta(days=30)
    made = asking.published(opens=opens, closes=sqlite_site.town.now - timedelta(days=1))
    for _n in range(4):
        asking.responded(made, {2: {"options": [YES.id]}, 5: {"options": [14], "other": "By kayak"}, 6: 4})
    asking.responded(made, {2: {"options": [NO.id]}, 3: WHY, 6: 1}, name="Ben Brown", organisation="Harbour Ltd")
    for _n in range(3):
        asking.responded(made, {2: {"options": [YES.id]}, 7: LETTER})
    sqlite_site.town.work()
    return made


def page(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.text[-800:])
    return html.unescape(answer.text)


def sent(client: httpx.Client, path: str, **data: object) -> str:
    answer = client.post(path, data=data)
    assert answer.status_code == 303, (path, answer.status_code, html.unescape(answer.text)[-1500:])
    return answer.headers["location"]


def the_answer(asking: Asking, bridge: int) -> int:
    rows = asking.town.rows(Response, Response.consultation_id == bridge, Response.is_organisation)
    return int(rows[0].id)


def test_tom_sees_his_consultations_and_begins_to_read(tom: httpx.Client, bridge: int) -> None:
    assert f'href="/desk/consultations/{bridge}"' in page(tom, "/desk/consultations")
    front = page(tom, f"/desk/consultations/{bridge}")
    assert "Begin reading" in front
    sent(tom, f"/desk/consultations/{bridge}/begin")
    front = page(tom, f"/desk/consultations/{bridge}?done=begun")
    assert "the answers are being read" in front
    assert "Read the next response" in front


def test_another_departments_desk_does_not_exist(sqlite_site: RunningSite, bridge: int) -> None:
    Asking(sqlite_site.town, "reading-other")
    with sqlite_site.signed_in("tom.reading-other@example.org") as stranger:
        for path in (
            "",
            "/responses",
            "/responses/filter",
            "/codes",
            "/tables",
            "/findings",
            "/campaigns",
            "/questions/3",
        ):
            foreign, missing = (stranger.get(f"/desk/consultations/{n}{path}") for n in (bridge, 987654))
            assert (foreign.status_code, missing.status_code) == (404, 404), path
            assert REFERENCE.sub("", foreign.text) == REFERENCE.sub("", missing.text), path
        assert stranger.post(f"/desk/consultations/{bridge}/codes", data={"name": "Mine"}).status_code == 404
        assert stranger.post(f"/desk/consultations/{bridge}/begin").status_code == 404
        assert "no consultation yet" in page(stranger, "/desk/consultations")


def test_the_list_is_filtered_searched_and_its_text_stays_text(tom: httpx.Client, asking: Asking, bridge: int) -> None:
    path = f"/desk/consultations/{bridge}/responses"
    answer = tom.get(path)
    assert "<script>alert(1)" not in answer.text
    assert "{{7*7}}" in html.unescape(answer.text)
    assert "8 responses" in page(tom, path)
    assert "1 response " in page(tom, f"{path}?organisation=yes&q2={NO.id}")
    assert "4 responses" in page(tom, f"{path}?q5=0&read=no&channel=web&sort=oldest")
    assert "1 response " in page(tom, f"{path}?q=nurse")
    assert "No response has all of this" in page(tom, f"{path}?q=nurse&q2={YES.id}")
    assert page(tom, f"{path}?q=%00%22&after=abc&before=-1&code=99999999999999999999&q2=x")


def test_what_is_filtered_by_is_named_and_taken_away_one_by_one(tom: httpx.Client, bridge: int) -> None:
    path = f"/desk/consultations/{bridge}/responses"
    assert "Filtered by" not in page(tom, path)
    shown = page(tom, f"{path}?q2={YES.id}&read=no&channel=web&q5=0&sort=oldest")
    for said in (f"<strong>{YES.text}</strong>", "<strong>Not read</strong>", "This site", "Something else"):
        assert said in shown, said
    assert f'href="{path}?read=no&channel=web&q5=0&sort=oldest"' in shown, "without the answer"
    assert 'name="q5" value="0"' in shown, "a search is among these"
    chosen = page(tom, f"{path}/filter?q2={YES.id}&read=no&sort=oldest&q=toll")
    assert f'id="q2-{YES.id}" name="q2" type="checkbox" value="{YES.id}" checked' in chosen
    assert f'id="q2-{NO.id}" name="q2" type="checkbox" value="{NO.id}">' in chosen
    assert 'value="toll"' in chosen
    assert tom.get("/desk/consultations/987654/responses/filter").status_code == 404


def test_a_response_is_read_noted_left_out_and_counted_again(tom: httpx.Client, asking: Asking, bridge: int) -> None:
    response = the_answer(asking, bridge)
    path = f"/desk/consultations/{bridge}/responses/{response}"
    shown = page(tom, path)
    assert all(said in shown for said in ("Harbour Ltd", "Ben Brown", WHY, "Should crossing cost something?"))
    sent(tom, f"{path}/read", read="yes")
    assert "Mark as not read" in page(tom, path)
    sent(tom, f"{path}/notes", note="Ask the ferry people <b>")
    assert "Ask the ferry people <b>" in page(tom, path)
    assert tom.post(f"{path}/notes", data={"note": " "}).status_code == 422
    assert tom.post(f"{path}/reject", data={"reason": ""}).status_code == 422
    assert "Why is it abuse?" in page(tom, f"{path}/reject")
    sent(tom, f"{path}/reject", reason="Threats")
    assert "Left out as abuse" in page(tom, path)
    assert "7 responses" in page(tom, f"/desk/consultations/{bridge}/responses")
    sent(tom, f"{path}/reject", undo="yes")
    assert "8 responses" in page(tom, f"/desk/consultations/{bridge}/responses")


def test_sentences_are_coded_counted_and_become_a_finding(tom: httpx.Client, asking: Asking, bridge: int) -> None:
    response, desk = the_answer(asking, bridge), f"/desk/consultations/{bridge}"
    where = f"{desk}/questions/3"
    first = page(tom, where)
    assert "My mother is a nurse." in first
    nothing = tom.post(f"{where}/codings", data={"response": response, "version": 1})
    assert nothing.status_code == 422
    assert "Choose a code" in nothing.text
    sent(tom, f"{where}/codings", response=response, version=1, new="Carers", sentence=["34-55", "0-33"])
    (row,) = asking.town.rows(Coding, Coding.consultation_id == bridge)
    assert (row.start, row.end) == (0, 55)
    sent(tom, f"{where}/codings", response=response, version=1, code=row.code_id, start="34", end="55")
    assert tom.post(
        f"{where}/codings", data={"response": response, "version": 1, "code": row.code_id, "start": "9", "end": "9999"}
    ).status_code == 422  # fmt: skip
    assert "Take off" in page(tom, where)
    sent(tom, f"{desk}/codings/{row.id}/remove")
    assert "1 person made this point" in page(tom, f"{desk}/codes/{row.code_id}")
    made = sent(tom, f"{desk}/findings", title="Carers should not pay", codes=[row.code_id])
    assert "1 person stands behind it" in page(tom, made)
    (passage,) = asking.town.rows(Coding, Coding.removed_at.is_(None), Coding.consultation_id == bridge)
    finding = made.partition("?")[0]
    sent(tom, finding, do="quote", coding=passage.id)
    assert "Do not quote it" in page(tom, finding)
    assert f"/responses/{response}" in page(tom, f"{finding}/responses")
    assert "Carers should not pay" in page(tom, f"{desk}/responses/{response}")
    assert tom.post(finding, data={"do": "save", "title": "", "codes": row.code_id, "seen": "2"}).status_code == 422
    stale = tom.post(finding, data={"do": "save", "title": "Older", "codes": row.code_id, "seen": "1"})
    assert stale.status_code == 409
    sent(tom, finding, do="remove")
    assert "Put it back" in page(tom, f"{desk}/findings?done=remove")
    sent(tom, finding, do="put-back")
    assert asking.town.rows(Finding, Finding.consultation_id == bridge)[0].removed_at is None


def test_codes_have_a_page_and_a_merge_is_checked_first(tom: httpx.Client, asking: Asking, bridge: int) -> None:
    desk = f"/desk/consultations/{bridge}"
    for name in ("Old word", "New word"):
        sent(tom, f"{desk}/codes", name=name)
    old, new = (
        asking.town.rows(Code, Code.name == n, Code.consultation_id == bridge)[0].id for n in ("Old word", "New word")
    )
    assert "Enter a name" in html.unescape(tom.post(f"{desk}/codes", data={"name": "!"}).text)
    assert "Another code has this name" in tom.post(f"{desk}/codes/{old}", data={"name": "new WORD"}).text
    sent(tom, f"{desk}/codes/{old}", do="save", name="Older word", description="Never")
    sent(tom, f"{desk}/codes/{old}", do="retire")
    sent(tom, f"{desk}/codes/{old}", do="bring-back")
    assert "cannot be undone" in page(tom, f"{desk}/codes/{old}/merge?into={new}")
    sent(tom, f"{desk}/codes/{old}/merge", into=new)
    assert "Older word is part of New word" in page(tom, f"{desk}/codes")


def test_tables_are_shown_and_small_cells_left_out_on_request(tom: httpx.Client, bridge: int) -> None:
    desk = f"/desk/consultations/{bridge}"
    for question in (2, 5, 6):
        assert "<svg" in page(tom, f"{desk}/questions/{question}")
        assert "<table" in page(tom, f"{desk}/questions/{question}?by=who")
    assert "left out" in page(tom, f"{desk}/questions/2?protect=yes")
    assert "Choose two questions" in page(tom, f"{desk}/tables")
    crossed = page(tom, f"{desk}/tables?rows=q2&columns=q6&organisation=yes")
    assert "Among 1 of 8 responses" in crossed
    assert 'title="left out"' in page(tom, f"{desk}/tables?rows=q2&columns=channel&protect=yes")


def test_a_campaign_is_found_confirmed_and_undone(
    tom: httpx.Client, sqlite_site: RunningSite, asking: Asking, bridge: int
) -> None:
    desk = f"/desk/consultations/{bridge}"
    sent(tom, f"{desk}/campaigns", question=7)
    assert "Waiting to begin" in page(tom, f"{desk}/campaigns") or asking.town.rows(Group)
    sqlite_site.town.work()
    (group,) = asking.town.rows(Group, Group.consultation_id == bridge)
    assert "3 people" in page(tom, f"{desk}/campaigns")
    where = f"{desk}/campaigns/{group.id}"
    assert LETTER in page(tom, where)
    assert tom.post(where, data={"do": "confirm", "name": ""}).status_code == 422
    sent(tom, where, do="confirm", name="Quay Residents")
    sent(tom, f"{desk}/codes", name="Repairs")
    code = asking.town.rows(Code, Code.name == "Repairs", Code.consultation_id == bridge)[0].id
    sent(tom, where, do="code", code=code)
    assert "3 people made this point" in page(tom, f"{desk}/codes/{code}")
    sent(tom, where, do="suggest")
    assert "It is one campaign" in page(tom, where)


def test_the_report_leaves_out_small_figures_and_every_word_and_name(tom: httpx.Client, bridge: int) -> None:
    shown = page(tom, f"/desk/consultations/{bridge}/report")
    assert "Should crossing cost something?" in shown
    assert "How content are you with the bridge?" in shown
    for word in ("Ben Brown", "Harbour Ltd", "My mother is a nurse", "By kayak", "It keeps lorries out"):
        assert word not in shown, "neither words nor names"
    assert 'title="left out"' in shown, "one person who said no"
