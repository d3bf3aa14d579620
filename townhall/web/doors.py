"""How moderators come to the desks of halls, and how departments answer a hall's questions in writing, live or later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import NotFound
from app.core.i18n import _
from app.departments.queries import of_officer
from app.outcomes.rules.answers import MOST_DETAILS, QUESTION_CAUSE, Grade, grades_for
from townhall.queries import archive, doors
from townhall.rules.lifecycle import HALL_STATE_NAMES
from townhall.rules.questions import QuestionState
from townhall.web.posted import Typed, new_command_id
from townhall.web.words import DONE


@get("/moderation/townhalls", name="townhalls.desks", guards=[may("townhalls.moderate")], sync_to_thread=True)
def desks(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """Every hall that is live or comes, with what waits there."""
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/doors.html",
        staff=account,
        here="moderation",
        doors=doors.to_moderate(db),
        names=HALL_STATE_NAMES,
    )
    return response


@get("/desk/townhalls", name="townhalls.asked", guards=[may("townhalls.answer")], sync_to_thread=True)
def asked(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """The halls of an officer's department."""
    department = of_officer(db, account.id)
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/doors.html",
        staff=account,
        here="desk",
        doors=doors.to_answer(db, department.id) if department else (),
        names=HALL_STATE_NAMES,
    )
    return response


@get("/desk/townhalls/{hall_id:int}", name="townhalls.answering", guards=[may("townhalls.answer")], sync_to_thread=True)
def answering(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    return answering_page(request, db, account, hall_id)


def answering_page(
    request: Request[Any, Any, Any], db: Session, account: Account, hall_id: int, typed: Typed | None = None
) -> Response[bytes]:
    """A hall's public questions, with the written answer where there is one, and a form for it; another department's
    hall is as good as none."""
    state, typed = request.app.state, typed or Typed()
    department = of_officer(db, account.id)
    hall = doors.takes_part(db, hall_id, department.id) if department else None
    if hall is None or department is None:
        raise NotFound
    now: datetime = state.clock.now()
    questions = archive.questions(db, hall, (), now)
    grades = grades_for(QUESTION_CAUSE)
    response: Response[bytes] = state.pages.personal(
        "townhalls/answering.html",
        status=typed.refusal.status if typed.refusal else 200,
        staff=account,
        hall=hall,
        here=f"/townhalls/{hall.id}",
        department=department,
        open=[a for a in questions if a.answer is None and a.row.state == QuestionState.OPEN],
        answered=[a for a in questions if a.answer is not None],
        grades={Grade.EXPLAINED: grades[Grade.EXPLAINED], **grades},
        most=MOST_DETAILS,
        typed=typed,
        done="" if typed.refusal else str(DONE.get(request.query_params.get("done", ""), "")),
        new_id=new_command_id,
    )
    return response


def about_moderating(db: Session, _now: datetime) -> str:
    waiting = sum(door.waiting for door in doors.to_moderate(db))
    return str(_("Questions that wait to be checked: {n}.")).format(n=waiting)


HANDLERS = (desks, asked, answering)
