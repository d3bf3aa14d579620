"""One consultation from the first draft to the receipt that says what became of it, by pages and letters alone.

Edda writes it and builds its questions, Emil approves it; Ana and Ben answer without accounts; Tom reads, codes,
publishes and answers, and Tara releases what was said.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.outcomes.model import Referral
from consultations.model import Code, Finding, Response
from tests.consultations.asking import TEXTS, Asking
from tests.consultations.visiting import Visitor
from tests.consultations.web.test_building import Official
from tests.consultations.web.test_life_pages import CLOSES, EDDA, EMIL, OPENS, POINTS, TIMES, begin, edit
from tests.fakes import FixedClock
from tests.site import RunningSite, fields_of

ANA, BEN = "ana@example.org", "ben@example.org"
WHY = "Nurses cross it twice a day. Signed: Ana Almeida"
TITLE = "Harbour Bridge toll"


@pytest.fixture
def harbour(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    clock = FixedClock(OPENS - timedelta(days=10))
    with RunningSite(database, tmp_path, clock=clock, time_zone="Europe/London", page_cache="off") as site:
        yield site


def seen(client: httpx.Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.text[-1500:])
    return html.unescape(answer.text)


def sent(client: httpx.Client, path: str, **data: Any) -> str:
    """The page's form with what it holds already; answers where it leads."""
    answer = client.post(path, data=data)
    assert answer.status_code == 303, (path, answer.status_code, html.unescape(answer.text)[-1500:])
    return answer.headers["location"]


def written_and_approved(site: RunningSite) -> tuple[int, dict[str, int]]:
    """Edda's text, times and questions; Emil's approval. The consultation, and its questions by name."""
    with site.signed_in(EDDA) as edda, site.signed_in(EMIL) as emil:
        path = begin(edda, TITLE)
        about, ways = (
            ("summary", "body", "scope", "use"),
            ("other_ways", "contact", "formats_contact", "privacy_notice"),
        )
        assert edit(edda, path, "about", title=TITLE, **{n: TEXTS[n] for n in about}).status_code == 303
        assert edit(edda, path, "answering", **{n: TEXTS[n] for n in ways}).status_code == 303
        assert edit(edda, path, "times", **TIMES).status_code == 303
        number = int(path.rpartition("/")[2])
        asks = Official(edda, site, number)
        page = asks.page("The toll")
        names = {
            "toll": asks.question(
                page, "single", "Should crossing cost something?", options_new="Yes\nNo", required="true"
            ),
            "why": asks.question(page, "long", "Why not?", required="true", most="2000"),
        }
        names |= {o.text: o.id for o in asks.questionnaire.by_id[names["toll"]].options}
        asks.depends(names["why"], names["toll"], f"equals:{names['No']}")
        sent(edda, f"{path}/act/submit")
        sent(emil, f"{path}/act/approve")
        sent(edda, f"{path}/publish", **POINTS)
    return number, names


def answers(site: RunningSite, number: int, asked: dict[str, int], name: str, email: str, **choices: str) -> str:
    """Somebody without an account answers, opens the letter and presses the button; the address of the receipt."""
    toll, why = f"q{asked['toll']}", f"q{asked['why']}"
    person = Visitor(site.base)
    person.open(f"/consultations/{number}")
    person.open(f"/consultations/{number}/answer")
    person.fill({"way": "pages", "as": "person"})
    person.fill({toll: str(asked["No"])})
    person.fill({toll: str(asked["No"]), why: choices.pop("why")})
    person.fill({"name": name, "email": email, "news": "yes"} | choices)
    assert "Check your answers" in person.words
    person.fill()
    assert "open the letter we sent you" in person.words
    person.open(site.town.deliver().link(email, "Confirm"))
    person.fill()
    assert "Your response is counted" in person.words
    return site.town.deliver().link(email, "We have your response")


def read_and_coded(site: RunningSite, tom: httpx.Client, number: int, question: int) -> None:
    """Tom begins to read, gives Ana's sentence a code, and makes a finding of it."""
    desk = f"/desk/consultations/{number}"
    sent(tom, f"{desk}/begin")
    assert WHY in seen(tom, f"{desk}/questions/{question}")
    ana = next(r.id for r in site.town.rows(Response) if WHY in seen(tom, f"{desk}/responses/{r.id}"))
    sent(tom, f"{desk}/responses/{ana}/read", read="yes")
    end = WHY.index(".") + 1
    sent(tom, f"{desk}/questions/{question}/codings", response=ana, version=1, new="Carers", start=0, end=end)
    (code,) = site.town.rows(Code)
    finding = sent(tom, f"{desk}/findings", title="Carers should not pay", codes=[code.id])
    assert "1 person stands behind it" in seen(tom, finding)


def responses_published(site: RunningSite, tom: httpx.Client, number: int) -> None:
    """Ana wants no name: her signature is taken out. Ben wants nothing published, and never stands there."""
    desk = f"/desk/consultations/{number}/publish"
    assert "Too dear for bakers" not in seen(tom, desk)
    ana = int(re.search(rf"{desk}/(\d{{5,}})", seen(tom, desk))[1])  # type: ignore[index]
    assert "still says who wrote it" in seen(tom, f"{desk}/{ana}")
    sent(tom, f"{desk}/{ana}", do="signature")
    sent(tom, f"{desk}/{ana}", do="approve", version=1)
    sent(tom, f"{desk}/ready")


def outcome_given(site: RunningSite, tom: httpx.Client, number: int) -> None:
    """What the department does: for each finding, and as a whole, with a promise."""
    (finding,) = site.town.rows(Finding)
    sent(
        tom,
        f"/desk/consultations/{number}/answers",
        **{"finding": finding.id, f"text-{finding.id}": "Carers get a pass.", f"after-{finding.id}": 0},
    )
    (owed,) = site.town.rows(Referral, Referral.subject_kind == "consultation")
    typed = {
        "grade": "in-part",
        "summary": "Cars pay two pounds, carers nothing.",
        "details": "From the first of May.",
        "promise-1-text": "A pass for carers",
        "promise-1-owner": "Head of Bridges",
        "promise-1-due": "2027-06-07",
        "after_version": "0",
        "send_news": "yes",
    }
    preview = tom.post(f"/desk/referrals/{owed.id}", data=typed | {"step": "preview"})
    assert preview.status_code == 200, html.unescape(preview.text)[-900:]
    sent(tom, f"/desk/referrals/{owed.id}", **dict(fields_of(preview.text)) | typed | {"step": "release"})


def test_a_consultation_from_its_draft_to_the_receipt_that_says_what_became_of_it(harbour: RunningSite) -> None:
    site, town, asking = harbour, harbour.town, Asking(harbour.town)
    assert asking.edda != asking.emil
    number, asked = written_and_approved(site)
    public = f"/consultations/{number}"
    town.clock.set(OPENS + timedelta(hours=1))
    receipt = answers(site, number, asked, "Ana Almeida", ANA, consent="anonymous", why=WHY)
    answers(site, number, asked, "Ben Brown", BEN, consent="none", why="Too dear for bakers.")
    with site.client() as anyone:
        before = seen(anyone, receipt)
        assert WHY in before
        digest = re.search(r"<code[^>]*>([0-9a-f]{64})", before)
        assert digest is not None

        town.clock.set(CLOSES + timedelta(minutes=1))
        town.work()
        assert digest[1] in seen(anyone, f"{public}/roll.txt")
        with (
            site.signed_in(f"tom.{asking.home}@example.org") as tom,
            site.signed_in(f"tara.{asking.home}@example.org") as tara,
        ):
            read_and_coded(site, tom, number, asked["why"])
            responses_published(site, tom, number)
            (finding,) = town.rows(Finding)
            said = {"summary": "Most find it too dear.", "body": "", "note": "", "revision": 0, "finding": finding.id}
            sent(tom, f"/desk/consultations/{number}/feedback", do="hand-in", **said)
            sent(tara, f"/desk/consultations/{number}/feedback", do="release", revision=1)
            town.work()
            town.deliver()
            assert "Carers should not pay" in seen(anyone, receipt)
            outcome_given(site, tom, number)
        town.work()
        letters = town.deliver()

        page = seen(anyone, f"{public}/findings")
        for words in ("Most find it too dear.", "Carers should not pay", "Carers get a pass.", "A pass for carers"):
            assert words in page
        assert "1 response is not in these tables" in seen(anyone, f"{public}/figures"), "Ben wants nothing published"
        responses = seen(anyone, f"{public}/responses")
        assert "Nurses cross it twice a day." in responses
        for hidden in ("Ana Almeida", "Ben Brown", "bakers", ANA):
            assert hidden not in responses, hidden
        end = seen(anyone, receipt)
        assert "Your points were counted in 1 of 1 findings" in end
        assert "Carers should not pay" in end
        assert "Carers get a pass." in end
    for person in (ANA, BEN):
        subjects = letters.subjects(person)
        assert len(subjects) == 4, subjects  # confirm, receipt, what was said, what was decided
    assert town.broken() == {}
