"""schemathesis finds nothing in the whole API: every call that its description names, by whatever room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.accounts.cookies import cookie_name
from app.comments.model import Comment
from tests import databases
from tests.app.outcomes.matters import Matters
from tests.app.tokens.programs import Programs
from tests.consultations.asking import Asking
from tests.journeys.fuzzing import Found, try_everything
from tests.site import PASSWORD, RunningSite
from tests.townhall.meeting import Meeting

EXAMPLES, SEED = 4, 20_261_130
MEMBER = "carla@example.org"


class Busy:
    """A site with something of everything: matters on a desk, a petition that is discussed, a consultation, a hall."""

    def __init__(self, site: RunningSite) -> None:
        self.site, town = site, site.town
        matters = Matters(town)
        self.matters = [matters.referred() for _each in range(3)]
        self.token = Programs(matters).issue()[1]
        petition = town.open_petition()
        Asking(town).published()
        Meeting(town).hall()
        town.staff(MEMBER, "moderator")
        town.sql("UPDATE accounts_account SET role = 'citizen' WHERE email = :email", email=MEMBER)
        with site.client() as carla:
            carla.post("/sign-in", data={"email": MEMBER, "password": PASSWORD})
            self.session = carla.cookies[cookie_name(secure=False)]
            said = carla.post(f"/api/v1/discussions/petition/{petition}/comments", json={"body": "Apples do well."})
        self.said = said

    def tried(self, *, examples: int, seed: int) -> Found:
        return try_everything(self.site.base, examples=examples, seed=seed, token=self.token, session=self.session)


@pytest.fixture(scope="module")
def busy(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    folder = tmp_path_factory.mktemp("api")
    with (
        databases.sqlite_copy(sqlite_template, folder) as database,
        RunningSite(database, folder, page_cache="off", petitions_discussion="after") as site,
    ):
        yield Busy(site)


def described(busy: Busy) -> set[str]:
    """Every call of the API's description."""
    paths = httpx.get(f"{busy.site.base}/openapi.json").json()["paths"]
    return {f"{method.upper()} {path}" for path, those in paths.items() for method in those}


def test_every_route_of_the_api_is_described(busy: Busy) -> None:
    """What is not described is not tried. The API's own root leads to its description and is no call."""
    routes = busy.site.house.router.routes
    ours = {
        f"{method} {re.sub(r':[a-z]+}', '}', route.path)}"
        for route in routes
        if route.path.startswith("/api/v1/")
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    }
    assert ours
    assert ours == described(busy)


def test_schemathesis_finds_nothing(busy: Busy) -> None:
    found = busy.tried(examples=EXAMPLES, seed=SEED)
    assert found.faults == []
    assert set(found.cases) >= described(busy), "every call was tried"
    assert {200, 201, 202, 401, 404, 409, 422} <= set(found.statuses), "and most ways to answer were seen"
    assert sum(found.cases.values()) > 1_000
    assert busy.site.town.rows(Comment)
