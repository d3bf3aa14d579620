"""The department's own desk: who sees to what, notes among colleagues, templates, cards that were read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.batches import upsert
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.freshness import hint
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.queries import officers_of
from app.mail import service as mail
from app.outcomes.model import AnswerTemplate, CardRead, DeskNote, Referral, Support
from app.outcomes.service.answering import locked

_READ: Table = CardRead.__table__  # type: ignore[assignment]
MOST_TEMPLATES = 50


class EnoughTemplates(Conflict):
    code = "enough-templates"
    title = _("There are 50 templates already")
    message = _("Remove one that nobody uses any more. Nothing was stored.")
    way_on = ("/desk/templates", _("Back to the templates"))


class NameTaken(Conflict):
    code = "template-name-taken"
    title = _("There is another template called “{name}” by now")
    message = _("Rename or remove that one first, then put this one back.")
    way_on = ("/desk/templates", _("Back to the templates"))


def assign(db: Session, referral_id: int, department_id: int, to: int | None, *, by: int, now: datetime) -> None:
    """One officer of the department sees to it, or nobody in particular; whoever is given it gets a letter."""
    referral = locked(db, referral_id, department_id)
    if to is not None and to not in officers_of(db, department_id):
        raise Invalid([FieldError("assignee", _("Choose somebody who acts for your department."))])
    if referral.assignee_id == to:
        return
    referral.assignee_id = to
    db.flush()
    if to is not None and to != by and not referral.sandbox:
        mail.queue(db, [mail.row("outcomes/mail/assigned", ("account", to), now, facts={"referral": referral.id})])
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    facts = {"referral": referral.id, "to": to}
    audit.record(db, "outcomes.assign", subject, by=by, now=now, facts=facts)
    hint(db, f"desk:{department_id}")


def note(db: Session, referral_id: int, department_id: int, text: str, *, by: int, now: datetime) -> DeskNote:
    """A note for colleagues of the lead department and of those that support it."""
    referral = db.get(Referral, referral_id)
    helps = db.get(Support, (referral_id, department_id)) is not None
    if referral is None or (referral.department_id != department_id and not helps):
        raise NotFound
    written = DeskNote(referral_id=referral_id, text=text, by_id=by, at=now)
    db.add(written)
    db.flush()
    return written


def notes(db: Session, referral_id: int) -> Sequence[DeskNote]:
    """Oldest first."""
    return db.scalars(select(DeskNote).where(DeskNote.referral_id == referral_id).order_by(DeskNote.id)).all()


def keep_template(
    db: Session, department_id: int, name: str, grade: str, summary: str, details: str, *, by: int, now: datetime
) -> AnswerTemplate:
    """Words to begin an answer with; the same name takes the place of what stood under it."""
    standing = select(AnswerTemplate).where(
        AnswerTemplate.department_id == department_id, AnswerTemplate.removed_at.is_(None)
    )
    same = db.scalar(standing.where(AnswerTemplate.name == name).with_for_update())
    if same is None and (db.scalar(select(func.count()).select_from(standing.subquery())) or 0) >= MOST_TEMPLATES:
        raise EnoughTemplates
    kept = same or AnswerTemplate(department_id=department_id, name=name)
    kept.grade, kept.summary, kept.details, kept.by_id, kept.at = grade, summary, details, by, now
    db.add(kept)
    db.flush()
    return kept


def remove_template(db: Session, template_id: int, department_id: int, now: datetime) -> AnswerTemplate:
    """It is offered no more; :func:`put_back_template` undoes it."""
    found = template(db, template_id, department_id)
    found.removed_at = found.removed_at or now
    return found


def put_back_template(db: Session, template_id: int, department_id: int) -> AnswerTemplate:
    """Raises :class:`NameTaken` where another one has its name by now. Twice is once."""
    found = template(db, template_id, department_id)
    if found.removed_at is not None:
        if is_taken(db, department_id, found.name):
            raise NameTaken(name=found.name)
        found.removed_at = None
    return found


def rename_template(db: Session, template_id: int, department_id: int, name: str) -> None:
    """The caller has asked :func:`is_taken`."""
    template(db, template_id, department_id).name = name
    db.flush()


def is_taken(db: Session, department_id: int, name: str, *, besides: int = 0) -> bool:
    """Whether another template that stands has this name."""
    same = select(AnswerTemplate.id).where(
        AnswerTemplate.department_id == department_id, AnswerTemplate.name == name, AnswerTemplate.removed_at.is_(None)
    )
    return db.scalar(same.where(AnswerTemplate.id != besides).limit(1)) is not None


def removed_template(db: Session, template_id: int, department_id: int) -> AnswerTemplate | None:
    """One that can be put back."""
    found = db.get(AnswerTemplate, template_id)
    mine = found is not None and found.department_id == department_id
    return found if found is not None and mine and found.removed_at is not None else None


def templates(db: Session, department_id: int) -> Sequence[AnswerTemplate]:
    """Those that stand, by name."""
    standing = select(AnswerTemplate).where(
        AnswerTemplate.department_id == department_id, AnswerTemplate.removed_at.is_(None)
    )
    return db.scalars(standing.order_by(AnswerTemplate.name, AnswerTemplate.id)).all()


def template(db: Session, template_id: int, department_id: int) -> AnswerTemplate:
    """One of this department, removed or not; :class:`NotFound`."""
    found = db.get(AnswerTemplate, template_id)
    if found is None or found.department_id != department_id:
        raise NotFound
    return found


def put_away(db: Session, account_id: int, card: str, now: datetime) -> None:
    """This officer has read a training card."""
    db.execute(upsert(db, _READ).values(account_id=account_id, card=card, at=now).on_conflict_do_nothing())


def take_out_again(db: Session, account_id: int) -> None:
    """All cards are shown again."""
    db.execute(_READ.delete().where(_READ.c.account_id == account_id))


def cards_read(db: Session, account_id: int) -> frozenset[str]:
    return frozenset(db.scalars(select(CardRead.card).where(CardRead.account_id == account_id)))
