"""What somebody typed into a form to sign, while signing is stopped: nothing is stored, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from petitions.model.signature import Signature
from petitions.rules.stops import StopKind
from petitions.service import stops
from tests.people import LAURA, SAM
from tests.site import RunningSite, fields_of

WORDS = "We repair the machine."


@pytest.fixture
def northmere(database: Database, tmp_path: Path) -> Iterator[RunningSite]:
    with RunningSite(database, tmp_path) as site:
        yield site


def stop_signing(site: RunningSite) -> None:
    town, board = site.town, site.house.site.dependencies["switchboard"]
    by, at = town.moderator(), town.now - timedelta(minutes=1)
    town.database.retrying(
        lambda db: stops.stop(
            db, board, StopKind.SIGNING, message=WORDS, reason="The disk is full.", due_at=at, by=by, now=at
        )
    )


def keeps(answer: httpx.Response, sent: dict[str, str], *names: str) -> bool:
    """Whether the page says why, and its form holds what was sent."""
    kept = fields_of(answer.text)
    assert (answer.status_code, WORDS in answer.text) == (409, True), answer.text
    return all(kept[name] == sent[name] for name in names)


def test_sam_and_a_supporter_and_laura_who_corrects_her_address_lose_no_field(northmere: RunningSite):
    town = northmere.town
    petition, gathering = town.open_petition(), town.start()
    sponsor_link = town.sponsor_link(gathering)
    with northmere.client() as laura, northmere.client() as sam:
        assert laura.post(f"/petitions/{petition}/sign", data=LAURA.form()).status_code == 303
        before = len(town.rows(Signature))
        stop_signing(northmere)
        form = SAM.form()
        assert keeps(sam.post(f"/petitions/{petition}/sign", data=form), form, "name", "email", "postcode")
        assert keeps(sam.post(sponsor_link, data=form), form, "name", "email", "postcode")
        other = {"email": "laura@example.org"}
        assert keeps(laura.post(f"/petitions/{petition}/sign/correct", data=other), other, "email")
    assert len(town.rows(Signature)) == before
