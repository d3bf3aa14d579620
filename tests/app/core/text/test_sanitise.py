"""Text from people on a page: what shows, what never passes, what happens when a parser fails."""

from __future__ import annotations

import csv
import json
import re
import time
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import nh3
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from app.core.text import sanitise
from app.core.text.links import REL
from app.core.text.plain import tidy
from app.core.text.sanitise import SANITISER_VERSION, SCHEMES, TAGS, alarms, from_store, sanitised, to_html

PROJECT = Path(__file__).resolve().parents[4]
REAL_TEXTS = PROJECT.parent / "shared" / "data"

#: Published ways past other sanitisers, mutation attacks among them.
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java\u200bscript:alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<a href="&#x6a;avascript&colon;alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    '<a href="//evil.example">x</a>',
    '<a href="https://a.example" onclick="alert(1)" style="position:fixed" id="q" class="w">x</a>',
    '<a href="https://a.example" rel="opener" target="_blank">x</a>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<xmp><img title='</xmp><img src=x onerror=alert(1)>'></xmp>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<p><iframe src="javascript:alert(1)"></iframe><template><script>alert(1)</script></template>',
    "<!--><img src=x onerror=alert(1)>-->",
    "<a href='https://a.example/&quot;onmouseover=alert(1)'>x</a>",
    "<p/onclick=alert(1)>x",
    "<b><i><u><h1>x</h1></u></i></b>",
    "<ol start=7><li value=9>x</ol>",
    "<a>x</a><a href>y</a><a href=''>z</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<<script>script>alert(1)<</script>/script>",
    "<p title=\"a>b\" onmouseover='x'>y",
    "text <",
    "</p></p></a></li>",
]

#: Each is repeated to the cap. They make nested lists, chains of links, open brackets, runs of emphasis.
TEDIOUS = [
    "*a**a**", "*", "_a_ ", "**a *b ", "*a*[", "*[", "[", "[](", "[a](", "[*a](", "![", "[[a]", "`a", "``a`", "\\[",
    "<", "<a", "<https://a.example>", "&", "&amp;", "'", '"', "> ", ">", "> a\n", "> - ", "> a\nb\n",
    "- ", "- a\n", "  - a\n", "1. a\n", "# a\n", "```\n", "a\n", "a\n\n", "a  \n", "a\u0301\u0323",
    "https://", "https://a.example ", "https://a.example/" + ")" * 100 + " ", "https://пример.рф ",
    "https://" + "١" * 60 + ".org ", "&[]https://" + "é" * 50 + ".org", "[b](https://пример.рф)",
    "[a.com](https://a.example)", "[x](mailto:a@b.example)", "> *a*\n<a@b.example>https://é.org []([",
]  # fmt: skip

markdown_like = st.lists(
    st.sampled_from(
        [
            "*",
            "**",
            "_",
            "`",
            "```\n",
            "[",
            "](",
            ")",
            "![",
            "<",
            ">",
            "> ",
            "- ",
            "1. ",
            "7. ",
            "# ",
            "\n",
            "\n\n",
            "    ",
        ]
        + [
            "&",
            "&lt;",
            "&#x6a;",
            '"',
            "'",
            "\\",
            "https://a.example/x",
            "javascript:alert(1)",
            "<b onclick=x>",
            "mailto:a@b.example",
        ]
        + ["word", " ", "é", "\u00a0", "\u200b", "\x00", "😀", "|", "~"]
    )
    | st.text(max_size=5),
    max_size=40,
).map("".join)

html_like = st.lists(
    st.sampled_from(
        [
            "<",
            ">",
            "</",
            "/>",
            "<!--",
            "-->",
            "<a href=",
            '"',
            "'",
            "=",
            " ",
            "javascript:",
            "https://a.example",
            "onclick=x",
            "&",
            ";",
        ]
        + [
            f"<{tag}>"
            for tag in (
                "p",
                "a",
                "b",
                "svg",
                "math",
                "style",
                "script",
                "table",
                "template",
                "noscript",
                "form",
                "li",
                "pre",
            )
        ]
        + [f"</{tag}>" for tag in ("p", "a", "svg", "math", "style", "table", "template", "form", "li", "ol")]
        + ["&lt;", "&quot;", "&#0;", "\x00", "\n", "x"]
    ),
    max_size=30,
).map("".join)


class Seen(HTMLParser):
    """What another parser sees: start tags with attributes, end tags and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.events: list[str] = []
        self.words = ""
        self.feed(str(html))  # a Markup would escape what is added to it
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.events.append(f"<{tag} {sorted(attrs)}>")

    def handle_endtag(self, tag):
        self.events.append(f"</{tag}>")

    def handle_data(self, data):
        self.words += data
        self.events.append(data)

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")


def assert_harmless(html: str) -> None:
    for tag, attributes in Seen(html).tags:
        assert tag in TAGS
        assert set(attributes) <= ({"href", "rel"} if tag == "a" else set())
        if tag == "a":
            scheme = re.sub(r"[\s\x00-\x20]", "", unescape(attributes["href"] or "")).partition(":")[0].lower()
            assert scheme in SCHEMES
            assert attributes["rel"] == REL


def without_spaces(text: str) -> str:
    return "".join(text.split())


@pytest.fixture
def alarm_before():
    return alarms.total


# What people see


def test_amina_sees_her_paragraphs_and_lines():
    assert to_html("One\ntwo\n\nthree", formatting=False) == "<p>One<br>\ntwo</p>\n<p>three</p>"


def test_nothing_typed_is_nothing_shown():
    assert to_html(" \n\u200b", formatting=True) == ""


def test_the_page_gets_markup_that_templates_do_not_escape_again():
    assert isinstance(to_html("a & b", formatting=False), Markup)


def test_grace_uses_every_kind_of_formatting():
    text = "# Big\n## Small\n\n*soft* **hard** `code`\n\n- a\n- b\n\n1. c\n2. d\n\n> said\n\n```\nx < y\n```"
    shown = to_html(text, formatting=True)
    assert {tag for tag, _ in Seen(shown).tags} == TAGS - {"a", "br"}


def test_without_formatting_stars_stay_stars():
    assert to_html("*soft* # 1 > 0", formatting=False) == "<p>*soft* # 1 &gt; 0</p>"


@pytest.mark.parametrize("formatting", [True, False])
@pytest.mark.parametrize(
    "typed",
    [
        'Fish & chips, "quoted", it\'s <b>not</b> bold',
        "&lt;b&gt; and &copy; and &amp;amp; &#x6a; & &;",
        "R&D costs < £5 & > £3",
        "<script>alert(1)</script>",
        "http://council.example is not linked",
        "[click](javascript:alert(1)) [empty]() ![x](data:x)",
        "[1]: https-less reference\n\nHeading?\n---\n    indented",
        "4. Yes\n7. No\n8. Yes",
        "1986. What a year",
    ],
)
def test_what_was_typed_is_what_is_read(typed, formatting):
    assert without_spaces(Seen(to_html(typed, formatting=formatting)).words) == without_spaces(typed)


def test_answers_keep_the_numbers_ola_gave_them():
    assert "<ol>" not in to_html("4. Yes\n\n7. No", formatting=True)
    assert "<ol>" in to_html("1. Yes\n2. No", formatting=True)
    assert "<li>" not in to_html("- see\n  1. Yes\n  3. No", formatting=True)


@pytest.mark.parametrize("formatting", [True, False])
def test_an_address_in_the_text_becomes_a_link_that_lends_no_reputation(formatting):
    shown = to_html("Read https://council.example/plan?a=1&b=2.", formatting=formatting)
    assert shown == (
        f'<p>Read <a href="https://council.example/plan?a=1&amp;b=2" rel="{REL}">'
        "https://council.example/plan?a=1&amp;b=2</a>.</p>"
    )


def test_a_written_link_and_a_mail_link_work():
    shown = to_html('[plan](https://council.example "Title") <clerk@council.example>', formatting=True)
    assert [attributes["href"] for _, attributes in Seen(shown).tags[1:]] == [
        "https://council.example",
        "mailto:clerk@council.example",
    ]


def test_mallory_cannot_dress_a_link_up_as_the_bank():
    shown = to_html("[https://bank.com](https://evil.example)", formatting=True)
    assert Seen(shown).words == "[https://bank.com](https://evil.example)"


def test_no_links_inside_code():
    assert "<a" not in to_html("`https://a.example`\n\n```\nhttps://a.example\n```", formatting=True)


# Caps


@pytest.mark.parametrize("formatting", [True, False])
@pytest.mark.parametrize(
    "much",
    [
        "*a* " * 2_501,
        "<" * 201,
        "*a* " * 300,
        "> " * 30 + "deep",
        "**" * 21 + "a" + "**" * 21,
        "a\n" * 301,
        "https://a.example " * 101,
    ],
    ids=["characters", "angles", "elements", "depth", "runs", "lines", "links"],
)
def test_too_much_of_anything_is_shown_as_plain_paragraphs(much, formatting, alarm_before):
    shown = to_html(much, formatting=formatting)
    assert alarms.total == alarm_before
    if formatting or "deep" not in much:
        assert {tag for tag, _ in Seen(shown).tags} <= {"p", "br", "strong"}
    assert without_spaces(Seen(shown).words) == without_spaces(much) or "<strong>" in shown


def test_twenty_deep_is_formatted_and_deeper_is_plain():
    assert "<blockquote>" in to_html("> " * 18 + "deep", formatting=True)
    assert to_html("> " * 25 + "deep", formatting=True) == f"<p>{'&gt; ' * 25}deep</p>"


@pytest.mark.parametrize("formatting", [True, False])
@pytest.mark.parametrize("piece", TEDIOUS)
def test_no_text_keeps_a_worker_busy(piece, formatting):
    for most in (sanitise.MOST_CHARACTERS, 3_000, 1_500, 800):
        text = (piece * (most // len(piece) + 1))[:most]
        taken = min(_seconds(text, formatting) for _ in range(3))
        assert taken < 0.05, f"{most} characters"


def _seconds(text: str, formatting: bool) -> float:
    began = time.thread_time()
    to_html(text, formatting=formatting)
    return time.thread_time() - began


# What never passes


@pytest.mark.parametrize("formatting", [True, False])
@pytest.mark.parametrize("html", HOSTILE)
def test_hostile_text_is_shown_as_text(html, formatting, alarm_before):
    shown = to_html(html, formatting=formatting)
    assert_harmless(shown)
    assert without_spaces(Seen(shown).words) == without_spaces(tidy(html))
    assert alarms.total == alarm_before


@pytest.mark.parametrize("html", HOSTILE)
def test_hostile_html_is_cleaned_or_given_up(html):
    cleaned = sanitised(html)
    if cleaned is not None:
        assert_harmless(cleaned)
        assert sanitised(cleaned) == cleaned


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(markdown_like, st.booleans())
@example("https://a.example/x'[", False)
def test_whatever_is_typed_is_harmless_and_the_parsers_agree(text, formatting):
    before = alarms.total
    shown = to_html(text, formatting=formatting)
    assert alarms.total == before
    assert_harmless(shown)
    assert sanitised(shown) == shown
    if "://" not in text and not formatting:
        assert without_spaces(Seen(shown).words) == without_spaces(tidy(text))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(html_like)
def test_whatever_html_is_cleaned_is_harmless_and_stays_the_same(html):
    cleaned = sanitised(html)
    if cleaned is not None:
        assert_harmless(cleaned)
        assert sanitised(cleaned) == cleaned


@settings(deadline=None)
@given(markdown_like)
def test_another_parser_reads_the_same_tree_twice(text):
    shown = to_html(text, formatting=True)
    again = nh3.clean(shown, tags=set(TAGS), attributes={"a": {"href"}}, link_rel=REL)
    assert _tree(again) == _tree(shown)


def _tree(html: str) -> str:
    return "".join(Seen(html).events)


# The second parser


def test_the_alarm_goes_off_when_bleach_lets_something_through(monkeypatch, alarm_before):
    monkeypatch.setattr(sanitise, "_first", lambda html: html + "<img src=x onerror=alert(1)>")
    assert to_html("Hello *you*", formatting=True) == "<p>Hello *you*</p>"
    assert alarms.total == alarm_before + 1
    assert alarms.counts["disagreement"] >= 1
    assert "<em>you</em>" in alarms.samples[-1]


@pytest.mark.parametrize(
    "let_through",
    [
        '<a href="https://a.example">x</a>',
        f'<a href="https://a.example&quot; onclick=&quot;x" rel="{REL}">x</a><p onclick="x">y</p>',
        f'<a href="https://a.example" onclick="x" rel="{REL}">x</a>',
        f'<a href="javascript:alert(1)" rel="{REL}">x</a>',
        "<p>x</p><script>y</script>",
        "<p>x</p><img src=x onerror=y",
        "<p>&lt;b&gt;</p><b>",
    ],
)
def test_a_link_without_its_words_or_a_strange_attribute_sets_it_off(let_through, monkeypatch, alarm_before):
    monkeypatch.setattr(sanitise, "_first", lambda html: let_through)
    assert sanitised("anything") is None
    assert alarms.total == alarm_before + 1


def test_a_parser_that_fails_costs_the_formatting_and_not_the_page(monkeypatch, alarm_before):
    def broken(html):
        raise RecursionError

    monkeypatch.setattr(sanitise, "_first", broken)
    assert to_html("Hello *you*", formatting=True) == "<p>Hello *you*</p>"
    assert alarms.total == alarm_before + 1
    assert alarms.counts["failure"] >= 1


def test_stored_html_is_believed_only_under_its_own_version():
    assert from_store("<p>a</p>", SANITISER_VERSION) == "<p>a</p>"
    assert from_store("<p>a</p>", SANITISER_VERSION - 1) is None


# Real words


def petition_texts() -> list[str]:
    petitions = json.loads((REAL_TEXTS / "uk_petitions_sample.json").read_text())["petitions"]
    return [text for petition in petitions for text in strings(petition["attributes"])]


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


def comment_texts() -> list[str]:
    rows = []
    for file in sorted(REAL_TEXTS.glob("polis/*/comments.csv")):
        with file.open(encoding="utf-8", newline="") as lines:
            rows += [row["comment-body"] for row in csv.DictReader(lines)]
    return rows


@pytest.mark.skipif(not REAL_TEXTS.exists(), reason="the collection of real petitions and comments is not here")
@pytest.mark.parametrize("formatting", [True, False])
@pytest.mark.parametrize("collection", [petition_texts, comment_texts])
def test_real_petitions_and_comments_never_set_off_the_alarm(collection, formatting, alarm_before):
    texts = collection()
    assert len(texts) > 100
    for text in texts:
        shown = to_html(text, formatting=formatting)
        assert_harmless(shown)
        if "://" not in text and not formatting:
            assert without_spaces(Seen(shown).words) == without_spaces(tidy(text))
    assert alarms.total == alarm_before


def test_nothing_else_imports_bleach():
    importers = {
        file.relative_to(PROJECT).as_posix()
        for floor in ("app", "petitions", "consultations", "townhall", "bench")
        for file in (PROJECT / floor).rglob("*.py")
        if re.search(r"^\s*(import|from) bleach\b", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert importers == {"app/core/text/sanitise.py"}
