"""The department's inbox: what is owed, each with its clock and whoever sees to it; what it helps with apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.paging import Page, read_page
from app.core.subject import SubjectRef
from app.departments.queries import by_ids
from app.outcomes.contribution import Referred
from app.outcomes.model import Referral
from app.outcomes.queries import inbox, is_overdue
from app.outcomes.queries.inbox import A_PAGE, Desk, Numbers, Show, Written
from app.outcomes.rules.referrals import ReferralState
from app.outcomes.service import practising
from app.outcomes.service.desk import cards_read
from app.outcomes.subjects import shown
from app.outcomes.web.lookup import department_of, href_of

#: of what it helps with, so many stand below what it owes
FEW = 5


class Line(NamedTuple):
    """One matter of the list. ``part``: the heading it stands under."""

    referral: Referral
    subject: Referred | None
    href: str
    part: str
    overdue: bool
    #: who sees to it, and its lead department where that is another one
    owner: str
    lead: str
    draft: Written | None


@get("/desk", name="outcomes.desk", guards=[may("outcomes.desk")], sync_to_thread=True)
def desk(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    """``show`` chooses a part: what is owed, mine, nobody's, late, answered and so on."""
    state, asked = request.app.state, request.query_params
    department = department_of(db, account)
    here = Desk(department.id, account.id, state.clock.now())
    show = Show(asked["show"]) if asked.get("show") in set(Show) else Show.ALL
    counted, practice = inbox.numbers(db, here), _practice(db, here)
    number = read_page(asked.get("page", ""))
    lines = _lines(state, db, here, inbox.page(db, here, show, offset=(number - 1) * A_PAGE))
    is_front = show == Show.ALL and number == 1
    helps = inbox.page(db, here, Show.SUPPORTING, offset=0, most=FEW) if is_front and counted.supporting else ()
    response: Response[bytes] = state.pages.personal(
        "outcomes/desk.html",
        staff=account,
        department=department,
        show=show,
        counts={part: counted.of(part, account.id) for part in Show},
        paging=Page(
            lines,
            _total(db, here, show, counted, practice),
            number,
            "/desk",
            {"show": "" if show == Show.ALL else show},
            A_PAGE,
        ),
        parts=[(part, list(those)) for part, those in groupby(lines, key=attrgetter("part"))],
        helps=_lines(state, db, here, helps),
        practice=_lines(state, db, here, [practice]) if practice and is_front else [],
        cards=cards_read(db, account.id),
        now=here.now,
    )
    return response


def _practice(db: Session, here: Desk) -> Referral | None:
    """What it practises with, unless it was handed on."""
    matter = practising.of(db, here.department_id)
    return matter if matter is not None and matter.department_id == here.department_id else None


def _total(db: Session, here: Desk, show: Show, counted: Numbers, practice: Referral | None) -> int:
    if show not in (Show.ANSWERED, Show.CLOSED):
        return counted.of(show, here.account_id)
    settled = ReferralState(show)
    return inbox.settled(db, here, settled) - (practice is not None and practice.state == settled)


def _lines(state: Any, db: Session, here: Desk, rows: Sequence[Referral]) -> list[Line]:
    subjects = shown(state.site.referred, db, (SubjectRef(r.subject_kind, r.subject_id) for r in rows))
    owners = inbox.names(db, (r.assignee_id for r in rows))
    leads = by_ids(db, {r.department_id for r in rows} - {here.department_id})
    drafts = inbox.drafts(db, [r.id for r in rows])
    return [
        Line(
            referral=r,
            subject=subjects.get(SubjectRef(r.subject_kind, r.subject_id)),
            href=href_of(state, r) if r.department_id == here.department_id else f"/desk/referrals/{r.id}",
            part=_part(r, here),
            overdue=is_overdue(r, here.now),
            owner=owners.get(r.assignee_id or 0, ""),
            lead=lead.name if (lead := leads.get(r.department_id or 0)) else "",
            draft=drafts.get(r.id),
        )
        for r in rows
    ]


def _part(referral: Referral, here: Desk) -> str:
    if referral.state in (ReferralState.ANSWERED, ReferralState.CLOSED):
        return str(referral.state)
    if referral.due_at is None:
        return "undated"
    if referral.due_at <= here.now:
        return "late"
    return "week" if referral.due_at <= here.now + inbox.SOON else "later"


HANDLERS = [desk]
