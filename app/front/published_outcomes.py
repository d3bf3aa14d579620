"""What departments owe, answer and promise, as programs elsewhere are told it.

It stands here because what is owed and what is told are neighbours that do not know each other. Nothing is told
about a subject that the public may not read at the moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import excerpt
from app.outcomes.contribution import Referred, ShowReferred
from app.outcomes.events import (
    AnswerLate,
    AnswerWithdrawn,
    CommitmentMade,
    CommitmentProgressed,
    DueDayChanged,
    PromiseLate,
    ReferralAnswered,
    ReferralHandedOn,
    ReferralMade,
)
from app.outcomes.model import Answer, Commitment, Referral
from app.outcomes.queries import supporting
from app.webhooks.contribution import Announced, Fact

REFERRAL, COMMITMENT = "referral", "commitment"
MOST_TITLE = 200
_OF_REFERRAL = {"cause": "response", "due_at": "2027-03-01T00:00:00Z"}
_OF_ANSWER = {**_OF_REFERRAL, "grade": "will-do", "version": 1}
_OF_PROMISE = {"progress": "under-way", "due_on": "2027-05-01"}


@dataclass(frozen=True)
class PublishedOutcomes:
    """``referred``: how each kind of subject is shown, and whether the public may read it. ``titled``: kinds whose
    titles may be said; those of others, such as questions, are words of somebody who may take them back."""

    referred: Mapping[str, ShowReferred]
    titled: Collection[str]

    def announced(self) -> list[Announced]:
        return [
            Announced("referral.made", ReferralMade, self.made, str(_("A department has to answer.")), _OF_REFERRAL),
            Announced(
                "referral.handed_on",
                ReferralHandedOn,
                self.made,
                str(_("Another department has to answer.")),
                _OF_REFERRAL,
            ),
            Announced("referral.put_off", DueDayChanged, self.put_off, str(_("The day moved.")), _OF_REFERRAL),
            Announced(
                "referral.returned",
                DueDayChanged,
                self.returned,
                str(_("The committee sent an answer back.")),
                _OF_REFERRAL,
            ),
            Announced(
                "referral.late", AnswerLate, self.made, str(_("The day is over without an answer.")), _OF_REFERRAL
            ),
            Announced(
                "referral.answered",
                ReferralAnswered,
                self.answered,
                str(_("A department answered, or corrected its answer (a higher version).")),
                _OF_ANSWER,
            ),
            Announced(
                "referral.answer_withdrawn",
                AnswerWithdrawn,
                self.made,
                str(_("An answer was taken back: it is owed again.")),
                _OF_REFERRAL,
            ),
            Announced(
                "commitment.made", CommitmentMade, self.promise, str(_("A department promised something.")), _OF_PROMISE
            ),
            Announced(
                "commitment.progressed",
                CommitmentProgressed,
                self.promise,
                str(_("A promise went on, was put off, kept or dropped.")),
                _OF_PROMISE,
            ),
            Announced(
                "commitment.late", PromiseLate, self.promise, str(_("The day of a promise is over.")), _OF_PROMISE
            ),
        ]

    def made(self, db: Session, event: Any) -> Fact | None:
        return self._of_referral(db, event.subject, event.referral_id, event.at)

    def put_off(self, db: Session, event: DueDayChanged) -> Fact | None:
        return None if event.returned else self.made(db, event)

    def returned(self, db: Session, event: DueDayChanged) -> Fact | None:
        return self.made(db, event) if event.returned else None

    def answered(self, db: Session, event: ReferralAnswered) -> Fact | None:
        grade = db.scalar(select(Answer.grade).where(Answer.id == event.answer_id))
        more = {"grade": grade, "version": event.version}
        return self._of_referral(db, event.subject, event.referral_id, event.at, **more)

    def promise(self, db: Session, event: CommitmentMade | CommitmentProgressed | PromiseLate) -> Fact | None:
        made, subject = db.get(Commitment, event.commitment_id), self._public(db, event.subject)
        if made is None or made.sandbox or made.withdrawn_at is not None or subject is None:
            return None
        return Fact(
            event.subject,
            event.at,
            f"/commitments/{made.id}",
            excerpt(made.text, MOST_TITLE),
            SubjectRef(COMMITMENT, made.id),
            departments=(made.department_id,),
            more={"progress": made.progress, "due_on": made.due_on.isoformat()},
        )

    def _of_referral(
        self, db: Session, subject: SubjectRef, referral_id: int, at: datetime, **more: object
    ) -> Fact | None:
        referral, shown = db.get(Referral, referral_id), self._public(db, subject)
        if referral is None or referral.sandbox or shown is None:
            return None
        due = referral.due_at.isoformat(timespec="seconds").replace("+00:00", "Z") if referral.due_at else None
        return Fact(
            subject,
            at,
            shown.href,
            shown.title if subject.kind in self.titled else None,
            SubjectRef(REFERRAL, referral.id),
            departments=_departments(db, referral),
            more={"cause": referral.cause, "due_at": due, **more},
        )

    def _public(self, db: Session, subject: SubjectRef) -> Referred | None:
        show = self.referred.get(subject.kind)
        found = show(db, subject.id) if show is not None else None
        return found if found is not None and found.public else None


def _departments(db: Session, referral: Referral) -> Collection[int | None]:
    return {referral.department_id, *supporting(db, referral.id)}
