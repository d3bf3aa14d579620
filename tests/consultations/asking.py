"""A town whose departments ask: consultations and responses put into the database as the room would have stored them.

For tests of what comes after; the ways by which they come about have tests of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from sqlalchemy import update

from app.core.ids import new_id
from app.core.people.addresses import read_address
from app.departments.model import Department
from app.departments.queries import by_slug
from consultations import identity
from consultations.model import Consultation, Respondent, Response, ResponseVersion, StoredQuestionnaire
from consultations.rules.lifecycle import EditorialState
from consultations.rules.questionnaire import Asks, Condition, Option, Page, Question, QuestionKind, Questionnaire
from consultations.rules.responses import Channel, Consent, ResponseState
from tests.site import Town

T = TypeVar("T")
K = QuestionKind
TRANSPORT = "transport"
YES, NO, UNSURE = Option(11, "Yes"), Option(12, "No"), Option(13, "Not sure")
#: two pages: whether and why; how often, how well, anything else
BRIDGE = Questionnaire(
    pages=(
        Page(
            1,
            "The toll",
            questions=(
                Question(2, K.SINGLE, "Should crossing cost something?", required=True, options=(YES, NO, UNSURE)),
                Question(
                    3, K.LONG, "Why not?", required=True, conditions=(Condition(2, Asks.EQUALS, str(NO.id)),), most=2000
                ),
            ),
        ),
        Page(
            4,
            "Your crossings",
            questions=(
                Question(
                    5,
                    K.MULTIPLE,
                    "How do you cross?",
                    options=(Option(14, "On foot"), Option(15, "By bicycle"), Option(16, "By car")),
                    other=True,
                ),
                Question(6, K.SCALE, "How content are you with the bridge?", low="Not at all", high="Very"),
                Question(7, K.LONG, "Anything else?"),
            ),
        ),
    ),
    next_id=30,
)


def official(name: str, home: str = TRANSPORT) -> str:
    """The address of who writes or approves there."""
    return f"{name}@example.org" if home == TRANSPORT else f"{name}.{home}@example.org"


class Asking:
    """Tom and Tara act for the ``home`` department; Edda and Emil are officials who write and approve.

    Each department has its own four: on a site that many tests share, one's Edda must not be of another's.
    """

    def __init__(self, town: Town, home: str = TRANSPORT) -> None:
        self.town, self.home = town, home
        town.department(home)
        self.tom = town.staff(f"tom.{home}@example.org", "department-officer", home)
        self.tara = town.staff(f"tara.{home}@example.org", "department-officer", home)

    @property
    def edda(self) -> int:
        return self.town.staff(official("edda", self.home), "official", self.home)

    @property
    def emil(self) -> int:
        return self.town.staff(official("emil", self.home), "official", self.home)

    @property
    def department(self) -> Department:
        self.town.department(self.home)
        with self.town.database.reading() as db:
            found = by_slug(db, self.home)
            assert found is not None
            return found

    def do(self, act: Callable[[Any], T]) -> T:
        return self.town.database.retrying(act)

    def published(
        self,
        questionnaire: Questionnaire = BRIDGE,
        *,
        opens: datetime | None = None,
        closes: datetime | None = None,
        **texts: Any,
    ) -> int:
        """An open consultation, or one in any other phase by its instants."""
        now = self.town.now
        opens = opens or now - timedelta(days=1)
        row = Consultation(
            state=EditorialState.PUBLISHED,
            department_id=self.department.id,
            opens_at=opens,
            closes_at=closes or opens + timedelta(days=28),
            created_at=opens - timedelta(days=9),
            updated_at=opens - timedelta(days=8),
            submitted_at=opens - timedelta(days=8),
            submitted_by_id=self.edda,
            approved_at=opens - timedelta(days=7),
            approved_by_id=self.emil,
            published_at=opens - timedelta(days=7),
            published_by_id=self.emil,
            salt=identity.new_salt(),
            **({"kind": "consultation", "questionnaire_version": 1} | TEXTS | texts),
        )
        document = msgspec.json.encode(questionnaire).decode()

        def store(db: Any) -> int:
            db.add(row)
            db.flush()
            for version in (0, 1):
                db.add(
                    StoredQuestionnaire(
                        consultation_id=row.id, version=version, document=document, at=opens - timedelta(days=7)
                    )
                )
            db.flush()
            return row.id

        return self.do(store)

    def responded(
        self,
        consultation: int,
        answers: Mapping[int, Any],
        *,
        name: str = "Ana Almeida",
        email: str = "",
        organisation: str = "",
        consent: Consent = Consent.NAMED,
        channel: Channel = Channel.WEB,
        state: ResponseState = ResponseState.SUBMITTED,
        **columns: Any,
    ) -> int:
        """One stored response, counted where it is submitted."""
        now, number = self.town.now, new_id()
        address = read_address(email or f"{number}@example.org")
        body = msgspec.json.encode({str(k): v for k, v in answers.items()})
        salt = identity.new_salt()

        def store(db: Any) -> int:
            asked = db.get_one(Consultation, consultation)
            db.add(
                Response(
                    id=number,
                    consultation_id=consultation,
                    state=state,
                    channel=channel,
                    address_key=identity.address_key(self.town.site.keys, asked.salt, address.canonical),
                    is_organisation=bool(organisation),
                    consent=consent,
                    notify=True,
                    language="en",
                    salt=salt,
                    digest=hashlib.sha256(salt + body).digest(),
                    sent_at=now,
                    asked_at=now,
                    submitted_at=now if state == ResponseState.SUBMITTED else None,
                    changed_at=now,
                    transcriber_id=None if channel is Channel.WEB else self.tom,
                    **columns,
                )
            )
            db.flush()
            db.add(
                ResponseVersion(
                    response_id=number,
                    number=1,
                    questionnaire_version=asked.questionnaire_version,
                    answers=body.decode(),
                    at=now,
                    act_id=number,
                )
            )
            sealed = identity.seal_respondent(self.town.site.keys, number, name, address, organisation)
            db.add(Respondent(response_id=number, sealed=sealed))
            if state == ResponseState.SUBMITTED:
                late = 1 if columns.get("late_pass_id") else 0
                db.execute(
                    update(Consultation)
                    .where(Consultation.id == consultation)
                    .values(response_count=Consultation.response_count + 1, late_count=Consultation.late_count + late)
                )
            return number

        return self.do(store)

    def consultation(self, number: int) -> Consultation:
        (found,) = self.town.rows(Consultation, Consultation.id == number)
        return found


TEXTS = {
    "title": "Harbour Bridge toll",
    "summary": "Whether crossing the Harbour Bridge should cost something, and for whom.",
    "body": "The bridge must be repaired, and the money has to come from somewhere.",
    "scope": "Whether there is a toll is open. That the bridge is repaired is not.",
    "use": "An officer reads every answer. We publish what we heard and what we decide.",
    "contact": "bridge@transport.example.org",
    "formats_contact": "formats@transport.example.org",
    "privacy_notice": "We keep your name and address until two years after closing.",
    "other_ways": "Bridge Toll, Ministry of Transport, 1 Quay Street",
}
