"""What an officer does with a matter beside answering it: not ours, a later date, another department that helps."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.i18n import _
from app.core.web.forms import Sent
from app.core.web.page import see_other
from app.outcomes.rules.referrals import OWED, UNANSWERED, ReferralState
from app.outcomes.service import steering
from app.outcomes.web.acts import Act, Asked, ask, carry_on, done_at
from app.outcomes.web.lookup import owned


def _hand_on(db: Session, asked: Asked) -> None:
    department = asked.referral.department_id or 0
    steering.not_ours(db, asked.referral.id, department, asked.department, asked.reason, by=asked.by, now=asked.now)


def _hand_on_brings(asked: Asked) -> list[str]:
    return [
        _("{name} owes the answer, by the day that stands now; its officers get a letter.").format(
            name=asked.department.name
        ),
        _("The public page says that you said it is not yours, with your reason."),
        _("It leaves your desk with the notes among colleagues; a draft that you kept is thrown away."),
        _("It cannot come back to you unless the committee decides so."),
    ]


def _put_off(db: Session, asked: Asked) -> None:
    department = asked.referral.department_id or 0
    steering.extend(db, asked.referral.id, department, asked.due_at, asked.reason, by=asked.by, now=asked.now)


def _put_off_brings(asked: Asked) -> list[str]:
    day = asked.say(asked.due) if asked.due else ""
    return [
        _("The answer is due on {day}. Until then it is not called late.").format(day=day),
        _("The public page says that the date was put off, with your reason. The earlier date stays on record."),
        _("A date cannot be brought forward again."),
    ]


def _have_help(db: Session, asked: Asked) -> None:
    department = asked.referral.department_id or 0
    steering.help_with(db, asked.referral.id, department, asked.department, by=asked.by, now=asked.now)


def _have_help_brings(asked: Asked) -> list[str]:
    return [
        _("Officers of {name} get a letter. They can read this matter with its notes, and add notes.").format(
            name=asked.department.name
        ),
        _("The answer stays yours to give, by the same day."),
    ]


#: the committee does the same of any department's matters
PUT_OFF = Act(
    title=_("Put the date off"),
    about=_("The public was given a day. A later one needs a reason that everyone can read."),
    button=_("Put it off"),
    fields=("due", "reason"),
    states=OWED,
    brings=_put_off_brings,
    do=_put_off,
    later=True,
    labels={"due": _("Until which day?"), "reason": _("Why does it take longer?")},
)

ACTS = {
    "not-ours": Act(
        title=_("Say that it is not yours"),
        about=_("Another department answers instead. Everyone can read why, and how often a matter was handed on."),
        button=_("Hand it on"),
        fields=("to", "reason"),
        states=UNANSWERED,
        brings=_hand_on_brings,
        do=_hand_on,
        check=lambda db, asked: steering.may_take(db, asked.referral, asked.department),
        labels={"to": _("Whose is it?"), "reason": _("Why is it theirs, and not yours?")},
    ),
    "put-off": PUT_OFF,
    "support": Act(
        title=_("Ask another department to help"),
        about=_("It reads the matter and its notes, and owes nothing. You answer."),
        button=_("Ask it to help"),
        fields=("to",),
        states=frozenset(ReferralState) - {ReferralState.CLOSED},
        brings=_have_help_brings,
        do=_have_help,
        check=lambda db, asked: steering.may_help(db, asked.referral, asked.department),
        labels={"to": _("Which department?")},
    ),
}


@get(
    "/desk/referrals/{referral_id:int}/{act:str}",
    name="outcomes.route",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
)
def asked_for(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    referral_id: FromPath[int],
    act: FromPath[str],
) -> Response[bytes]:
    referral = owned(db, account, referral_id)
    return ask(request, db, account, _act(act), referral, _path(referral_id, act))


@post(
    "/desk/referrals/{referral_id:int}/{act:str}",
    name="outcomes.route.post",
    guards=[may("outcomes.answer")],
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
    referral, path = owned(db, account, referral_id), _path(referral_id, act)
    answer = carry_on(request, db, account, _act(act), referral, path, form)
    if answer is not None:
        return answer
    return see_other("/desk") if act == "not-ours" else done_at(path, act)


def _act(name: str) -> Act:
    if name not in ACTS:
        raise NotFound
    return ACTS[name]


def _path(referral_id: int, act: str) -> str:
    return f"/desk/referrals/{referral_id}/{act}"


HANDLERS = [asked_for, sent]
