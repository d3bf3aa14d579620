"""Numbers a deployment may change (``TOWNSQUARE_OUTCOMES_*``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.settings import PREFIX, civic_number
from app.outcomes.rules.deadlines import Span

_SPAN = re.compile(r"([1-9]\d{0,3})(w?)")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class OutcomesPolicy:
    """``answer_days``: days a department has for an answer; ``spans``: other times for other causes.

    ``weekend``: days of the week on which nobody works (Monday is 0). ``remind_before`` and
    ``remind_after``: days before and after a date on which officers are reminded.
    """

    answer_days: int = 28
    spans: Mapping[str, Span] = field(default_factory=dict)
    weekend: frozenset[int] = frozenset({5, 6})
    remind_before: tuple[int, ...] = (14, 3)
    remind_after: tuple[int, ...] = (1, 14)
    return_days: int = 14

    def span(self, cause: str) -> Span:
        """How long a department has for an answer to this cause."""
        return self.spans.get(cause, Span(self.answer_days))

    @classmethod
    def from_settings(cls, section: Mapping[str, str]) -> OutcomesPolicy:
        """``DAYS_DEBATE=20w`` gives debates 20 working days, ``DAYS_DEBATE=56`` eight weeks; ValueError names the wrong one."""
        return cls(
            answer_days=civic_number("outcomes", section, "answer_days", cls.answer_days),
            spans={k.removeprefix("days_"): _span(k, v) for k, v in section.items() if k.startswith("days_")},
            weekend=_weekend(section.get("weekend", "sat,sun")),
            remind_before=_days("remind_before", section.get("remind_before", "14,3")),
            remind_after=_days("remind_after", section.get("remind_after", "1,14")),
            return_days=civic_number("outcomes", section, "return_days", cls.return_days),
        )


def _span(name: str, text: str) -> Span:
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise ValueError(
            f"{PREFIX}OUTCOMES_{name.upper()}: {text!r} is neither days such as 28 nor working days such as 20w"
        )
    return Span(int(found[1]), working=found[2] == "w")


def _weekend(text: str) -> frozenset[int]:
    names = [part.strip().lower()[:3] for part in text.split(",") if part.strip()]
    if any(n not in _DAYS for n in names) or len(set(names)) > 6:
        raise ValueError(f"{PREFIX}OUTCOMES_WEEKEND: {text!r} does not name days such as sat,sun")
    return frozenset(_DAYS.index(n) for n in names)


def _days(name: str, text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if any(not p.isdigit() or not 0 < int(p) <= 365 for p in parts):
        raise ValueError(f"{PREFIX}OUTCOMES_{name.upper()}: {text!r} are not days such as 14,3")
    return tuple(sorted({int(p) for p in parts}, reverse=True))
