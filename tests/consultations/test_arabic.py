"""Karim answers in Arabic, with scripts off: his words are kept as he wrote them, and read from the right everywhere."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from openpyxl import load_workbook

from consultations.model import Response, ResponseVersion
from consultations.rules.questionnaire import Option, Page, Question, QuestionKind, Questionnaire
from tests.consultations.asking import Asking
from tests.consultations.visiting import OF_RESPONSES, begin
from tests.fakes import FixedClock
from tests.site import RunningSite

TITLE = "رسوم جسر الميناء"
NAME = "كريم عبد الله"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"  # one picture of three, held together by joiners
PERSIAN = "می\u200cخواهم"  # misspelt without its joiner
#: what is written, and what is kept: no override, no mark that piles up, letters composed
TYPED = f"الرسوم مُرتفعة جدًا للممرضات \u202efdp.exe\u202c e\u0301cole {FAMILY} {PERSIAN}\r\nالسطر الثاني\u200f"
KEPT = f"الرسوم مُرتفعة جدًا للممرضات fdp.exe \u00e9cole {FAMILY} {PERSIAN}\nالسطر الثاني"
SHORT = "نعم <b>جدًا</b>"
ASKED = Questionnaire(
    pages=(
        Page(
            1,
            "الرسوم",
            questions=(
                Question(2, QuestionKind.SINGLE, "هل يجب دفع رسوم؟", options=(Option(11, "نعم"), Option(12, "لا"))),
                Question(3, QuestionKind.LONG, "لماذا؟"),
                Question(4, QuestionKind.SHORT, "بكلمة واحدة"),
            ),
        ),
    ),
    next_id=20,
)
OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")


@pytest.fixture
def asking(site: RunningSite) -> Asking:
    return Asking(site.town)


def around(page: str, words: str) -> str:
    """The tag that these words stand in."""
    at = page.index(html.escape(words.partition("\n")[0], quote=False))
    return page[page.rindex("<", 0, at) : at]


def test_karim_s_words_are_kept_and_read_from_the_right(site: RunningSite, asking: Asking) -> None:
    town = site.town
    bridge = asking.published(ASKED, closes=town.now + timedelta(days=1), title=TITLE, summary=KEPT.partition("\n")[0])
    karim = begin(site.base, bridge)
    assert '<input class="govuk-input" id="q4" name="q4" type="text" value="" dir="auto">' in karim.page.text
    assert re.search(r'<textarea[^>]+id="q3"[^>]+dir="auto"', karim.page.text), "he types from the right, too"
    karim.fill({"q2": "12", "q3": TYPED, "q4": SHORT})
    karim.fill({"name": NAME, "email": f"karim{bridge}@example.org", "consent": "named", "news": "yes"})
    assert f"<bdi>{NAME}</bdi>" in karim.page.text
    assert 'dir="auto"' in around(karim.page.text, KEPT)
    karim.fill()
    karim.open(town.deliver().link(f"karim{bridge}@example.org", "Confirm"))
    karim.fill()
    assert stored(asking, bridge) == {"2": {"options": [12]}, "3": KEPT, "4": SHORT}
    letter = town.deliver().last_to(f"karim{bridge}@example.org")
    assert KEPT in letter.get_content().replace("\r\n", "\n")
    assert TITLE in letter.get_content()
    receipt = karim.open(town.letters.link(f"karim{bridge}@example.org", "We have your response")).text
    assert 'dir="auto"' in around(receipt, KEPT)
    assert f"<bdi>{NAME}</bdi>" in receipt
    copy = karim.http.get(f"/consultations/{bridge}")
    assert f'dir="auto">{TITLE}</h1>' in copy.text
    published(site, asking, bridge)


def stored(asking: Asking, bridge: int) -> dict[str, Any]:
    (response,) = asking.town.rows(Response, Response.consultation_id == bridge)
    (version,) = asking.town.rows(ResponseVersion, ResponseVersion.response_id == response.id)
    answers: dict[str, Any] = msgspec.json.decode(version.answers)
    return answers


def published(site: RunningSite, asking: Asking, bridge: int) -> None:
    """After closing, in every form in which others get it."""
    assert isinstance(site.clock, FixedClock)
    site.clock.advance(timedelta(days=2))
    asking.town.work()
    desk, public = f"/desk/consultations/{bridge}", f"/consultations/{bridge}"
    (response,) = asking.town.rows(Response, Response.consultation_id == bridge)
    with site.signed_in(f"tom.{asking.home}@example.org") as tom:
        assert 'dir="auto"' in around(tom.get(f"{desk}/responses/{response.id}").text, KEPT)
        found = tom.get(f"{desk}/responses", params={"q": "مرتفعة"}).text
        assert "1 response" in found, "found without the signs above the letters"
        assert tom.post(f"{desk}/publish/{response.id}", data={"do": "approve", "version": 1}).status_code == 303
        assert tom.post(f"{desk}/publish/ready").status_code == 303
        table = tom.post(f"{desk}/export/responses.csv").content.decode("utf-8-sig")
        book = load_workbook(io.BytesIO(tom.post(f"{desk}/export/responses.xlsx").content), read_only=True)
    assert KEPT in table.replace("\r\n", "\n")
    assert any(KEPT in [str(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True))
    with site.client() as ana:
        page, feed, facts, sheet = (ana.get(f"{public}/responses{end}") for end in ("", ".atom", ".json", ".csv"))
    assert 'dir="auto"' in page.text.partition(KEPT.partition("\n")[0])[0][-60:]
    assert f"<bdi>{NAME}</bdi>" in page.text
    assert SHORT not in page.text
    assert html.escape(SHORT, quote=False) in page.text
    assert facts.json()["responses"][0]["answers"]["3"] == KEPT
    assert NAME in sheet.content.decode("utf-8-sig")
    for answer in (page, feed, facts, sheet):
        assert not OVERRIDES.search(answer.text), answer.url
    assert not OF_RESPONSES & set(asking.town.broken())
