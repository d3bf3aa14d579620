"""Acts that go through the intake: upvotes and poll answers."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.intake import Act
from townhall.rules.commands import Sent
from townhall.service.commanding import Sender


@dataclass(slots=True, kw_only=True)
class HallAct(Act):
    """``sent``: the command, whose id is stored with its reply; answered by a :class:`~…commanding.Reply`."""

    hall_id: int
    sender: Sender
    sent: Sent


@dataclass(slots=True, kw_only=True)
class SetUpvoteAct(HallAct):
    """``upvote.set``: sets it, never toggles it."""


@dataclass(slots=True, kw_only=True)
class AnswerPollAct(HallAct):
    """``poll.answer``: the last one before closing counts."""


#: operation -> its act
BY_OPERATION: dict[str, type[HallAct]] = {"upvote.set": SetUpvoteAct, "poll.answer": AnswerPollAct}
