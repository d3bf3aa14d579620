"""Tom publishes responses, says what was heard, takes paper in and exports; Ana reads what is public."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook

from app.accounts.model import Account
from app.audit.model import AuditEntry
from consultations.model import Consultation, Response, Sheet
from consultations.rules.responses import Consent
from tests.consultations.asking import NO, YES, Asking
from tests.site import RunningSite

HOME = "roads"


@pytest.fixture(scope="module")
def asking(sqlite_site: RunningSite) -> Asking:
    return Asking(sqlite_site.town, HOME)


@pytest.fixture(scope="module")
def tom(sqlite_site: RunningSite, asking: Asking) -> Iterator[httpx.Client]:
    with sqlite_site.signed_in(f"tom.{HOME}@example.org") as client:
        yield client


@pytest.fixture(scope="module")
def tara(sqlite_site: RunningSite, asking: Asking) -> Iterator[httpx.Client]:
    with sqlite_site.signed_in(f"tara.{HOME}@example.org") as client:
        yield client


def closed(asking: Asking, **columns: Any) -> int:
    """Five weeks ago it opened, a week ago it closed."""
    return asking.published(opens=asking.town.now - timedelta(days=35), **columns)


def sent(client: httpx.Client, path: str, status: int = 303, **data: Any) -> httpx.Response:
    answer = client.post(path, data=data)
    assert answer.status_code == status, answer.text
    return answer


def seen(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.text)
    return answer.text


def test_ben_without_name_is_nowhere_though_he_signed(
    sqlite_site: RunningSite, asking: Asking, tom: httpx.Client
) -> None:
    bridge = closed(asking)
    public, desk = f"/consultations/{bridge}", f"/desk/consultations/{bridge}"
    words = "=1+1 <script>alert(1)</script> My bakery needs it. Zebedee Quill"
    ben = asking.responded(
        bridge, {2: {"options": [NO.id]}, 3: words}, name="Zebedee Quill", email="zeb@quill.example.org",
        organisation="Quillbakery", consent=Consent.ANONYMOUS,
    )  # fmt: skip
    asking.responded(bridge, {2: {"options": [YES.id]}}, name="Ana Almeida")
    hidden = asking.responded(bridge, {2: {"options": [YES.id]}, 7: "Never show this"}, consent=Consent.NONE)
    assert "Zebedee" in seen(tom, f"{desk}/publish/{ben}")
    seen(tom, f"{desk}/publish/{hidden}", 404)
    sent(tom, f"{desk}/publish/numbers", after=0)
    sent(tom, f"{desk}/publish/{ben}", 409, do="approve", version=1)
    sent(tom, f"{desk}/publish/{ben}", do="signature")
    assert "Taken out" in seen(tom, f"{desk}/publish/{ben}")
    sent(tom, f"{desk}/publish/{ben}", 422, do="redact", question=3, passage="not there", redaction="others")
    sent(tom, f"{desk}/publish/{ben}", 422, do="withhold", withheld="")
    sent(tom, f"{desk}/publish/{ben}", do="approve", version=1)
    assert "2 responses become public" in seen(tom, f"{desk}/publish/ready")
    sent(tom, f"{desk}/publish/ready")
    assert "Take them back" in seen(tom, f"{desk}/publish?state=published")
    with sqlite_site.client() as ana:
        pages = [
            seen(ana, path)
            for path in (
                f"{public}/responses", f"{public}/responses?question=3", f"{public}/responses.csv",
                f"{public}/responses.json", f"{public}/responses.atom", f"{public}/responses/1", f"{public}/responses/2",
                public,
            )
        ]  # fmt: skip
        together = "".join(pages)
        assert all(word not in together for word in ("Zebedee", "Quill", "Never show this"))
        assert "<script>alert" not in pages[0] + pages[1] + pages[5] + pages[6] + pages[7]
        assert "[removed: It says who wrote this]" in pages[0]
        assert "'=1+1" in pages[2]
        assert pages[2].startswith("\ufeff")
        assert "Ana Almeida" in pages[0]
        seen(ana, f"{public}/responses/3", 404)
        seen(ana, f"{public}/responses?question=999", 404)


def test_what_hides_its_results_shows_nothing_before_it_closes(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published(hides_results=True)
    asking.responded(bridge, {2: {"options": [YES.id]}})
    with sqlite_site.client() as ana:
        for name in (
            "responses",
            "responses.csv",
            "responses.json",
            "responses.atom",
            "responses/1",
            "findings",
            "roll",
        ):
            seen(ana, f"/consultations/{bridge}/{name}", 404)


def test_two_people_publish_what_was_said_and_a_correction_keeps_the_old_words(
    sqlite_site: RunningSite, asking: Asking, tom: httpx.Client, tara: httpx.Client
) -> None:
    bridge = closed(asking)
    desk, public = f"/desk/consultations/{bridge}", f"/consultations/{bridge}"
    asking.responded(bridge, {2: {"options": [NO.id]}, 3: "Too dear for nurses."}, email="asked@example.org")
    sent(tom, f"{desk}/feedback", 422, do="save", summary="", revision=0)
    sent(tom, f"{desk}/feedback", do="hand-in", summary="Most find it too dear.", body="", note="", revision=0)
    sent(tom, f"{desk}/feedback", 409, do="release", revision=1)
    assert "This is how everyone will read it" in seen(tara, f"{desk}/feedback")
    sent(tara, f"{desk}/feedback", do="release", revision=1)
    sent(tara, f"{desk}/feedback", do="hand-in", summary="Many find it too dear.", note="Not most.", revision=0)
    sent(tom, f"{desk}/feedback", do="release", revision=1)
    seen(tom, f"{desk}/answers")
    with sqlite_site.client() as ana:
        assert "Many find it too dear." in seen(ana, f"{public}/findings")
        assert "Not most." in seen(ana, f"{public}/findings")
        assert "Most find it too dear." in seen(ana, f"{public}/findings?version=1")
        assert "What you said" in seen(ana, public)
    (row,) = asking.town.rows(Consultation, Consultation.id == bridge)
    assert row.stage == "feedback"


def test_the_roll_is_written_after_closing_and_anybody_can_check_it(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = closed(asking)
    seen_before = asking.town.now - timedelta(days=20)
    first = asking.responded(bridge, {2: {"options": [YES.id]}})
    asking.town.sql(f"UPDATE consultations_response SET sent_at = '{seen_before:%Y-%m-%d %H:%M:%S}' WHERE id = {first}")
    asking.town.work()
    with sqlite_site.client() as ana:
        listed = ana.get(f"/consultations/{bridge}/roll.txt")
        facts = ana.get(f"/consultations/{bridge}/roll.json").json()
        assert facts["sha256"] in seen(ana, f"/consultations/{bridge}/roll")
    (row,) = asking.town.rows(Response, Response.id == first)
    assert listed.text == row.digest.hex() + "\n"
    assert hashlib.sha256(listed.content).hexdigest() == facts["sha256"]


def test_tom_types_in_and_sends_paper_and_tara_checks_it(asking: Asking, tom: httpx.Client, tara: httpx.Client) -> None:
    bridge = asking.published()
    desk, day = f"/desk/consultations/{bridge}", asking.town.now.date().isoformat()
    seen(tom, f"{desk}/paper")
    assert 'accept=".xlsx,.csv"' in tom.get(f"{desk}/paper").text
    assert "q5_14" in seen(tom, f"{desk}/paper/template.csv")
    book = load_workbook(io.BytesIO(tom.get(f"{desk}/paper/template.xlsx").content))
    assert book.sheetnames == ["Responses", "Columns"]
    seen(tom, f"{desk}/enter")
    facts = {"source_ref": "P-1", "channel": "paper", "received_on": day, "consent": "anonymous", "name": "Old Joe"}
    wrong = sent(tom, f"{desk}/enter", 422, **facts, q2=NO.id)
    assert "Write an answer" in wrong.text
    sent(tom, f"{desk}/enter", **facts, q2=NO.id, q3="It rains on the ferry.")
    (row,) = asking.town.rows(Response, Response.consultation_id == bridge)
    assert "It rains on the ferry." in seen(tara, f"{desk}/check/{row.id}")
    sent(tom, f"{desk}/check/{row.id}", 409)
    sent(tara, f"{desk}/check/{row.id}")
    table = f"source_ref,channel,received_on,consent,q2\r\nP-1,paper,{day},none,Yes\r\nP-2,paper,{day},none,Maybe\r\nP-3,phone,{day},none,Yes"
    answer = tom.post(f"{desk}/paper", files={"sheet": ("paper.csv", table.encode(), "text/csv")})
    assert answer.status_code == 303, answer.text
    asking.town.work()
    (sheet,) = asking.town.rows(Sheet, Sheet.consultation_id == bridge)
    assert (sheet.state, sheet.read) == ("done", 3)
    assert "none of the answers" in seen(tom, f"{desk}/paper/{sheet.id}")
    refused = tom.post(f"{desk}/paper", files={"sheet": ("paper.csv", b"source_ref,q99\r\nP,1", "text/csv")})
    assert refused.status_code == 422
    latin = table.replace("Maybe", "Café").encode("cp1252")
    refused = tom.post(f"{desk}/paper", files={"sheet": ("paper.csv", latin, "text/csv")})
    assert "as CSV in UTF-8" in refused.text, "what spreadsheets write is mended by another way of saving, not as PDF"
    assert asking.consultation(bridge).response_count == 2


def test_exports_hold_every_response_and_nobodys_name(asking: Asking, tom: httpx.Client) -> None:
    bridge = closed(asking)
    desk = f"/desk/consultations/{bridge}/export"
    for number in range(3):
        asking.responded(
            bridge, {2: {"options": [NO.id]}, 3: f"=cmd|{number}", 5: {"options": [14], "other": "By boat"}, 6: 4},
            name="Zebedee Quill",
        )  # fmt: skip
    table = taken(tom, f"{desk}/responses.csv").content.decode()
    assert len(table.splitlines()) == 5
    assert "'=cmd|0" in table
    found = taken(tom, f"{desk}/responses.json").json()
    assert [r["answers"]["6"] for r in found["responses"]] == [4, 4, 4]
    book = load_workbook(io.BytesIO(taken(tom, f"{desk}/responses.xlsx").content))
    rows = list(book["Responses"].values)
    assert len(rows) == 4
    assert "'=cmd|1" in rows[2]
    assert "Should crossing cost something?" in {line[2] for line in book["Columns"].values}
    assert "Should crossing cost something?" in seen(tom, f"{desk}/columns.csv")
    assert "Zebedee" not in table + str(found) + str(rows)


def taken(client: httpx.Client, path: str) -> httpx.Response:
    answer = client.post(path)
    assert (answer.status_code, "attachment" in answer.headers["content-disposition"]) == (200, True), answer.text
    return answer


def test_who_takes_responses_away_is_in_the_record_and_an_address_alone_takes_nothing(
    asking: Asking, tom: httpx.Client, sqlite_site: RunningSite
) -> None:
    bridge = closed(asking)
    desk = f"/desk/consultations/{bridge}/export"
    for _n in range(2):
        asking.responded(bridge, {2: {"options": [NO.id]}, 3: "So so\x0b <&> \u2603"})
    exported = (AuditEntry.act == "consultations.export", AuditEntry.subject_id == bridge)
    for path in (desk, f"{desk}/responses.csv", f"{desk}/responses.json", f"{desk}/responses.xlsx"):
        shown = seen(tom, path)
        assert f'action="{desk}/responses.xlsx" method="post"' in shown
        assert all(f'formaction="{desk}/responses.{kind}"' in shown for kind in ("csv", "json"))
    assert tom.get(f"{desk}/respondents.csv").status_code == 404
    assert tom.post(f"{desk}/respondents.csv").status_code == 404
    assert asking.town.rows(AuditEntry, *exported) == []
    taken(tom, f"{desk}/responses.json")
    taken(tom, f"{desk}/responses.xlsx")
    entries = asking.town.rows(AuditEntry, *exported)
    assert [e.facts for e in entries] == [{"file": f"responses.{k}", "responses": 2} for k in ("json", "xlsx")]
    (account,) = asking.town.rows(Account, Account.email == f"tom.{HOME}@example.org")
    assert {e.actor_id for e in entries} == {account.id}
    Asking(sqlite_site.town, "export-other")
    with sqlite_site.signed_in("tom.export-other@example.org") as stranger:
        assert stranger.post(f"{desk}/responses.csv").status_code == 404
    assert len(asking.town.rows(AuditEntry, *exported)) == 2
