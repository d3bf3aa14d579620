"""Every call of the API is tried with what its description allows, and with what it does not: schemathesis does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema

#: what people send can fit its description and still break a rule that no description can say: a day on which nobody
#: works, a petition that asks for nothing, an answer to what has been answered
RULED = {"expected-statuses": ["2xx", "401", "403", "404", "409", "410", "412", "422"]}
#: what people ask can, too: a last day that is before the first one
RULED_READS = ["/api/v1/search"]


@dataclass
class Found:
    """How many cases of which call, how they were answered, and what is wrong with any answer."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def try_everything(base: str, *, examples: int, seed: int, token: str, session: str) -> Found:
    """With every check there is. ``examples``: made up for each call, beside those of the description and those at
    every limit; ``token``: of a department's program; ``session``: of somebody who is signed in."""
    told: dict[str, Any] = {
        "seed": seed,
        "generation": {"max-examples": examples, "deterministic": True, "database": "none"},
        "auth": {"openapi": {"departmentToken": {"bearer": token}, "session": {"api_key": session}}},
        "headers": {"Origin": base},
        "continue-on-failure": True,
        "operations": [
            {"include-method": "POST", "checks": {"positive_data_acceptance": RULED}},
            {"include-path": RULED_READS, "checks": {"positive_data_acceptance": RULED}},
        ],
        "dictionaries": {"numbers": {"values": [1, 2, 3]}, "words": {"values": ["petition", "parks"]}},
        "parameters": known(httpx.get(f"{base}/openapi.json").json()),
    }
    schema = schemathesis.openapi.from_url(f"{base}/openapi.json", config=SchemathesisConfig.from_dict(told))
    found = Found()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(found, event)
        elif isinstance(event, events.NonFatalError):
            found.faults.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception
    return found


def known(description: Mapping[str, Any]) -> dict[str, Any]:
    """More often than not an address is one of something that is there: by itself hardly any made-up one would be."""
    calls = [call for path in description["paths"].values() for call in path.values()]
    places = [one for call in calls for one in call.get("parameters", ()) if one["in"] == "path"]
    return {
        f"path.{one['name']}": {
            "dictionary": "numbers" if one["schema"].get("type") == "integer" else "words",
            "probability": 0.7,
        }
        for one in places
    }


def _note(found: Found, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    for case_id, interaction in recorder.interactions.items():
        found.cases[recorder.cases[case_id].value.operation.label] += 1
        found.statuses[interaction.response.status_code if interaction.response else 0] += 1
    for checks in recorder.checks.values():
        for check in checks:
            if check.status is not Status.SUCCESS and check.failure_info is not None:
                failure = check.failure_info.failure
                found.faults.append(f"{event.label}: {check.name}: {failure}\n{check.failure_info.code_sample}")
