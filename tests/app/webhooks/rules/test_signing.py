"""What a receiver checks: our signatures by the reference library of the scheme."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.webhooks.rules.answers import MOST_EXCERPT, excerpt_of
from app.webhooks.rules.signing import headers, read_secret, show_secret

NEW, OLD = b"n" * 32, b"o" * 32
BODY = '{"type":"petition.published","timestamp":"2026-03-02T12:00:00Z","data":{"title":"Übergänge"}}'.encode()


def signed(*secrets: bytes, body: bytes = BODY, ago: timedelta = timedelta(0)) -> dict[str, str]:
    return dict(headers(secrets or (NEW,), "msg_17", datetime.now(UTC) - ago, body))


@given(st.binary(min_size=24, max_size=64), st.text(max_size=200))
def test_the_reference_library_takes_what_we_sign(secret: bytes, words: str):
    body = b'{"type":"x","data":' + repr(words.encode("utf-8", "ignore").hex()).replace("'", '"').encode() + b"}"
    assert Webhook(show_secret(secret)).verify(body, signed(secret, body=body))["type"] == "x"


def test_either_secret_is_enough_while_both_sign():
    both = signed(NEW, OLD)
    assert both["webhook-signature"].count("v1,") == 2
    for secret in (NEW, OLD):
        assert Webhook(show_secret(secret)).verify(BODY, both)["type"] == "petition.published"


def forged(change: str) -> tuple[bytes, dict[str, str]]:
    said = signed()
    match change:
        case "body":
            return BODY.replace(b"published", b"withdrawn"), said
        case "one byte more":
            return BODY + b" ", said
        case "another secret":
            return BODY, signed(OLD)
        case "another id":
            return BODY, said | {"webhook-id": "msg_18"}
        case "a later second":
            return BODY, said | {"webhook-timestamp": str(int(said["webhook-timestamp"]) + 1)}
        case "replayed after six minutes":
            return BODY, signed(ago=timedelta(minutes=6))
        case "from the future":
            return BODY, signed(ago=timedelta(minutes=-6))
        case "another version":
            return BODY, said | {"webhook-signature": said["webhook-signature"].replace("v1,", "v2,")}
        case "no signature":
            return BODY, said | {"webhook-signature": ""}
    return BODY, {k: v for k, v in said.items() if k != "webhook-timestamp"}


@pytest.mark.parametrize(
    "change",
    [
        "body",
        "one byte more",
        "another secret",
        "another id",
        "a later second",
        "replayed after six minutes",
        "from the future",
        "another version",
        "no signature",
        "no second",
    ],
)
def test_what_is_forged_altered_or_replayed_is_refused(change: str):
    body, said = forged(change)
    with pytest.raises(WebhookVerificationError):
        Webhook(show_secret(NEW)).verify(body, said)


def test_a_secret_is_read_as_it_is_shown():
    assert read_secret(show_secret(NEW)) == NEW
    assert base64.b64decode(show_secret(NEW).removeprefix("whsec_")) == NEW
    with pytest.raises(ValueError, match="secret"):
        read_secret(base64.b64encode(NEW).decode())


@given(st.binary(max_size=2_000))
def test_an_excerpt_is_one_short_line_of_plain_text(body: bytes):
    said = excerpt_of(body)
    assert len(said.encode()) <= MOST_EXCERPT
    assert said.isprintable()


def test_an_excerpt_of_markup_is_only_text():
    assert excerpt_of(b"<h1>No\r\n\x00 such\x1b[31m \xe2\x80\xaehook</h1>") == "<h1>No such [31m hook</h1>"
