"""Which block holds a source back."""

from __future__ import annotations

import pytest

from petitions.rules.blocking import read_blocks

BLOCKS = read_blocks(
    [
        (1, "network", "203.0.113.0/24", None),
        (2, "network", "2001:db8::/48", None),
        (3, "domain", "spam.example", None),
        (4, "domain", "*.bulk.example", None),
        (5, "address", "b…@example.org", b"B" * 32),
    ]
)


@pytest.mark.parametrize(
    ("client", "address", "mailbox", "held_by"),
    [
        ("203.0.113.77", "amina@example.org", b"", 1),
        ("::ffff:203.0.113.77", "amina@example.org", b"", 1),
        ("203.0.114.1", "amina@example.org", b"", None),
        ("2001:db8:0:99::1", "amina@example.org", b"", 2),
        ("192.0.2.1", "amina@spam.example", b"", 3),
        ("192.0.2.1", "amina@mail.spam.example", b"", None),
        ("192.0.2.1", "amina@a.b.bulk.example", b"", 4),
        ("192.0.2.1", "amina@bulk.example", b"", None),
        ("192.0.2.1", "amina@notbulk.example", b"", None),
        ("192.0.2.1", "bob@example.org", b"B" * 32, 5),
        ("unix", "amina@example.org", b"", None),
        ("", "amina@example.org", b"", None),
    ],
)
def test_a_source_is_held_by_the_block_that_names_it(client: str, address: str, mailbox: bytes, held_by: int | None):
    assert BLOCKS.holding(client, address, mailbox) == held_by


def test_without_blocks_nobody_is_held():
    assert not read_blocks([])
    assert read_blocks([]).holding("203.0.113.77", "amina@spam.example", b"") is None
