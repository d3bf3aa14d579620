"""Search, figures, templates and practice, as officers meet them."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import delete, select

from app.core.subject import SubjectRef
from app.departments.model import Department
from app.outcomes.model import AnswerTemplate, Handing, Referral
from app.outcomes.service.desk import MOST_TEMPLATES, keep_template
from app.outcomes.service.referring import refer
from tests.site import RunningSite

OFFICE, OTHER = "pages-office", "pages-other"
WORDS = {"name": "Street lights", "grade": "will-do", "summary": "We mend it.", "details": "By [day]."}


@pytest.fixture
def officer(sqlite_site: RunningSite) -> Iterator[httpx.Client]:
    sqlite_site.town.officer(OFFICE)
    with sqlite_site.signed_in(f"officer.{OFFICE}@example.org") as client:
        yield client


@pytest.fixture
def for_a_while(sqlite_site: RunningSite) -> Iterator[None]:
    """Matters about no petition at all are gone before anybody else looks."""
    yield
    about = select(Referral.id).where(Referral.subject_id.in_((901, 902, 903)))
    with sqlite_site.town.database.writing() as db:
        ids = list(db.scalars(about))
        db.execute(delete(Handing).where(Handing.referral_id.in_(ids)))
        db.execute(delete(Referral).where(Referral.id.in_(ids)))


def office_of(site: RunningSite, slug: str = OFFICE) -> int:
    with site.town.database.reading() as db:
        return db.scalars(select(Department.id).where(Department.slug == slug)).one()


def text_of(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return html.unescape(answer.text)


def test_a_search_leads_to_the_matter_on_the_desk(sqlite_site: RunningSite, officer: httpx.Client):
    town = sqlite_site.town
    petition = town.start(action="Widen the towpath at Quince Wharf", background="It <b>floods</b> at the wharf.")
    town.support(petition)
    town.decide(petition, department=OFFICE)
    town.index()
    page = text_of(officer, "/desk/search?q=quince+flooding")
    assert f'href="/petitions/{petition}"' in page
    assert "On your desk" not in page
    with town.database.writing() as db:
        made = refer(
            db, SubjectRef("petition", petition), cause="response", department_id=office_of(sqlite_site),
            due_at=town.now + timedelta(days=9), now=town.now,
        )  # fmt: skip
    found = officer.get("/desk/search?q=quince+flooding")
    assert f'href="/desk/referrals/{made.id}"' in found.text
    assert "It &lt;b&gt;floods&lt;/b&gt; at the wharf." in found.text


def test_a_search_says_what_it_is_for_and_when_it_finds_nothing(officer: httpx.Client):
    assert "One search through every room" in text_of(officer, "/desk/search")
    assert "Nobody told us anything" in text_of(officer, "/desk/search?q=zzyzx")
    assert "Nobody told us anything" not in text_of(officer, "/desk/search?q=+")
    assert "w" * 101 not in text_of(officer, f"/desk/search?q={'w' * 300}")
    assert officer.get("/desk/search?q=%00%22*%27").status_code == 200


def test_figures_are_drawn_and_can_be_taken_along(sqlite_site: RunningSite, for_a_while: None):
    sqlite_site.town.officer("pages-figures")
    with sqlite_site.signed_in("officer.pages-figures@example.org") as officer:
        _look_at_figures(sqlite_site, officer)


def _look_at_figures(sqlite_site: RunningSite, officer: httpx.Client) -> None:
    assert "Figures appear with the first matter" in text_of(officer, "/desk/figures")
    with sqlite_site.town.database.writing() as db:
        now, office = sqlite_site.town.now, office_of(sqlite_site, "pages-figures")
        soon, past = now + timedelta(days=2), now - timedelta(days=3)
        refer(db, SubjectRef("petition", 901), cause="response", department_id=office, due_at=past, now=now)
        refer(db, SubjectRef("petition", 902), cause="response", department_id=office, due_at=soon, now=now)
        done = refer(db, SubjectRef("petition", 903), cause="response", department_id=office, due_at=now, now=now)
        done.state, done.answered_at, done.took = "answered", now - timedelta(days=1), 86_400
    page = text_of(officer, "/desk/figures")
    assert page.count("<svg") >= 5
    assert "These are few answers" in page
    answer = officer.get("/desk/figures.csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[0] == ["figure", "of", "value"]
    assert ["late", "now", "1"] in rows
    assert next(row for row in rows if row[0].startswith("per cent on time"))[2] == "100"


def test_a_template_is_kept_changed_removed_and_put_back(sqlite_site: RunningSite, officer: httpx.Client):
    assert "There is no template yet" in text_of(officer, "/desk/templates")
    assert officer.get("/desk/templates/new").status_code == 200
    assert officer.post("/desk/templates", data=WORDS).status_code == 303
    page = text_of(officer, "/desk/templates?done=kept")
    assert "Will do: We mend it." in page
    (kept,) = sqlite_site.town.rows(AnswerTemplate, AnswerTemplate.department_id == office_of(sqlite_site))
    path = f"/desk/templates/{kept.id}"
    assert "By [day]." in text_of(officer, path)
    changed = WORDS | {"name": "Lights", "summary": "We mend them.", "template": str(kept.id)}
    assert officer.post("/desk/templates", data=changed).status_code == 303
    (again,) = sqlite_site.town.rows(AnswerTemplate, AnswerTemplate.department_id == office_of(sqlite_site))
    assert (again.id, again.name, again.summary) == (kept.id, "Lights", "We mend them.")
    gone = officer.post(path, data={"do": "remove"})
    assert gone.headers["location"] == f"/desk/templates?removed={kept.id}"
    assert "Put it back" in text_of(officer, gone.headers["location"])
    assert officer.post("/desk/templates", data=WORDS | {"name": "Lights"}).status_code == 303
    refused = officer.post(path, data={"do": "put-back"})
    assert (refused.status_code, "another template called “Lights”" in html.unescape(refused.text)) == (409, True)
    (second,) = [
        t for t in sqlite_site.town.rows(AnswerTemplate, AnswerTemplate.name == "Lights") if t.removed_at is None
    ]
    officer.post(f"/desk/templates/{second.id}", data={"do": "remove"})
    assert officer.post(path, data={"do": "put-back"}).status_code == 303
    assert "Lights" in text_of(officer, "/desk/templates?done=put-back")
    officer.post(path, data={"do": "remove"})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": " "}, "name"),
        ({"details": ""}, "details"),
        ({"grade": "x"}, "grade"),
        ({"summary": "s" * 201}, "summary"),
    ],
)
def test_a_template_without_words_is_sent_back(officer: httpx.Client, wrong: dict[str, str], field: str):
    page = officer.post("/desk/templates", data=WORDS | wrong)
    assert page.status_code == 422
    assert f'href="#{field}"' in page.text


def test_two_templates_have_two_names_and_there_are_fifty_at_most(sqlite_site: RunningSite):
    town = sqlite_site.town
    by = town.officer("pages-full")
    office = office_of(sqlite_site, "pages-full")
    with town.database.writing() as db:
        for number in range(MOST_TEMPLATES):
            keep_template(db, office, f"Template {number}", "", "", "Words.", by=by, now=town.now)
    with sqlite_site.signed_in("officer.pages-full@example.org") as officer:
        same = officer.post("/desk/templates", data=WORDS | {"name": "Template 1"})
        assert (same.status_code, 'href="#name"' in same.text) == (422, True)
        assert officer.post("/desk/templates", data=WORDS | {"name": "One more"}).status_code == 409
        assert "/desk/templates/new" not in officer.get("/desk/templates").text


def test_another_departments_templates_are_not_there(sqlite_site: RunningSite, officer: httpx.Client):
    town = sqlite_site.town
    by = town.officer(OTHER)
    with town.database.writing() as db:
        theirs = keep_template(db, office_of(sqlite_site, OTHER), "Theirs", "", "", "Words.", by=by, now=town.now).id
    assert officer.get(f"/desk/templates/{theirs}").status_code == 404
    assert officer.post(f"/desk/templates/{theirs}", data={"do": "remove"}).status_code == 404
    assert officer.post("/desk/templates", data=WORDS | {"template": str(theirs)}).status_code == 404
    assert officer.post(f"/desk/templates/{theirs}", data={"do": "put-back"}).status_code == 404
    assert "Theirs" not in text_of(officer, f"/desk/templates?removed={theirs}")


def test_who_acts_for_no_department_finds_none_of_it(sqlite_site: RunningSite):
    with sqlite_site.client() as stranger:
        for path in ("/desk/search", "/desk/figures", "/desk/figures.csv", "/desk/templates", "/desk/practice"):
            assert stranger.get(path).status_code in (303, 404), path
