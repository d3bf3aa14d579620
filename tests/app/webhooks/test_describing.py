"""What integrators are told of webhooks is what there is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import jsonschema
import pytest

from app.webhooks.contribution import Fact
from app.webhooks.rules.signing import headers, show_secret
from app.webhooks.service.queueing import body_of
from tests.site import RunningSite, Town

DOCS = Path(__file__).resolve().parents[3] / "docs" / "integrators.md"


def test_the_table_of_types_is_complete_and_true(sqlite_town: Town):
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.+?) \| (.*?) ?\|$", DOCS.read_text(), re.MULTILINE)
    said = {name: (about, re.findall(r"`(\w+)`", more)) for name, about, more in rows if "." in name}
    there = {one.name: (one.about, list(one.more)) for one in sqlite_town.site.announced}
    assert {name: said.get(name) for name in there} == there


def test_the_api_describes_each_type_and_what_is_sent_fits(sqlite_site: RunningSite):
    description = httpx.get(f"{sqlite_site.base}/openapi.json").json()
    assert set(description["webhooks"]) == {one.name for one in sqlite_site.town.site.announced}
    from app.core.subject import SubjectRef

    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for one in sqlite_site.town.site.announced:
        call = description["webhooks"][one.name]["post"]
        schema = call["requestBody"]["content"]["application/json"]["schema"]
        fact = Fact(SubjectRef("petition", 17), now, "/petitions/17", None, more=one.more)
        with sqlite_site.town.database.reading() as db:
            body = json.loads(body_of(db, one.name, fact, "https://x.example"))
        jsonschema.validate(body, schema, jsonschema.Draft202012Validator)
    names = [call["post"]["operationId"] for call in description["webhooks"].values()]
    assert len(set(names)) == len(names)


def test_the_check_that_the_documents_show_works():
    [code] = [c for c in re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL) if "is_ours" in c]
    scope: dict = {"base64": base64, "hashlib": hashlib, "hmac": hmac, "time": time}
    exec(code, scope)
    secret, body = b"k" * 32, b'{"type":"ping"}'
    said = dict(headers([b"o" * 32, secret], "msg_1", datetime.now(UTC), body))
    assert scope["is_ours"](show_secret(secret), said, body)
    assert not scope["is_ours"](show_secret(secret), said, body + b" ")
    assert not scope["is_ours"](show_secret(b"x" * 32), said, body)
    assert not scope["is_ours"](show_secret(secret), said | {"webhook-timestamp": "1"}, body)


@pytest.mark.parametrize("example", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_the_documents_name_each_header(example: str):
    assert example in DOCS.read_text()
