"""How figures are taken and told: slices, medians, ratios to the ceiling, targets, the table and the closing line."""

import argparse
import json
import math
import os
import signal
import sys
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from bench.driver import Tally

SLICES = 5
DRIVER_MARGIN = 1.5  # the driver must reach this many times the ceiling, or it is what was measured

Value = float | bool
Sense = Literal["at least", "at most", "exactly"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach."""

    sense: Sense
    value: Value

    def is_met_by(self, figure: Value | None) -> bool:
        if figure is None:
            return False
        if self.sense == "exactly":
            return figure == self.value
        return figure >= self.value if self.sense == "at least" else figure <= self.value


def at_least(value: float) -> Target:
    return Target("at least", value)


def at_most(value: float) -> Target:
    return Target("at most", value)


EXACT = Target("exactly", True)


@dataclass(slots=True)
class Report:
    """The figures of one bench beside their targets."""

    bench: str
    targets: Mapping[str, Target]
    figures: dict[str, Value] = field(default_factory=dict)
    notes: list[str] = field(default_factory=lambda: [machine()])
    driver_bound: bool = False

    @property
    def missed(self) -> list[str]:
        """Keys that did not reach their target; a key that was not measured has not reached it either."""
        missed = [key for key, target in self.targets.items() if not target.is_met_by(self.figures.get(key))]
        return missed + ["driver_bound"] * self.driver_bound

    @property
    def is_exact(self) -> bool:
        return all(value is True for key, value in self.figures.items() if key.rpartition(".")[2] == "exact")

    def judge_driver(self, driver: float, ceiling: float) -> None:
        """Book the driver's own rate against a null server, and whether it left the ceiling room."""
        self.figures["driver.per_second"] = min(rounded(driver), self.figures.get("driver.per_second", math.inf))
        self.driver_bound |= driver < DRIVER_MARGIN * ceiling

    def table(self) -> str:
        width = max((len(key) for key in self.figures), default=0)
        rows = [self._row(key, value, width) for key, value in self.figures.items()]
        return "\n".join([f"bench {self.bench}", *rows, *(f"  {note}" for note in self.notes)])

    def _row(self, key: str, value: Value, width: int) -> str:
        row = f"  {key:<{width}}  {shown(value):>12}"
        target = self.targets.get(key)
        if target is None:
            return row
        verdict = "met" if target.is_met_by(value) else "MISSED"
        return f"{row}   {target.sense} {shown(target.value)}: {verdict}"

    def closing_line(self) -> str:
        targets = {key: target.value for key, target in self.targets.items()}
        told = {"bench": self.bench, "figures": self.figures, "targets": targets, "missed": self.missed}
        return json.dumps(told)

    def finish(self) -> int:
        """Print everything; the exit code is 1 only where a count was not exact."""
        print(self.table())
        print(self.closing_line(), flush=True)
        return 0 if self.is_exact else 1


def machine() -> str:
    """What the figures were taken on: times in milliseconds mean little where others kept the cores busy."""
    return f"machine: {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the run"


def interleave(lanes: Mapping[str, Callable[[], Tally]], slices: int = SLICES) -> dict[str, list[Tally]]:
    """Run every lane in turn, several times over, so that a noisy minute of the machine hits all of them alike."""
    tallies: dict[str, list[Tally]] = {name: [] for name in lanes}
    for number in range(slices):
        print(f"slice {number + 1} of {slices}", file=sys.stderr, flush=True)
        for name, run in lanes.items():
            tallies[name].append(run())
    return tallies


def median_rate(tallies: Sequence[Tally], status: int) -> float:
    """Answers of that status per second, the median of the slices."""
    return median(tally.rate_of(status) for tally in tallies)


def per_cpu_second(tallies: Sequence[Tally], status: int) -> float:
    """Answers of that status for each second of the server's processor time: holds on a busy machine too."""
    used = sum(tally.server_cpu for tally in tallies)
    return sum(tally.statuses[status] for tally in tallies) / used if used else 0.0


def pooled(tallies: Iterable[Tally]) -> "array[float]":
    """All latencies of all slices, in seconds, sorted."""
    return array("d", sorted(latency for tally in tallies for latency in tally.latencies))


def percentile_ms(latencies: Sequence[float], percent: float) -> float:
    """A percentile of sorted latencies, in milliseconds: the smallest that `percent` of them do not exceed."""
    if not latencies:
        return 0.0
    rank = -(-len(latencies) * percent // 100)
    return rounded(latencies[max(int(rank) - 1, 0)] * 1000)


def spread(name: str, tallies: Sequence[Tally]) -> str:
    """One line of what a lane did: rate, percentiles, answers by status."""
    latencies = pooled(tallies)
    rate = median(tally.per_second for tally in tallies)
    p50, p95, p99 = (percentile_ms(latencies, percent) for percent in (50, 95, 99))
    statuses = {status: sum(t.statuses[status] for t in tallies) for t in tallies for status in t.statuses}
    broken = sum(tally.broken for tally in tallies)
    lost = f", {broken} connections broken" if broken else ""
    return f"{name}: {rate:,.0f}/s, p50 {p50} p95 {p95} p99 {p99} ms, answers {statuses}{lost}"


def rounded(value: float) -> float:
    """Three digits are more than a shared machine can promise."""
    return float(f"{value:.3g}") if abs(value) < 100 else round(value)


def shown(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:,g}"


@dataclass(frozen=True, slots=True)
class Options:
    """The command line that every bench shares. `seconds` is the time under load of each lane, all slices together."""

    seconds: float
    databases: tuple[str, ...]
    scale: float

    @property
    def slice_seconds(self) -> float:
        return self.seconds / SLICES


def options(about: str | None, *, seconds: float = 10.0) -> Options:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=seconds, help="time under load of each lane")
    parser.add_argument("--database", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the data set; 0.01 makes a quick run")
    chosen = parser.parse_args()
    end_tidily()
    databases = ("sqlite", "postgres") if chosen.database == "both" else (chosen.database,)
    return Options(chosen.seconds, databases, chosen.scale)


def end_tidily() -> None:
    """Whoever ends a bench ends its servers: a signal unwinds the `with` blocks as Ctrl-C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
