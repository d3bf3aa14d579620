"""Every door of the house says whose it is, who may open it, and whether it changes anything."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler

from app.accounts import guards
from app.accounts.rules import acts
from app.accounts.rules.roles import Role
from app.accounts.web.signing_in import paced
from app.core.web.edge import OPEN_TO_ANYONE
from app.main import House
from app.outcomes.rules.acts import STEERING
from tests.architecture.source import ROOMS, area_of

#: they store in transactions of their own, inside the handler
OF_THEIR_OWN = {
    "areas.bring-in",
    "consultations.answer.about.post",
    "consultations.answer.correct",
    "consultations.answer.page.post",
    "consultations.answer.save.post",
    "comments.api.say",
    "petitions.api.start",
    "accounts.erase.post",
    "accounts.mine.erase.post",
    "moderation.bulk",
    "moderation.bulk.undo",
    "outcomes.api.accept",
    "outcomes.api.answer",
    "outcomes.api.progress",
}
#: they take a cookie away, show something or lead on, and store nothing
STORES_NOTHING = {"areas.look", "accounts.mine.close", "consultations.questions.preview.post", "townhalls.join.post"}
#: areas whose routes and acts are called by their addresses
CALLED = {"townhall": "townhalls"}
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
#: a longer beginning goes before a shorter one
STAFF = {
    "/moderation": acts.MODERATORS,
    "/desk/all": STEERING,
    "/desk": acts.OFFICERS,
    "/admin": acts.ADMINISTRATORS,
}


@pytest.fixture(scope="module")
def handlers(house: House) -> list[HTTPRouteHandler]:
    """Ours; the framework answers OPTIONS by itself."""
    found = {id(h): h for route in house.router.routes for h in getattr(route, "route_handlers", ())}
    return [h for h in found.values() if function(h).__module__.partition(".")[0] in ("app", *ROOMS)]


def function(handler: HTTPRouteHandler) -> Any:
    """As it was written, before the framework sends it to a thread; a hot route's is its hook."""
    does = handler.before_request or handler.fn
    return inspect.unwrap(getattr(does, "func", does))


def opens_to(handler: HTTPRouteHandler) -> list[Any]:
    """Its guards; the hottest routes say ``anyone`` without a call for each request."""
    return [guards.anyone] if handler.opt.items() >= OPEN_TO_ANYONE.items() else list(handler.resolve_guards())


def is_async(handler: HTTPRouteHandler) -> bool:
    return inspect.iscoroutinefunction(function(handler))


def said(handler: HTTPRouteHandler) -> str:
    return f"{'/'.join(sorted(handler.http_methods))} {' '.join(sorted(handler.paths))}"


def writes(handler: HTTPRouteHandler) -> bool:
    return bool(handler.opt.get("writes"))


def wants(handler: HTTPRouteHandler, name: str) -> bool:
    return name in inspect.signature(function(handler)).parameters


def test_there_are_doors_to_look_at(handlers: list[HTTPRouteHandler]) -> None:
    assert len(handlers) > 40
    assert {area_of(function(h).__module__) for h in handlers} >= {
        "front",
        "accounts",
        "moderation",
        "outcomes",
        *ROOMS,
    }


def test_everything_that_changes_something_says_who_may(handlers: list[HTTPRouteHandler]) -> None:
    """A door open to all carries the guard ``anyone``: openness is a decision, never an oversight."""
    assert [said(h) for h in handlers if h.http_methods & UNSAFE and not opens_to(h)] == []


def test_everything_that_shows_something_says_who_may(handlers: list[HTTPRouteHandler]) -> None:
    assert [said(h) for h in handlers if not opens_to(h)] == []


def test_every_guard_is_one_that_the_house_knows(handlers: list[HTTPRouteHandler]) -> None:
    known = [guards.anyone, guards.visitor, guards.signed_in, paced]
    named = (guards.act_of, guards.program_act_of)
    assert [said(h) for h in handlers if not all(g in known or any(of(g) for of in named) for g in opens_to(h))] == []


def test_every_door_for_an_act_opens_to_whoever_may_do_it(handlers: list[HTTPRouteHandler], house: House) -> None:
    named = [guards.act_of(g) for h in handlers for g in opens_to(h) if guards.act_of(g)]
    assert len(named) > 40
    assert [act for act in named if act not in house.site.permissions] == []


def test_a_door_that_names_an_act_without_a_row_stops_the_start(house: House) -> None:
    rows = [row for row in house.site.permissions if row.act != "moderation.decide"]
    with pytest.raises(acts.UnknownAct, match=r"moderation\.decide"):
        guards.check_acts(house.router.routes, acts.Permissions(rows))


def test_a_door_for_programs_to_an_act_that_none_may_do_stops_the_start(house: House) -> None:
    rows = [row._replace(scope="") if row.act == "outcomes.answer" else row for row in house.site.permissions]
    with pytest.raises(acts.UnknownAct, match=r"no row allows a program outcomes\.answer"):
        guards.check_acts(house.router.routes, acts.Permissions(rows))


def test_a_program_comes_in_by_the_api_alone_and_says_so(handlers: list[HTTPRouteHandler], house: House) -> None:
    """Its doors ask for nothing else, have no cookie's account, and the API's description names the scope."""
    doors = [h for h in handlers if any(guards.program_act_of(g) for g in opens_to(h))]
    assert len(doors) >= 6
    assert [said(h) for h in doors if len(opens_to(h)) != 1 or wants(h, "account") or wants(h, "signed")] == []
    assert [said(h) for h in doors if not all(path.startswith("/api/v1/") for path in h.paths)] == []
    for handler in doors:
        [guard] = opens_to(handler)
        scope = house.site.permissions.scope_of(guards.program_act_of(guard) or "")
        assert list(handler.security or ()) == [{"departmentToken": [scope]}], said(handler)


def test_staff_doors_are_not_open_to_anyone(handlers: list[HTTPRouteHandler], house: House) -> None:
    """Below an address that belongs to some roles, every door is for some of those."""

    def meant_for(path: str) -> frozenset[Role] | None:
        return next((roles for start, roles in STAFF.items() if path == start or path.startswith(f"{start}/")), None)

    def opens_beyond(handler: HTTPRouteHandler, roles: frozenset[Role]) -> bool:
        [guard] = opens_to(handler)
        act = guards.act_of(guard) or ""
        return not act or any(house.site.permissions.opens(role, act) for role in set(Role) - roles)

    staff = [(h, roles) for h in handlers for path in h.paths if (roles := meant_for(path))]
    assert len(staff) > 40
    assert [said(h) for h, roles in staff if opens_beyond(h, roles)] == []


def test_whoever_acts_for_an_account_stands_behind_a_guard(handlers: list[HTTPRouteHandler]) -> None:
    assert [said(h) for h in handlers if wants(h, "account") and guards.anyone in opens_to(h)] == []


def test_every_route_is_named_after_its_room(handlers: list[HTTPRouteHandler]) -> None:
    assert [(h.name, said(h)) for h in handlers if "." not in (h.name or "")] == []

    def called(handler: HTTPRouteHandler) -> str:
        area = area_of(function(handler).__module__)
        return CALLED.get(area, area)

    assert [h.name for h in handlers if (h.name or "").partition(".")[0] != called(h)] == []


def test_no_two_routes_share_a_name(handlers: list[HTTPRouteHandler]) -> None:
    assert [name for name, times in Counter(h.name for h in handlers).items() if times > 1] == []


def test_looking_at_a_page_changes_nothing(handlers: list[HTTPRouteHandler]) -> None:
    """Mail scanners, previews and prefetching browsers open links."""
    assert [said(h) for h in handlers if writes(h) and not h.http_methods <= UNSAFE] == []


def test_a_form_is_stored_at_the_edge_or_by_the_intake(handlers: list[HTTPRouteHandler]) -> None:
    unsafe = [h for h in handlers if h.http_methods & UNSAFE]
    assert unsafe
    assert {h.name for h in unsafe if not writes(h) and not is_async(h)} == OF_THEIR_OWN | STORES_NOTHING


def test_nothing_on_the_event_loop_touches_the_database(handlers: list[HTTPRouteHandler]) -> None:
    on_the_loop = [h for h in handlers if is_async(h) or not h.sync_to_thread]
    assert [said(h) for h in on_the_loop if wants(h, "db") or writes(h)] == []


def test_the_session_is_the_only_dependency_that_ends_after_the_handler(house: House) -> None:
    """A second generator would turn a failed commit into a fault that no page explains."""

    def ends_later(provide: Any) -> bool:
        function = provide.dependency
        return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)

    provided = {"app": house.router.dependencies}
    for route in house.router.routes:
        for handler in getattr(route, "route_handlers", ()):
            provided[str(handler)] = handler.resolve_dependencies()
    assert {name for given in provided.values() for name, provide in given.items() if ends_later(provide)} == {"db"}


def test_the_framework_shows_no_pages_of_its_own(house: House) -> None:
    """Its documentation browsers load their scripts from other people's servers."""
    config = house.router.openapi_config
    assert config is not None
    assert [type(plugin).__name__ for plugin in config.render_plugins] == ["JsonRenderPlugin"]
