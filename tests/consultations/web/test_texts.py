"""A draft text from its first version to the department's answers, by its pages: Edda writes, Ana quotes, Tom answers."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.comments.model import Comment
from app.core.subject import SubjectRef
from consultations.model import Clause, DraftText
from tests import databases
from tests.app.comments.forum import Forum
from tests.consultations.asking import Asking
from tests.consultations.rules.test_mapping import NEW, TOLL
from tests.site import RunningSite, fields_of

STATEMENTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "polis"


@pytest.fixture(scope="module")
def running(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("texts")
    with (
        databases.sqlite_copy(sqlite_template, folder) as database,
        RunningSite(database, folder, page_cache="off") as site,
    ):
        yield site


@pytest.fixture(scope="module")
def asking(running: RunningSite) -> Asking:
    found = Asking(running.town)
    running.town.staff("edda@example.org", "official", found.home)
    return found


def read(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.text[-1500:])
    return html.unescape(answer.text)


def send(client: httpx.Client, page: str, path: str = "", status: int = 303, **values: str) -> httpx.Response:
    """Fill the form of a page and send it."""
    form = dict(fields_of(client.get(page).text)) | values
    answer = client.post(path or page, data=form)
    assert answer.status_code == status, (path or page, answer.status_code, html.unescape(answer.text)[-1500:])
    return answer


def write(edda: httpx.Client, bridge: int, body: str, title: str = "Harbour Bridge Toll Order") -> str:
    here = f"/hosting/consultations/{bridge}/text"
    path = send(edda, here, title=title, comments="before").headers["location"]
    send(edda, path, body=body)
    return path


def test_comments_keep_their_clause_and_their_quote_while_the_text_changes(
    running: RunningSite, asking: Asking
) -> None:
    town, forum = running.town, Forum(running.town)
    bridge = asking.published()
    with running.signed_in("edda@example.org") as edda:
        path = write(edda, bridge, TOLL)
        assert "Purpose" in read(edda, f"{path}/publish")
        send(edda, f"{path}/publish", note="")
        public = running.client()
        assert "Cameras read number plates" in read(public, f"/consultations/{bridge}/text")
        assert "Harbour Bridge Toll Order" in read(public, f"/consultations/{bridge}")

        clauses = {c.id: c for c in town.rows(Clause)}
        exemptions = sorted(clauses)[1]
        page = f"/consultations/{bridge}/text/clauses/{exemptions}"
        assert "Quote this" in read(public, page)
        quote = "Ambulances and fire engines cross free of charge."
        ana = forum.person("Ana Quotes")
        with running.signed_in(ana.email or "") as browser:
            say = f"/discussions/clause/{exemptions}/say"
            answer = send(
                browser,
                f"{say}?about_version=1&quote={quote}",
                say,
                quote=quote,
                body="And doctors on call, please. <script>alert(1)</script>",
            )
            assert answer.headers["location"]
            wrong = browser.post(say, data={"about_version": "1", "quote": "Doctors cross free.", "body": "What?"})
            assert wrong.status_code == 422, "what is quoted must stand in the text"
        said = town.rows(Comment)[-1].id
        assert "doctors on call" not in read(public, page), "a moderator looks first"
        forum.decide(said)
        shown = read(public, page)
        assert "And doctors on call, please. <script>" in shown
        assert "<script>alert(1)" not in public.get(page).text

        assert edda.post(path, data={"body": TOLL, "revision": "1", "based_on": "0"}).status_code == 409
        send(edda, path, body=NEW)
        assert "Part of an old one" in read(edda, f"{path}/mapping")
        send(edda, f"{path}/mapping")
        assert "Old tokens" in read(edda, f"{path}/publish")
        send(edda, f"{path}/publish", status=422, note="")
        send(edda, f"{path}/publish", note="Emergencies and buses have clauses of their own.")

    shown = read(public, page)
    assert "And doctors on call, please." in shown, "it stays with its clause"
    assert quote in shown.split("What people say about it")[1], "and with its quote"
    assert "From version 1" in shown
    assert "[added:" in read(public, f"/consultations/{bridge}/text/changes/1-2")
    assert "What this version took away" in read(public, f"/consultations/{bridge}/text")
    assert "Brass tokens" in read(public, f"/consultations/{bridge}/text/1"), "the first version stays as it was"
    read(public, f"/consultations/{bridge}/text/3", 404)
    read(public, f"/consultations/{bridge}/text/changes/2-1", 404)
    gone = next(c.id for c in town.rows(Clause) if c.removed_in == 2)
    assert "no longer in the text" in read(public, f"/consultations/{bridge}/text/clauses/{gone}")

    answers(running, bridge, exemptions)
    assert town.broken() == {}


def answers(running: RunningSite, bridge: int, clause: int) -> None:
    """Tom answers clause by clause once it has closed, and publishes that."""
    public, desk = running.client(), f"/desk/consultations/{bridge}/text"
    with running.signed_in("tom.transport@example.org") as tom:
        assert "You have answered 0 of 1 clauses" in read(tom, desk)
        send(tom, f"{desk}/{clause}", status=422, verdict="partly", reason=" ")
        send(tom, f"{desk}/{clause}", verdict="partly", reason="Doctors on call get a pass. =1+1")
        assert "still comment" in read(tom, f"{desk}/publish")
        read(public, f"/consultations/{bridge}/text/answers", 404)
        close(running, bridge)
        send(tom, f"{desk}/publish", note="")
        rows = list(csv.reader(io.StringIO(tom.get(f"{desk}.csv").text)))
        assert any("And doctors on call" in cell for row in rows for cell in row)
        matrix = {c["id"]: c for c in tom.get(f"{desk}.json").json()["clauses"]}
        assert matrix[clause]["disposition"]["verdict"] == "partly"
    assert "Partly accepted" in read(public, f"/consultations/{bridge}/text/answers")
    assert "Doctors on call get a pass." in read(public, f"/consultations/{bridge}/text/clauses/{clause}")


def close(running: RunningSite, bridge: int) -> None:
    running.town.sql(
        "UPDATE consultations_consultation SET closes_at = :at WHERE id = :id",
        at=(running.town.now - timedelta(minutes=1)).replace(tzinfo=None),
        id=bridge,
    )


def test_officials_and_officers_of_other_departments_find_no_text_there(running: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    running.town.department("parks")
    running.town.staff("otto@example.org", "official", "parks")
    running.town.staff("imran@example.org", "department-officer", "parks")
    with running.signed_in("otto@example.org") as otto, running.signed_in("imran@example.org") as imran:
        read(otto, f"/hosting/consultations/{bridge}/text", 404)
        assert f"/hosting/consultations/{bridge}/text" not in read(otto, f"/hosting/consultations/{bridge}")
        read(imran, f"/desk/consultations/{bridge}/text", 404)
        read(imran, f"/hosting/consultations/{bridge}/text", 404)


def test_a_colleague_s_newer_text_is_shown_and_nothing_is_overwritten(running: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    with running.signed_in("edda@example.org") as edda:
        path = write(edda, bridge, TOLL, "Toll Order")
        first = dict(fields_of(edda.get(path).text))
        send(edda, path, body=f"{TOLL}\n\nLorries pay double.")
        second = edda.post(path, data=first | {"body": f"{TOLL}\n\nLorries pay triple."})
        assert second.status_code == 409
        shown = html.unescape(second.text)
        assert "Lorries pay double." in shown
        assert "Lorries pay triple." in shown
    stored = next(t for t in running.town.rows(DraftText, DraftText.consultation_id == bridge))
    assert "double" in stored.working
    assert "triple" not in stored.working


def test_the_discussion_beside_it_closes_with_the_clock(running: RunningSite, asking: Asking) -> None:
    town, forum = running.town, Forum(running.town)
    bridge = asking.published(discussion="before")
    public, page = running.client(), f"/consultations/{bridge}/discussion"
    assert "Join the discussion" in read(public, page)
    assert "Be the first to comment" in read(public, f"/consultations/{bridge}")
    ana = forum.person("Ana Discusses")
    with running.signed_in(ana.email or "") as browser:
        say = f"/discussions/consultation/{bridge}/say"
        send(browser, say, body="Ferries did it for two hundred years.")
        close(running, bridge)
        assert browser.post(say, data={"body": "One more thing."}).status_code == 409
    assert "This discussion is closed" in read(public, page)
    assert town.broken() == {}


def test_real_statements_are_said_judged_and_found(running: RunningSite, asking: Asking) -> None:
    files = sorted(STATEMENTS.glob("*/comments.csv"))
    if not files:
        pytest.skip("the real statements (shared/data/polis) are not on this machine")
    with files[0].open(encoding="utf-8", newline="") as lines:
        statements = [row["comment-body"] for row in csv.DictReader(lines) if row["comment-body"].strip()][:12]
    forum, bridge = Forum(running.town), asking.published(discussion="before")
    subject = SubjectRef("consultation", bridge)
    said = [forum.say(f"Citizen {n}", words, about=subject) for n, words in enumerate(statements)]
    for one in said:
        forum.decide(one)
    shown = " ".join(read(running.client(), f"/consultations/{bridge}/discussion").split())
    assert sum(" ".join(words.split())[:30] in shown for words in statements) >= len(statements) - 2
    running.town.index()
    with running.signed_in("tom.transport@example.org") as tom:
        word = max(statements[0].split(), key=len).strip(".,!?")
        assert word in read(tom, f"/desk/search?q={word}")
