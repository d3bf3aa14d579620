"""Which consultation an address means, and whether its text may be read there."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from app.core.errors import Gone, NotFound
from app.core.i18n import _
from app.core.text.figures import is_whole
from consultations.model import Consultation
from consultations.rules.lifecycle import READABLE, EditorialState

JSON: Final = "application/json; charset=utf-8"
#: any page of any site may read it
OPEN_DATA: Final = {"access-control-allow-origin": "*"}


class ConsultationUnpublished(Gone):
    code = "consultation-unpublished"
    title = _("This consultation is no longer published")
    message = _("It was here once. Its department took it off this site.")
    way_on = ("/consultations", _("Look at other consultations"))


def consultation_id_of(ref: str) -> int:
    """The number in an address; anything else is no consultation."""
    if not is_whole(ref):
        raise NotFound
    return int(ref)


def readable(db: Session, ref: str) -> Consultation:
    """One whose text is public, else 404, or 410 where it was unpublished."""
    return readable_id(db, consultation_id_of(ref))


def readable_id(db: Session, consultation_id: int) -> Consultation:
    """The same, of a number."""
    found = db.get(Consultation, consultation_id)
    if found is not None and found.state == EditorialState.UNPUBLISHED:
        raise ConsultationUnpublished
    if found is None or found.state not in READABLE:
        raise NotFound
    return found
