"""What a department of the demo does after closing: it reads, says what it heard, and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.outcomes import service as outcomes
from app.outcomes.model import Referral
from app.outcomes.rules.answers import read_answer
from app.outcomes.rules.commitments import Promise
from consultations.model import Consultation, Response, ResponseVersion
from consultations.queries.questionnaires import questionnaire
from consultations.rules.findings import Chosen
from consultations.service import coding, feedback, findings
from consultations.service.closing import CAUSE

Entry = Mapping[str, Any]


class Afterwards:
    """One consultation after closing; what its content does not have does not happen."""

    def __init__(
        self,
        write: Callable[[Callable[[Session], Any]], Any],
        entry: Entry,
        number: int,
        closed: datetime,
        now: datetime,
        officers: Sequence[int],
    ) -> None:
        self.write, self.entry, self.number, self.closed, self.now = write, entry, number, closed, now
        self.reader, self.second = officers[0], officers[1]

    def live(self) -> None:
        codes = self.write(self._code) if self.entry.get("code") else {}
        if "feedback" in self.entry:
            self.write(lambda db: self._say(db, codes))
        if "outcome" in self.entry:
            self.write(self._answer)

    def _code(self, db: Session) -> dict[str, int]:
        """Whole answers get a code by words that stand in them."""
        at, found = self.closed + timedelta(days=12), {}
        question = self._free_text(db)
        rows = db.execute(
            select(Response.id, Response.version, ResponseVersion.answers)
            .join(ResponseVersion, ResponseVersion.response_id == Response.id)
            .where(Response.consultation_id == self.number)
            .order_by(Response.id)
        ).all()
        for entry in self.entry["code"]:
            made = coding.make(db, self.number, entry["name"], by=self.reader, now=at)
            found[entry["name"]] = made.id
            for row, version, answers in rows:
                if entry["words"] in answers:
                    coding.code(db, self.number, row, question, (), made.id, version=version, by=self.reader, now=at)
        return found

    def _free_text(self, db: Session) -> int:
        """Its first question that is answered in words."""
        asked = questionnaire(db, self.number, db.get_one(Consultation, self.number).questionnaire_version)
        return next(q.id for q in asked.questions() if q.is_free_text)

    def _say(self, db: Session, codes: Mapping[str, int]) -> None:
        said = self.entry["feedback"]
        at = self.closed + timedelta(days=said["days_after"])
        made = [
            findings.add(db, self.number, title, "", codes=[codes[code]], by=self.reader, now=at)
            for title, code in said["findings"]
        ]
        consultation = db.get_one(Consultation, self.number)
        chosen = [Chosen(finding.id) for finding in made]
        texts = {"summary": said["summary"], "body": said["body"], "note": ""}
        feedback.save(db, consultation, **texts, chosen=chosen, revision=0, by=self.reader, now=at)
        feedback.hand_in(db, consultation, revision=1, by=self.reader, now=at)
        released = at + timedelta(days=1)
        feedback.release(db, consultation, revision=1, small=5, by=self.second, now=released, leaves_at=released)

    def _answer(self, db: Session) -> None:
        said = self.entry["outcome"]
        at = self.closed + timedelta(days=said["days_after"])
        promises = [
            Promise(text, owner, (self.now + timedelta(days=days)).date()) for text, owner, days in said["promises"]
        ]
        text = read_answer(said["grade"], said["summary"], said["details"], promises=promises)
        mine = (Referral.subject_kind == "consultation", Referral.subject_id == self.number, Referral.cause == CAUSE)
        duty = db.scalars(select(Referral).where(*mine)).one()
        outcomes.answer(db, duty.id, duty.department_id or 0, text, after_version=0, by=self.reader, now=at)
