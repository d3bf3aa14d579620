"""What Eve types and sends: it is shown as text or refused in words, and nothing else is lost by it."""

from __future__ import annotations

import html
import io
import re
import zipfile
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from consultations.model import Response
from consultations.rules.questionnaire import Option, Page, Question, QuestionKind, Questionnaire
from tests.app.files.conftest import EICAR
from tests.consultations.asking import Asking
from tests.consultations.visiting import Visitor, begin
from tests.consultations.web.test_receipts import PDF, WITH_FILE
from tests.fakes import FixedClock
from tests.site import RunningSite

K = QuestionKind
RUNS = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "</textarea><script>"]
ODD = [
    *RUNS,
    "[x](javascript:alert(1))",
    "jav&#x09;ascript:",
    "data:text/html;base64,PHNjcmlwdD4=",
    "{{7*7}}",
    "${7*7}",
    "'; DROP TABLE comments;--",
    "%00",
    '" autofocus onfocus="x',
    "=HYPERLINK(1)",
]
#: of which one line holds all
LINE = " ".join(ODD[:12])
OPTIONS = tuple(Option(100 + n, f"Place {n}") for n in range(5))
CHOICES = Questionnaire(
    pages=(
        Page(
            1,
            "Choices",
            questions=(
                Question(2, K.RANKING, "Put these in order", options=OPTIONS),
                Question(3, K.MATRIX, "Each side", rows=(Option(201, "East"), Option(202, "West")), options=OPTIONS[:2]),
                Question(
                    4, K.MATRIX, "Each end", required=True,
                    rows=(Option(211, "North"), Option(212, "South")), options=OPTIONS[:2],
                ),
                Question(5, K.MULTIPLE, "Up to three", options=OPTIONS, most=3),
            ),
        ),
    ),
    next_id=400,
)  # fmt: skip
ORDER = {f"q2_10{n}": str(n + 1) for n in range(5)}
ENDS = {"q4_211": "100", "q4_212": "101"}


@pytest.fixture
def asking(sqlite_site: RunningSite) -> Asking:
    return Asking(sqlite_site.town)


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        (ORDER | ENDS | {"q2_101": "1"}, "q2_100", "Give each place to one answer"),
        (ORDER | ENDS | {"q2_104": ""}, "q2_100", "Fill 5 places; you filled 4"),
        (ORDER | {"q4_211": "100"}, "q4_211", "Choose an answer in each row"),
        (ORDER | ENDS | {"q5": ["100", "101", "102", "103"]}, "q5", "You chose 4 answers; choose 3 or fewer"),
    ],
)
def test_the_server_says_what_is_wrong_with_places_rows_and_numbers(
    sqlite_site: RunningSite, asking: Asking, typed: dict[str, Any], field: str, words: str
) -> None:
    eve = begin(sqlite_site.base, asking.published(CHOICES))
    eve.fill(typed)
    assert eve.page.status_code == 422
    assert f'href="#{field}"' in eve.page.text
    assert f'id="{field}"' in eve.page.text
    assert words in eve.words
    assert re.search(r'<option value="5" selected|value="5"', eve.page.text), "what was right is kept"


def test_a_row_may_be_left_out_where_it_is_not_asked_for(sqlite_site: RunningSite, asking: Asking) -> None:
    eve = begin(sqlite_site.base, asking.published(CHOICES))
    eve.fill(ORDER | ENDS | {"q3_201": "100"})
    assert "About you" in eve.words


def bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", b"0" * 300_000_000)
    return packed.getvalue()


FILES = {
    "a bomb": ("a.docx", bomb, "Unpacked, the file is far too large"),
    "a name that runs backwards": ("sums\u202efdp.exe", lambda: PDF, "The file's name ends in .exe"),
    "a program": ("sums.pdf", lambda: b"MZ\x90\0" + bytes(200), "This kind of file cannot be taken"),
    "a page": ("sums.txt", lambda: b"<html><script>alert(1)</script>", "a web page"),
    "the scanners' test file": ("sums.txt", lambda: EICAR, "Harmful software was found"),
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_not_what_it_says_is_refused_and_the_words_beside_it_stay(
    sqlite_site: RunningSite, asking: Asking, what: str
) -> None:
    name, content, words = FILES[what]
    eve = begin(sqlite_site.base, asking.published(WITH_FILE))
    eve.fill({"q3": "Words beside it"}, files={"q2_file": (name, content(), "application/octet-stream")})
    assert eve.page.status_code == 422
    assert words in eve.words
    assert "Words beside it" in eve.page.text


def nothing_runs(answer: httpx.Response) -> None:
    """Neither as a tag, nor out of an attribute, nor as a sum."""
    assert answer.status_code == 200, answer.url
    for words in RUNS:
        assert words not in answer.text, (answer.url, words)
    if "html" in answer.headers["content-type"]:
        reader = Reader()
        reader.feed(answer.text)
        assert reader.found == [], answer.url


class Reader(HTMLParser):
    """Writes down what a browser would run, other than the site's own script files."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}" for name, _value in attrs if name.startswith("on") or name == "autofocus"]
        self.found += [f"{tag} {value}" for _name, value in attrs if (value or "").strip().startswith("javascript:")]


def test_odd_words_are_words_on_every_page_in_letters_feeds_and_tables(
    sqlite_site: RunningSite, asking: Asking
) -> None:
    site, town = sqlite_site, sqlite_site.town
    bridge = asking.published(
        title=f"T {LINE}", summary=LINE, body="\n\n".join(ODD), closes=town.now + timedelta(days=1)
    )
    eve = begin(site.base, bridge, **{"as": "organisation"})
    eve.fill({"q2": "12"})
    eve.fill({"q2": "12", "q3": "\n".join(ODD)})
    eve.fill({"q5": ["14", "other"], "q5_other": LINE, "q7": LINE})
    eve.fill({"name": f"Eve {ODD[1]}", "organisation": f"{ODD[2]} {ODD[11]} {ODD[7]}", "email": "eve@example.org",
              "consent": "named", "news": "yes"})  # fmt: skip
    nothing_runs(eve.page)
    eve.fill()
    eve.open(town.deliver().link("eve@example.org", "Confirm"))
    nothing_runs(eve.page)
    eve.fill()
    letter = town.deliver().last_to("eve@example.org")
    assert letter.get_content_type() == "text/plain"
    assert "{{7*7}}" in letter.get_content()
    assert "alert" not in str(letter["Subject"])
    nothing_runs(eve.open(town.letters.link("eve@example.org", "We have your response")))
    everyone_reads(site, asking, bridge)


def everyone_reads(site: RunningSite, asking: Asking, bridge: int) -> None:
    """After closing: officers at their desk, and anybody."""
    assert isinstance(site.clock, FixedClock)
    site.clock.advance(timedelta(days=2))
    asking.town.work()
    desk, public = f"/desk/consultations/{bridge}", f"/consultations/{bridge}"
    (response,) = asking.town.rows(Response, Response.consultation_id == bridge)
    with site.signed_in(f"tom.{asking.home}@example.org") as tom:
        for path in (f"responses/{response.id}", f"publish/{response.id}", "responses?q=alert", "questions/3"):
            nothing_runs(tom.get(f"{desk}/{path}"))
        assert tom.post(f"{desk}/publish/{response.id}", data={"do": "approve", "version": 1}).status_code == 303
        assert tom.post(f"{desk}/publish/ready").status_code == 303
        table = tom.get(f"{desk}/export/responses.csv").text
    assert '"=HYPERLINK' not in table
    assert ",=HYPERLINK" not in table
    with site.client() as ana:
        for path in ("", "/responses", "/responses/1", "/responses.atom"):
            answer = ana.get(public + path)
            nothing_runs(answer)
            title = re.search(r"<title>(.*?)</title>", answer.text)
            assert title is not None
            assert "<" not in title[1]
        shown = html.unescape(ana.get(f"{public}/responses/1").text)
        assert "{{7*7}}" in shown
        found = ana.get("/consultations", params={"phase": "all", "q": LINE, "department": '"><script>'})
        nothing_runs(found)


def test_eve_cannot_answer_as_a_moderator_and_keeps_what_she_typed(sqlite_site: RunningSite, asking: Asking) -> None:
    bridge = asking.published()
    eve = begin(sqlite_site.base, bridge, **{"as": "organisation"})
    eve.fill({"q2": "11"})
    eve.fill()
    about = {"email": "eve@example.org", "consent": "named", "news": "no"}
    eve.fill(about | {"name": "Eve, Mоderator", "organisation": "Administrator"})
    assert eve.page.status_code == 422
    assert "“Mоderator” is kept" in eve.words or "in one alphabet" in eve.words
    assert "“Administrator” is kept for those who hold an office here" in eve.words
    assert "Eve, Mоderator" in html.unescape(eve.page.text)
    eve.fill(about | {"name": "Eve Ellis", "organisation": "Office for Harbours"})
    assert eve.page.status_code == 200
    eve.fill()
    assert asking.town.rows(Response, Response.consultation_id == bridge) != []


def test_a_page_whose_hidden_numbers_were_tampered_with_is_kept(sqlite_site: RunningSite, asking: Asking) -> None:
    """``²`` is a digit to Python and no number."""
    eve = begin(sqlite_site.base, asking.published())
    eve.fill({"q2": "11", "asked": "² 2", "remove_file": "²", "seen": "²:1 1:²"})
    assert eve.page.status_code == 200
    eve.fill({"q2": "11"})
    assert "Page 2 of" in eve.words


def test_people_s_characters_are_counted_and_none_is_cut(sqlite_site: RunningSite, asking: Asking) -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
    for text, words in (
        ("é" * 4000, ""),
        ("é" * 4001, "Your answer has 4001 characters; it must be 4000 or fewer"),
        (family * 4000, "it must be 32000 or fewer. Some of its characters have very many parts"),
        (family * 1000, ""),
    ):
        eve: Visitor = begin(sqlite_site.base, asking.published())
        eve.fill({"q2": "11"})
        eve.fill({"q7": text})
        assert eve.page.status_code == (422 if words else 200), words
        assert words in eve.words
        assert not words or text in eve.page.text, "kept whole"
