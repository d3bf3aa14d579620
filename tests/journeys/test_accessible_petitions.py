"""Everybody's pages, petitions and what is said about them, in every state: see :mod:`tests.journeys.walking`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from app.accounts.web.joining import LETTERS
from app.core.errors import TooMany
from app.core.security.limits import Allowance
from app.following.web.asking import LETTERS as FOLLOW_LETTERS
from app.performance.rules.opinions import Grade
from app.performance.rules.uptime import A_MINUTE, Heart
from app.performance.service import beating, counting, opining
from app.performance.service.rolling import Rolling
from tests.journeys.claiming import TALKING
from tests.journeys.discussing import Talk
from tests.journeys.everything import World, everything
from tests.journeys.following import busy_visit, following_visits
from tests.journeys.mapping import map_visits
from tests.journeys.walking import Visit, walk_over
from tests.people import ANNA, LAURA, SAM
from tests.site import MODERATOR, TEXTS, RunningSite, Town

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_petitions_and_what_is_said_about_them_can_be_read_by_everyone(sqlite_template: Path, tmp_path: Path):
    with everything(sqlite_template, tmp_path) as world, walk_over(world.site) as walk:
        walk.visitor(public_visits(world))
        talk = Talk(world.site)
        walk.visitor(talk.public_visits())
        walk.visitor(following_visits(world))
        walk.member(talk.address, talk.author_visits())
        walk.member(talk.address, [Visit(f"/follow?kind=petition&key={world.petitions['open']}")])
        walk.member(MODERATOR, talk.moderator_visits())
        crowd_the_network(world.site, world)
        walk.visitor(busy_visits(world))
        assert walk.findings(TALKING) == []


def public_visits(world: World) -> Iterator[Visit]:
    """By a visitor, as things are on an ordinary day."""
    petitions, links = world.petitions, world.links
    for path in ("/", "/accessibility", "/privacy", "/contact", "/standards", "/dev/mail"):
        yield Visit(path)
    yield Visit(world.staff["letter"])
    yield Visit("/nowhere", 404)
    yield from log_visits()
    yield from figure_visits(world)
    yield Visit("/petitions/new", 413, {"action": "x" * 70_000})
    yield from list_visits(world)
    yield from search_visits(world)
    yield from outcome_visits(world)
    yield from open_data_visits(world)
    for name, (status, sees) in FACES.items():
        yield Visit(f"/petitions/{petitions[name]}", status, sees=sees)
    for end in ("", "/report", "/report/thanks", "/poster", "/versions", "/sign", "/sign/sent", "/sign/sent?again"):
        yield Visit(f"/petitions/{petitions['open']}{end}")
    yield Visit(f"/petitions/{petitions['answered']}/versions", sees="Corrected by a moderator")
    yield Visit(f"/petitions/{petitions['open']}/report", 422, {"words": "w" * 501})
    yield Visit(f"/petitions/{petitions['open']}/sign", 422, {"name": "=cmd", "email": "sam"})
    yield Visit(f"/petitions/{petitions['open']}/sign/correct", 409, {"email": "sam"}, "We no longer know")
    for name in ("closed", "gathering"):
        yield Visit(f"/petitions/{petitions[name]}/sign", 409)
    yield Visit(links["sponsor"])
    yield Visit(links["sponsor"], 422, {"name": "", "email": "sam"})
    yield from letter_visits(world)
    yield from creator_visits(world)
    yield from creation_visits()
    yield from map_visits(petitions["mapped"], petitions["open"])


def figure_visits(world: World) -> Iterator[Visit]:
    """How the service does, and the question how it was: asked, asked again, thanked for."""
    town, asked = world.site.town, "satisfaction-signing"
    lived_through(town)
    yield Visit("/performance", sees="Northmere Eye Society")
    yield Visit("/performance", sees="minutes down")
    question = town.site.satisfaction.question(asked, world.links["confirmed"], town.now)
    assert question is not None
    sent = {"page": question.nonce, "back": question.back}
    yield Visit(f"/satisfaction/{asked}", 422, sent, "Choose how it was")
    yield Visit(f"/satisfaction/{asked}", 404, {"page": "x", "grade": "neither"})
    yield Visit(f"/satisfaction/{asked}", 200, sent | {"grade": "satisfied"}, "Thank you for saying how it was")
    yield Visit("/satisfaction/thanks")


def lived_through(town: Town) -> None:
    """Some hours of marks, a round of figures, and a dozen opinions."""

    def live(db: Any) -> None:
        for minute in (*range(60), *range(90, 300)):
            beating.beat(db, Heart.PAGES, town.now - (400 - minute) * A_MINUTE, read_only=minute < 10)
        for number in range(12):
            opining.say(db, "satisfaction-signing", number, Grade.SATISFIED, town.now, town.settings.zone)
        counting.empty(db, town.site.tally)

    town.database.retrying(live)
    rolling = Rolling(town.site.measures, town.settings.zone)
    while town.database.retrying(lambda db: rolling.step(db, town.now)):
        pass


def open_data_visits(world: World) -> Iterator[Visit]:
    """What programs are offered, and one petition inside the page of somebody else: open, closed, light and dark."""
    yield Visit("/data", sees="Creative Commons Attribution")
    yield Visit("/data/dumps", sees="Files of the newest dump")
    for name in ("open", "closed", "answered", "withdrawn"):
        yield Visit(f"/embed/petitions/{world.petitions[name]}?theme=light")
    yield Visit(f"/embed/petitions/{world.petitions['open']}?theme=dark", sees="Sign this petition")
    yield Visit(f"/embed/petitions/{world.petitions['removed']}", 404)


def log_visits() -> Iterator[Visit]:
    """The log of decisions: whole, of a month with some, of one without, of none."""
    yield Visit("/standards/log", sees="How long texts waited")
    yield Visit("/standards/log?month=2026-03", sees="Decisions a day")
    yield Visit("/standards/log?month=2026-01", sees="Nothing was decided in this month")
    yield Visit("/standards/log?month=soon", 404)


#: a petition's own page: what it answers, and how its face is known
FACES: dict[str, tuple[int, str]] = {
    "gathering": (200, "gathering support"),
    "checked": (200, "being checked"),
    "open": (200, "Sign this petition"),
    "near closing": (200, "Sign this petition"),
    "closed": (200, "It did not reach the 10"),
    "closed and awaited": (200, "Closed on"),
    "awaiting response": (200, "a written answer is due"),
    "late": (200, "Answer from Parks was due"),
    "answered": (200, "from June"),
    "awaiting debate": (200, "No date is set yet"),
    "scheduled": (200, "Scheduled for"),
    "debated": (200, "Awaiting outcome"),
    "outcome": (200, "They agreed."),
    "not held": (200, "will not be debated"),
    "rejected": (200, "Say who should open it."),
    "duplicate": (200, "You can sign this one instead"),
    "mended": (200, "being checked"),
    "withdrawn": (200, "withdrew it"),
    "stopped": (200, "was stopped"),
    "hidden": (404, "Page not found"),
    "removed": (410, "taken down"),
}


def search_visits(world: World) -> Iterator[Visit]:
    """Through every room: found, nearly found, found in part, not found, asked wrongly."""
    world.site.town.index()
    yield Visit("/search", sees="Type a street, a place or a thing")
    yield Visit("/search?q=the+of", sees="Type a word that says more")
    yield Visit("/search?q=library", sees="Narrow the search")
    yield Visit("/search?q=library&kind=petition&from=2020-01-01&page=1")
    yield Visit("/search?q=libary", sees="Showing results for")
    yield Visit("/search?q=library+zzyzx+sundays", sees="some of them")
    yield Visit("/search?q=zzyzx&department=parks", sees="Look everywhere")
    yield Visit("/search?q=library&page=40", sees="There is no such page")
    yield Visit("/search?q=library&from=2026-05-02&to=2026-05-01", 422)


def list_visits(world: World) -> Iterator[Visit]:
    queries: Sequence[dict[str, str]] = (
        {},
        {"q": "library", "state": "all"},
        {"q": "owls"},
        {"sort": "trending"},
        {"state": "all", "page": "2"},
        {"page": "99"},
        {"state": "rejected"},
        {"state": "with_debate_outcome"},
        {"topic": "libraries", "department": "parks"},
    )
    for query in queries:
        yield Visit("/petitions" + (f"?{urlencode(query)}" if query else ""))


def outcome_visits(world: World) -> Iterator[Visit]:
    """What came of it: lists with and without something in them, a department, promises, the letter's question."""
    for query in ("", "?state=awaiting", "?state=late", "?state=returned", "?page=99", "?department=nobody"):
        yield Visit(f"/outcomes{query}")
    yield Visit("/outcomes?state=promises-late", sees="2 days late")
    yield Visit("/outcomes?state=promises-kept", sees="Hire two librarians")
    yield Visit("/departments", sees="What the figures mean")
    yield Visit("/departments/parks", sees="Late answers")
    yield Visit("/departments/libraries", sees="It has answered nothing yet")
    for promise in world.promises:
        yield Visit(f"/commitments/{promise}", sees="How far it has come")
    yield Visit("/commitments/0", 404)
    yield Visit(world.links["asked"], sees="Does this address what you asked?")
    yield Visit(world.links["asked"], 422, {})
    yield Visit(world.links["asked"], 200, {"addressed": "yes"}, "What you said is counted")
    yield Visit(world.links["asked"], 409, {"addressed": "yes"}, "You have said")
    yield Visit("/answers/1/unknown", 404)


def letter_visits(world: World) -> Iterator[Visit]:
    links = world.links
    for name in ("pending", "counted", "confirmed", "withdraw", "withdrawn", "too late", "not me", "unsubscribe"):
        yield Visit(links[name])
    for name in ("expired", "ended"):
        yield Visit(links[name], 410)
    yield Visit("/signatures/confirm/unknown", 404)
    yield Visit(links["unsubscribe"], 200, {"act": "stop-all"}, "No more news of petitions")
    yield Visit(links["unsubscribe"], 200, {"act": "stop"}, "No more news of this petition")
    yield Visit(links["not me"], 200, {}, "Thank you for telling us")


OF_CREATORS = [
    "gathering",
    "checked",
    "open",
    "closed",
    "answered",
    "rejected",
    "mended",
    "stopped",
    "hidden",
    "removed",
    "withdrawn",
]


def creator_visits(world: World) -> Iterator[Visit]:
    town, petitions = world.site.town, world.petitions
    for name in OF_CREATORS:
        yield Visit(town.creator_link(petitions[name]), sees="Your petition")
    rejected, opened = town.creator_link(petitions["rejected"]), town.creator_link(petitions["open"])
    yield Visit(f"{opened}/withdraw")
    yield Visit(f"{town.creator_link(petitions['closed'])}/withdraw", 200)
    yield Visit(f"{rejected}/edit")
    yield Visit(f"{rejected}/edit", 422, {"go": "check"} | dict.fromkeys(TEXTS, ""))
    yield Visit(f"{rejected}/edit", 200, {"go": "check"} | TEXTS | {"action": "Let the council open it"})


def creation_visits() -> Iterator[Visit]:
    """Each step as it is first seen, and with its faults."""
    done = {"may": "yes"} | TEXTS | {"submission": "everybody-goes-here-0123456789"}
    about = {"creator_name": ANNA.name, "email": ANNA.email, "country": "GB", "postcode": ANNA.postcode}
    done |= about | {"eligible": "true", "privacy": "1", "notify": "true"}
    yield Visit("/petitions/new")
    yield Visit("/petitions/new/sent")
    yield Visit("/petitions/new", 200, {"step": "eligibility", "go": "next", "may": "no"})
    for step in ("action", "similar", "background", "details", "about", "check"):
        yield Visit("/petitions/new", 200, done | {"step": "check", "go": step})
    wrong = {"eligibility": {"may": ""}, "action": {"action": ""}, "background": {"background": ""}}
    wrong |= {
        "details": {"additional_details": "x" * 801},
        "about": {"email": "anna", "creator_name": "", "country": ""},
    }
    for step, fields in wrong.items():
        yield Visit("/petitions/new", 422, done | {"step": step, "go": "next"} | fields)


def busy_visits(world: World) -> Iterator[Visit]:
    """Where too many came from one network."""
    yield Visit(f"/petitions/{world.petitions['open']}/sign", 429, LAURA.form(), "Nothing was stored")
    yield Visit(world.links["sponsor"], 429, LAURA.form(), "Nothing was stored")
    for form in ("/sign-up", "/sign-in/link", "/mine"):
        yield Visit(form, 429, {"email": SAM.email, "name": SAM.name}, SAM.email)
    yield busy_visit(world)
    done = next(v for v in creation_visits() if v.fields and v.fields.get("go") == "check").fields or {}
    yield Visit("/petitions/new", 429, dict(done) | {"step": "check", "go": "next"}, "Nothing was stored")


def crowd_the_network(site: RunningSite, world: World) -> None:
    """As if others at this address had just used up what it may do."""
    site.house.limits.on = True
    policy = site.town.policy
    sign = Allowance(policy.sign_a_minute, policy.sign_an_hour)
    create = Allowance(policy.create_most, policy.create_an_hour, policy.create_seconds)
    petitions = (str(world.petitions["open"]), str(world.petitions["gathering"]))
    letters = [(LETTERS, "accounts.letters"), (FOLLOW_LETTERS, "following.letters")]
    signing = [(sign, "sign", petition) for petition in petitions]
    for allowance, *what in (*signing, (create, "create"), *letters):
        for _often in range(100):
            try:
                site.house.limits.spend(allowance, "127.0.0.1", *what)
            except TooMany:
                break
