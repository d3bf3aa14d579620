"""What the links of signers' letters lead to."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import Gone, NotFound
from app.core.i18n import _
from petitions import queries
from petitions.mails import CONFIRM, NOT_ME
from petitions.model.petition import Petition
from petitions.model.signature import Signature
from petitions.rules.eligibility import ConfirmationUnknown
from petitions.rules.lifecycle import PetitionState


def behind_link(state: Any, db: Session, purpose: str, token: str) -> tuple[Signature, Petition]:
    """The signature that a link of a letter is about, and its petition."""
    signature_id = state.keyring.read_token(purpose, token)
    signature = queries.signature(db, signature_id) if signature_id is not None else None
    if signature is None:
        raise ConfirmationUnknown if purpose == CONFIRM else SignatureLinkUnknown
    petition = db.get_one(Petition, signature.petition_id)
    if petition.state == PetitionState.HIDDEN and purpose != NOT_ME:  # nobody loses the way to disown a signature
        raise SignatureOfRemoved
    return signature, petition


class SignatureLinkUnknown(NotFound):
    """Of a signature that may be counted long since: whoever wants to take it back does not sign again."""

    code = "signature-link-unknown"
    title = _("We do not know this link")
    message = _(
        "Check that you copied all of it from the letter. If that does not help, ask for a new letter: it shows "
        "everything that was signed with your address, and there you can take a signature back."
    )
    way_on = ("/mine", _("Send me a new letter"))


class SignatureOfRemoved(Gone):
    code = "petition-removed"
    title = _("This petition has been removed")
    message = _("It broke the published standards, so it no longer takes signatures and this link does nothing.")
    way_on = ("/standards", _("Read the standards"))
