"""The committee's pages: every department's matters, whose one is, by when, and when it is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.paging import A_PAGE, Page, read_page
from app.core.web.forms import Sent
from app.departments.queries import by_ids
from app.outcomes import queries
from app.outcomes.model import Referral
from app.outcomes.queries import everywhere
from app.outcomes.queries.everywhere import WHICH_NAMES, Which
from app.outcomes.rules.commitments import PROGRESS_NAMES
from app.outcomes.rules.deadlines import Span, due_day
from app.outcomes.rules.referrals import CLOSED_NAMES, UNANSWERED, ClosedWhy, ReferralState
from app.outcomes.service import steering
from app.outcomes.web.acts import Act, Asked, ask, carry_on, done_at
from app.outcomes.web.lookup import subject_of, today, working
from app.outcomes.web.matter import steps
from app.outcomes.web.routing import PUT_OFF

DONE = {
    "rule": _("It is decided whose the matter is. Everyone can read it."),
    "put-off": _("The date is put off. Everyone can read why."),
    "send-back": _("The answer was sent back. Everyone can read why, and the department has a new day."),
    "close": _("The matter is closed. Everyone can read why."),
}


@get("/desk/all", name="outcomes.all", guards=[may("outcomes.steer")], sync_to_thread=True)
def everything(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    which: FromQuery[str] = "",
    page: FromQuery[str] = "",
) -> Response[bytes]:
    """Every department's matters; ``which``: owed, late, handed on more than once, answered, all."""
    state, chosen = request.app.state, Which(which) if which in set(Which) else Which.OWED
    now, number = state.clock.now(), read_page(page)
    found, total = everywhere.matters(db, chosen, now, most=A_PAGE, skip=(number - 1) * A_PAGE)
    response: Response[bytes] = state.pages.personal(
        "outcomes/all.html",
        staff=account,
        which=str(chosen),
        choices=WHICH_NAMES,
        paging=Page(found, total, number, "/desk/all", {"which": str(chosen)}),
        rows=[(r, subject_of(state, db, r), queries.is_overdue(r, now)) for r in found],
        departments=by_ids(db, [r.department_id for r in found]),
        bounces=everywhere.bounces(db, [r.id for r in found]),
        now=now,
    )
    return response


@get("/desk/all/{referral_id:int}", name="outcomes.one-of-all", guards=[may("outcomes.steer")], sync_to_thread=True)
def one(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    referral_id: FromPath[int],
    done: FromQuery[str] = "",
) -> Response[bytes]:
    """One matter as the public sees it, and what the committee may decide of it."""
    state, referral = request.app.state, _found(db, referral_id)
    helping = by_ids(db, queries.supporting(db, referral_id)).values()
    response: Response[bytes] = state.pages.personal(
        "outcomes/one_of_all.html",
        staff=account,
        referral=referral,
        subject=subject_of(state, db, referral),
        lead=by_ids(db, [referral.department_id]).get(referral.department_id or 0),
        helpers=sorted((d.name for d in helping), key=str.casefold),
        answers=queries.answers_to(db, referral_id),
        promises=queries.commitments_of(db, referral_id),
        progress=PROGRESS_NAMES,
        bounces=everywhere.bounces(db, [referral_id]).get(referral_id, 0),
        steps=steps(state, db, referral),
        overdue=queries.is_overdue(referral, state.clock.now()),
        closed_why=str(CLOSED_NAMES[ClosedWhy(referral.closed_why)]) if referral.closed_why else "",
        acts=[(name, act) for name, act in ACTS.items() if referral.state in act.states],
        done=DONE.get(done, ""),
        today=today(state),
        now=state.clock.now(),
    )
    return response


def _rule(db: Session, asked: Asked) -> None:
    steering.rule(db, asked.referral.id, asked.department, asked.reason, by=asked.by, now=asked.now)


def _rule_brings(asked: Asked) -> list[str]:
    stays = asked.department.id == asked.referral.department_id
    whose = _("{name} answers, by the day that stands now.").format(name=asked.department.name)
    letter = _("Its officers get a letter.") if not stays else _("It is there already, so nobody gets a letter.")
    return [
        f"{whose} {letter}",
        _("The public page says that the committee decided so, with your reason."),
        _("No department can hand it on any more."),
    ]


def _put_off(db: Session, asked: Asked) -> None:
    steering.extend(db, asked.referral.id, None, asked.due_at, asked.reason, by=asked.by, now=asked.now)


def _send_back(db: Session, asked: Asked) -> None:
    steering.send_back(db, asked.referral.id, asked.due_at, asked.reason, by=asked.by, now=asked.now)


def _send_back_brings(asked: Asked) -> list[str]:
    day = asked.say(asked.due) if asked.due else ""
    return [
        _("The department owes a better answer by {day}, and its officers get a letter.").format(day=day),
        _("The answer that was given stays readable."),
        _("The public page says that the committee sent it back, with your reason."),
    ]


def _close(db: Session, asked: Asked) -> None:
    steering.settle(db, asked.referral.id, asked.reason, by=asked.by, now=asked.now)


def _close_brings(asked: Asked) -> list[str]:
    if asked.referral.state in UNANSWERED:
        first = _("Nobody owes an answer any more, though none was given.")
    else:
        first = _("Nothing is owed any more. The answer stays readable, and its promises stand.")
    return [
        str(first),
        _("The public page says that the committee closed the matter, with your reason."),
        _("It cannot be opened again, and its answer can no longer be changed."),
    ]


ACTS = {
    "rule": Act(
        title=_("Decide whose it is"),
        about=_("Where departments hand a matter on and on, the committee decides. They cannot hand it on after that."),
        button=_("Decide it"),
        fields=("to", "reason"),
        states=UNANSWERED,
        brings=_rule_brings,
        do=_rule,
        check=lambda _db, asked: steering.may_be_ruled(asked.referral, asked.department),
        stays=True,
        labels={"to": _("Which department answers?"), "reason": _("Why is it theirs?")},
    ),
    "put-off": replace(PUT_OFF, do=_put_off),
    "send-back": Act(
        title=_("Send the answer back"),
        about=_("The department owes a better one. Say what is missing."),
        button=_("Send it back"),
        fields=("due", "reason"),
        states=frozenset({ReferralState.ANSWERED}),
        brings=_send_back_brings,
        do=_send_back,
        labels={"due": _("By which day is a better answer due?"), "reason": _("What is missing?")},
    ),
    "close": Act(
        title=_("Close the matter"),
        about=_("You are content with the answer, or none is needed."),
        button=_("Close it"),
        fields=("reason",),
        states=frozenset(ReferralState) - {ReferralState.CLOSED},
        brings=_close_brings,
        do=_close,
        labels={"reason": _("Why is nothing owed any more?")},
    ),
}


@get(
    "/desk/all/{referral_id:int}/{act:str}", name="outcomes.steer", guards=[may("outcomes.steer")], sync_to_thread=True
)
def asked_for(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    referral_id: FromPath[int],
    act: FromPath[str],
) -> Response[bytes]:
    """The form; the day that a returned answer has by default stands in it."""
    state, words = request.app.state, {}
    if act == "send-back":
        week, span = working(state, db), Span(state.site.calendar.policy.return_days)
        words = {"due": due_day(today(state), span, week).isoformat()}
    return ask(request, db, account, _act(act), _found(db, referral_id), _path(referral_id, act), **words)


@post(
    "/desk/all/{referral_id:int}/{act:str}",
    name="outcomes.steer.post",
    guards=[may("outcomes.steer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def sent(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
    act: FromPath[str],
) -> Response[Any]:
    path = _path(referral_id, act)
    answer = carry_on(request, db, account, _act(act), _found(db, referral_id), path, form)
    return done_at(path, act) if answer is None else answer


def _found(db: Session, referral_id: int) -> Referral:
    referral = everywhere.matter(db, referral_id)
    if referral is None:
        raise NotFound
    return referral


def _act(name: str) -> Act:
    if name not in ACTS:
        raise NotFound
    return ACTS[name]


def _path(referral_id: int, act: str) -> str:
    return f"/desk/all/{referral_id}/{act}"


HANDLERS = [everything, one, asked_for, sent]
