"""Drafts: begun with the first page, written page by page, and never overwritten unseen.

Whoever knows a draft's key, or has a link to it, may write at it. A page is stored only over the revision that its
writer had before them; otherwise nothing is stored, and both texts are shown.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.ids import new_id
from app.core.people.addresses import read_address
from app.core.security.keys import Keys
from app.core.subject import SubjectRef
from app.core.text.figures import is_whole
from app.files import service as files
from app.files.upload import Upload
from app.mail import service as mail
from app.mail.mailbox import mailbox_key
from consultations.identity import open_draft, open_respondent, seal_draft
from consultations.model import Consultation, Draft, DraftPage, LatePass, Respondent, Response, ResponseVersion
from consultations.policy import ConsultationPolicy
from consultations.queries import drafts
from consultations.queries.questionnaires import questionnaire
from consultations.rules.drafts import ABOUT, MOST_BY, PageChanged, Stored
from consultations.rules.sending import ResponseEnded, TooLateToChange, refusal_to_send
from consultations.rules.typed import typed_of
from consultations.service.posting import DRAFT
from consultations.service.versions import DRAFT_FILES

SAVED_LETTER = "consultations/mail/draft"
NOBODY = {"name": "", "email": "", "canonical": "", "organisation": ""}


def start(
    db: Session,
    consultation: Consultation,
    *,
    language: str,
    now: datetime,
    is_organisation: bool = False,
    easy_read: bool = False,
    account_id: int | None = None,
    late_pass: LatePass | None = None,
) -> Draft:
    """An empty draft; raises why it could not be sent now."""
    refusal = refusal_to_send(consultation, late_pass, now)
    if refusal is not None:
        raise refusal
    draft = Draft(
        id=new_id(),
        consultation_id=consultation.id,
        form_key=secrets.token_urlsafe(32),
        account_id=account_id,
        is_organisation=is_organisation,
        easy_read=easy_read,
        language=language,
        late_pass_id=late_pass.id if late_pass is not None else None,
        questionnaire_version=consultation.questionnaire_version,
        letters=0,
        created_at=now,
        saved_at=now,
    )
    db.add(draft)
    db.flush()
    return draft


def reopen(db: Session, keys: Keys, response: Response, now: datetime) -> Draft:
    """A draft of what was sent, to send it again changed. Its owner came by the link of the receipt."""
    consultation = db.get_one(Consultation, response.consultation_id)
    if response.state != "submitted":
        raise ResponseEnded(consultation=consultation.id)
    late_pass = db.get(LatePass, response.late_pass_id) if response.late_pass_id else None
    if refusal_to_send(consultation, late_pass, now) is not None:
        raise TooLateToChange(consultation=consultation.id)
    draft = start(
        db,
        consultation,
        language=response.language,
        now=now,
        is_organisation=response.is_organisation,
        easy_read=response.easy_read,
        account_id=response.account_id,
        late_pass=late_pass,
    )
    draft.amends_id, draft.proven_at = response.id, now
    person = db.get(Respondent, response.id)
    facts = open_respondent(keys, response.id, person.sealed) if person is not None else {}
    canonical = read_address(facts["email"]).canonical if facts.get("email") else ""
    draft.sealed = seal_draft(keys, draft.id, **(NOBODY | facts | {"canonical": canonical}))
    _fill(db, draft, response, now)
    return draft


def _fill(db: Session, draft: Draft, response: Response, now: datetime) -> None:
    version = db.get_one(ResponseVersion, (response.id, response.version))
    asked = questionnaire(db, draft.consultation_id, draft.questionnaire_version)
    answers = {int(number): answer for number, answer in msgspec.json.decode(version.answers).items()}
    typed = typed_of(asked, answers)
    for page in asked.pages:
        mine = {name: value for name, value in typed.items() if _belongs(name, {q.id for q in page.questions})}
        _store(db, draft, page.id, mine, "", now)
    about = {"consent": response.consent, "news": "yes" if response.notify else "no"}
    _store(db, draft, ABOUT, about, "", now)


def _belongs(name: str, questions: set[int]) -> bool:
    number = name.removeprefix("q").partition("_")[0]
    return is_whole(number) and int(number) in questions


def save(
    db: Session,
    draft_id: int,
    typed: Mapping[int, Mapping[str, Any]],
    seen: Mapping[int, int],
    *,
    by: str,
    now: datetime,
) -> Draft:
    """Keep these pages as they were typed; raises :class:`PageChanged` where one was written since it was seen.

    The same words again change nothing: a form that is sent twice is stored once.
    """
    draft = _locked(db, draft_id)
    stored = drafts.pages(db, draft_id)
    meant = {page: words for page, words in typed.items() if page not in stored or stored[page].typed != words}
    changed = {page: stored[page] for page in meant if page in stored and stored[page].revision != seen.get(page, 0)}
    if changed:
        raise PageChanged(changed)
    for page, words in meant.items():
        _store(db, draft, page, words, by[:MOST_BY], now)
    return draft


def say_who(db: Session, keys: Keys, draft: Draft, *, name: str, email: str, organisation: str) -> None:
    """Name, address and organisation as typed, sealed beside the draft. A proven address stays."""
    before = open_draft(keys, draft.id, draft.sealed) if draft.sealed else NOBODY
    canonical = _canonical(email)
    if draft.proven_at is not None and before["email"]:
        email, canonical = before["email"], before["canonical"]
    facts = {"name": name[:400], "email": email[:400], "canonical": canonical, "organisation": organisation[:400]}
    draft.sealed = seal_draft(keys, draft.id, **facts)
    db.flush()


def send_link(
    db: Session, keys: Keys, policy: ConsultationPolicy, draft_id: int, email: str, *, organisation: str, now: datetime
) -> bool:
    """A letter with the link to go on from any device; False where this draft, or the mailbox, has had enough.

    Once its owner has come by the link, the letter goes to the same address only.
    """
    draft = _locked(db, draft_id)
    facts = dict(NOBODY | (open_draft(keys, draft.id, draft.sealed) if draft.sealed else {}))
    address = read_address(email)
    if draft.proven_at is None or not facts["email"]:
        facts |= {"email": address.display, "canonical": address.canonical}
    if organisation:
        facts["organisation"] = organisation[:400]
    draft.sealed, draft.saved_at = seal_draft(keys, draft.id, **facts), now
    mailbox = mailbox_key(keys, read_address(facts["email"]))
    if draft.letters >= policy.letters_a_response or mail.room_in_mailboxes(db, [mailbox], now)[mailbox] <= 0:
        db.flush()
        return False
    draft.letters += 1
    db.flush()
    mail.queue(db, [mail.row(SAVED_LETTER, (DRAFT, draft.id), now) | {"language": draft.language}])
    mail.count_letters(db, {mailbox: 1}, now)
    return True


def keep_file(
    db: Session, draft_id: int, page: int, name: str, upload: Upload, *, by: str, most: int, now: datetime
) -> None:
    """Checked, kept for this draft, and noted under its field; raises Invalid that names the field."""
    draft = _locked(db, draft_id)
    stored = drafts.pages(db, draft_id)
    typed = dict(stored[page].typed) if page in stored else {}
    if len(typed.get(name, ())) >= most:
        raise Invalid([FieldError(upload.field, _("Add {most} files or fewer").format(most=most))])
    row = files.keep(db, upload, SubjectRef(DRAFT_FILES, draft_id), title="", by=None, now=now)
    typed[name] = [*typed.get(name, ()), str(row.id)]
    _store(db, draft, page, typed, by, now)


def remove_file(db: Session, draft_id: int, file_id: int, *, now: datetime) -> None:
    """One that came with a version which was sent stays with that version."""
    try:
        files.remove(db, file_id, SubjectRef(DRAFT_FILES, draft_id), now=now)
    except NotFound:
        return


def _locked(db: Session, draft_id: int) -> Draft:
    found = db.scalars(
        select(Draft).where(Draft.id == draft_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def _store(db: Session, draft: Draft, page: int, typed: Mapping[str, Any], by: str, now: datetime) -> None:
    row = db.get(DraftPage, (draft.id, page))
    words = msgspec.json.encode(typed).decode()
    if row is None:
        db.add(DraftPage(draft_id=draft.id, page=page, revision=1, answers=words, by=by, at=now))
    else:
        row.answers, row.by, row.at, row.revision = words, by, now, row.revision + 1
    draft.saved_at = now
    db.flush()


def _canonical(email: str) -> str:
    try:
        return read_address(email).canonical
    except ValueError:
        return ""


__all__ = ["NOBODY", "Stored", "keep_file", "remove_file", "reopen", "save", "say_who", "send_link", "start"]
