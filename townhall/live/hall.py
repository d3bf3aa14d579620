"""One hall that is open in this process: it looks what is new, and tells everybody who follows it.

It looks at once after a commit of this process or a hint of another one, and every second by itself. The first news
after a quiet moment leave at once, later ones together once a tick; what must not wait (something is hidden, somebody
shut out, a poll closed, the hall over) leaves at once always.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.security import sessions
from app.core.security.sessions import SignedIn
from townhall.live import frames, presence
from townhall.live.lanes import Lane
from townhall.live.presence import CAPTION, Others
from townhall.live.viewers import Viewer
from townhall.model import Hall, Participant
from townhall.queries.dressing import Things
from townhall.queries.showing import PUBLIC_LANE, STAFF_LANE
from townhall.queries.snapshot import Look, Position, look, position
from townhall.rules.lifecycle import OPEN_TO_PEOPLE, HallState

if TYPE_CHECKING:
    from townhall.live.halls import Halls

log = logging.getLogger("townsquare.halls")
#: seconds
BEAT, IDLE, SLOW_SEND, MOST_LAG, STREAM_QUIET, HOST_SEEN = 1.0, 30.0, 10.0, 60.0, 15.0, 3.0
#: seconds between two looks whether anything urgent has happened, however much is heard
LEAST_APART = 0.02
URGENT = frozenset(
    {"question.hidden", "question.withdrawn", "question.rejected", "ban.set", "poll.closed", "hall.ended"}
)
#: what a participant may learn of their own questions
DECIDED, PLACE_GIVEN = "question.", "place.given"
_COUNTS = ("q.", "poll.")


class Beat(NamedTuple):
    """What is looked at once a second beside the log."""

    asked: frozenset[bytes]
    alive: frozenset[bytes]
    banned: frozenset[int]
    others: Others


class LiveHall:
    """Everything of it belongs to the event loop; what it reads, it reads in a thread."""

    def __init__(self, halls: Halls, hall_id: int) -> None:
        self.halls, self.id = halls, hall_id
        self.things = Things()
        replay = halls.policy.replay_most
        self.lanes = {name: Lane(name, self.things, replay) for name in (PUBLIC_LANE, STAFF_LANE)}
        self.heard = asyncio.Event()
        #: more than figures may be new, so that it is worth a look whether something must not wait
        self.rumoured = False
        self.reactions: Counter[str] = Counter()
        self.caption_part = ""
        self.banned: frozenset[int] = frozenset()
        self.tabs: dict[object, dict[Viewer, None]] = {}
        self._anonymous = 0
        self._known: Position | None = None
        self._others = presence.NONE
        self._task: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._asked_at = 0.0
        self._written: tuple[float, object] = (0.0, None)
        self._host_seen_at = 0.0
        self._most = 0
        self._sessions: frozenset[bytes] = frozenset()
        self._pings = 0
        self._turn, self._peeking = asyncio.Lock(), asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None
        self._begun = False

    # its life

    async def begin(self) -> bool:
        """Read everything; False where there is no such hall."""
        self.asked()
        self.reactions, self._most = await self.halls.read(lambda db: presence.own(db, self.id, self.halls.process))
        found, beat = await self.halls.read(self._read_all)
        if found is None:
            return False
        self._take(found)
        self._note_beat(beat)
        for lane in self.lanes.values():
            await lane.flush()
        return True

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._live())

    async def stop(self) -> None:
        self.halls.forget(self)
        for task in (self._task, *self._errands):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task
        with suppress(Exception):
            await self.halls.run(self._leave)

    def asked(self) -> None:
        """Somebody reads its state: it stays open for a while."""
        self._asked_at = asyncio.get_running_loop().time()

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        next_beat, quiet_until, due = loop.time() + BEAT, 0.0, False
        while True:
            until = min(next_beat, quiet_until) if due else next_beat
            with suppress(TimeoutError):
                await asyncio.wait_for(self.heard.wait(), max(0.0, until - loop.time()))
            heard = self.heard.is_set()
            self.heard.clear()
            due = due or heard
            try:
                beats = loop.time() >= next_beat
                if beats:
                    next_beat = loop.time() + BEAT
                    if self._is_idle(next_beat):
                        await self._fall_asleep()
                        return
                if beats or (due and loop.time() >= quiet_until):
                    self.rumoured = False
                    await self.look(beat=beats)
                    due = False
                    if loop.time() >= quiet_until or self._is_urgent():
                        quiet_until = await self._tell(quiet_until)
                    elif self._has_news():
                        due = True
                elif heard and self.rumoured:
                    self.rumoured = False
                    await self._look_for_urgent()
                    if self._is_urgent():
                        quiet_until = await self._tell(quiet_until)
                    await asyncio.sleep(LEAST_APART)
            except Exception as fault:
                log.warning("hall %d could not be looked at: %s", self.id, type(fault).__name__, exc_info=fault)
                await asyncio.sleep(BEAT / 2)

    async def _tell(self, quiet_until: float) -> float:
        """Send what is new; answers until when the next may wait."""
        told = [await lane.flush() for lane in self.lanes.values()]
        if self.things.hall.get("state") not in OPEN_TO_PEOPLE:
            self._end_with_the_hall()
        now = asyncio.get_running_loop().time()
        return now + self.halls.policy.tick_ms / 1000 if any(told) else quiet_until

    def _has_news(self) -> bool:
        return any(lane.has_news for lane in self.lanes.values())

    def _is_urgent(self) -> bool:
        return any(event.kind in URGENT for event in self.lanes[STAFF_LANE].unsent)

    def _is_idle(self, now: float) -> bool:
        return not any(lane.viewers for lane in self.lanes.values()) and now - self._asked_at > IDLE

    async def _fall_asleep(self) -> None:
        self.halls.forget(self)
        with suppress(Exception):
            await self.halls.run(self._leave)

    # looking

    async def look(self, *, beat: bool = False) -> None:
        """Read what is new and take it in; the next frame tells it."""
        async with self._turn:
            self._sessions = frozenset(v.sender.session for v in self.viewers if v.sender.session is not None)
            if beat:
                await self._write_presence()
                found, seen = await self.halls.read(self._read_all)
                self._note_beat(seen)
            else:
                found = await self.halls.read(self._read)
            if found is None:
                self.end_all(4404, "no such hall")
                return
            self._take(found)
        if beat:
            self._keep_up()
        elif any(event.kind == "ban.set" for event in found.events):
            self._note_beat(await self.halls.read(self._beat))

    async def refreshed(self, epoch: str = "", seq: int = 0) -> None:
        """Know what is committed by now, for somebody who comes: nothing leaves that was hidden a moment ago.

        ``epoch`` and ``seq``: how far another process has told them already; then everybody is told as much. Those who
        come together wait for one look.
        """
        if self._refreshing is None or self._refreshing.done() or self._begun:
            self._refreshing, self._begun = asyncio.get_running_loop().create_task(self._refresh()), False
        await asyncio.shield(self._refreshing)
        for lane in self.lanes.values():
            if lane.epoch == epoch and lane.flushed < seq <= lane.top:
                await lane.flush()

    async def _refresh(self) -> None:
        async with self._peeking:
            self._begun = True
            await self._look_for_urgent()
            self.heard.set()

    async def _look_for_urgent(self) -> None:
        """Counts can wait for the tick; whether anything has happened is one row to look at."""
        at = await self.halls.read(lambda db: position(db, self.id))
        if self._known is None or at != self._known:
            await self.look()

    def _read(self, db: Session) -> Look | None:
        policy = self.halls.policy
        now = self.halls.clock.now()
        return look(db, self.id, self._known, now, away=policy.host_away_seconds, replay=policy.replay_most)

    def _read_all(self, db: Session) -> tuple[Look | None, Beat]:
        return self._read(db), self._beat(db)

    def _beat(self, db: Session) -> Beat:
        now = self.halls.clock.now()
        ids = self._sessions
        banned = select(Participant.id).where(Participant.hall_id == self.id, Participant.banned_at.is_not(None))
        return Beat(
            ids,
            frozenset(sessions.alive(db, ids, now)) if ids else frozenset(),
            frozenset(db.scalars(banned)),
            presence.told(db, self.id, self.halls.process, now),
        )

    def _take(self, found: Look) -> None:
        public, staff = self.lanes[PUBLIC_LANE], self.lanes[STAFF_LANE]
        if found.anew:
            public.begin(found.position.epoch, found.position.public)
            staff.begin(found.position.epoch, found.position.staff)
        self._known = found.position
        self.things.absorb(found)
        for event in found.events:
            staff.note(event.staff, event)
            if event.public is not None:
                public.note(event.public, event)
        if found.events or found.whole:
            public.renew()
            staff.renew()
        self._put_counts()
        if not found.anew:
            self.refresh({p for event in found.events if (p := self._asker(event.kind, event.thing_id)) is not None})

    def _asker(self, kind: str, thing_id: int | None) -> int | None:
        """The participant whom this event concerns."""
        if kind == PLACE_GIVEN:
            return thing_id
        return self.things.askers.get(thing_id) if thing_id is not None and kind.startswith(DECIDED) else None

    def _put_counts(self) -> None:
        counts = dict(self.things.counts())
        for lane in self.lanes.values():
            for key, value in counts.items():
                lane.put(key, value)
            lane.keep_only(counts, _COUNTS)
        self.lanes[STAFF_LANE].put("hands", self.things.hands)
        self.lanes[STAFF_LANE].put("host", self.things.host)
        self.lanes[PUBLIC_LANE].put("host", {"name": self.things.host["name"]})  # who follows need not worry

    def _note_beat(self, beat: Beat) -> None:
        now = asyncio.get_running_loop().time()
        self._others, self.banned = beat.others, beat.banned
        for viewer in list(self.viewers):
            if viewer.sender.participant_id in beat.banned:
                viewer.end(4403, "banned", now)
            elif viewer.sender.session in beat.asked and viewer.sender.session not in beat.alive:
                viewer.end(4401, "auth_expired", now)
        self._put_presence()

    # who is here

    @property
    def viewers(self) -> Iterable[Viewer]:
        return [viewer for lane in self.lanes.values() for viewer in lane.viewers]

    @property
    def spread_ms(self) -> int:
        """Over how long those who are told to come back should spread."""
        return max(3000, len(list(self.viewers)) * 1000 // 200)

    def tabs_of(self, viewer: Viewer) -> int:
        return len(self.tabs.get(_person(viewer), ()))

    def add(self, lane: Lane, viewer: Viewer) -> None:
        """From now on it is told everything after its position."""
        lane.viewers[viewer] = None
        if (who := _person(viewer)) is None:
            self._anonymous += 1
        else:
            self.tabs.setdefault(who, {})[viewer] = None
        viewer.caught_up = lambda one: lane.catch_up(one, asyncio.get_running_loop().time())
        lane.catch_up(viewer, asyncio.get_running_loop().time())

    def remove(self, lane: Lane, viewer: Viewer) -> None:
        if lane.viewers.pop(viewer, viewer) is viewer:
            return
        if (who := _person(viewer)) is None:
            self._anonymous -= 1
        elif viewer in (mine := self.tabs.get(who, {})):
            del mine[viewer]
            if not mine:
                del self.tabs[who]
        viewer.caught_up = _nobody
        if not lane.viewers:
            self.asked()

    def became(self, viewer: Viewer, sender: object) -> None:
        """Whoever was known by their browser alone is a participant now."""
        lane = next((lane for lane in self.lanes.values() if viewer in lane.viewers), None)
        if lane is not None:
            self.remove(lane, viewer)
        viewer.sender = sender  # type: ignore[assignment]
        if lane is not None:
            self.add(lane, viewer)

    def refresh(self, participants: set[int], *, but: str = "") -> None:
        """Tell these what the hall knows of them."""
        found = [v for p in participants for v in self.tabs.get(p, ()) if v.conn != but and not v.ended]
        if found:
            errand = asyncio.get_running_loop().create_task(self._tell_them(found))
            self._errands.add(errand)
            errand.add_done_callback(self._errands.discard)

    async def _tell_them(self, viewers: list[Viewer]) -> None:
        theirs = await self.halls.mine(self.id, [viewer.sender for viewer in viewers])
        now = asyncio.get_running_loop().time()
        for viewer, me in zip(viewers, theirs, strict=True):
            if viewer.busy:
                viewer.me_due = True
            elif not viewer.ended:
                viewer.give(frames.me(me), now)

    def reacted(self, kind: str) -> None:
        self.reactions[kind] += 1
        self._put_presence()
        self.heard.set()

    def spoken(self, text: str) -> None:
        self.caption_part = text
        self._put_presence()
        self.heard.set()

    def end_all(self, code: int, reason: str, retry_ms: int | None = None) -> None:
        now = asyncio.get_running_loop().time()
        for viewer in self.viewers:
            viewer.end(code, reason, now, retry_ms)

    def _end_with_the_hall(self) -> None:
        over = self.things.hall.get("state") in (HallState.ENDED, HallState.CANCELLED)
        self.end_all(*((4440, "ended") if over else (4404, "no such hall")))

    def _put_presence(self) -> None:
        here = len(self.tabs) + self._anonymous + self._others.here
        reactions = dict(self.reactions + self._others.reactions)
        self._most = max(self._most, here)
        for lane in self.lanes.values():
            lane.put("here", here)
            lane.put("react", reactions if self.things.hall.get("reactions", True) else {})
            lane.put(CAPTION, self.caption_part or self._others.caption)

    def _keep_up(self) -> None:
        """Once a second: who is silent, slow, or has heard nothing for long."""
        policy, now = self.halls.policy, asyncio.get_running_loop().time()
        self._pings += 1
        ping = frames.ping(self._pings)
        for viewer in self.viewers:
            if viewer.ended:
                continue
            if viewer.busy:
                if now - viewer.since > SLOW_SEND:
                    viewer.end(4431, "too slow", now)
            elif viewer.streams:
                if now - viewer.sent_at >= STREAM_QUIET:
                    viewer.push(_STILL_HERE, now)
            elif now - viewer.heard_at > policy.silence_seconds:
                viewer.end(4408, "silence", now)
            elif viewer.lag(now) > MOST_LAG:
                viewer.end(4431, "too slow", now)
            else:
                if viewer.me_due:
                    viewer.me_due = False
                    self.refresh({viewer.sender.participant_id or 0})
                if now - viewer.sent_at >= policy.ping_seconds:
                    viewer.give(ping, now)

    # what is written

    async def _write_presence(self) -> None:
        """Where others may read it, and it says something new; the host is seen, too."""
        now, alone = asyncio.get_running_loop().time(), self.halls.database.is_sqlite
        words = dict(self.reactions) | ({CAPTION: self.caption_part} if self.caption_part else {})
        said = (len(self.tabs) + self._anonymous, words)
        at, before = self._written
        due = said != before and (not alone or now - at >= 5 * BEAT)
        due = due or (not alone and now - at >= 2 * BEAT)
        hosts = {
            v.sender.session for v in self.viewers if v.sender.account_id == self.things.host_id and v.sender.session
        }
        seen = bool(hosts) and now - self._host_seen_at >= HOST_SEEN
        if due or seen:
            await self.halls.run(self._write, said if due else None, hosts if seen else set())
            self._written = (now, said) if due else self._written
            self._host_seen_at = now if seen else self._host_seen_at

    def _write(self, said: tuple[int, dict[str, int | str]] | None, hosts: set[bytes]) -> None:
        now = self.halls.clock.now()

        def write(db: Session) -> None:
            if hosts:
                db.execute(
                    update(Hall).where(Hall.id == self.id, Hall.host_id == self.things.host_id).values(host_seen_at=now)
                )
                for session in db.scalars(select(SignedIn).where(SignedIn.id.in_(hosts))):
                    if not session.is_over(now) and now - session.last_seen_at >= sessions.SEEN_EVERY:
                        sessions.seen(db, session, now)
            if said is not None:
                presence.tell(db, self.id, self.halls.process, *said, self._most, now)

        self.halls.database.retrying(write)

    def _leave(self) -> None:
        process, words, now = self.halls.process, dict(self.reactions), self.halls.clock.now()
        self.halls.database.retrying(lambda db: presence.leave(db, self.id, process, words, self._most, now))


_STILL_HERE = {"type": "http.response.body", "body": b": still here\n\n", "more_body": True}


def _person(viewer: Viewer) -> object:
    """Whose tabs are counted together; None: nobody knows who it is."""
    sender = viewer.sender
    if sender.participant_id is not None:
        return sender.participant_id
    return ("account", sender.account_id) if sender.account_id is not None else sender.ticket


def _nobody(_viewer: Viewer) -> None:
    """Gone: nothing is caught up."""
