"""A petition's story as dated steps, what is still to come last: its own life beside its way through departments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from app.core.i18n import _
from app.core.subject import SubjectRef
from app.core.web.page import Pages, number
from app.departments import queries as departments
from app.outcomes.trail import Duties, Step, in_order, read_duties, steps_of
from petitions import queries
from petitions.model.debate import Debate
from petitions.model.petition import Crossing, Event, Petition, TextVersion
from petitions.queries import story
from petitions.queries.shown import MAYBE_ALL, OnRecord
from petitions.rules.lifecycle import PetitionState
from petitions.rules.thresholds import Threshold


@dataclass(frozen=True)
class Story:
    """Everything on record that a petition's page tells, rows of each kind oldest first."""

    petition: Petition
    duties: Duties
    crossings: Sequence[Crossing]
    events: Sequence[Event]
    versions: Sequence[TextVersion]
    debates: Sequence[Debate]


def read_story(db: Session, petition: Petition, there: OnRecord = MAYBE_ALL) -> Story:
    """What is known not to be there, by the petition's own columns too, is not asked for."""
    lead = [petition.lead_department_id]
    subject = SubjectRef("petition", petition.id)
    return Story(
        petition=petition,
        duties=read_duties(db, subject, lead) if there.referrals else Duties(departments=departments.by_ids(db, lead)),
        crossings=queries.crossings(db, petition.id) if there.crossings else (),
        events=story.events(db, petition.id) if there.events else (),
        versions=queries.versions(db, petition.id) if petition.text_version > 1 else (),
        debates=story.debates(db, petition.id) if petition.debate_state else (),
    )


def trail(told: Story, pages: Pages, now: datetime) -> list[Step]:
    """Oldest first, causes before what they bring; duties not yet met come after what happened."""
    steps = [
        *_of_its_life(told.petition, now),
        *_of_thresholds(told),
        *steps_of(_told_here(told), pages, now, pages.settings.zone),
        *_of_debates(told, pages, now),
        *_of_corrections(told),
        *_of_events(told),
    ]
    return in_order(steps)


def _told_here(told: Story) -> Duties:
    """Whoever owes a debate answers by what is said of it."""
    return told.duties.without_answers_to("debate") if told.debates else told.duties


def _of_its_life(petition: Petition, now: datetime) -> Iterator[Step]:
    yield Step(petition.created_at, str(_("Started")), "started")
    if petition.submitted_at:
        yield Step(petition.submitted_at, str(_("Had enough supporters to be checked")), "submitted")
    if petition.opened_at:
        yield Step(petition.opened_at, str(_("Published")), "published")
    if petition.state == PetitionState.REJECTED and petition.rejected_at and not petition.was_published:
        yield Step(petition.rejected_at, str(_("Rejected")), "rejected", said=petition.rejection_details or "")
    if petition.withdrawn_at:
        yield Step(petition.withdrawn_at, str(_("Withdrawn by its creator")), "withdrawn")
    closed = petition.closed_at or petition.closes_at
    over = petition.closes_at is not None and petition.closes_at <= now
    if closed and petition.state != PetitionState.WITHDRAWN and (petition.state == PetitionState.CLOSED or over):
        early = petition.closes_before_election is not None
        text = _("Closed to signatures early, because of an election") if early else _("Closed to signatures")
        yield Step(closed, str(text), "closed")
    if petition.closes_at and petition.closes_at > now and petition.state == PetitionState.OPEN:
        yield Step(petition.closes_at - timedelta(seconds=1), str(_("Last day to sign")), "last-day", "due")


def _of_thresholds(told: Story) -> Iterator[Step]:
    """Each time one was reached, and each time the count fell below it before anything answered."""
    petition = told.petition
    levels = (
        (Threshold.RESPONSE, petition.response_threshold, petition.response_reached_at),
        (Threshold.DEBATE, petition.debate_threshold, petition.debate_reached_at),
    )
    for threshold, goal, reached_at in levels:
        crossings = [c for c in told.crossings if c.threshold == threshold]
        for crossing in crossings:
            yield from _of_crossing(crossing, number(goal))
        if reached_at and not crossings:  # counted by the source of an import, by its own thresholds
            yield Step(reached_at, str(_REACHED[threshold]), f"{threshold}-1")


_REACHED = {
    Threshold.RESPONSE: _("Reached the number of signatures for an answer"),
    Threshold.DEBATE: _("Reached the number of signatures for debate"),
}


def _of_crossing(crossing: Crossing, goal: str) -> Iterator[Step]:
    key, again = f"{crossing.threshold}-{crossing.episode}", crossing.episode > 1
    if crossing.threshold == Threshold.DEBATE:
        first, later = _("Reached {goal} signatures, for debate"), _("Reached {goal} signatures again, for debate")
        undone = _("Fell below {goal} signatures: it is not considered for debate for now")
    else:
        first, later = (
            _("Reached {goal} signatures, for an answer"),
            _("Reached {goal} signatures again, for an answer"),
        )
        undone = _("Fell below {goal} signatures: no answer is due for now")
    text = later if again else first
    yield Step(crossing.reached_at, text.format(goal=goal), key)
    if crossing.undone_at:
        yield Step(crossing.undone_at, undone.format(goal=goal), f"{key}-undone")


def _of_events(told: Story) -> Iterator[Step]:
    """Kinds that nobody taught this page are left out; days a deadline was put off in one go are one step."""
    for kind, together in groupby(told.events, key=lambda e: e.kind):
        found = list(together)
        if kind == "extended":
            yield _extended(found)
        elif kind in _EVENTS:
            yield from (_EVENTS[kind](event) for event in found)


def _extended(events: Sequence[Event]) -> Step:
    days = sum(_whole(e.facts.get("days")) for e in events)
    text = (
        _("Deadline put off by 1 day, because signing was stopped")
        if days == 1
        else _("Deadline put off by {days} days, because signing was stopped")
    )
    return Step(events[-1].at, text.format(days=days), f"event-{events[0].id}")


def _taken_down(event: Event) -> Step:
    return Step(event.at, str(_("Taken down by the moderators")), f"event-{event.id}")


def _restored(event: Event) -> Step:
    return Step(event.at, str(_("Brought back, to be checked again")), f"event-{event.id}")


def _published_again(event: Event) -> Step:
    return Step(event.at, str(_("Published again")), f"event-{event.id}")


def _resubmitted(event: Event) -> Step:
    return Step(event.at, str(_("Changed and sent in again by its creator")), f"event-{event.id}")


def _answer_withdrawn(event: Event) -> Step:
    return Step(event.at, str(_("Answer taken back by the department")), f"event-{event.id}")


def _debate_withdrawn(event: Event) -> Step:
    was_date = event.facts.get("state") == "scheduled"
    text = _("Date of the debate taken back") if was_date else _("Report on the debate taken back")
    return Step(event.at, str(text), f"event-{event.id}")


_EVENTS: Mapping[str, Callable[[Event], Step]] = {
    "taken-down": _taken_down,
    "restored": _restored,
    "published-again": _published_again,
    "resubmitted": _resubmitted,
    "answer-withdrawn": _answer_withdrawn,
    "debate-withdrawn": _debate_withdrawn,
}


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _of_corrections(told: Story) -> Iterator[Step]:
    for version in told.versions:
        if version.version > 1:
            text, key = str(_("Wording corrected")), f"version-{version.version}"
            yield Step(version.at, text, key, note=version.note, href=f"/petitions/{told.petition.id}/versions")


def _of_debates(told: Story, pages: Pages, now: datetime) -> Iterator[Step]:
    """What was newly known with each version; the day itself while it is still to come."""
    before: Debate | None = None
    for debate in told.debates:
        text = _new_of_debate(debate, before, pages)
        yield Step(debate.at, text, f"debate-said-{debate.version}", said=debate.overview, href="#debate")
        before = debate
    if before and before.state == "scheduled" and before.debated_on:
        yield _day_of_debate(before.debated_on, pages, now)


def _new_of_debate(debate: Debate, before: Debate | None, pages: Pages) -> str:
    same = before is not None and before.state == debate.state
    day = pages.say_date(debate.debated_on) if debate.debated_on else ""
    match debate.state:
        case "scheduled" if same and before and before.debated_on != debate.debated_on:
            return _("Debate moved to {day}").format(day=day)
        case "scheduled":
            return _("Debate set for {day}").format(day=day)
        case "not_held":
            return str(_("Reason for no debate corrected") if same else _("Decided: there will be no debate"))
        case _outcome:
            return str(_("Report of the debate corrected") if same else _("Report of the debate published"))


def _day_of_debate(day: date, pages: Pages, now: datetime) -> Step:
    zone = pages.settings.zone
    at = datetime.combine(day, time(12), zone)
    if now.astimezone(zone).date() > day:
        return Step(at, str(_("Debate; its report is still to come")), "debate-day", "due", href="#debate")
    return Step(at, str(_("Debate")), "debate-day", "due", href="#debate")
