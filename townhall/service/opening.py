"""What of town halls is open to everybody's programs: tables, feeds, and one hall on the pages of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.opendata.contribution import At, Column, Dataset, Feed, Kind, Widget
from townhall.model import Hall
from townhall.queries import datasets, halls
from townhall.rules.lifecycle import HallState

#: an instant in words, in the zone of the site
Say = Callable[[datetime], str]
_KEYWORDS = (_("town halls"), _("participation"))
_HALL = Column("townhall", Kind.NUMBER, _("Its number, see the table of town halls."), required=True)
DATASETS = (
    Dataset(
        key="townhalls",
        title=_("Town halls"),
        about=_("Every town hall that was announced: when, who led it, who could take part, what access there was."),
        columns=(
            Column("id", Kind.NUMBER, _("Its number."), required=True),
            Column("url", Kind.LINK, _("Its page."), required=True),
            Column("state", Kind.TEXT, _("scheduled, live, ended or cancelled."), required=True),
            Column("title", Kind.TEXT, _("Its title."), required=True),
            Column("summary", Kind.TEXT, _("What it is about, in one sentence.")),
            Column("department", Kind.TEXT, _("The short name of the department that leads."), required=True),
            Column("starts_at", Kind.INSTANT, _("When it was to begin."), required=True),
            Column("ends_at", Kind.INSTANT, _("When it was to end."), required=True),
            Column("started_at", Kind.INSTANT, _("When it began.")),
            Column("ended_at", Kind.INSTANT, _("When it ended.")),
            Column(
                "entry", Kind.TEXT, _("registered: a confirmed address each; open: anybody's browser."), required=True
            ),
            Column("venue", Kind.TEXT, _("Where people could come in person.")),
            Column("captions", Kind.TEXT, _("Captions, where there were any.")),
            Column("sign_language", Kind.TEXT, _("Sign language, where there was any.")),
            Column("cancelled_reason", Kind.TEXT, _("Why it did not take place.")),
        ),
        keyed_by=("id",),
        rows=datasets.halls,
        page="/townhalls?state=all",
        keywords=_KEYWORDS,
        since=datasets.first_day,
    ),
    Dataset(
        key="townhall-questions",
        title=_("Questions in town halls"),
        about=_("What people asked in town halls that are over, how many wanted to know it too, and the answer."),
        columns=(
            _HALL,
            Column("question", Kind.NUMBER, _("Its number."), required=True),
            Column("text", Kind.TEXT, _("Its words."), required=True),
            Column("votes", Kind.NUMBER, _("How many people wanted it answered."), unit=_("people"), required=True),
            Column("joined_to", Kind.NUMBER, _("The question that it was joined to.")),
            Column("answered_in_the_hall", Kind.YES_NO, _("It was answered aloud."), required=True),
            Column("department", Kind.TEXT, _("The short name of the department that it was left to.")),
            Column("answer", Kind.TEXT, _("What that answered in writing, in one sentence.")),
            Column("answered", Kind.YES_NO, _("It was answered, in whichever way."), required=True),
        ),
        keyed_by=("question",),
        rows=datasets.questions,
        page="/townhalls?state=past",
        keywords=(*_KEYWORDS, _("questions")),
        since=datasets.first_day,
    ),
    Dataset(
        key="townhall-polls",
        title=_("Polls in town halls"),
        about=_("Results of polls that were revealed, a line for each option, number or word."),
        columns=(
            _HALL,
            Column("poll", Kind.NUMBER, _("Its number."), required=True),
            Column("line", Kind.NUMBER, _("1, 2, 3 … of this poll."), required=True),
            Column("kind", Kind.TEXT, _("What kind of poll."), required=True),
            Column("question", Kind.TEXT, _("What was asked."), required=True),
            Column("people", Kind.NUMBER, _("How many answered it."), unit=_("people"), required=True),
            Column("option", Kind.TEXT, _("The option, number or word.")),
            Column("chosen", Kind.NUMBER, _("How many chose it."), unit=_("people")),
            Column("percent", Kind.DECIMAL, _("Of those who answered."), unit="%"),
            Column("points", Kind.NUMBER, _("Of a ranking.")),
        ),
        keyed_by=("poll", "line"),
        rows=datasets.polls,
        page="/townhalls?state=past",
        keywords=(*_KEYWORDS, _("results")),
        since=datasets.first_day,
    ),
)
FEEDS = (
    Feed(_("Town halls: the newest"), "/townhalls.atom", "Atom"),
    Feed(_("Town halls in your calendar"), "/townhalls.ics", "iCalendar"),
)


def widget(say: Say, db: Session, number: int, at: At) -> Widget | None:
    """One hall as other sites show it: when it is, and the way there."""
    hall = halls.readable_hall(db, number)
    if hall is None:
        return None
    figure, action = _standing(hall)
    starts = say(hall.starts_at) if hall.starts_at else ""
    return Widget(
        title=hall.title,
        page=f"/townhalls/{hall.id}",
        action=action,
        figure=figure,
        figure_words="",
        lines=[line for line in (starts, hall.venue) if line],
        keys=(f"townhall:{hall.id}",),
    )


def _standing(hall: Hall) -> tuple[str, str]:
    """In words, and what its link says."""
    match hall.state:
        case HallState.LIVE:
            return str(_("Live now")), str(_("Join in"))
        case HallState.SCHEDULED:
            return str(_("Town hall")), str(_("Register"))
        case HallState.CANCELLED:
            return str(_("Cancelled")), str(_("Read why"))
    return str(_("Over")), str(_("Read what was asked and answered"))
