"""A town in which something of every dataset has happened, and what its tables say."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from app.moderation.rules.standards import Verdict
from app.opendata.contribution import Dataset
from app.opendata.offer import OpenData
from app.outcomes.rules.commitments import Progress, Promise, Update
from app.outcomes.service import committing
from consultations.model import Figures, Roll
from consultations.rules.figures import ShownQuestion, ShownTable
from petitions.model.petition import AreaCount
from petitions.rules.debates import DebateState, DebateText
from tests.app.outcomes.matters import Matters
from tests.consultations.asking import Asking
from tests.people import Person, crowd
from tests.petitions.web.test_trail import debate
from tests.site import Town
from tests.townhall.meeting import Meeting
from townhall.rules.lifecycle import HallState

CREATOR = Person("Henrietta Hidden", "henrietta@hidden.example")
FORMULA = "=HYPERLINK('https://evil.example') for every park"
ASKED = "Why, “Oak Street”,\nis it closed?"


class Lively(NamedTuple):
    """Numbers of what there is, by what became of it."""

    town: Town
    petitions: dict[str, int]
    referral: int
    promise: int
    consultation: int
    hall: int
    question: int
    poll: int

    @property
    def offer(self) -> OpenData:
        found: OpenData = self.town.site.dependencies["open_data"]
        return found

    def dataset(self, key: str) -> Dataset:
        found = self.offer.dataset(key)
        assert found is not None, key
        return found

    def rows(self, key: str, batch: int = 1_000) -> list[dict[str, Any]]:
        """Every row by the names of its columns, read in batches of about so many."""
        dataset, rows, cursor = self.dataset(key), list[Any](), None
        while True:
            with self.town.database.reading() as db:
                some = dataset.rows(db, self.offer.at(self.town.now), cursor, batch)
            rows, cursor = rows + list(some.rows), some.cursor
            if cursor is None:
                names = [column.name for column in dataset.columns]
                return [dict(zip(names, row, strict=True)) for row in rows]


def lively(town: Town) -> Lively:
    petitions = _petitions(town)
    matters = Matters(town)
    referral = town.referrals(petitions["answered"])[0].id
    town.answer(petitions["answered"])
    promise = _promise(town, matters)
    meeting = Meeting(town)
    hall = meeting.hall(HallState.ENDED, venue="Ward 4 library")
    results = {
        "answers": 9,
        "options": [{"id": 1, "count": 6, "percent": 66.7}, {"id": 2, "count": 3, "percent": 33.3}],
    }
    shown = {"state": "revealed", "revealed_at": town.now, "answers": 9, "results": results}
    poll = meeting.poll(hall, **shown)
    meeting.poll(hall, state="closed")
    question = meeting.question(hall, ASKED, votes=4)
    meeting.question(hall, "Not for everyone.", state="rejected")
    return Lively(town, petitions, referral, promise, _consultation(town), hall, question, poll)


def _petitions(town: Town) -> dict[str, int]:
    found = {"open": town.open_petition(CREATOR, action=FORMULA, background="Say no more.")}
    signers = [p.but(country=country) for p, country in zip(crowd(9, "far"), "FFFFFFIIM", strict=True)]
    named = {"F": "FR", "I": "IE", "M": "MT"}
    town.sign(found["open"], *(p.but(country=named[p.country], postcode="") for p in signers))
    town.clock.advance(timedelta(hours=30))
    town.sign(found["open"], *crowd(2, "later"))
    areas = (("N1", "Northmere", 12, False), ("N2", "Southmere", 3, True), ("N3", "Eastmere", 0, False))
    for code, name, seen, withheld in areas:
        row = {"petition_id": found["open"], "code": code, "name": name, "seen": seen, "withheld": withheld}
        town.database.retrying(lambda db, row=row: db.add(AreaCount(**row)))  # type: ignore[misc]
    found["answered"] = town.open_petition(CREATOR, action="Light the quay by night")
    town.sign(found["answered"], *crowd(14, "quay"))
    debate(town, found["answered"], DebateText(DebateState.SCHEDULED, date(2026, 9, 1)), 0)
    found["hidden"] = town.open_petition(CREATOR, action="Name the man who did it")
    town.take_down(found["hidden"])
    found["withdrawn"] = town.open_petition(CREATOR, action="Take it back")
    town.withdraw_petition(found["withdrawn"])
    for name, verdict in (("rejected", Verdict.REJECT), ("waiting", None)):
        found[name] = town.start(CREATOR, action=f"This one is {name}")
        town.support(found[name])
        if verdict:
            town.decide(found[name], verdict, reason="no-action", note="-- say who --")
    return found


def _promise(town: Town, matters: Matters) -> int:
    asked = town.open_petition(CREATOR, action="Mend the bandstand")
    referral = matters.referred(petition=asked, cause="debate")
    (promise,) = matters.promising(referral, Promise("Mend the roof", "The head of parks", date(2026, 12, 1)))
    parks, by, now = matters.department().id, matters.imran, town.now
    update = Update(Progress.UNDER_WAY, "Slates are ordered.")
    matters.do(lambda db: committing.report_progress(db, promise, parks, update, after=0, by=by, now=now))
    return promise


def _consultation(town: Town) -> int:
    asking = Asking(town)
    number = asking.published(opens=town.now - timedelta(days=40), closes=town.now - timedelta(days=9))
    asking.published(title="Still open", hides_results=True, response_count=12)
    table = ShownTable(
        caption="Answers", rows=["Yes", "No"], columns=[], cells=[[40], [None]], row_people=[40, None], people=44
    )
    questions = msgspec.json.encode([ShownQuestion(1, 1, "Do you cross the bridge?", [table])]).decode()

    def publish(db: Any) -> None:
        roll = Roll(
            consultation_id=number, version=1, total=44, digests=b"", digest=hashlib.sha256().digest(), at=town.now
        )
        db.add(roll)
        db.flush()
        db.add(
            Figures(consultation_id=number, roll_id=roll.id, responses=44, small=5, questions=questions, at=town.now)
        )

    asking.do(publish)
    return number
