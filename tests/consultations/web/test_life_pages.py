"""Edda writes and Emil approves, by their pages; readers see what stands at each moment, without any job having run."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from app.outcomes.model import Referral
from consultations.model import Consultation, DateChange, LatePass, StoredQuestionnaire
from tests import databases
from tests.consultations.asking import BRIDGE, TEXTS, Asking
from tests.fakes import FixedClock
from tests.site import ADMINISTRATOR, RunningSite, fields_of

OPENS = datetime(2027, 3, 1, 9, tzinfo=UTC)
CLOSES = datetime(2027, 3, 27, 23, 45, tzinfo=UTC)
EDDA, EMIL = "edda@example.org", "emil@example.org"
POINTS = dict.fromkeys(("purpose", "formative", "enough", "time"), "true")


@pytest.fixture(scope="module")
def running(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("consulting")
    clock = FixedClock(OPENS - timedelta(days=10))
    with (
        databases.sqlite_copy(sqlite_template, folder) as database,
        RunningSite(database, folder, clock=clock, time_zone="Europe/London", page_cache="off") as site,
    ):
        yield site


@pytest.fixture
def asking(running: RunningSite) -> Asking:
    """Ten days before the first of March; Edda and Emil have accounts."""
    set_clock(running, OPENS - timedelta(days=10))
    found = Asking(running.town)
    assert found.edda
    assert found.emil
    return found


@pytest.fixture
def edda(running: RunningSite, asking: Asking) -> Iterator[httpx.Client]:
    with running.signed_in(EDDA) as client:
        yield client


@pytest.fixture
def emil(running: RunningSite, asking: Asking) -> Iterator[httpx.Client]:
    with running.signed_in(EMIL) as client:
        yield client


def set_clock(running: RunningSite, instant: datetime) -> None:
    assert isinstance(running.clock, FixedClock)
    running.clock.set(instant)


def text_of(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.text)
    return html.unescape(answer.text)


def begin(edda: httpx.Client, title: str = "Harbour Bridge toll") -> str:
    """The path of a new draft."""
    form = dict(fields_of(edda.get("/hosting/consultations/new").text))
    answer = edda.post("/hosting/consultations/new", data=form | {"kind": "consultation", "title": title})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def edit(edda: httpx.Client, path: str, section: str, **values: str) -> httpx.Response:
    revision = fields_of(edda.get(f"{path}/edit/{section}").text)["revision"]
    return edda.post(f"{path}/edit/{section}", data={"revision": revision} | values)


def fill(running: RunningSite, edda: httpx.Client, path: str, **times: str) -> None:
    """Everything but the times that are not given."""
    about = ("summary", "body", "scope", "use")
    ways = ("other_ways", "contact", "formats_contact", "privacy_notice")
    for section, names in (("about", about), ("answering", ways)):
        title = {"title": fields_of(edda.get(f"{path}/edit/about").text)["title"]} if section == "about" else {}
        assert edit(edda, path, section, **{n: TEXTS[n] for n in names} | title).status_code == 303
    assert edit(edda, path, "times", **times).status_code == 303
    number = int(path.rpartition("/")[2])
    document = msgspec.json.encode(BRIDGE).decode()
    row = StoredQuestionnaire(consultation_id=number, version=0, document=document, at=running.town.now)
    running.town.database.retrying(lambda db: db.merge(row))


TIMES = {"opens_day": "1/3/2027", "opens_time": "09:00", "closes_day": "2027-03-27", "closes_time": "11:45 pm"}


def published(running: RunningSite, edda: httpx.Client, emil: httpx.Client, title: str) -> str:
    """The number of one that Edda wrote, Emil approved and Edda published."""
    path = begin(edda, title)
    fill(running, edda, path, **TIMES)
    for client, act in ((edda, "submit"), (emil, "approve")):
        assert client.post(f"{path}/act/{act}").status_code == 303
    assert edda.post(f"{path}/publish", data=POINTS).status_code == 303
    return path.rpartition("/")[2]


def test_edda_is_told_what_is_missing_emil_approves_and_everyone_reads_it(
    running: RunningSite, edda: httpx.Client, emil: httpx.Client
):
    path = begin(edda)
    fill(running, edda, path, opens_day="1/3/2027", opens_time="09:00")
    refused = edda.post(f"{path}/act/submit")
    assert refused.status_code == 422
    assert "Closing time is missing" in refused.text
    number = path.rpartition("/")[2]
    with running.client() as reader:
        assert reader.get(f"/consultations/{number}").status_code == 404
    assert "Closing time is missing" in text_of(edda, path)
    assert edit(edda, path, "times", **TIMES).status_code == 303
    assert edda.post(f"{path}/act/submit").status_code == 303
    own = edda.post(f"{path}/act/approve")
    assert own.status_code == 403
    assert "You wrote at this yourself" in own.text
    assert "This is a preview" in text_of(emil, f"{path}/preview")
    assert emil.post(f"{path}/act/approve").status_code == 303
    unlooked = edda.post(f"{path}/publish", data={"purpose": "true"})
    assert unlooked.status_code == 422
    assert "Look at this point first" in unlooked.text
    assert edda.post(f"{path}/publish", data=POINTS).status_code == 303
    with running.client() as reader:
        page = text_of(reader, f"/consultations/{number}")
    assert "It opens on 1 March 2027, 9:00 am GMT." in page
    assert "Transport" in page
    assert "Whether there is a toll is open." in page


def test_emil_does_not_approve_words_that_he_has_not_seen(running: RunningSite, edda: httpx.Client, emil: httpx.Client):
    """His page is open while Edda takes it back, changes it and hands it in again."""
    set_clock(running, OPENS - timedelta(days=10))
    path = begin(edda, "A toll for bicycles")
    fill(running, edda, path, **TIMES)
    assert edda.post(f"{path}/act/submit").status_code == 303
    seen = {"handed_in": fields_of(emil.get(path).text)["handed_in"]}
    set_clock(running, OPENS - timedelta(days=10) + timedelta(minutes=5))
    assert edda.post(f"{path}/act/take-back").status_code == 303
    assert edit(edda, path, "easy", easy_read="Everybody pays. Bicycles too.").status_code == 303
    assert edda.post(f"{path}/act/submit").status_code == 303
    late = emil.post(f"{path}/act/approve", data=seen)
    assert late.status_code == 409
    assert "It was changed and handed in again while you read" in late.text
    now = fields_of(emil.get(path).text)
    assert emil.post(f"{path}/act/approve", data={"handed_in": now["handed_in"]}).status_code == 303


def test_it_opens_and_closes_to_the_second_without_any_job(
    running: RunningSite, edda: httpx.Client, emil: httpx.Client
):
    number = published(running, edda, emil, "Ferries at night")
    with running.client() as reader:

        def at(instant: datetime) -> str:
            set_clock(running, instant)
            return text_of(reader, f"/consultations/{number}")

        second = timedelta(seconds=1)
        assert "It opens on 1 March 2027, 9:00 am GMT." in at(OPENS - second)
        assert f"/consultations/{number}/answer" in at(OPENS)
        assert f"/consultations/{number}/answer" in at(CLOSES - second)
        closed = at(CLOSES)
        assert "It closed on 27 March 2027, 11:45 pm GMT." in closed
        assert f"/consultations/{number}/answer" not in closed
        assert "Ferries at night" not in text_of(reader, "/")


def test_a_time_that_comes_twice_is_asked_about_and_one_that_does_not_exist_too(edda: httpx.Client):
    path = begin(edda, "Clocks")
    jump = edit(edda, path, "times", closes_day="2027-03-28", closes_time="1:30")
    assert jump.status_code == 422
    assert "does not exist" in jump.text
    twice = edit(edda, path, "times", closes_day="2027-10-31", closes_time="01:30")
    assert twice.status_code == 422
    assert "1:30 am BST" in twice.text.replace("\u202f", " ")
    assert "1:30 am GMT" in twice.text.replace("\u202f", " ")
    chosen = edit(edda, path, "times", closes_day="2027-10-31", closes_time="01:30", closes_which="second")
    assert chosen.status_code == 303
    assert "31 October 2027, 1:30 am GMT" in text_of(edda, path)
    assert 'value="second" checked' in text_of(edda, f"{path}/edit/times")


def test_two_officials_who_save_the_same_page_see_both_texts(edda: httpx.Client, emil: httpx.Client):
    path = begin(edda, "Two at once")
    form = dict(fields_of(edda.get(f"{path}/edit/about").text)) | {"title": "Two at once"}
    assert emil.post(f"{path}/edit/about", data=form | {"summary": "Emil's line"}).status_code == 303
    second = edda.post(f"{path}/edit/about", data=form | {"summary": "Edda's line"})
    page = html.unescape(second.text)
    assert second.status_code == 409
    assert "Emil's line" in page
    assert 'value="Edda\'s line"' in page or "Edda's line" in page
    again = dict(fields_of(second.text)) | {"title": "Two at once", "summary": "Both lines"}
    assert edda.post(f"{path}/edit/about", data=again).status_code == 303


def test_force_takes_a_reason_and_waits_for_a_second_look(running: RunningSite, edda: httpx.Client, emil: httpx.Client):
    path = begin(edda, "Bridge closed tonight")
    fill(running, edda, path, **TIMES)
    assert "Nobody but you has read it" in text_of(edda, f"{path}/force")
    assert edda.post(f"{path}/force", data=POINTS).status_code == 422
    why = {"force_reason": "The bridge may fall tonight."}
    assert edda.post(f"{path}/force", data=POINTS | why).status_code == 303
    assert edda.post(f"{path}/act/look-again").status_code == 403
    assert "Bridge closed tonight" in text_of(emil, "/hosting/consultations?whose=all&state=second-look")
    assert "The bridge may fall tonight." in text_of(emil, path)
    assert emil.post(f"{path}/act/look-again").status_code == 303
    running.town.staff(ADMINISTRATOR, "administrator")
    with running.signed_in(ADMINISTRATOR) as ada:
        assert "consultations.force" in text_of(ada, "/admin/audit")


def test_more_time_shows_both_dates_and_less_is_refused(running: RunningSite, edda: httpx.Client, emil: httpx.Client):
    number = published(running, edda, emil, "Quay parking")
    path = f"/hosting/consultations/{number}"
    sooner = {"closes_day": "2027-03-20", "closes_time": "23:45", "reason": "We are quick.", "go": "check"}
    assert edda.post(f"{path}/extend", data=sooner).status_code == 422
    later = sooner | {"closes_day": "2027-04-10", "reason": "The bridge was shut for a week."}
    assert edda.post(f"{path}/extend", data=later | {"reason": ""}).status_code == 422
    checked = edda.post(f"{path}/extend", data=later)
    assert "10 April 2027, 11:45 pm BST in place of 27 March 2027, 11:45 pm GMT" in html.unescape(checked.text)
    assert not running.town.rows(DateChange, DateChange.consultation_id == int(number))
    assert edda.post(f"{path}/extend", data=later | {"go": "extend"}).status_code == 303
    with running.client() as reader:
        page = text_of(reader, f"/consultations/{number}")
    assert "Closing put off from 27 March 2027, 11:45 pm GMT to 10 April 2027, 11:45 pm BST" in page
    assert "The bridge was shut for a week." in page


def test_a_late_pass_shows_its_link_and_is_revoked(running: RunningSite, edda: httpx.Client, emil: httpx.Client):
    number = published(running, edda, emil, "Signs for the blind")
    path = f"/hosting/consultations/{number}/late"
    admit = {"admitted": "Blind Association", "reason": "The file was not readable.", "until_time": "12:00"}
    assert edda.post(path, data=admit | {"until_day": "2027-03-20"}).status_code == 422
    assert edda.post(path, data=admit | {"until_day": "2027-04-03"}).status_code == 303
    (late,) = running.town.rows(LatePass, LatePass.consultation_id == int(number))
    assert "/consultations/late/" in text_of(edda, path)
    assert edda.post(path, data={"revoke": str(late.id)}).status_code == 303
    assert "/consultations/late/" not in text_of(edda, path)


def test_withdrawn_it_is_readable_with_its_explanation_and_unpublished_it_says_why(
    running: RunningSite, edda: httpx.Client, emil: httpx.Client
):
    gone, moved, stays = (published(running, edda, emil, title) for title in ("Old toll", "Same toll", "New toll"))
    set_clock(running, OPENS)
    path = f"/hosting/consultations/{gone}"
    with running.signed_in(EDDA) as later, running.client() as reader:
        assert later.post(f"{path}/withdraw", data={"reason": " "}).status_code == 422
        assert later.post(f"{path}/withdraw", data={"reason": "The bridge has fallen."}).status_code == 303
        page = text_of(reader, f"/consultations/{gone}")
        assert "This consultation was withdrawn" in page
        assert "The bridge has fallen." in page
        assert f"/consultations/{gone}/answer" not in page
        mistake = {"reason": "A mistake."}
        assert later.post(f"{path}/unpublish", data=mistake | {"merged_into": gone}).status_code == 422
        assert later.post(f"{path}/unpublish", data=mistake).status_code == 303
        assert "A mistake." in text_of(reader, f"/consultations/{gone}", 410)
        merged = {"reason": "Asked in another place.", "merged_into": stays}
        assert later.post(f"/hosting/consultations/{moved}/unpublish", data=merged).status_code == 303
        answer = reader.get(f"/consultations/{moved}")
        assert (answer.status_code, answer.headers["location"]) == (301, f"/consultations/{stays}")


def test_after_twelve_weeks_everyone_reads_who_is_late(
    running: RunningSite, edda: httpx.Client, emil: httpx.Client, asking: Asking
):
    number = published(running, edda, emil, "Lights on the quay")
    set_clock(running, CLOSES + timedelta(days=1))
    running.town.work()
    duty = next(r for r in running.town.rows(Referral) if r.subject_id == int(number))
    with running.client() as reader:
        assert "owes the outcome by" in text_of(reader, f"/consultations/{number}")
        set_clock(running, duty.due_at)
        page = text_of(reader, f"/consultations/{number}")
        assert "The outcome is overdue: Transport owed it by" in page
        assert "Lights on the quay" in text_of(reader, "/outcomes?state=late")


def test_documents_show_their_kind_and_size_easy_read_first(
    running: RunningSite, edda: httpx.Client, emil: httpx.Client
):
    path = begin(edda, "With papers")
    fill(running, edda, path, **TIMES)
    for title, easy in (("The plan", ""), ("The plan made easy", "true")):
        file = {"document": (f"{title}.txt", b"We mend the bridge.\n", "text/plain")}
        added = edda.post(f"{path}/documents", data={"title": title} | ({"easy": easy} if easy else {}), files=file)
        assert added.status_code == 303, added.text
    page = text_of(edda, f"{path}/preview")
    assert page.index("The plan made easy") < page.index(">The plan<")
    assert "Plain text, " in page
    assert edda.post(f"{path}/documents", data={}).status_code == 422
    number = next(n.split('"')[0] for n in page.split(f"{path}/documents/")[1:])
    assert edda.get(f"{path}/documents/{number}").content == b"We mend the bridge.\n"
    assert edda.post(f"{path}/documents/remove", data={"remove_file": number}).status_code == 303


def test_strangers_find_no_officials_room(running: RunningSite, asking: Asking, edda: httpx.Client):
    path = begin(edda, "Secret")
    with running.client() as reader, running.signed_in("tom.transport@example.org") as tom:
        for client in (reader, tom):
            for place in ("/hosting/consultations", path, f"{path}/preview", f"{path}/edit/about"):
                assert client.get(place).status_code == 404


def test_what_officials_type_is_shown_as_text(running: RunningSite, edda: httpx.Client):
    path = begin(edda, '<script>alert(1)</script>{{7*7}}" autofocus')
    for place in (path, f"{path}/preview", "/hosting/consultations", f"{path}/edit/about"):
        page = edda.get(place).text
        assert "<script>alert(1)" not in page
        assert "{{7*7}}" in page
        assert "</script>49" not in html.unescape(page)
    assert running.town.rows(Consultation)
