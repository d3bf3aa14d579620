"""Many people of one hall who upvote and answer: as the intake performs it, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from app.core.errors import Refusal
from app.core.ids import new_id
from tests.townhall.meeting import Meeting
from townhall.rules.commands import read_command
from townhall.service.acts import BY_OPERATION, HallAct
from townhall.service.commanding import Reply, Sender


def act(meeting: Meeting, hall: int, sender: Sender, op: str, *, command_id: str = "", **d: Any) -> HallAct:
    sent = read_command(command_id or f"test-{new_id()}", op, msgspec.json.encode(d))
    return BY_OPERATION[op](at=meeting.town.now, hall_id=hall, sender=sender, sent=sent)


def perform(meeting: Meeting, acts: Sequence[HallAct]) -> list[Any]:
    """One batch; refusals are answers."""
    performer = meeting.town.site.performers[BY_OPERATION["upvote.set"]]
    return meeting.do(lambda db: list(performer.perform(db, list(acts), meeting.town.now)))


def one(meeting: Meeting, act: HallAct) -> Reply:
    """A batch of one; raises its refusal."""
    answered = perform(meeting, [act])[0]
    if isinstance(answered, Refusal):
        raise answered
    assert isinstance(answered, Reply)
    return answered


def upvote(
    meeting: Meeting, hall: int, sender: Sender, question: int, *, on: bool = True, command_id: str = ""
) -> Reply:
    return one(meeting, act(meeting, hall, sender, "upvote.set", command_id=command_id, question=question, on=on))


def upvotes(meeting: Meeting, hall: int, question: int, people: Sequence[int], *, on: bool = True) -> list[Any]:
    """Each of these participants, in one batch."""
    return perform(meeting, [act(meeting, hall, meeting.of(p), "upvote.set", question=question, on=on) for p in people])


def answer(
    meeting: Meeting,
    hall: int,
    sender: Sender,
    poll: int,
    choices: Sequence[int] = (),
    *,
    words: Sequence[str] = (),
    command_id: str = "",
) -> Reply:
    d = {"poll": poll, "choices": list(choices), "words": list(words)}
    return one(meeting, act(meeting, hall, sender, "poll.answer", command_id=command_id, **d))


def answers(meeting: Meeting, hall: int, poll: int, given: Sequence[tuple[Sender, Sequence[int]]]) -> list[Any]:
    """In one batch and this order."""
    return perform(
        meeting, [act(meeting, hall, who, "poll.answer", poll=poll, choices=list(choices)) for who, choices in given]
    )
