"""How soon departments answer, as published figures.

It stands here because what is owed and what is measured are neighbours that do not know each other.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.outcomes.queries import measured
from app.performance.contribution import Asking, Measure, Share, Times, Unit
from app.performance.rules.periods import Span

ROOM = _("Answers from departments")
#: an answer that was sent back months ago counts on the day on which it is given anew, and no longer on the first one
SETTLES = 366
ASKING = Asking(
    "satisfaction-answers",
    ROOM,
    _("After an answer"),
    _("Asked of those who said whether an answer addresses what they had asked."),
)


def measures() -> list[Measure]:
    return [
        Measure(
            "answer-times",
            ROOM,
            _("How long answers take"),
            _(
                "From the day a matter came to a department until the answer that stands. Half were given within the first "
                "time, nine in ten within the second. Answers that were given on another system before it was imported here are not measured."
            ),
            _("The record of what was referred to departments, and when they answered."),
            Unit.TIME,
            _times,
            (_("Answers"),),
            settles=SETTLES,
            leads=True,
        ),
        Measure(
            "answers-on-time",
            ROOM,
            _("Answers given on time"),
            _(
                "Of the answers given in a month that had a due day, how many came by that day. A day that was put off counts as it "
                "stands now; of an answer sent back, the day that stood when it was given. What is late and not answered yet is on each department's page."
            ),
            _("The record of what was referred to departments, and when they answered."),
            Unit.SHARE,
            _on_time,
            (_("On time"), _("Answers with a due day")),
            settles=SETTLES,
        ),
    ]


def _times(db: Session, span: Span) -> Times:
    return Times(*measured.times(db, span.begin, span.end))


def _on_time(db: Session, span: Span) -> Share:
    return Share(*measured.on_time(db, span.begin, span.end))
