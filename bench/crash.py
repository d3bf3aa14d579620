"""kill -9 in the middle of a signing storm, again and again: nothing acknowledged is lost, nothing is doubled.

The driver journals each acknowledged signature and confirmation, synced to disk before it counts. Once the server is
up again every journalled one must be there exactly once. Then everything that got no answer is sent again, as people
would: that must not double anything either, and the count must be exact.

    python -m bench.crash --rounds 20 --database postgres
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path

from bench import servers
from bench.driver import Driver, Plan, Tally
from bench.measure import end_tidily
from bench.people import Crowd, confirmation
from bench.subjects import Subjects

CLIENTS = 64
WAITING = 300  # signatures that wait for their confirmation when the storm begins
NEW = 8_000  # new signatures in a storm: more than it can place before it is struck
EARLIEST, LATEST = 0.05, 1.0  # seconds after the storm's first acknowledgement


@dataclass(slots=True)
class Outcome:
    """What one round showed. `faults` is empty when all is well."""

    struck_after: float
    acknowledged: Counter[str]
    unanswered: int
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        found = "; ".join(self.faults) or "nothing lost, nothing doubled"
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(self.acknowledged.items()))
        return (
            f"struck after {self.struck_after:.2f} s: acknowledged {kinds}; {self.unanswered} without answer; {found}"
        )


class Battlefield:
    """A site that is struck down and raised again, and one petition on it."""

    def __init__(self, site: servers.Site, subjects: Subjects, driver: Driver, chance: random.Random) -> None:
        self.site, self.subjects, self.driver, self.chance = site, subjects, driver, chance
        self.petition = subjects.open_petition()
        self.crowd = Crowd()
        self.journal = Path(servers.VAR) / "journals" / f"{site.port}.txt"
        self.journal.parent.mkdir(parents=True, exist_ok=True)
        site.start()

    def round(self, *, verify: bool = True) -> Outcome:
        """One storm, one strike, one look at what is left; `verify` asks the product's own check too (seconds)."""
        self._gather_waiting()
        self.journal.unlink(missing_ok=True)
        keys, posts = self._storm()
        tally, moment = self._strike(keys, posts)
        self.site.start()
        journalled = self.journal.read_text().split("\n")[:-1]
        outcome = Outcome(moment, Counter(key.split()[0] for key in journalled), tally.sent - len(tally.latencies))
        outcome.faults += self._missing(journalled)
        outcome.faults += self._send_again(keys, posts, tally)
        outcome.faults += self._inexact()
        outcome.faults += self.site.broken_invariants() if verify else []
        return outcome

    def _gather_waiting(self) -> None:
        _, posts = self.crowd.emails_and_posts(self.site.host, self.petition, WAITING)
        self.driver.run(Plan(self.site.port, posts, CLIENTS))

    def _storm(self) -> tuple[list[str], list[bytes]]:
        """Journal keys and requests: confirmations and new signatures in turn, then signatures alone."""
        emails, posts = self.crowd.emails_and_posts(self.site.host, self.petition, NEW)
        tokens = self.subjects.waiting_tokens(self.petition)
        self.chance.shuffle(tokens)
        signs = [(f"sign {email}", post) for email, post in zip(emails, posts, strict=True)]
        confirms = [(f"confirm {token}", confirmation(self.site.host, token)) for token in tokens]
        mixed = [act for act in chain.from_iterable(zip_longest(signs, confirms)) if act is not None]
        return [key for key, _ in mixed], [post for _, post in mixed]

    def _strike(self, keys: list[str], posts: list[bytes]) -> tuple[Tally, float]:
        """Let the storm rage and kill the server at a random moment of it; returns the seconds it was given."""
        plan = Plan(self.site.port, posts, CLIENTS, journal=self.journal, keys=keys, accepted=frozenset({303}))
        storm = self.driver.start(plan)
        while not storm.done() and not (self.journal.exists() and self.journal.stat().st_size):
            time.sleep(0.005)
        moment = self.chance.uniform(EARLIEST, LATEST)
        time.sleep(moment)
        self.site.kill()
        return storm.result(), moment

    def _missing(self, journalled: Iterable[str]) -> list[str]:
        """Acknowledged acts that are not stored exactly once."""
        acts = [key.split() for key in journalled]
        emails = [subject for kind, subject in acts if kind == "sign"]
        tokens = [subject for kind, subject in acts if kind == "confirm"]
        rows = self.subjects.rows_by_email(self.petition, emails)
        states = self.subjects.states_by_token(tokens)
        faults = [f"{email} is stored {rows[email]} times" for email in emails if rows[email] != 1]
        faults += [f"{token} is {states[token]}" for token in tokens if states[token] != "validated"]
        return shortened(faults)

    def _send_again(self, keys: list[str], posts: list[bytes], tally: Tally) -> list[str]:
        """People without an answer try again: afterwards each of them is there once too."""
        again = [index for index in range(tally.sent) if not tally.answers[index]]
        retried = self.driver.run(Plan(self.site.port, [posts[index] for index in again], CLIENTS))
        refused = [keys[again[at]] for at, status in enumerate(retried.answers) if status not in (200, 303)]
        faults = [f"{key} was refused when sent again" for key in refused]
        return shortened(faults) + self._missing(keys[index] for index in again)

    def _inexact(self) -> list[str]:
        """Whether count, rows and numbers agree."""
        stored = self.subjects.tallies(self.petition)
        faults = []
        if stored.count != stored.validated:
            faults.append(f"the count is {stored.count}, validated rows are {stored.validated}")
        if stored.numbers != stored.validated:
            faults.append(f"{stored.validated} validated rows share {stored.numbers} numbers")
        return faults


def shortened(faults: list[str], most: int = 5) -> list[str]:
    """A disaster need not fill the screen."""
    return faults if len(faults) <= most else [*faults[:most], f"and {len(faults) - most} more"]


@contextmanager
def battlefield(database: str, seed: int) -> Iterator[Battlefield]:
    with servers.site(database, "crash") as site, Subjects(site) as subjects, Driver() as driver:
        yield Battlefield(site, subjects, driver, random.Random(seed))


def rounds(database: str, number: int, seed: int) -> Iterator[Outcome]:
    """That many strikes on one and the same site."""
    with battlefield(database, seed) as field_:
        for _ in range(number):
            yield field_.round()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--seed", type=int, default=None, help="repeats the moments of an earlier run")
    chosen = parser.parse_args()
    end_tidily()
    seed = random.randrange(10**6) if chosen.seed is None else chosen.seed
    print(f"{chosen.database}, seed {seed}", flush=True)
    unharmed = True
    for number, outcome in enumerate(rounds(chosen.database, chosen.rounds, seed), 1):
        print(f"{number:3} {outcome}", flush=True)
        unharmed &= not outcome.faults
    return 0 if unharmed else 1


if __name__ == "__main__":
    sys.exit(main())
