"""What hangs on the site's secret: tokens that cannot be made up, digests that tell nothing, facts only their row opens."""

from __future__ import annotations

import base64
import hmac
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.security.keys import CannotUnseal, Keys

SECRET = "a secret of the town, long enough for anybody"
KEYS, OTHER = Keys(SECRET), Keys(SECRET + ".")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
FACTS = {"name": "Amina Okafor", "email": "amina@example.org", "postcode": "CF10 1AA"}
ROW = b"signer" + bytes(24)


@pytest.mark.parametrize("row", [0, 1, 42, 2**62 + 1, 2**63 - 1])
def test_a_token_names_its_row(row: int) -> None:
    token = KEYS.token("confirm", row)
    assert KEYS.read_token("confirm", token) == row
    assert len(token) == 32
    assert set(token) <= set(ALPHABET), "it must survive in an address"


def test_a_token_is_the_same_whenever_the_letter_is_written() -> None:
    assert KEYS.token("confirm", 42) == Keys(SECRET).token("confirm", 42)


def test_a_token_opens_one_kind_of_door_only() -> None:
    token = KEYS.token("confirm", 42)
    assert KEYS.read_token("withdraw", token) is None
    assert KEYS.read_token("", token) is None
    assert KEYS.token("withdraw", 42) != token


def test_another_towns_token_opens_nothing_here() -> None:
    assert OTHER.read_token("confirm", KEYS.token("confirm", 42)) is None


def test_no_character_of_a_token_can_be_changed() -> None:
    token = KEYS.token("confirm", 42)
    changed = {token[:at] + other + token[at + 1 :] for at in range(32) for other in ALPHABET if other != token[at]}
    assert len(changed) == 32 * 63
    assert {KEYS.read_token("confirm", c) for c in changed} == {None}


def test_nobody_gets_to_another_row_with_their_own_digest() -> None:
    mine = base64.urlsafe_b64decode(KEYS.token("confirm", 42))
    forged = base64.urlsafe_b64encode((43).to_bytes(8, "big") + mine[8:]).decode()
    assert KEYS.read_token("confirm", forged) is None


@pytest.mark.parametrize(
    "words",
    [
        "",
        "a",
        "A" * 31,
        "A" * 32,
        "A" * 33,
        "A" * 30 + "==",
        "ä" * 32,
        "\udcff" * 32,
        "A" * 31 + "\n",
        " " * 32,
        "A" * 31 + "\0",
        "%2e" * 10 + "AA",
    ],
)
def test_whatever_stands_in_an_address_is_read_without_a_fault(words: str) -> None:
    assert KEYS.read_token("confirm", words) is None


@pytest.mark.parametrize("cut", [lambda t: t[1:], lambda t: t[:-1], lambda t: t + "A", lambda t: " " + t, str.lower])
def test_a_token_that_was_cut_or_bent_is_none(cut: object) -> None:
    assert KEYS.read_token("confirm", cut(KEYS.token("confirm", 42))) is None  # type: ignore[operator]


def test_a_digest_tells_parts_purposes_and_towns_apart() -> None:
    digests = {
        KEYS.digest("mailbox", b"ab", b"c"),
        KEYS.digest("mailbox", b"a", b"bc"),
        KEYS.digest("mailbox", b"abc"),
        KEYS.digest("mailbox", b"abc", b""),
        KEYS.digest("mailbox"),
        KEYS.digest("address", b"ab", b"c"),
        OTHER.digest("mailbox", b"ab", b"c"),
    }
    assert len(digests) == 7
    assert {len(d) for d in digests} == {32}
    assert KEYS.digest("mailbox", b"ab", b"c") == Keys(SECRET).digest("mailbox", b"ab", b"c")


def test_a_digest_is_what_it_was_when_it_was_stored() -> None:
    key = HKDF(SHA256(), 32, b"townsquare", b"mailbox").derive(SECRET.encode())
    long = b"b" * 300
    words = b"\x00\x00\x00\x02ab" + b"\x00\x00\x01\x2c" + long
    assert KEYS.digest("mailbox", b"ab", long) == hmac.digest(key, words, "sha256")


def test_a_digest_does_not_show_what_went_in() -> None:
    assert b"amina" not in KEYS.digest("mailbox", b"amina@example.org")


def test_sealed_facts_open_beside_their_row() -> None:
    sealed = KEYS.seal(FACTS, ROW)
    assert Keys(SECRET).unseal(sealed, ROW) == FACTS
    assert KEYS.unseal(KEYS.seal({}, b""), b"") == {}


def test_sealed_facts_show_nothing_and_are_never_alike() -> None:
    one, two = KEYS.seal(FACTS, ROW), KEYS.seal(FACTS, ROW)
    assert one != two
    for word in (b"Amina", b"amina", b"example", b"CF10"):
        assert word not in one


@pytest.mark.parametrize("row", [b"", ROW[:-1], ROW + b"\0", b"signed" + bytes(24)])
def test_facts_moved_to_another_row_stay_shut(row: bytes) -> None:
    with pytest.raises(CannotUnseal):
        KEYS.unseal(KEYS.seal(FACTS, ROW), row)


def test_another_secret_opens_nothing() -> None:
    with pytest.raises(CannotUnseal):
        OTHER.unseal(KEYS.seal(FACTS, ROW), ROW)


def test_no_byte_of_sealed_facts_can_be_changed() -> None:
    sealed = KEYS.seal(FACTS, ROW)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(CannotUnseal):
            KEYS.unseal(changed, ROW)


def test_sealed_facts_that_were_cut_short_stay_shut() -> None:
    sealed = KEYS.seal(FACTS, ROW)
    for length in range(len(sealed)):
        with pytest.raises(CannotUnseal):
            KEYS.unseal(sealed[:length], ROW)


def test_threads_share_one_bunch_of_keys() -> None:
    keys = Keys(SECRET)
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda n: keys.unseal(keys.seal({"n": str(n)}, ROW), ROW), range(200)))
        rows = list(pool.map(lambda n: keys.read_token(f"p{n % 90}", keys.token(f"p{n % 90}", n)), range(200)))
    assert opened == [{"n": str(n)} for n in range(200)]
    assert rows == list(range(200))
