"""What a department does with the comments on a clause, and when its answers may be published."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from app.core.errors import BadField, Conflict
from app.core.i18n import _
from app.core.text.plain import is_blank, length, tidy
from consultations.rules.lifecycle import EditorialState, Phase, phase_of

MOST_REASON, MOST_NOTE = 4_000, 2_000


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    PARTLY = "partly"
    NOT = "not"


VERDICT_NAMES = {
    Verdict.ACCEPTED: _("Accepted"),
    Verdict.PARTLY: _("Partly accepted"),
    Verdict.NOT: _("Not accepted"),
}


class StillOpen(Conflict):
    code = "text-still-open"
    title = _("This consultation is still open")
    message = _("Nothing was published. Publish the answers to the draft once nobody can comment any more.")
    way_on = ("/desk/consultations/{consultation}/text", _("Back to the draft text"))


class NothingToPublish(Conflict):
    code = "text-no-answers"
    title = _("There is nothing new to publish")
    message = _("Say of a clause what you do with the comments on it first.")
    way_on = ("/desk/consultations/{consultation}/text", _("Back to the draft text"))


class DisposedMeanwhile(Conflict):
    """Somebody else of the department stored an answer to this clause since the page was made."""

    code = "clause-disposed-meanwhile"
    title = _("A colleague has answered this clause meanwhile")
    message = _("Nothing was stored. Copy your words and look at the newer answer.")
    way_on = ("/desk/consultations/{consultation}/text/{clause}", _("Look at the newer answer"))


def may_publish_answers(consultation: Any, now: Any) -> bool:
    """Once nobody can comment any more: closed, or withdrawn."""
    if consultation.state == EditorialState.WITHDRAWN:
        return True
    return consultation.state == EditorialState.PUBLISHED and phase_of(consultation, now) in (
        Phase.CLOSED,
        Phase.OUTCOME,
    )


def read_verdict(text: str) -> Verdict:
    try:
        return Verdict(text)
    except ValueError:
        raise BadField(str(_("Say whether you accept what was said about it."))) from None


def read_reason(text: str) -> str:
    reason = tidy(text)
    if is_blank(reason):
        raise BadField(str(_("Give the reason: those who commented read it.")))
    if length(reason) > MOST_REASON:
        raise BadField(_("Keep the reason to {most} characters.").format(most=f"{MOST_REASON:,}"))
    return reason


def read_note(text: str) -> str:
    """What changed; may be empty where nothing stood before."""
    note = tidy(text)
    if length(note) > MOST_NOTE:
        raise BadField(_("Keep the note to {most} characters.").format(most=f"{MOST_NOTE:,}"))
    return "" if is_blank(note) else note


def read_change_note(text: str) -> str:
    if not (note := read_note(text)):
        raise BadField(str(_("Say what changed. Everyone reads it beside the new version.")))
    return note
