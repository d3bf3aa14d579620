"""What the desk holds about one person: their appeals and reports, handed over and forgotten with their account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from app.accounts.holding import HeldRow, Person, Section
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.moderation.cases import become_moot, forget, forget_author
from app.moderation.model import Appeal, Case, Decision, Report
from app.moderation.rules.verdicts import Origin

APPEAL_NAMES = {
    "waiting": _("Waiting to be heard"),
    "upheld": _("The decision was upheld"),
    "overturned": _("Your appeal was granted"),
    "moot": _("Settled otherwise"),
}


class ModerationHolding:
    """The desk's part of an account."""

    def sections(self, db: Session, person: Person, now: datetime) -> Sequence[Section]:
        if person.account_id is None:
            return ()
        rows = [
            HeldRow(
                id=appeal.id,
                title=case.excerpt or str(_("A text of yours")),
                href="",
                at=appeal.at,
                standing=str(APPEAL_NAMES[appeal.state]),
            )
            for appeal, case in db.execute(_appeals(person))
        ]
        return [Section("appeal", str(_("Appeals")), str(_("You have not appealed against a decision.")), rows)]

    def act(self, db: Session, person: Person, kind: str, row: int, act: str, now: datetime) -> str:
        raise NotFound

    def export(self, db: Session, person: Person) -> Mapping[str, Any]:
        """Decisions about one's texts without the moderators' own words, appeals, and reports."""
        if person.account_id is None:
            return {}
        decisions = select(Decision, Case).join(Case, Case.id == Decision.case_id)
        mine = decisions.where(Case.author_id == person.account_id).order_by(Decision.id)
        reports = select(Report).where(Report.reporter_id == person.account_id).order_by(Report.id)
        return {
            "decisions about my texts": [_decision(d, c) for d, c in db.execute(mine)],
            "appeals": [_appeal(a) for a, _c in db.execute(_appeals(person))],
            "reports": [{"at": r.at.isoformat(), "rule": r.reason_code, "words": r.words} for r in db.scalars(reports)],
        }

    def erase(self, db: Session, person: Person, now: datetime) -> None:
        """No case, report or log line says any more that it was this person; every figure stays."""
        if person.account_id is None:
            return
        written = select(Case.subject_kind, Case.subject_id).where(Case.author_id == person.account_id).distinct()
        for kind, subject_id in db.execute(written).all():
            become_moot(db, SubjectRef(kind, subject_id), now)
            forget(db, SubjectRef(kind, subject_id))
        appealed = select(Case.id).where(Case.author_id == person.account_id, Case.origin == Origin.APPEAL)
        db.execute(update(Appeal).where(Appeal.case_id.in_(appealed)).values(words=""))
        forget_author(db, person.account_id)
        mine = update(Report).where(Report.reporter_id == person.account_id)
        db.execute(mine.values(reporter_id=None, words=""))


def _appeals(person: Person) -> Select[Appeal, Case]:
    asked = select(Appeal, Case).join(Case, Case.id == Appeal.case_id)
    return asked.where(Case.author_id == person.account_id).order_by(Appeal.id.desc()).limit(100)


def _decision(decision: Decision, case: Case) -> dict[str, Any]:
    return {
        "about": f"{case.subject_kind} {case.subject_id}",
        "at": decision.at.isoformat(),
        "decision": decision.verdict,
        "rule": decision.reason_code,
        "note": decision.note,
        "undone": decision.undone_at is not None,
    }


def _appeal(appeal: Appeal) -> dict[str, Any]:
    return {
        "at": appeal.at.isoformat(),
        "words": appeal.words,
        "state": appeal.state,
        "answer": appeal.answer,
        "heard at": appeal.heard_at.isoformat() if appeal.heard_at else None,
    }
