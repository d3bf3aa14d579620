"""The documents of one matter: a page of its own, so that no half-written answer is lost for a file."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.i18n import _
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.departments.acting import department_of
from app.files.queries import files_of
from app.files.receiving import Posted
from app.files.web import answer_with
from app.outcomes.service import documents
from app.outcomes.service.documents import owner
from app.outcomes.web.lookup import identity, lock, owned, seen, subject_of


@get(
    "/desk/referrals/{referral_id:int}/documents",
    name="outcomes.documents",
    guards=[may("outcomes.desk")],
    sync_to_thread=True,
)
def document_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    referral_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, referral_id, Form())


@get(
    "/desk/referrals/{referral_id:int}/documents/{file_id:int}",
    name="outcomes.document",
    guards=[may("outcomes.desk")],
    sync_to_thread=True,
)
def document(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    referral_id: FromPath[int],
    file_id: FromPath[int],
) -> Response[Any]:
    """For colleagues, before it is public."""
    referral = seen(db, account, referral_id)
    found = next((file for file in files_of(db, owner(referral.id)) if file.id == file_id), None)
    if found is None:
        raise NotFound
    return answer_with(request, found)


@post(
    "/desk/referrals/{referral_id:int}/documents",
    name="outcomes.add-document",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def add(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    posted: NamedDependency[Posted],
    referral_id: FromPath[int],
) -> Response[Any]:
    """The file is read and checked before anything is locked."""
    state, referral, form = request.app.state, owned(db, account, referral_id), Form(values=posted)
    upload = posted.upload("document")
    if upload is None:
        form.refuse("document", str(_("Choose a file.")))
        return _page(request, db, account, referral_id, form, status=422)
    try:
        upload.check()
        lock(state, db, referral.subject_kind, referral.subject_id)
        department, title = department_of(db, account), posted.get("title", "")
        documents.add(db, referral_id, department, upload, title, by=account.id, now=state.clock.now())
    except Invalid as wrong:
        db.rollback()
        return _page(request, db, account, referral_id, Form.again(posted, wrong), status=422)
    return see_other(f"/desk/referrals/{referral_id}/documents")


@post(
    "/desk/referrals/{referral_id:int}/documents/remove",
    name="outcomes.remove-document",
    guards=[may("outcomes.answer")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def remove(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    referral_id: FromPath[int],
) -> Response[Any]:
    state, referral = request.app.state, owned(db, account, referral_id)
    lock(state, db, referral.subject_kind, referral.subject_id)
    department, file_id = department_of(db, account), identity(form, "remove_file")
    documents.remove(db, referral_id, department, file_id, by=account.id, now=state.clock.now())
    return see_other(f"/desk/referrals/{referral_id}/documents")


def _page(
    request: Request[Any, Any, Any], db: Session, account: Account, referral_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    state, referral = request.app.state, seen(db, account, referral_id)
    department = department_of(db, account)
    response: Response[bytes] = state.pages.personal(
        "outcomes/documents.html",
        status=status,
        staff=account,
        department=department,
        referral=referral,
        subject=subject_of(state, db, referral),
        files=files_of(db, owner(referral_id)),
        mine=referral.department_id == department.id and referral.state != "closed",
        form=form,
    )
    return response


HANDLERS = [document_page, document, add, remove]
