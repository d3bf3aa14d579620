"""The pages of officers and administrators, and what all others see of their switches: see
:mod:`tests.journeys.walking`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from app.departments.model import Department
from app.outcomes.model import AnswerTemplate, Commitment
from app.performance.model import Problem, Report
from app.tokens.model import Token
from app.webhooks.model import Endpoint
from app.webhooks.service import replaying
from app.webhooks.service.secrets import mark
from petitions.model.sorting import Topic
from tests.app.areas.places import NAMES, as_bytes, collection
from tests.app.areas.sending import confirm, send, slip_of
from tests.app.webhooks.receivers import Programs
from tests.app.webhooks.receivers import status as programs_status
from tests.journeys.claiming import GOVERNING
from tests.journeys.everything import World, everything
from tests.journeys.reading import reading_visits
from tests.journeys.walking import Visit, Walk, walk_over
from tests.people import LAURA
from tests.site import ADMINISTRATOR, OFFICER, TEXTS, RunningSite

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_pages_of_officers_and_administrators_can_be_used_by_everyone(sqlite_template: Path, tmp_path: Path):
    with everything(sqlite_template, tmp_path) as world, walk_over(world.site) as walk:
        walk.member(OFFICER, officer_visits(world))
        walk.member(OFFICER, desk_visits(world))
        walk.member(OFFICER, matter_visits(world))
        walk.member(OFFICER, reading_visits(world.site))
        walk.member(ADMINISTRATOR, committee_visits(world))
        walk.member(ADMINISTRATOR, administrator_visits(world))
        walk.member(ADMINISTRATOR, token_visits(world))
        walk.member(OFFICER, my_token_visits(world))
        while_all_is_stopped(world, walk)
        while_it_is_read_only(world, walk)
        assert walk.findings(GOVERNING) == []


def while_all_is_stopped(world: World, walk: Walk) -> None:
    """Signing at once; in three hours all petitions close for an election."""
    site = world.site
    stop(site, "signing", SIGNING)
    stop(site, "election", ELECTION)
    walk.member(ADMINISTRATOR, [Visit("/admin/petitions"), *(Visit(f"/admin/petitions/stops/{k}") for k in STOPS)])
    walk.visitor(stopped_visits(world))
    site.clock.advance(timedelta(hours=3))  # type: ignore[attr-defined]
    site.town.work()
    walk.visitor(election_visits(world))


def while_it_is_read_only(world: World, walk: Walk) -> None:
    with world.site.signed_in(ADMINISTRATOR) as ada:
        on = {"act": "on", "reason": "A drill", "message": "Back soon."}
        assert ada.post("/admin/switches/read-only", data=on).status_code == 303
    walk.member(ADMINISTRATOR, [Visit("/admin/switches"), Visit("/admin/switches/read-only"), Visit("/admin/breach")])
    walk.visitor(switched_visits(world))


def officer_visits(world: World) -> Iterator[Visit]:
    at = world.staff
    yield Visit("/desk")
    for name in ("duty", "late", "answered", "call"):
        yield Visit(at[name])
    given = {"grade": "will-do", "summary": "We will open in May.", "details": "- one\n- two", "after_version": "0"}
    yield Visit(at["duty"], 200, given | {"step": "preview"}, "Preview")
    yield Visit(at["duty"], 422, given | {"step": "preview", "grade": "", "summary": ""})
    yield Visit(at["answered"], 409, given | {"step": "release"})
    for name in ("awaiting debate", "scheduled", "debated", "outcome", "not held"):
        yield Visit(f"/desk/debates/{world.petitions[name]}")
    path = f"/desk/debates/{world.petitions['awaiting debate']}"
    day = {"state": "scheduled", "date": "2026-03-20", "after_version": "0", "step": "preview"}
    yield Visit(path, 200, day, "Scheduled for 20 March 2026")
    yield Visit(path, 422, day | {"date": "2026-02-30"})
    yield Visit(path, 422, day | {"state": "outcome", "transcript_url": "https://example.org/x"})
    yield Visit(f"/desk/debates/{world.petitions['open']}", 404)


def desk_visits(world: World) -> Iterator[Visit]:
    """What stands around the matters: parts of the list, search, figures, templates, practice, cards that were read."""
    for show in ("mine", "nobody", "week", "late", "new", "waiting", "returned", "supporting", "answered", "closed"):
        yield Visit(f"/desk?show={show}")
    world.site.town.index()
    yield Visit("/desk/search", sees="One search through every room")
    yield Visit("/desk/search?q=library", sees="On your desk")
    yield Visit("/desk/search?q=zzyzx", sees="Nobody told us anything")
    yield Visit("/desk/figures", sees="Who sees to what")
    yield Visit("/desk/templates", sees="There is no template yet")
    yield Visit("/desk/templates/new")
    words = {"name": "Opening hours", "grade": "will-do", "summary": "We open longer.", "details": "From [day]."}
    yield Visit("/desk/templates", 422, words | {"name": "", "details": ""})
    yield Visit("/desk/templates", 200, words, "The template was kept")
    kept = world.site.town.rows(AnswerTemplate, AnswerTemplate.name == "Opening hours")[0].id
    yield Visit(f"/desk/templates/{kept}")
    yield Visit(f"/desk/templates/{kept}", 200, {"do": "remove"}, "Put it back")
    yield Visit(f"/desk/templates/{kept}", 200, {"do": "put-back"}, "The template is back")
    yield Visit("/desk/practice", sees="Begin a made-up matter")
    yield Visit("/desk/practice", 200, {"do": "begin"}, "Made up, to practise with")
    yield Visit("/desk/practice", sees="Go on practising")
    yield Visit("/desk", sees="To practise with")
    yield Visit("/desk/practice", 200, {"do": "clear"}, "Begin a made-up matter")
    yield Visit("/desk/cards", 200, {"card": "inbox", "back": "/desk"}, "Show all cards again")


def matter_visits(world: World) -> Iterator[Visit]:
    """What officers do with one matter, and what they promised."""
    duty, answered = world.staff["duty"], world.staff["answered"]
    draft = {"step": "save", "summary": "We will open in May.", "after_version": "0", "promise-1-text": "A door"}
    yield Visit(duty, 422, {"step": "preview", "grade": "examine", "promise-2-due": "2026-03-07"})
    yield Visit(duty, 200, {"step": "more", "rows": "9"}, "Promise 10: what?")
    yield Visit(duty, 200, draft, "The draft is saved")
    yield Visit(duty, 409, draft, "Your colleague's draft")
    for act in ("not-ours", "put-off", "support"):
        yield Visit(f"{duty}/{act}")
        yield Visit(f"{duty}/{act}", 422, {"to": "", "due": "2026-03-07", "reason": ""})
    yield Visit(f"{duty}/put-off", 200, {"due": "2026-05-05", "reason": "A survey."}, "What it brings")
    yield Visit(f"{duty}/notes", 422, {"note": ""})
    yield Visit(f"{duty}/notes", 200, {"note": "Ask the library first."}, "Your note is kept")
    yield Visit(f"{answered}/documents")
    promise = {"promise-text": "A key for the door", "promise-owner": "Head of Parks", "promises": "2"}
    yield Visit(f"{answered}/promises", 422, promise | {"promise-due": "2026-03-07"})
    yield Visit("/desk/commitments", sees="Late (1)")
    yield Visit(f"{answered}/promises", 200, promise | {"promise-due": "2026-05-05"}, "The promise is public")
    kept = world.site.town.rows(Commitment, Commitment.text == "A key for the door")[0].id
    yield Visit("/desk/commitments", sees="To keep, by their day")
    yield Visit(f"/desk/commitments/{kept}")
    yield Visit(f"/desk/commitments/{kept}", 422, {"progress": "dropped", "note": "", "links": "http://a"})
    said = {"progress": "done", "note": "It is cut.", "links": "https://example.org/key", "after": "0"}
    yield Visit(f"/desk/commitments/{kept}", 200, said, "Your note is public")


def committee_visits(world: World) -> Iterator[Visit]:
    yield Visit("/desk/all")
    for which in ("late", "bounced", "answered", "all"):
        yield Visit(f"/desk/all?which={which}")
    duty, answered = (f"/desk/all/{world.staff[name].rpartition('/')[2]}" for name in ("duty", "answered"))
    yield Visit(duty)
    yield Visit(answered)
    yield Visit(f"{duty}/rule")
    yield Visit(f"{duty}/rule", 422, {"to": "", "reason": ""})
    yield Visit(f"{duty}/send-back", sees="not possible now")
    yield Visit(f"{answered}/send-back")
    yield Visit(f"{answered}/send-back", 200, {"due": "2026-05-05", "reason": "By when?"}, "What it brings")
    yield Visit(f"{answered}/close", 200, {"reason": "Enough is said."}, "What it brings")


def administrator_visits(world: World) -> Iterator[Visit]:
    yield Visit("/admin")
    yield Visit("/admin/data", sees="Dumps that are there")
    yield from operation_visits(world)
    yield from route_visits(world)
    yield from webhook_visits(world)
    yield from report_visits(world)
    yield from area_visits(world)
    for page in (
        "departments",
        "letters",
        "suppression",
        "holidays",
        "reasons",
        "blocks",
        "topics",
        "petitions",
    ):
        yield Visit(f"/admin/{page}")
    for page in ("departments", "suppression", "holidays", "reasons", "blocks", "topics"):
        yield Visit(f"/admin/{page}", 422, {"name": ""})
    yield Visit("/admin/suppression/find", 200, {"address": "nobody@example.org"})
    yield Visit("/admin/suppression/find", 422, {"address": ""})
    for kind in ("creating", "signing", "election"):
        yield Visit(f"/admin/petitions/stops/{kind}")
        yield Visit(f"/admin/petitions/stops/{kind}", 422, {"act": "", "reason": ""})
    yield Visit("/admin/petitions/stops/signing", 200, SIGNING, "by a day for each midnight")
    yield Visit("/admin/petitions/stops/election", 200, ELECTION, "open petitions close earlier")
    yield Visit(f"/admin/cases/{world.staff['rejected'].rpartition('/')[2]}/restore", 422, {"restore_note": ""})
    for name in ("rejected", "taken down"):
        yield Visit(world.staff[name], sees="Restore it")
    yield Visit(f"/moderation/petitions/{world.petitions['open']}")
    yield Visit(f"/admin/petitions/{world.petitions['open']}/keep-signers", 422, {"keep": "yes", "reason": ""})


def area_visits(world: World) -> Iterator[Visit]:
    """Files are sent beside the browser; what the last one would change is shown, and asked about once more."""
    yield Visit("/admin/areas", sees="See the public list")
    for what in ("boundaries", "populations", "postcodes"):
        yield Visit(f"/admin/areas/{what}")
        yield Visit(f"/admin/areas/{what}", 422, {"called": "x" * 99}, "Choose a file.")
    with world.site.signed_in(ADMINISTRATOR) as ada:
        confirm(ada, "boundaries", send(ada, "boundaries", as_bytes(collection())))
        confirm(ada, "populations", send(ada, "populations", "Area,Population\nOakfield,2500\nNowhere,7\n"))
        fewer = slip_of(send(ada, "boundaries", as_bytes(collection(NAMES[:3]))))
        table = slip_of(send(ada, "postcodes", "postcode,area\nN1,W01\n"))
    yield Visit("/admin/areas?done=populations", sees="The file was brought in")
    yield Visit("/admin/areas/boundaries/confirm", 422, {"slip": fewer}, "Areas that the file leaves out")
    yield Visit("/admin/areas/postcodes/confirm", 200, {"slip": table}, "With postcodes")


def webhook_visits(world: World) -> Iterator[Visit]:
    """Receivers in each state, with a log of everything that can become of a message."""
    yield Visit("/admin/webhooks", sees="No address yet")
    programs = Programs(world.site.town)
    tried, off = programs.add(), programs.add("http://gone.example.org/", types=["petition.closed"])
    programs.wire.answers = [programs_status(503, excerpt="Back at six"), programs_status(410)]
    for endpoint in (tried, off):
        programs.act(replaying.ping, endpoint.id, "http://town.example")
    programs.deliver()
    yield Visit("/admin/webhooks", sees="Switched off")
    new = {"description": "Case management", "address": "http://cases.example.net/", "which": "all"}
    yield Visit("/admin/webhooks/new")
    yield Visit("/admin/webhooks/new", 422, new | {"address": "http://127.0.0.1/", "which": "some"})
    yield Visit("/admin/webhooks/new", 200, new, "This is the only time it is shown")
    for endpoint in (tried, off):
        path = f"/admin/webhooks/{endpoint.id}"
        yield Visit(path)
        yield Visit(path, 422, {"act": "", "reason": ""})
        yield Visit(f"{path}/edit")
        yield Visit(f"{path}/edit", 422, {"description": "", "which": "some", "reason": ""})
        for delivery in programs.deliveries(endpoint):
            yield Visit(f"{path}/deliveries/{delivery.id}", sees="Tries")
    path = f"/admin/webhooks/{tried.id}"
    yield Visit(f"{path}/replay", 422, {"since": "yesterday"})
    yield Visit(path, 200, {"act": "rotate", "reason": "It leaked.", "was": mark(tried)}, "both signatures")
    for name in ("resume", "replay"):
        yield Visit(f"{path}?done={name}", sees="Done")
    with world.site.town.database.writing() as db:
        db.execute(delete(Endpoint))  # what happens later in the walk is told to nobody


def report_visits(world: World) -> Iterator[Visit]:
    """Reports of accessibility: recorded, mended, taken back."""
    number = world.site.town.rows(Report)[0].id
    first, second = world.site.town.rows(Problem)
    path = f"/admin/accessibility/{number}"
    yield Visit("/admin/accessibility", sees="Northmere Eye Society")
    yield Visit("/admin/accessibility", 422, {"tested_on": "yesterday", "passed": "many"})
    yield Visit(path, sees="A picture has no words.")
    yield Visit(f"{path}/problems/{first.id}", 422, {f"mended-{first.id}": "1999-01-01"})
    yield Visit(f"{path}/problems/{second.id}", 200, {f"mended-{second.id}": "2026-02-28"}, "that this is mended")
    yield Visit(f"{path}/take-back", 422, {"reason": ""})


def token_visits(world: World) -> Iterator[Visit]:
    """Programs that act for a department: one is given a token, which another one loses."""
    office = next(d.id for d in world.site.town.rows(Department, Department.slug == "parks"))
    path = f"/admin/departments/{office}/tokens"
    wish = {"name": "Case system of the parks", "scopes": "referrals:read", "days": "90"}
    yield Visit(path, sees="No program acts for this department")
    yield Visit(path, 422, {"name": "", "scopes": "", "days": ""})
    yield Visit(path, 200, wish, "This page shows the token once")
    yield Visit(path, 200, wish | {"name": "A trial of a program with quite a long name"})
    yield Visit(path, sees="Tokens that work")
    (kept, trial) = (t.id for t in world.site.town.rows(Token, Token.department_id == office))
    yield Visit(f"{path}/{kept}", sees="Revoke it")
    yield Visit(f"{path}/{trial}", 422, {"reason": ""})
    yield Visit(f"{path}/{trial}", 200, {"reason": "It is over."}, "The token was revoked")
    yield Visit(path, sees="1 that works no more")


def my_token_visits(world: World) -> Iterator[Visit]:
    token = next(t.id for t in world.site.town.rows(Token, Token.ended_at.is_(None)))
    yield Visit("/desk/tokens", sees="Case system of the parks")
    yield Visit(f"/desk/tokens/{token}")
    yield Visit(f"/desk/tokens/{token}", 422, {"reason": ""})
    yield Visit(f"/desk/tokens/{token}", 200, {"reason": "Nobody knows it."}, "The token was revoked")
    yield Visit("/desk/tokens", sees="No program acts for your department")


def route_visits(world: World) -> Iterator[Visit]:
    """Who answers which topic."""
    slug = world.site.town.rows(Topic)[0].slug
    office = world.site.town.rows(Department)[0].id
    rule = {f"support-{office}": "yes", "lead": "", "reason": "They know it."}
    yield Visit("/admin/routes")
    yield Visit(f"/admin/routes/{slug}")
    yield Visit(f"/admin/routes/{slug}", 422, {"lead": "x", "support-x": "yes", "reason": ""})
    yield Visit(f"/admin/routes/{slug}", 200, rule, "Check what changes")
    yield Visit(f"/admin/routes/{slug}", 200, rule | {"step": "sure"}, "The rule was changed")


def operation_visits(world: World) -> Iterator[Visit]:
    """Staff, departments, notices, words, switches, the record."""
    maureen = world.site.town.moderator()
    notice = {"words": "The mail is slow.", "level": "information", "reason": "Their fault"}
    rule = {"title": "An advert", "rule": "It sells something.", "hides": "no", "reason": "Clearer"}
    for page in ("staff", f"staff/{maureen}", "departments/1", "banners", "banners/1", "words", "reasons/advert"):
        yield Visit(f"/admin/{page}")
    yield Visit(f"/admin/staff/{maureen}?done=disable", sees="The account is disabled")
    for page in ("staff", f"staff/{maureen}", "departments/1", "banners", "banners/1", "words"):
        yield Visit(f"/admin/{page}", 422, {"reason": ""})
    yield Visit("/admin/banners", 200, notice, "This is how it looks")
    yield Visit("/admin/reasons/advert/words", 200, rule, "Change the standards?")
    yield Visit("/admin/reasons/advert/words", 422, {"title": ""})
    for page in ("switches", "breach", "audit", "audit?check", "audit?act=nothing"):
        yield Visit(f"/admin/{page}")
    yield Visit("/admin/switches?done=sessions&count=3", sees="3 sessions were ended")
    for page in ("read-only", "comments-stopped", "sign-up-stopped", "sessions", "keys"):
        yield Visit(f"/admin/switches/{page}")
        yield Visit(f"/admin/switches/{page}", 422, {"act": "on", "reason": ""})


STOPS = ("creating", "signing", "election")


SIGNING = {"act": "stop", "message": "We repair the machine.", "reason": "The disk is full."}


ELECTION = {"act": "stop", "message": "See you in June.", "reason": "Called.", "day": "2026-03-03", "time": "14:00"}


def stop(site: RunningSite, kind: str, fields: Mapping[str, str]) -> None:
    with site.signed_in(ADMINISTRATOR) as ada:
        answer = ada.post(f"/admin/petitions/stops/{kind}", data=dict(fields) | {"step": "sure"})
        assert answer.status_code == 303, answer.text


def stopped_visits(world: World) -> Iterator[Visit]:
    """While signing is stopped and an election is coming: on every page, and in the place of forms."""
    petition = f"/petitions/{world.petitions['open']}"
    for path in ("/", "/petitions", petition):
        yield Visit(path, sees="Because of an election")
    yield Visit(f"{petition}/sign", 409, sees="Signing is stopped")
    yield Visit(world.links["sponsor"], 409, sees="Signing is stopped")
    yield Visit(f"{petition}/sign", 409, LAURA.form())


def election_visits(world: World) -> Iterator[Visit]:
    """Past its minute."""
    yield Visit("/", sees="Because of an election, petitions closed")
    yield Visit("/petitions/new", 409)
    yield Visit("/petitions/new", 409, {"step": "action", "may": "yes"} | TEXTS, "Four hours would do.")
    yield Visit(f"/petitions/{world.petitions['open']}", sees="because of an election")
    yield Visit(f"/petitions/{world.petitions['gathering']}", sees="when an election is called")
    yield Visit(world.site.town.creator_link(world.petitions["gathering"]))
    yield Visit("/petitions", sees="Petitions")


def switched_visits(world: World) -> Iterator[Visit]:
    """The site is read-only: what somebody typed is given back."""
    words = {"background": "People work on Saturdays, and nobody can read on Sundays.", "email": "sam@example.org"}
    yield Visit("/petitions")
    yield Visit("/petitions/new", 503, words, "What you typed is kept on this page")
