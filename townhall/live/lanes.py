"""A lane of one hall: what has happened, what has changed, and the frames that say so, each made once."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Collection
from typing import Any

from townhall.live import frames
from townhall.live.frames import Frame
from townhall.live.viewers import Viewer
from townhall.queries.dressing import Things
from townhall.queries.snapshot import Logged

#: viewers that are sent a frame before others of the process get a turn
TOGETHER = 500
_GONE = object()


class Lane:
    """``flushed`` and ``tick``: what the newest frame said. ``top``: the newest event that is known.

    Keys hold absolute values with the tick of the frame that told them first. A viewer that missed frames gets one
    that says everything since; who missed too much gets the whole.
    """

    def __init__(self, name: str, things: Things, replay: int) -> None:
        self.name, self.things = name, things
        self.epoch = ""
        self.top = self.flushed = 0
        #: begins anywhere, so that those of two processes are never mistaken for each other's
        self.tick = secrets.randbits(20) << 20
        self.viewers: dict[Viewer, None] = {}
        self._ring: deque[tuple[int, Logged]] = deque(maxlen=replay)
        self._keys: dict[str, tuple[Any, int]] = {}
        self._changed = False
        self._frames: dict[tuple[int, int], Frame] = {}
        self._snapshot: Frame | None = None

    def begin(self, epoch: str, top: int) -> None:
        """Everything is new: nobody's position holds any more."""
        self.epoch, self.top, self.flushed = epoch, top, top
        self._ring.clear()
        self._changed = True
        for viewer in self.viewers:
            viewer.seq = -1
        self.renew()

    def note(self, seq: int, event: Logged) -> None:
        self._ring.append((seq, event))
        self.top = max(self.top, seq)

    def put(self, key: str, value: Any) -> None:
        if self._keys.get(key, (_GONE, 0))[0] != value:
            self._keys[key] = (value, self.tick + 1)
            self._changed = True

    def keep_only(self, keys: Collection[str], prefixes: tuple[str, ...]) -> None:
        """Keys of these kinds that are not among ``keys`` go without a word: an event has said why."""
        for key in [k for k in self._keys if k.startswith(prefixes) and k not in keys]:
            del self._keys[key]

    def renew(self) -> None:
        """Things say something else now: frames that were made before do not leave any more."""
        self._frames.clear()
        self._snapshot = None

    @property
    def has_news(self) -> bool:
        return self._changed or self.top != self.flushed

    @property
    def unsent(self) -> list[Logged]:
        return [event for seq, event in self._ring if seq > self.flushed]

    @property
    def keys(self) -> dict[str, Any]:
        return {key: value for key, (value, _tick) in self._keys.items()}

    def can_resume(self, epoch: str, seq: int) -> bool:
        """Whether everything after ``seq`` is at hand."""
        if epoch != self.epoch or not 0 <= seq <= self.flushed:
            return False
        return seq == self.flushed or (bool(self._ring) and self._ring[0][0] <= seq + 1)

    def snapshot(self) -> Frame:
        if self._snapshot is None:
            state = self.things.state(self.name) | self.keys
            self._snapshot = frames.snapshot(self.epoch, self.flushed, self.tick, state)
        return self._snapshot

    def since(self, seq: int, tick: int) -> Frame:
        """Everything since then; the whole where that is not at hand. ``tick`` -1: every key."""
        if (known := self._frames.get((seq, tick))) is not None:
            return known
        if not self.can_resume(self.epoch, seq):
            made = self.snapshot()
        else:
            events = [self.things.dress(e, self.name) for n, e in self._ring if seq < n <= self.flushed]
            changed = {key: value for key, (value, at) in self._keys.items() if at > tick}
            made = frames.update(self.epoch, self.flushed, seq + 1 if events else None, events, changed)
        self._frames[seq, tick] = made
        return made

    async def flush(self) -> bool:
        """Tell everybody what is new, in one frame; False where nothing is. Nobody is waited for."""
        if not self.has_news:
            return False
        before = (self.flushed, self.tick)
        self.flushed, self.tick, self._changed = self.top, self.tick + 1, False
        self.renew()
        if self.viewers:
            await self._fan_out(*before)
        return True

    async def _fan_out(self, seq: int, tick: int) -> None:
        loop = asyncio.get_running_loop()
        flushed, newest, now = self.flushed, self.tick, loop.time()
        usual = self.since(seq, tick)
        for number, viewer in enumerate(list(self.viewers), 1):
            if number % TOGETHER == 0:
                await asyncio.sleep(0)
                if self.tick != newest:  # a newer one is on its way to everybody
                    return
            if viewer.busy or viewer.ended or viewer.tick == newest:
                continue
            frame = usual if viewer.tick == tick and viewer.seq == seq else self.since(viewer.seq, viewer.tick)
            moved = viewer.seq != flushed
            viewer.seq, viewer.tick = flushed, newest
            viewer.give(frame, now)
            if moved and not viewer.streams:
                viewer.sent_events(now)

    def catch_up(self, viewer: Viewer, now: float) -> None:
        """What it missed while it was busy."""
        if viewer.busy or viewer.ended or (viewer.seq == self.flushed and viewer.tick == self.tick):
            return
        frame, moved = self.since(viewer.seq, viewer.tick), viewer.seq != self.flushed
        viewer.seq, viewer.tick = self.flushed, self.tick
        viewer.give(frame, now)
        if moved and not viewer.streams:
            viewer.sent_events(now)
