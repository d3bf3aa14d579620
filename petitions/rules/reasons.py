"""Why staff act on a signature or a source: a class of reason, or words for the record; and what staff call its state."""

from __future__ import annotations

import re

from app.core.errors import BadField
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy_line
from petitions.rules.lifecycle import SignatureState

LEAST_WORDS, MOST_WORDS = 10, 200
_ADDRESS = re.compile(r"\S@\S")
STATE_NAMES = {
    SignatureState.PENDING: _("Not confirmed yet"),
    SignatureState.VALIDATED: _("Counted"),
    SignatureState.HELD: _("Held"),
    SignatureState.INVALIDATED: _("Invalidated"),
    SignatureState.WITHDRAWN: _("Withdrawn"),
}
#: why a signature ends, as staff choose it
END_REASONS = {
    "duplicate": _("The same person signed more than once"),
    "automated": _("A program signed, not a person"),
    "outside-eligibility": _("The signer may not sign petitions here"),
    "asked-for-by-signer": _("The signer asked us to remove it"),
    "other": _("Another reason"),
}
#: all classes there are; the first three are their signers' own doing
END_NAMES = {
    "withdrawn": _("Withdrawn by the signer"),
    "not-me": _("“This was not me”"),
    "corrected": _("Lapsed: the address was corrected"),
    **END_REASONS,
}


def read_words(text: str) -> str:
    """10 to 200 characters on one line, without anybody's address: the record never forgets. Raises BadField."""
    words = tidy_line(text)
    if is_blank(words) or length(words) < LEAST_WORDS:
        raise BadField(_("Say why, in 10 to 200 characters. It is kept on record."))
    if length(words) > MOST_WORDS:
        raise BadField(_("Keep it to 200 characters. It is kept on record."))
    if _ADDRESS.search(words):
        raise BadField(_("Leave email addresses out of it: it is kept on record."))
    return words


def read_end_reason(text: str) -> str:
    """One of the classes that staff may choose. Raises BadField."""
    if text not in END_REASONS:
        raise BadField(_("Choose why the signature ends."))
    return text


def read_note(text: str, reason: str) -> str:
    """More words, which only "other" needs. Raises BadField."""
    return read_words(text) if reason == "other" or not is_blank(text) else ""
