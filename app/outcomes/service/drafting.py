"""What a department is writing: kept for its colleagues, handed to a second person, released."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict
from app.core.freshness import hint
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.departments.model import Department
from app.departments.queries import officers_of
from app.mail import service as mail
from app.outcomes.model import Answer, AnswerDraft, Referral
from app.outcomes.rules.answers import AnswerText
from app.outcomes.service import answering, desk
from app.outcomes.service.answering import locked

#: as typed; a draft may be unfinished, so only its size is bounded
MOST_TYPED = {"grade": 20, "summary": 2_000, "details": 20_000, "examine_by": 40}
MOST_PROMISES = 10


class DraftChanged(Conflict):
    code = "draft-changed"
    title = _("A colleague changed this draft while you were writing")
    message = _("Your text was not stored. Read theirs, then add what is missing.")
    way_on = ("/desk/referrals/{referral}", _("Read the draft"))


class NeedsSecondPerson(Conflict):
    code = "second-person"
    title = _("A second person has to release this")
    message = _("In your department nobody releases what they wrote last. A colleague finds it on the desk.")
    way_on = ("/desk/referrals/{referral}", _("Back to the matter"))


class NothingWaits(Conflict):
    code = "nothing-waits"
    title = _("Nothing waits to be released here")
    message = _("It was released, changed or taken back in the meantime. Nothing was published by you.")
    way_on = ("/desk/referrals/{referral}", _("Look at the matter"))


@dataclass(frozen=True)
class Typed:
    """A form as it was typed."""

    grade: str = ""
    summary: str = ""
    details: str = ""
    examine_by: str = ""
    #: text, owner and due of each, as typed
    promises: Sequence[Mapping[str, str]] = ()
    send_news: bool = True


def save(
    db: Session,
    referral_id: int,
    department_id: int,
    typed: Typed,
    *,
    revision: int,
    after_version: int,
    by: int | None,
    now: datetime,
    token: int | None = None,
) -> AnswerDraft:
    """Keep what was typed; ``revision`` is the draft its writer had seen (0: none). What waited waits no more.

    ``token``: of the program that wrote it, in nobody's name (``by`` is None), here and in what follows.
    """
    referral = locked(db, referral_id, department_id)
    draft = of(db, referral.id)
    if (draft.revision if draft else 0) != revision:
        raise DraftChanged(referral=referral_id)
    if draft is None:
        draft = AnswerDraft(referral_id=referral.id, revision=0)
        db.add(draft)
    draft.grade, draft.summary, draft.details, draft.examine_by = (
        _storable(getattr(typed, name))[:most] for name, most in MOST_TYPED.items()
    )
    draft.promises = [{k: _storable(v) for k, v in p.items()} for p in typed.promises][:MOST_PROMISES]
    draft.send_news, draft.after_version = typed.send_news, after_version
    draft.revision, draft.by_id, draft.token_id = revision + 1, by, token
    draft.at, draft.waits_since = now, None
    db.flush()
    hint(db, f"desk:{department_id}")
    return draft


def _storable(text: str) -> str:
    """As it was typed, but for what PostgreSQL keeps in no text."""
    return text.replace("\0", "")


def hand_in(
    db: Session,
    referral_id: int,
    department_id: int,
    *,
    revision: int,
    by: int | None,
    now: datetime,
    token: int | None = None,
) -> None:
    """The draft waits for a second person; the others of the department get a letter."""
    referral = locked(db, referral_id, department_id)
    draft = _seen(db, referral, revision)
    answering.newest_version(db, referral, draft.after_version)
    draft.waits_since = now
    db.flush()
    if not referral.sandbox:
        others = [person for person in officers_of(db, department_id) if person != by]
        facts = {"referral": referral.id}
        rows = [mail.row("outcomes/mail/waits_for_release", ("account", p), now, facts=facts) for p in others]
        mail.queue(db, rows)
    _record(db, "outcomes.hand-in", referral, by, now, token)


def publish(
    db: Session,
    referral_id: int,
    department: Department,
    text: AnswerText,
    *,
    revision: int,
    after_version: int,
    by: int | None,
    now: datetime,
    tell: bool | None = None,
    token: int | None = None,
) -> Answer:
    """One person releases what they wrote; :class:`NeedsSecondPerson` where their department wants two.

    ``revision`` is the draft they had seen (0: none): a colleague's newer one is not thrown away unread. The
    caller has locked the subject's row.
    """
    referral = locked(db, referral_id, department.id)
    refuse_alone(department, referral_id)
    answering.newest_version(db, referral, after_version)
    draft = of(db, referral.id)
    if (draft.revision if draft else 0) != revision:
        raise DraftChanged(referral=referral_id)
    given = answering.answer(
        db, referral_id, department.id, text, after_version=after_version, by=by, now=now, tell=tell, token=token
    )
    forget(db, referral.id)
    return given


def refuse_alone(department: Department, referral_id: int) -> None:
    """Nobody publishes alone in a department that wants two people."""
    if department.two_person:
        raise NeedsSecondPerson(referral=referral_id)


def release(
    db: Session, referral_id: int, department: Department, text: AnswerText, *, revision: int, by: int, now: datetime
) -> Answer:
    """A second person publishes what waits; ``text`` is its checked form. The caller has locked the subject's row."""
    draft = waiting_for(db, referral_id, department.id, revision=revision, by=by)
    given = answering.answer(
        db,
        referral_id,
        department.id,
        text,
        after_version=draft.after_version,
        by=draft.by_id,
        now=now,
        tell=draft.send_news,
        released_by=by,
        token=draft.token_id,
    )
    forget(db, referral_id)
    return given


def waiting_for(db: Session, referral_id: int, department_id: int, *, revision: int, by: int) -> AnswerDraft:
    """What waits and ``by`` may release: not what they wrote themselves."""
    draft = _seen(db, locked(db, referral_id, department_id), revision)
    if draft.waits_since is None:
        raise NothingWaits(referral=referral_id)
    if draft.by_id == by:
        raise NeedsSecondPerson(referral=referral_id)
    return draft


def hand_back(
    db: Session, referral_id: int, department_id: int, note: str, *, revision: int, by: int, now: datetime
) -> None:
    """The second person wants it changed, and notes why: it waits no more, and its writer gets a letter."""
    referral = locked(db, referral_id, department_id)
    draft = _seen(db, referral, revision)
    if draft.waits_since is None:
        raise NothingWaits(referral=referral_id)
    draft.waits_since = None
    desk.note(db, referral_id, department_id, note, by=by, now=now)
    if draft.by_id is not None and draft.by_id != by and not referral.sandbox:
        facts = {"referral": referral.id}
        mail.queue(db, [mail.row("outcomes/mail/handed_back", ("account", draft.by_id), now, facts=facts)])
    _record(db, "outcomes.hand-back", referral, by, now)


def throw_away(db: Session, referral_id: int, department_id: int, *, revision: int, by: int, now: datetime) -> None:
    """The draft is gone."""
    referral = locked(db, referral_id, department_id)
    _seen(db, referral, revision)
    forget(db, referral.id)
    _record(db, "outcomes.throw-away-draft", referral, by, now)


def of(db: Session, referral_id: int) -> AnswerDraft | None:
    return db.get(AnswerDraft, referral_id, populate_existing=True)


def forget(db: Session, referral_id: int) -> None:
    db.execute(delete(AnswerDraft).where(AnswerDraft.referral_id == referral_id))


def waiting(db: Session, department_id: int, besides: int) -> int:
    """How many drafts of a department wait for somebody other than their writer, such as this person."""
    wanted = (
        select(func.count())
        .select_from(AnswerDraft)
        .join(Referral, Referral.id == AnswerDraft.referral_id)
        .where(Referral.department_id == department_id, AnswerDraft.waits_since.is_not(None))
    )
    return db.scalar(wanted.where(func.coalesce(AnswerDraft.by_id, 0) != besides)) or 0


def _seen(db: Session, referral: Referral, revision: int) -> AnswerDraft:
    draft = of(db, referral.id)
    if draft is None or draft.revision != revision:
        raise DraftChanged(referral=referral.id)
    return draft


def _record(db: Session, act: str, referral: Referral, by: int | None, now: datetime, token: int | None = None) -> None:
    subject = SubjectRef(referral.subject_kind, referral.subject_id)
    facts = {"referral": referral.id, **answering.by_token(token)}
    audit.record(db, act, subject, by=by, now=now, facts=facts)
    hint(db, f"desk:{referral.department_id}")
