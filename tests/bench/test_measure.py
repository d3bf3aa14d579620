import json
from array import array
from collections import Counter

from bench.driver import Tally
from bench.measure import EXACT, Report, at_least, at_most, interleave, median_rate, percentile_ms

TARGETS = {"sqlite.sign.ratio": at_least(0.25), "sqlite.sign.p99_ms": at_most(250), "sqlite.exact": EXACT}


def report(**figures) -> Report:
    return Report("signing", TARGETS, {key.replace("__", "."): value for key, value in figures.items()})


def test_figures_that_reach_their_targets_miss_nothing():
    good = report(sqlite__sign__ratio=0.25, sqlite__sign__p99_ms=250, sqlite__exact=True)
    assert good.missed == []
    assert good.is_exact


def test_a_miss_is_listed_and_a_figure_never_taken_is_a_miss():
    assert report(sqlite__sign__ratio=0.2, sqlite__exact=True).missed == ["sqlite.sign.ratio", "sqlite.sign.p99_ms"]


def test_only_an_inexact_count_fails_the_bench(capsys):
    assert report(sqlite__sign__ratio=0.1, sqlite__exact=True).finish() == 0
    assert report(sqlite__sign__ratio=0.9, sqlite__exact=False).finish() == 1
    assert "sqlite.sign.ratio" in capsys.readouterr().out


def test_a_driver_without_room_above_the_ceiling_is_named():
    slow = report(sqlite__sign__ratio=0.3, sqlite__sign__p99_ms=20, sqlite__exact=True)
    slow.judge_driver(driver=14_000, ceiling=10_000)
    assert slow.missed == ["driver_bound"]


def test_the_last_line_is_the_contract_s_object(capsys):
    report(sqlite__sign__ratio=0.27, sqlite__sign__p99_ms=41, sqlite__exact=True).finish()
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "bench": "signing",
        "figures": {"sqlite.sign.ratio": 0.27, "sqlite.sign.p99_ms": 41, "sqlite.exact": True},
        "targets": {"sqlite.sign.ratio": 0.25, "sqlite.sign.p99_ms": 250, "sqlite.exact": True},
        "missed": [],
    }


def test_lanes_take_turns():
    order: list[str] = []

    def lane(name: str):
        return lambda: order.append(name) or Tally()

    tallies = interleave({"measured": lane("measured"), "ceiling": lane("ceiling")}, slices=3)
    assert order == ["measured", "ceiling"] * 3
    assert {name: len(slices) for name, slices in tallies.items()} == {"measured": 3, "ceiling": 3}


def test_refusals_are_no_work_done():
    busy = Tally(statuses=Counter({303: 50, 503: 950}), latencies=array("d", [0.01] * 1000), elapsed=1.0)
    assert median_rate([busy], 303) == 50


def test_a_percentile_is_a_value_that_was_measured():
    latencies = [number / 1000 for number in range(1, 101)]
    assert [percentile_ms(latencies, percent) for percent in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile_ms([], 99) == 0
