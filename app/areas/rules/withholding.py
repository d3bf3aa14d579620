"""Which counts of a breakdown are not shown, so that no small one can be worked out.

Whoever reads a breakdown knows its total, and this rule. A count under 5 is therefore withheld together with others:
at least two are, they add up to at least 5, and even for somebody who knew which of them are the small ones each
could still be one of three numbers. Others are taken in their order, the smallest first, until that is so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

SMALL = 5
#: how many numbers each withheld small count could be, as far as anybody can tell
DOUBT = 3


def withheld(counts: Mapping[str, int]) -> frozenset[str]:
    """The keys whose counts are not shown; ``counts`` are all parts of one known total, those of nobody too."""
    order = sorted(counts, key=lambda key: (counts[key], key))
    hidden = sum(1 for count in counts.values() if count < SMALL)
    small = [counts[key] for key in order[:hidden]]
    if not any(small):  # nobody stands behind them
        return frozenset(order[:hidden])
    while hidden < len(order) and not _is_safe(
        small, [counts[k] for k in order[len(small) : hidden]], counts[order[hidden]]
    ):
        hidden += 1
    return frozenset(order[:hidden])


def _is_safe(small: Collection[int], others: Collection[int], least_shown: int) -> bool:
    """Whether ``small`` counts are safe with these ``others`` beside them; none of the others is above the least shown."""
    known = sum(small) + sum(others)
    if len(small) + len(others) < 2 or known < SMALL:
        return False
    most_small = SMALL - 1
    least_sum = max(0, known - len(others) * least_shown)
    most_sum = min(most_small * len(small), known - SMALL * len(others))
    least = max(0, least_sum - most_small * (len(small) - 1))
    return min(most_small, most_sum) - least >= DOUBT - 1


@dataclass(frozen=True)
class Withheld:
    """Areas, and regions, whose counts are not shown."""

    areas: frozenset[str]
    regions: frozenset[str]


def withheld_by_region(counts: Mapping[str, int], region_of: Mapping[str, str]) -> Withheld:
    """The same where the sums of regions are shown too: each region that is shown is a total of its own.

    Areas of the regions that are not shown are parts of what those add up to together. ``region_of`` an area
    without a region: the empty name.
    """
    sums: defaultdict[str, int] = defaultdict(int)
    for code, count in counts.items():
        sums[region_of.get(code, "")] += count
    regions = withheld(sums) if len(sums) > 1 else frozenset[str]()
    groups: defaultdict[str | None, dict[str, int]] = defaultdict(dict)
    for code, count in counts.items():
        region = region_of.get(code, "")
        groups[None if region in regions else region][code] = count
    return Withheld(frozenset().union(*(withheld(group) for group in groups.values())), regions)
