"""What a live hall is made of, read in one look: the position of its log first, then what happened, then the things.

Everything comes from one snapshot of the database, so that position and things belong together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.departments.model import Department
from app.outcomes.model import Commitment
from townhall.model import (
    AgendaItem,
    Caption,
    Event,
    Hall,
    LogHead,
    Notice,
    Poll,
    Promise,
    Question,
)
from townhall.queries import showing, standing
from townhall.queries.showing import PUBLIC_LANE, STAFF_LANE, Thing, instant
from townhall.rules.polls import PollState
from townhall.rules.questions import PUBLIC

#: lines of captions that a hall has at hand
CAPTIONS = 300


class Position(NamedTuple):
    """Where a hall's log stands."""

    epoch: str
    public: int
    staff: int


class Logged(NamedTuple):
    """One event, as it is stored: numbers and ids."""

    staff: int
    public: int | None
    kind: str
    thing_id: int | None
    facts: Mapping[str, Any]


class Pair(NamedTuple):
    """One thing as each lane may see it."""

    public: Thing | None
    staff: Thing | None

    def of(self, lane: str) -> Thing | None:
        return self.staff if lane == STAFF_LANE else self.public


@dataclass(slots=True)
class Look:
    """One look at a hall. ``whole``: everything was read anew; else questions, polls … hold what the events touched.

    ``anew``: the events do not follow on what was known.
    """

    position: Position
    events: Sequence[Logged]
    whole: bool
    anew: bool
    hall: Thing
    host: Thing
    host_id: int | None
    #: of everything that the public can upvote or answer: id -> how many
    votes: Mapping[int, int]
    answers: Mapping[int, int]
    #: these change with events alone, and were read where there are some
    agenda: Sequence[Thing] = ()
    announcement: Thing | None = None
    hands: Sequence[Thing] = ()
    questions: dict[int, Pair] = field(default_factory=dict)
    polls: dict[int, Pair] = field(default_factory=dict)
    captions: dict[int, Thing] = field(default_factory=dict)
    commitments: dict[int, Thing] = field(default_factory=dict)
    #: of the questions that were read: id -> whose they are; never shown to anybody
    askers: dict[int, int | None] = field(default_factory=dict)


def position(db: Session, hall_id: int) -> Position | None:
    """None where there is no such hall."""
    wanted = select(LogHead.epoch, LogHead.public_seq, LogHead.staff_seq).where(LogHead.hall_id == hall_id)
    row = db.execute(wanted).one_or_none()
    return Position(*row) if row else None


def look(db: Session, hall_id: int, known: Position | None, now: datetime, *, away: int, replay: int) -> Look | None:
    """What is new since ``known``; everything where that is None or of another epoch. ``away``: seconds after which a
    host who is not seen counts as away; ``replay``: how many events are read at most. None: there is no such hall."""
    at, hall = position(db, hall_id), db.get(Hall, hall_id)
    if at is None or hall is None:
        return None
    follows = known is not None and known.epoch == at.epoch and 0 <= at.staff - known.staff <= replay
    after = known.staff if known is not None and follows else max(0, at.staff - replay)
    events = _events(db, hall_id, after) if at.staff > after else []
    if not follows:
        events = _with_all_public(db, hall_id, at, events, replay)
    whole = not follows or any(not _says_what(e) for e in events)
    found = Look(
        position=at,
        events=events,
        whole=whole,
        anew=not follows,
        hall=_hall(hall),
        host=_host(db, hall, now, away),
        host_id=hall.host_id,
        votes=_votes(db, hall_id),
        answers=_answers(db, hall_id),
    )
    if whole or events:
        found.agenda, found.announcement = _agenda(db, hall_id), _announcement(db, hall_id)
        found.hands = _hands(db, hall_id)
        _read_things(db, hall_id, found, None if whole else events)
    return found


def _read_things(db: Session, hall_id: int, found: Look, events: Sequence[Logged] | None) -> None:
    """``events`` None: everything."""
    if (wanted := _touched(events, "question", ("into", "out_of", "question"))) is None or wanted:
        for row in db.scalars(_some(select(Question).where(Question.hall_id == hall_id), Question.id, wanted)):
            found.questions[row.id] = _pair(showing.question, row)
            found.askers[row.id] = row.participant_id
    if (wanted := _touched(events, "poll")) is None or wanted:
        for poll in db.scalars(_some(select(Poll).where(Poll.hall_id == hall_id), Poll.id, wanted)):
            found.polls[poll.id] = _pair(showing.poll, poll)
    if (wanted := _touched(events, "caption")) is None or wanted:
        lines = select(Caption).where(Caption.hall_id == hall_id).order_by(Caption.number.desc()).limit(CAPTIONS)
        for line in reversed(db.scalars(_some(lines, Caption.number, wanted)).all()):
            found.captions[line.number] = showing.caption(line)
    if (wanted := _touched(events, "commitment")) is None or wanted:
        found.commitments = {promise["id"]: promise for promise in _commitments(db, hall_id)}


#: kinds whose event names every thing that it changes; after any other everything is read anew
_NAMING = frozenset(
    {
        "announced",
        "agenda.moved",
        "slow.set",
        "hand.set",
        "caption.line",
        "commitment.added",
        "hosting.taken",
        "place.given",
    }
)


def _says_what(event: Logged) -> bool:
    return event.kind in _NAMING or event.kind.startswith(("question.", "poll."))


def _touched(events: Iterable[Logged] | None, kind: str, facts: Sequence[str] = ()) -> set[int] | None:
    """Ids of the things of this kind that the events are about, and that these facts of theirs name."""
    if events is None:
        return None
    found: set[int] = set()
    for event in events:
        if event.kind.partition(".")[0] == kind:
            found |= {event.thing_id} if event.thing_id is not None else set()
            found |= {n for name in facts if isinstance(n := event.facts.get(name), int)}
    return found


def _some(wanted: Any, column: Any, ids: Collection[int] | None) -> Any:
    return wanted if ids is None else wanted.where(column.in_(ids))


def _events(db: Session, hall_id: int, after: int) -> list[Logged]:
    wanted = select(Event.staff_seq, Event.public_seq, Event.kind, Event.thing_id, Event.facts)
    rows = db.execute(wanted.where(Event.hall_id == hall_id, Event.staff_seq > after).order_by(Event.staff_seq))
    return [Logged(*row) for row in rows]


def _with_all_public(db: Session, hall_id: int, at: Position, events: list[Logged], replay: int) -> list[Logged]:
    """The public lane can replay as many as the staff's: older ones than its ``replay`` newest are added."""
    wanted = select(Event.staff_seq, Event.public_seq, Event.kind, Event.thing_id, Event.facts)
    wanted = wanted.where(Event.hall_id == hall_id, Event.public_seq > max(0, at.public - replay))
    rows = [Logged(*row) for row in db.execute(wanted.order_by(Event.public_seq))]
    known = {e.staff for e in events}
    return sorted([*events, *(row for row in rows if row.staff not in known)])


def _hall(hall: Hall) -> Thing:
    return {
        "id": hall.id,
        "title": hall.title,
        "state": hall.state,
        "entry": hall.entry,
        "screening": hall.screening,
        "anonymous": hall.anonymous_allowed,
        "reactions": not hall.hides_reactions,
        "starts_at": instant(hall.starts_at),
        "ends_at": instant(hall.ends_at),
        "started_at": instant(hall.started_at),
        "ended_at": instant(hall.ended_at),
        "stage": hall.stage_id,
        "item": hall.item_id,
        "slow": hall.slow_seconds,
    }


def _host(db: Session, hall: Hall, now: datetime, away: int) -> Thing:
    name = db.scalar(select(Account.name).where(Account.id == hall.host_id)) if hall.host_id else None
    seen = hall.host_seen_at
    return {"name": name, "away": seen is None or now - seen > timedelta(seconds=away)}


def _agenda(db: Session, hall_id: int) -> list[Thing]:
    rows = select(AgendaItem).where(AgendaItem.hall_id == hall_id).order_by(AgendaItem.position, AgendaItem.id)
    return [showing.agenda_item(row) for row in db.scalars(rows)]


def _announcement(db: Session, hall_id: int) -> Thing | None:
    shown = select(Notice).where(Notice.hall_id == hall_id, Notice.removed_at.is_(None))
    row = db.scalar(shown.order_by(Notice.id.desc()).limit(1))
    return {"id": row.id, "text": row.text, "at": instant(row.at)} if row is not None and row.text else None


def _hands(db: Session, hall_id: int) -> list[Thing]:
    return [{"id": hand["participant"], **hand} for hand in standing.hands(db, hall_id)]


def _votes(db: Session, hall_id: int) -> dict[int, int]:
    shown = (Question.hall_id == hall_id, Question.state.in_(PUBLIC))
    return {number: votes for number, votes in db.execute(select(Question.id, Question.votes).where(*shown))}


def _answers(db: Session, hall_id: int) -> dict[int, int]:
    shown = (Poll.hall_id == hall_id, Poll.removed_at.is_(None), Poll.state != PollState.DRAFT)
    return {number: answers for number, answers in db.execute(select(Poll.id, Poll.answers).where(*shown))}


def _commitments(db: Session, hall_id: int) -> list[Thing]:
    rows = db.execute(
        select(Promise, Commitment, Department.name)
        .join(Commitment, Commitment.id == Promise.commitment_id)
        .join(Department, Department.id == Commitment.department_id)
        .where(Promise.hall_id == hall_id, Commitment.withdrawn_at.is_(None))
        .order_by(Promise.commitment_id)
    )
    return [
        {
            "id": commitment.id,
            "text": commitment.text,
            "department": department,
            "owner": commitment.owner,
            "due_on": commitment.due_on.isoformat(),
            "progress": commitment.progress,
            "question": promise.question_id,
            "second": promise.second,
        }
        for promise, commitment, department in rows
    ]


def _pair(show: Any, row: Any) -> Pair:
    return Pair(show(row, PUBLIC_LANE), show(row, STAFF_LANE))
