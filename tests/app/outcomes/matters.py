"""A town with a matter on a department's desk, and what its officers and the committee do with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from app.core.subject import SubjectRef
from app.departments import service as departments
from app.departments.model import Department
from app.departments.queries import by_slug
from app.outcomes.model import Answer, AnswerDraft, Commitment, Referral
from app.outcomes.rules.answers import AnswerText, Grade
from app.outcomes.rules.commitments import Promise
from app.outcomes.rules.deadlines import end_of
from app.outcomes.service import drafting, steering
from app.outcomes.service.drafting import Typed
from app.outcomes.trail import in_order, read_duties, steps_of
from tests.site import ADMINISTRATOR, OFFICER, Town

T = TypeVar("T")
INA, OLGA = "ina@example.org", "olga@example.org"
SUNDAYS = AnswerText(Grade.WILL_DO, "We will open on Sundays.", "From May.")
TYPED = Typed("will-do", "We will open on Sundays.", "From May.")


class Matters:
    """Imran and Ina act for the parks, others for departments named by their short names; Olga is of the committee.

    On a site that many tests share, ``home`` is a department of one's own, with two officers of its own.
    """

    def __init__(self, town: Town, home: str = "parks") -> None:
        self.town, self.home = town, home
        self.addresses = (
            (OFFICER, INA) if home == "parks" else (f"officer.{home}@example.org", f"ina.{home}@example.org")
        )
        self.imran = town.officer(home)
        self.ina = town.staff(self.addresses[1], "department-officer", home)

    @property
    def olga(self) -> int:
        return self.town.staff(OLGA, "official")

    def officer(self, department: str) -> int:
        return self.imran if department == self.home else self.town.officer(department)

    def department(self, slug: str = "") -> Department:
        slug = slug or self.home
        self.town.department(slug)
        with self.town.database.reading() as db:
            found = by_slug(db, slug)
            assert found is not None
            return found

    def referred(self, department: str = "", cause: str = "response", *, petition: int | None = None) -> int:
        """A matter on this department's desk, as reaching a goal brings it."""
        subject = SubjectRef("petition", petition or self.town.start())
        lead = self.department(department).id
        return self.do(
            lambda db: self.town.site.referring.refer(db, subject, cause=cause, lead_id=lead, now=self.town.now).id
        )

    def do(self, act: Callable[[Any], T]) -> T:
        return self.town.database.retrying(act)

    def of(self, referral: int) -> Referral:
        (found,) = self.town.rows(Referral, Referral.id == referral)
        return found

    def answers(self, referral: int) -> list[Answer]:
        return self.town.rows(Answer, Answer.referral_id == referral)

    def promises(self, referral: int) -> list[Commitment]:
        return self.town.rows(Commitment, Commitment.referral_id == referral)

    def draft(self, referral: int) -> AnswerDraft | None:
        return next(iter(self.town.rows(AnswerDraft, AnswerDraft.referral_id == referral)), None)

    # what officers do

    def answer(
        self, referral: int, text: AnswerText = SUNDAYS, *, after: int = 0, revision: int = 0, by: int = 0
    ) -> Answer:
        """Alone."""
        parks, by, now = self.department(), by or self.imran, self.town.now

        def give(db: Any) -> Answer:
            return drafting.publish(db, referral, parks, text, revision=revision, after_version=after, by=by, now=now)

        return self.do(give)

    def promising(self, referral: int, *promises: Promise) -> list[int]:
        """An answer with promises; their numbers."""
        self.answer(referral, AnswerText(Grade.IN_PART, "In part.", "By stages.", promises=promises))
        return [p.id for p in self.promises(referral)]

    def save(self, referral: int, typed: Typed = TYPED, *, by: int, revision: int = 0, after: int = 0) -> int:
        """Answers the draft's number."""
        parks, now = self.department().id, self.town.now

        def keep(db: Any) -> int:
            return drafting.save(
                db, referral, parks, typed, revision=revision, after_version=after, by=by, now=now
            ).revision

        return self.do(keep)

    def hand_in(self, referral: int, *, by: int, revision: int = 1) -> None:
        parks, now = self.department().id, self.town.now
        self.do(lambda db: drafting.hand_in(db, referral, parks, revision=revision, by=by, now=now))

    def release(self, referral: int, text: AnswerText = SUNDAYS, *, by: int, revision: int = 1) -> Answer:
        parks, now = self.department(), self.town.now
        return self.do(lambda db: drafting.release(db, referral, parks, text, revision=revision, by=by, now=now))

    def want_two_people(self, wanted: bool = True) -> None:
        ada, parks = self.town.staff(ADMINISTRATOR, "administrator"), self.department().id
        self.do(lambda db: departments.want_two_people(db, parks, wanted, reason="Safer", by=ada, now=self.town.now))

    def accept(self, referral: int) -> None:
        parks, now = self.department().id, self.town.now
        self.do(lambda db: steering.accept(db, referral, parks, by=self.imran, now=now))

    def not_ours(self, referral: int, holder: str, to: str, reason: str = "It is about roads.") -> None:
        holding, taking, by = self.department(holder).id, self.department(to), self.officer(holder)
        self.do(lambda db: steering.not_ours(db, referral, holding, taking, reason, by=by, now=self.town.now))

    def put_off(self, referral: int, day: date, reason: str = "The survey takes until then.") -> None:
        parks, due = self.department().id, self.end_of(day)
        self.do(lambda db: steering.extend(db, referral, parks, due, reason, by=self.imran, now=self.town.now))

    # what the committee does

    def rule(self, referral: int, to: str, reason: str = "It is their road.") -> None:
        taking = self.department(to)
        self.do(lambda db: steering.rule(db, referral, taking, reason, by=self.olga, now=self.town.now))

    def send_back(self, referral: int, day: date, reason: str = "Say by when.") -> None:
        due = self.end_of(day)
        self.do(lambda db: steering.send_back(db, referral, due, reason, by=self.olga, now=self.town.now))

    def settle(self, referral: int, reason: str = "That is enough.") -> None:
        self.do(lambda db: steering.settle(db, referral, reason, by=self.olga, now=self.town.now))

    # what is said of it

    def end_of(self, day: date) -> datetime:
        return end_of(day, self.town.settings.zone)

    def steps(self, referral: int) -> Sequence[str]:
        """As the public reads them, what happened and what is to come."""
        subject = self.of(referral)
        with self.town.database.reading() as db:
            duties = read_duties(db, SubjectRef(subject.subject_kind, subject.subject_id))
            found = steps_of(duties, Says(), self.town.now, self.town.settings.zone)
            return [f"{step.text}: {step.note}" if step.note else step.text for step in in_order(found)]

    def letters(self, address: str = OFFICER) -> list[str]:
        """Their subjects, and the words of each on one line."""
        return [
            f"{letter['Subject']}: {' '.join(letter.get_content().split())}"
            for letter in self.town.deliver().to(address)
        ]


class Says:
    """Days in figures."""

    def say_date(self, value: datetime | date) -> str:
        return f"{value:%d/%m/%Y}"

    def say_last_day(self, closes_at: datetime) -> str:
        return f"{closes_at:%d/%m/%Y %H:%M}"
