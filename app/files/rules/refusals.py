"""Why a file is not taken, each in a sentence that says what to do."""

from __future__ import annotations

from enum import StrEnum

from app.core.i18n import Phrase, _


class Reason(StrEnum):
    """A code for the record; :data:`WORDS` says it to people."""

    EMPTY = "empty"
    UNKNOWN = "unknown"
    NOT_HERE = "not-here"
    ENDING = "ending"
    OLD_OFFICE = "old-office"
    MARKUP = "markup"
    ENCRYPTED = "encrypted"
    MACROS = "macros"
    ACTIVE = "active"
    LOADS = "loads"
    HOLDS_FILES = "holds-files"
    TWO_IN_ONE = "two-in-one"
    BOMB = "bomb"
    PIXELS = "pixels"
    MOVING = "moving"
    DAMAGED = "damaged"
    INFECTED = "infected"


#: ``{kind}`` is what the file is, ``{ending}`` how its name ends
WORDS: dict[Reason, Phrase] = {
    Reason.EMPTY: _("The file is empty. Choose another one."),
    Reason.UNKNOWN: _("This kind of file cannot be taken. Save it as PDF, for example, and choose that."),
    Reason.NOT_HERE: _("A file of this kind ({kind}) cannot be used here. The help above the field says which can."),
    Reason.ENDING: _("The file's name ends in .{ending}, but what is in it is another kind: {kind}. Rename or save it again so that the two agree."),
    Reason.OLD_OFFICE: _("The file has an older Office format, or a password. Save it without a password as .docx, .xlsx, .pptx or PDF."),
    Reason.MARKUP: _("The file is a web page, a drawing or a program in text form. Save it as PDF, for example, and choose that."),
    Reason.ENCRYPTED: _("The file is protected by a password or a right. Save it without protection: everyone must be able to read it."),
    Reason.MACROS: _("The file has macros. Save it without them, for example as PDF."),
    Reason.ACTIVE: _("The file has something in it that runs when it is opened. Save it without that, for example by printing it to a PDF."),
    Reason.LOADS: _("The file loads something from elsewhere when it is opened. Put it into the file itself, or save it as PDF."),
    Reason.HOLDS_FILES: _("The file has other files or programs inside it. Send those one by one, and this one without them."),
    Reason.TWO_IN_ONE: _("The file is of two kinds at once, or something is attached behind its end. Save it again."),
    Reason.BOMB: _("Unpacked, the file is far too large. Make it smaller, or save it as PDF."),
    Reason.PIXELS: _("The picture has more than 30 million pixels. Make it smaller and choose it again."),
    Reason.MOVING: _("The picture moves. Choose one that stands still."),
    Reason.DAMAGED: _("The file is damaged or incomplete. Open it, save it again and choose that."),
    Reason.INFECTED: _("Harmful software was found in the file."),
}  # fmt: skip


#: what is said where only tables are taken, in the place of advice to save it as PDF
NO_TABLE = _("This is no table that can be read. Save it as an Excel workbook (.xlsx), without macros or a password, or as CSV in UTF-8, and choose that.")  # fmt: skip
_HELPED_BY_PDF = frozenset(
    {Reason.UNKNOWN, Reason.OLD_OFFICE, Reason.MARKUP, Reason.MACROS, Reason.ACTIVE, Reason.LOADS, Reason.BOMB}
)


class Unfit(Exception):
    """A file that is not taken, and why."""

    def __init__(self, reason: Reason, **values: str) -> None:
        self.reason, self.values = reason, values
        super().__init__(reason)

    @property
    def sentence(self) -> str:
        return WORDS[self.reason].format(**self.values)

    def advice(self, *, tables: bool) -> str:
        """What to do; ``tables``: nothing but tables is taken there."""
        return str(NO_TABLE) if tables and self.reason in _HELPED_BY_PDF else self.sentence
