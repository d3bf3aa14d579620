"""Few at once, the others wait on the doorstep: for work that costs so much that many beside each other stop everyone.

Who waits here costs a task of the event loop. In a thread they would want the interpreter after each statement, and
keep it from those who sign: thirty guesses at a time cut signing to a third, two at a time do not.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core.errors import Unavailable
from app.core.i18n import _


class Crowded(Unavailable):
    """No room on the doorstep, or too long a wait there."""

    code = "crowded"
    title = _("Very many people want this at once")
    message = _("Nothing was done. Wait a minute and send the form again.")


class Doorstep:
    """``places`` at once and ``standing`` on the doorstep, in the order they came, for ``patience`` seconds at most.

    Of one event loop; who finds no room, or waits too long, gets :class:`Crowded`.
    """

    def __init__(self, places: int, standing: int, patience: float) -> None:
        self._free, self._standing, self._patience = places, standing, patience
        self._line: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        await self._enter()
        try:
            yield
        finally:
            self._leave()

    async def _enter(self) -> None:
        if self._free:
            self._free -= 1
            return
        if len(self._line) >= self._standing:
            raise Crowded(retry_after=60)
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            await asyncio.wait_for(turn, self._patience)
        except BaseException as end:
            self._step_away(turn)
            if isinstance(end, TimeoutError):
                raise Crowded(retry_after=60) from None
            raise

    def _step_away(self, turn: asyncio.Future[None]) -> None:
        """Somebody waits no longer. A turn that was given to them meanwhile goes to the next."""
        if turn in self._line:
            self._line.remove(turn)
        elif not turn.cancelled():
            self._leave()

    def _leave(self) -> None:
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
