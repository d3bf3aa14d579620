"""The table of roles and acts, row by row: the guards, the doors and the answers follow from it and from nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from app.accounts.guards import act_of, program_act_of
from app.accounts.rules.acts import EVERYONE, OFFICERS, Allowed, Permissions
from app.accounts.rules.roles import STAFF_ROLES, Role
from app.main import House
from app.tokens.rules.scopes import Scope
from tests import databases
from tests.app.outcomes.matters import Matters
from tests.app.tokens.programs import Programs
from tests.site import RunningSite

NAMED_IN_TEMPLATES = re.compile(r"opens\(\s*[a-z_.]+\s*,\s*\"([^\"]+)\"")
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
#: staff work: nobody who merely has an account may do any of it
AREAS_OF_STAFF = (
    "moderation.",
    "outcomes.",
    "front.",
    "petitions.",
    "webhooks.",
    "areas.",
    "accounts.see",
    "accounts.manage",
    "accounts.factor",
    "tokens.",
)


@pytest.fixture(scope="module")
def table(house: House) -> Permissions:
    return house.site.permissions


def every_case(row: Allowed) -> Iterator[tuple[Role, str | None, bool | None]]:
    """Each role, with each state the row knows, one it does not know, and none; one's own, another's, unsaid."""
    states = [*sorted(row.states or ()), "a state that no row names", None]
    yield from product(Role, states, (True, False, None))


def test_every_combination_is_allowed_exactly_where_its_row_says_so(table: Permissions) -> None:
    wrong = []
    for row in table:
        for role, state, own in every_case(row):
            expected = (
                role in row.roles
                and (row.states is None or state in row.states)
                and (row.own is None or (own is not None and own == row.own))
            )
            if table.may(role, row.act, state=state, own=own) is not expected:
                wrong.append((row.act, role, state, own))
    assert wrong == []
    assert len(list(table)) > 30


def test_a_door_is_there_for_a_role_exactly_where_some_case_is_allowed(table: Permissions) -> None:
    for row, role in product(table, Role):
        some = any(table.may(role, row.act, state=s, own=o) for r, s, o in every_case(row) if r is role)
        assert table.opens(role, row.act) is some, (row.act, role)


def test_who_merely_has_an_account_does_no_staff_work(table: Permissions) -> None:
    for_citizens = {row.act for row in table if Role.CITIZEN in row.roles and row.act.startswith(AREAS_OF_STAFF)}
    public = {
        act for act in for_citizens if act.startswith(("moderation.appeal", "moderation.report", "petitions.discuss"))
    }
    assert for_citizens == public


def test_nobody_judges_or_answers_by_being_somebody_else(table: Permissions) -> None:
    """Officers judge nothing, moderators answer for no department, and neither changes accounts or switches."""
    rows = {row.act: row.roles for row in table}
    assert Role.OFFICER not in rows["moderation.decide"]
    assert Role.MODERATOR not in rows["outcomes.answer"]
    for act in ("accounts.manage", "front.admin", "petitions.stop"):
        assert rows[act] == {Role.ADMINISTRATOR}
    assert rows["accounts.own"] == EVERYONE
    assert set(STAFF_ROLES) == EVERYONE - {Role.CITIZEN}


def test_a_program_may_do_what_a_row_gives_its_scope_for_and_nothing_else(table: Permissions) -> None:
    """Every act by every set of scopes; only what officers may do has one."""
    some = [frozenset(these) for n in range(len(Scope) + 1) for these in combinations(Scope, n)]
    for row, scopes in product(table, some):
        assert table.program_may(scopes, row.act) is (row.scope in scopes if row.scope else False), (row.act, scopes)
    by_program = {row.act: row for row in table if row.scope}
    assert {row.scope for row in by_program.values()} == set(Scope)
    assert all(row.roles == OFFICERS and not row.fresh for row in by_program.values())
    assert not table.program_may(set(Scope), "an act that no row has")


def test_what_is_dangerous_asks_again_who_it_is(table: Permissions) -> None:
    fresh = {row.act for row in table if row.fresh}
    assert fresh >= {
        "accounts.manage",
        "accounts.factor.change",
        "accounts.password.change",
        "accounts.erase",
        "petitions.stop",
        "tokens.issue",
        "areas.import",
    }


def test_pages_ask_only_for_acts_that_exist(table: Permissions) -> None:
    named = {act for page in TEMPLATES.rglob("*.html") for act in NAMED_IN_TEMPLATES.findall(page.read_text())}
    assert named
    assert {act for act in named if act not in table} == set()


def test_staff_pages_are_listed_for_acts_that_exist(house: House, table: Permissions) -> None:
    assert {page.act for page in house.site.staff_pages if page.act not in table} == set()


# every door, by every role


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("doors")
    with (
        databases.sqlite_copy(sqlite_template, folder) as database,
        RunningSite(database, folder, page_cache="off") as running,
    ):
        yield running


def doors(house: House) -> list[tuple[str, str, str]]:
    """Act, method and an address of every door that a row guards."""
    found = []
    for handler in {id(h): h for r in house.router.routes for h in getattr(r, "route_handlers", ())}.values():
        if isinstance(handler, HTTPRouteHandler):
            acts = [act for guard in handler.resolve_guards() if (act := act_of(guard))]
            path = re.sub(r"\{[^:}]+:int\}", "9", re.sub(r"\{[^:}]+:(?:str|path)\}", "x", min(handler.paths)))
            found += [(act, method, path) for act in acts for method in handler.http_methods & {"GET", "POST"}]
    return sorted(set(found))


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "nobody")
def test_to_a_role_without_the_row_a_door_does_not_exist(site: RunningSite, role: Role | None) -> None:
    """The page of a door that is shut is the page of one that was never there."""
    table, town = site.house.site.permissions, site.town
    if role is Role.OFFICER:
        town.department("parks")
    address = f"{role}@doors.example.org"
    if role is not None:
        town.staff(address, role if role != Role.CITIZEN else "moderator", "parks" if role is Role.OFFICER else "")
        town.sql("UPDATE accounts_account SET role = :role WHERE email = :email", role=str(role), email=address)
    with site.client() as client:
        if role is not None:
            site_in(client, address)
        shut = [d for d in doors(site.house) if role is None or not table.opens(role, d[0])]
        wrong = [(door, status) for door in shut if (status := ask(client, door)) != expected(table, door, role)]
    assert wrong == []
    assert shut or role is Role.ADMINISTRATOR


@pytest.mark.parametrize("role", list(Role))
def test_to_a_role_with_the_row_it_opens(site: RunningSite, role: Role) -> None:
    """Pages without a number in their address: what has one may be missing for another reason."""
    table, town = site.house.site.permissions, site.town
    if role is Role.OFFICER:
        town.department("parks")
    address = f"{role}@open.example.org"
    town.staff(address, role if role != Role.CITIZEN else "moderator", "parks" if role is Role.OFFICER else "")
    town.sql("UPDATE accounts_account SET role = :role WHERE email = :email", role=str(role), email=address)
    with site.client() as client:
        site_in(client, address)
        mine = [
            d
            for d in doors(site.house)
            if table.opens(role, d[0]) and d[1] == "GET" and not re.search("/(9|x)(/|$)", d[2])
        ]
        answers = {d: ask(client, d) for d in mine}
    assert mine
    assert {d: s for d, s in answers.items() if s not in (200, 303)} == {}


def site_in(client: httpx.Client, address: str) -> None:
    from tests.site import PASSWORD

    assert client.post("/sign-in", data={"email": address, "password": PASSWORD}).status_code == 303


def ask(client: httpx.Client, door: tuple[str, str, str]) -> int:
    with client.stream(door[1], door[2], data={"x": "y"} if door[1] == "POST" else None) as answer:
        return answer.status_code


def expected(table: Permissions, door: tuple[str, str, str], role: Role | None) -> int:
    """Whoever is not signed in is led to sign in where the door is for everyone with an account."""
    return 303 if role is None and table.opens(Role.CITIZEN, door[0]) else 404


# every door of programs, by every scope


def program_doors(house: House) -> list[tuple[str, str, str]]:
    """Act, method and an address of every door that a token opens."""
    found = set()
    for handler in {id(h): h for r in house.router.routes for h in getattr(r, "route_handlers", ())}.values():
        if isinstance(handler, HTTPRouteHandler):
            acts = [act for guard in handler.resolve_guards() if (act := program_act_of(guard))]
            path = re.sub(r"\{[^:}]+:int\}", "9", min(handler.paths))
            found |= {(act, method, path) for act in acts for method in handler.http_methods & {"GET", "POST"}}
    return sorted(found)


@pytest.mark.parametrize("scopes", [(), *((scope,) for scope in Scope), tuple(Scope)], ids="+".join)
def test_a_token_opens_what_its_scopes_open(site: RunningSite, scopes: tuple[Scope, ...]) -> None:
    """403 names the scope that is missing; behind the door there is nothing with this number."""
    programs, table = Programs(Matters(site.town)), site.house.site.permissions
    number, text = programs.issue(scopes or (Scope.READ,), name=f"of {'+'.join(scopes)}")
    if not scopes:
        programs.revoke(number)
    doors = program_doors(site.house)
    assert doors
    with httpx.Client(base_url=site.base, headers={"authorization": f"Bearer {text}"}, timeout=30) as client:
        for act, method, path in doors:
            answer = client.request(method, path, json={"x": "y"} if method == "POST" else None)
            if not scopes:
                assert answer.status_code == 401, path
            elif table.program_may(scopes, act):
                assert answer.status_code in (200, 404, 422), path
            else:
                assert answer.status_code == 403, path
                assert table.scope_of(act) in answer.json()["detail"]
