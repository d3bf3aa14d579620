"""Acts that everyone can read of: asked for on a page, shown with what they bring, done at the second press.

One :class:`Act` is one of them; the desk and the committee each have theirs (:mod:`~app.outcomes.web.routing`,
:mod:`~app.outcomes.web.steering`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from litestar import Request, Response
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import Conflict, Invalid
from app.core.i18n import _
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments import queries as departments
from app.departments.model import Department
from app.outcomes.model import Referral
from app.outcomes.rules.deadlines import last_day
from app.outcomes.rules.referrals import InACircle, read_public_reason
from app.outcomes.service import steering
from app.outcomes.web.lookup import due_at, identity, lock, read_due, subject_of


@dataclass(frozen=True)
class Asked:
    """What somebody wants done to one matter, as read from the form."""

    state: Any
    referral: Referral
    by: int
    to: Department | None = None
    due: date | None = None
    reason: str = ""

    @property
    def now(self) -> datetime:
        now: datetime = self.state.clock.now()
        return now

    @property
    def department(self) -> Department:
        """The one that was chosen; forms that ask for one have checked it."""
        if self.to is None:
            raise ValueError("no department was asked for")
        return self.to

    @property
    def due_at(self) -> datetime:
        """The end of the day that was chosen; forms that ask for one have checked it."""
        if self.due is None:
            raise ValueError("no day was asked for")
        return due_at(self.state, self.due)

    def say(self, day: date) -> str:
        words: str = self.state.pages.say_date(day)
        return words


def _nothing_more(_db: Session, _asked: Asked) -> None:
    """Whatever else may be wrong is found when it is done."""


@dataclass(frozen=True)
class Act:
    """``fields``: of ``to``, ``due`` and ``reason``; ``brings``: sentences on what happens once it is done."""

    title: str
    about: str
    button: str
    fields: tuple[str, ...]
    #: of the matter, for the act to be offered
    states: Collection[str]
    brings: Callable[[Asked], Sequence[str]]
    do: Callable[[Session, Asked], None]
    #: refuses what the page should say before anybody confirms it
    check: Callable[[Session, Asked], None] = _nothing_more
    #: the day has to be later than the one that stands
    later: bool = False
    #: the department that has it may be chosen
    stays: bool = False
    labels: dict[str, str] = field(default_factory=dict)


def ask(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    act: Act,
    referral: Referral,
    path: str,
    **words: str,
) -> Response[bytes]:
    """The empty form; ``words`` stand in it already."""
    return _page(request, db, account, act, referral, path, Form(words))


def carry_on(
    request: Request[Any, Any, Any], db: Session, account: Account, act: Act, referral: Referral, path: str, form: Sent
) -> Response[Any] | None:
    """A form sent in: shown again, shown with what it brings, or done (None)."""
    shown = Form({name: form.get(name, "") for name in act.fields})
    if form.get("step") == "edit":
        return _page(request, db, account, act, referral, path, shown)
    number, state = referral.id, request.app.state
    try:
        asked = _read(db, account, act, referral, shown, state)
        if form.get("step") == "sure":
            lock(state, db, referral.subject_kind, referral.subject_id)
            act.do(db, asked)
            return None
    except Invalid as wrong:
        shown.errors.update({e.field: str(e.message) for e in wrong.errors})
    except Conflict as refused:
        db.rollback()
        where = "to" if isinstance(refused, InACircle) else ""
        shown.refuse(where, f"{refused.heading}. {refused.sentence}")
        again = db.get_one(Referral, number, populate_existing=True)
        return _page(request, db, account, act, again, path, shown, status=409)
    if shown.errors:
        return _page(request, db, account, act, referral, path, shown, status=422)
    return _page(request, db, account, act, referral, path, shown, asked=asked)


def _read(db: Session, account: Account, act: Act, referral: Referral, form: Form, state: Any) -> Asked:
    to = _department(db, form) if "to" in act.fields else None
    due = None
    if "due" in act.fields:
        stands = last_day(referral.due_at, state.settings.zone) if act.later and referral.due_at else None
        due = form.read("due", lambda text: read_due(state, db, text, after=stands))
    reason = form.read("reason", read_public_reason) if "reason" in act.fields else ""
    form.check()
    asked = Asked(state, referral, account.id, to, due, reason or "")
    act.check(db, asked)
    return asked


def _department(db: Session, form: Form) -> Department | None:
    found = db.get(Department, identity(form.values, "to"))
    if found is None:
        form.refuse("to", _("Choose a department."))
    return found


def _page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    act: Act,
    referral: Referral,
    path: str,
    form: Form,
    *,
    status: int = 200,
    asked: Asked | None = None,
) -> Response[bytes]:
    state = request.app.state
    response: Response[bytes] = state.pages.personal(
        "outcomes/act_check.html" if asked else "outcomes/act.html",
        status=status,
        staff=account,
        act=act,
        path=path,
        back=path.rpartition("/")[0],
        referral=referral,
        subject=subject_of(state, db, referral),
        departments=_choices(db, act, referral) if "to" in act.fields else [],
        offered=referral.state in act.states,
        form=form,
        asked=asked,
        brings=act.brings(asked) if asked else (),
        now=state.clock.now(),
    )
    return response


def _choices(db: Session, act: Act, referral: Referral) -> list[tuple[str, str]]:
    """Departments to choose from; those that had the matter say so."""
    had = steering.had_it(db, referral)
    found = [("", str(_("Choose a department")))]
    for department in departments.active(db):
        name = department.name
        if department.id == referral.department_id:
            if not act.stays:
                continue
            name = str(_("{name} (it is there now)")).format(name=name)
        elif department.id in had:
            name = str(_("{name} (has had it already)")).format(name=name)
        found.append((str(department.id), name))
    return found


def done_at(path: str, name: str) -> Response[Any]:
    """Back to where the matter is shown."""
    return see_other(f"{path.rpartition('/')[0]}?done={name}")
