"""Comments on a passage of a draft text, on each kind of database: what everyone is told of it once the text changed."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import pytest

from app.comments.service import saying
from app.comments.service.saying import Words
from app.core.errors import Invalid
from app.core.subject import SubjectRef
from app.moderation.model import Case
from consultations.model import Clause, DraftText
from consultations.rules.clauses import read_text
from consultations.rules.dispositions import DisposedMeanwhile, StillOpen, Verdict
from consultations.rules.mapping import Mapping
from consultations.rules.working import NotMapped, TextFixed
from consultations.service import disposing, texts
from tests.app.comments.forum import Forum
from tests.consultations.asking import Asking
from tests.site import MODERATOR, RunningSite

T = TypeVar("T")
FIRST = (
    "# One\nAmbulances cross free of charge. Buses pay half.\n\n"
    "# Two\nBrass tokens are sold at the gate.\n\n# Three\nCameras read number plates."
)
SECOND = "# One\nAmbulances and doctors cross free of charge. Buses pay half.\n\n# Three\nCameras read number plates."


class Order:
    """A toll order in its first version, written by Edda; Ana comments on it."""

    def __init__(self, site: RunningSite) -> None:
        self.town, self.asking, self.forum = site.town, Asking(site.town), Forum(site.town)
        self.consultation = self.asking.published()
        self.edda = self.town.staff(f"edda.{self.asking.home}@example.org", "official", self.asking.home)
        self.ana = self.forum.person(f"Ana of {self.consultation}")
        self.number = self.do(
            lambda db: texts.add(db, self.consultation, "Toll order", "before", by=self.edda, now=self.town.now).number
        )
        self.write(FIRST, 1)
        self.publish("", 2)
        [self.text] = self.town.rows(DraftText, DraftText.consultation_id == self.consultation)
        self.one, self.two, self.three = [c.id for c in self.town.rows(Clause, Clause.text_id == self.text.id)]

    def do(self, act: Callable[[Any], T]) -> T:
        return self.town.database.retrying(act)

    @property
    def by(self) -> dict[str, Any]:
        return {"by": self.edda, "now": self.town.now}

    def write(self, body: str, after: int, based_on: int = 0) -> None:
        blocks = read_text(body)
        self.do(
            lambda db: (
                texts.write(
                    db, self.consultation, self.number, blocks, based_on=based_on, after_revision=after, **self.by
                ).id
            )
        )

    def publish(self, note: str, after: int) -> None:
        self.do(lambda db: texts.publish(db, self.consultation, self.number, note, after_revision=after, **self.by).id)

    def second(self) -> None:
        """Clause two is removed."""
        self.write(SECOND, 3, based_on=1)
        with pytest.raises(NotMapped):
            self.publish("Tokens end.", 4)
        mapping = Mapping((self.one, self.three))
        self.do(
            lambda db: texts.confirm(db, self.consultation, self.number, mapping, after_revision=4, **self.by).removed
        )
        self.publish("Tokens end.", 5)

    def say(self, body: str, quote: str, clause: int) -> int:
        words = Words(body, "en", quote=quote, about_version=1)
        subject, now = SubjectRef("clause", clause), self.town.now
        said = self.do(lambda db: saying.say(db, self.town.site.discussed, subject, self.ana, words, now).id)
        self.forum.decide(said)
        return said


def read(client: httpx.Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return html.unescape(answer.text)


def test_ana_reads_of_her_quote_whether_it_still_stands_in_page_feed_data_and_case(site: RunningSite) -> None:
    order = Order(site)
    changed = order.say("Doctors, too.", "Ambulances cross free of charge.", order.one)
    order.say("Half is fair.", "Buses pay half.", order.one)
    order.say("I like tokens.", "Brass tokens", order.two)
    with pytest.raises(Invalid):
        order.say("What trams?", "Trams pay half.", order.one)
    order.second()
    client, clauses = site.client(), f"/consultations/{order.consultation}/text/clauses"

    page = read(client, f"{clauses}/{order.one}")
    assert page.count("this passage has changed since") == 1
    assert "this clause was removed since" in read(client, f"{clauses}/{order.two}")
    assert "this passage has changed since" in read(client, f"/comments/{changed}")
    assert "this passage has changed since" in read(client, f"/comments/{changed}/report")
    with site.signed_in(str(order.ana.email)) as ana:
        for page in (f"/comments/{changed}/vote", "/account/comments"):
            assert "this passage has changed since" in read(ana, page)
    feed = read(client, f"{clauses}/{order.one}.atom")
    assert "“Ambulances cross free of charge.” (From version 1; this passage has changed since)" in feed
    data = client.get(f"/api/v1/discussions/clause/{order.one}").json()["comments"]
    assert {c["quote"]: c["passage"] for c in data} == {
        "Ambulances cross free of charge.": "changed",
        "Buses pay half.": "same",
    }
    case = order.town.rows(Case, Case.subject_kind == "comment", Case.subject_id == changed)[-1].id
    with site.signed_in(MODERATOR) as moderator:
        assert "Quotes version 1, this passage has changed since" in read(moderator, f"/moderation/{case}")
    assert "Draft texts have all their versions and clauses" not in order.town.broken()


def test_edda_cannot_change_a_published_version_in_place(site: RunningSite) -> None:
    order = Order(site)
    with pytest.raises(TextFixed):
        order.write(SECOND, 3, based_on=0)


def test_tom_answers_after_it_has_closed_and_overwrites_no_colleague(site: RunningSite) -> None:
    order = Order(site)
    subject, tom = order.consultation, order.asking.tom

    def dispose(verdict: Verdict, after: int) -> None:
        order.do(
            lambda db: (
                disposing.dispose(
                    db, subject, order.one, verdict, "Because.", after_version=after, by=tom, now=order.town.now
                ).id
            )
        )

    dispose(Verdict.NOT, 0)
    with pytest.raises(DisposedMeanwhile):
        dispose(Verdict.ACCEPTED, 0)
    with pytest.raises(StillOpen):
        order.do(lambda db: disposing.publish(db, subject, "", by=tom, now=order.town.now).number)
    later = order.town.now + timedelta(days=60)
    assert order.do(lambda db: disposing.publish(db, subject, "", by=tom, now=later).number) == 1
    dispose(Verdict.PARTLY, 1)
    with pytest.raises(Invalid):  # a correction says what it corrects
        order.do(lambda db: disposing.publish(db, subject, "", by=tom, now=later).number)
    assert order.do(lambda db: disposing.publish(db, subject, "After the hearing.", by=tom, now=later).number) == 2
