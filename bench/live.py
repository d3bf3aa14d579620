"""A live hall over real sockets: fan-out, a voting crowd, a rush of joins, a viewer that never reads, kill -9.

Server and crowd are processes of their own. Fan-out is frames written per processor-second of the server, beside what
the bare ``websockets`` library does with the same number of sockets in the same run.

    python -m bench.live [--scale 0.1] [--rounds 20]
"""

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import psutil  # type: ignore[import-untyped]

from bench import servers
from bench.crowd import Crowd
from bench.measure import EXACT, Options, Report, Target, at_least, at_most, options, percentile_ms, rounded
from bench.meeting import Meeting

VIEWERS = 2_000
VOTERS = 200
QUESTIONS = 50
JOINS = 1_000
DEAF = 20  # viewers that never read
VOTED = 10  # questions that are voted on while the server is struck
FRAME = 62  # characters: about what a tick with some counts takes
SETTINGS = {
    "TOWNHALL_VIEWERS_MOST": "100000",
    "TOWNHALL_HANDSHAKES_MOST": "1000000",
    "TOWNHALL_TABS_MOST": "1000",
}
TARGETS: dict[str, Target] = {
    "fanout.ratio": at_least(0.50),
    "viewers.frames_per_second": at_most(5.5),  # five, and what falls into the edges of the measured time
    "vote_to_screen.p95_ms": at_most(400),
    "viewer.kib": at_most(40),
    "joins.p95_s": at_most(3),
    "deaf.kib": at_most(256),
    "crash.live_again_s": at_most(15),
    "exact": EXACT,
}


@dataclass
class Hall:
    """The running site, its hall, and the crowd in it."""

    site: servers.Site
    meeting: Meeting
    report: Report
    scale: float

    @property
    def path(self) -> str:
        return f"/townhalls/{self.meeting.hall}/ws"

    def size(self, number: int) -> int:
        return max(20, int(number * self.scale))

    def where(self) -> dict[str, Any]:
        return {"host": self.site.host, "port": self.site.port, "path": self.path}

    def rss_kib(self) -> float:
        return float(psutil.Process(self.site.pid).memory_info().rss) / 1024


def bare(viewers: int, seconds: float) -> float:
    """Frames per processor-second of the bare library."""
    with servers.Server("bench.bare", ready_path="/ready") as server, Crowd() as crowd:
        crowd.call(
            "connect", host=server.host, port=server.port, path="/", number=viewers, seconds=viewers / 500, greets=False
        )
        return _rate(crowd, server, seconds)


def _rate(crowd: Crowd, server: servers.Server, seconds: float, meanwhile: Callable[[], None] | None = None) -> float:
    rates = []
    for _slice in range(3):
        before = servers.cpu_seconds(server.pid)
        call = crowd.begin("listen", seconds=seconds / 3)
        if meanwhile is not None:
            meanwhile()
        heard = crowd.result(call)
        rates.append(heard["frames"] / max(0.001, servers.cpu_seconds(server.pid) - before))
    return median(rates)


def fan_out(hall: Hall, seconds: float) -> None:
    """Viewers first, and what one weighs; then a little voting, so that each tick has something to tell everybody."""
    viewers, report = hall.size(VIEWERS), hall.report
    with Crowd() as crowd:
        weighed = hall.rss_kib()
        joined = crowd.call("connect", **hall.where(), number=viewers, seconds=viewers / 250)
        time.sleep(2)
        report.figures["viewer.kib"] = rounded((hall.rss_kib() - weighed) / max(1, joined["open"]))
        report.notes.append(f"{joined['open']} of {viewers} viewers are in")
        admitted = crowd.call("admit", path=hall.path, cookies=hall.meeting.cookies[:20])
        # six votes a second: there is news at every tick, and voting itself weighs next to nothing
        voting = crowd.begin("vote", questions=hall.meeting.questions[:20], per_second=6.0, seconds=seconds + 3)
        time.sleep(1)
        ours = _rate(crowd, hall.site, seconds)
        crowd.result(voting)
        report.notes.append(f"{admitted} voters; fan-out: {ours:,.0f} frames a CPU-second")
        report.figures["fanout.per_cpu_second"] = rounded(ours)
        crowd.call("leave")
    theirs = bare(viewers, seconds)
    report.figures["fanout.bare_per_cpu_second"] = rounded(theirs)
    report.figures["fanout.ratio"] = rounded(ours / theirs)


def voting(hall: Hall, seconds: float) -> None:
    """2,000 viewers, 200 votes a second, and some viewers that never read."""
    report, questions = hall.report, hall.meeting.questions[20:-VOTED]
    with Crowd() as crowd:
        crowd.call("connect", **hall.where(), number=hall.size(VIEWERS), seconds=hall.size(VIEWERS) / 250)
        crowd.call("admit", path=hall.path, cookies=hall.meeting.cookies)
        pace, stored = 200.0 * min(1.0, hall.scale * 2), hall.meeting.counts(questions)
        half = len(questions) // 2
        # the first half is what voting itself costs: what the deaf cost is what comes on top in the second
        first = crowd.call("vote", questions=questions[:half], per_second=pace, seconds=seconds / 2)
        before = hall.rss_kib()
        deaf = crowd.call("go_deaf", path=hall.path, number=DEAF)
        told = crowd.call("vote", questions=questions[half:], per_second=pace, seconds=seconds / 2)
        report.figures["vote_to_screen.p95_ms"] = percentile_ms(told["latencies"], 95)
        report.figures["vote_to_screen.p50_ms"] = percentile_ms(told["latencies"], 50)
        report.figures["viewers.frames_per_second"] = rounded(told["frames_per_second"])
        report.figures["deaf.kib"] = rounded(max(0.0, hall.rss_kib() - before) / max(1, deaf))
        columns, rows = hall.meeting.counts(questions)
        grown = columns - stored[0]
        report.figures["votes.exact"] = columns == rows and grown == first["acknowledged"] + told["acknowledged"]
        report.notes.append(
            f"votes: {first['sent'] + told['sent']} sent, "
            f"{first['acknowledged'] + told['acknowledged']} acknowledged, {first['refused'] | told['refused']} refused, "
            f"{grown} more counted, {told['lost']} viewers lost"
        )
        crowd.call("leave")


def joins(hall: Hall) -> None:
    """1,000 within ten seconds: how long each waits for a whole screen."""
    with Crowd() as crowd:
        told = crowd.call("connect", **hall.where(), number=hall.size(JOINS), seconds=10.0)
        hall.report.figures["joins.p95_s"] = rounded(percentile_ms(told["joined"], 95) / 1000)
        hall.report.notes.append(f"joins: {told['open']} of {hall.size(JOINS)} have a whole screen")
        crowd.call("leave")


def crashes(hall: Hall, rounds: int, viewers: int = 300, latest: float = 2.5) -> list[str]:
    """kill -9 while staff announce and people vote; everybody is live again with every number once."""
    report, slowest, faults = hall.report, 0.0, []
    chance, voted = random.Random(rounds), set[str]()
    for number in range(rounds):
        with Crowd() as crowd:
            found, took = _crash(hall, crowd, viewers, chance, voted, latest)
        faults += [f"round {number + 1}: {fault}" for fault in found]
        slowest = max(slowest, took)
    report.figures["crash.live_again_s"] = rounded(slowest)
    report.figures["crash.exact"] = not faults
    report.notes += [
        f"crash: {rounds} rounds, the slowest came back after {slowest:.1f} s; {len(voted)} votes acknowledged",
        *faults[:6],
    ]
    return faults


def _crash(
    hall: Hall, crowd: Crowd, viewers: int, chance: random.Random, voted: set[str], latest: float
) -> tuple[list[str], float]:
    """What was found wrong, and how long it took until everybody was live again."""
    questions = hall.meeting.questions[-VOTED:]
    crowd.call("connect", **hall.where(), number=viewers, seconds=0.5)
    crowd.call("read_all")
    crowd.call("admit", path=hall.path, cookies=[hall.meeting.staff_cookie], lane="staff")
    crowd.call("admit", path=hall.path, cookies=hall.meeting.cookies[-20:])
    before = hall.meeting.announced()
    crowd.begin("vote", questions=questions, per_second=100.0, seconds=3.0, first=1)
    crowd.begin("announce", number=60, per_second=20.0)
    time.sleep(chance.uniform(0.5, latest))
    hall.site.kill()
    time.sleep(chance.uniform(0.2, latest / 2))
    hall.site.start()
    began = time.monotonic()
    survived = crowd.call("survive", path=hall.path, seconds=15.0)
    took = time.monotonic() - began
    time.sleep(0.8)
    told, (top, count) = crowd.call("tell"), hall.meeting.top()
    announced = sum(name.startswith("announce-") for name in told["acknowledged"])
    # the same voters and questions in the same order each round: their place in it names a vote
    voted |= {name.split("-")[2] for name in told["acknowledged"] if name.startswith("bench-")}
    columns, rows = hall.meeting.counts(questions)
    stored = hall.meeting.announced() - before
    found = list(told["faults"])
    found += [f"{viewers - survived['live']} viewers are not live again"] * (survived["live"] < viewers)
    found += [f"viewers stand at {sorted(set(told['seqs']))}, the log at {top}"] * (set(told["seqs"]) != {top})
    found += [f"the log's top is {top}, its events are {count}"] * (top != count)
    found += [f"{announced} announcements acknowledged, {stored} stored"] * (stored < announced)
    found += [f"{len(voted)} votes acknowledged, {rows} stored"] * (rows < len(voted))
    found += [f"questions show {columns} votes, and have {rows}"] * (columns != rows)
    found += ["nothing was acknowledged before the blow"] * (not announced or not voted)
    crowd.call("leave")
    return found, took


def measure(chosen: Options, report: Report, rounds: int) -> None:
    database = chosen.databases[0] if len(chosen.databases) == 1 else "sqlite"
    with servers.site(database, "live", SETTINGS) as site:
        meeting = Meeting(site)
        meeting.fill(QUESTIONS, VOTERS)
        with site:
            hall = Hall(site, meeting, report, chosen.scale)
            fan_out(hall, chosen.seconds)
            voting(hall, chosen.seconds)
            joins(hall)
            report.figures["peak_mb"] = rounded(servers.peak_mb(site.pid))
            crashes(hall, rounds)
        meeting.database.close()
    report.figures["exact"] = bool(report.figures["votes.exact"] and report.figures["crash.exact"])


def main() -> int:
    rounds = 20
    if "--rounds" in sys.argv:
        at = sys.argv.index("--rounds")
        rounds = int(sys.argv[at + 1])
        del sys.argv[at : at + 2]
    chosen = options(__doc__, seconds=12.0)
    report = Report("live", TARGETS)
    measure(chosen, report, rounds)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
