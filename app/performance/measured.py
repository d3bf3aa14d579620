"""The house's own measures: how long people wait for a decision, and for a letter."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.mail.postman import FIRST, PROMPT, WAITED_FOR
from app.moderation import figures
from app.performance.contribution import Measure, Times, Unit
from app.performance.queries.steps import share_of
from app.performance.rules.periods import Span


def measures() -> list[Measure]:
    return [
        Measure(
            "moderation-times",
            _("Moderation"),
            _("How long texts wait to be checked"),
            _(
                "From the moment a petition, a comment, a question or another text comes in until a moderator decides. Half "
                "were decided within the first time, nine in ten within the second. Reports, appeals and what was taken "
                "down at once do not count, nor does what was undone."
            ),
            _("The public log of decisions, which nobody can change."),
            Unit.TIME,
            _waits,
            (_("Texts decided"),),
            leads=True,
        ),
        Measure(
            "letters-within-a-minute",
            _("Letters"),
            _("Letters that left within a minute"),
            _(
                "Of the letters that somebody waits for, such as the one to confirm a signature, how many the mail server had "
                "taken a minute after they were asked for. News does not count. What other mail servers do with a letter we do not see."
            ),
            _("Counted when a letter leaves, by day and nothing else."),
            Unit.SHARE,
            share_of(WAITED_FOR, PROMPT, FIRST),
            (_("Within a minute"), _("Letters that left")),
        ),
    ]


def _waits(db: Session, span: Span) -> Times:
    found = figures.times(db, (span.begin, span.end))
    return Times(found.count, found.median, found.ninetieth) if found is not None else Times(0, 0, 0)
