"""What officials write at before it is published: the working copy of a draft text, and what its editing refuses."""

from __future__ import annotations

import msgspec

from app.core.errors import BadField, Conflict
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy_line
from consultations.rules.clauses import Block
from consultations.rules.lifecycle import EditorialState
from consultations.rules.mapping import Mapping

E = EditorialState
#: before the consultation is reviewed, and, for a new version, as long as the public reads it
WRITABLE = frozenset({E.DRAFT, E.PUBLISHED})
MOST_TITLE, MOST_TEXTS = 200, 20
COMMENTS = {
    "before": _("Yes: a moderator checks every comment before it is published"),
    "after": _("Yes: comments are published at once and checked afterwards"),
    "off": _("No"),
}


class Working(msgspec.Struct, frozen=True):
    """``blocks`` as read from what was typed; ``mapping`` to the published version, ``confirmed`` by a person."""

    blocks: tuple[Block, ...] = ()
    mapping: Mapping | None = None
    confirmed: bool = False


class TextFixed(Conflict):
    """Somebody tries to change what was published."""

    code = "text-fixed"
    title = _("A published version stays as it is")
    message = _(
        "Nothing was changed: comments quote version {version}. Make a new version with the changed text instead."
    )
    way_on = ("/hosting/consultations/{consultation}/text/{number}", _("Make a new version"))


class TextBeingReviewed(Conflict):
    code = "text-being-reviewed"
    title = _("This text cannot be changed now")
    message = _("Nothing was stored. Its consultation is being reviewed or is over; take it back to draft first.")
    way_on = ("/hosting/consultations/{consultation}/text", _("Back to the draft texts"))


class TextChangedMeanwhile(Conflict):
    """A colleague stored another working copy since the form was made."""

    code = "text-changed-meanwhile"
    title = _("A colleague has changed this text meanwhile")
    message = _("Nothing was stored. Your text is below: put your changes into the newer one.")
    way_on = ("/hosting/consultations/{consultation}/text/{number}", _("Look at the newer text"))


class NotMapped(Conflict):
    code = "text-not-mapped"
    title = _("Say first where each clause came from")
    message = _("Nothing was published. Comments stay with their clause: confirm the clauses of the new version first.")
    way_on = ("/hosting/consultations/{consultation}/text/{number}/mapping", _("Confirm the clauses"))


class NothingWritten(Conflict):
    code = "text-nothing-written"
    title = _("There is no new text")
    message = _("Nothing was published. Write or paste the text first.")
    way_on = ("/hosting/consultations/{consultation}/text/{number}", _("Write the text"))


class TooManyTexts(Conflict):
    code = "text-too-many"
    title = _("This consultation has as many texts as fit")
    message = _("Nothing was stored. Put the rest into one of the texts that are there.")
    way_on = ("/hosting/consultations/{consultation}/text", _("Back to the draft texts"))


def read_title(text: str) -> str:
    title = tidy_line(text)
    if is_blank(title):
        raise BadField(str(_("Give the text a title, such as Draft toll order.")))
    if length(title) > MOST_TITLE:
        raise BadField(_("Keep the title to {most} characters.").format(most=MOST_TITLE))
    return title
