"""How consultations do, as published figures."""

from __future__ import annotations

from app.core.i18n import _
from app.performance.contribution import Asking, Journey, Measure, Unit
from app.performance.queries.steps import share_of

ROOM = _("Consultations")
#: what is counted of responding: the first page, a response that is begun, and that it is sent
RESPONDING, OPENED, BEGUN, SENT = "consultations.respond", "opened", "begun", "sent"
#: asked on the page after a response was confirmed, and on its receipt
SATISFACTION = "satisfaction-responding"
ASKING = Asking(SATISFACTION, ROOM, _("After responding"), _("Asked once a response counts, and beside its receipt."))


def measures(draft_days: int) -> list[Measure]:
    """``draft_days``: how long a saved response can be gone on with, and so how long a day's figure still grows."""
    return [
        Measure(
            "responses-sent",
            ROOM,
            _("Responses that were sent"),
            _(
                "Of the responses begun on a day, how many were sent, on that day or later. What came on paper, by programs or "
                "as a change of an earlier response does not count. The newest weeks still grow: a response can be saved and gone on with."
            ),
            _(
                "Counted as responses are begun and stored, by day and nothing else: nobody is followed from step to step."
            ),
            Unit.SHARE,
            share_of(RESPONDING, SENT, BEGUN),
            (_("Sent"), _("Begun")),
            settles=draft_days,
            journey=Journey(
                RESPONDING,
                ((OPENED, _("Opened the first page")), (BEGUN, _("Began to answer")), (SENT, _("Sent it"))),
            ),
        ),
    ]
