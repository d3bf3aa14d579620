"""Who has the commonest words, gathered beside the requests, so that nobody's search waits for it.

Which words are common is told by a sample of texts. Each step is small and is followed by a rest of several times
its length: whoever asks for a page has the processor first.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import BigInteger, Select, exc, func, select
from sqlalchemy.orm import Session

from app.core import ready
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.text.plain import fold
from petitions.queries import finding
from petitions.queries.filters import P
from petitions.queries.words import CommonWords, gather

log = logging.getLogger("townsquare.petitions")
#: where fewer petitions are, a word is gathered in a few milliseconds by whoever searches for it first
TINY = 10_000
#: petitions that are looked at, and how many of them in one step
SAMPLE, A_STEP = 600, 20
#: a word that fewer of the sample have may be there by chance
LEAST = 3
MOST_WORDS = 1_200
#: seconds: before the first round, from one round's beginning to the next one's, and for how long a word must still be
#: remembered to be passed over
START, EVERY, AHEAD = 3.0, 200.0, 150.0
#: where nobody has searched for so many seconds, there are no rounds
ASLEEP = 600.0
#: so many times as long as a step took
REST = 4.0
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


class Beforehand:
    """A companion of the site."""

    def __init__(self, common: CommonWords) -> None:
        self.common = common

    def hear(self, topics: frozenset[str]) -> None:
        """Nothing that is committed matters at once."""

    def close(self) -> None:
        """Nobody is connected here."""

    async def live(self, house: Any) -> None:
        pool = ThreadPoolExecutor(1, thread_name_prefix="beforehand")
        in_pool = partial(asyncio.get_running_loop().run_in_executor, pool)
        began = float("-inf")
        try:
            await asyncio.sleep(START)
            while True:
                if began < 0 or time.monotonic() - self.common.asked_at < ASLEEP:
                    began, steps = time.monotonic(), self.round(house.database)
                    while took := await in_pool(_timed, steps):  # noqa: ASYNC110  it rests in proportion
                        await asyncio.sleep(took * REST)
                    await asyncio.sleep(max(0.0, began + EVERY - time.monotonic()))
                else:
                    await asyncio.sleep(1.0)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def round(self, database: Database) -> Iterator[None]:
        """Every common word once, step by step; no step keeps a connection for the next one."""
        with database.looking() as db:
            newest, number = db.execute(select(func.max(P.id), func.count())).one()
        if number < TINY:
            return
        seen, texts = Counter[str](), 0
        for first in range(1, newest + 1, max(A_STEP, newest * A_STEP // SAMPLE)):
            yield
            with database.looking() as db:
                for some in _words_from(db, first):
                    seen.update(some)
                    texts += 1
        for word in _commonest(seen, max(LEAST, texts * finding.FEW // number)):
            with database.looking() as db:
                asked = gather(db, word, few=finding.FEW, common=self.common, ahead=AHEAD)
            if asked:
                yield


def _words_from(db: Session, first: int) -> list[set[str]]:
    """The words of each of the next petitions."""
    rows = ready.rows(db, "texts from", _texts, {"first": first, "most": A_STEP})
    return [set(_WORD.findall(fold(" ".join(texts)))) for texts in rows]


def _texts() -> Select[*tuple[Any, ...]]:
    found = select(P.action, P.background, P.additional_details).where(P.id >= ready.given("first", BigInteger()))
    return found.order_by(P.id).limit(ready.given("most", BigInteger()))


def _commonest(seen: Counter[str], least: int) -> Iterator[str]:
    return (word for word, times in islice(seen.most_common(), MOST_WORDS) if times >= least)


def _timed(steps: Iterator[None]) -> float:
    """Seconds that the next step took; none where there is no other. What the database cannot answer now waits for
    the next round."""
    began = time.monotonic()
    try:
        next(steps)
    except StopIteration:
        return 0.0
    except (exc.SQLAlchemyError, Unavailable) as fault:
        log.warning("gathering common words waits for the database: %s", type(fault).__name__)
        return 0.0
    return time.monotonic() - began
