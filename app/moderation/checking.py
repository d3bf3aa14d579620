"""What a decision needs before it is made: a case that waits, the text that stands, a rule, a note that fits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.text.plain import length, tidy
from app.moderation import claims, queries
from app.moderation.contribution import Moderated
from app.moderation.model import Case, Reason, Revision
from app.moderation.refusals import AlreadyDecided, CaseClosed, HeldByAnother, OutdatedRevision
from app.moderation.rules.standards import Verdict
from app.moderation.rules.verdicts import VERDICT_NAMES

MOST_NOTE = 4_000


def lock_case(db: Session, moderated: Mapping[str, Moderated], case_id: int) -> tuple[Moderated, Case]:
    """A waiting case under its subject's lock; raises :class:`AlreadyDecided` or :class:`CaseClosed`."""
    found = db.get(Case, case_id)
    if found is None:
        raise NotFound
    kind = kind_of(moderated, found.subject_kind)
    kind.lock(db, found.subject_id)
    case = db.scalars(
        select(Case).where(Case.id == case_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one()
    if case.state == "closed":
        raise CaseClosed
    if case.state != "waiting":
        raise AlreadyDecided(case=case_id, **_said_of(db, case_id))
    return kind, case


def kind_of(moderated: Mapping[str, Moderated], name: str) -> Moderated:
    if name not in moderated:
        raise NotFound
    return moderated[name]


def check_revision(db: Session, case: Case, revision_id: int) -> None:
    newest = db.scalar(select(func.max(Revision.id)).where(Revision.case_id == case.id))
    if newest != revision_id:
        raise OutdatedRevision(case=case.id)


def check_reason(db: Session, code: str) -> Reason:
    """A rule in force; it cannot be deleted while this decision is made."""
    held = {"read": True, "key_share": True}
    could_be = code.isprintable()  # PostgreSQL cannot even look for a zero character
    reason = db.get(Reason, (code, queries.standards_version(db)), with_for_update=held) if could_be else None
    if reason is None or reason.retired_at is not None:
        raise Invalid([FieldError("reason", _("Choose the rule that the text breaks."))])
    return reason


def check_note(note: str) -> str:
    """The note as it is stored."""
    note = tidy(note)
    if length(note) > MOST_NOTE:
        raise Invalid([FieldError("note", _("Keep the note to 4,000 characters."))])
    return note


def check_free(db: Session, case: Case, by: int, now: datetime) -> None:
    holder = claims.holders(db, [case.id], now).get(case.id)
    if holder is not None and holder.account_id != by:
        raise HeldByAnother(by=holder.name)


def _said_of(db: Session, case_id: int) -> dict[str, str]:
    """Whose decision stands, and which, for the one who came second."""
    decided = queries.decision_that_stands(db, case_id)
    if decided is None:
        return {"by": str(_("Somebody")), "what": "?"}
    what = str(VERDICT_NAMES[Verdict(decided.decision.verdict)])
    return {"by": decided.by, "what": f"{what} ({decided.reason.title})" if decided.reason else what}
