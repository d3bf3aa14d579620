"""The pages, feeds and tables that everybody can read: what people asked, what was answered, what was promised."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree as ET

import httpx
import pytest

from app.core.subject import SubjectRef
from app.core.web.atom import NAMESPACE
from app.departments import service as departments
from app.departments.model import Department
from app.outcomes import passing_on
from app.outcomes import service as outcomes
from app.outcomes.model import Answer, Commitment, Referral
from app.outcomes.rules.answers import Addressed, read_answer
from app.outcomes.rules.commitments import Progress, Promise, Update
from app.outcomes.rules.deadlines import end_of
from app.outcomes.service import committing, feedback, practising, steering
from tests.people import crowd
from tests.site import RunningSite

DAY = timedelta(days=1)
A = f"{{{NAMESPACE}}}"


class Matter:
    """One petition with its answer and promises, all under a department of its own."""

    made = 0

    def __init__(self, site: RunningSite, title: str = "") -> None:
        Matter.made += 1
        self.site, self.town, self.slug = site, site.town, f"office-{Matter.made}"
        self.title = title or f"Open the library of quarter {Matter.made}"
        self.by = self.town.officer(self.slug)
        self.petition = self.town.start(action=self.title)
        self.town.support(self.petition)
        self.town.decide(self.petition, department=self.slug)
        self.signers = self.town.sign(self.petition, *crowd(4, f"reader{Matter.made}x"))
        (self.referral,) = self.town.referrals(self.petition)
        self.department = self.referral.department_id or 0

    def answer(self, summary: str = "We will open on Sundays.", grade: str = "will-do") -> None:

        words = read_answer(grade, summary, "From May.")
        self.town.database.retrying(
            lambda db: outcomes.answer(
                db, self.referral.id, self.department, words, after_version=0, by=self.by, now=self.town.now
            )
        )

    def promise(self, text: str = "Hire two librarians", days: int = 30) -> int:
        promised = Promise(text, "Head of Libraries", self.town.now.date() + days * DAY)
        about = SubjectRef("petition", self.petition)

        def make(db: object) -> int:
            row = db.get(Referral, self.referral.id)  # type: ignore[attr-defined]
            made = committing.make(db, about, self.department, promised, by=self.by, now=self.town.now, referral=row)  # type: ignore[arg-type]
            return made.id

        return self.town.database.retrying(make)

    def note(self, promise: int, progress: Progress, note: str, *, links: tuple[str, ...] = (), after: int = 0) -> None:
        said = Update(progress, note, links)
        self.town.database.retrying(
            lambda db: committing.report_progress(
                db, promise, self.department, said, after=after, by=self.by, now=self.town.now
            )
        )


@pytest.fixture
def visitor(sqlite_site: RunningSite) -> Iterator[httpx.Client]:
    with sqlite_site.client() as client:
        yield client


@pytest.fixture
def matter(sqlite_site: RunningSite) -> Matter:
    return Matter(sqlite_site)


def words(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text[:300]
    return html.unescape(page.text)


def test_an_answer_stands_on_the_list_with_its_promises_and_what_people_said(matter: Matter, visitor: httpx.Client):
    matter.answer()
    promise = matter.promise()
    for person, addressed in zip(matter.signers, (Addressed.YES, Addressed.YES, Addressed.NO), strict=False):
        matter.town.database.retrying(
            lambda db, p=person, a=addressed: feedback.say(db, matter.referral.id, p, a, matter.town.now)
        )
    page = words(visitor.get(f"/outcomes?department={matter.slug}"))
    for piece in (
        matter.title,
        "We will open on Sundays.",
        "Hire two librarians",
        "Planned",
        "10 people asked",
        "1 answer",
    ):
        assert piece in page, piece
    assert f'href="/petitions/{matter.petition}#answer-{matter.referral.id}"' in page
    assert f'href="/commitments/{promise}"' in page
    assert "3 people who asked said whether the answer addresses it: yes 2, partly 0, no 1" in page
    petition = words(visitor.get(f"/petitions/{matter.petition}"))
    assert "Hire two librarians" in petition and "3 people who asked said" in petition and "67\u00a0%" in petition


def test_what_is_owed_shows_its_clock_and_what_is_late_how_late(matter: Matter, visitor: httpx.Client):
    owed = words(visitor.get(f"/outcomes?state=awaiting&department={matter.slug}"))
    assert matter.title in owed and "days left" in owed
    assert "No answer is late" in words(visitor.get(f"/outcomes?state=late&department={matter.slug}"))
    zone = matter.town.settings.zone
    due = end_of(matter.town.now.astimezone(zone).date() - 12 * DAY, zone)
    with matter.town.database.writing() as db:
        db.get_one(Referral, matter.referral.id).due_at = due
    assert "12 days late" in words(visitor.get(f"/outcomes?state=late&department={matter.slug}"))
    department = words(visitor.get(f"/departments/{matter.slug}"))
    assert "Late answers" in department and "12 days late" in department


def test_what_no_database_could_look_for_is_not_there(site: RunningSite):
    with site.client() as visitor:
        assert visitor.get("/departments/%00").status_code == 404
        assert visitor.get("/departments/parks%00.json").status_code == 404
        assert visitor.get("/api/v1/departments/%00").status_code == 404
        assert visitor.get("/files/1/a%00b").status_code == 404


def test_filters_that_mean_nothing_show_what_everyone_finds(visitor: httpx.Client):
    odd = visitor.get("/outcomes?state=perhaps&grade=9&kind=hall&page=-3")
    assert re.search(r'href="/outcomes" aria-current="true">Answered</a>', words(odd))
    nothing = words(visitor.get("/outcomes?department=nobody"))
    assert "Nothing fits these filters" in nothing and "calendar.ics?department" not in nothing


def test_the_same_as_data_as_a_feed_and_as_a_table(matter: Matter, visitor: httpx.Client):
    matter.answer("=1+1 is not how we open.", "in-part")
    promise = matter.promise()
    data = visitor.get(f"/outcomes.json?department={matter.slug}").json()
    [found] = data["outcomes"]
    assert (data["total"], data["links"]["next"], found["subject"]["title"]) == (1, None, matter.title)
    assert found["answer"]["grade"] == "in-part" and found["department"]["slug"] == matter.slug
    assert [p["id"] for p in found["promises"]] == [promise] and found["addressed"]["people"] == 0
    feed = ET.fromstring(visitor.get(f"/outcomes.atom?department={matter.slug}").content)
    [entry] = feed.findall(f"{A}entry")
    assert entry.findtext(f"{A}title") == matter.title and "is not how we open" in (entry.findtext(f"{A}summary") or "")
    rows = list(
        csv.DictReader(io.StringIO(visitor.get(f"/outcomes.csv?department={matter.slug}").content.decode("utf-8-sig")))
    )
    assert [(r["subject"], r["grade"], r["summary"]) for r in rows] == [
        (matter.title, "in-part", "'=1+1 is not how we open.")
    ]
    assert visitor.get("/outcomes.json").headers["access-control-allow-origin"] == "*"


def test_promises_have_lists_of_their_own(matter: Matter, visitor: httpx.Client):
    matter.answer()
    promise = matter.promise("Mend the roof")
    matter.note(promise, Progress.DONE, "It is dry.")
    path = f"?state=promises-kept&department={matter.slug}"
    assert "Mend the roof" in words(visitor.get(f"/outcomes{path}"))
    [found] = visitor.get(f"/outcomes.json{path}").json()["promises"]
    assert (found["progress"], found["subject"]["title"], found["days_late"]) == ("done", matter.title, 0)
    assert "Mend the roof" in visitor.get(f"/outcomes.csv{path}").text
    assert "Mend the roof" in visitor.get(f"/outcomes.atom{path}").text


def test_nothing_of_what_was_taken_down_is_told_anywhere(sqlite_site: RunningSite, visitor: httpx.Client):
    matter = Matter(sqlite_site, "Unlock the gate that nobody may name")
    matter.answer("Nobody may read this answer.")
    promise = matter.promise("Nobody may read this promise")
    paths = [f"/outcomes{end}?department={matter.slug}" for end in ("", ".json", ".atom", ".csv")]
    paths += [f"/departments/{matter.slug}{end}" for end in ("", ".json", ".atom")]
    paths += [f"/calendar.ics?department={matter.slug}", "/", "/outcomes?state=promises-late"]
    assert any("nobody may name" in visitor.get(path).text for path in paths)
    matter.town.take_down(matter.petition)
    for path in paths:
        page = visitor.get(path).text
        assert "nobody may name" not in page and "Nobody may read" not in page, path
    assert visitor.get(f"/commitments/{promise}").status_code == 404


def test_a_promises_page_tells_its_way_with_safe_links_alone(matter: Matter, visitor: httpx.Client):
    matter.answer()
    promise = matter.promise("Hire <b>two</b> librarians", days=1)
    matter.note(
        promise, Progress.UNDER_WAY, "We look for them.", links=("https://jobs.example/1", "javascript:alert(1)")
    )
    page = visitor.get(f"/commitments/{promise}")
    assert "Hire &lt;b&gt;two&lt;/b&gt; librarians" in page.text
    assert '<a class="govuk-link" href="https://jobs.example/1" rel="nofollow noopener">' in page.text
    assert "javascript:" not in page.text and "Under way" in page.text and "is not done" not in page.text
    matter.town.sql(
        "UPDATE outcomes_commitment SET due_on = :d WHERE id = :c", c=promise, d=str(matter.town.now.date() - 3 * DAY)
    )
    late = words(visitor.get(f"/commitments/{promise}"))
    assert "is not done" in late and "3 days late" in late
    matter.town.sql("UPDATE outcomes_commitment SET withdrawn_at = made_at WHERE id = :c", c=promise)
    assert [visitor.get(f"/commitments/{ref}").status_code for ref in (promise, "0", "x", "9" * 30, "٣")] == [404] * 5


def test_a_departments_page_changes_at_each_step(matter: Matter, visitor: httpx.Client):
    page = f"/departments/{matter.slug}"
    assert visitor.get(f"{page}.json").json()["open"] == 1
    matter.answer()
    promise = matter.promise("Mend the roof")
    found = visitor.get(f"{page}.json").json()
    assert (found["open"], found["answered"], found["promises"]["open"]) == (0, 1, 1)
    assert (found["all_time"]["share_on_time"], found["all_time"]["median_days"]) == (100, 0.0)
    matter.note(promise, Progress.DONE, "It is dry.")
    assert visitor.get(f"{page}.json").json()["promises"]["kept"] == 1
    shown = words(visitor.get(page))
    assert (
        "Nothing is owed at the moment" in shown and "less than a day" in shown and "We will open on Sundays." in shown
    )
    feed = visitor.get(f"{page}.atom").text
    assert "Done: Mend the roof" in feed and "We will open on Sundays." in feed
    assert visitor.get("/departments/nobody").status_code == visitor.get("/departments/nobody.json").status_code == 404


def test_what_one_hands_on_leaves_its_page_and_stands_on_the_others(sqlite_site: RunningSite, visitor: httpx.Client):
    matter, other = Matter(sqlite_site), Matter(sqlite_site)
    visitor.get(f"/departments/{matter.slug}")
    to = other.department

    def hand(db: object) -> None:

        steering.not_ours(
            db,
            matter.referral.id,
            matter.department,
            db.get_one(Department, to),
            "Not our library.",
            by=matter.by,
            now=matter.town.now,
        )  # type: ignore[attr-defined,arg-type]

    matter.town.database.retrying(hand)
    mine, theirs = (visitor.get(f"/departments/{m.slug}.json").json() for m in (matter, other))
    assert (mine["open"], mine["handed_on"], theirs["open"]) == (0, 1, 2)
    trail = words(visitor.get(f"/petitions/{matter.petition}"))
    assert "said that it is not theirs" in trail and "Not our library." in trail


def test_an_answer_that_was_sent_back_says_so_where_it_stands(matter: Matter, visitor: httpx.Client):
    matter.answer()
    due = matter.town.now + 14 * DAY
    matter.town.database.retrying(
        lambda db: steering.send_back(
            db, matter.referral.id, due, "It names no day.", by=matter.by, now=matter.town.now
        )
    )
    petition = words(visitor.get(f"/petitions/{matter.petition}"))
    answer = petition.partition('class="ts-answer"')[2].partition("</section>")[0]
    assert "Sent back" in answer and "It names no day." in petition
    assert "Sent back" in words(visitor.get(f"/outcomes?state=returned&department={matter.slug}"))


def test_all_departments_stand_beside_each_other(matter: Matter, visitor: httpx.Client):
    matter.answer()
    page = words(visitor.get("/departments"))
    assert f'href="/departments/{matter.slug}"' in page and "What the figures mean" in page
    mine = next(d for d in visitor.get("/departments.json").json()["departments"] if d["slug"] == matter.slug)
    assert (mine["open"], mine["answered"], mine["all_time"]["on_time"]) == (0, 1, 1)


def test_a_dissolved_department_says_who_answers_now(sqlite_site: RunningSite, visitor: httpx.Client):

    gone, heir = Matter(sqlite_site), Matter(sqlite_site)

    def dissolve(db: object) -> None:
        now = gone.town.now
        passing_on.pass_on(db, gone.department, heir.department, by=gone.by, now=now)  # type: ignore[arg-type]
        departments.dissolve(db, gone.department, reason="Merged", by=gone.by, now=now)  # type: ignore[arg-type]

    gone.town.database.retrying(dissolve)
    page = words(visitor.get(f"/departments/{gone.slug}"))
    assert "was dissolved on" in page and f'href="/departments/{heir.slug}"' in page
    assert visitor.get(f"/departments/{gone.slug}.json").json()["succeeded_by"]["slug"] == heir.slug
    assert "(dissolved)" in visitor.get("/departments").text


def test_practice_leaves_every_public_page_and_figure_as_it_was(matter: Matter, visitor: httpx.Client):
    paths = [
        f"/departments/{matter.slug}.json",
        f"/outcomes.json?department={matter.slug}&state=awaiting",
        f"/calendar.ics?department={matter.slug}",
    ]
    before = [visitor.get(path).content for path in paths]
    town = matter.town
    broken = town.broken()  # others of this site may have spoilt something
    made_up = town.database.retrying(
        lambda db: practising.begin(db, town.site.calendar, matter.department, town.now).id
    )

    def practise(db: object) -> None:
        words = read_answer("no", "No.", "Not today.")
        outcomes.answer(db, made_up, matter.department, words, after_version=0, by=matter.by, now=town.now)  # type: ignore[arg-type]
        due = Promise("Nothing", "Nobody", town.now.date())
        row = db.get(Referral, made_up)  # type: ignore[attr-defined]
        committing.make(
            db,
            SubjectRef(row.subject_kind, row.subject_id),
            matter.department,
            due,
            by=matter.by,
            now=town.now,
            referral=row,
        )  # type: ignore[arg-type]

    town.database.retrying(practise)
    assert town.rows(Answer, Answer.referral_id == made_up) and town.rows(Commitment, Commitment.sandbox.is_(True))
    assert [visitor.get(path).content for path in paths] == before
    assert town.broken() == broken
    town.database.retrying(lambda db: practising.clear(db, matter.department, town.now))


def test_the_home_page_tells_what_came_of_it(matter: Matter, visitor: httpx.Client):
    matter.answer("We will open the doors of the smallest room.")
    matter.note(matter.promise("Paint the smallest room"), Progress.DONE, "Blue.")
    page = words(visitor.get("/"))
    came = page.partition('id="newest"')[2].partition('id="how"')[0]
    assert "We will open the doors of the smallest room." in came and "Paint the smallest room" in came
    assert '<a class="govuk-service-navigation__link" href="/outcomes">' in page


def test_machines_find_the_pages_and_leave_letters_links_alone(matter: Matter, visitor: httpx.Client):
    site_map = visitor.get("/sitemap.xml").text
    for path in ("/outcomes", "/departments", f"/departments/{matter.slug}"):
        assert f"{path}</loc>" in site_map
    assert "Disallow: /answers/" in visitor.get("/robots.txt").text
