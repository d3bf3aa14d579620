"""A hall as it stands now, kept in memory; events are dressed in what their things say today.

The log holds ids. Whatever is sent or sent again gets its words here, so that nothing comes back that was hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from townhall.queries.showing import STAFF_LANE, Thing
from townhall.queries.snapshot import CAPTIONS, Logged, Look, Pair
from townhall.rules.polls import PollState
from townhall.rules.questions import PUBLIC

#: lines of captions in a snapshot
CAPTIONS_SHOWN = 100


class Things:
    """Everything that both lanes show of one hall, as of the last look that was absorbed."""

    def __init__(self) -> None:
        self.hall: Thing = {}
        self.host: Thing = {"name": None, "away": True}
        self.host_id: int | None = None
        self.agenda: list[Thing] = []
        self.announcement: Thing | None = None
        self.hands: list[Thing] = []
        self.questions: dict[int, Pair] = {}
        self.polls: dict[int, Pair] = {}
        self.captions: dict[int, Thing] = {}
        self.commitments: dict[int, Thing] = {}
        self.askers: dict[int, int | None] = {}

    def absorb(self, look: Look) -> None:
        self.hall, self.host, self.host_id = look.hall, look.host, look.host_id
        if look.whole:
            self.questions, self.polls, self.captions, self.askers = {}, {}, {}, {}
        if look.whole or look.events:
            self.agenda, self.announcement, self.hands = list(look.agenda), look.announcement, list(look.hands)
            self.questions |= look.questions
            self.polls |= look.polls
            self.askers |= look.askers
            self.captions |= look.captions
            if look.whole or look.commitments:
                self.commitments = look.commitments
            for oldest in list(self.captions)[: max(0, len(self.captions) - CAPTIONS)]:
                del self.captions[oldest]
        for number, votes in look.votes.items():
            _set(self.questions.get(number), "votes", votes)
        for number, answers in look.answers.items():
            _set(self.polls.get(number), "answers", answers)

    def counts(self) -> Iterator[tuple[str, Any]]:
        """Keys and values of everything that is counted, equal in both lanes."""
        for number, pair in self.questions.items():
            if pair.public is not None and pair.public["state"] in PUBLIC:
                yield f"q.{number}.v", pair.public["votes"]
        for number, pair in self.polls.items():
            if pair.public is not None:
                yield f"poll.{number}.n", pair.public["answers"]
                if pair.public["state"] == PollState.REVEALED:
                    yield f"poll.{number}.t", pair.public.get("results")

    def state(self, lane: str) -> Thing:
        """What a snapshot says, but for the volatile keys."""
        stage, shown = self.hall.get("stage"), self._shown(self.questions, lane)
        return {
            "hall": self.hall | {"stage": stage if stage in shown else None},
            "stage": stage if stage in shown else None,
            "item": self.hall.get("item"),
            "slow": self.hall.get("slow", 0),
            "announcement": self.announcement,
            "agenda": self.agenda,
            "questions": list(shown.values()),
            "polls": list(self._shown(self.polls, lane).values()),
            "captions": [self.captions[n] for n in sorted(self.captions)[-CAPTIONS_SHOWN:]],
            "commitments": list(self.commitments.values()),
        }

    @staticmethod
    def _shown(pairs: dict[int, Pair], lane: str) -> dict[int, Thing]:
        found = ((number, pairs[number].of(lane)) for number in sorted(pairs))
        return {number: thing for number, thing in found if thing is not None}

    def dress(self, event: Logged, lane: str) -> Thing:
        """``k``, ``id``, and the thing as this lane may see it now; ``gone`` where it may not see it any more."""
        worn = _DRESSES.get(event.kind) or _DRESSES.get(event.kind.partition(".")[0])
        words = worn(self, event, lane) if worn else {}
        return {**words, "k": event.kind, "id": event.thing_id}


def _set(pair: Pair | None, name: str, value: int) -> None:
    for thing in pair or ():
        if thing is not None:
            thing[name] = value


def _question(things: Things, event: Logged, lane: str) -> Thing:
    if event.thing_id is None:
        return {}
    pair = things.questions.get(event.thing_id)
    return (pair.of(lane) if pair else None) or {"gone": True}


def _poll(things: Things, event: Logged, lane: str) -> Thing:
    pair = things.polls.get(event.thing_id or 0)
    return (pair.of(lane) if pair else None) or {"gone": True}


def _caption(things: Things, event: Logged, _lane: str) -> Thing:
    return things.captions.get(event.thing_id or 0) or {"gone": True}


def _commitment(things: Things, event: Logged, _lane: str) -> Thing:
    return things.commitments.get(event.thing_id or 0) or {"gone": True}


def _announced(things: Things, event: Logged, _lane: str) -> Thing:
    """The newest is what counts: an older one, or one that was taken away, has no words."""
    now = things.announcement
    if now is None or (event.thing_id is not None and now["id"] != event.thing_id):
        return {"text": "", "gone": True}
    return now


def _agenda(things: Things, event: Logged, _lane: str) -> Thing:
    item = next((item for item in things.agenda if item["id"] == event.thing_id), {})
    return {**item, "item": event.thing_id}


def _slow(things: Things, _event: Logged, _lane: str) -> Thing:
    return {"seconds": things.hall.get("slow", 0)}


def _hall(things: Things, _event: Logged, _lane: str) -> Thing:
    return {**things.hall, "stage": None} if things.hall else {}


def _hosting(things: Things, _event: Logged, _lane: str) -> Thing:
    return {"host": things.host["name"]}


def _ban(_things: Things, event: Logged, lane: str) -> Thing:
    return {"on": bool(event.facts.get("on", True))} if lane == STAFF_LANE else {}


_DRESSES: dict[str, Callable[[Things, Logged, str], Thing]] = {
    "question": _question,
    "poll": _poll,
    "caption": _caption,
    "commitment": _commitment,
    "announced": _announced,
    "agenda": _agenda,
    "slow": _slow,
    "hall": _hall,
    "hosting": _hosting,
    "ban": _ban,
}
