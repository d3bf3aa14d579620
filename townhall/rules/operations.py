"""What can be asked of a hall: one row an operation, its shape, who may, and how often.

The socket, the commands' address and every form are given the same rows. What no row names is unknown.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

MOST_ID = 2**63 - 1
Id = Annotated[int, Meta(ge=1, le=MOST_ID)]
Rev = Annotated[int, Meta(ge=0, le=2**31 - 1)]
#: longer ones are cut by rules with a sentence of their own
Words = Annotated[str, Meta(max_length=8_000)]


class Shape(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What an operation takes (``d``)."""


class Ask(Shape):
    text: Words
    anonymous: bool = False
    #: shown beside it where it is not anonymous and who asks has no name here yet
    name: Annotated[str, Meta(max_length=200)] = ""
    language: Annotated[str, Meta(max_length=12)] = ""


class OneQuestion(Shape):
    question: Id


class SetUpvote(Shape):
    question: Id
    on: bool


class AnswerPoll(Shape):
    """``choices``: option ids; in ranking all of them, the best first; in rating one number 1-5; ``words`` in a cloud."""

    poll: Id
    choices: Annotated[list[Annotated[int, Meta(ge=0, le=MOST_ID)]], Meta(max_length=100)] = msgspec.field(
        default_factory=list
    )
    words: Annotated[list[Words], Meta(max_length=10)] = msgspec.field(default_factory=list)


class React(Shape):
    kind: Annotated[str, Meta(max_length=20)]


class SetHand(Shape):
    on: bool
    #: staff call on or lower another's hand
    participant: Id | None = None


class AskReview(Shape):
    question: Id
    why: Words = ""


class JudgeQuestion(Shape):
    """A moderator's act on a question; ``rev``: which text they saw."""

    question: Id
    rev: Rev | None = None
    reason: Annotated[str, Meta(max_length=40)] = ""
    note: Words = ""


class StageQuestion(Shape):
    """``question`` none: the stage is emptied."""

    question: Id | None = None
    rev: Rev | None = None


class ShortlistQuestion(Shape):
    question: Id
    on: bool = True


class MergeQuestions(Shape):
    """``question`` goes into ``into``."""

    question: Id
    into: Id
    rev: Rev | None = None


class AnswerQuestion(Shape):
    """A department's written answer. ``grade``: what it will do, in one word; empty: it explains."""

    question: Id
    text: Words
    grade: Annotated[str, Meta(max_length=20)] = ""
    #: not needed: whoever answers acts for one department
    department: Annotated[str, Meta(max_length=80)] = ""


class EnterQuestion(Shape):
    """A clerk's: what came by telephone, on paper, in the room."""

    text: Words
    origin: Annotated[str, Meta(max_length=10)]
    name: Annotated[str, Meta(max_length=200)] = ""


class OnePoll(Shape):
    poll: Id
    rev: Rev | None = None


class Announce(Shape):
    """Empty: what was announced goes."""

    text: Words = ""


class MoveAgenda(Shape):
    """To this item; none: between items."""

    item: Id | None = None


class SetSlow(Shape):
    """Seconds between two questions of one person; 0 ends it."""

    seconds: Annotated[int, Meta(ge=0, le=3600)]


class SetBan(Shape):
    """By participant, or by the question that they asked: who asked anonymously stays so. Undone also by its number."""

    on: bool
    participant: Id | None = None
    question: Id | None = None
    ban: Id | None = None
    reason: Words = ""


class AddCommitment(Shape):
    text: Words
    department: Annotated[str, Meta(max_length=80)]
    due_on: Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    owner: Annotated[str, Meta(max_length=120)] = ""
    question: Id | None = None


class WriteCaption(Shape):
    """A line; with ``line``, the correction of that one."""

    text: Words
    line: Id | None = None
    #: not final yet: shown, never kept
    partial: bool = False


class Nothing(Shape):
    pass


class Operation(NamedTuple):
    """One row. ``act``: the row in the table of roles and acts; empty: for participants."""

    shape: type[Shape]
    act: str
    #: name of the participant's bucket; staff have none
    bucket: str = ""
    #: states of the hall in which it can be asked at all
    states: frozenset[str] = frozenset({"live"})
    #: a participant's that changes what others share: it holds the hall alone, as those of the staff do
    alone: bool = False


_AHEAD = frozenset({"scheduled", "live"})
_AFTER = frozenset({"live", "ended"})
_ANY = frozenset({"scheduled", "live", "ended"})
_HOST, _MODERATE, _ANSWER, _RECORD = "townhalls.host", "townhalls.moderate", "townhalls.answer", "townhalls.record"

OPERATIONS: dict[str, Operation] = {
    "question.ask": Operation(Ask, "", "ask", _AHEAD),
    "question.withdraw": Operation(OneQuestion, "", "any", _ANY, alone=True),
    "upvote.set": Operation(SetUpvote, "", "vote", _AHEAD),
    "poll.answer": Operation(AnswerPoll, "", "vote"),
    "react": Operation(React, "", "react"),
    "hand.set": Operation(SetHand, "", "any", alone=True),
    "review.ask": Operation(AskReview, "", "any", _ANY, alone=True),
    "question.publish": Operation(JudgeQuestion, _MODERATE, "", _ANY),
    "question.reject": Operation(JudgeQuestion, _MODERATE, "", _ANY),
    "question.hide": Operation(JudgeQuestion, _MODERATE, "", _ANY),
    "question.merge": Operation(MergeQuestions, _MODERATE, "", _ANY),
    "question.unmerge": Operation(OneQuestion, _MODERATE, "", _ANY),
    "question.shortlist": Operation(ShortlistQuestion, _RECORD, "", _AHEAD),
    "question.enter": Operation(EnterQuestion, _RECORD, "", _AHEAD),
    "question.archive": Operation(ShortlistQuestion, _RECORD, "", _ANY),
    "question.stage": Operation(StageQuestion, _HOST),
    "question.answered": Operation(StageQuestion, _RECORD, "", _AFTER),
    "question.answer": Operation(AnswerQuestion, _ANSWER, "", _ANY),
    "poll.open": Operation(OnePoll, _HOST),
    "poll.close": Operation(OnePoll, _HOST, "", _AFTER),
    "poll.reveal": Operation(OnePoll, _HOST, "", _AFTER),
    "announce": Operation(Announce, _RECORD, "", _AHEAD),
    "agenda.move": Operation(MoveAgenda, _HOST),
    "slow.set": Operation(SetSlow, _MODERATE, "", _AHEAD),
    "ban.set": Operation(SetBan, _MODERATE, "", _ANY),
    "commitment.add": Operation(AddCommitment, _RECORD, "", _AFTER),
    "caption.write": Operation(WriteCaption, _RECORD, "", _AFTER),
    "hall.start": Operation(Nothing, _HOST, "", frozenset({"scheduled"})),
    "hall.end": Operation(Nothing, _HOST),
    "hosting.take": Operation(Nothing, "townhalls.take", "", _AHEAD),
}


def act_of(op: str, d: Shape) -> str:
    """The row in the table of acts that this command needs; empty for what participants do themselves."""
    if isinstance(d, SetHand) and d.participant is not None:
        return _HOST
    return OPERATIONS[op].act


#: a participant's allowances: (acts, seconds, most at once)
BUCKETS: dict[str, tuple[float, float, int]] = {
    "ask": (1, 30, 2),
    "vote": (5, 1, 20),
    "react": (2, 1, 2),
    "any": (10, 1, 30),
}
