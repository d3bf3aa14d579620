"""Writing a questionnaire: the working copy before publication and after it, and the versions that are published.

What was published never changes: an edit is made at the working copy and becomes another version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.batches import upsert
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.freshness import touch
from app.core.i18n import Phrase, _
from app.core.subject import SubjectRef
from consultations.model import Authorship, Consultation, StoredQuestionnaire
from consultations.policy import ConsultationPolicy
from consultations.queries import questionnaires as queries
from consultations.rules.building import change_question
from consultations.rules.easy import EasyText
from consultations.rules.lifecycle import EditorialState
from consultations.rules.questionnaire import Question, Questionnaire
from consultations.rules.readiness import faults
from consultations.rules.versions import How, changes, settle
from consultations.service.locking import owned

Edit = Callable[[Questionnaire], Questionnaire]


class NotNow(Conflict):
    """Its state allows no writing at the questionnaire."""

    code = "questionnaire-not-editable"
    title = _("The questions cannot be changed now")
    message = Phrase("{why}")
    way_on = ("/hosting/consultations/{number}", _("Back to the consultation"))


class ChangedMeanwhile(Conflict):
    """Somebody saved between this page and its sending; nothing of it was stored."""

    code = "questionnaire-changed-meanwhile"
    title = _("Somebody changed the questionnaire while you were writing")
    message = _("Nothing was stored. Look at the questionnaire as it is now and make your change again.")
    way_on = ("/hosting/consultations/{number}/questions", _("Look at the questionnaire"))


class SecondPerson(Conflict):
    code = "second-person"
    title = _("Another official has to publish these changes")
    message = _("You wrote at them. Whoever publishes more than another wording is somebody else.")
    way_on = ("/hosting/consultations/{number}/questions", _("Look at the questionnaire"))


def why_not(consultation: Consultation, now: datetime) -> str:
    """Why its questionnaire cannot be written at; empty where it can."""
    match consultation.state:
        case EditorialState.DRAFT:
            return ""
        case EditorialState.IN_REVIEW | EditorialState.APPROVED:
            return str(_("Another official is looking at it. Take it back to draft first."))
        case EditorialState.PUBLISHED if now < (consultation.closes_at or now):
            return ""
        case EditorialState.PUBLISHED:
            return str(_("It has closed: what was asked stays as it was asked."))
    return str(_("It is no longer public: its questions stay as they were."))


def digest_of(question: Question) -> str:
    """What a form carries, to tell whether somebody else saved the same question meanwhile."""
    return hashlib.sha256(msgspec.json.encode(question)).hexdigest()[:20]


def change(
    db: Session, consultation_id: int, edit: Edit, what: str, *, by: int, now: datetime, seen: int | None = None
) -> Questionnaire:
    """One change of the working copy. ``seen``: the revision its writer looked at, where another one would be a
    misunderstanding. Raises :class:`BadField` with what ``edit`` says, :class:`ChangedMeanwhile`, :class:`NotNow`."""
    consultation, row = _locked(db, consultation_id, by, now)
    if seen is not None and seen != row.revision:
        raise ChangedMeanwhile(number=consultation_id)
    old = queries.parse(row)
    new = edit(old)
    if new != old:
        _keep(db, consultation, row, new, by, now)
        _record(db, f"consultations.questions-{what}", consultation, by, now)
    return new


def save_question(
    db: Session, consultation_id: int, question: Question, *, seen: str, by: int, now: datetime
) -> Questionnaire:
    """A question as its form has it; :class:`ChangedMeanwhile` where the same question was saved meanwhile."""

    def edit(questionnaire: Questionnaire) -> Questionnaire:
        stands = questionnaire.by_id.get(question.id)
        if stands is None or digest_of(stands) != seen:
            raise ChangedMeanwhile(number=consultation_id)
        return change_question(questionnaire, question)

    return change(db, consultation_id, edit, "change", by=by, now=now)


def save_easy(
    db: Session, consultation_id: int, texts: Mapping[int, EasyText], *, seen: int, by: int, now: datetime
) -> None:
    """Plain words for these questions and pages; empty ones take the plain words away."""
    consultation, row = _locked(db, consultation_id, by, now)
    if seen != row.revision:
        raise ChangedMeanwhile(number=consultation_id)
    merged = {**queries.parse_easy(row), **texts}
    kept = {number: text for number, text in merged.items() if text != EasyText()}
    _keep(db, consultation, row, queries.parse(row), by, now, easy=kept)
    _record(db, "consultations.questions-easy", consultation, by, now)


def publish_first(
    db: Session,
    policy: ConsultationPolicy,
    consultation: Consultation,
    *,
    by: int,
    now: datetime,
    has_text: bool = False,
) -> None:
    """Freeze what stands as version 1, in the transaction that publishes the consultation, which is locked.

    ``has_text``: there is a draft text to comment on. :class:`Invalid` where the questionnaire cannot be asked.
    """
    check_askable(db, policy, consultation, has_text=has_text)
    row = queries.stored(db, consultation.id)
    document, easy = (row.document, row.easy) if row is not None else (_encoded(Questionnaire()), "{}")
    _add_version(db, consultation, 1, document, easy, "", by, now)


def check_askable(
    db: Session, policy: ConsultationPolicy, consultation: Consultation, *, has_text: bool = False
) -> None:
    """Raises :class:`Invalid` with every reason why the questionnaire cannot be published as it stands."""
    asked = queries.working(db, consultation.id)
    found = faults(asked, policy)
    if not asked.by_id and not has_text and consultation.discussion == "off":
        found.append(str(_("There is no question, no draft text and no discussion: nobody could say anything.")))
    if found:
        raise Invalid([FieldError("questions", fault) for fault in found])


def publish_changes(
    db: Session,
    policy: ConsultationPolicy,
    consultation_id: int,
    *,
    new_meanings: Collection[int],
    note: str,
    seen: int,
    by: int,
    now: datetime,
) -> int:
    """The working copy becomes the next version; answers the version.

    Every question that changed counts another wording, or another version where it is in ``new_meanings`` or cannot be
    answered as before. :class:`SecondPerson` where the same official wrote more than another wording.
    """
    consultation, row = _locked(db, consultation_id, by, now)
    if consultation.state != EditorialState.PUBLISHED:
        raise NotNow(number=consultation_id, why=_("It is not published yet: its questions are published with it."))
    if seen != row.revision:
        raise ChangedMeanwhile(number=consultation_id)
    before = queries.asked(db, consultation_id, consultation.questionnaire_version)
    settled = settle(before.questionnaire, queries.parse(row), new_meanings)
    _check_changes(db, policy, consultation, before, settled, row, by)
    document = _encoded(settled)
    row.document, row.revision = document, row.revision + 1
    version = consultation.questionnaire_version + 1
    _add_version(db, consultation, version, document, row.easy, note, by, now)
    consultation.updated_at = now
    db.flush()
    _record(db, "consultations.questions-publish", consultation, by, now, version=version)
    touch(db, "consultations", f"consultation:{consultation_id}")
    return version


def discard_changes(db: Session, consultation_id: int, *, seen: int, by: int, now: datetime) -> None:
    """Back to what is published. Numbers that were given meanwhile are not given again."""
    consultation, row = _locked(db, consultation_id, by, now)
    if seen != row.revision:
        raise ChangedMeanwhile(number=consultation_id)
    if not consultation.questionnaire_version:
        raise NotNow(number=consultation_id, why=_("Nothing is published that it could go back to."))
    published = queries.asked(db, consultation_id, consultation.questionnaire_version)
    next_id = max(published.questionnaire.next_id, queries.parse(row).next_id)
    back = replace(published.questionnaire, next_id=next_id)
    _keep(db, consultation, row, back, by, now, easy=published.easy)
    _record(db, "consultations.questions-discard", consultation, by, now)


def authors_since(db: Session, consultation: Consultation) -> set[int]:
    """Who wrote at the questionnaire since its newest version was published."""
    newest = queries.stored(db, consultation.id, consultation.questionnaire_version)
    wrote = select(Authorship.account_id).where(Authorship.consultation_id == consultation.id)
    return set(db.scalars(wrote.where(Authorship.at > newest.at) if newest is not None else wrote))


def _check_changes(
    db: Session,
    policy: ConsultationPolicy,
    consultation: Consultation,
    before: queries.Asked,
    settled: Questionnaire,
    row: StoredQuestionnaire,
    by: int,
) -> None:
    same_words = before.easy == queries.parse_easy(row)
    if same_words and replace(settled, next_id=before.questionnaire.next_id) == before.questionnaire:
        raise Invalid([FieldError("note", _("Nothing was changed since the newest version."))])
    if found := faults(settled, policy):
        raise Invalid([FieldError("questions", fault) for fault in found])
    only_words = all(c.how is How.CHANGED and not c.is_new_meaning for c in changes(before.questionnaire, settled))
    if not only_words and by in authors_since(db, consultation):
        raise SecondPerson(number=consultation.id)


def _locked(db: Session, consultation_id: int, by: int, now: datetime) -> tuple[Consultation, StoredQuestionnaire]:
    """The consultation, of the official's own department, and its working copy, made when it is first written at."""
    consultation = owned(db, consultation_id, by)
    if consultation.state == EditorialState.DISCARDED:
        raise NotFound
    if why := why_not(consultation, now):
        raise NotNow(number=consultation_id, why=why)
    row = db.get(StoredQuestionnaire, (consultation_id, 0), with_for_update=True, populate_existing=True)
    if row is None:
        row = StoredQuestionnaire(
            consultation_id=consultation_id, version=0, revision=1, document=_encoded(Questionnaire()), at=now, by_id=by
        )
        db.add(row)
        db.flush()
    return consultation, row


def _keep(
    db: Session,
    consultation: Consultation,
    row: StoredQuestionnaire,
    questionnaire: Questionnaire,
    by: int,
    now: datetime,
    easy: Mapping[int, EasyText] | None = None,
) -> None:
    row.document, row.revision, row.at, row.by_id = _encoded(questionnaire), row.revision + 1, now, by
    known = queries.parse_easy(row) if easy is None else easy
    there = {*questionnaire.by_id, *(p.id for p in questionnaire.pages)}
    row.easy = msgspec.json.encode({n: t for n, t in known.items() if n in there}).decode()
    if consultation.state == EditorialState.DRAFT:
        consultation.updated_at = now
    db.flush()
    wrote: Table = Authorship.__table__  # type: ignore[assignment]
    mine = {"consultation_id": consultation.id, "account_id": by, "at": now}
    again = upsert(db, wrote).values(mine)
    db.execute(again.on_conflict_do_update(index_elements=["consultation_id", "account_id"], set_={"at": now}))


def _add_version(
    db: Session, consultation: Consultation, version: int, document: str, easy: str, note: str, by: int, now: datetime
) -> None:
    queries.is_fresh(db, consultation.id, version)
    db.add(
        StoredQuestionnaire(
            consultation_id=consultation.id,
            version=version,
            document=document,
            easy=easy,
            note=note,
            at=now,
            by_id=by,
        )
    )
    consultation.questionnaire_version = version
    db.flush()


def _encoded(questionnaire: Questionnaire) -> str:
    return msgspec.json.encode(questionnaire).decode()


def _record(db: Session, act: str, consultation: Consultation, by: int, now: datetime, **facts: Any) -> None:
    audit.record(db, act, SubjectRef("consultation", consultation.id), by=by, now=now, facts=facts)
