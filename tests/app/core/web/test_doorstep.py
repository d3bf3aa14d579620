"""The doorstep: few at once, in the order they came, and nobody loses a turn that somebody else gave up."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.core.web.doorstep import Crowded, Doorstep


def on(doorstep: Doorstep, told: list[str], name: str, until: asyncio.Event) -> "asyncio.Task[None]":
    async def come() -> None:
        async with doorstep.passed():
            told.append(name)
            await until.wait()

    return asyncio.get_running_loop().create_task(come())


async def breathe() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def run(walk: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(walk(), 10))  # type: ignore[arg-type]


def test_ada_and_ben_are_inside_and_cyn_comes_in_once_one_of_them_leaves() -> None:
    async def walk() -> None:
        doorstep, told, first, others = Doorstep(2, 5, 5.0), list[str](), asyncio.Event(), asyncio.Event()
        tasks = [on(doorstep, told, name, first if name == "Ada" else others) for name in ("Ada", "Ben", "Cyn", "Dai")]
        await breathe()
        assert told == ["Ada", "Ben"]
        first.set()
        await breathe()
        assert told == ["Ada", "Ben", "Cyn"]
        others.set()
        await asyncio.gather(*tasks)
        assert told == ["Ada", "Ben", "Cyn", "Dai"]

    run(walk)


def test_whoever_finds_the_doorstep_full_is_told_at_once() -> None:
    async def walk() -> None:
        doorstep, told, leave = Doorstep(1, 1, 5.0), list[str](), asyncio.Event()
        tasks = [on(doorstep, told, name, leave) for name in ("Ada", "Ben")]
        await breathe()
        with pytest.raises(Crowded) as refused:
            async with doorstep.passed():
                told.append("Cyn")
        assert refused.value.status == 503
        leave.set()
        await asyncio.gather(*tasks)
        assert told == ["Ada", "Ben"]

    run(walk)


def test_whoever_waits_too_long_goes_away_and_the_next_in_line_has_their_turn() -> None:
    async def walk() -> None:
        doorstep, told, leave = Doorstep(1, 5, 0.05), list[str](), asyncio.Event()
        ada = on(doorstep, told, "Ada", leave)
        await breathe()
        ben = on(doorstep, told, "Ben", leave)
        with pytest.raises(Crowded):
            await ben
        cyn = on(doorstep, told, "Cyn", leave)
        await breathe()
        leave.set()
        await asyncio.gather(ada, cyn)
        assert told == ["Ada", "Cyn"]

    run(walk)


@pytest.mark.parametrize("given_a_turn_first", [False, True])
def test_a_browser_that_goes_away_while_it_waits_takes_no_place_with_it(given_a_turn_first: bool) -> None:
    async def walk() -> None:
        doorstep, told, leave = Doorstep(1, 5, 5.0), list[str](), asyncio.Event()
        ada, ben, cyn = (on(doorstep, told, name, leave) for name in ("Ada", "Ben", "Cyn"))
        await breathe()
        if given_a_turn_first:
            leave.set()
            await asyncio.sleep(0)  # Ada leaves and gives her place to Ben, who has not woken up
        ben.cancel()
        leave.set()
        await asyncio.gather(ada, cyn)
        assert "Cyn" in told
        async with asyncio.timeout(1), doorstep.passed():
            told.append("Dai")
        assert told[-1] == "Dai"

    run(walk)
