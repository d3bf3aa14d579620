"""Removing what is illegal: its words as evidence, and then out of every place that repeats them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.core.i18n import _
from petitions.model.petition import JudgedText, Petition, TextVersion
from petitions.rules.texts import text_digest

#: as the petition's reason; no rule of the standards is called so
ILLEGAL = "illegal"
REMOVED = _("Removed")


def evidence_of(db: Session, petition: Petition) -> Mapping[str, str]:
    """The text as it stands, every version before it, and under whose name."""
    found = {
        "action": petition.action,
        "background": petition.background,
        "additional details": petition.additional_details,
        "started by": petition.creator_name or "",
        "started at": petition.created_at.isoformat(),
    }
    versions = select(TextVersion).where(TextVersion.petition_id == petition.id).order_by(TextVersion.version)
    for old in db.scalars(versions):
        words = (old.action, old.background, old.additional_details)
        found[f"version {old.version} of {old.at.isoformat()}"] = "\n\n".join(words)
    return found


def wipe(db: Session, petition: Petition) -> None:
    """Its words are nowhere but in the sealed evidence; number, signatures and duties stay."""
    title = str(REMOVED)
    digest = text_digest(title, "", "")
    petition.action, petition.background, petition.additional_details = title, "", ""
    petition.rejection_code, petition.rejection_details = ILLEGAL, None
    petition.staff_note = petition.public_note = ""
    if petition.text_digest is not None:
        petition.text_digest = digest
    db.execute(delete(JudgedText).where(JudgedText.petition_id == petition.id))
    words = {"action": title, "background": "", "additional_details": "", "note": "", "digest": digest}
    db.execute(update(TextVersion).where(TextVersion.petition_id == petition.id).values(words))
