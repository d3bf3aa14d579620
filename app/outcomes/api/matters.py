"""A department's program reads what its department owes, and what was answered."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.web.entity import own
from app.core.web.problems import answers, problems, wrong
from app.outcomes.api import examples, told
from app.outcomes.api.calls import IfNoneMatch, needs, refusals
from app.outcomes.api.schema import ReferralAnswers, ReferralPage, ReferralWhole
from app.outcomes.queries import worklist
from app.outcomes.queries.worklist import A_PAGE, Place, Work
from app.outcomes.rules.referrals import OWED, ReferralState
from app.tokens.guard import by_program, program_of
from app.tokens.rules.scopes import Scope

Asked = Literal["owed", "received", "accepted", "answered", "returned", "closed", "all"]
_STATES: dict[str, frozenset[ReferralState]] = {
    "owed": OWED,
    "all": frozenset(ReferralState),
    **{str(state): frozenset({state}) for state in ReferralState},
}
#: after it, the list goes on: microseconds and a number
PLACE = "^[0-9]{1,16}-[0-9]{1,16}$"
_OF_ONE = problems(*refusals(Scope.READ))
_LEAP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d):60")
#: instants before and after are nobody's
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


@get(
    "/api/v1/referrals",
    name="outcomes.api.referrals",
    include_in_schema=True,
    guards=[by_program("outcomes.desk")],
    security=needs(Scope.READ),
    sync_to_thread=True,
    summary="List what the department owes",
    responses={
        200: answers(ReferralPage, "Fifty matters", examples.PAGE),
        **problems(*refusals(Scope.READ, wrong("after", "Send after as next gives it."))),
    },
)
def referrals(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    in_state: Annotated[Asked, QueryParameter(name="state", description="owed is everything to be answered.")] = "owed",
    updated_since: Annotated[
        str | None,
        QueryParameter(
            description="Only matters to which something happened at this instant or later (RFC 3339).",
            schema_extra={"format": "date-time"},
        ),
    ] = None,
    practice: Annotated[bool, QueryParameter(description="Made-up matters to practise with, and no others.")] = False,
    after: Annotated[
        str | None, QueryParameter(description="As `next` gives it.", schema_extra={"pattern": PLACE})
    ] = None,
) -> Response[ReferralPage]:
    """The department's own matters, those left alone longest first. What changes meanwhile comes again at the end."""
    state, department = request.app.state, program_of(request).department_id
    work = Work(
        department, _STATES[in_state], read_instant(updated_since) if updated_since is not None else None, practice
    )
    rows = worklist.page(db, work, read_place(after) if after is not None else None, most=A_PAGE + 1)
    shown, now = rows[:A_PAGE], state.clock.now()
    kept = {"state": in_state, "updated_since": updated_since or "", "practice": "true" if practice else ""}
    next_ = None
    if len(rows) > A_PAGE:
        query = {**{k: v for k, v in kept.items() if v}, "after": written_place(Place(shown[-1].at, shown[-1].row.id))}
        next_ = f"{state.settings.base_url}/api/v1/referrals?{urlencode(query)}"
    body = ReferralPage(told.matters(state, db, shown, now), next_)
    response = own(request, msgspec.json.encode(body))
    if next_:
        response.headers["link"] = f'<{next_}>; rel="next"'
    return response  # type: ignore[return-value]


@get(
    "/api/v1/referrals/{referral_id:int}",
    name="outcomes.api.referral",
    include_in_schema=True,
    guards=[by_program("outcomes.desk")],
    security=needs(Scope.READ),
    sync_to_thread=True,
    summary="Read one matter",
    responses={200: answers(ReferralWhole, "The matter", examples.WHOLE), **_OF_ONE},
)
def referral(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    referral_id: FromPath[int],
    if_none_match: IfNoneMatch = "",
) -> Response[ReferralWhole]:
    """What people asked, how many, by when it is due, every version of the answer, and what was promised."""
    state = request.app.state
    found = told.owned(db, program_of(request), referral_id)
    body = told.whole(state, db, found, state.clock.now())
    return own(request, msgspec.json.encode(body))  # type: ignore[return-value]


@get(
    "/api/v1/referrals/{referral_id:int}/answers",
    name="outcomes.api.answers",
    include_in_schema=True,
    guards=[by_program("outcomes.desk")],
    security=needs(Scope.READ),
    sync_to_thread=True,
    summary="Read a matter's answers",
    responses={200: answers(ReferralAnswers, "Every version", examples.ANSWERS), **_OF_ONE},
)
def referral_answers(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    referral_id: FromPath[int],
    if_none_match: IfNoneMatch = "",
) -> Response[ReferralAnswers]:
    """Every version and the draft; the ETag is what a new answer may send as If-Match."""
    found = told.owned(db, program_of(request), referral_id)
    return own(request, msgspec.json.encode(told.answers(db, found)))  # type: ignore[return-value]


def read_instant(text: str) -> datetime:
    """An instant with its zone, :class:`Invalid` for anything else. A leap second is the one before it."""
    try:
        read = datetime.fromisoformat(_LEAP.sub(r"\g<1>:59", text.strip().replace(" ", "+").upper()))
        if read.tzinfo is not None:
            return min(max(read.astimezone(UTC), _FIRST), _LAST)
    except (ValueError, OverflowError):
        pass
    raise Invalid([FieldError("updated_since", str(_("Send an instant such as 2026-11-30T10:00:00Z.")))])


def written_place(place: Place) -> str:
    return f"{int((place.at - _FIRST).total_seconds() * 1_000_000 + 0.5)}-{place.id}"


def read_place(text: str) -> Place:
    """What :func:`written_place` wrote; :class:`Invalid` for anything else."""
    if re.fullmatch(PLACE, text, re.ASCII):
        at, _dash, number = text.partition("-")
        return Place(_FIRST + timedelta(microseconds=int(at)), int(number))
    raise Invalid([FieldError("after", str(_("Send after as next gives it.")))])


HANDLERS = [referrals, referral, referral_answers]
