"""Where webhooks may go: what an administrator can type, and what a resolver can answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import BadField
from app.webhooks.rules.networks import Reach, reach
from app.webhooks.rules.targets import Target, Ways, read_target, split

OPEN = Ways(ports=(80, 443, 8443), needs_encryption=False)
STRICT = Ways(ports=(443, 8443))


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://example.org/hooks", "https://example.org/hooks"),
        ("HTTPS://Example.ORG", "https://example.org/"),
        ("https://example.org:443/a?b=c&d", "https://example.org/a?b=c&d"),
        ("https://example.org:8443/", "https://example.org:8443/"),
        ("https://example.org./hooks", "https://example.org/hooks"),
        ("https://bücher.example/ö?ü=ä", "https://xn--bcher-kva.example/%C3%B6?%C3%BC=%C3%A4"),
        ("https://ｅｘａｍｐｌｅ.org/", "https://example.org/"),
        ("https://93.184.216.34/", "https://93.184.216.34/"),
        ("https://[2606:2800:220:1::0001]/", "https://[2606:2800:220:1::1]/"),
        ("http://example.org", "http://example.org/"),
    ],
)
def test_an_address_is_kept_in_its_one_spelling(typed: str, url: str):
    target = read_target(typed, OPEN)
    assert target.url == url
    assert split(url) == target


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "example.org/hooks",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "gopher://example.org:70/",
        "https://",
        "https:///hooks",
        "https://user:secret@example.org/",
        "https://user@example.org/",
        "https://@example.org/",
        "https://example.org@evil.example/",
        "https://example.org/#part",
        "https://example.org/#",
        "https://exa mple.org/",
        "https://example.org/\r\nHost: evil.example",
        "https://example.org/\x00",
        "https://example.org\\@evil.example/",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://example.org:22/",
        "https://example.org:6379/",
        "https://example.org:abc/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://-.example/",
        "https://.example/",
        "https://xn--a/",
        "https://" + "a" * 64 + ".example/",
        "https://example.org/" + "a" * 500,
        "https://example.org/" + "\U0001f600" * 200,
    ],
)
def test_what_is_no_address_for_a_webhook_is_refused_in_words(typed: str):
    with pytest.raises(BadField) as refused:
        read_target(typed, OPEN)
    assert str(refused.value).endswith(tuple("abcdefghijklmnopqrstuvwxyz.)]/01234567890"))


#: loopback and its neighbours, in spellings that a resolver reads as such
INSIDE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "127.0.0.01",
    "１２７.０.０.１",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "0",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "224.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a00:1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2001:0:7f00:1::1]",
    "[fe80::1]",
    "[fc00::1]",
    "[ff02::1]",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
]


@pytest.mark.parametrize("host", INSIDE)
def test_inner_addresses_are_refused_in_every_spelling(host: str):
    with pytest.raises(BadField):
        read_target(f"http://{host}/hooks", OPEN)


def test_production_wants_encryption():
    with pytest.raises(BadField, match="https"):
        read_target("http://example.org/", STRICT)
    assert read_target("https://example.org/", STRICT).is_encrypted


def test_a_host_is_allowed_by_name_with_its_port_or_with_all():
    by_port = Ways(
        ports=(443,), allowed=["cases.internal:9000", "127.0.0.1:9000", "[::1]:9000"], needs_encryption=False
    )
    for url in (
        "http://cases.internal:9000/",
        "http://127.0.0.1:9000/",
        "http://[::1]:9000/",
        "http://CASES.internal.:9000/",
    ):
        assert by_port.allows(read_target(url, by_port))
    for url in ("http://127.0.0.1:9001/", "http://127.0.0.2:9000/", "http://[::ffff:127.0.0.1]:9000/"):
        with pytest.raises(BadField):
            read_target(url, by_port)
    by_name = Ways(ports=(443,), allowed=["cases.internal"], needs_encryption=False)
    assert by_name.allows(read_target("http://cases.internal:31337/x", by_name))
    assert not by_name.allows(split("http://other.internal/"))


@given(st.text(max_size=80))
def test_whatever_is_typed_is_an_address_or_a_refusal(text: str):
    for typed in (text, f"https://{text}", f"https://example.org/{text}"):
        try:
            target = read_target(typed, OPEN)
        except BadField:
            continue
        assert target.url.isascii()
        assert target.url.isprintable()
        assert " " not in target.url
        assert split(target.url) == target


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", Reach.PUBLIC),
        ("8.8.8.8", Reach.PUBLIC),
        ("2606:2800:220:1:248:1893:25c8:1946", Reach.PUBLIC),
        ("127.0.0.1", Reach.PRIVATE),
        ("127.255.255.254", Reach.PRIVATE),
        ("10.0.0.1", Reach.PRIVATE),
        ("172.31.255.255", Reach.PRIVATE),
        ("172.32.0.1", Reach.PUBLIC),
        ("192.168.0.1", Reach.PRIVATE),
        ("100.64.0.1", Reach.PRIVATE),
        ("100.127.255.255", Reach.PRIVATE),
        ("100.128.0.1", Reach.PUBLIC),
        ("192.0.0.1", Reach.PRIVATE),
        ("192.0.2.1", Reach.PRIVATE),
        ("198.18.0.1", Reach.PRIVATE),
        ("198.51.100.7", Reach.PRIVATE),
        ("203.0.113.7", Reach.PRIVATE),
        ("0.0.0.0", Reach.NEVER),
        ("0.1.2.3", Reach.NEVER),
        ("169.254.169.254", Reach.NEVER),
        ("224.0.0.251", Reach.NEVER),
        ("240.0.0.1", Reach.NEVER),
        ("255.255.255.255", Reach.NEVER),
        ("::1", Reach.PRIVATE),
        ("::", Reach.NEVER),
        ("::ffff:127.0.0.1", Reach.PRIVATE),
        ("::ffff:169.254.169.254", Reach.NEVER),
        ("::ffff:8.8.8.8", Reach.PRIVATE),
        ("64:ff9b::7f00:1", Reach.PRIVATE),
        ("64:ff9b::a9fe:a9fe", Reach.NEVER),
        ("2002:a9fe:a9fe::1", Reach.NEVER),
        ("2002:808:808::1", Reach.PRIVATE),
        ("2001::1", Reach.PRIVATE),
        ("2001:db8::1", Reach.PRIVATE),
        ("fc00::1", Reach.PRIVATE),
        ("fd12:3456::1", Reach.PRIVATE),
        ("fec0::1", Reach.PRIVATE),
        ("fe80::1", Reach.NEVER),
        ("fe80::1%eth0", Reach.NEVER),
        ("ff02::1", Reach.NEVER),
        ("100::1", Reach.PRIVATE),
        ("4000::1", Reach.PRIVATE),
        ("not an address", Reach.NEVER),
        ("", Reach.NEVER),
    ],
)
def test_where_an_address_leads(address: str, expected: Reach):
    assert reach(address) is expected


@given(st.ip_addresses(v=6))
def test_no_newer_address_is_public_outside_what_is_given_out(address: object):
    if reach(str(address)) is Reach.PUBLIC:
        assert str(address)[0] in "23"


def test_a_host_header_names_a_port_that_is_not_the_usual_one():
    assert Target("http", "example.org", 80, "/").authority == "example.org"
    assert Target("https", "example.org", 80, "/").authority == "example.org:80"
    assert Target("https", "2606:2800::1", 443, "/").authority == "[2606:2800::1]"
