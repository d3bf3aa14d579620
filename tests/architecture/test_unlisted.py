"""Whatever is tried at an address of staff, to everybody else it is an address that never was: the same bytes and the
same headers. Addresses and methods come from the table of routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from app.accounts.cookies import cookie_name
from app.accounts.rules.roles import Role
from app.accounts.unlisted import staff_acts
from app.main import House
from tests import databases
from tests.architecture.test_roles import site_in
from tests.site import RunningSite

FORM = {"content-type": "application/x-www-form-urlencoded"}
#: what an answer has of its own, each time
REFERENCE = re.compile(rb"\b[0-9a-f]{12}\b")
Asked = tuple[str, bytes, dict[str, str]]
Answer = tuple[int, tuple[tuple[str, str], ...], bytes]


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("unlisted")
    with databases.sqlite_copy(sqlite_template, folder) as database, RunningSite(database, folder) as running:
        yield running


def addresses(house: House) -> dict[str, frozenset[str]]:
    """Every address of staff, and the acts its doors are for."""
    found = {}
    for route in house.router.routes:
        ours = [h for h in getattr(route, "route_handlers", ()) if h.http_methods != {"OPTIONS"}]
        acts = staff_acts(ours, house.site.permissions)
        if acts:
            path = re.sub(r"\{[^:}]+:int\}", "9", re.sub(r"\{[^:}]+:(?:str|path)\}", "x", route.path))
            found[path] = acts
    return found


def ask(line: HTTPConnection, path: str, asked: Asked) -> Answer:
    method, body, headers = asked
    line.request(method, path, body, headers)
    answer = line.getresponse()
    said = [(k.lower(), v) for k, v in answer.getheaders() if k.lower() not in ("x-request-id", "date")]
    return answer.status, tuple(sorted(said)), REFERENCE.sub(b"", answer.read())


def never_was(path: str) -> str:
    """An unknown address of the same kind, which a program and a browser would be answered in the same way."""
    start, dot, kind = path.rpartition(".")
    return f"{start or path}-that-never-was{dot}{kind if dot else ''}"


def requests_of(site: RunningSite, role: Role | None) -> list[Asked]:
    """Whoever shows no cookie is asked about by everything there is; for the others it is the same code."""
    own = FORM | {"origin": site.base}
    few = [(method, b"a=b" if method == "POST" else b"", own) for method in ("GET", "POST", "DELETE", "OPTIONS")]
    if role is not None:
        return few
    more = [(method, b"", own) for method in ("HEAD", "PUT", "PATCH", "TRACE", "PROPFIND")]
    large, program = b"a=" + b"b" * site.house.settings.form_max_bytes, own | {"accept": "application/json"}
    return [
        *few,
        *more,
        ("POST", b"a=b", FORM | {"origin": "https://evil.example"}),
        ("POST", b"a=b", FORM | {"sec-fetch-site": "cross-site"}),
        ("POST", b"a=b", FORM),
        ("POST", large, own),
        ("POST", b"\xff{", {"origin": site.base, "content-type": "application/json"}),
        ("POST", b"--", {"origin": site.base, "content-type": "multipart/form-data"}),
        ("GET", b"", program),
        ("DELETE", b"", program),
    ]


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "nobody")
def test_to_all_others_an_address_of_staff_never_was_whatever_is_tried(site: RunningSite, role: Role | None) -> None:
    table, cookie = site.house.site.permissions, signed_in(site, role) if role else {}
    line = HTTPConnection("127.0.0.1", site.port, timeout=30)
    hidden = [p for p, acts in addresses(site.house).items() if not any(table.opens(role or "", a) for a in acts)]
    told: dict[tuple[str, str, int], Answer] = {}
    unlike = []
    for path in hidden:
        for number, (method, body, headers) in enumerate(requests_of(site, role)):
            asked = (method, body, headers | cookie)
            like = (never_was(path).rpartition(".")[2] if "." in path else "", path.split("/")[1], number)
            if like not in told:
                told[like] = ask(line, never_was(path), asked)
            if ask(line, path, asked) != told[like]:
                unlike.append((path, method, headers))
    assert unlike == []
    assert hidden
    assert {answer[0] for answer in told.values()} <= {403, 404}


def test_whoever_works_there_is_told_what_an_address_takes(site: RunningSite) -> None:
    table, cookie = site.house.site.permissions, signed_in(site, Role.ADMINISTRATOR)
    line = HTTPConnection("127.0.0.1", site.port, timeout=30)
    for path, acts in addresses(site.house).items():
        if any(table.opens(Role.ADMINISTRATOR, act) for act in acts):
            own = {"origin": site.base} | cookie
            refused, options = ask(line, path, ("DELETE", b"", own)), ask(line, path, ("OPTIONS", b"", own))
            assert (refused[0], options[0], options[2]) == (405, 204, b""), path
            assert dict(refused[1])["allow"] == dict(options[1])["allow"], path


def signed_in(site: RunningSite, role: Role) -> dict[str, str]:
    town, address = site.town, f"{role}@unlisted.example.org"
    if role is Role.OFFICER:
        town.department("parks")
    town.staff(address, role if role != Role.CITIZEN else "moderator", "parks" if role is Role.OFFICER else "")
    town.sql("UPDATE accounts_account SET role = :role WHERE email = :email", role=str(role), email=address)
    with site.client() as client:
        site_in(client, address)
        name = cookie_name(secure=False)
        return {"cookie": f"{name}={client.cookies[name]}"}
