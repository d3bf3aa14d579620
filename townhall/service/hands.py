"""Raised hands, in the order in which they went up; the host calls on one or lowers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from townhall.model import Hand
from townhall.rules.commands import NoSuchThing
from townhall.rules.operations import SetHand
from townhall.service.commanding import Work


def set_hand(work: Work, d: SetHand) -> Mapping[str, Any]:
    """``hand.set``: one's own, up or down; with ``participant`` the host calls on somebody, or lowers their hand."""
    if d.participant is not None:
        return _call_on(work, d.participant, on=d.on)
    person = work.person
    hand = work.db.get(Hand, (work.hall.id, person.id))
    if d.on == (hand is not None and hand.lowered_at is None):
        return {"on": d.on}
    if d.on:
        work.hall.hands_numbered += 1
        if hand is None:
            hand = Hand(hall_id=work.hall.id, participant_id=person.id)
            work.db.add(hand)
        hand.number, hand.raised_at = work.hall.hands_numbered, work.now
        hand.called_at = hand.lowered_at = None
    elif hand is not None:
        hand.lowered_at = work.now
    work.happened("hand.set", person.id, public=False)
    return {"on": d.on}


def _call_on(work: Work, participant_id: int, *, on: bool) -> Mapping[str, Any]:
    hand = work.db.get(Hand, (work.hall.id, participant_id))
    if hand is None or hand.lowered_at is not None:
        raise NoSuchThing
    if on:
        hand.called_at = hand.called_at or work.now
    else:
        hand.lowered_at = work.now
    work.happened("hand.set", participant_id, public=False)
    return {"participant": participant_id, "on": on}
