"""Every page in every state it can be in: axe finds nothing serious, nothing is wider than a small phone, nothing comes
from elsewhere, and the console stays silent.

The routes and the page templates are taken from the house itself, so that a new page cannot be forgotten: each is
visited here, or stands below with the reason why it is no page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

from app.accounts import service as accounts
from app.accounts.web.joining import LETTERS
from app.core.errors import TooMany
from app.core.security.limits import Allowance
from app.mail.model import Letter
from app.moderation.model import Case, Report, Revision
from app.moderation.rules.standards import Verdict
from petitions.mails import UNSUBSCRIBE
from petitions.model.operation import Block
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.rules.debates import DebateState, DebateText
from petitions.service import withdrawing
from tests import databases
from tests.fakes import NOON, FixedClock
from tests.journeys.browsing import TAGS, Eyes, chromium
from tests.journeys.discussing import Talk
from tests.journeys.joining import Member
from tests.people import AMINA, ANNA, CHARLIE, LAURA, SAM, crowd
from tests.petitions.web.test_trail import debate
from tests.site import ADMINISTRATOR, MODERATOR, OFFICER, TEXTS, RunningSite, fields_of

PHONE = {"width": 320, "height": 640}
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
#: what answers GET and is no page to look at
NO_PAGES = {
    "/petitions.json": "data",
    "/petitions.csv": "a table",
    "/petitions.atom": "a feed",
    "/petitions/{ref}/count.json": "data",
    "/petitions/{ref}/history.json": "data",
    "/petitions/{ref}/history.csv": "a table",
    "/petitions/{ref}/qr.svg": "a picture",
    "/petitions/{ref}/qr.png": "a picture",
    "/api/v1/petitions": "data",
    "/api/v1/petitions/{petition_id}": "data",
    "/api/v1/petitions/{petition_id}/history": "data",
    "/api/v1/petitions/{petition_id}/versions": "data",
    "/api/v1/petitions/similar": "data",
    "/account/download": "data",
    "/mine/download": "data",
    "/petitions/{ref}/discussion.atom": "a feed",
    "/api/v1/discussions/{kind}/{subject_id}": "data",
    "/api/v1/comments/{comment_id}": "data",
    "/api/v1/comments/{comment_id}/replies": "data",
    "/api/v1/comments/{comment_id}/versions": "data",
    "/openapi.json": "data",
    "/robots.txt": "for machines",
    "/sitemap.xml": "for machines",
    "/.well-known/security.txt": "plain text",
    "/healthz": "for machines",
    "/readyz": "for machines",
    "/schema-is-served-at-openapi.json": "the framework's own",
    "/schema-is-served-at-openapi.json/openapi.json": "the framework's own",
    "/schema-is-served-at-openapi.json/{path}": "the framework's own",
    "/metrics": "for machines",
    "/moderation/live": "a stream",
    "/moderation/now": "data",
    "/moderation/next": "leads to a case",
}
#: parts of pages, and what others are built on
NO_PAGE_TEMPLATES = ("macros/", "base.html", "staff.html", "mail.txt")


class Visit(NamedTuple):
    """Somebody opens a page, or sends ``fields`` there, and is answered with ``status``."""

    path: str
    status: int = 200
    fields: Mapping[str, str] | None = None
    #: what can be read on it, where one address has many faces
    sees: str = ""


class World(NamedTuple):
    """A town in which everything has happened; petitions by what became of them."""

    site: RunningSite
    petitions: dict[str, int]
    links: dict[str, str]
    staff: dict[str, str]


# how the town came to be so


def change(site: RunningSite, petition: int, **values: Any) -> int:
    with site.town.database.writing() as db:
        found = db.get_one(Petition, petition)
        for name, value in values.items():
            setattr(found, name, value)
    return petition


def opened(site: RunningSite, what: str, signers: int = 0) -> int:
    petition = site.town.open_petition(action=f"Open the town library on Sundays, {what}")
    if signers:
        site.town.sign(petition, *crowd(signers, "signer"))
    return petition


def unpublished(site: RunningSite) -> dict[str, int]:
    town = site.town
    names = ("gathering", "checked", "rejected", "duplicate", "hidden", "mended", "stopped", "waiting")
    found = {name: town.start(action=f"Open the town library on Sundays, {name}") for name in names}
    for name in set(names) - {"gathering", "stopped"}:
        town.support(found[name])
    survivor = opened(site, "survivor", 1)
    town.decide(found["rejected"], Verdict.REJECT, reason="no-action", note="Say who should open it.")
    town.decide(found["mended"], Verdict.REJECT, reason="no-action", note="Say who should open it.")
    town.decide(found["duplicate"], Verdict.REJECT, reason="duplicate", survivor=str(survivor))
    town.decide(found["hidden"], Verdict.REJECT, reason="libellous")
    town.resubmit(found["mended"], action="Let the council open the library")
    change(site, found["stopped"], state="stopped", stopped_at=town.now)
    return found | {"survivor": survivor}


def published(site: RunningSite) -> dict[str, int]:
    town = site.town
    found = {"open": opened(site, "open", 2), "awaiting response": opened(site, "awaited", 4)}
    for name in ("answered", "late"):
        found[name] = opened(site, name, 4)
    town.answer(found["answered"])
    town.correct(found["answered"], "It is four hours, not five.", background="People work on Saturdays until five.")
    town.answer(found["answered"], "We will open on Sundays from June.", after=1, tell=True)
    for name in ("removed", "withdrawn", "near closing", "closed", "closed and awaited"):
        found[name] = opened(site, name, 4 if "awaited" in name else 0)
    town.take_down(found["removed"])
    town.withdraw_petition(found["withdrawn"])
    for name in ("awaiting debate", "scheduled", "debated", "outcome", "not held"):
        found[name] = opened(site, name, 14)
    today = town.now.date()
    debate(town, found["scheduled"], DebateText(DebateState.SCHEDULED, today + timedelta(days=9)), 0)
    debate(town, found["debated"], DebateText(DebateState.SCHEDULED, today), 0)
    debate(town, found["outcome"], DebateText(DebateState.SCHEDULED, today), 0)
    said = DebateText(DebateState.OUTCOME, today, "They agreed.", "https://hansard.parliament.uk/debates/1")
    debate(town, found["outcome"], said, 1)
    debate(town, found["not held"], DebateText(DebateState.NOT_HELD, None, "It was debated last month."), 0)
    return found


def let_time_pass(site: RunningSite, found: Mapping[str, int]) -> None:
    """A day: what was debated awaits its outcome, two have closed, one closes tonight, one answer is late."""
    town = site.town
    town.clock.advance(timedelta(days=1))
    for name in ("closed", "closed and awaited"):
        change(site, found[name], closes_at=town.now - timedelta(hours=1))
    change(site, found["near closing"], closes_at=town.now + timedelta(hours=9))
    town.sql("UPDATE outcomes_referral SET due_at = received_at WHERE subject_id = :p", p=found["late"])
    town.work()


def letters_links(site: RunningSite, found: Mapping[str, int]) -> dict[str, str]:
    """Where each letter leads, in each state of the signature it is about."""
    town, petition = site.town, found["open"]
    (pending, expired), (counted, gone) = town.request(petition, SAM, LAURA), town.sign(petition, AMINA, CHARLIE)
    (closed,) = (s.id for s in town.signatures(found["closed"])[:1])
    with town.database.writing() as db:
        db.get_one(Signature, expired).asked_at = town.now - timedelta(days=8)
    town.database.retrying(lambda db: withdrawing.withdraw(db, gone, closed_on="", now=town.now))
    stop = "/signatures/unsubscribe/" + town.keys.token(UNSUBSCRIBE, counted)
    return {
        "pending": town.confirm_link(pending),
        "expired": town.confirm_link(expired),
        "counted": town.confirm_link(counted),
        "confirmed": town.confirm_link(counted).replace("/confirm/", "/confirmed/"),
        "ended": town.confirm_link(gone),
        "withdraw": town.withdraw_link(counted),
        "withdrawn": town.withdraw_link(gone),
        "too late": town.withdraw_link(closed),
        "not me": town.not_me_link(pending),
        "unsubscribe": stop,
        "sponsor": town.sponsor_link(found["gathering"]),
    }


@pytest.fixture(scope="module")
def world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("everywhere")
    policy = {"petitions_response_at": 10, "petitions_debate_at": 20, "page_cache": "off", "mode": "demo"}
    with (
        databases.sqlite_copy(sqlite_template, folder) as database,
        RunningSite(database, folder, clock=FixedClock(NOON), **policy) as site,
    ):
        town = site.town
        town.moderator(), town.officer(), town.staff(ADMINISTRATOR, "administrator")
        found = unpublished(site) | published(site)
        let_time_pass(site, found)
        links = letters_links(site, found)
        town.deliver()
        yield World(site, found, links, surroundings(site, found))


def surroundings(site: RunningSite, found: Mapping[str, int]) -> dict[str, str]:
    """What Ada, Maureen and readers have done; the addresses that follow from it."""
    town = site.town
    with site.signed_in(ADMINISTRATOR) as ada:
        for path, fields in BY_ADA.items():
            assert ada.post(path, data=fields).status_code == 303, path
    people = [p.but(email=p.email.replace("example.org", "spam.example")) for p in crowd(3, "reader")]
    town.request(found["open"], *people)
    with site.client() as sam:
        for petition in (found["open"], found["survivor"], found["answered"]):
            report = fields_of(sam.get(f"/petitions/{petition}/report").text)["submission"]
            words = {"submission": report, "reason": "personal-data", "words": "The last line names a neighbour."}
            assert sam.post(f"/petitions/{petition}/report", data=words).status_code == 303
    with site.signed_in(MODERATOR) as maureen:
        newest = max(r.id for r in town.rows(Report, Report.subject_id == found["survivor"]))
        done = {"kind": "petition", "id": str(found["survivor"]), "newest": str(newest)}
        assert maureen.post("/moderation/reports/handled", data=done).status_code == 303
        path = f"/moderation/petitions/{found['open']}"
        sorted_as = {
            "seen": fields_of(maureen.get(path).text)["seen"],
            "public_note": "It is the county's.",
            "topic": "1",
        }
        assert maureen.post(path, data=sorted_as | {"tags": "budget, may"}).status_code == 303
    _a_letter_that_died(site)
    return _addresses(site, found)


BY_ADA: dict[str, dict[str, str]] = {
    "/admin/holidays": {"name": "Easter", "first": "2026-04-03", "last": "2026-04-06"},
    "/admin/reasons": {"code": "off-topic", "title": "Off topic", "rule": "It is about something else.", "hides": "no"},
    "/admin/topics": {"name": "Libraries"},
    "/admin/blocks": {"kind": "domain", "source": "spam.example", "reason": "Thousands of forms in a night"},
    "/admin/suppression": {"email": "nobody@example.org", "reason": "She wrote to us"},
    "/admin/departments": {"slug": "libraries", "name": "Libraries"},
    "/admin/words": {"word": "miracle"},
    "/admin/banners": {"words": "The mail is slow.", "level": "urgent", "reason": "Their fault", "step": "sure"},
}


def _a_letter_that_died(site: RunningSite) -> None:
    with site.town.database.writing() as db:
        letter = db.query(Letter).order_by(Letter.id).first()
        assert letter is not None
        letter.state, letter.fault = "dead", "bounced 5.1.1"


def _addresses(site: RunningSite, found: Mapping[str, int]) -> dict[str, str]:
    town = site.town

    def case(name: str, *such: Any) -> str:
        return str(max(c.id for c in town.rows(Case, Case.subject_id == found[name], *such)))

    def duty(name: str, cause: str = "response") -> str:
        return next(str(r.id) for r in town.referrals(found[name]) if r.cause == cause)

    def set_password(db: Any) -> str:
        return accounts.password_link(
            db, accounts.add_staff(db, NEW, "moderator", "New", by=None, now=town.now), town.now
        )

    (block,) = town.rows(Block)
    mailbox = town.signatures(found["open"], AMINA)[0].id
    return {
        "waiting": f"/moderation/{case('waiting')}",
        "mended": f"/moderation/{case('mended')}",
        "rejected": f"/moderation/{case('rejected')}",
        "published": f"/moderation/{case('open', Case.state == 'decided')}",
        "reported": f"/moderation/{case('open', Case.origin == 'report')}",
        "taken down": f"/moderation/{case('removed')}",
        "duty": f"/desk/referrals/{duty('awaiting response')}",
        "late": f"/desk/referrals/{duty('late')}",
        "answered": f"/desk/referrals/{duty('answered')}",
        "call": f"/desk/referrals/{duty('awaiting debate', 'debate')}",
        "held": f"/moderation/held/{block.id}",
        "signature": f"/moderation/signatures/{mailbox}",
        "set password": "/set-password/" + town.database.retrying(set_password),
        "letter": f"/dev/mail/{town.rows(Letter, Letter.state == 'sent')[0].id}",
    }


NEW = "new@example.org"


# where everybody goes


def public_visits(world: World) -> Iterator[Visit]:
    """By a visitor, as things are on an ordinary day."""
    petitions, links = world.petitions, world.links
    for path in ("/", "/accessibility", "/privacy", "/contact", "/standards", "/sign-in", "/dev/mail"):
        yield Visit(path)
    yield Visit(world.staff["letter"])
    yield Visit(world.staff["set password"])
    yield Visit(world.staff["set password"], 422, {"password": "short", "again": "other"})
    yield Visit("/set-password/unknown", 410)
    yield Visit("/sign-in", 422, {"email": MODERATOR, "password": "wrong"})
    yield Visit("/nowhere", 404)
    yield Visit("/petitions/new", 413, {"action": "x" * 70_000})
    yield from list_visits(world)
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
    yield Visit(f"{there}/undo", 200, {}, "1 decision is undone")
    yield Visit(there, sees="This was undone on")


def refusal(world: World, case: str) -> dict[str, str]:
    return {"revision": revision(world, case), "verdict": "reject", "reason": "no-action", "note": "Say who."}


def revision(world: World, case: str) -> str:
    number = int(case.rpartition("/")[2])
    return str(max(r.id for r in world.site.town.rows(Revision, Revision.case_id == number)))


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


def administrator_visits(world: World) -> Iterator[Visit]:
    yield Visit("/admin")
    yield from operation_visits(world)
    for page in ("departments", "letters", "suppression", "holidays", "reasons", "blocks", "topics", "petitions"):
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


def switched_visits(world: World) -> Iterator[Visit]:
    """The site is read-only: what somebody typed is given back."""
    words = {"background": "People work on Saturdays, and nobody can read on Sundays.", "email": "sam@example.org"}
    yield Visit("/petitions")
    yield Visit("/petitions/new", 503, words, "What you typed is kept on this page")


SIGNING = {"act": "stop", "message": "We repair the machine.", "reason": "The disk is full."}
ELECTION = {"act": "stop", "message": "See you in June.", "reason": "Called.", "day": "2026-03-03", "time": "14:00"}


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


def busy_visits(world: World) -> Iterator[Visit]:
    """Where too many came from one network."""
    yield Visit(f"/petitions/{world.petitions['open']}/sign", 429, LAURA.form(), "Nothing was stored")
    yield Visit(world.links["sponsor"], 429, LAURA.form(), "Nothing was stored")
    for form in ("/sign-up", "/sign-in/link", "/mine"):
        yield Visit(form, 429, {"email": SAM.email, "name": SAM.name}, SAM.email)
    done = next(v for v in creation_visits() if v.fields and v.fields.get("go") == "check").fields or {}
    yield Visit("/petitions/new", 429, dict(done) | {"step": "check", "go": "next"}, "Nothing was stored")


# the walk


class Walk:
    """One browser, a phone's width, everybody in turn; each finding names its visit."""

    def __init__(self, site: RunningSite, page: Page, eyes: Eyes) -> None:
        self.site, self.page, self.eyes = site, eyes.watch(page), eyes
        self.found: list[str] = []
        self.been: set[str] = set()

    def go(self, who: str, visits: Iterator[Visit]) -> None:
        for visit in visits:
            name = f"{who} {'GET' if visit.fields is None else 'POST'} {visit.path[:60]}"
            known = len(self.eyes.faults)
            status = self._open(visit) if visit.fields is None else self._send(visit)
            self.been |= {visit.path.partition("?")[0], urlsplit(self.page.url).path}
            self._look()
            said = [f for f in self.eyes.faults[known:] if f"status of {visit.status}" not in f]
            self.found += [f"{name}: {fault.partition(': ')[2]}" for fault in said]
            self.found += [f"{name}: {fault}" for fault in self._faults(visit, status)]

    def _look(self) -> None:
        """As :meth:`Eyes.look` does, quicker: nothing is reported but what is wrong, and no style sheet is fetched again."""
        self.page.evaluate(self.eyes.axe)
        for violation in self.page.evaluate(AXE, TAGS):
            if violation["impact"] in ("serious", "critical"):
                targets = [node["target"] for node in violation["nodes"][:3]]
                self.eyes.faults.append(f"{self.page.url}: {violation['id']} at {targets}: {violation['help']}")

    def _open(self, visit: Visit) -> int:
        answer = self.page.goto(self.site.base + visit.path)
        assert answer is not None
        return answer.status

    def _send(self, visit: Visit) -> int:
        """A form on the page that is open, as a browser without scripts would send it."""
        if not self.page.url.startswith(self.site.base):
            self.page.goto(self.site.base + "/contact")
        with self.page.expect_navigation() as gone:
            self.page.evaluate(SEND, [visit.path, dict(visit.fields or {})])
        return gone.value.status if gone.value else 0

    def _said(self) -> str:
        """What can be read, and what fields hold."""
        return self.page.inner_text("body") + html.unescape(self.page.content())

    def _faults(self, visit: Visit, status: int) -> Iterator[str]:
        if status != visit.status:
            yield f"answered {status}, not {visit.status}"
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > PHONE["width"]:
            yield f"is {wide} pixels wide: {self.page.evaluate(WIDEST)}"
        if visit.sees and visit.sees not in self._said():
            yield f"does not say {visit.sees!r}"
        if (heads := self.page.locator("h1").count()) != 1:
            yield f"has {heads} main headings"
        if visit.status == 422 and not self.page.title().startswith("Error: "):
            yield f"is titled {self.page.title()!r} in spite of its faults"


SEND = """([path, fields]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}"""
AXE = """async (tags) => {
  const how = {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"], preload: false, iframes: false};
  return (await axe.run(document, how)).violations;
}"""
WIDEST = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > 321).slice(0, 3)
  .map((e) => e.tagName.toLowerCase() + "." + e.className).join(", ")"""


def sign_in(context: BrowserContext, site: RunningSite, address: str) -> None:
    context.clear_cookies()
    with site.signed_in(address) as client:
        given = [{"name": c.name, "value": c.value or "", "url": site.base} for c in client.cookies.jar]
    context.add_cookies(given)  # type: ignore[arg-type]


def stop(site: RunningSite, kind: str, fields: Mapping[str, str]) -> None:
    with site.signed_in(ADMINISTRATOR) as ada:
        answer = ada.post(f"/admin/petitions/stops/{kind}", data=dict(fields) | {"step": "sure"})
        assert answer.status_code == 303, answer.text


def crowd_the_network(site: RunningSite, world: World) -> None:
    """As if others at this address had just used up what it may do."""
    site.house.limits.on = True
    policy = site.town.policy
    sign = Allowance(policy.sign_a_minute, policy.sign_an_hour)
    create = Allowance(policy.create_most, policy.create_an_hour, policy.create_seconds)
    petitions = (str(world.petitions["open"]), str(world.petitions["gathering"]))
    letters = (LETTERS, "accounts.letters")
    for allowance, *what in ((sign, "sign", petitions[0]), (sign, "sign", petitions[1]), (create, "create"), letters):
        for _often in range(100):
            try:
                site.house.limits.spend(allowance, "127.0.0.1", *what)
            except TooMany:
                break


@pytest.mark.browser
@pytest.mark.slow
def test_every_page_in_every_state_can_be_used_by_everyone(world: World):
    site = world.site
    eyes = Eyes(site.base, axe=True)
    with chromium() as browser:
        context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
        walk = Walk(site, context.new_page(), eyes)
        walk.go("visitor", public_visits(world))
        talk = Talk(site)
        walk.go("visitor", (Visit(*look) for look in talk.public_visits()))
        sign_in(context, site, talk.address)
        walk.go("Ana", (Visit(*look) for look in talk.author_visits()))
        sign_in(context, site, MODERATOR)
        walk.go("Maureen", (Visit(*look) for look in talk.moderator_visits()))
        context.clear_cookies()
        member = Member(site, world.petitions["open"])
        walk.go("visitor", (Visit(*look) for look in member.public_visits()))
        walk.go("Suzie", (Visit(*look) for look in member.own_visits()))
        context.clear_cookies()
        crowd_the_network(site, world)
        walk.go("visitor", busy_visits(world))
        site.house.limits.on = False
        for who, address, visits in (
            ("Maureen", MODERATOR, moderator_visits),
            ("Imran", OFFICER, officer_visits),
            ("Ada", ADMINISTRATOR, administrator_visits),
        ):
            sign_in(context, site, address)
            walk.go(who, visits(world))
        stop(site, "signing", SIGNING)
        stop(site, "election", ELECTION)
        sign_in(context, site, ADMINISTRATOR)
        walk.go("Ada", iter([Visit("/admin/petitions"), *(Visit(f"/admin/petitions/stops/{k}") for k in STOPS)]))
        context.clear_cookies()
        walk.go("visitor", stopped_visits(world))
        site.clock.advance(timedelta(hours=3))  # type: ignore[attr-defined]
        site.town.work()
        walk.go("visitor", election_visits(world))
        with site.signed_in(ADMINISTRATOR) as ada:
            on = {"act": "on", "reason": "A drill", "message": "Back soon."}
            assert ada.post("/admin/switches/read-only", data=on).status_code == 303
        sign_in(context, site, ADMINISTRATOR)
        walk.go("Ada", iter([Visit("/admin/switches"), Visit("/admin/switches/read-only"), Visit("/admin/breach")]))
        context.clear_cookies()
        walk.go("visitor", switched_visits(world))
    assert walk.found == []
    assert eyes.foreign == set()
    assert not_visited(site, walk.been) == []
    assert never_shown(site) == []


STOPS = ("creating", "signing", "election")


def not_visited(site: RunningSite, been: set[str]) -> list[str]:
    """Routes that show something, and are neither visited nor named above as no page."""
    routes = {
        route.path_format: re.compile(re.sub(r"\{[^}]*\}", "[^/]+", route.path_format) + "/?")  # type: ignore[attr-defined]
        for route in site.house.router.routes
        if any("GET" in h.http_methods for h in getattr(route, "route_handlers", ()))
    }
    plain = {path for path in routes if "{" not in path}
    seen = {
        name
        for name, pattern in routes.items()
        if any(pattern.fullmatch(path) and (name in plain or path not in plain) for path in been)
    }
    assert set(NO_PAGES) <= set(routes), "named as no page, and no route at all"
    return sorted(routes.keys() - seen - NO_PAGES.keys())


def never_shown(site: RunningSite) -> list[str]:
    """Page templates that no visit has rendered."""
    shown = {str(name) for _loader, name in site.house.pages.jinja.cache or {}}  # type: ignore[union-attr]
    pages = {str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("*.html")}
    return sorted(p for p in pages - shown if not p.startswith(NO_PAGE_TEMPLATES))
