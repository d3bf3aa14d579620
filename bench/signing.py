"""Signatures asked for and confirmed, all on one petition, by 64 clients, beside the ceiling of this machine.

Afterwards the public count must equal the acknowledged confirmations exactly; anything else fails the bench.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from bench import flood, servers
from bench.driver import Driver, Plan, Tally
from bench.measure import (
    EXACT,
    Options,
    Report,
    Target,
    at_least,
    at_most,
    interleave,
    median_rate,
    options,
    per_cpu_second,
    percentile_ms,
    pooled,
    rounded,
    spread,
)
from bench.people import Crowd, confirmation
from bench.subjects import Stored, Subjects

CLIENTS = 64
WARM_UP = 0.5  # seconds
PACE = 12_000.0  # signatures a second, more than any site places
HEADROOM = 2.5  # forms are made for this many times the pace of the slice before
SIGNED = CONFIRMED = 303
BUSY = 503
CEILING_OK = 200


def targets(database: str) -> dict[str, Target]:
    ratio = {"sqlite": 0.25, "postgres": 0.15}[database]
    return {
        f"{database}.sign.ratio": at_least(ratio),
        f"{database}.sign.p99_ms": at_most(250),
        f"{database}.confirm.ratio": at_least(ratio),
        f"{database}.confirm.p99_ms": at_most(250),
        f"{database}.exact": EXACT,
        **flood.targets(database),
    }


@dataclass(slots=True)
class Campaign:
    """One petition of a running site and the crowd that signs it."""

    driver: Driver
    site: servers.Site
    subjects: Subjects
    petition: int
    before: Stored
    crowd: Crowd = field(default_factory=Crowd)
    signed: int = 0
    confirmed: int = 0
    unanswered: int = 0
    pace: float = PACE

    def sign(self, seconds: float) -> Tally:
        """As many new signatures as 64 clients can place in that time."""
        _, posts = self.crowd.emails_and_posts(self.site.host, self.petition, int(self.pace * seconds))
        tally = self._run(Plan(self.site.port, posts, CLIENTS, seconds))
        self.pace = min(max(HEADROOM * tally.per_second, PACE / 4), PACE)
        self.signed += tally.statuses[SIGNED]
        return tally

    def confirm(self) -> Tally:
        """Every signature that waits is confirmed; the slice ends with the last of them."""
        tokens = self.subjects.waiting_tokens(self.petition)
        posts = [confirmation(self.site.host, token) for token in tokens]
        tally = self._run(Plan(self.site.port, posts, CLIENTS))
        self.confirmed += tally.statuses[CONFIRMED]
        return tally

    def _run(self, plan: Plan) -> Tally:
        tally = self.site.metered(lambda: self.driver.run(plan))
        self.unanswered += tally.broken
        strange = sorted(set(tally.statuses) - {SIGNED, CONFIRMED, BUSY})
        if strange:
            raise RuntimeError(f"the site answered {strange} to signatures; see {self.site.log}")
        return tally

    def is_exact(self) -> bool:
        """Every signature thanked for is stored, every confirmation counted once: in rows, count and public page."""
        stored, count = self.subjects.tallies(self.petition), self.before.count + self.confirmed
        return (
            self.unanswered == 0
            and stored.rows == self.before.rows + self.signed
            and stored.count == stored.validated == stored.numbers == count
            and self.subjects.public_count(self.petition, count) == count
        )


def measure(database: str, driver: Driver, chosen: Options, report: Report) -> None:
    """All figures of one database."""
    with (
        servers.ceiling() as ceiling,
        servers.null() as null,
        servers.site(database, "signing") as site,
        Subjects(site) as subjects,
    ):
        petition = subjects.open_petition()
        site.start()
        campaign = Campaign(driver, site, subjects, petition, subjects.tallies(petition))
        tallies = interleave(lanes(campaign, ceiling, null, chosen.slice_seconds))
        report.figures |= figures(database, tallies)
        flooded(database, campaign, chosen.slice_seconds, report)
        report.figures[f"{database}.peak_mb"] = rounded(servers.peak_mb(site.pid))
        report.figures[f"{database}.exact"] = campaign.is_exact()
    report.notes += [spread(f"{database} {name}", slices) for name, slices in tallies.items()]
    report.judge_driver(median_rate(tallies["null"], CEILING_OK), median_rate(tallies["sign ceiling"], CEILING_OK))


def flooded(database: str, campaign: Campaign, seconds: float, report: Report) -> None:
    """The same signing again, while strangers try passwords."""
    site, floods = campaign.site, list[Tally]()
    with Driver() as flooder:
        tallies = interleave(flood.lanes(campaign.sign, site.host, site.port, flooder, seconds, floods))
    report.figures |= flood.figures(database, tallies, floods)
    report.notes += flood.notes(database, tallies, floods)


def lanes(
    campaign: Campaign, ceiling: servers.Server, null: servers.Server, seconds: float
) -> dict[str, Callable[[], Tally]]:
    """What takes turns. The ceilings are sent the same bytes as the lane beside them."""
    host = campaign.site.host
    _, signs = Crowd().emails_and_posts(host, campaign.petition, 1000)
    confirms = [confirmation(host, "x" * 32)]

    def constant(server: servers.Server, requests: list[bytes], time: float) -> Tally:
        plan = Plan(server.port, requests, CLIENTS, time, cycle=True)
        return server.metered(lambda: campaign.driver.run(plan))

    campaign.sign(WARM_UP)
    campaign.confirm()
    constant(ceiling, signs, WARM_UP)
    return {
        "sign": lambda: campaign.sign(seconds),
        "sign ceiling": lambda: constant(ceiling, signs, seconds),
        "confirm": campaign.confirm,
        "confirm ceiling": lambda: constant(ceiling, confirms, seconds),
        "null": lambda: constant(null, signs, seconds / 4),
    }


def figures(database: str, tallies: dict[str, list[Tally]]) -> dict[str, float | bool]:
    told: dict[str, float | bool] = {}
    for lane, status in (("sign", SIGNED), ("confirm", CONFIRMED)):
        measured, ceiling = tallies[lane], tallies[f"{lane} ceiling"]
        rate = median_rate(measured, status)
        told[f"{database}.{lane}.ratio"] = rounded(rate / median_rate(ceiling, CEILING_OK))
        cpu_ratio = per_cpu_second(measured, status) / per_cpu_second(ceiling, CEILING_OK)
        told[f"{database}.{lane}.cpu_ratio"] = rounded(cpu_ratio)
        told[f"{database}.{lane}.per_second"] = rounded(rate)
        told[f"{database}.{lane}.p99_ms"] = percentile_ms(pooled(measured), 99)
    return told


def main() -> int:
    chosen = options(__doc__)
    wanted = {key: target for database in chosen.databases for key, target in targets(database).items()}
    report = Report("signing", wanted)
    with Driver() as driver:
        for database in chosen.databases:
            measure(database, driver, chosen, report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
