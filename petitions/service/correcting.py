"""Correcting a published text: a new version that everyone can compare, never a silent change."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.events import announce
from app.core.freshness import touch
from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.text.plain import is_blank, length, tidy
from app.moderation.cases import note_new_text, open_case
from petitions.events import TextCorrected
from petitions.model.petition import Petition, TextVersion
from petitions.rules.lifecycle import PetitionState
from petitions.rules.texts import Texts
from petitions.service.announcing import CORRECTED, Announcing
from petitions.service.writing import write_to_creator

MOST_NOTE = 500
_CORRECTABLE = frozenset({PetitionState.OPEN, PetitionState.CLOSED})


class NotCorrectable(Conflict):
    code = "not-correctable"
    title = _("This text cannot be corrected")
    message = _(
        "Only a published petition is corrected, and this one is not public at the moment. Nothing was changed."
    )
    way_on = ("/moderation/petitions", _("Find the petition"))


class TextChanged(Conflict):
    """Somebody else corrected it between the form and its sending; the form shows both."""

    code = "text-changed"
    title = _("The text changed while you were writing")
    message = _("Nothing was stored. Compare your text with the new one below and send it again if it is still right.")


def correct(
    db: Session,
    announcing: Announcing,
    petition_id: int,
    texts: Texts,
    note: str,
    *,
    after_version: int,
    by: int,
    now: datetime,
) -> TextVersion:
    """Store checked texts as the next version, with a note that everyone reads; signers who asked are told.

    ``after_version`` is the version the corrector had read; raises :class:`TextChanged` where there is a newer one,
    unless it is what this very form published: a second click is as one.
    """
    petition = correctable(db, petition_id, lock=True)
    if (known := corrected_already(db, petition, texts, note, after_version=after_version, by=by)) is not None:
        return known
    if petition.text_version != after_version:
        raise TextChanged
    note = check_correction(petition, texts, note)
    keep_first_version(db, petition)
    version = _next_version(db, petition, texts, note, by, now)
    _tell(db, announcing, petition, version, by, now)
    announce(db, TextCorrected(petition.id, version.version, now))
    subject, facts = SubjectRef("petition", petition.id), {"version": version.version}
    # a second person looks at it, and nobody at their own
    open_case(db, subject, texts.digest, now, origin="edit", author_id=by, excerpt=texts.action)
    note_new_text(db, subject, texts.digest, now)
    audit.record(db, "petitions.correct", subject, by=by, now=now, facts=facts)
    touch(db, "petitions", f"petition:{petition.id}")
    return version


def corrected_already(
    db: Session, petition: Petition, texts: Texts, note: str, *, after_version: int, by: int
) -> TextVersion | None:
    """The version that the same form has published before, where it is the newest."""
    version = db.get(TextVersion, (petition.id, after_version + 1))
    if version is None or version.version != petition.text_version or version.by_id != by:
        return None
    return version if texts == texts_of(petition) and version.note == tidy(note) else None


def correctable(db: Session, petition_id: int, *, lock: bool = False) -> Petition:
    """A petition whose published text may be corrected, locked where it is about to be."""
    wanted = select(Petition).where(Petition.id == petition_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True)
    petition = db.scalar(wanted.execution_options(populate_existing=True))
    if petition is None:
        raise NotFound
    if petition.state not in _CORRECTABLE:
        raise NotCorrectable
    return petition


def check_correction(petition: Petition, texts: Texts, note: str) -> str:
    """The note as it is stored; :class:`Invalid` where nothing changes or nobody would know why."""
    note, faults = tidy(note), []
    if texts == texts_of(petition):
        faults.append(FieldError("action", _("Change something: the text is as it was.")))
    if is_blank(note):
        faults.append(FieldError("note", _("Say what was wrong. Everyone can read it.")))
    elif length(note) > MOST_NOTE:
        faults.append(FieldError("note", _("Keep the note to 500 characters.")))
    if faults:
        raise Invalid(faults)
    return note


def texts_of(petition: Petition) -> Texts:
    return Texts(petition.action, petition.background, petition.additional_details)


def keep_first_version(db: Session, petition: Petition) -> None:
    """An import came without versions: what it says becomes the first one."""
    if petition.text_version == 0:
        petition.text_version = 1
        old, at = texts_of(petition), petition.opened_at or petition.created_at
        db.add(TextVersion(petition_id=petition.id, version=1, digest=old.digest, at=at, **old._asdict()))


def _next_version(db: Session, petition: Petition, texts: Texts, note: str, by: int, now: datetime) -> TextVersion:
    petition.action, petition.background, petition.additional_details = texts
    petition.text_version += 1
    petition.text_digest, petition.updated_at = texts.digest, now
    version = TextVersion(
        petition_id=petition.id,
        version=petition.text_version,
        digest=texts.digest,
        at=now,
        note=note,
        by_id=by,
        **texts._asdict(),
    )
    db.add(version)
    db.flush()
    return version


def _tell(
    db: Session, announcing: Announcing, petition: Petition, version: TextVersion, by: int, now: datetime
) -> None:
    """The creator at once, signers who asked for news when news leaves."""
    write_to_creator(db, petition, "petitions/mail/corrected_creator", now, about=version.version)
    announcing.tell_signers(db, petition.id, CORRECTED, version.version, now, by=by)
