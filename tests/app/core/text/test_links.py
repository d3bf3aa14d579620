"""Which addresses become links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text.links import MOST_SHOWN, MOST_URL, find_links, misleads, safe_href, shown


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("https://council.example", "https://council.example"),
        ("HTTPS://Council.Example/Plans", "https://council.example/Plans"),
        ("https://council.example:8443/a?b=1&c=2#d", "https://council.example:8443/a?b=1&c=2#d"),
        ("https://r3---sn-abc.council.example/", "https://r3---sn-abc.council.example/"),
        ("https://münchen.example/straße", "https://xn--mnchen-3ya.example/stra%C3%9Fe"),
        ('https://council.example/a"b<c>', "https://council.example/a%22b%3Cc%3E"),
        ("mailto:clerk@council.example", "mailto:clerk@council.example"),
    ],
)
def test_a_public_address_is_a_link(typed, link):
    assert safe_href(typed) == link


@pytest.mark.parametrize(
    "typed",
    [
        "http://council.example",
        "javascript:alert(1)",
        "java\u200bscript:alert(1)",
        "data:text/html,x",
        "//council.example",
        "/local",
        "#top",
        "",
        "https://",
        "https:council.example",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://user@council.example/",
        "https://council.example@evil.example/",
        "https://council.example\\@evil.example/",
        "https://council..example/",
        "https://-council.example/",
        "https://council.example:99999/",
        "https://xn--999999999.example/",
        "https://xn--a.example/",
        "mailto:clerk@council.example?bcc=all@council.example",
        "mailto:clerk@council.example%0aBcc:all@council.example",
        "https://council.example/" + "a" * MOST_URL,
    ],
)
def test_anything_else_is_not(typed):
    assert safe_href(typed) is None


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("See https://council.example/plan.", ["https://council.example/plan"]),
        ("(https://council.example/a_(b)), ok?", ["https://council.example/a_(b)"]),
        ("“https://council.example”", ["https://council.example"]),
        ("https://a.example, https://b.example!", ["https://a.example", "https://b.example"]),
        ("https://a.example/<b>", ["https://a.example/"]),
        ("http://a.example and www.a.example and a.example/x", []),
        ("xhttps://a.example", []),
        ("https://council.example/をご覧ください", ["https://council.example/"]),
        ("https://пример.рф/путь", ["https://xn--e1afmkfd.xn--p1ai/%D0%BF%D1%83%D1%82%D1%8C"]),
    ],
)
def test_links_in_a_sentence_end_where_a_reader_would_say(sentence, found):
    assert [link.href for link in find_links(sentence)] == found


def test_a_long_address_is_shown_by_its_beginning():
    long = "https://council.example/" + "a" * 200
    assert len(shown(long)) == MOST_SHOWN
    assert shown("https://council.example") == "https://council.example"


@pytest.mark.parametrize(
    ("words", "href", "lie"),
    [
        ("the plan", "https://evil.example/", False),
        ("https://bank.com", "https://evil.example/", True),
        ("www.bank.com/login", "https://evil.example/www.bank.com", True),
        ("https://bank.com/login", "https://bank.com/", False),
        ("www.bank.com", "https://bank.com/login", False),
        ("https://münchen.de/plan", "https://xn--mnchen-3ya.de/plan", False),
        ("clerk@bank.com", "mailto:clerk@bank.com", False),
        ("clerk@bank.com", "mailto:thief@evil.example", True),
    ],
)
def test_a_link_may_not_name_another_place_than_it_leads_to(words, href, lie):
    assert misleads(words, href) is lie


@given(st.text() | st.from_regex(r"https://[a-zé-]{1,8}\.(example|com|рф)(:[0-9]{1,6})?[/?#]?.{0,20}", fullmatch=True))
def test_a_link_once_made_is_its_own_form(url):
    href = safe_href(url)
    if href is not None:
        assert safe_href(href) == href
        assert href.isascii()
        assert not set(href) & set("\"<>'\\` \n")


@given(st.text(st.sampled_from("https://a.b-é)(:[]?&;, \n")))
def test_found_links_stand_in_the_text_in_order(text):
    end = 0
    for link in find_links(text):
        assert end <= link.start < link.end <= len(text)
        assert safe_href(text[link.start : link.end]) == link.href
        end = link.end
