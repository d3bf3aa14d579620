"""A town in which everything has happened, for the walk over every page: petitions by what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from app.accounts import service as accounts
from app.core.subject import SubjectRef
from app.mail.model import Letter
from app.moderation.model import Case, Report, Revision
from app.moderation.rules.standards import Verdict
from app.outcomes.model import Referral
from app.outcomes.rules.commitments import Progress, Promise, Update
from app.outcomes.service import committing
from petitions.identity import ASKED
from petitions.mails import UNSUBSCRIBE
from petitions.model.operation import Block
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.rules.debates import DebateState, DebateText
from petitions.service import withdrawing
from tests import databases
from tests.fakes import NOON, FixedClock
from tests.journeys.mapping import mapped
from tests.people import AMINA, CHARLIE, LAURA, SAM, crowd
from tests.petitions.web.test_trail import debate
from tests.site import ADMINISTRATOR, MODERATOR, RunningSite, fields_of


class World(NamedTuple):
    """A town in which everything has happened; petitions by what became of them."""

    site: RunningSite
    petitions: dict[str, int]
    links: dict[str, str]
    staff: dict[str, str]
    #: one that is late, one that was kept
    promises: list[int]


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


@contextmanager
def everything(template: Path, folder: Path) -> Iterator[World]:
    """On a site of its own, at noon of the second day; ``template`` is the empty database."""
    policy = {"petitions_response_at": 10, "petitions_debate_at": 20, "page_cache": "off", "mode": "demo"}
    policy["opendata_dump_at"] = "02:30"
    with (
        databases.sqlite_copy(template, folder) as database,
        RunningSite(database, folder, clock=FixedClock(NOON), **policy) as site,
    ):
        town = site.town
        town.moderator(), town.officer(), town.staff(ADMINISTRATOR, "administrator")
        found = unpublished(site) | published(site) | {"mapped": mapped(site)}
        let_time_pass(site, found)
        links = letters_links(site, found) | {"asked": asked_link(site, found)}
        town.deliver()
        yield World(site, found, links, surroundings(site, found), promised(site, found))


def asked_link(site: RunningSite, found: Mapping[str, int]) -> str:
    """Where a letter about the answer leads."""
    signer, (duty, *_more) = site.town.signatures(found["answered"])[-1], site.town.referrals(found["answered"])
    return f"/answers/{duty.id}/{site.town.keys.token(ASKED, signer.id)}"


def promised(site: RunningSite, found: Mapping[str, int]) -> list[int]:
    """With the answer: one promise whose day is over, one that was kept."""
    town, today, by = site.town, site.town.now.date(), site.town.officer()
    about, (duty, *_more) = SubjectRef("petition", found["answered"]), town.referrals(found["answered"])
    department = duty.department_id or 0

    def promise(text: str, days: int) -> int:
        said = Promise(text, "Head of Libraries", today + timedelta(days=days))

        def make(db: Any) -> int:
            row = db.get(Referral, duty.id)
            return committing.make(db, about, department, said, by=by, now=town.now, referral=row).id

        return town.database.retrying(make)

    late, kept = promise("Buy a key for Sundays", -2), promise("Hire two librarians", 30)
    steps = ((late, Progress.UNDER_WAY, "It is being cut."), (kept, Progress.DONE, "They begin in May."))
    for row, progress, note in steps:
        update = Update(progress, note, ("https://parks.example/sundays",))
        town.database.retrying(
            lambda db, r=row, u=update: committing.report_progress(db, r, department, u, after=0, by=by, now=town.now)
        )
    return [late, kept]


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
    "/admin/accessibility": {
        "tested_on": "2026-02-20",
        "standard": "WCAG 2.2 AA",
        "tested_by": "Northmere Eye Society",
        "passed": "48",
        "failed": "2",
        "problems": "A picture has no words.\nA button is too small.",
    },
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


def revision(world: World, case: str) -> str:
    number = int(case.rpartition("/")[2])
    return str(max(r.id for r in world.site.town.rows(Revision, Revision.case_id == number)))
