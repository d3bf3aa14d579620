"""The officer's page of one matter: its clock, who asked, the answer as it stands, and who was told."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.web.forms import Form
from app.outcomes import queries
from app.outcomes.rules.answers import GRADE_NAMES
from app.outcomes.web.lookup import department_of, door_of, owned, subject_of, teller_of


@get("/desk/referrals/{referral_id:int}", name="outcomes.referral", guards=[may("outcomes.desk")], sync_to_thread=True)
def referral_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    referral_id: FromPath[int],
) -> Response[bytes]:
    return page(request, db, account, referral_id, Form())


def page(
    request: Request[Any, Any, Any],
    db: Session,
    account: Account,
    referral_id: int,
    form: Form,
    *,
    status: int = 200,
    preview: bool = False,
) -> Response[bytes]:
    state = request.app.state
    referral = owned(db, account, referral_id)
    now = state.clock.now()
    versions = queries.all_versions(db, referral_id)
    teller = teller_of(state, referral)
    response: Response[bytes] = state.pages.personal(
        "outcomes/preview.html" if preview else "outcomes/referral.html",
        status=status,
        staff=account,
        department=department_of(db, account),
        referral=referral,
        subject=subject_of(state, db, referral),
        answers=[a for a in versions if a.withdrawn_at is None],
        withdrawn=[a for a in versions if a.withdrawn_at is not None],
        newest_version=versions[0].version if versions else 0,
        door=door_of(state, referral),
        audience=teller.audience(db, referral.subject_id) if teller else None,
        leaves_at=teller.leaves_at(now) if teller else None,
        tellings=teller.tellings(db, referral.subject_id, [a.id for a in versions]) if teller else (),
        overdue=queries.is_overdue(referral, now),
        grades=GRADE_NAMES,
        form=form,
        now=now,
    )
    return response


HANDLERS = [referral_page]
