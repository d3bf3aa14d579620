"""A form's local times (``templates/macros/times.html``), read in the deployment's zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from litestar import Request

from app.core.errors import BadField
from app.core.local_times import ComesTwice, check_far, read_instant
from app.core.web.forms import Form, Sent


def read_time_of(
    request: Request[Any, Any, Any], shown: Form, form: Sent, name: str, twice: dict[str, Any]
) -> datetime | None:
    """One instant of a form; a local time that comes twice is asked about: both instants go into ``twice``."""
    state = request.app.state
    try:
        instant = read_instant(form, name, state.settings.zone)
        return instant if instant is None else check_far(instant, state.clock.now())
    except ComesTwice as wrong:
        twice[name] = wrong.instants
        shown.refuse(f"{name}_which", wrong.message)
    except BadField as wrong:
        shown.refuse(f"{name}_day", wrong.message)
    return None


def times_that_come_twice(
    request: Request[Any, Any, Any], values: Mapping[str, str], names: Iterable[str]
) -> dict[str, tuple[datetime, ...]]:
    """The two instants behind each local time on the page that comes twice, so that its answer is shown again."""
    found: dict[str, tuple[datetime, ...]] = {}
    for name in names:
        try:
            read_instant(
                {k: v for k, v in values.items() if k != f"{name}_which"}, name, request.app.state.settings.zone
            )
        except ComesTwice as wrong:
            found[name] = wrong.instants
        except BadField:
            continue
    return found
