"""The house's own open data: departments, and how moderators decided. Nothing here names anybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.departments import queries as departments
from app.moderation import figures
from app.opendata.contribution import At, Column, Dataset, Feed, Frequency, Kind, Some


def _departments(db: Session, at: At, _cursor: Any, _most: int) -> Some:
    rows = [
        (d.slug, d.name, f"{at.base_url}/departments/{d.slug}", d.created_at, d.dissolved_at)
        for d in sorted(departments.all_of_them(db), key=lambda d: d.slug)
    ]
    return Some(rows, None)


def _decisions(db: Session, at: At, cursor: Any, _most: int) -> Some:
    """One month at a time, the oldest first; what was undone is in none."""
    months = [month for month in sorted(figures.months(db, at.zone)) if cursor is None or month > cursor]
    if not months:
        return Some((), None)
    month = months[0]
    counted = figures.counts(db, figures.read_month(month, at.zone))
    rows = [(month, kind, decision, rule or "none", count) for kind, decision, rule, count in counted]
    return Some(rows, month if len(months) > 1 else None)


def _first_decision(db: Session, at: At) -> date | None:
    months = figures.months(db, at.zone)
    return date.fromisoformat(f"{months[-1]}-01") if months else None


def _first_department(db: Session, at: At) -> date | None:
    founded: list[datetime] = [d.created_at for d in departments.all_of_them(db)]
    return min(founded).astimezone(at.zone).date() if founded else None


DATASETS = (
    Dataset(
        key="departments",
        title=_("Departments"),
        about=_("Who answers here: every department, those that are dissolved too."),
        columns=(
            Column("department", Kind.TEXT, _("Its short name, by which every other table calls it."), required=True),
            Column("name", Kind.TEXT, _("Its name."), required=True),
            Column("url", Kind.LINK, _("Its page: what it owes, answered and promised."), required=True),
            Column("since", Kind.INSTANT, _("When it was entered here."), required=True),
            Column("dissolved_at", Kind.INSTANT, _("When it was dissolved.")),
        ),
        keyed_by=("department",),
        rows=_departments,
        page="/departments",
        keywords=(_("departments"), _("government")),
        frequency=Frequency.IRREGULAR,
        since=_first_department,
    ),
    Dataset(
        key="moderation-decisions",
        title=_("Decisions of moderators"),
        about=_("How often moderators decided what about which kind of text, and by which rule, month by month."),
        columns=(
            Column("month", Kind.TEXT, _("The month, such as 2026-03, in local time."), required=True),
            Column("kind", Kind.TEXT, _("What kind of text was judged."), required=True),
            Column("decision", Kind.TEXT, _("What was decided."), required=True),
            Column("rule", Kind.TEXT, _("The rule that was named; none where no rule was broken."), required=True),
            Column("decisions", Kind.NUMBER, _("How often."), unit=_("decisions"), required=True),
        ),
        keyed_by=("month", "kind", "decision", "rule"),
        rows=_decisions,
        page="/standards/log",
        keywords=(_("moderation"), _("transparency")),
        since=_first_decision,
    ),
)
FEEDS = (
    Feed(_("Outcomes: what was answered last"), "/outcomes.atom", "Atom"),
    Feed(_("Days on which answers and promises are due"), "/calendar.ics", "iCalendar"),
)
