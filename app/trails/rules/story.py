"""The steps of several subjects told as one: in the order of time, what is still to come last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar


class Dated(Protocol):
    """What :class:`app.outcomes.trail.Step` is, as far as its order goes."""

    @property
    def at(self) -> datetime: ...
    @property
    def state(self) -> str: ...


M = TypeVar("M")
S = TypeVar("S", bound=Dated)


@dataclass(frozen=True)
class Told(Generic[M, S]):
    """One step, and whose it is."""

    member: M
    step: S


def told_together(members: Sequence[tuple[M, Iterable[S]]]) -> list[Told[M, S]]:
    """Oldest first; of one instant what stands earlier in ``members`` comes first. What is to come is last."""
    steps = [Told(member, step) for member, own in members for step in own]
    return sorted(steps, key=lambda told: (told.step.state != "done", told.step.at))
