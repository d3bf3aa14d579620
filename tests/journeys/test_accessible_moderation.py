"""The pages of members and moderators, in every state: see :mod:`tests.journeys.walking`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.claiming import JUDGING
from tests.journeys.everything import World, everything, revision
from tests.journeys.joining import Member
from tests.journeys.objecting import Objections
from tests.journeys.securing import Newcomer
from tests.journeys.walking import Visit, walk_over
from tests.people import AMINA
from tests.site import ADMINISTRATOR, MODERATOR, TEXTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_pages_of_members_and_moderators_can_be_used_by_everyone(sqlite_template: Path, tmp_path: Path):
    with everything(sqlite_template, tmp_path) as world, walk_over(world.site) as walk:
        member = Member(world.site, world.petitions["open"])
        walk.visitor(member.public_visits())
        walk.go("Suzie", member.own_visits())
        walk.visitor(password_visits(world))
        newcomer = Newcomer(world.site)
        walk.member(newcomer.address, newcomer.visits())
        walk.member(MODERATOR, moderator_visits(world))
        objections = Objections(world.site, world.petitions["hidden"])
        walk.visitor(objections.raising_visits())
        walk.member(MODERATOR, objections.moderator_visits())
        walk.member(objections.other, objections.other_visits())
        walk.member(ADMINISTRATOR, objections.administrator_visits())
        walk.visitor(objections.outcome_visits())
        assert walk.findings(JUDGING) == []


def password_visits(world: World) -> Iterator[Visit]:
    yield Visit("/sign-in")
    yield Visit("/sign-in", 422, {"email": MODERATOR, "password": "wrong"})
    yield Visit(world.staff["set password"])
    yield Visit(world.staff["set password"], 422, {"password": "short", "again": "other"})
    yield Visit("/set-password/unknown", 410)


def moderator_visits(world: World) -> Iterator[Visit]:
    at, petition = world.staff, world.petitions["open"]
    for path in ("", "/reports", "/held", "/signatures", "/petitions", "/tags"):
        yield Visit(f"/moderation{path}")
    for part in ("held", "reported", "appeals", "mine", "decided", "waiting&who=nobody&age=soon&size=200&tick=all"):
        yield Visit(f"/moderation?state={part}", sees="Moderation queue")
    yield Visit("/moderation?q=nothing+like+it", sees="Nothing fits this filter")
    for name in ("waiting", "mended", "rejected", "published", "reported", "taken down", "held", "signature"):
        yield Visit(at[name])
    yield Visit(at["waiting"], 422, {"revision": revision(world, at["waiting"]), "verdict": "reject"})
    yield Visit(
        at["waiting"], 200, refusal(world, at["waiting"]) | {"step": "preview"}, "The letter its author would get"
    )
    late = refusal(world, at["published"]) | {"reason": "spam"}
    yield Visit(at["published"], 409, late, "Your words, to copy")
    yield Visit(at["waiting"] + "/notes", 422, {"remark": ""})
    yield Visit(at["waiting"] + "/stand-back", 422, {"why": ""})
    yield Visit(at["published"] + "/lead", 422, {"department": "nobody"})
    yield from bulk_visits(world)
    yield Visit("/moderation/petitions?q=library")
    yield Visit("/moderation/petitions?q=owls")
    yield Visit("/moderation/tags?tag=budget")
    for end in ("", "/statistics", "/correct"):
        yield Visit(f"/moderation/petitions/{petition}{end}")
    yield Visit(f"/moderation/petitions/{petition}", 422, {"public_note": "n" * 801, "seen": ""})
    corrected = TEXTS | {"version": "1", "note": "A slip.", "background": "Most people work on Saturdays."}
    path = f"/moderation/petitions/{petition}/correct"
    yield Visit(path, 200, corrected | {"go": "preview"})
    yield Visit(path, 422, corrected | {"go": "preview", "action": "", "note": ""})
    yield Visit(path, 409, corrected | {"go": "preview", "version": "7"})
    path = f"/moderation/take-down/petition/{petition}"
    yield Visit(path)
    yield Visit(path, 422, {"step": "check"})
    yield Visit(path, 200, {"step": "check", "reason": "libellous", "note": "It accuses a neighbour."})
    yield Visit("/moderation/take-down/petition/999999", 404)
    yield Visit(at["held"] + "/discard")
    yield Visit(at["held"] + "/discard", 422, {})
    yield Visit(at["held"] + "/step?act=release&done=1&total=3&after=1")
    found = {"email": AMINA.email, "petition": "", "purpose": "She asked what we know of her"}
    yield Visit("/moderation/signatures", 200, found, "1 signature found")
    yield Visit("/moderation/signatures", 200, found | {"email": "nobody@example.org"}, "0 signatures found")
    yield Visit("/moderation/signatures", 422, found | {"purpose": ""})
    yield Visit(at["signature"] + "/end")
    yield Visit(at["signature"] + "/end", 422, {"reason": "other"})


def bulk_visits(world: World) -> Iterator[Visit]:
    """One text that waits and one that was decided: done, listed with why, and undone."""
    yield Visit("/moderation/bulk", 422, {"verdict": "reject", "note": "n" * 4_001}, "Tick the texts")
    ticks = [
        f"{at.rpartition('/')[2]}.{revision(world, at)}" for at in (world.staff["waiting"], world.staff["published"])
    ]
    fields = {"verdict": "reject", "reason": "spam"}
    with world.site.signed_in(MODERATOR) as maureen:
        there = maureen.post("/moderation/bulk", data=fields | {"case": ticks}).headers["location"]
    yield Visit(there, sees="1 was left as it was")
    yield Visit("/moderation", sees="Undo (until")
    yield Visit("/moderation/search", sees="what your role may read beside it")
    yield Visit("/moderation/search?q=library&from=x", 422)
    yield Visit(f"{there}/undo", 200, {}, "1 decision is undone")
    yield Visit(there, sees="This was undone on")


def refusal(world: World, case: str) -> dict[str, str]:
    return {"revision": revision(world, case), "verdict": "reject", "reason": "no-action", "note": "Say who."}
