"""The reasons that decisions name: a deployment adds its own, retires any, and deletes only what nobody ever used."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import exc, func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import is_blank, length, tidy_line
from app.moderation import queries
from app.moderation.model import Reason
from app.moderation.rules.standards import BY_CODE

MOST_TITLE, MOST_RULE = 120, 500
TAKEN = _("There is a reason with this short name already, in force or retired.")
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")


class ReasonInUse(Conflict):
    code = "reason-in-use"
    title = _("This reason cannot be deleted")
    message = _(
        "Decisions or reports name it, {times} in all, and they must stay readable. Nothing was changed. "
        "Retire it instead: nobody can choose it any more, and you can bring it back."
    )
    way_on = ("/admin/reasons", _("Back to the reasons"))


class ReasonOfTheStandards(Conflict):
    code = "reason-of-the-standards"
    title = _("This reason cannot be deleted")
    message = _(
        "It came with this site's software and would come back. Nothing was changed. "
        "Retire it instead: nobody can choose it any more, and you can bring it back."
    )
    way_on = ("/admin/reasons", _("Back to the reasons"))


class LastReason(Conflict):
    code = "last-reason"
    title = _("One reason has to stay")
    message = _("Without any reason in force nothing could be rejected. Nothing was changed. Add another one first.")
    way_on = ("/admin/reasons", _("Back to the reasons"))


def add_reason(db: Session, code: str, title: str, rule: str, *, hides: bool, by: int, now: datetime) -> Reason:
    """A reason of this deployment's own, in force at once; it comes last in the standards."""
    code, title, rule = code.strip(), tidy_line(title), tidy_line(rule)
    _check(db, code, title, rule)
    version = _locked_version(db)
    last = db.scalar(select(func.max(Reason.place)).where(Reason.standards_version == version)) or 0
    reason = Reason(code=code, standards_version=version, title=title, rule=rule, hides=hides, place=last + 1)
    try:
        with db.begin_nested():
            db.add(reason)
    except exc.IntegrityError as twin:  # somebody added it in between
        raise Invalid([FieldError("code", TAKEN)]) from twin
    _changed(db, "moderation.reason-add", reason, by, now)
    return reason


def reword_reason(
    db: Session, code: str, title: str, rule: str, *, hides: bool, why: str, by: int, now: datetime
) -> Reason:
    """Other words for a rule, as a new version of the standards; what was decided keeps the words it had.

    Every rule is carried over, because a decision names a rule and a version together.
    """
    title, rule = tidy_line(title), tidy_line(rule)
    _check_words(title, rule)
    version = _locked_version(db)
    old = db.scalars(select(Reason).where(Reason.standards_version == version).order_by(Reason.place)).all()
    known = next((r for r in old if r.code == code), None)
    if known is None:
        raise NotFound
    if (known.title, known.rule, known.hides) == (title, rule, hides):
        return known
    db.add_all(_carried(r, version + 1) for r in old if r.code != code)
    reworded = _carried(known, version + 1)
    reworded.title, reworded.rule, reworded.hides = title, rule, hides
    db.add(reworded)
    db.flush()
    facts = {"code": code, "version": version + 1, "reason": why}
    audit.record(db, "moderation.reason-reword", SubjectRef("reason", known.place), by=by, now=now, facts=facts)
    touch(db, "standards")
    return reworded


def retire_reason(db: Session, code: str, *, by: int, now: datetime) -> None:
    """Nobody can choose it from now on; what it decided stays. Retiring it twice is as once."""
    reason = _locked(db, code)
    if reason.retired_at is not None:
        return
    in_force = queries.reasons(db)
    if [r.code for r in in_force] == [code]:
        raise LastReason
    reason.retired_at = now
    db.flush()
    _changed(db, "moderation.reason-retire", reason, by, now)


def bring_back_reason(db: Session, code: str, *, by: int, now: datetime) -> None:
    """In force again, as it was worded."""
    reason = _locked(db, code)
    if reason.retired_at is None:
        return
    reason.retired_at = None
    db.flush()
    _changed(db, "moderation.reason-bring-back", reason, by, now)


def set_notice(db: Session, code: str, *, to: bool, by: int, now: datetime) -> None:
    """Whether authors get a letter where this rule is used; for spam a deployment may want none."""
    reason = _locked(db, code)
    if reason.notifies == to:
        return
    reason.notifies = to
    db.flush()
    _changed(db, "moderation.reason-notice" if to else "moderation.reason-silence", reason, by, now)


def silence_reason(db: Session, code: str, *, by: int, now: datetime) -> None:
    """No letter any more."""
    set_notice(db, code, to=False, by=by, now=now)


def notify_reason(db: Session, code: str, *, by: int, now: datetime) -> None:
    """A letter each time, as at first."""
    set_notice(db, code, to=True, by=by, now=now)


def delete_reason(db: Session, code: str, *, by: int, now: datetime) -> None:
    """Only one that this deployment added and that nothing ever named."""
    reason = _locked(db, code)
    if code in BY_CODE:
        raise ReasonOfTheStandards
    if (times := queries.uses_of_reasons(db).get(code, 0)) > 0:
        raise ReasonInUse(times=times)
    if [r.code for r in queries.reasons(db)] == [code]:
        raise LastReason
    db.delete(reason)
    db.flush()
    _changed(db, "moderation.reason-delete", reason, by, now)


def _locked_version(db: Session) -> int:
    """The version in force; whoever changes the standards next waits."""
    while True:
        version = queries.standards_version(db)
        locked = select(Reason.code).where(Reason.standards_version == version).order_by(Reason.code).with_for_update()
        db.execute(locked).all()
        if queries.standards_version(db) == version:
            return version


def _carried(reason: Reason, version: int) -> Reason:
    kept = {c.key: getattr(reason, c.key) for c in Reason.__table__.columns if c.key != "standards_version"}
    return Reason(**kept, standards_version=version)


def _locked(db: Session, code: str) -> Reason:
    reason = db.get(Reason, (code, queries.standards_version(db)), with_for_update=True, populate_existing=True)
    if reason is None:
        raise NotFound
    return reason


def _check(db: Session, code: str, title: str, rule: str) -> None:
    faults = []
    if not _CODE.match(code) or len(code) > 40:
        faults.append(FieldError("code", _("Use lower-case letters, digits and hyphens, such as off-topic.")))
    elif db.get(Reason, (code, queries.standards_version(db))) is not None:
        faults.append(FieldError("code", TAKEN))
    faults += _faults_of_words(title, rule)
    if faults:
        raise Invalid(faults)


def faults_of(title: str, rule: str) -> dict[str, str]:
    """What is wrong with a rule's words, by field."""
    return {fault.field: str(fault.message) for fault in _faults_of_words(tidy_line(title), tidy_line(rule))}


def _check_words(title: str, rule: str) -> None:
    if faults := _faults_of_words(title, rule):
        raise Invalid(faults)


def _faults_of_words(title: str, rule: str) -> list[FieldError]:
    faults = []
    if is_blank(title) or length(title) > MOST_TITLE:
        faults.append(FieldError("title", _("Say it in a few words, 120 characters or fewer.")))
    if is_blank(rule) or length(rule) > MOST_RULE:
        faults.append(FieldError("rule", _("Say the rule in one or two sentences, 500 characters or fewer.")))
    return faults


def _changed(db: Session, act: str, reason: Reason, by: int, now: datetime) -> None:
    audit.record(db, act, SubjectRef("reason", reason.place), by=by, now=now, facts={"code": reason.code})
    touch(db, "standards")
