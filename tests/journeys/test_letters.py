"""Letters that people do not want, and letters that do not arrive."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from app import cli
from app.audit.model import AuditEntry
from app.core.db import Database
from app.core.web.shell import proven_by_token
from app.mail.model import Letter, Suppression
from tests.app.mail.test_bouncing import complaint, postfix
from tests.people import LAURA, SAM, Person, crowd
from tests.site import ADMINISTRATOR, MODERATOR, RunningSite, fields_of

NEWS = "A petition you signed was answered"
MAYA = Person("Maya Iyer", "maya@example.org")
OMAR = Person("Omar Haddad", "omar@example.org")
Bounce = Callable[[bytes], tuple[int, str, str]]
ONE_CLICK = b"List-Unsubscribe=One-Click"


@pytest.fixture
def northmere(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    """Letters and jobs go when the test says so."""
    with RunningSite(database, tmp_path, petitions_response_at=10, petitions_debate_at=50) as site:
        site.town.staff(ADMINISTRATOR, "administrator")
        yield site


@pytest.fixture
def told(northmere: RunningSite) -> int:
    """A petition with ten signatures, Maya's and Sam's among them; everyone was told of its answer."""
    return answered_petition(northmere)


def answered_petition(site: RunningSite) -> int:
    town = site.town
    petition = town.open_petition()
    town.sign(petition, MAYA, SAM, *crowd(2))
    town.answer(petition)
    town.work()
    town.deliver()
    assert NEWS in town.letters.subjects(MAYA)
    return petition


def header_link(site: RunningSite, person: Person) -> str:
    """What a mail program finds in the newest letter's header, as the bytes on the wire have it."""
    file = max(
        (f for f in site.town.letters.folder.glob("*.eml") if person.email.encode() in f.read_bytes()),
        key=lambda f: int(f.stem),
    )
    head = file.read_bytes().partition(b"\n\n")[0].decode("ascii")
    assert "\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n" in head + "\n"
    found = re.search(r"^List-Unsubscribe: <(https?://[^>]+)>$", head, re.MULTILINE)
    assert found, head
    return found[1]


def wants_news(site: RunningSite, petition: int, person: Person) -> bool:
    return site.town.signatures(petition, person)[0].notify


# Maya


CLICKS = (
    ("application/x-www-form-urlencoded", ONE_CLICK),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
    ),
    ("text/plain; charset=utf-16", ONE_CLICK),
    ("application/json", ONE_CLICK),
    ("", ONE_CLICK),
    ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click&junk=%ff\xfe"),
)


def test_maya_unsubscribes_by_one_click_in_her_mail_program(northmere: RunningSite, told: int):
    """Her provider sends the word from a machine of its own: no cookie, no origin, no page."""
    for kind, body in CLICKS:
        northmere.town.sql("UPDATE petitions_signature SET notify = :yes", yes=True)  # each finds her asking for news
        with httpx.Client(timeout=30) as provider:
            headers = {"content-type": kind} if kind else {}
            answer = provider.post(header_link(northmere, MAYA), content=body, headers=headers)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), kind
        assert answer.text == "You get no more letters about this petition.\n"
        assert not wants_news(northmere, told, MAYA), kind
        assert wants_news(northmere, told, SAM)
        assert northmere.town.broken() == {}


FROM_ELSEWHERE: tuple[dict[str, str], ...] = (
    {"origin": "null"},
    {"origin": "https://webmail.example"},
    {"origin": "https://webmail.example", "sec-fetch-site": "cross-site"},
)


def test_mayas_webmail_stops_letters_wherever_it_says_that_it_comes_from(northmere: RunningSite, told: int):
    """The token is the whole proof, in every room; any other form of another site is refused as ever."""
    link = header_link(northmere, MAYA)
    for said in FROM_ELSEWHERE:
        northmere.town.sql("UPDATE petitions_signature SET notify = :yes", yes=True)
        answer = httpx.post(link, data={"List-Unsubscribe": "One-Click"}, headers=said)
        assert (answer.status_code, wants_news(northmere, told, MAYA)) == (200, False), said
        form = f"{northmere.base}/petitions/{told}/sign"
        assert httpx.post(form, data=MAYA.form(), headers=said).status_code == 403
    assert proven_by_token(northmere.house.router.routes) == (
        "/consultations/unsubscribe/",
        "/following/stop/",
        "/signatures/unsubscribe/",
        "/townhalls/unsubscribe/",
    )


def test_a_scanner_that_opens_the_link_changes_nothing(northmere: RunningSite, told: int):
    with northmere.client() as scanner:
        for _ in range(2):
            page = scanner.get(header_link(northmere, MAYA))
            assert page.status_code == 200
            assert "Open the town library on Sundays" in page.text
            assert MAYA.email not in page.text
            assert MAYA.name not in page.text
    assert wants_news(northmere, told, MAYA)


def test_maya_stops_by_the_letters_own_link_and_thinks_again(northmere: RunningSite, told: int):
    letter = northmere.town.letters.last_to(MAYA).get_content()
    assert len(letter.split()) < 120
    found = re.search(r"Stop these letters:\s+(\S+)", letter)
    assert found
    with northmere.client() as maya:
        assert "Stop these letters" in maya.get(found[1]).text
        assert press(maya, found[1], act="stop").status_code == 303
        stopped = maya.get(found[1]).text
        assert "No more news of this petition" in stopped
        assert not wants_news(northmere, told, MAYA)
        again = press(maya, found[1], act="again")
        assert "You get news again" in maya.get(again.headers["location"]).text
        assert wants_news(northmere, told, MAYA)


def test_maya_stops_news_of_everything_she_signed_and_gets_back_just_that(northmere: RunningSite, told: int):
    town = northmere.town
    other, quiet = town.open_petition(action="Plant trees"), town.open_petition(action="Mend the bridge")
    town.sign(other, MAYA, SAM)
    town.sign(quiet, MAYA.but(notify=False))
    link = header_link(northmere, MAYA)
    with northmere.client() as maya:
        page = press(maya, link, act="stop-all")
        assert page.status_code == 200
        assert "No more news of petitions" in page.text
        assert "Plant trees" not in page.text, "a forwarded letter must not tell what else she signed"
        assert [wants_news(northmere, p, MAYA) for p in (told, other, quiet)] == [False, False, False]
        assert wants_news(northmere, other, SAM)
        assert press(maya, link, act="again-all", stopped="nonsense").status_code == 303
        assert not wants_news(northmere, other, MAYA)
        press(maya, link, act="again-all", stopped=fields_of(page.text)["stopped"])
        assert [wants_news(northmere, p, MAYA) for p in (told, other, quiet)] == [True, True, False]
    assert town.broken() == {}


def test_the_undo_of_one_link_is_of_no_use_to_another(northmere: RunningSite, told: int):
    with northmere.client() as visitor:
        page = press(visitor, header_link(northmere, MAYA), act="stop-all")
        stolen = fields_of(page.text)["stopped"]
        press(visitor, header_link(northmere, SAM), act="again-all", stopped=stolen)
    assert not wants_news(northmere, told, MAYA)


def test_after_everything_was_forgotten_the_link_answers_calmly(northmere: RunningSite, told: int):
    link = header_link(northmere, MAYA)
    town = northmere.town
    town.sql("DELETE FROM petitions_signer")
    with northmere.client() as maya:
        assert "You get no news of this petition" in maya.get(link).text
        for act in ("stop", "again", "stop-all"):
            assert press(maya, link, act=act).status_code in (200, 303)
        assert "You get no news of this petition" in maya.get(link).text
        assert maya.post(link, content=ONE_CLICK).status_code == 200


def test_a_link_that_we_did_not_make_is_unknown(northmere: RunningSite, told: int):
    link = header_link(northmere, MAYA)
    with northmere.client() as stranger:
        for wrong in (link[:-1] + ("A" if link[-1] != "A" else "B"), link[:-5], link + "AAAA"):
            assert stranger.get(wrong).status_code == 404
            assert stranger.post(wrong, content=ONE_CLICK).status_code == 404
    assert wants_news(northmere, told, MAYA)


def test_a_hidden_petitions_text_is_not_shown_and_its_letters_can_still_be_stopped(northmere: RunningSite, told: int):
    link = header_link(northmere, MAYA)
    northmere.town.sql("UPDATE petitions_petition SET state = 'hidden' WHERE id = :row", row=told)
    with northmere.client() as maya:
        page = maya.get(link)
        assert page.status_code == 200
        assert "town library" not in page.text
        press(maya, link, act="stop")
    assert not wants_news(northmere, told, MAYA)


def test_the_header_of_a_long_address_is_written_as_it_is(sqlite_database: Database, tmp_path: Path):
    """Longer than a line of a letter, where the library would encode it."""
    from tests.site import Town

    base = "https://petitions.a-town-with-a-very-long-name.of-a-county.with-a-longer-name.gov.example"
    town = Town(sqlite_database, tmp_path, base_url=base, petitions_response_at=10, petitions_debate_at=50)
    petition = town.open_petition()
    town.sign(petition, MAYA, *crowd(4))
    town.answer(petition)
    town.work()
    town.deliver()
    raw = b"".join(file.read_bytes() for file in town.letters.folder.glob("*.eml"))
    assert f"\nList-Unsubscribe: <{base}/signatures/unsubscribe/".encode() in raw
    assert b"List-Unsubscribe: =?" not in raw


def press(client: httpx.Client, link: str, **fields: str) -> httpx.Response:
    return client.post(link, data=fields)


# Omar


def bounce(site: RunningSite, raw: bytes) -> subprocess.CompletedProcess[str]:
    """As a mail server runs it, beside the running site."""
    settings = site.house.settings
    done = subprocess.run(
        [sys.executable, "-m", "app", "bounce"],
        input=raw,
        capture_output=True,
        env={
            "PATH": "/usr/bin:/bin",
            "TOWNSQUARE_DATABASE_URL": settings.database_url,
            "TOWNSQUARE_BASE_URL": settings.base_url,
        },
        timeout=60,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def bounce_here(northmere: RunningSite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bounce:
    """The same command in this process: what it says of letters that are none needs no program of its own."""

    def run(raw: bytes) -> tuple[int, str, str]:
        settings, code = northmere.house.settings, 0
        monkeypatch.setenv("TOWNSQUARE_DATABASE_URL", settings.database_url)
        monkeypatch.setenv("TOWNSQUARE_BASE_URL", settings.base_url)
        monkeypatch.setattr(sys, "argv", ["townsquare", "bounce"])
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
        capsys.readouterr()
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def message_id(site: RunningSite, person: Person) -> str:
    return str(site.town.letters.last_to(person)["Message-ID"])


def test_omars_mailbox_is_gone_and_an_administrator_lets_letters_through_again(northmere: RunningSite):
    town = northmere.town
    petition = town.open_petition()
    town.deliver()
    with northmere.client() as omar:
        assert omar.post(f"/petitions/{petition}/sign", data=OMAR.form()).status_code == 303
        town.deliver()
        ended = bounce(northmere, postfix(message_id(northmere, OMAR)))
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.startswith("letter ")
        assert ended.stdout.endswith(": bounced 5.1.1, no more letters to its address\n")
        omar.post(f"/petitions/{petition}/sign", data=OMAR.but(name="O. Haddad").form())
        town.deliver()
        assert town.letters.subjects(OMAR) == ["Confirm your signature"]
        (dropped,) = town.rows(Letter, Letter.fault == "suppressed")
        assert dropped.state == "dropped"
    with northmere.signed_in(ADMINISTRATOR) as ada:
        assert "bounced 5.1.1" in ada.get("/admin/letters").text
        page = ada.get("/admin/suppression").text
        assert "o…@example.org" in page
        assert OMAR.email not in page
        lift = re.search(r'action="(/admin/suppression/[0-9a-f]{64}/lift)"', page)
        assert lift
        done = ada.post(lift[1])
        shown = ada.get(done.headers["location"]).text
        assert "Letters go to that address again" in shown
        assert "o…@example.org" not in shown
        omar_asks_again(northmere, petition)
        undo = re.search(r'action="(/admin/suppression/[0-9a-f]{64}/stop)"', shown)
        assert undo
        ada.post(undo[1])
        assert "o…@example.org" in ada.get("/admin/suppression").text
    acts = [entry for entry in town.rows(AuditEntry) if entry.subject_kind == "mailbox"]
    assert [entry.act for entry in acts] == ["suppression.lift", "suppression.stop"]
    assert {entry.facts["kind"] for entry in acts} == {"hard"}
    assert town.broken() == {}


def omar_asks_again(site: RunningSite, petition: int) -> None:
    with site.client() as omar:
        omar.post(f"/petitions/{petition}/sign", data=OMAR.but(name="Omar H").form())
    assert site.town.deliver().subjects(OMAR) == ["Confirm your signature"] * 2


def test_a_report_that_says_nothing_of_ours_is_taken_and_ignored(northmere: RunningSite, bounce_here: Bounce):
    for raw in (b"", b"\xff" * 1000, postfix("<1.0123456789abcdef@localhost>"), b"Subject: Re: your letter\n\nThanks!"):
        code, said, wrong = bounce_here(raw)
        assert (code, wrong) == (0, "")
        assert said.startswith("ignored: ")
        assert said.count("\n") == 1
    assert northmere.town.rows(Suppression) == []


def test_a_message_without_end_is_not_read(bounce_here: Bounce):
    code, said, wrong = bounce_here(b"x" * (1024 * 1024 + 1))
    assert (code, said) == (2, "")
    assert wrong.count("\n") == 1


def test_maya_marks_the_news_as_spam_and_can_still_sign(northmere: RunningSite, told: int):
    town = northmere.town
    ended = bounce(northmere, complaint(message_id(northmere, MAYA), to=MAYA.email))
    assert "complaint noted" in ended.stdout
    other = answered_petition_without_check(northmere)
    assert town.letters.subjects(MAYA).count(NEWS) == 1
    assert "Confirm your signature" in town.letters.subjects(MAYA)
    assert town.letters.subjects(SAM).count(NEWS) == 2
    assert wants_news(northmere, other, MAYA)


def answered_petition_without_check(site: RunningSite) -> int:
    town = site.town
    petition = town.open_petition(action="Plant trees along the canal")
    first = town.request(petition, MAYA)
    town.deliver()
    town.confirm(*first)
    town.sign(petition, SAM, *crowd(2))
    town.answer(petition)
    town.work()
    town.deliver()
    return petition


# Ada


def test_ada_stops_letters_to_an_address_by_hand_and_finds_it(northmere: RunningSite):
    with northmere.signed_in(ADMINISTRATOR) as ada:
        wrong = ada.post("/admin/suppression", data={"email": "nobody at home", "reason": ""})
        assert wrong.status_code == 422
        assert "Error:" in wrong.text
        assert 'value="nobody at home"' in wrong.text
        assert "Say why" in wrong.text
        long = ada.post("/admin/suppression", data={"email": LAURA.email, "reason": "x" * 201})
        assert long.status_code == 422
        assert "x" * 201 in long.text
        done = ada.post("/admin/suppression", data={"email": " Laura@Example.org ", "reason": "she wrote to us"})
        assert "No more letters go to that address" in ada.get(done.headers["location"]).text
        found = ada.post("/admin/suppression/find", data={"address": "laura@example.org"})
        assert found.status_code == 200
        assert "she wrote to us" in found.text
        assert "L…@example.org" in found.text
        none = ada.post("/admin/suppression/find", data={"address": SAM.email})
        assert "Nothing has failed lately" in none.text
        assert ada.post("/admin/suppression/find", data={"address": ""}).status_code == 422
        assert (
            ada.post("/admin/suppression/find", data={"address": "\x00\udcff".encode("utf-8", "replace")}).status_code
            == 422
        )
    petition = northmere.town.open_petition()
    northmere.town.request(petition, LAURA)
    assert northmere.town.deliver().subjects(LAURA) == []
    entries = [e for e in northmere.town.rows(AuditEntry) if e.subject_kind == "mailbox"]
    assert [e.act for e in entries] == ["suppression.add", "suppression.find", "suppression.find"]
    assert "laura" not in str([(e.facts, e.act) for e in entries]).lower()
    assert northmere.town.broken() == {}


def test_the_list_is_paged_newest_first(northmere: RunningSite):
    with northmere.signed_in(ADMINISTRATOR) as ada:
        assert "None. Letters go to every address." in ada.get("/admin/suppression").text
        for number in range(27):
            northmere.town.clock.advance(timedelta(seconds=1))
            ada.post("/admin/suppression", data={"email": f"p@host{number}.example", "reason": "asked"})
        first, second = ada.get("/admin/suppression").text, ada.get("/admin/suppression?page=2").text
        assert "27 addresses get no letters" in first
        assert [h in first for h in ("host26.", "host2.", "host1.", "host0.")] == [True, True, False, False]
        assert [h in second for h in ("host26.", "host1.", "host0.")] == [False, True, True]
        assert "nothing on this page" in ada.get("/admin/suppression?page=9").text


def test_nobody_else_gets_in(northmere: RunningSite):
    northmere.town.staff(MODERATOR, "moderator")
    with northmere.client() as visitor, northmere.signed_in(MODERATOR) as maureen:
        for client in (visitor, maureen):
            assert client.get("/admin/suppression").status_code == 404
            assert client.post("/admin/suppression", data={"email": SAM.email, "reason": "x"}).status_code == 404
            assert client.post("/admin/suppression/" + "0" * 64 + "/lift").status_code == 404
    with northmere.signed_in(ADMINISTRATOR) as ada:
        for odd in ("0" * 63, "G" * 64, "0" * 65):
            assert ada.post(f"/admin/suppression/{odd}/lift").status_code == 404
        assert ada.post("/admin/suppression/" + "0" * 64 + "/lift").headers["location"] == "/admin/suppression"
        assert ada.get("/admin/suppression?lifted=<script>").status_code == 200
