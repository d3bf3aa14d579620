"""What a deployment may say of its open data, and what is refused by name."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from app.core.settings import Settings
from app.opendata.policy import LICENCE_NAME, OpenDataPolicy


def policy(**given: str) -> OpenDataPolicy:
    named = {f"TOWNSQUARE_OPENDATA_{name.upper()}": value for name, value in given.items()}
    return OpenDataPolicy.from_settings(Settings.from_environment(named, files_folder="/srv/town/files"))


def test_without_a_word_there_is_a_licence_a_night_and_a_place():
    found = policy()
    assert found.licence_name == LICENCE_NAME
    assert (found.publisher, found.dump_at, found.folder) == ("Town Square", time(2, 30), Path("/srv/town/dumps"))
    assert found.may_be_embedded


def test_another_licence_is_not_called_by_the_name_of_the_usual_one():
    assert policy(licence="https://licence.example/open").licence_name == "https://licence.example/open"
    assert policy(licence="https://licence.example/open", licence_name="Open").licence_name == "Open"


def test_dumps_can_be_left_to_a_hand():
    assert policy(dump_at="never").dump_at is None


@pytest.mark.parametrize("sites", ["*", "none", "https://news.example", "https://*.news.example http://127.0.0.1:8000"])
def test_who_may_embed_is_everybody_nobody_or_named(sites: str):
    assert policy(embed_by=sites).embed_by == sites


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embed_by", "news.example"),
        ("embed_by", "https://news.example; script-src *"),
        ("embed_by", "* none"),
        ("embed_by", "'self'"),
        ("dump_at", "25:00"),
        ("dump_at", "noon"),
        ("keep_days", "0"),
        ("licence", "CC BY 4.0"),
    ],
)
def test_what_makes_no_sense_is_named(name: str, value: str):
    with pytest.raises(ValueError, match=f"TOWNSQUARE_OPENDATA_{name.upper()}"):
        policy(**{name: value})
