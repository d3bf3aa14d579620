"""How was it? One question on the page after an act; and where it is answered."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.core.errors import TooMany
from app.core.i18n import _
from app.core.security.limits import Allowance
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from app.performance.rules.opinions import Grade
from app.performance.service import opining
from app.performance.service.opining import Question, Satisfaction

#: a class of a school, all at one address, gets through
A_NETWORK = Allowance(most=60, an_hour=600)
THANKS = "/satisfaction/thanks"
FIELDS = ("grade", "page", "back")


def asked_how(request: Request[Any, Any, Any], asked: str) -> Question | None:
    """The question for a page that nobody else gets, which thanks in its place once it is answered."""
    state = request.app.state
    satisfaction: Satisfaction = state.site.satisfaction
    return satisfaction.question(asked, request.url.path, state.clock.now(), thanked="thanks" in request.query_params)


@post(
    "/satisfaction/{asked:str}",
    name="performance.say",
    guards=[anyone],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def say(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    asked: FromPath[str],
) -> Response[Any]:
    """Counted once for each page that asked, by the day; who said it is stored nowhere."""
    state, shown = request.app.state, Form(values={name: form.get(name, "") for name in FIELDS})
    now = state.clock.now()
    number = state.site.satisfaction.read(asked, shown.get("page"), now)
    grade = shown.read("grade", chosen("grade", frozenset(Grade)))
    if grade is None:
        shown.errors["grade"] = str(_("Choose how it was, or leave this page: you need not say."))
        return _page(request, asked, shown, status=422)
    try:
        state.limits.spend(A_NETWORK, request.client.host if request.client else "", "satisfaction")
    except TooMany as busy:
        return _page(request, asked, shown, status=busy.status, busy=busy)
    opining.say(db, asked, number, Grade(grade), now, state.settings.zone)
    back = opining.read_back(shown.get("back"))
    return see_other(f"{back}?thanks#satisfaction" if back else THANKS)


@get(THANKS, name="performance.thanks", guards=[anyone], sync_to_thread=True)
def thanks(request: Request[Any, Any, Any]) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal("performance/thanks.html")
    return response


def _page(
    request: Request[Any, Any, Any], asked: str, form: Form, *, status: int, busy: TooMany | None = None
) -> Response[bytes]:
    """The question alone, with what is wrong."""
    back = opining.read_back(form.get("back"))
    response: Response[bytes] = request.app.state.pages.personal(
        "performance/question.html",
        status=status,
        question=Question(asked, form.get("page"), back),
        form=form,
        busy=busy,
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [say, thanks]
