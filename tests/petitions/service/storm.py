"""One of several processes that sign the same petitions at the same time; says at the end what it was told.

``python -m tests.petitions.service.storm DATABASE_URL SEED SECONDS PETITION...``
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from app.core.db import Database
from app.core.errors import Refusal, Unavailable
from app.core.intake import Intake
from petitions.service import withdrawing
from petitions.service.acts import Confirmed, SignatureConfirmation
from tests.people import Person, crowd
from tests.site import Town

TOGETHER = 48
ENOUGH_BATCHES, ENOUGH_LEAVERS, PATIENCE = 25, 8, 40.0
#: few enough that the processes meet at the same addresses
PEOPLE = [p.but(name=f"{p.name} {kin}") for p in crowd(150) for kin in ("Senior", "Junior", "Third")]


@dataclass
class Told:
    """What the citizens of one process were answered."""

    confirmed: list[tuple[int, int]] = field(default_factory=list)
    withdrawn: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    batches: int = 0


class Storm:
    def __init__(self, database: Database, seed: int, petitions: list[int], folder: Path) -> None:
        self.town = Town(database, folder, petitions_response_at=30, petitions_debate_at=60)
        self.intake = Intake(database, self.town.site.performers, self.town.clock, wait=0.002)
        self.petitions, self.dice, self.told = petitions, random.Random(seed), Told()
        self.signed: list[int] = []
        self.over = threading.Event()

    def run(self, seconds: float) -> Told:
        self.intake.start()
        leavers = threading.Thread(target=self._withdraw_now_and_then)
        leavers.start()
        asyncio.run(self._sign(seconds))
        self.over.set()
        leavers.join(30)
        self.intake.close()
        self.told.batches = self.intake.batches
        return self.told

    async def _sign(self, seconds: float) -> None:
        """At least so long, and on a busy machine until enough has happened."""
        end = time.monotonic() + seconds
        while time.monotonic() < end or (self._too_calm() and time.monotonic() < end + PATIENCE):
            people = self.dice.sample(PEOPLE, TOGETHER)
            await asyncio.gather(*(self._one(self.dice.choice(self.petitions), p) for p in people))

    def _too_calm(self) -> bool:
        return self.intake.batches <= ENOUGH_BATCHES or self.told.withdrawn <= ENOUGH_LEAVERS

    async def _one(self, petition: int, person: Person) -> None:
        request = self.town.request_act(petition, person)
        try:
            await self.intake.submit(request)
            confirmation = SignatureConfirmation(at=self.town.now, signature_id=request.id)
            answer: Confirmed = await self.intake.submit(confirmation)
        except Unavailable:
            self.told.faults.append("unavailable")
        except Refusal as refusal:
            self.told.refused[type(refusal).__name__] += 1
        except Exception as fault:
            self.told.faults.append(repr(fault))
        else:
            self.told.confirmed.append((answer.petition_id, answer.number))
            self.signed.append(request.id)

    def _withdraw_now_and_then(self) -> None:
        """The other path to the same rows: one transaction each, at the edge."""
        while not self.over.wait(0.02):
            if not self.signed:
                continue
            signature = self.signed.pop()
            try:
                self.town.database.retrying(
                    lambda db, s=signature: withdrawing.withdraw(db, s, closed_on="", now=self.town.now)
                )
                self.told.withdrawn += 1
            except Exception as fault:
                self.told.faults.append(repr(fault))


def main() -> None:
    url, seed, seconds, *petitions = sys.argv[1:]
    database = Database(url)
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(database, int(seed), [int(p) for p in petitions], Path(folder))
        print("ready", flush=True)
        sys.stdin.readline()
        told = storm.run(float(seconds))
    database.close()
    print(msgspec.json.encode(told).decode())


if __name__ == "__main__":
    main()
