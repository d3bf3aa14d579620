"""The department's inbox: what is owed, each with its clock and whoever sees to it; what it helps with apart."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from litestar import Request, Response
from sqlalchemy.orm import Session

from app.accounts.guards import may, signed
from app.core.paging import Page, read_page
from app.core.subject import SubjectRef
from app.core.web.edge import shows
from app.core.web.page import day_count
from app.core.web.stencils.frames import Entries
from app.departments.queries import by_ids
from app.outcomes.contribution import Referred
from app.outcomes.queries import inbox
from app.outcomes.queries.inbox import A_PAGE, SETTLED, Desk, Matter, Show
from app.outcomes.rules.referrals import ReferralState, is_late
from app.outcomes.service import practising
from app.outcomes.subjects import shown
from app.outcomes.web.lookup import office_of

#: of what it helps with, so many stand below what it owes
FEW = 5


class Line(NamedTuple):
    """One matter of the list. ``part``: the heading it stands under."""

    referral: Matter
    subject: Referred | None
    href: str
    part: str
    overdue: bool
    #: its lead department where that is another one
    lead: str
    #: whole days until its day, or since
    days: int
    #: whoever looks wrote last at its answer
    is_mine: bool

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Everything that its entry shows."""
        about = self.subject
        told = (about.title, about.people, about.note) if about else None
        return (self.referral, told, self.href, self.overdue, self.days, self.lead, self.is_mine)


@shows("/desk", name="outcomes.desk", guards=[may("outcomes.desk")])
def desk(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    """``show`` chooses a part: what is owed, mine, nobody's, late, answered and so on."""
    state, asked, account = request.app.state, request.query_params, signed(request)
    department = office_of(db, account)
    here = Desk(department.id, account.id, state.clock.now())
    show = Show(asked["show"]) if asked.get("show") in set(Show) else Show.ALL
    counts, number = state.site.inbox_numbers.of(db, here).of(account.id), read_page(asked.get("page", ""))
    lines = _lines(state, db, here, inbox.page(db, here, show, offset=(number - 1) * A_PAGE))
    is_front = show == Show.ALL and number == 1
    practice = inbox.practised(db, here, practising.KIND) if is_front or show in SETTLED else None
    helps = inbox.page(db, here, Show.SUPPORTING, offset=0, most=FEW) if is_front and counts[Show.SUPPORTING] else ()
    response: Response[bytes] = state.pages.personal(
        "outcomes/desk.html",
        staff=account,
        department=department,
        show=show,
        counts=counts,
        paging=Page(
            lines,
            _total(db, here, show, counts, practice),
            number,
            "/desk",
            {"show": "" if show == Show.ALL else show},
            A_PAGE,
        ),
        parts=[(part, _entries(list(those))) for part, those in groupby(lines, key=attrgetter("part"))],
        helps=_entries(_lines(state, db, here, helps)),
        practice=_entries(_lines(state, db, here, [practice] if practice and is_front else [])),
        cards=department.cards,
        more=state.site.pages_under("/desk", account.role, db, here.now),
        now=here.now,
    )
    return response


def _total(db: Session, here: Desk, show: Show, counts: Mapping[Show, int], practice: Matter | None) -> int:
    if show not in SETTLED:
        return counts[show]
    settled = ReferralState(show)
    return inbox.settled(db, here, settled) - (practice is not None and practice.state == settled)


def _lines(state: Any, db: Session, here: Desk, rows: Sequence[Matter]) -> list[Line]:
    subjects = shown(state.site.referred, db, (SubjectRef(r.subject_kind, r.subject_id) for r in rows))
    leads = by_ids(db, {r.department_id for r in rows} - {here.department_id})
    return [
        Line(
            referral=r,
            subject=subjects.get(SubjectRef(r.subject_kind, r.subject_id)),
            href=_href(state, r, here),
            part=_part(r, here),
            overdue=is_late(r.state, r.due_at, here.now),
            lead=lead.name if (lead := leads.get(r.department_id or 0)) else "",
            days=_days(r, here),
            is_mine=r.written_by == here.account_id,
        )
        for r in rows
    ]


def _entries(lines: Sequence[Line]) -> Entries[Line]:
    return Entries(lines, [line.key for line in lines])


def _href(state: Any, matter: Matter, here: Desk) -> str:
    """A room may have its officers answer on a page of its own; what is no longer owed is only looked at."""
    door = state.site.answer_doors.get((matter.subject_kind, matter.cause))
    if door is None or matter.state == ReferralState.CLOSED or matter.department_id != here.department_id:
        return f"/desk/referrals/{matter.id}"
    return str(door(matter.subject_id))


def _days(matter: Matter, here: Desk) -> int:
    """As its clock says them."""
    if matter.due_at is None:
        return 0
    return day_count(max(matter.due_at, here.now), min(matter.due_at, here.now))


def _part(referral: Matter, here: Desk) -> str:
    if referral.state in (ReferralState.ANSWERED, ReferralState.CLOSED):
        return str(referral.state)
    if referral.due_at is None:
        return "undated"
    if referral.due_at <= here.now:
        return "late"
    return "week" if referral.due_at <= here.now + inbox.SOON else "later"


HANDLERS = [desk]
