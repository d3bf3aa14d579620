"""How people react without words. Counted, never told whose they are."""

from __future__ import annotations

from enum import StrEnum

from app.core.i18n import _


class Reaction(StrEnum):
    APPLAUSE = "applause"
    AGREE = "agree"
    DISAGREE = "disagree"
    HEART = "heart"
    THINKING = "thinking"


REACTION_NAMES = {
    Reaction.APPLAUSE: _("Applause"),
    Reaction.AGREE: _("Agree"),
    Reaction.DISAGREE: _("Disagree"),
    Reaction.HEART: _("Heart"),
    Reaction.THINKING: _("Thinking"),
}
