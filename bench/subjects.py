"""The bench's own hand on the product's data: the only file of `bench/` that knows the product's insides.

It reads what the running site stored, and walks one petition through the product's services until it can be signed.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import func, select

from app.accounts import service as accounts
from app.accounts.rules.roles import Role
from app.core.clock import SystemClock
from app.core.db import Database
from app.core.intake import Act
from app.core.people.addresses import read_address
from app.core.security.keys import Keys
from app.core.settings import Settings
from app.departments import service as departments
from app.floors import load_rooms
from app.moderation import service as moderation
from app.moderation.model import Case, Revision
from app.moderation.rules.standards import Verdict
from app.site import Site as Register
from bench.people import FIRST, LAST
from bench.servers import Site
from petitions.identity import identity_keys
from petitions.mails import CONFIRM
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.policy import PetitionPolicy
from petitions.service import drafting
from petitions.service.acts import SignatureConfirmation, SignatureRequest

AT_ONCE = 500  # bound values in one statement
FRESH_WITHIN = 15.0  # seconds in which a cached count must have caught up
POSTCODE = "SW1A 1AA"
PRIVACY = "1"


@dataclass(frozen=True, slots=True)
class Stored:
    """What the database says of one petition's signatures. `numbers`: how many different ones are given."""

    count: int
    rows: int
    validated: int
    numbers: int


class Subjects:
    """Petitions and signatures of one site, seen from outside its process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        settings = Settings.from_environment(site.settings)
        self._keys = Keys(settings.secret_key)
        self._policy = PetitionPolicy.from_settings(settings.section("petitions"))
        self._register = Register(settings=settings, keys=self._keys, clock=SystemClock())
        load_rooms(self._register)
        self._database = Database(settings.database_url, pool=2, listeners=self._register.listeners)

    def __enter__(self) -> "Subjects":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    # --- making ---

    def open_petition(self) -> int:
        """One published petition, brought there by its creator, its sponsors and a moderator."""
        petition = int(self._write(self._start))
        for number in range(1, self._policy.sponsors_needed + 1):
            self._sponsor(petition, number)
        self._write(lambda db: self._publish(db, petition))
        return petition

    def _start(self, db: Any) -> int:
        """A pending petition, and the staff that will have to do with it."""
        draft = drafting.Draft(
            action="Keep the lido open through the winter",
            background="The lido closes in October. Swimmers would come all year, and it would pay for itself.",
            additional_details="",
            creator_name=f"{FIRST[0]} {LAST[0]}",
            address=read_address("creator@example.org"),
            country="GB",
            postcode=POSTCODE,
            notify=True,
            privacy=PRIVACY,
            submission_id="bench",
        )
        departments.found(db, "leisure", "Leisure and Parks", by=None, now=_now())
        accounts.add_staff(db, "moderator@example.org", Role.MODERATOR, "Moderator", by=None, now=_now())
        return drafting.start(db, self._keys, self._policy, draft, _now()).id

    def _sponsor(self, petition: int, number: int) -> None:
        """One supporter comes by the secret link and confirms."""
        asked = SignatureRequest(
            at=_now(),
            petition_id=petition,
            name=f"{FIRST[number % len(FIRST)]} Supporter",
            address=read_address(f"supporter.{number}@example.org"),
            country="GB",
            postcode=POSTCODE,
            notify=True,
            privacy=PRIVACY,
            sponsor=True,
        )
        self._perform(asked)
        self._perform(SignatureConfirmation(at=_now(), signature_id=asked.id))

    def _perform(self, act: Act) -> None:
        performer = self._register.performers[type(act)]
        [answer] = self._write(lambda db: performer.perform(db, [act], _now()))
        if isinstance(answer, BaseException):
            raise answer

    def _publish(self, db: Any, petition: int) -> None:
        case = db.scalars(select(Case).where(Case.subject_id == petition, Case.state == "waiting")).one()
        moderator = accounts.staff_account(db, Role.MODERATOR)
        moderation.decide(
            db,
            self._register.moderated,
            case.id,
            revision_id=db.scalar(select(func.max(Revision.id)).where(Revision.case_id == case.id)),
            verdict=Verdict.PUBLISH,
            extras={"department": "leisure"},
            by=moderator.id if moderator else 0,
            now=_now(),
        )

    def _write(self, act: Any) -> Any:
        return self._database.retrying(act)

    # --- reading ---

    def readable(self) -> list[int]:
        """Ids of all petitions in public view."""
        with self._database.reading() as db:
            return list(
                db.scalars(select(Petition.id).where(Petition.state.in_(("open", "closed"))).order_by(Petition.id))
            )

    def waiting_tokens(self, petition: int) -> list[str]:
        """The tokens in the letters of all signatures that wait to be confirmed."""
        waiting = select(Signature.id).where(Signature.petition_id == petition, Signature.state == "pending")
        with self._database.reading() as db:
            return [self._keys.token(CONFIRM, id_) for id_ in db.scalars(waiting.order_by(Signature.id))]

    def tallies(self, petition: int) -> Stored:
        """Stored count and rows, read in one snapshot."""
        validated = Signature.state == "validated"
        counting = select(
            func.count(),
            func.count().filter(validated),
            func.count(Signature.number.distinct()).filter(validated),
        ).where(Signature.petition_id == petition)
        with self._database.reading() as db:
            count = db.scalars(select(Petition.signature_count).where(Petition.id == petition)).one()
            return Stored(count, *db.execute(counting).one())

    def public_count(self, petition: int, expected: int) -> int:
        """What the site tells everybody; a page from the cache is given the time it may take to catch up."""
        until = time.monotonic() + FRESH_WITHIN
        while True:
            status, body = self._site.get(f"/petitions/{petition}/count.json")
            count = int(_count_in(json.loads(body))) if status == 200 else -1
            if count == expected or time.monotonic() > until:
                return count
            time.sleep(0.25)

    def rows_by_email(self, petition: int, emails: Sequence[str]) -> Counter[str]:
        """How many signatures each address has on this petition."""
        with self._database.reading() as db:
            salt = db.scalars(select(Petition.salt).where(Petition.id == petition)).one() or b""
            by_key = {self._address_key(salt, email): email for email in emails}
            found: Counter[str] = Counter()
            for keys in _batches(by_key):
                rows = select(Signature.address_key).where(
                    Signature.petition_id == petition, Signature.address_key.in_(keys)
                )
                found.update(by_key[key] for key in db.scalars(rows))
        return found

    def states_by_token(self, tokens: Sequence[str]) -> dict[str, str]:
        """The state of the signature that each token confirms."""
        ids = {self._keys.read_token(CONFIRM, token) or 0: token for token in tokens}
        found = dict.fromkeys(tokens, "missing")
        with self._database.reading() as db:
            for some in _batches(ids):
                rows = db.execute(select(Signature.id, Signature.state).where(Signature.id.in_(some)))
                found |= {ids[id_]: state for id_, state in rows}
        return found

    def _address_key(self, salt: bytes, email: str) -> bytes:
        return identity_keys(self._keys, salt, read_address(email).canonical, "", "").address


def _now() -> datetime:
    return datetime.now(UTC)


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(values)
    while batch := list(islice(rest, AT_ONCE)):
        yield batch


def _count_in(told: dict[str, Any]) -> int:
    """`signature_count`, wherever the UK shape nests it."""
    inner = told.get("data", told)
    return int(inner.get("attributes", inner)["signature_count"])
