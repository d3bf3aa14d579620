"""Every handler of the house itself; rooms bring their own."""

from __future__ import annotations

from app.accounts.web import account, factor, joining, mine, passwords, sessions, signing_in, step_up, step_up_letter
from app.comments.web import HANDLERS as COMMENTS
from app.files.web import HANDLERS as FILES
from app.following.web import HANDLERS as FOLLOWING
from app.front import HANDLERS as FRONT
from app.moderation.web import (
    appeals,
    beside,
    bulk,
    case,
    duty,
    holidays,
    illegal,
    log,
    queue,
    reasons,
    reports,
    rewording,
    taking_down,
)
from app.opendata.web import HANDLERS as OPEN_DATA
from app.outcomes.api import HANDLERS as OUTCOMES_API
from app.outcomes.web import HANDLERS as OUTCOMES
from app.outcomes.web import everybody as outcomes
from app.performance.web import HANDLERS as PERFORMANCE
from app.search.web import HANDLERS as SEARCH
from app.tokens.web import HANDLERS as TOKENS
from app.trails.web import HANDLERS as TRAILS
from app.webhooks.web import HANDLERS as WEBHOOKS

_SIGNING_IN = (signing_in, passwords, factor, sessions, step_up, step_up_letter, joining, mine, account)
_DESK = (queue, case, beside, bulk, taking_down, reports, holidays, reasons, rewording, log, appeals, illegal, duty)
OF_THE_HOUSE = [
    *FRONT,
    *(handler for subject in _SIGNING_IN for handler in subject.HANDLERS),
    *COMMENTS,
    *FILES,
    *FOLLOWING,
    *SEARCH,
    *(handler for subject in _DESK for handler in subject.HANDLERS),
    *TOKENS,
    *OUTCOMES,
    *outcomes.HANDLERS,
    *TRAILS,
    *OPEN_DATA,
    *OUTCOMES_API,
    *PERFORMANCE,
    *WEBHOOKS,
]
