"""What of consultations is open to everybody's programs: tables, feeds, and one of them on the pages of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.opendata.contribution import At, Column, Dataset, Feed, Kind, Widget
from consultations.model import Consultation
from consultations.queries import datasets, public_consultation
from consultations.rules.lifecycle import EditorialState, Phase, next_turn, phase_of
from consultations.rules.showing import shown_count

#: an instant in words, in the zone of the site
Say = Callable[[datetime], str]
_KEYWORDS = (_("consultations"), _("participation"))
DATASETS = (
    Dataset(
        key="consultations",
        title=_("Consultations"),
        about=_("Every consultation and call for evidence that was published: who asked, when, and how many answered."),
        columns=(
            Column("id", Kind.NUMBER, _("Its number."), required=True),
            Column("url", Kind.LINK, _("Its page."), required=True),
            Column("kind", Kind.TEXT, _("consultation or call (for evidence)."), required=True),
            Column("phase", Kind.TEXT, _("upcoming, open, closed, outcome or withdrawn."), required=True),
            Column("title", Kind.TEXT, _("Its title."), required=True),
            Column("summary", Kind.TEXT, _("What it asks, in one sentence.")),
            Column("department", Kind.TEXT, _("The short name of the department that asks."), required=True),
            Column("opens_at", Kind.INSTANT, _("From when it can be answered."), required=True),
            Column("closes_at", Kind.INSTANT, _("Until when."), required=True),
            Column(
                "responses",
                Kind.NUMBER,
                _("How many answered; empty where nobody is to know before it closes."),
                unit=_("responses"),
            ),
            Column("published_at", Kind.INSTANT, _("When it was published."), required=True),
            Column("withdrawn_at", Kind.INSTANT, _("When its department took it back.")),
            Column("feedback_at", Kind.INSTANT, _("When it was published what people said.")),
            Column("outcome_at", Kind.INSTANT, _("When it was published what is done about it.")),
        ),
        keyed_by=("id",),
        rows=datasets.consultations,
        page="/consultations?phase=all",
        keywords=_KEYWORDS,
        since=datasets.first_day,
    ),
    Dataset(
        key="consultation-figures",
        title=_("Figures of consultations"),
        about=_(
            "What closed questions came to, as it was published with what people said. Small figures are left out."
        ),
        columns=(
            Column("consultation", Kind.NUMBER, _("Its number, see the table of consultations."), required=True),
            Column("line", Kind.NUMBER, _("1, 2, 3 … of this consultation."), required=True),
            Column("question_number", Kind.NUMBER, _("What people call the question; empty: it is asked no more.")),
            Column("question", Kind.TEXT, _("Its words."), required=True),
            Column("table", Kind.TEXT, _("Which of its tables."), required=True),
            Column("row", Kind.TEXT, _("The choice, or the statement that was rated.")),
            Column("column", Kind.TEXT, _("How it was rated, where the table has columns.")),
            Column("people", Kind.NUMBER, _("How many chose that; empty where left out."), unit=_("people")),
            Column("answered", Kind.NUMBER, _("How many answered; empty where left out."), unit=_("people")),
        ),
        keyed_by=("consultation", "line"),
        rows=datasets.figures,
        page="/consultations?phase=outcome",
        keywords=(*_KEYWORDS, _("results")),
        since=datasets.first_day,
    ),
)
FEEDS = (Feed(_("Consultations: the newest"), "/consultations.atom", "Atom"),)


def widget(say: Say, db: Session, number: int, at: At) -> Widget | None:
    """One consultation as other sites show it: until when, and how many answered where that is public."""
    found = public_consultation(db, number)
    if found is None:
        return None
    figure, words = _figure(found, at.now)
    return Widget(
        title=found.title,
        page=f"/consultations/{found.id}",
        action=_action(found, at.now),
        figure=figure,
        figure_words=words,
        lines=[_line(say, found, at.now)],
        keys=(f"consultation:{found.id}",),
        good_until=next_turn(found, at.now),
    )


def _is_open(found: Consultation, now: datetime) -> bool:
    return found.state == EditorialState.PUBLISHED and phase_of(found, now) == Phase.OPEN


def _figure(found: Consultation, now: datetime) -> tuple[str, str]:
    """Days while it is open, and how many answered afterwards."""
    if _is_open(found, now) and found.closes_at is not None:
        days = -(-int((found.closes_at - now).total_seconds()) // 86_400)
        return f"{days:,}", str(_("day left to answer")) if days == 1 else str(_("days left to answer"))
    count = shown_count(found, now)
    if not count or phase_of(found, now) == Phase.UPCOMING:
        return "", ""
    return f"{count:,}", str(_("response")) if count == 1 else str(_("responses"))


def _action(found: Consultation, now: datetime) -> str:
    return str(_("Answer it")) if _is_open(found, now) else str(_("Read more"))


def _line(say: Say, found: Consultation, now: datetime) -> str:
    if found.state == EditorialState.WITHDRAWN or found.opens_at is None or found.closes_at is None:
        return str(_("Withdrawn by its department"))
    phase = phase_of(found, now)
    if phase == Phase.UPCOMING:
        return _("Opens on {at}").format(at=say(found.opens_at))
    if phase == Phase.OPEN:
        count = shown_count(found, now)
        closes = _("Closes on {at}").format(at=say(found.closes_at))
        return closes + (_(". {count} responses so far").format(count=f"{count:,}") if count else "")
    return str(_("The outcome is published")) if phase == Phase.OUTCOME else str(_("Closed. The outcome is to come"))
