"""Living the demo's petitions through the services, on a clock that is turned back."""

from __future__ import annotations

import random
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.rules.roles import Role
from app.accounts.service import staff_account
from app.core.db import Database
from app.core.people.addresses import Address, read_address
from app.departments.model import Officer
from app.moderation import service as moderation
from app.moderation.model import Case, Revision
from app.moderation.rules.standards import Verdict
from app.outcomes import service as outcomes
from app.outcomes.model import Referral
from app.outcomes.rules.answers import read_answer
from app.site import Site
from petitions.model.petition import Petition
from petitions.policy import PetitionPolicy
from petitions.rules.lifecycle import PetitionState
from petitions.service import announcing, closing, drafting
from petitions.service.acts import SignatureConfirmation, SignatureRequest

HERE = Path(__file__).resolve().parent
A_CHUNK = 12
Entry = Mapping[str, Any]


def fill(site: Site, database: Database, now: datetime) -> None:
    """Fill an empty site with every petition of ``content.toml``."""
    content = tomllib.loads((HERE / "content.toml").read_text(encoding="utf-8"))
    names = tomllib.loads((HERE / "names.toml").read_text(encoding="utf-8"))
    crowd = Crowd(names, random.Random("Northmere"))
    lives = Lives(site, database, crowd, now)
    ordered = sorted(content["petition"], key=lambda e: -e["days_ago_created"])
    by_key = {entry["key"]: lives.create(entry) for entry in ordered}
    for entry in ordered:
        lives.live(entry, by_key)
    _finish_news(database, now)


@dataclass
class Crowd:
    """People of Northmere, no two alike on one petition."""

    names: Mapping[str, Any]
    chance: random.Random
    made: int = 0

    def person(self) -> tuple[str, Address, str, str]:
        """Name, address, country, postcode."""
        self.made += 1
        first, last = self.chance.choice(self.names["first"]), self.chance.choice(self.names["last"])
        address = read_address(f"{_plain(first)}.{_plain(last)}.{self.made}@example.org")
        weights = self.names["countries"]
        country = self.chance.choices(list(weights), weights=list(weights.values()))[0]
        postcode = self.chance.choice(self.names["postcodes"]) if country == "GB" else ""
        return f"{first} {last}", address, country, postcode


@dataclass
class Lives:
    """Takes one petition after another through its life."""

    site: Site
    database: Database
    crowd: Crowd
    now: datetime

    def __post_init__(self) -> None:
        self.policy = PetitionPolicy.from_settings(self.site.settings.section("petitions"))
        self.performer = self.site.performers[SignatureRequest]
        with self.database.reading() as db:
            moderator = staff_account(db, Role.MODERATOR)
        assert moderator is not None
        self.moderator_id = moderator.id

    def create(self, entry: Entry) -> int:
        """The creator sends it in."""
        at = self.now - timedelta(days=entry["days_ago_created"], minutes=self.crowd.chance.randrange(600))
        _name, _address, country, postcode = self.crowd.person()
        email = f"{_plain(entry['creator'].split()[0])}.{entry['key']}@example.org"
        draft = drafting.Draft(
            action=entry["action"],
            background=entry["background"],
            additional_details=entry.get("details", ""),
            creator_name=entry["creator"],
            address=read_address(email),
            country=country,
            postcode=postcode,
            notify=True,
            privacy="1",
            submission_id=f"demo-{entry['key']}",
        )
        return self.database.retrying(lambda db: drafting.start(db, self.site.keys, self.policy, draft, at).id)

    def live(self, entry: Entry, by_key: Mapping[str, int]) -> None:
        """From its first supporter to where the content says it stands."""
        petition_id, state = by_key[entry["key"]], entry["state"]
        if state == PetitionState.PENDING:
            return
        created = self.now - timedelta(days=entry["days_ago_created"])
        sponsors = entry.get("sponsors", self.policy.sponsors_needed)
        published = entry.get("days_ago_opened")
        ended = entry.get("days_ago_closed")
        until = published if published is not None else (ended or 0)
        checked = self.now - timedelta(days=until)
        self.sign(petition_id, list(spread(created, checked, sponsors, "burst", self.crowd.chance)), sponsor=True)
        if state in (PetitionState.REJECTED, PetitionState.HIDDEN):
            survivor = by_key.get(entry["rejection"].get("duplicate_of", entry.get("duplicate_of", "")))
            self.judge(petition_id, checked, Verdict.REJECT, entry["rejection"], {"survivor": str(survivor or "")})
        elif published is not None:
            self.judge(petition_id, checked, Verdict.PUBLISH, {}, {"department": entry["department"]})
            self.gather(petition_id, entry, checked, sponsors)

    def gather(self, petition_id: int, entry: Entry, opened: datetime, sponsors: int) -> None:
        """Open to everyone: signatures, perhaps an answer, perhaps its end."""
        ended = entry.get("days_ago_closed")
        until = self.now - (timedelta(days=ended) if ended is not None else timedelta(minutes=20))
        more = entry["signatures"] - sponsors - 1
        self.sign(petition_id, list(spread(opened, until, more, entry.get("pace", "steady"), self.crowd.chance)))
        if answer := entry.get("answer"):
            self.answer(petition_id, answer)
        if ended is not None:
            self.database.retrying(lambda db: _end(db, petition_id, entry["state"], until))

    def sign(self, petition_id: int, times: list[datetime], *, sponsor: bool = False) -> None:
        """People sign and confirm, a dozen at a time."""
        for start in range(0, len(times), A_CHUNK):
            chunk = times[start : start + A_CHUNK]
            asked = [self._request(petition_id, at, sponsor) for at in chunk]
            soon = [a.at + timedelta(seconds=90) for a in asked]
            kept = [SignatureConfirmation(at=at, signature_id=a.id) for a, at in zip(asked, soon, strict=True)]
            for acts, at in ((asked, chunk[-1]), (kept, soon[-1])):
                self.database.retrying(partial(self.performer.perform, acts=acts, now=at))

    def _request(self, petition_id: int, at: datetime, sponsor: bool) -> SignatureRequest:
        name, address, country, postcode = self.crowd.person()
        return SignatureRequest(
            at=at,
            petition_id=petition_id,
            name=name,
            address=address,
            country=country,
            postcode=postcode,
            notify=self.crowd.chance.random() < 0.6,
            privacy="1",
            sponsor=sponsor,
        )

    def judge(self, petition_id: int, at: datetime, verdict: Verdict, rejection: Entry, extras: dict[str, str]) -> None:
        """The moderator decides."""

        def decide(db: Session) -> None:
            case = db.scalars(select(Case).where(Case.subject_kind == "petition", Case.subject_id == petition_id)).one()
            revision = db.scalars(select(Revision.id).where(Revision.case_id == case.id)).one()
            moderation.decide(
                db,
                self.site.moderated,
                case.id,
                revision_id=revision,
                verdict=verdict,
                reason_code=rejection.get("code", ""),
                note=rejection.get("details", ""),
                extras=extras,
                by=self.moderator_id,
                now=at,
            )

        self.database.retrying(decide)

    def answer(self, petition_id: int, answer: Entry) -> None:
        """The department answers what reached the response threshold."""
        text = read_answer(answer["grade"], answer["summary"], answer["details"])

        def give(db: Session) -> None:
            referral = db.scalars(
                select(Referral).where(
                    Referral.subject_kind == "petition",
                    Referral.subject_id == petition_id,
                    Referral.cause == "response",
                )
            ).one()
            at = min(referral.received_at + timedelta(days=answer["days_after"]), self.now - timedelta(hours=3))
            officer = db.scalars(
                select(Officer.account_id).where(Officer.department_id == referral.department_id).limit(1)
            ).one()
            outcomes.answer(db, referral.id, referral.department_id or 0, text, after_version=0, by=officer, now=at)

        self.database.retrying(give)


def spread(start: datetime, end: datetime, count: int, pace: str, chance: random.Random) -> Iterator[datetime]:
    """``count`` instants between two, growing; ``pace`` says where they are dense."""
    shape = {"burst": 3.0, "slow-then-fast": 0.45}.get(pace, 1.0)
    places = sorted(chance.random() ** shape for _ in range(max(0, count)))
    room = (end - start) * 0.98
    for place in places:
        yield start + timedelta(minutes=1) + room * place


def _end(db: Session, petition_id: int, state: str, at: datetime) -> None:
    petition = db.get_one(Petition, petition_id)
    if state == PetitionState.WITHDRAWN:
        petition.state, petition.withdrawn_at, petition.updated_at = state, at, at
        return
    petition.closes_at = at
    db.flush()
    closing.close_overdue(db, at)


def _finish_news(database: Database, now: datetime) -> None:
    while database.retrying(lambda db: announcing.queue_some_news(db, now)):
        pass


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("Ł", "L").replace("ł", "l"))
    return "".join(c for c in letters if c.isascii() and c.isalnum()).lower()
