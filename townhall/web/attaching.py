"""The documents of one hall: a page of its own, so that no half-written text is lost for a file."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.model import Account
from app.core.errors import Invalid, NotFound
from app.core.i18n import _
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.files.queries import files_of
from app.files.receiving import Posted
from app.files.web import answer_with
from townhall.rules.lifecycle import HallState
from townhall.service import attaching
from townhall.service.locking import subject_of
from townhall.web.hosting import ONE, SCHEDULE, number_of, owns, seen

PATH = f"{ONE}/documents"


@get(PATH, name="townhalls.documents", guards=[SCHEDULE], sync_to_thread=True)
def document_page(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
) -> Response[bytes]:
    return _page(request, db, account, hall_id, Form())


@get(f"{PATH}/{{file_id:int}}", name="townhalls.document", guards=[SCHEDULE], sync_to_thread=True)
def document(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    hall_id: FromPath[int],
    file_id: FromPath[int],
) -> Response[Any]:
    """For colleagues, before it is public."""
    files = files_of(db, subject_of(seen(db, hall_id).id))
    found = next((f for f in files if f.id == file_id), None)
    if found is None:
        raise NotFound
    return answer_with(request, found)


@post(PATH, name="townhalls.attach", guards=[SCHEDULE], sync_to_thread=True, status_code=303, writes=True)
def attach(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    posted: NamedDependency[Posted],
    hall_id: FromPath[int],
) -> Response[Any]:
    """The file is read and checked before anything is locked."""
    state, form, upload = request.app.state, Form(values=posted), posted.upload("document")
    seen(db, hall_id)
    if upload is None:
        form.refuse("document", str(_("Choose a file.")))
        return _page(request, db, account, hall_id, form, status=422)
    try:
        upload.check()
        attaching.attach(db, hall_id, upload, posted.get("title", ""), by=account.id, now=state.clock.now())
    except Invalid as wrong:
        db.rollback()
        return _page(request, db, account, hall_id, Form.again(posted, wrong), status=422)
    return see_other(f"/hosting/townhalls/{hall_id}/documents")


@post(f"{PATH}/remove", name="townhalls.detach", guards=[SCHEDULE], sync_to_thread=True, status_code=303, writes=True)
def detach(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
    hall_id: FromPath[int],
) -> Response[Any]:
    file_id = number_of(form.get("remove_file", ""))
    attaching.detach(db, hall_id, file_id, by=account.id, now=request.app.state.clock.now())
    return see_other(f"/hosting/townhalls/{hall_id}/documents")


def _page(
    request: Request[Any, Any, Any], db: Session, account: Account, hall_id: int, form: Form, status: int = 200
) -> Response[bytes]:
    hall = seen(db, hall_id)
    response: Response[bytes] = request.app.state.pages.personal(
        "townhalls/hosting/documents.html",
        status=status,
        staff=account,
        hall=hall,
        files=files_of(db, subject_of(hall.id)),
        takes=owns(db, account, hall) and HallState(hall.state) in attaching.TAKES,
        form=form,
    )
    return response


HANDLERS = [document_page, document, attach, detach]
