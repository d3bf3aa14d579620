"""A sign-in flood beside signing: 32 clients post wrong passwords as fast as they are answered, while people sign;
once all from one network, which soon waits, once each from another.

Checking a password is dear on purpose, so it happens in a small pool of its own that must leave signing above half its
rate. Signing takes turns with itself in the flood; the ratio compares neighbours.
"""

import time
from collections.abc import Callable
from statistics import median

from bench.driver import Driver, Plan, Tally
from bench.measure import Target, at_least, rounded, spread
from bench.wire import post_form

CLIENTS = 32
LEAD = 0.5  # seconds until the flood is in full flow
RATIO = at_least(0.5)
SIGNED = 303
PEACE = "sign in peace"

Sign = Callable[[float], Tally]


def targets(database: str) -> dict[str, Target]:
    return {f"{database}.flood.ratio": RATIO}


def lanes(
    sign: Sign, host: str, port: int, flooder: Driver, seconds: float, floods: list[Tally]
) -> dict[str, Callable[[], Tally]]:
    """Signing in peace and in a flood; what became of the flood is added to ``floods``."""

    def flooded(posts: list[bytes]) -> Tally:
        under_way = flooder.start(Plan(port, posts, CLIENTS, LEAD + seconds, cycle=True))
        time.sleep(LEAD)
        tally = sign(seconds)
        floods.append(under_way.result())
        return tally

    from_one = [guess(host, number) for number in range(2_000)]
    from_many = [guess(host, number, network_of(number)) for number in range(20_000)]
    return {
        PEACE: lambda: sign(seconds),
        "flood of one network": lambda: flooded(from_one),
        "flood of many networks": lambda: flooded(from_many),
    }


def guess(host: str, number: int, network: str = "") -> bytes:
    """One wrong password; every address is tried a few times, as those do who have a list of them."""
    fields = {"email": f"somebody.{number // 4}@example.org", "password": f"correct horse {number}"}
    return post_form("/sign-in", host, fields, {"X-Forwarded-For": network} if network else {})


def network_of(number: int) -> str:
    """As a proxy on this machine reports it: each guess from another network."""
    return f"10.{number // 256 % 256}.{number % 256}.7"


def figures(database: str, tallies: dict[str, list[Tally]], floods: list[Tally]) -> dict[str, float]:
    """The ratio of neighbours, the median of all, of the worse flood; and how many guesses a second were answered at all."""
    peace = tallies[PEACE]
    ratios = {
        name: median(wet.rate_of(SIGNED) / dry.rate_of(SIGNED) for wet, dry in zip(wets, peace, strict=True))
        for name, wets in tallies.items()
        if name != PEACE
    }
    return {
        f"{database}.flood.ratio": rounded(min(ratios.values())),
        f"{database}.flood.answers_per_second": rounded(median(tally.per_second for tally in floods)),
    }


def notes(database: str, tallies: dict[str, list[Tally]], floods: list[Tally]) -> list[str]:
    return [spread(f"{database} {name}", slices) for name, slices in [*tallies.items(), ("guesses", floods)]]
