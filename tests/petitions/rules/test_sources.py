"""What administrators may block, as they type it."""

from __future__ import annotations

import pytest

from app.core.errors import BadField
from petitions.rules.blocking import read_blocks
from petitions.rules.reasons import read_end_reason, read_note, read_words
from petitions.rules.sources import masked, read_domain, read_network


@pytest.mark.parametrize(
    ("typed", "network"),
    [
        ("203.0.113.0/24", "203.0.113.0/24"),
        (" 203.0.113.77/24 ", "203.0.113.0/24"),
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7/32", "203.0.113.7"),
        ("198.51.0.0/16", "198.51.0.0/16"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_a_network_is_made_exact(typed: str, network: str):
    assert read_network(typed) == network


@pytest.mark.parametrize("typed", ["198.50.0.0/15", "0.0.0.0/0", "2001::/31", "::/0", "::ffff:203.0.0.0/104"])
def test_a_network_that_holds_whole_towns_is_refused(typed: str):
    with pytest.raises(BadField, match="too wide"):
        read_network(typed)


@pytest.mark.parametrize("typed", ["", "203.0.113", "300.1.1.1", "spam.example", "203.0.113.0/33", "fe80::1%eth0/x"])
def test_what_is_no_network_is_refused(typed: str):
    with pytest.raises(BadField):
        read_network(typed)


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("Spam.Example", "spam.example"),
        ("@spam.example", "spam.example"),
        ("spam.example.", "spam.example"),
        ("*.spam.example", "*.spam.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("*.BÜCHER.example", "*.xn--bcher-kva.example"),
        ("shop.co.uk", "shop.co.uk"),
    ],
)
def test_a_domain_is_made_exact(typed: str, domain: str):
    assert read_domain(typed) == domain


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("example", "with a dot"),
        ("*.com", "with a dot"),
        ("co.uk", "Nearly everyone"),
        ("*.com.au", "Nearly everyone"),
        ("anna@spam.example", "after the @"),
        ("googlemail.com", "Block gmail.com instead"),
        ("*.*.spam.example", "with a dot"),
        ("spam example.com", "with a dot"),
        ("203.0.113.7", "with a dot"),
        ("", "with a dot"),
    ],
)
def test_a_domain_that_reaches_too_far_or_nowhere_is_refused(typed: str, said: str):
    with pytest.raises(BadField, match=said):
        read_domain(typed)


def test_a_domain_in_letters_of_its_own_blocks_what_people_type_in_either_form():
    blocks = read_blocks([(1, "domain", read_domain("bücher.example"), None)])
    assert blocks.holding("", "anna@bücher.example", b"") == 1
    assert blocks.holding("", "anna@xn--bcher-kva.example", b"") == 1
    assert blocks.holding("", "anna@bucher.example", b"") is None


def test_an_address_is_shown_masked():
    assert [masked(a) for a in ("sam@example.org", "s@example.org")] == ["s…@example.org", "…@example.org"]


def test_words_for_the_record_are_neither_too_few_nor_too_many_nor_an_address():
    assert read_words("  The signer   asked by telephone ") == "The signer asked by telephone"
    for words in ("", "too short", "x" * 201, "\u200b" * 20, "sam@example.org asked us"):
        with pytest.raises(BadField):
            read_words(words)
    assert len(read_words("x" * 200)) == 200


def test_another_reason_needs_words_and_a_class_does_not():
    assert (read_end_reason("automated"), read_note(" ", "automated")) == ("automated", "")
    for act in (lambda: read_end_reason("withdrawn"), lambda: read_end_reason(""), lambda: read_note("", "other")):
        with pytest.raises(BadField):
            act()
