"""A consultation's story as dated steps: its own life beside its way through departments, what is to come last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from app.core.i18n import _
from app.core.web.page import Pages
from app.outcomes.trail import Duties, Step, in_order, steps_of
from consultations.model import Consultation, DateChange
from consultations.rules.lifecycle import EditorialState as E


def trail(
    consultation: Consultation, changes: Sequence[DateChange], duties: Duties, pages: Pages, now: datetime
) -> list[Step]:
    """Oldest first; what departments owe and did comes from the outcomes."""
    owed = steps_of(duties, pages, now, pages.settings.zone)
    return in_order([*_of_its_life(consultation, changes, pages, now), *owed])


def _of_its_life(
    consultation: Consultation, changes: Sequence[DateChange], pages: Pages, now: datetime
) -> Iterator[Step]:
    opens, closes = consultation.opens_at, consultation.closes_at
    if consultation.published_at:
        yield Step(consultation.published_at, str(_("Published")), "published")
    stands = consultation.state != E.WITHDRAWN
    if opens and (stands or opens <= now):
        yield Step(opens, str(_("Opened") if opens <= now else _("Opens")), "opened", "done" if opens <= now else "due")
    for change in changes:
        if change.reopened:
            yield Step(change.closes_before, str(_("Closed")), f"closed-{change.id}")
        words = _("Opened again until {after}") if change.reopened else _("Closing put off from {before} to {after}")
        text = words.format(
            before=pages.say_instant(change.closes_before), after=pages.say_instant(change.closes_after)
        )
        yield Step(change.at, text, f"date-{change.id}", note=change.reason)
    if closes and (stands or closes <= now):
        over = closes <= now
        at = closes if over else closes - timedelta(seconds=1)
        yield Step(at, str(_("Closed") if over else _("Closes")), "closed", "done" if over else "due")
    if consultation.withdrawn_at:
        yield Step(consultation.withdrawn_at, str(_("Withdrawn")), "withdrawn", note=consultation.withdrawn_reason)
    if consultation.analysing_at:
        yield Step(consultation.analysing_at, str(_("The department began to read the responses")), "analysing")
    if consultation.feedback_at:
        yield Step(consultation.feedback_at, str(_("What people said was published")), "feedback")
