"""Numbers a deployment may change (``TOWNSQUARE_OUTCOMES_*``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.settings import PREFIX, civic_number
from app.core.text.figures import is_whole
from app.outcomes.rules.deadlines import Span

_SPAN = re.compile(r"([1-9]\d{0,3})(w?)")
#: what is due later than answers to petitions, unless the deployment says otherwise: twelve weeks after closing
_SPANS = {"days_consultation": "84"}
_REMINDERS = {"remind_before_consultation": "28,7"}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class OutcomesPolicy:
    """``answer_days``: days a department has for an answer; ``spans``: other times for other causes.

    ``weekend``: days of the week on which nobody works (Monday is 0). ``remind_before`` and
    ``remind_after``: days before and after a date on which officers are reminded; ``reminders``: other such days
    for other causes, before and after.
    """

    answer_days: int = 28
    spans: Mapping[str, Span] = field(default_factory=dict)
    weekend: frozenset[int] = frozenset({5, 6})
    remind_before: tuple[int, ...] = (14, 3)
    remind_after: tuple[int, ...] = (1, 14)
    reminders: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)
    return_days: int = 14

    def marks(self, cause: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Days before and after an answer to this cause is due on which its officers are reminded."""
        return self.reminders.get(cause, (self.remind_before, self.remind_after))

    @property
    def earliest_mark(self) -> int:
        """How many days before any due day the first reminder may leave."""
        return max(
            (n for before in (self.remind_before, *(b for b, _a in self.reminders.values())) for n in before), default=0
        )

    def span(self, cause: str) -> Span:
        """How long a department has for an answer to this cause."""
        return self.spans.get(cause, Span(self.answer_days))

    @classmethod
    def from_settings(cls, section: Mapping[str, str]) -> OutcomesPolicy:
        """``DAYS_DEBATE=20w`` gives debates 20 working days, ``DAYS_DEBATE=56`` eight weeks, ``REMIND_BEFORE_DEBATE=7``
        another reminder; ValueError names the wrong one."""
        section = {**_SPANS, **_REMINDERS, **section}
        return cls(
            answer_days=civic_number("outcomes", section, "answer_days", cls.answer_days),
            spans={k.removeprefix("days_"): _span(k, v) for k, v in section.items() if k.startswith("days_")},
            weekend=_weekend(section.get("weekend", "sat,sun")),
            remind_before=_days("remind_before", section.get("remind_before", "14,3")),
            remind_after=_days("remind_after", section.get("remind_after", "1,14")),
            reminders=_reminders(section),
            return_days=civic_number("outcomes", section, "return_days", cls.return_days),
        )


def _span(name: str, text: str) -> Span:
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise ValueError(
            f"{PREFIX}OUTCOMES_{name.upper()}: {text!r} is neither days such as 28 nor working days such as 20w"
        )
    return Span(int(found[1]), working=found[2] == "w")


def _reminders(section: Mapping[str, str]) -> dict[str, tuple[tuple[int, ...], tuple[int, ...]]]:
    starts = ("remind_before", "remind_after")
    causes = {k.removeprefix(f"{start}_") for start in starts for k in section if k.startswith(f"{start}_")}
    usual = {"remind_before": "14,3", "remind_after": "1,14"} | {k: section[k] for k in starts if k in section}
    read = {c: [_days(f"{s}_{c}", section.get(f"{s}_{c}", usual[s])) for s in starts] for c in sorted(causes)}
    return {cause: (before, after) for cause, (before, after) in read.items()}


def _weekend(text: str) -> frozenset[int]:
    names = [part.strip().lower()[:3] for part in text.split(",") if part.strip()]
    if any(n not in _DAYS for n in names) or len(set(names)) > 6:
        raise ValueError(f"{PREFIX}OUTCOMES_WEEKEND: {text!r} does not name days such as sat,sun")
    return frozenset(_DAYS.index(n) for n in names)


def _days(name: str, text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if any(not is_whole(p) or not 0 < int(p) <= 365 for p in parts):
        raise ValueError(f"{PREFIX}OUTCOMES_{name.upper()}: {text!r} are not days such as 14,3")
    return tuple(sorted({int(p) for p in parts}, reverse=True))
